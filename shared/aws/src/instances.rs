//! Reading instances from EC2, and ending one association.
//!
//! Races with every start and stop: EC2's answers lag behind by seconds. An association is ended by its
//! own id, so that one that has changed since it was read is not touched.

use super::actions::{DESCRIBE_INSTANCES, DISASSOCIATE_ADDRESS};
use super::failure::unreadable;
use super::interfaces::attachment_state;
use super::read::{
    MAX_FILTER_VALUES, all, filter, one_of, optional, prefixes, required, said, tags,
};
use super::{Aws, failure};
use aws_sdk_ec2::types::{
    DeviceType, Filter, Instance as Described, InstanceIpv4Prefix, InstanceIpv6Address,
    InstanceIpv6Prefix, InstanceLifecycleType, InstanceNetworkInterface,
    InstanceNetworkInterfaceAssociation, InstancePrivateIpAddress, Reservation,
};
use holdfast::cloud::{CloudError, Disassociate, InstanceFilter, ReadInstances};
use holdfast::model::ids::{AssociationId, InstanceId, InstanceType, Zone, ZoneId};
use holdfast::model::instance::{
    AttachedInterface, Instance, InstanceState, PrivateIp, PublicIp, StopLimit,
};
use holdfast::model::interface::OtherIps;
use std::sync::atomic::Ordering;
use time::OffsetDateTime;

const FROM: &str = DESCRIBE_INSTANCES;

/// Source: EC2 API reference, `DescribeInstances`, `MaxResults`.
const MAX_IN_A_PAGE: i32 = 1000;

/// Interfaces that EC2 lets their owner associate. Source: EC2 API reference,
/// `InstanceNetworkInterface`, `InterfaceType`.
pub(super) const OWN_KINDS: [&str; 2] = ["interface", "efa"];

impl ReadInstances for Aws {
    /// Instances are named by filter: named as `InstanceId`, a single one that is forgotten would fail
    /// the whole call, and pages would have EC2's own size.
    async fn instances(&self, which: &InstanceFilter) -> Result<Vec<Instance>, CloudError> {
        let ids = match which {
            InstanceFilter::TagKey(key) => {
                return self.in_pages(filter("tag-key", [key.clone()])).await;
            }
            InstanceFilter::Ids(ids) => ids,
        };
        let mut found = Vec::new();
        for some in ids.chunks(MAX_FILTER_VALUES) {
            let by_id = filter("instance-id", some.iter().map(InstanceId::to_string));
            found.extend(self.in_pages(by_id).await?);
        }
        Ok(found)
    }
}

impl Disassociate for Aws {
    async fn disassociate(&self, association: &AssociationId) -> Result<(), CloudError> {
        self.ec2
            .disassociate_address()
            .association_id(association.as_str())
            .send()
            .await
            .map_err(|error| failure::of(DISASSOCIATE_ADDRESS, error))?;
        Ok(())
    }
}

impl Aws {
    async fn in_pages(&self, by: Filter) -> Result<Vec<Instance>, CloudError> {
        let reservations = self.reservations(by).await?;
        let instances = reservations.iter().flat_map(Reservation::instances);
        instances.map(instance).collect()
    }

    /// With what AWS services have attached: an account may hide that, and a device index that it takes would look free.
    /// An endpoint that does not know the parameter yet refuses it, and is asked again without it: for as long as the
    /// process lives, no call has it.
    /// Source: EC2 API reference, `DescribeInstances`, `IncludeManagedResources`.
    async fn reservations(&self, by: Filter) -> Result<Vec<Reservation>, CloudError> {
        if !self.managed_refused.load(Ordering::Relaxed) {
            match self.reservations_with(by.clone(), Some(true)).await {
                Err(CloudError::Refused(_)) => {}
                answer => return answer,
            }
        }
        let found = self.reservations_with(by, None).await?;
        self.managed_refused.store(true, Ordering::Relaxed);
        Ok(found)
    }

    async fn reservations_with(
        &self,
        by: Filter,
        managed: Option<bool>,
    ) -> Result<Vec<Reservation>, CloudError> {
        self.ec2
            .describe_instances()
            .filters(by)
            .set_include_managed_resources(managed)
            .max_results(MAX_IN_A_PAGE)
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .map_err(|error| failure::of(FROM, error))
    }
}

