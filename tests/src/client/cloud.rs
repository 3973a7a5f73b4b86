//! EC2 and CloudTrail behind the fault injector: Holdfast's traits, carried out by the world.

use super::Client;
use super::faults::{CallFailure, SeededBug};
use ec2_sim::api::{
    self, AllocateAddress, AssociateAddress, DescribeAddresses, DescribeAddressesAttribute,
    DescribeNetworkInterfaces, Ec2Error, Filter, ModifyAddressAttribute, Request, Response, Tag,
    TagSpecification,
};
use holdfast::cloud::{
    AddressFilter, Allocate, AllocateAddressRequest, Allocated, Associate, CloudError, Failure,
    InterfaceFilter, ReadAddresses, ReadEventHistory, ReadInterfaces, SetReverseDns,
};
use holdfast::events::from_lookup;
use holdfast::model::cloudtrail::Record;
use holdfast::model::elastic_ip::{Address, Association, Pool};
use holdfast::model::ids::{AllocationId, AssociationId, BorderGroup, EniId, Zone};
use holdfast::model::interface::{
    Attachment, AttachmentState, Interface, InterfaceAssociation, OtherIps,
};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::str::FromStr;

impl Client {
    pub(super) async fn ec2(
        &self,
        action: &'static str,
        request: Request,
    ) -> Result<Response, CloudError> {
        let name = request.action();
        self.on_the_way(name).await;
        let apply = || self.bed.call(self, &request);
        match self.bed.faults.call(self.run, name, apply).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(refusal)) => Err(classify(action, refusal)),
            Err(passage) => Err(passage.into_error(action)),
        }
    }
}

impl CallFailure {
    pub(super) fn into_error(self, action: &'static str) -> CloudError {
        match self {
            Self::Lost | Self::Unanswered => unanswered(action),
            Self::Throttled => classify(action, Ec2Error::new("RequestLimitExceeded", "slow down")),
        }
    }
}

pub(super) fn unanswered(action: &'static str) -> CloudError {
    CloudError::Other(Failure {
        action,
        code: None,
        message: Some("timed out".to_owned()),
        request_id: None,
        source: None,
    })
}

pub(super) fn classify(action: &'static str, refusal: Ec2Error) -> CloudError {
    CloudError::from(Failure {
        action,
        code: Some(refusal.code),
        message: Some(refusal.message),
        request_id: None,
        source: None,
    })
}

impl ReadAddresses for Client {
    async fn addresses(&self, which: &AddressFilter) -> Result<Vec<Address>, CloudError> {
        let request = match which {
            AddressFilter::All => DescribeAddresses::default(),
            AddressFilter::Allocations(ids) => DescribeAddresses {
                filters: vec![filter("allocation-id", ids.iter().map(ToString::to_string))],
                ..DescribeAddresses::default()
            },
            AddressFilter::TagKey(key) => DescribeAddresses {
                filters: vec![filter("tag-key", [key.clone()])],
                ..DescribeAddresses::default()
            },
            AddressFilter::Tag { key, value } => DescribeAddresses {
                filters: vec![filter(&format!("tag:{key}"), [value.clone()])],
                ..DescribeAddresses::default()
            },
            AddressFilter::Ip(ip) => DescribeAddresses {
                filters: vec![filter("public-ip", [ip.to_string()])],
                ..DescribeAddresses::default()
            },
        };
        let blind =
            matches!(which, AddressFilter::Ip(_)) && self.bed.faults.has_bug(SeededBug::NoLook);
        let short = *which == AddressFilter::All && self.bed.faults.has_bug(SeededBug::ShortLists);
        match self
            .ec2("ec2:DescribeAddresses", Request::DescribeAddresses(request))
            .await?
        {
            _ if blind => Ok(Vec::new()),
            Response::DescribeAddresses(addresses) => {
                let shown = addresses.len()
                    - if short {
                        addresses.len().div_ceil(2)
                    } else {
                        0
                    };
                Ok(addresses.iter().take(shown).map(address).collect())
            }
            other => Err(unexpected("ec2:DescribeAddresses", &other)),
        }
    }

    async fn reverse_dns_names(
        &self,
        which: &AddressFilter,
    ) -> Result<BTreeMap<AllocationId, String>, CloudError> {
        const ACTION: &str = "ec2:DescribeAddressesAttribute";
        let allocation_ids = match which {
            AddressFilter::Allocations(ids) => ids.iter().map(ToString::to_string).collect(),
            AddressFilter::All
            | AddressFilter::TagKey(_)
            | AddressFilter::Tag { .. }
            | AddressFilter::Ip(_) => Vec::new(),
        };
        let mut names = BTreeMap::new();
        let mut next_token = None;
        loop {
            let request = DescribeAddressesAttribute {
                allocation_ids: allocation_ids.clone(),
                attribute: Some("domain-name".to_owned()),
                max_results: None,
                next_token,
            };
            let response = self
                .ec2(ACTION, Request::DescribeAddressesAttribute(request))
                .await?;
            let Response::DescribeAddressesAttribute {
                addresses,
                next_token: more,
            } = response
            else {
                return Err(unexpected(ACTION, &response));
            };
            for attribute in addresses {
                let name = attribute
                    .ptr_record
                    .map(|name| name.trim_end_matches('.').to_owned());
                names.extend(name.map(|name| (id(&attribute.allocation_id), name)));
            }
            match more {
                Some(token) => next_token = Some(token),
                None => return Ok(names),
            }
        }
    }
}

