//! Subnets and their routes, as far as it depends on them whether an address is reached. Plain data: nothing here asks
//! or acts.

use crate::model::ids::{SubnetId, VpcId, Zone};
use serde::{Deserialize, Serialize};

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subnet {
    /// The subnet.
    pub id: SubnetId,
    /// Its VPC.
    pub vpc: VpcId,
    /// Its zone.
    pub zone: Zone,
}

/// A route table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteTable {
    /// Its VPC.
    pub vpc: VpcId,
    /// The subnets that go by it because somebody has associated it with them.
    pub subnets: Vec<SubnetId>,
    /// Whether every other subnet of the VPC goes by it.
    pub is_main: bool,
    /// Where it leads. Routes that lead nowhere any more (`blackhole`) are left out.
    pub routes: Vec<RouteTarget>,
}

/// Where a route leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RouteTarget {
    /// To an internet gateway, or to what stands for one in a Wavelength Zone or on an Outpost: what comes from outside
    /// comes by it.
    InternetGateway,
    /// Everything that has no other route goes to an endpoint or an interface: a firewall, say, in front of the gateway.
    DefaultBy(String),
    /// Anywhere else.
    Other,
}
