//! An Elastic IP as EC2 describes it, in our own types. Plain data: nothing here asks or acts.

use crate::ids::{AllocationId, AssociationId, BorderGroup, EniId, InstanceId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// A resource's tags.
pub type Tags = BTreeMap<String, String>;

/// EC2 keeps tag keys with this prefix for itself (`aws:cloudformation:stack-name` and its like):
/// they can be read, but nobody can set them, so they cannot be restored.
/// Source: EC2 user guide, "Tag restrictions".
pub const RESERVED_TAG_PREFIX: &str = "aws:";

/// How many tags a resource can carry, reserved ones not counted.
/// Source: EC2 user guide, "Tag restrictions".
pub const MOST_TAGS: usize = 50;

/// An Elastic IP that this account holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The allocation that holds it.
    pub allocation: AllocationId,
    /// The address itself.
    pub ip: Ipv4Addr,
    /// Where it was allocated from.
    pub pool: Pool,
    /// Where AWS advertises it from, where EC2 says so.
    pub border_group: Option<BorderGroup>,
    /// Its tags, reserved ones included.
    pub tags: Tags,
    /// What it is associated with now.
    pub association: Option<Association>,
    /// The AWS service that manages it (`alb`, `nlb`, `rnat`, `rds`); such an address is its
    /// service's business.
    pub service_managed: Option<String>,
}

/// Where an address comes from, which decides how it is asked back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "kebab-case")]
pub enum Pool {
    /// Amazon's own addresses.
    Amazon,
    /// Addresses that the account brought itself: asked back by address, without naming the pool.
    BringYourOwn(String),
    /// An IPAM pool, to be named along with the address.
    Ipam(String),
    /// An Outpost's customer-owned addresses: asked back by address, without naming the pool.
    CustomerOwned(String),
}

impl Pool {
    /// The pool that EC2 names as `publicIpv4Pool`: Amazon's own is `amazon`, or is not named.
    #[must_use]
    pub fn public(name: &str) -> Self {
        match name {
            "" | "amazon" => Self::Amazon,
            ipam if ipam.starts_with("ipam-pool-") => Self::Ipam(ipam.to_owned()),
            own => Self::BringYourOwn(own.to_owned()),
        }
    }
}

/// An Elastic IP's tie to a private IP on a network interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Association {
    /// This very tie.
    pub id: AssociationId,
    /// The interface.
    pub eni: Option<EniId>,
    /// The private IP on it.
    pub private_ip: Option<Ipv4Addr>,
    /// The instance that the interface was attached to, if any.
    pub instance: Option<InstanceId>,
}

/// A network interface as far as an address's return depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// The interface.
    pub id: EniId,
    /// The private IPs it has, each with the allocation now associated there, if any.
    pub private_ips: BTreeMap<Ipv4Addr, Option<InterfaceAssociation>>,
    /// Made and held by an AWS service (a NAT gateway, a load balancer): not ours to associate.
    pub requester_managed: bool,
    /// The instance it is attached to.
    pub instance: Option<InstanceId>,
}

/// The public side of a private IP, seen from its interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterfaceAssociation {
    /// The public address.
    pub ip: Ipv4Addr,
    /// Its allocation; none for an address that EC2 assigned by itself.
    pub allocation: Option<AllocationId>,
}
