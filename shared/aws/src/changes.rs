//! The calls that change an address. There are three, and none of them can take an address from anyone.
//!
//! Races with whoever wants the same address or the same private IP; EC2 arbitrates each call: an
//! address is allocated once, and an association that exists is not replaced.

use super::actions::{ALLOCATE_ADDRESS, ASSOCIATE_ADDRESS, MODIFY_ADDRESS_ATTRIBUTE};
use super::read::{one_of, required};
use super::{Aws, failure};
use aws_sdk_ec2::types::{DomainType, ResourceType, Tag, TagSpecification};
use holdfast::cloud::{
    Allocate, AllocateAddressRequest, Allocated, Associate, CloudError, SetReverseDns,
};
use holdfast::model::elastic_ip::Pool;
use holdfast::model::ids::{AllocationId, AssociationId, EniId};
use holdfast::model::tags::Tags;
use std::net::Ipv4Addr;

impl Allocate for Aws {
    /// The pool is named for IPAM only. `PublicIpv4Pool` lets EC2 choose an address from the pool: "To
    /// specify a specific address from the address pool, use the Address parameter instead". A
    /// customer-owned address is named the same way (EC2 API reference, `AllocateAddress`).
    async fn allocate(&self, request: &AllocateAddressRequest) -> Result<Allocated, CloudError> {
        const CALL: &str = ALLOCATE_ADDRESS;
        let ipam_pool = match &request.pool {
            Pool::Ipam(pool) => Some(pool.clone()),
            Pool::Amazon | Pool::BringYourOwn(_) | Pool::CustomerOwned(_) => None,
        };
        let answer = self
            .ec2
            .allocate_address()
            .domain(DomainType::Vpc)
            .address(request.ip.to_string())
            .set_ipam_pool_id(ipam_pool)
            .set_network_border_group(request.border_group.as_ref().map(ToString::to_string))
            .set_tag_specifications(tagging(&request.tags))
            .send()
            .await
            .map_err(|error| failure::of(CALL, error))?;
        let ip = one_of([
            answer.public_ip(),
            answer.customer_owned_ip(),
            answer.carrier_ip(),
        ]);
        Ok(Allocated {
            allocation: required(CALL, answer.allocation_id(), "the allocation id")?,
            ip: required(CALL, ip, "the IP that was allocated")?,
        })
    }
}

impl Associate for Aws {
    async fn associate(
        &self,
        allocation: &AllocationId,
        eni: &EniId,
        private_ip: Ipv4Addr,
    ) -> Result<AssociationId, CloudError> {
        self.associate_address(allocation, eni, private_ip, false)
            .await
    }
}

impl Aws {
    /// `AssociateAddress` by interface and private IP. `replaces`: whoever has the address loses it.
    pub(super) async fn associate_address(
        &self,
        allocation: &AllocationId,
        eni: &EniId,
        private_ip: Ipv4Addr,
        replaces: bool,
    ) -> Result<AssociationId, CloudError> {
        let answer = self
            .ec2
            .associate_address()
            .allocation_id(allocation.as_str())
            .network_interface_id(eni.as_str())
            .private_ip_address(private_ip.to_string())
            .allow_reassociation(replaces)
            .send()
            .await
            .map_err(|error| failure::of(ASSOCIATE_ADDRESS, error))?;
        required(
            ASSOCIATE_ADDRESS,
            answer.association_id(),
            "the association id",
        )
    }
}

impl SetReverseDns for Aws {
    async fn set_reverse_dns(
        &self,
        allocation: &AllocationId,
        name: &str,
    ) -> Result<(), CloudError> {
        self.ec2
            .modify_address_attribute()
            .allocation_id(allocation.as_str())
            .domain_name(name)
            .send()
            .await
            .map_err(|error| failure::of(MODIFY_ADDRESS_ATTRIBUTE, error))?;
        Ok(())
    }
}

/// EC2 refuses a specification without tags.
fn tagging(tags: &Tags) -> Option<Vec<TagSpecification>> {
    if tags.is_empty() {
        return None;
    }
    let tags = tags
        .iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect();
    let specification = TagSpecification::builder()
        .resource_type(ResourceType::ElasticIp)
        .set_tags(Some(tags))
        .build();
    Some(vec![specification])
}
