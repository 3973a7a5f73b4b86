//! What we ask of EC2 and CloudTrail, in our own types: one narrow trait for each kind of request, so
//! that a function's bounds say what it may do. `aws` implements them with the SDK, the simulator
//! implements them with its model.
//!
//! No trait here can release an address: promise 4, kept by the compiler. What can stands in the operator's tool, in
//! `cli/src/drill/ports.rs`, and no function is built from that crate.

pub mod codes;
mod failure;
pub mod health;
pub mod lifecycle;
pub mod moves;
pub mod networks;
pub mod publish;

pub use failure::{Class, CloudError, Failure, Missing};

use crate::model::cloudtrail::Record;
use crate::model::elastic_ip::{Address, Pool};
use crate::model::ids::{AllocationId, AssociationId, BorderGroup, EniId, InstanceId};
use crate::model::instance::Instance;
use crate::model::interface::Interface;
use crate::model::tags::Tags;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// Which addresses to describe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddressFilter {
    /// Every address of the account in this region: EC2 answers in one call, without pages. It grows with what is
    /// others', so nothing that has to be quick asks for it.
    All,
    /// Every address that has a tag with this key.
    TagKey(String),
    /// Every address that has this tag.
    Tag {
        /// Its key.
        key: String,
        /// Its value.
        value: String,
    },
    /// The allocations named; those that do not exist are left out, they are no error.
    Allocations(Vec<AllocationId>),
    /// The one with this public IP, if the account holds it.
    Ip(Ipv4Addr),
}

/// Reading addresses.
pub trait ReadAddresses: Send + Sync {
    /// `DescribeAddresses`. Answers may lag behind a write by seconds.
    ///
    /// # Errors
    /// As EC2 refuses: `Throttled`, `Denied`, or anything else as `Other`.
    fn addresses(
        &self,
        which: &AddressFilter,
    ) -> impl Future<Output = Result<Vec<Address>, CloudError>> + Send;

    /// `DescribeAddressesAttribute` with `domain-name`: the published reverse DNS names, without their
    /// trailing dot. An allocation that has none is absent. All pages are read. No answer shows tags, so a filter by tag
    /// narrows nothing here.
    ///
    /// # Errors
    /// As for [`ReadAddresses::addresses`].
    fn reverse_dns_names(
        &self,
        which: &AddressFilter,
    ) -> impl Future<Output = Result<BTreeMap<AllocationId, String>, CloudError>> + Send;
}

/// A request for one address by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AllocateAddressRequest {
    /// The address.
    pub ip: Ipv4Addr,
    /// Its pool: only an IPAM pool is named in the call.
    pub pool: Pool,
    /// Its border group: named in the call, since EC2 looks in the region's own group otherwise.
    pub border_group: Option<BorderGroup>,
    /// The tags that it carries from its first moment.
    pub tags: Tags,
}

/// What EC2 allocated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allocated {
    /// The new allocation.
    pub allocation: AllocationId,
    /// The address that EC2 gave: to be compared with the one asked for.
    pub ip: Ipv4Addr,
}

/// Asking a released address back.
pub trait Allocate: Send + Sync {
    /// `AllocateAddress` with `Address`, and the tags in the same call.
    ///
    /// Idempotent on the address: EC2 cannot allocate the same address twice, a second call is refused.
    /// A lost reply therefore means: look whether the account holds the address.
    ///
    /// # Errors
    /// `NotFound(Missing::Address)`: EC2 does not have it to give, and does not say why: not free yet,
    /// given to somebody else, still ours, or never an address. `HeldElsewhere`: another account has it, or
    /// EC2 could not validate the credentials.
    /// `LimitExceeded`: the address quota is full. `TagsRefused`: a tag policy forbids these tags.
    fn allocate(
        &self,
        request: &AllocateAddressRequest,
    ) -> impl Future<Output = Result<Allocated, CloudError>> + Send;
}

/// Giving a free address to a private IP.
pub trait Associate: Send + Sync {
    /// `AssociateAddress` by interface and private IP, always with `AllowReassociation=false`: EC2
    /// itself refuses if somebody was faster.
    ///
    /// Idempotent on (allocation, private IP). A lost reply means: read the address.
    ///
    /// # Errors
    /// `AlreadyAssociated`: the address is associated with something else. `NotFound`: what is missing
    /// is in the variant; right after an allocation, EC2 may not know the allocation yet.
    fn associate(
        &self,
        allocation: &AllocationId,
        eni: &EniId,
        private_ip: Ipv4Addr,
    ) -> impl Future<Output = Result<AssociationId, CloudError>> + Send;
}