fn instance(described: &Described) -> Result<Instance, CloudError> {
    let state = described.state().and_then(|state| state.name());
    let launched_at = described
        .launch_time()
        .map_or(0, aws_sdk_ec2::primitives::DateTime::secs);
    let interfaces = described.network_interfaces().iter().map(interface);
    let mut interfaces = interfaces.collect::<Result<Vec<_>, _>>()?;
    interfaces.sort_by_key(|each| (each.card_index, each.device_index));
    Ok(Instance {
        id: required(FROM, described.instance_id(), "an instance's id")?,
        state: state
            .map(|state| InstanceState::told(state.as_str()))
            .ok_or_else(|| unreadable(FROM, "its state is missing", None))?,
        tags: tags(described.tags()),
        launched_at: OffsetDateTime::from_unix_timestamp(launched_at)
            .map_err(|error| unreadable(FROM, "its launch time", Some(Box::new(error))))?,
        zone: said(described.placement().and_then(|it| it.availability_zone()))
            .map(|zone| Zone(zone.to_owned())),
        zone_id: said(
            described
                .placement()
                .and_then(|it| it.availability_zone_id()),
        )
        .map(|zone| ZoneId(zone.to_owned())),
        kind: described
            .instance_type()
            .map(|kind| InstanceType(kind.as_str().to_owned())),
        stop_limit: stop_limit(described),
        interfaces,
    })
}

/// Source: EC2 API reference, `Instance`, `RootDeviceType` and `InstanceLifecycle`.
fn stop_limit(described: &Described) -> Option<StopLimit> {
    if described.root_device_type() == Some(&DeviceType::InstanceStore) {
        return Some(StopLimit::InstanceStoreRoot);
    }
    let is_spot = described.instance_lifecycle() == Some(&InstanceLifecycleType::Spot);
    is_spot.then_some(StopLimit::Spot)
}

fn interface(described: &InstanceNetworkInterface) -> Result<AttachedInterface, CloudError> {
    let attachment = described.attachment();
    let mut private: Vec<&InstancePrivateIpAddress> =
        described.private_ip_addresses().iter().collect();
    private.sort_by_key(|each| !each.primary().unwrap_or(false));
    Ok(AttachedInterface {
        id: required(FROM, described.network_interface_id(), "an interface's id")?,
        device_index: attachment
            .and_then(aws_sdk_ec2::types::InstanceNetworkInterfaceAttachment::device_index)
            .unwrap_or(0),
        card_index: attachment
            .and_then(aws_sdk_ec2::types::InstanceNetworkInterfaceAttachment::network_card_index)
            .unwrap_or(0),
        state: attachment.and_then(|it| it.status()).map(attachment_state),
        subnet: optional(FROM, described.subnet_id())?,
        service_managed: is_service_managed(described),
        private_ips: private
            .into_iter()
            .map(private_ip)
            .collect::<Result<_, _>>()?,
        other_ips: other_ips(described)?,
    })
}

/// Made and held by an AWS service, as its type or its operator says.
fn is_service_managed(described: &InstanceNetworkInterface) -> bool {
    let kind = described.interface_type();
    let operator = described.operator();
    kind.is_some_and(|kind| !OWN_KINDS.contains(&kind))
        || operator.is_some_and(|it| it.managed() == Some(true))
}

fn other_ips(described: &InstanceNetworkInterface) -> Result<OtherIps, CloudError> {
    let ipv6 = described.ipv6_addresses().iter();
    let ipv4_prefixes = described.ipv4_prefixes().iter();
    let ipv6_prefixes = described.ipv6_prefixes().iter();
    Ok(OtherIps {
        ipv6: all(FROM, ipv6.map(InstanceIpv6Address::ipv6_address))?,
        prefixes: prefixes(
            ipv4_prefixes.map(InstanceIpv4Prefix::ipv4_prefix),
            ipv6_prefixes.map(InstanceIpv6Prefix::ipv6_prefix),
        ),
    })
}

fn private_ip(described: &InstancePrivateIpAddress) -> Result<PrivateIp, CloudError> {
    let public = described.association().map(public_ip).transpose()?;
    Ok(PrivateIp {
        ip: required(FROM, described.private_ip_address(), "a private IP")?,
        public: public.flatten(),
    })
}

/// An address that EC2 assigned by itself is owned by `amazon`, an Elastic IP by the account.
/// Source: EC2 API reference, `InstanceNetworkInterfaceAssociation`.
fn public_ip(
    described: &InstanceNetworkInterfaceAssociation,
) -> Result<Option<PublicIp>, CloudError> {
    let ip = one_of([
        described.public_ip(),
        described.customer_owned_ip(),
        described.carrier_ip(),
    ]);
    Ok(optional(FROM, ip)?.map(|ip| PublicIp {
        ip,
        auto_assigned: described.ip_owner_id() == Some("amazon"),
    }))
}
