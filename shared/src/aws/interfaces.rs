//! Reading network interfaces from EC2.

use super::actions::DESCRIBE_NETWORK_INTERFACES;
use super::read::{filter, optional, required};
use super::{Aws, failure};
use crate::address::{Interface, InterfaceAssociation};
use crate::cloud::{CloudError, ReadInterfaces};
use crate::ids::EniId;
use aws_sdk_ec2::types::{NetworkInterface, NetworkInterfaceAssociation};
use std::collections::BTreeMap;

const FROM: &str = DESCRIBE_NETWORK_INTERFACES;

impl ReadInterfaces for Aws {
    /// By filter: an interface that does not exist is then an empty answer, and no error.
    async fn interface(&self, eni: &EniId) -> Result<Option<Interface>, CloudError> {
        let answer = self
            .ec2
            .describe_network_interfaces()
            .filters(filter("network-interface-id", [eni.to_string()]))
            .send()
            .await
            .map_err(|error| failure::of(FROM, error))?;
        answer
            .network_interfaces()
            .first()
            .map(interface)
            .transpose()
    }
}

fn interface(described: &NetworkInterface) -> Result<Interface, CloudError> {
    let mut private_ips = BTreeMap::new();
    for each in described.private_ip_addresses() {
        let ip = required(FROM, each.private_ip_address(), "a private IP")?;
        let association = each.association().map(association).transpose()?.flatten();
        private_ips.insert(ip, association);
    }
    let attachment = described.attachment();
    Ok(Interface {
        id: required(FROM, described.network_interface_id(), "the interface's id")?,
        private_ips,
        requester_managed: described.requester_managed().unwrap_or(false),
        instance: optional(FROM, attachment.and_then(|attached| attached.instance_id()))?,
    })
}

fn association(
    described: &NetworkInterfaceAssociation,
) -> Result<Option<InterfaceAssociation>, CloudError> {
    let ip = described
        .public_ip()
        .or(described.customer_owned_ip())
        .or(described.carrier_ip());
    let Some(ip) = optional(FROM, ip)? else {
        return Ok(None);
    };
    let allocation = optional(FROM, described.allocation_id())?;
    Ok(Some(InterfaceAssociation { ip, allocation }))
}
