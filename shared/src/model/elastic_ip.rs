//! An Elastic IP as EC2 describes it, in our own types. Plain data: nothing here asks or acts.

use crate::model::ids::{AllocationId, AssociationId, BorderGroup, EniId, InstanceId};
use crate::model::tags::Tags;
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;

/// An Elastic IP that this account holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    pub fn from_public_ipv4_pool(name: &str) -> Self {
        match name {
            "" | "amazon" => Self::Amazon,
            ipam if ipam.starts_with("ipam-pool-") => Self::Ipam(ipam.to_owned()),
            own => Self::BringYourOwn(own.to_owned()),
        }
    }
}

/// The association of an Elastic IP with a private IP on a network interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Association {
    /// This very association.
    pub id: AssociationId,
    /// The interface.
    pub eni: Option<EniId>,
    /// The private IP on it.
    pub private_ip: Option<Ipv4Addr>,
    /// The instance that the interface was attached to, if any.
    pub instance: Option<InstanceId>,
}

#[cfg(test)]
mod tests {
    use super::Pool;

    #[test]
    fn a_pool_is_known_by_its_name() {
        for amazons in ["", "amazon"] {
            assert_eq!(Pool::from_public_ipv4_pool(amazons), Pool::Amazon);
        }
        let ipam = "ipam-pool-1";
        assert_eq!(
            Pool::from_public_ipv4_pool(ipam),
            Pool::Ipam(ipam.to_owned())
        );
        let own = "ipv4pool-ec2-1";
        assert_eq!(
            Pool::from_public_ipv4_pool(own),
            Pool::BringYourOwn(own.to_owned())
        );
    }
}
