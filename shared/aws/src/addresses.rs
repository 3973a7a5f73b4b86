//! Reading addresses from EC2.
//!
//! Races with every writer: EC2's answers lag behind by seconds. Nothing is arbitrated here; whoever
//! acts on an answer does so with a call that EC2 itself refuses when the answer was stale.

use super::actions::{DESCRIBE_ADDRESSES, DESCRIBE_ADDRESSES_ATTRIBUTE};
use super::connections::Connections;
use super::connections::opening::open;
use super::read::{MAX_FILTER_VALUES, filter, one_of, optional, required, said, tags};
use super::{Aws, failure};
use aws_sdk_ec2::types::{
    Address as Described, AddressAttribute, AddressAttributeName, Filter, ServiceManaged,
};
use holdfast::cloud::{AddressFilter, CloudError, Missing, ReadAddresses};
use holdfast::model::elastic_ip::{Address, Association, Pool};
use holdfast::model::ids::{AllocationId, AssociationId, BorderGroup};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// Source: EC2 API reference, `DescribeAddressesAttribute`, `MaxResults`.
const MAX_IN_A_PAGE: i32 = 1000;

/// For more names than this, all pages are fewer bytes than the ids in the request.
const MAX_NAMED: usize = 100;

impl ReadAddresses for Aws {
    /// Allocations are asked for by filter: named as `AllocationId`, a single one that is gone would
    /// fail the whole call (EC2 API reference, "Error codes", `InvalidAllocationID.NotFound`).
    ///
    /// A customer-owned address is not found by its IP: the filter `public-ip` knows Elastic IPs and
    /// carrier IPs (EC2 API reference, `DescribeAddresses`).
    async fn addresses(&self, which: &AddressFilter) -> Result<Vec<Address>, CloudError> {
        let allocations = match which {
            AddressFilter::All => return self.described(None).await,
            AddressFilter::TagKey(key) => {
                let by_key = filter("tag-key", [key.clone()]);
                return self.described(Some(by_key)).await;
            }
            AddressFilter::Tag { key, value } => {
                let by_tag = filter(&format!("tag:{key}"), [value.clone()]);
                return self.described(Some(by_tag)).await;
            }
            AddressFilter::Ip(ip) => {
                let by_ip = filter("public-ip", [ip.to_string()]);
                return self.described(Some(by_ip)).await;
            }
            AddressFilter::Allocations(allocations) => allocations,
        };
        let mut found = Vec::new();
        for some in allocations.chunks(MAX_FILTER_VALUES) {
            let by_id = filter("allocation-id", some.iter().map(AllocationId::to_string));
            found.extend(self.described(Some(by_id)).await?);
        }
        Ok(found)
    }

    /// This action has no filters. Where one of several allocations that are asked for does not exist, or where an IP
    /// is asked for, all names are read and the rest is left out. A single one that does not exist has no name.
    async fn reverse_dns_names(
        &self,
        which: &AddressFilter,
    ) -> Result<BTreeMap<AllocationId, String>, CloudError> {
        let attributes = match which {
            AddressFilter::Allocations(none) if none.is_empty() => Vec::new(),
            AddressFilter::Allocations(few) if few.len() <= MAX_NAMED => {
                match self.names(Some(few)).await {
                    Err(CloudError::NotFound {
                        what: Missing::Allocation,
                        ..
                    }) if few.len() == 1 => Vec::new(),
                    Err(CloudError::NotFound {
                        what: Missing::Allocation,
                        ..
                    }) => self.names(None).await?,
                    named => named?,
                }
            }
            AddressFilter::All
            | AddressFilter::Ip(_)
            | AddressFilter::TagKey(_)
            | AddressFilter::Tag { .. }
            | AddressFilter::Allocations(_) => self.names(None).await?,
        };
        let mut names = BTreeMap::new();
        for attribute in &attributes {
            let Some((allocation, name)) = published(attribute)? else {
                continue;
            };
            let is_asked_for = match which {
                AddressFilter::All | AddressFilter::TagKey(_) | AddressFilter::Tag { .. } => true,
                AddressFilter::Ip(ip) => attribute.public_ip() == Some(ip.to_string().as_str()),
                AddressFilter::Allocations(allocations) => allocations.contains(&allocation),
            };
            if is_asked_for {
                names.insert(allocation, name);
            }
        }
        Ok(names)
    }
}

