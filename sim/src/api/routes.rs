//! Route tables, and the describes of what they route: requests and answers.

use super::{Filter, Tag, TagSpecification};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateRouteTable {
    pub vpc_id: String,
    pub client_token: Option<String>,
    pub tag_specifications: Vec<TagSpecification>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateRoute {
    pub route_table_id: String,
    pub destination_cidr_block: String,
    /// An internet gateway (`igw-...`), or anything else that a route leads to.
    pub gateway_id: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteRoute {
    pub route_table_id: String,
    pub destination_cidr_block: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssociateRouteTable {
    pub route_table_id: String,
    pub subnet_id: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DescribeSubnets {
    pub subnet_ids: Vec<String>,
    pub filters: Vec<Filter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DescribeRouteTables {
    pub route_table_ids: Vec<String>,
    pub filters: Vec<Filter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DescribeAvailabilityZones {
    pub zone_names: Vec<String>,
    pub filters: Vec<Filter>,
    /// Zones that the account has not opted in to, too. The simulator's are all opted in.
    pub all_availability_zones: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteTable {
    pub route_table_id: String,
    pub vpc_id: String,
    pub owner_id: String,
    pub associations: Vec<RouteTableAssociation>,
    pub routes: Vec<Route>,
    pub tags: Vec<Tag>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteTableAssociation {
    pub route_table_association_id: String,
    pub main: bool,
    /// None of the main one.
    pub subnet_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub destination_cidr_block: String,
    pub target: RouteTarget,
    /// `active` or `blackhole`.
    pub state: String,
    /// `CreateRouteTable` (the local one) or `CreateRoute`.
    pub origin: String,
}

/// What a route leads to: EC2 has a member for each kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouteTarget {
    /// `gatewayId`: `local`, an internet gateway, a virtual private gateway, a gateway endpoint.
    Gateway(String),
    /// `natGatewayId`.
    NatGateway(String),
    /// `transitGatewayId`.
    TransitGateway(String),
    /// `networkInterfaceId`.
    NetworkInterface(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AvailabilityZone {
    pub zone_name: String,
    pub zone_id: String,
    pub region_name: String,
    pub group_name: String,
    pub network_border_group: String,
    /// `availability-zone` or `local-zone`.
    pub zone_type: String,
    /// `available`.
    pub state: String,
    /// `opt-in-not-required` or `opted-in`.
    pub opt_in_status: String,
}

/// One attribute at a time; of EC2's, the one that bears on addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModifySubnetAttribute {
    pub subnet_id: String,
    pub map_public_ip_on_launch: Option<bool>,
}
