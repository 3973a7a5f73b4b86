//! A floating interface that is gone, with what it had.

use crate::model::ids::{AllocationId, EniId, InstanceId, SubnetId};
use serde::Serialize;
use std::net::Ipv4Addr;

/// A floating interface that EC2 does not show any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LostInterfaceReport {
    /// The interface.
    pub eni: EniId,
    /// The group that it was of.
    pub group: String,
    /// Its subnet.
    pub subnet: Option<SubnetId>,
    /// The private IPs that moved with it, the primary one first.
    pub private_ips: Vec<Ipv4Addr>,
    /// Its IPv6 addresses and prefixes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_ips: Vec<String>,
    /// The Elastic IPs that were on it, each with where it is now.
    pub addresses: Vec<FormerlyOnIt>,
}

/// An Elastic IP that was on an interface which is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FormerlyOnIt {
    /// The allocation.
    pub allocation: AllocationId,
    /// The address.
    pub ip: Ipv4Addr,
    /// Whether the account still holds it.
    pub is_held: bool,
    /// What it is associated with now.
    pub on: Option<NowOn>,
}

/// What such an Elastic IP is associated with now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NowOn {
    /// The interface.
    pub eni: EniId,
    /// The private IP.
    pub private_ip: Ipv4Addr,
    /// The instance.
    pub instance: Option<InstanceId>,
}
