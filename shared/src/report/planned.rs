//! The calls that `enforce` mode would make: what `observe` mode and a plan tell, one entry for each call.

use crate::model::ids::{AssociationId, AttachmentId, EniId, InstanceId, SecurityGroupId};
use serde::Serialize;
use std::net::Ipv4Addr;

/// A call to EC2 that changes something, and that has not been made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedCall {
    /// The EC2 action: `AssociateAddress`.
    pub action: &'static str,
    /// What it is about: an address, allocation, association, interface, attachment or instance.
    pub on: String,
    /// Where that goes, or what it gets: an interface with its private IP, an instance, a security group, a
    /// reverse DNS name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

impl PlannedCall {
    fn new(action: &'static str, on: &impl ToString, to: Option<String>) -> Self {
        let on = on.to_string();
        Self { action, on, to }
    }

    /// The address is asked for.
    #[must_use]
    pub fn allocate(ip: Ipv4Addr) -> Self {
        Self::new("AllocateAddress", &ip, None)
    }

    /// An address goes to a private IP. `address` is the allocation, or the IP where none exists yet.
    #[must_use]
    pub fn associate(address: &impl ToString, eni: &EniId, private_ip: Ipv4Addr) -> Self {
        Self::new(
            "AssociateAddress",
            address,
            Some(format!("{eni} {private_ip}")),
        )
    }

    /// An association ends.
    #[must_use]
    pub fn disassociate(association: &AssociationId) -> Self {
        Self::new("DisassociateAddress", association, None)
    }

    /// A reverse DNS name is set.
    #[must_use]
    pub fn set_reverse_dns(address: &impl ToString, name: &str) -> Self {
        Self::new("ModifyAddressAttribute", address, Some(name.to_owned()))
    }

    /// An interface no longer ends with its instance.
    #[must_use]
    pub fn clear_delete_on_termination(eni: &EniId, attachment: &AttachmentId) -> Self {
        let to = format!("{attachment} deleteOnTermination=false");
        Self::new("ModifyNetworkInterfaceAttribute", eni, Some(to))
    }

    /// An attachment ends.
    #[must_use]
    pub fn detach(attachment: &AttachmentId) -> Self {
        Self::new("DetachNetworkInterface", attachment, None)
    }

    /// An interface goes to an instance.
    #[must_use]
    pub fn attach(eni: &EniId, instance: &InstanceId) -> Self {
        Self::new("AttachNetworkInterface", eni, Some(instance.to_string()))
    }

    /// Private IPs go to an interface.
    #[must_use]
    pub fn assign(ips: &[Ipv4Addr], eni: &EniId) -> Self {
        let ips: Vec<String> = ips.iter().map(ToString::to_string).collect();
        Self::new(
            "AssignPrivateIpAddresses",
            &ips.join(" "),
            Some(eni.to_string()),
        )
    }

    /// An instance is stopped.
    #[must_use]
    pub fn stop(instance: &InstanceId) -> Self {
        Self::new("StopInstances", instance, None)
    }

    /// An interface has one security group and no other.
    #[must_use]
    pub fn isolate(eni: &EniId, security_group: &SecurityGroupId) -> Self {
        Self::new(
            "ModifyNetworkInterfaceAttribute",
            eni,
            Some(security_group.to_string()),
        )
    }
}
