//! Subnets, route tables and zones behind the fault injector.

use super::Client;
use super::cloud::{filter, id, unexpected};
use ec2_sim::api::{
    self, DescribeAvailabilityZones, DescribeRouteTables, DescribeSubnets, Request, Response,
};
use holdfast::cloud::CloudError;
use holdfast::cloud::networks::{ReadNetworks, RouteTableFilter};
use holdfast::model::ids::{BorderGroup, SubnetId, Zone};
use holdfast::model::network::{RouteTable, RouteTarget, Subnet};
use std::collections::BTreeMap;

impl ReadNetworks for Client {
    async fn subnets(&self, ids: &[SubnetId]) -> Result<Vec<Subnet>, CloudError> {
        const ACTION: &str = "ec2:DescribeSubnets";
        let request = DescribeSubnets {
            filters: vec![filter("subnet-id", ids.iter().map(ToString::to_string))],
            ..DescribeSubnets::default()
        };
        match self.ec2(ACTION, Request::DescribeSubnets(request)).await? {
            Response::DescribeSubnets { subnets, .. } => {
                let subnet = |from: &api::Subnet| Subnet {
                    id: id(&from.subnet_id),
                    vpc: id(&from.vpc_id),
                    zone: Zone(from.availability_zone.clone()),
                };
                Ok(subnets.iter().map(subnet).collect())
            }
            other => Err(unexpected(ACTION, &other)),
        }
    }

    async fn route_tables(&self, which: &RouteTableFilter) -> Result<Vec<RouteTable>, CloudError> {
        const ACTION: &str = "ec2:DescribeRouteTables";
        let filters = match which {
            RouteTableFilter::OfSubnets(ids) => {
                let ids = ids.iter().map(ToString::to_string);
                vec![filter("association.subnet-id", ids)]
            }
            RouteTableFilter::MainOf(ids) => vec![
                filter("vpc-id", ids.iter().map(ToString::to_string)),
                filter("association.main", ["true".to_owned()]),
            ],
            RouteTableFilter::Main => vec![filter("association.main", ["true".to_owned()])],
        };
        let request = Request::DescribeRouteTables(DescribeRouteTables {
            filters,
            ..DescribeRouteTables::default()
        });
        match self.ec2(ACTION, request).await? {
            Response::DescribeRouteTables { route_tables, .. } => {
                Ok(route_tables.iter().map(route_table).collect())
            }
            other => Err(unexpected(ACTION, &other)),
        }
    }

    async fn border_groups(&self) -> Result<BTreeMap<Zone, BorderGroup>, CloudError> {
        const ACTION: &str = "ec2:DescribeAvailabilityZones";
        let request = DescribeAvailabilityZones::default();
        let request = Request::DescribeAvailabilityZones(request);
        match self.ec2(ACTION, request).await? {
            Response::DescribeAvailabilityZones(zones) => {
                let known = zones.into_iter().map(|zone| {
                    let group = BorderGroup(zone.network_border_group);
                    (Zone(zone.zone_name), group)
                });
                Ok(known.collect())
            }
            other => Err(unexpected(ACTION, &other)),
        }
    }
}

fn route_table(from: &api::RouteTable) -> RouteTable {
    let associations = from.associations.iter();
    let active = from.routes.iter().filter(|route| route.state == "active");
    RouteTable {
        vpc: id(&from.vpc_id),
        subnets: associations
            .clone()
            .filter_map(|each| each.subnet_id.as_deref().map(id))
            .collect(),
        is_main: associations.clone().any(|each| each.main),
        routes: active.map(target).collect(),
    }
}

fn target(route: &api::Route) -> RouteTarget {
    match &route.target {
        api::RouteTarget::Gateway(id) if id.starts_with("igw-") => RouteTarget::InternetGateway,
        api::RouteTarget::Gateway(id) | api::RouteTarget::NetworkInterface(id)
            if !id.starts_with("vgw-") && route.destination_cidr_block == "0.0.0.0/0" =>
        {
            RouteTarget::DefaultBy(id.clone())
        }
        _ => RouteTarget::Other,
    }
}
