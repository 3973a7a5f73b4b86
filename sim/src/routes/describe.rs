//! `DescribeRouteTables`, `DescribeVpcs`, `DescribeSubnets`, `DescribeAvailabilityZones`.

use super::{RouteTable, table_not_found, target};
use crate::{
    api::{
        self, DescribeAvailabilityZones, DescribeRouteTables, DescribeSubnets, DescribeVpcs,
        Ec2Error, Response, RouteTableAssociation, RouteTarget,
    },
    filters,
    model::{Model, Resources, View, invalid_value},
    networks::{Subnet, Vpc, subnet_not_found, vpc_not_found},
    paging::page,
};

impl Resources {
    pub(super) fn table_as_answered(&self, table: &RouteTable) -> api::RouteTable {
        let local = self.vpcs.get(&table.vpc_id).map(|vpc| api::Route {
            destination_cidr_block: vpc.cidr.to_string(),
            target: RouteTarget::Gateway("local".to_owned()),
            state: "active".to_owned(),
            origin: "CreateRouteTable".to_owned(),
        });
        let made = table.routes.iter().map(|(destination, to)| api::Route {
            destination_cidr_block: destination.clone(),
            target: target(to),
            state: self.state_of_route(&table.vpc_id, to).to_owned(),
            origin: "CreateRoute".to_owned(),
        });
        let main = table.main.iter().map(|id| RouteTableAssociation {
            route_table_association_id: id.clone(),
            main: true,
            subnet_id: None,
        });
        let subnets = table
            .subnets
            .iter()
            .map(|(id, subnet)| RouteTableAssociation {
                route_table_association_id: id.clone(),
                main: false,
                subnet_id: Some(subnet.clone()),
            });
        api::RouteTable {
            route_table_id: table.id.clone(),
            vpc_id: table.vpc_id.clone(),
            owner_id: table.owner.clone(),
            associations: main.chain(subnets).collect(),
            routes: local.into_iter().chain(made).collect(),
            tags: self.tags_of(&table.id),
        }
    }

    /// A route to an internet gateway that is not attached to the VPC leads nowhere.
    fn state_of_route(&self, vpc_id: &str, to: &str) -> &'static str {
        let is_attached = |id: &str| {
            let gateway = self.gateways.get(id);
            gateway.is_some_and(|gateway| gateway.vpc_id.as_deref() == Some(vpc_id))
        };
        if to.starts_with("igw-") && !is_attached(to) {
            "blackhole"
        } else {
            "active"
        }
    }
}

impl View<'_> {
    pub(crate) fn describe_route_tables(
        &self,
        account: &str,
        request: &DescribeRouteTables,
    ) -> Result<Response, Ec2Error> {
        filters::check(&request.filters, KNOWN_OF_TABLES)?;
        let (ids, all) = (&request.route_table_ids, &self.resources.route_tables);
        let is_own = |table: &&RouteTable| table.owner == account;
        if let Some(id) = ids.iter().find(|id| !all.get(*id).iter().any(is_own)) {
            return Err(table_not_found(id));
        }
        let mut answers = Vec::new();
        for table in all.values().filter(is_own) {
            let answer = self.resources.table_as_answered(table);
            let values_of = |name: &str| table_values(&answer, name);
            if (ids.is_empty() || ids.contains(&table.id))
                && filters::passes(&request.filters, &answer.tags, values_of)?
            {
                answers.push(answer);
            }
        }
        let token = request.next_token.as_deref();
        let (route_tables, next_token) = page(answers, request.max_results, token, 5)?;
        Ok(Response::DescribeRouteTables {
            route_tables,
            next_token,
        })
    }

    pub(crate) fn describe_vpcs(
        &self,
        account: &str,
        request: &DescribeVpcs,
    ) -> Result<Response, Ec2Error> {
        filters::check(&request.filters, KNOWN_OF_VPCS)?;
        let (ids, all) = (&request.vpc_ids, &self.resources.vpcs);
        let is_own = |vpc: &&Vpc| vpc.owner == account;
        if let Some(id) = ids.iter().find(|id| !all.get(*id).iter().any(is_own)) {
            return Err(vpc_not_found(id));
        }
        let mut answers = Vec::new();
        for vpc in all.values().filter(is_own) {
            let answer = self.resources.vpc_as_answered(vpc, "available");
            let values_of = |name: &str| vpc_values(&answer, name);
            if (ids.is_empty() || ids.contains(&vpc.id))
                && filters::passes(&request.filters, &answer.tags, values_of)?
            {
                answers.push(answer);
            }
        }
        let token = request.next_token.as_deref();
        let (vpcs, next_token) = page(answers, request.max_results, token, 5)?;
        Ok(Response::DescribeVpcs { vpcs, next_token })
    }

    pub(crate) fn describe_subnets(
        &self,
        account: &str,
        request: &DescribeSubnets,
    ) -> Result<Response, Ec2Error> {
        filters::check(&request.filters, KNOWN_OF_SUBNETS)?;
        let (ids, all) = (&request.subnet_ids, &self.resources.subnets);
        let is_own = |subnet: &&Subnet| subnet.owner == account;
        if let Some(id) = ids.iter().find(|id| !all.get(*id).iter().any(is_own)) {
            return Err(subnet_not_found(id));
        }
        let mut answers = Vec::new();
        for subnet in all.values().filter(is_own) {
            let answer = self.resources.subnet_as_answered(subnet);
            let values_of = |name: &str| subnet_values(&answer, name);
            if (ids.is_empty() || ids.contains(&subnet.id))
                && filters::passes(&request.filters, &answer.tags, values_of)?
            {
                answers.push(answer);
            }
        }
        let token = request.next_token.as_deref();
        let (subnets, next_token) = page(answers, request.max_results, token, 5)?;
        Ok(Response::DescribeSubnets {
            subnets,
            next_token,
        })
    }
}

