//! Instances behind the fault injector, and the end of an association.

use super::Client;
use super::cloud::{attachment_state, filter, id, other_ips, unexpected};
use super::faults::SeededBug;
use ec2_sim::api::{self, DescribeInstances, DescribeTags, DisassociateAddress, Request, Response};
use holdfast::cloud::{CloudError, Disassociate, InstanceFilter, ReadInstances, ReadTags, TagOf};
use holdfast::model::ids::{AssociationId, InstanceType, Zone, ZoneId};
use holdfast::model::instance::{
    AttachedInterface, Instance, InstanceState, PrivateIp, PublicIp, StopLimit,
};

/// As the AWS adapter asks: EC2 gives at most this many in a page.
const PAGE: i32 = 1000;

impl ReadInstances for Client {
    async fn instances(&self, which: &InstanceFilter) -> Result<Vec<Instance>, CloudError> {
        const ACTION: &str = "ec2:DescribeInstances";
        let filter = match which {
            InstanceFilter::Ids(ids) => filter("instance-id", ids.iter().map(ToString::to_string)),
            InstanceFilter::TagKey(key) => filter("tag-key", [key.clone()]),
        };
        let mut found = Vec::new();
        let mut next_token = None;
        loop {
            let request = DescribeInstances {
                filters: vec![filter.clone()],
                max_results: Some(PAGE),
                next_token,
                ..DescribeInstances::default()
            };
            let response = self
                .ec2(ACTION, Request::DescribeInstances(request))
                .await?;
            let Response::DescribeInstances {
                reservations,
                next_token: more,
            } = response
            else {
                return Err(unexpected(ACTION, &response));
            };
            let instances = reservations.iter().flat_map(|each| &each.instances);
            found.extend(instances.map(instance));
            match more {
                Some(token) => next_token = Some(token),
                None => break,
            }
        }
        if self.bed.faults.has_bug(SeededBug::HoldersLookDown) {
            found.iter_mut().for_each(look_down);
        }
        Ok(found)
    }
}

impl ReadTags for Client {
    async fn tags(&self, keys: &[String], of: &[String]) -> Result<Vec<TagOf>, CloudError> {
        const ACTION: &str = "ec2:DescribeTags";
        let mut filters = vec![filter("key", keys.iter().cloned())];
        if !of.is_empty() {
            filters.push(filter("resource-id", of.iter().cloned()));
        }
        let mut found = Vec::new();
        let mut next_token = None;
        loop {
            let request = DescribeTags {
                filters: filters.clone(),
                max_results: Some(PAGE),
                next_token,
            };
            match self.ec2(ACTION, Request::DescribeTags(request)).await? {
                Response::DescribeTags {
                    tags,
                    next_token: more,
                } => {
                    found.extend(tags.into_iter().map(|tag| TagOf {
                        resource: tag.resource_id,
                        key: tag.key,
                        value: tag.value,
                    }));
                    next_token = more;
                }
                other => return Err(unexpected(ACTION, &other)),
            }
            if next_token.is_none() {
                return Ok(found);
            }
        }
    }
}

impl Disassociate for Client {
    async fn disassociate(&self, association: &AssociationId) -> Result<(), CloudError> {
        let request = DisassociateAddress {
            association_id: Some(association.to_string()),
            public_ip: None,
        };
        let request = Request::DisassociateAddress(request);
        self.ec2("ec2:DisassociateAddress", request).await.map(drop)
    }
}

fn instance(from: &api::Instance) -> Instance {
    Instance {
        id: id(&from.instance_id),
        state: id(from.state.name()),
        tags: from
            .tags
            .iter()
            .map(|tag| (tag.key.clone(), tag.value.clone()))
            .collect(),
        launched_at: from.launch_time,
        stop_limit: stop_limit(from),
        zone: Some(Zone(from.availability_zone.clone())),
        zone_id: Some(ZoneId(from.availability_zone_id.clone())),
        kind: Some(InstanceType(from.instance_type.clone())),
        interfaces: from.network_interfaces.iter().map(interface).collect(),
    }
}

fn stop_limit(from: &api::Instance) -> Option<StopLimit> {
    match from.root_device_type {
        "instance-store" => Some(StopLimit::InstanceStoreRoot),
        _ => from
            .spot_instance_request_id
            .as_ref()
            .map(|_| StopLimit::Spot),
    }
}

fn interface(from: &api::NetworkInterface) -> AttachedInterface {
    let attachment = from.attachment.as_ref();
    AttachedInterface {
        id: id(&from.network_interface_id),
        device_index: attachment.map_or(0, |attachment| attachment.device_index),
        card_index: attachment.map_or(0, |attachment| attachment.network_card_index),
        state: attachment.map(|attachment| attachment_state(&attachment.status)),
        subnet: Some(id(&from.subnet_id)),
        service_managed: from.interface_type != "interface",
        private_ips: from
            .private_ip_addresses
            .iter()
            .map(|private| PrivateIp {
                ip: id(&private.private_ip_address),
                public: private.association.as_ref().map(|public| PublicIp {
                    ip: id(&public.public_ip),
                    auto_assigned: public.ip_owner_id == "amazon",
                }),
            })
            .collect(),
        other_ips: other_ips(&from.other_addresses),
    }
}

/// Whoever has an Elastic IP looks stopped.
fn look_down(instance: &mut Instance) {
    let mut ips = instance
        .interfaces
        .iter()
        .flat_map(|each| &each.private_ips);
    if ips.any(|ip| ip.public.is_some_and(|public| !public.auto_assigned)) {
        instance.state = InstanceState::Stopped;
    }
}
