//! The calls that move an interface, private IPs or an Elastic IP from one instance to another.
//!
//! Races with other failovers of the group, with instances that start, and with people. EC2 arbitrates a
//! detachment by the attachment's own id and an attachment by refusing what is attached already. A
//! reassignment and a reassociation go to the last one who asks, and are for the holder of a lease only.

use super::actions::{
    ASSIGN_PRIVATE_IP_ADDRESSES, ATTACH_NETWORK_INTERFACE, DETACH_NETWORK_INTERFACE,
    MODIFY_NETWORK_INTERFACE_ATTRIBUTE,
};
use super::read::required;
use super::{Aws, failure};
use aws_sdk_ec2::types::NetworkInterfaceAttachmentChanges;
use holdfast::cloud::CloudError;
use holdfast::cloud::moves::{MoveInterface, MovePrivateIps, Reassociate};
use holdfast::model::ids::{AllocationId, AssociationId, AttachmentId, EniId, InstanceId};
use std::net::Ipv4Addr;

/// The network card that every instance has.
pub(super) const FIRST_CARD: i32 = 0;

impl MoveInterface for Aws {
    async fn detach(&self, attachment: &AttachmentId, force: bool) -> Result<(), CloudError> {
        self.ec2
            .detach_network_interface()
            .attachment_id(attachment.as_str())
            .force(force)
            .send()
            .await
            .map_err(|error| failure::of(DETACH_NETWORK_INTERFACE, error))?;
        Ok(())
    }

    async fn attach(
        &self,
        eni: &EniId,
        instance: &InstanceId,
        device_index: i32,
    ) -> Result<AttachmentId, CloudError> {
        let answer = self
            .ec2
            .attach_network_interface()
            .network_interface_id(eni.as_str())
            .instance_id(instance.as_str())
            .device_index(device_index)
            .network_card_index(FIRST_CARD)
            .send()
            .await
            .map_err(|error| failure::of(ATTACH_NETWORK_INTERFACE, error))?;
        let id = answer.attachment_id();
        required(ATTACH_NETWORK_INTERFACE, id, "the attachment id")
    }

    async fn clear_delete_on_termination(
        &self,
        eni: &EniId,
        attachment: &AttachmentId,
    ) -> Result<(), CloudError> {
        let outliving = NetworkInterfaceAttachmentChanges::builder()
            .attachment_id(attachment.as_str())
            .delete_on_termination(false)
            .build();
        self.ec2
            .modify_network_interface_attribute()
            .network_interface_id(eni.as_str())
            .attachment(outliving)
            .send()
            .await
            .map_err(|error| failure::of(MODIFY_NETWORK_INTERFACE_ATTRIBUTE, error))?;
        Ok(())
    }
}

impl MovePrivateIps for Aws {
    async fn assign(&self, eni: &EniId, private_ips: &[Ipv4Addr]) -> Result<(), CloudError> {
        let private_ips = private_ips.iter().map(Ipv4Addr::to_string).collect();
        self.ec2
            .assign_private_ip_addresses()
            .network_interface_id(eni.as_str())
            .set_private_ip_addresses(Some(private_ips))
            .allow_reassignment(true)
            .send()
            .await
            .map_err(|error| failure::of(ASSIGN_PRIVATE_IP_ADDRESSES, error))?;
        Ok(())
    }
}

impl Reassociate for Aws {
    async fn reassociate(
        &self,
        allocation: &AllocationId,
        eni: &EniId,
        private_ip: Ipv4Addr,
    ) -> Result<AssociationId, CloudError> {
        self.associate_address(allocation, eni, private_ip, true)
            .await
    }
}