impl Model {
    /// The zones are the Region's: nobody creates one, so no answer lags.
    pub(crate) fn describe_availability_zones(
        &self,
        request: &DescribeAvailabilityZones,
    ) -> Result<Response, Ec2Error> {
        filters::check_without_tags(&request.filters, KNOWN_OF_ZONES)?;
        let names = &request.zone_names;
        let zones = self.region.zones_as_answered();
        let is_known = |name: &&String| zones.iter().any(|zone| zone.zone_name == **name);
        if let Some(unknown) = names.iter().find(|name| !is_known(name)) {
            return Err(invalid_value(format!(
                "Invalid availability zone: [{unknown}]"
            )));
        }
        let mut answers = Vec::new();
        for zone in zones {
            let values_of = |name: &str| zone_values(&zone, name);
            if (names.is_empty() || names.contains(&zone.zone_name))
                && filters::passes(&request.filters, &[], values_of)?
            {
                answers.push(zone);
            }
        }
        Ok(Response::DescribeAvailabilityZones(answers))
    }
}

/// The filters of the describe, tags aside.
const KNOWN_OF_TABLES: &[&str] = &[
    "route-table-id",
    "vpc-id",
    "owner-id",
    "association.subnet-id",
    "association.main",
    "association.route-table-association-id",
];

fn table_values(table: &api::RouteTable, name: &str) -> Option<Vec<String>> {
    let associations = table.associations.iter();
    Some(match name {
        "route-table-id" => vec![table.route_table_id.clone()],
        "vpc-id" => vec![table.vpc_id.clone()],
        "owner-id" => vec![table.owner_id.clone()],
        "association.subnet-id" => associations.filter_map(|it| it.subnet_id.clone()).collect(),
        "association.main" => associations.map(|it| it.main.to_string()).collect(),
        "association.route-table-association-id" => associations
            .map(|it| it.route_table_association_id.clone())
            .collect(),
        _ => return None,
    })
}

/// The filters of the describe, tags aside.
const KNOWN_OF_VPCS: &[&str] = &[
    "vpc-id",
    "cidr",
    "cidr-block",
    "cidr-block-association.cidr-block",
    "is-default",
    "isDefault",
    "owner-id",
    "state",
];

fn vpc_values(vpc: &api::Vpc, name: &str) -> Option<Vec<String>> {
    Some(match name {
        "vpc-id" => vec![vpc.vpc_id.clone()],
        // Both are known: the one is in the reference, the other is what all clients send.
        "cidr" | "cidr-block" | "cidr-block-association.cidr-block" => vec![vpc.cidr_block.clone()],
        "is-default" | "isDefault" => vec![vpc.is_default.to_string()],
        "owner-id" => vec![vpc.owner_id.clone()],
        "state" => vec![vpc.state.clone()],
        _ => return None,
    })
}

/// The filters of the describe, tags aside.
const KNOWN_OF_SUBNETS: &[&str] = &[
    "subnet-id",
    "vpc-id",
    "availability-zone",
    "availabilityZone",
    "cidr",
    "cidrBlock",
    "cidr-block",
    "default-for-az",
    "defaultForAz",
    "map-public-ip-on-launch",
    "available-ip-address-count",
    "owner-id",
    "state",
];

fn subnet_values(subnet: &api::Subnet, name: &str) -> Option<Vec<String>> {
    Some(match name {
        "subnet-id" => vec![subnet.subnet_id.clone()],
        "vpc-id" => vec![subnet.vpc_id.clone()],
        "availability-zone" | "availabilityZone" => vec![subnet.availability_zone.clone()],
        "cidr" | "cidrBlock" | "cidr-block" => vec![subnet.cidr_block.clone()],
        "default-for-az" | "defaultForAz" => vec![subnet.default_for_az.to_string()],
        "map-public-ip-on-launch" => vec![subnet.map_public_ip_on_launch.to_string()],
        "available-ip-address-count" => vec![subnet.available_ip_address_count.to_string()],
        "owner-id" => vec![subnet.owner_id.clone()],
        "state" => vec![subnet.state.clone()],
        _ => return None,
    })
}

/// The filters of the describe.
const KNOWN_OF_ZONES: &[&str] = &[
    "zone-name",
    "zone-id",
    "zone-type",
    "group-name",
    "region-name",
    "state",
    "opt-in-status",
];

fn zone_values(zone: &api::AvailabilityZone, name: &str) -> Option<Vec<String>> {
    Some(match name {
        "zone-name" => vec![zone.zone_name.clone()],
        "zone-id" => vec![zone.zone_id.clone()],
        "zone-type" => vec![zone.zone_type.clone()],
        "group-name" => vec![zone.group_name.clone()],
        "region-name" => vec![zone.region_name.clone()],
        "state" => vec![zone.state.clone()],
        "opt-in-status" => vec![zone.opt_in_status.clone()],
        _ => return None,
    })
}
