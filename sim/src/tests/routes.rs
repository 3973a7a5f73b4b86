//! Route tables, subnets and zones.

use super::bed::{SimFixture, bed};
use crate::api::{
    AssociateRouteTable, AvailabilityZone, CreateRoute, CreateRouteTable, DeleteRoute,
    DescribeAvailabilityZones, DescribeRouteTables, DescribeSubnets, Filter, Request, Response,
    Route, RouteTable, RouteTarget, Subnet,
};

fn tables(bed: &mut SimFixture, name: &str, value: &str) -> Vec<RouteTable> {
    let request = DescribeRouteTables {
        filters: vec![Filter {
            name: name.to_owned(),
            values: vec![value.to_owned()],
        }],
        ..DescribeRouteTables::default()
    };
    match bed.call(Request::DescribeRouteTables(request)) {
        Ok(Response::DescribeRouteTables { route_tables, .. }) => route_tables,
        other => panic!("no route tables: {other:?}"),
    }
}

fn subnet(bed: &mut SimFixture, id: &str) -> Subnet {
    let request = DescribeSubnets {
        subnet_ids: vec![id.to_owned()],
        ..DescribeSubnets::default()
    };
    match bed.call(Request::DescribeSubnets(request)) {
        Ok(Response::DescribeSubnets { mut subnets, .. }) => subnets.remove(0),
        other => panic!("no subnet: {other:?}"),
    }
}

/// The main table of a subnet's VPC.
fn main_table(bed: &mut SimFixture, subnet_id: &str) -> RouteTable {
    let vpc = subnet(bed, subnet_id).vpc_id;
    let mut all = tables(bed, "vpc-id", &vpc);
    all.retain(|table| table.associations.iter().any(|it| it.main));
    all.remove(0)
}

fn created(bed: &mut SimFixture, vpc_id: &str) -> String {
    let request = CreateRouteTable {
        vpc_id: vpc_id.to_owned(),
        ..CreateRouteTable::default()
    };
    match bed.call(Request::CreateRouteTable(request)) {
        Ok(Response::CreateRouteTable(table)) => table.route_table_id,
        other => panic!("no route table: {other:?}"),
    }
}

fn defaults(table: &RouteTable) -> Vec<&Route> {
    let routes = table.routes.iter();
    routes
        .filter(|route| route.destination_cidr_block == "0.0.0.0/0")
        .collect()
}

#[test]
fn the_main_route_table_of_a_vpc_leads_to_its_gateway_if_it_has_one() {
    let mut bed = bed();
    let public = bed.subnet(true);
    let table = main_table(&mut bed, &public);
    let [default] = defaults(&table)[..] else {
        panic!("{table:?}");
    };
    assert!(matches!(&default.target, RouteTarget::Gateway(id) if id.starts_with("igw-")));
    assert_eq!(
        (default.state.as_str(), default.origin.as_str()),
        ("active", "CreateRoute")
    );
    assert_eq!(
        table.routes[0].target,
        RouteTarget::Gateway("local".to_owned())
    );
    let private = bed.subnet(false);
    assert_eq!(defaults(&main_table(&mut bed, &private)).len(), 0);
}

#[test]
fn a_subnet_has_one_route_table_of_its_own_at_the_most() {
    let mut bed = bed();
    let id = bed.subnet(true);
    assert!(tables(&mut bed, "association.subnet-id", &id).is_empty());
    let vpc_id = subnet(&mut bed, &id).vpc_id;
    let table = created(&mut bed, &vpc_id);
    let associate = |route_table_id: &str| {
        Request::AssociateRouteTable(AssociateRouteTable {
            route_table_id: route_table_id.to_owned(),
            subnet_id: id.clone(),
        })
    };
    assert!(bed.call(associate(&table)).is_ok());
    assert_eq!(bed.refused(associate(&table)), "Resource.AlreadyAssociated");
    assert_eq!(
        bed.refused(associate("rtb-0")),
        "InvalidRouteTableID.NotFound"
    );
    let own = tables(&mut bed, "association.subnet-id", &id);
    assert_eq!(own[0].route_table_id, table);
    assert_eq!(own[0].associations[0].subnet_id, Some(id));
    assert!(!own[0].associations[0].main);
}

#[test]
fn a_route_is_there_once_and_can_be_taken_away() {
    let mut bed = bed();
    let id = bed.subnet(true);
    let table = main_table(&mut bed, &id).route_table_id;
    let create = |gateway_id: &str| {
        Request::CreateRoute(CreateRoute {
            route_table_id: table.clone(),
            destination_cidr_block: "0.0.0.0/0".to_owned(),
            gateway_id: gateway_id.to_owned(),
        })
    };
    let delete = || {
        Request::DeleteRoute(DeleteRoute {
            route_table_id: table.clone(),
            destination_cidr_block: "0.0.0.0/0".to_owned(),
        })
    };
    assert_eq!(bed.refused(create("nat-1")), "RouteAlreadyExists");
    assert!(bed.call(delete()).is_ok());
    assert_eq!(bed.refused(delete()), "InvalidRoute.NotFound");
    assert!(bed.call(create("nat-1")).is_ok());
    let by_nat = main_table(&mut bed, &id);
    assert_eq!(
        defaults(&by_nat)[0].target,
        RouteTarget::NatGateway("nat-1".to_owned())
    );
    assert!(bed.call(delete()).is_ok());
    assert!(bed.call(create("igw-0")).is_ok());
    assert_eq!(defaults(&main_table(&mut bed, &id))[0].state, "blackhole");
}

#[test]
fn each_account_sees_its_own_tables_and_subnets() {
    let mut bed = bed();
    let id = bed.subnet(true);
    let other = bed.as_account("444455556666");
    assert!(tables(other, "association.main", "true").is_empty());
    let request = DescribeSubnets {
        subnet_ids: vec![id],
        ..DescribeSubnets::default()
    };
    let code = other.refused(Request::DescribeSubnets(request));
    assert_eq!(code, "InvalidSubnetID.NotFound");
}

#[test]
fn a_zone_says_its_border_group() {
    let mut bed = bed();
    bed.world
        .add_zone("us-east-1-wl1-bos-wlz-1", "us-east-1-wl1-bos-1");
    let request = DescribeAvailabilityZones::default();
    let zones: Vec<AvailabilityZone> = match bed.call(Request::DescribeAvailabilityZones(request)) {
        Ok(Response::DescribeAvailabilityZones(zones)) => zones,
        other => panic!("no zones: {other:?}"),
    };
    let groups: Vec<&str> = zones
        .iter()
        .map(|zone| zone.network_border_group.as_str())
        .collect();
    assert_eq!(
        groups,
        ["us-east-1", "us-east-1", "us-east-1", "us-east-1-wl1-bos-1"]
    );
    let unknown = DescribeAvailabilityZones {
        zone_names: vec!["mars-1a".to_owned()],
        ..DescribeAvailabilityZones::default()
    };
    let code = bed.refused(Request::DescribeAvailabilityZones(unknown));
    assert_eq!(code, "InvalidParameterValue");
}