/// Setting reverse DNS.
pub trait SetReverseDns: Send + Sync {
    /// `ModifyAddressAttribute` with `DomainName`. EC2 publishes the name later, by itself.
    ///
    /// Idempotent on (allocation, name).
    ///
    /// # Errors
    /// EC2 refuses a name whose forward record does not point at the address.
    fn set_reverse_dns(
        &self,
        allocation: &AllocationId,
        name: &str,
    ) -> impl Future<Output = Result<(), CloudError>> + Send;
}

/// Reading network interfaces.
pub trait ReadInterfaces: Send + Sync {
    /// `DescribeNetworkInterfaces` of one interface; `None` when it does not exist (any more).
    ///
    /// # Errors
    /// As EC2 refuses: `Throttled`, `Denied`, or anything else as `Other`.
    fn interface(
        &self,
        eni: &EniId,
    ) -> impl Future<Output = Result<Option<Interface>, CloudError>> + Send;

    /// `DescribeNetworkInterfaces` of several; those that do not exist are left out, they are no error.
    /// All pages are read.
    ///
    /// # Errors
    /// As for [`ReadInterfaces::interface`].
    fn interfaces(
        &self,
        which: &InterfaceFilter,
    ) -> impl Future<Output = Result<Vec<Interface>, CloudError>> + Send;
}

/// Which network interfaces to describe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum InterfaceFilter {
    /// The interfaces named.
    Ids(Vec<EniId>),
    /// Every interface that has a tag with one of these keys.
    TagKeys(Vec<String>),
    /// The interface that this instance was launched with, and that EC2 never detaches.
    PrimaryOf(InstanceId),
    /// The interfaces that have a tag with this key and are attached to one of these instances.
    AttachedTo {
        /// The tag's key.
        tag_key: String,
        /// The instances.
        instances: Vec<InstanceId>,
    },
}

/// Which instances to describe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum InstanceFilter {
    /// The instances named; those that do not exist are left out, they are no error.
    Ids(Vec<InstanceId>),
    /// Every instance that has a tag with this key.
    TagKey(String),
}

/// Reading instances.
pub trait ReadInstances: Send + Sync {
    /// `DescribeInstances`, always with filters: a call without any has a throttle of its own, half as
    /// wide (EC2 API reference, "Request throttling"). Terminated instances are shown for about an
    /// hour. All pages are read. Answers may lag behind a change by seconds.
    ///
    /// # Errors
    /// As EC2 refuses: `Throttled`, `Denied`, or anything else as `Other`.
    fn instances(
        &self,
        which: &InstanceFilter,
    ) -> impl Future<Output = Result<Vec<Instance>, CloudError>> + Send;
}

/// A tag, with what has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TagOf {
    /// The id of whatever has it.
    pub resource: String,
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// Reading who has which tags.
pub trait ReadTags: Send + Sync {
    /// `DescribeTags` with these keys, of these resources; none named: whatever has them. All pages are read. EC2
    /// throttles each action by itself (EC2 developer guide, "Request throttling"), and nothing that moves an address
    /// asks for this one. So whoever asks often for what is nobody's delays nobody.
    ///
    /// # Errors
    /// As EC2 refuses: `Throttled`, `Denied`, or anything else as `Other`.
    fn tags(
        &self,
        keys: &[String],
        of: &[String],
    ) -> impl Future<Output = Result<Vec<TagOf>, CloudError>> + Send;
}

/// Taking an address from a private IP.
pub trait Disassociate: Send + Sync {
    /// `DisassociateAddress` by association id: it ends that very association, or nothing. An address that has
    /// been moved since the id was read keeps its new place, and EC2 gives no error.
    ///
    /// Idempotent on the association id. A lost reply means: read the address.
    ///
    /// # Errors
    /// `NotFound(Missing::Association)`: the association is over and forgotten. `HeldElsewhere`: an AWS
    /// service manages the address.
    fn disassociate(
        &self,
        association: &AssociationId,
    ) -> impl Future<Output = Result<(), CloudError>> + Send;
}

/// Asking CloudTrail what was done to an address.
pub trait ReadEventHistory: Send + Sync {
    /// `LookupEvents` by resource name, oldest first. CloudTrail keeps 90 days, takes up to 15 minutes
    /// to show a call, and allows 2 calls a second (CloudTrail user guide, "Quotas"). Its clock ends the
    /// window: whatever it shows has happened. Events that cannot be read are left out.
    ///
    /// # Errors
    /// `Throttled`, `Denied`, or anything else as `Other`.
    fn event_history(
        &self,
        allocation: &AllocationId,
    ) -> impl Future<Output = Result<Vec<Record>, CloudError>> + Send;
}
