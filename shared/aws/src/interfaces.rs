//! Reading network interfaces from EC2.

use super::actions::DESCRIBE_NETWORK_INTERFACES;
use super::read::{
    MAX_FILTER_VALUES, all, filter, one_of, optional, prefixes, required, said, tags,
};
use super::{Aws, failure};
use aws_sdk_ec2::types::{
    AttachmentStatus, Filter, Ipv4PrefixSpecification, Ipv6PrefixSpecification, NetworkInterface,
    NetworkInterfaceAssociation, NetworkInterfaceAttachment, NetworkInterfaceIpv6Address,
};
use holdfast::cloud::{CloudError, InterfaceFilter, ReadInterfaces};
use holdfast::model::ids::{EniId, InstanceId, Zone};
use holdfast::model::interface::{
    Attachment, AttachmentState, Interface, InterfaceAssociation, OtherIps,
};
use std::collections::BTreeMap;
use time::OffsetDateTime;

const FROM: &str = DESCRIBE_NETWORK_INTERFACES;

/// Source: EC2 API reference, `DescribeNetworkInterfaces`, `MaxResults`.
const MAX_IN_A_PAGE: i32 = 1000;

impl ReadInterfaces for Aws {
    /// By filter: an interface that does not exist is then an empty answer, and no error.
    async fn interface(&self, eni: &EniId) -> Result<Option<Interface>, CloudError> {
        let by_id = filter("network-interface-id", [eni.to_string()]);
        let found = self.in_interface_pages(vec![by_id]).await?;
        Ok(found.into_iter().next())
    }

    async fn interfaces(&self, which: &InterfaceFilter) -> Result<Vec<Interface>, CloudError> {
        let ids = match which {
            InterfaceFilter::TagKey(key) => {
                return self
                    .in_interface_pages(vec![filter("tag-key", [key.clone()])])
                    .await;
            }
            InterfaceFilter::AttachedTo { tag_key, instances } => {
                return self.attached_to(tag_key, instances).await;
            }
            InterfaceFilter::PrimaryOf(instance) => {
                let of_instance = filter("attachment.instance-id", [instance.to_string()]);
                let first = filter("attachment.device-index", ["0".to_owned()]);
                let found = self.in_interface_pages(vec![of_instance, first]).await?;
                let is_primary =
                    |it: &Interface| it.attachment.as_ref().is_some_and(Attachment::is_primary);
                return Ok(found.into_iter().filter(is_primary).collect());
            }
            InterfaceFilter::Ids(ids) => ids,
        };
        let mut found = Vec::new();
        for some in ids.chunks(MAX_FILTER_VALUES) {
            let by_id = filter("network-interface-id", some.iter().map(EniId::to_string));
            found.extend(self.in_interface_pages(vec![by_id]).await?);
        }
        Ok(found)
    }
}

impl Aws {
    async fn attached_to(
        &self,
        tag_key: &str,
        instances: &[InstanceId],
    ) -> Result<Vec<Interface>, CloudError> {
        let mut found = Vec::new();
        for some in instances.chunks(MAX_FILTER_VALUES - 1) {
            let ids = some.iter().map(InstanceId::to_string);
            let by_both = vec![
                filter("attachment.instance-id", ids),
                filter("tag-key", [tag_key.to_owned()]),
            ];
            found.extend(self.in_interface_pages(by_both).await?);
        }
        Ok(found)
    }

    async fn in_interface_pages(&self, by: Vec<Filter>) -> Result<Vec<Interface>, CloudError> {
        let described = self
            .ec2
            .describe_network_interfaces()
            .set_filters(Some(by))
            .max_results(MAX_IN_A_PAGE)
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .map_err(|error| failure::of(FROM, error))?;
        described.iter().map(interface).collect()
    }
}