impl Allocate for Client {
    async fn allocate(&self, request: &AllocateAddressRequest) -> Result<Allocated, CloudError> {
        const ACTION: &str = "ec2:AllocateAddress";
        let mut tags: Vec<Tag> = request
            .tags
            .iter()
            .map(|(key, value)| Tag::new(key.clone(), value.clone()))
            .collect();
        if self.bed.faults.has_bug(SeededBug::NoTags) {
            tags.clear();
        }
        let request = AllocateAddress {
            domain: Some("vpc".to_owned()),
            address: Some(request.ip.to_string()),
            ipam_pool_id: match &request.pool {
                Pool::Ipam(pool) => Some(pool.clone()),
                _ => None,
            },
            network_border_group: request.border_group.as_ref().map(ToString::to_string),
            tag_specifications: vec![TagSpecification {
                resource_type: "elastic-ip".to_owned(),
                tags,
            }],
            ..AllocateAddress::default()
        };
        match self.ec2(ACTION, Request::AllocateAddress(request)).await? {
            Response::AllocateAddress(given) => Ok(Allocated {
                allocation: id(&given.allocation_id),
                ip: id(&given.public_ip),
            }),
            other => Err(unexpected(ACTION, &other)),
        }
    }
}

impl Associate for Client {
    async fn associate(
        &self,
        allocation: &AllocationId,
        eni: &EniId,
        private_ip: Ipv4Addr,
    ) -> Result<AssociationId, CloudError> {
        const ACTION: &str = "ec2:AssociateAddress";
        let request = AssociateAddress {
            allocation_id: Some(allocation.to_string()),
            network_interface_id: Some(eni.to_string()),
            private_ip_address: Some(private_ip.to_string()),
            allow_reassociation: Some(self.bed.faults.has_bug(SeededBug::Reassociation)),
            ..AssociateAddress::default()
        };
        match self.ec2(ACTION, Request::AssociateAddress(request)).await? {
            Response::AssociateAddress { association_id } => Ok(id(&association_id)),
            other => Err(unexpected(ACTION, &other)),
        }
    }
}

impl SetReverseDns for Client {
    async fn set_reverse_dns(
        &self,
        allocation: &AllocationId,
        name: &str,
    ) -> Result<(), CloudError> {
        let request = ModifyAddressAttribute {
            allocation_id: allocation.to_string(),
            domain_name: Some(name.to_owned()),
        };
        let request = Request::ModifyAddressAttribute(request);
        self.ec2("ec2:ModifyAddressAttribute", request)
            .await
            .map(drop)
    }
}

impl ReadInterfaces for Client {
    async fn interface(&self, eni: &EniId) -> Result<Option<Interface>, CloudError> {
        const ACTION: &str = "ec2:DescribeNetworkInterfaces";
        let request = DescribeNetworkInterfaces {
            filters: vec![filter("network-interface-id", [eni.to_string()])],
            ..DescribeNetworkInterfaces::default()
        };
        let blind = self.bed.faults.has_bug(SeededBug::BlindToOthers);
        match self
            .ec2(ACTION, Request::DescribeNetworkInterfaces(request))
            .await?
        {
            Response::DescribeNetworkInterfaces { interfaces, .. } => {
                Ok(interfaces.first().map(|found| interface(found, blind)))
            }
            other => Err(unexpected(ACTION, &other)),
        }
    }

    async fn interfaces(&self, which: &InterfaceFilter) -> Result<Vec<Interface>, CloudError> {
        const ACTION: &str = "ec2:DescribeNetworkInterfaces";
        let filters = match which {
            InterfaceFilter::Ids(ids) => vec![filter(
                "network-interface-id",
                ids.iter().map(ToString::to_string),
            )],
            InterfaceFilter::TagKeys(keys) => vec![filter("tag-key", keys.iter().cloned())],
            InterfaceFilter::PrimaryOf(instance) => vec![
                filter("attachment.instance-id", [instance.to_string()]),
                filter("attachment.device-index", ["0".to_owned()]),
            ],
            InterfaceFilter::AttachedTo { tag_key, instances } => vec![
                filter(
                    "attachment.instance-id",
                    instances.iter().map(ToString::to_string),
                ),
                filter("tag-key", [tag_key.clone()]),
            ],
        };
        let request = DescribeNetworkInterfaces {
            filters,
            ..DescribeNetworkInterfaces::default()
        };
        let blind = self.bed.faults.has_bug(SeededBug::BlindToOthers);
        match self
            .ec2(ACTION, Request::DescribeNetworkInterfaces(request))
            .await?
        {
            Response::DescribeNetworkInterfaces { interfaces, .. } => {
                let found = interfaces.iter();
                Ok(found.map(|found| interface(found, blind)).collect())
            }
            other => Err(unexpected(ACTION, &other)),
        }
    }
}