impl Aws {
    /// Has a connection to EC2 open on which a call may begin that changes something. Nothing is sent.
    pub(super) async fn open(&self) -> Result<(), CloudError> {
        if self.to_ec2.as_ref().is_some_and(Connections::are_open) {
            return Ok(());
        }
        let opened = open!(self.ec2.describe_addresses());
        opened.map_err(|error| failure::of(DESCRIBE_ADDRESSES, error))
    }

    async fn described(&self, by: Option<Filter>) -> Result<Vec<Address>, CloudError> {
        let answer = self
            .ec2
            .describe_addresses()
            .set_filters(by.map(|filter| vec![filter]))
            .send()
            .await
            .map_err(|error| failure::of(DESCRIBE_ADDRESSES, error))?;
        answer
            .addresses()
            .iter()
            .filter(|described| said(described.allocation_id()).is_some())
            .map(address)
            .collect()
    }

    /// All pages. A page's size cannot be given along with ids.
    async fn names(
        &self,
        of: Option<&[AllocationId]>,
    ) -> Result<Vec<AddressAttribute>, CloudError> {
        let ids = of.map(|ids| ids.iter().map(AllocationId::to_string).collect());
        let page_size = of.is_none().then_some(MAX_IN_A_PAGE);
        self.ec2
            .describe_addresses_attribute()
            .attribute(AddressAttributeName::DomainName)
            .set_allocation_ids(ids)
            .set_max_results(page_size)
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .map_err(|error| failure::of(DESCRIBE_ADDRESSES_ATTRIBUTE, error))
    }
}

fn address(described: &Described) -> Result<Address, CloudError> {
    const FROM: &str = DESCRIBE_ADDRESSES;
    let ip = one_of([
        described.public_ip(),
        described.customer_owned_ip(),
        described.carrier_ip(),
    ]);
    let pool = match said(described.customer_owned_ipv4_pool()) {
        Some(pool) => Pool::CustomerOwned(pool.to_owned()),
        None => Pool::from_public_ipv4_pool(described.public_ipv4_pool().unwrap_or_default()),
    };
    Ok(Address {
        allocation: required(FROM, described.allocation_id(), "an allocation id")?,
        ip: required(FROM, ip, "an address's IP")?,
        pool,
        border_group: said(described.network_border_group())
            .map(|group| BorderGroup(group.to_owned())),
        tags: tags(described.tags()),
        association: association(described)?,
        service_managed: said(described.service_managed().map(ServiceManaged::as_str))
            .map(str::to_owned),
    })
}

fn association(described: &Described) -> Result<Option<Association>, CloudError> {
    const FROM: &str = DESCRIBE_ADDRESSES;
    let Some(id) = optional::<AssociationId>(FROM, described.association_id())? else {
        return Ok(None);
    };
    Ok(Some(Association {
        id,
        eni: optional(FROM, described.network_interface_id())?,
        private_ip: optional::<Ipv4Addr>(FROM, described.private_ip_address())?,
        instance: optional(FROM, described.instance_id())?,
    }))
}

/// The name that is published: one that is only asked for is in `PtrRecordUpdate`.
/// Source: EC2 API reference, `AddressAttribute`.
fn published(attribute: &AddressAttribute) -> Result<Option<(AllocationId, String)>, CloudError> {
    let name = attribute
        .ptr_record()
        .unwrap_or_default()
        .trim_end_matches('.');
    if name.is_empty() {
        return Ok(None);
    }
    let id = attribute.allocation_id();
    let allocation = required(DESCRIBE_ADDRESSES_ATTRIBUTE, id, "an allocation id")?;
    Ok(Some((allocation, name.to_owned())))
}