fn interface(described: &NetworkInterface) -> Result<Interface, CloudError> {
    let mut private_ips = BTreeMap::new();
    for each in described.private_ip_addresses() {
        let ip = required(FROM, each.private_ip_address(), "a private IP")?;
        let association = each.association().map(association).transpose()?.flatten();
        private_ips.insert(ip, association);
    }
    let mut private_addresses = described.private_ip_addresses().iter();
    let primary = private_addresses.find(|each| each.primary() == Some(true));
    let attachment = described.attachment().map(attachment).transpose()?;
    Ok(Interface {
        id: required(FROM, described.network_interface_id(), "the interface's id")?,
        private_ips,
        requester_managed: described.requester_managed().unwrap_or(false)
            || has_attachment_without_id(described),
        primary_ip: optional(FROM, primary.and_then(|it| it.private_ip_address()))?,
        other_ips: other_ips(described)?,
        attachment: attachment.flatten(),
        subnet: optional(FROM, described.subnet_id())?,
        zone: said(described.availability_zone()).map(|it| Zone(it.to_owned())),
        tags: tags(described.tag_set()),
    })
}

fn other_ips(described: &NetworkInterface) -> Result<OtherIps, CloudError> {
    let ipv6 = described.ipv6_addresses().iter();
    let ipv4_prefixes = described.ipv4_prefixes().iter();
    let ipv6_prefixes = described.ipv6_prefixes().iter();
    Ok(OtherIps {
        ipv6: all(FROM, ipv6.map(NetworkInterfaceIpv6Address::ipv6_address))?,
        prefixes: prefixes(
            ipv4_prefixes.map(Ipv4PrefixSpecification::ipv4_prefix),
            ipv6_prefixes.map(Ipv6PrefixSpecification::ipv6_prefix),
        ),
    })
}

/// Whether it is attached by an attachment of which EC2 tells no id: it is not free, and nobody but an AWS service
/// could end that.
fn has_attachment_without_id(described: &NetworkInterface) -> bool {
    let Some(attachment) = described.attachment() else {
        return false;
    };
    said(attachment.attachment_id()).is_none() && attachment.status().is_some()
}

/// None where it has no id: see [`has_attachment_without_id`].
fn attachment(described: &NetworkInterfaceAttachment) -> Result<Option<Attachment>, CloudError> {
    let Some(id) = optional(FROM, described.attachment_id())? else {
        return Ok(None);
    };
    let since = described
        .attach_time()
        .map(aws_sdk_ec2::primitives::DateTime::secs);
    Ok(Some(Attachment {
        id,
        instance: optional(FROM, described.instance_id())?,
        device_index: described.device_index().unwrap_or(0),
        card_index: described.network_card_index().unwrap_or(0),
        state: described
            .status()
            .map_or(AttachmentState::Unknown, attachment_state),
        // Where EC2 does not say, it is cleared before the interface moves: once too often does no harm.
        delete_on_termination: described.delete_on_termination().unwrap_or(true),
        since: since.and_then(|secs| OffsetDateTime::from_unix_timestamp(secs).ok()),
    }))
}

pub(super) fn attachment_state(status: &AttachmentStatus) -> AttachmentState {
    match status {
        AttachmentStatus::Attaching => AttachmentState::Attaching,
        AttachmentStatus::Attached => AttachmentState::Attached,
        AttachmentStatus::Detaching => AttachmentState::Detaching,
        AttachmentStatus::Detached => AttachmentState::Detached,
        other => {
            tracing::warn!(
                state = other.as_str(),
                "EC2 shows an attachment in a state that nobody knows"
            );
            AttachmentState::Unknown
        }
    }
}

fn association(
    described: &NetworkInterfaceAssociation,
) -> Result<Option<InterfaceAssociation>, CloudError> {
    let ip = one_of([
        described.public_ip(),
        described.customer_owned_ip(),
        described.carrier_ip(),
    ]);
    let Some(ip) = optional(FROM, ip)? else {
        return Ok(None);
    };
    let allocation = optional(FROM, described.allocation_id())?;
    Ok(Some(InterfaceAssociation { ip, allocation }))
}