impl ReadEventHistory for Client {
    async fn event_history(&self, allocation: &AllocationId) -> Result<Vec<Record>, CloudError> {
        let apply = || {
            let world = self.bed.world();
            let found = world.look_up(Some(("ResourceName", allocation.as_str())));
            found
                .iter()
                .map(|record| record.detail().to_string())
                .collect::<Vec<_>>()
        };
        let records = match self.bed.faults.call(self.run, "LookupEvents", apply).await {
            Ok(records) => records,
            Err(passage) => return Err(passage.into_error("cloudtrail:LookupEvents")),
        };
        let mut records: Vec<Record> = records
            .iter()
            .filter_map(|record| from_lookup(record).ok().flatten())
            .collect();
        records.sort_by_key(|record| record.call.at);
        Ok(records)
    }
}

pub(super) fn filter(name: &str, values: impl IntoIterator<Item = String>) -> Filter {
    Filter {
        name: name.to_owned(),
        values: values.into_iter().collect(),
    }
}

pub(super) fn unexpected(action: &'static str, response: &Response) -> CloudError {
    CloudError::Other(Failure {
        action,
        code: None,
        message: Some(format!("the simulator answered {response:?}")),
        request_id: None,
        source: None,
    })
}

/// Reads an identifier of the simulator's own making.
pub(super) fn id<T: FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse()
        .expect("the simulator makes well-formed identifiers")
}

fn address(from: &api::Address) -> Address {
    Address {
        allocation: id(&from.allocation_id),
        ip: id(&from.public_ip),
        pool: match from.public_ipv4_pool.as_str() {
            "amazon" => Pool::Amazon,
            pool if pool.starts_with("ipam-pool-") => Pool::Ipam(pool.to_owned()),
            pool => Pool::BringYourOwn(pool.to_owned()),
        },
        border_group: Some(BorderGroup(from.network_border_group.clone())),
        tags: from
            .tags
            .iter()
            .map(|tag| (tag.key.clone(), tag.value.clone()))
            .collect(),
        association: from.association.as_ref().map(|association| Association {
            id: id(&association.association_id),
            eni: Some(id(&association.network_interface_id)),
            private_ip: Some(id(&association.private_ip_address)),
            instance: association.instance_id.as_deref().map(id),
        }),
        service_managed: from.service_managed.clone(),
    }
}

fn interface(from: &api::NetworkInterface, blind: bool) -> Interface {
    let public_side = |side: &api::InterfaceAssociation| InterfaceAssociation {
        ip: id(&side.public_ip),
        allocation: side.allocation_id.as_deref().map(id),
    };
    let primary = from.private_ip_addresses.iter().find(|each| each.primary);
    Interface {
        id: id(&from.network_interface_id),
        private_ips: from
            .private_ip_addresses
            .iter()
            .map(|private| {
                let public = private
                    .association
                    .as_ref()
                    .filter(|_| !blind)
                    .map(public_side);
                (id(&private.private_ip_address), public)
            })
            .collect(),
        requester_managed: from.requester_managed || from.interface_type != "interface",
        primary_ip: primary.map(|primary| id(&primary.private_ip_address)),
        other_ips: other_ips(&from.other_addresses),
        attachment: from.attachment.as_ref().map(|attachment| Attachment {
            id: id(&attachment.attachment_id),
            instance: attachment.instance_id.as_deref().map(id),
            device_index: attachment.device_index,
            card_index: attachment.network_card_index,
            state: attachment_state(&attachment.status),
            delete_on_termination: attachment.delete_on_termination,
            since: Some(attachment.attach_time),
        }),
        subnet: Some(id(&from.subnet_id)),
        zone: Some(Zone(from.availability_zone.clone())),
        tags: from
            .tags
            .iter()
            .map(|tag| (tag.key.clone(), tag.value.clone()))
            .collect(),
    }
}

pub(super) fn other_ips(from: &api::OtherAddresses) -> OtherIps {
    let prefixes = from.ipv4_prefixes.iter().chain(&from.ipv6_prefixes);
    OtherIps {
        ipv6: from.ipv6_addresses.iter().map(|it| id(it)).collect(),
        prefixes: prefixes.cloned().collect(),
    }
}

pub(super) fn attachment_state(name: &str) -> AttachmentState {
    match name {
        "attaching" => AttachmentState::Attaching,
        "attached" => AttachmentState::Attached,
        "detaching" => AttachmentState::Detaching,
        "detached" => AttachmentState::Detached,
        _ => AttachmentState::Unknown,
    }
}
