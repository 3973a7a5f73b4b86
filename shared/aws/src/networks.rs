//! Reading subnets, route tables and zones from EC2: what readiness asks, and nothing else.

use super::actions::{DESCRIBE_AVAILABILITY_ZONES, DESCRIBE_ROUTE_TABLES, DESCRIBE_SUBNETS};
use super::read::{MAX_FILTER_VALUES, filter, optional, required, said};
use super::{Aws, failure};
use aws_sdk_ec2::types::{Filter, Route, RouteState, RouteTable as DescribedTable};
use holdfast::cloud::CloudError;
use holdfast::cloud::networks::{ReadNetworks, RouteTableFilter};
use holdfast::model::ids::{BorderGroup, SubnetId, VpcId, Zone};
use holdfast::model::network::{RouteTable, RouteTarget, Subnet};
use std::collections::BTreeMap;

/// Source: EC2 API reference, `DescribeSubnets` and `DescribeRouteTables`, `MaxResults`: 1000 and 100 at the most.
const MAX_SUBNETS_IN_A_PAGE: i32 = 1000;
const MAX_TABLES_IN_A_PAGE: i32 = 100;

/// Everything that has no other route.
const EVERYWHERE: &str = "0.0.0.0/0";

impl ReadNetworks for Aws {
    async fn subnets(&self, ids: &[SubnetId]) -> Result<Vec<Subnet>, CloudError> {
        let mut found = Vec::new();
        for some in ids.chunks(MAX_FILTER_VALUES) {
            let described = self
                .ec2
                .describe_subnets()
                .filters(filter("subnet-id", some.iter().map(SubnetId::to_string)))
                .max_results(MAX_SUBNETS_IN_A_PAGE)
                .into_paginator()
                .items()
                .send()
                .try_collect()
                .await
                .map_err(|error| failure::of(DESCRIBE_SUBNETS, error))?;
            for each in &described {
                let zone = required(DESCRIBE_SUBNETS, each.availability_zone(), "its zone")?;
                found.push(Subnet {
                    id: required(DESCRIBE_SUBNETS, each.subnet_id(), "a subnet's id")?,
                    vpc: required(DESCRIBE_SUBNETS, each.vpc_id(), "its VPC")?,
                    zone: Zone(zone),
                });
            }
        }
        Ok(found)
    }

    async fn route_tables(&self, which: &RouteTableFilter) -> Result<Vec<RouteTable>, CloudError> {
        let mut found = Vec::new();
        match which {
            RouteTableFilter::OfSubnets(subnets) => {
                for some in subnets.chunks(MAX_FILTER_VALUES) {
                    let ids = some.iter().map(SubnetId::to_string);
                    let by = vec![filter("association.subnet-id", ids)];
                    found.extend(self.in_table_pages(by).await?);
                }
            }
            RouteTableFilter::MainOf(vpcs) => {
                for some in vpcs.chunks(MAX_FILTER_VALUES) {
                    let by = vec![
                        filter("vpc-id", some.iter().map(VpcId::to_string)),
                        filter("association.main", ["true".to_owned()]),
                    ];
                    found.extend(self.in_table_pages(by).await?);
                }
            }
            RouteTableFilter::Main => {
                let by = vec![filter("association.main", ["true".to_owned()])];
                found.extend(self.in_table_pages(by).await?);
            }
        }
        Ok(found)
    }

    async fn border_groups(&self) -> Result<BTreeMap<Zone, BorderGroup>, CloudError> {
        let described = self
            .ec2
            .describe_availability_zones()
            .send()
            .await
            .map_err(|error| failure::of(DESCRIBE_AVAILABILITY_ZONES, error))?;
        let known = described.availability_zones().iter().filter_map(|zone| {
            let name = said(zone.zone_name())?.to_owned();
            let group = said(zone.network_border_group())?.to_owned();
            Some((Zone(name), BorderGroup(group)))
        });
        Ok(known.collect())
    }
}

impl Aws {
    async fn in_table_pages(&self, by: Vec<Filter>) -> Result<Vec<RouteTable>, CloudError> {
        let described = self
            .ec2
            .describe_route_tables()
            .set_filters(Some(by))
            .max_results(MAX_TABLES_IN_A_PAGE)
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .map_err(|error| failure::of(DESCRIBE_ROUTE_TABLES, error))?;
        described.iter().map(route_table).collect()
    }
}

fn route_table(described: &DescribedTable) -> Result<RouteTable, CloudError> {
    let associations = described.associations();
    let subnets = associations
        .iter()
        .filter_map(|each| optional(DESCRIBE_ROUTE_TABLES, each.subnet_id()).transpose());
    let active = described
        .routes()
        .iter()
        .filter(|route| route.state() != Some(&RouteState::Blackhole));
    Ok(RouteTable {
        vpc: required(DESCRIBE_ROUTE_TABLES, described.vpc_id(), "its VPC")?,
        subnets: subnets.collect::<Result<_, _>>()?,
        is_main: associations.iter().any(|each| each.main() == Some(true)),
        routes: active.map(target).collect(),
    })
}

/// Source: EC2 API reference, `Route`: the gateway's prefix tells what it is. A Wavelength Zone has a carrier gateway, an
/// Outpost a local gateway. A Gateway Load Balancer's endpoint stands under `gatewayId` too.
fn target(route: &Route) -> RouteTarget {
    let gateway = said(route.gateway_id()).unwrap_or_default();
    let stands_for_one = said(route.carrier_gateway_id()).or(said(route.local_gateway_id()));
    if gateway.starts_with("igw-") || stands_for_one.is_some() {
        return RouteTarget::InternetGateway;
    }
    let is_default = route.destination_cidr_block() == Some(EVERYWHERE);
    let endpoint = Some(gateway).filter(|id| id.starts_with("vpce-"));
    match endpoint.or(said(route.network_interface_id())) {
        Some(by) if is_default => RouteTarget::DefaultBy(by.to_owned()),
        _ => RouteTarget::Other,
    }
}
