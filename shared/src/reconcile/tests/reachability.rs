//! Whether an address would be reached where a failover would take it.

use super::super::reachability::{Networks, Reached, judge};
use crate::alarm_failover::{Audit, PlannedTarget};
use crate::model::ids::{BorderGroup, SubnetId, Zone};
use crate::model::network::{RouteTable, RouteTarget, Subnet};
use crate::report::{GroupReport, Readiness};
use crate::settings::Settings;

fn subnet(id: &str) -> SubnetId {
    id.parse().unwrap()
}

fn zone() -> Zone {
    Zone("eu-west-1a".to_owned())
}

/// A subnet in a VPC whose main route table leads there.
fn networks(main: &[RouteTarget]) -> Networks {
    let public = Subnet {
        id: subnet("subnet-1"),
        vpc: "vpc-1".parse().unwrap(),
        zone: zone(),
    };
    Networks {
        subnets: [(public.id.clone(), public)].into(),
        tables: vec![table(&[], true, main)],
        border_groups: [(zone(), BorderGroup("eu-west-1".to_owned()))].into(),
    }
}

fn table(subnets: &[&str], is_main: bool, routes: &[RouteTarget]) -> RouteTable {
    RouteTable {
        vpc: "vpc-1".parse().unwrap(),
        subnets: subnets.iter().map(|id| subnet(id)).collect(),
        is_main,
        routes: routes.to_vec(),
    }
}

fn reached(networks: &Networks) -> Reached {
    networks.reached(Some(&subnet("subnet-1")))
}

fn unknown(networks: &Networks) -> String {
    match reached(networks) {
        Reached::Unknown(why) => why,
        other => panic!("{other:?}"),
    }
}

/// An audit of a group that is ready, with one planned target.
fn audited(networks: &Networks, border_group: &str) -> Audit {
    let mut audit = Audit {
        groups: vec![GroupReport {
            group: "web".to_owned(),
            ready: true,
            readiness: Readiness::Ready,
            by_design: None,
            pause: None,
            fences: Vec::new(),
            holders: Vec::new(),
            standbys: Vec::new(),
            free_addresses: 0,
            obstacles: Vec::new(),
        }],
        targets: vec![PlannedTarget {
            group: "web".to_owned(),
            what: "eipalloc-1".to_owned(),
            border_group: Some(BorderGroup(border_group.to_owned())),
            eni: "eni-1".parse().unwrap(),
            instance: "i-1".parse().unwrap(),
            subnet: Some(subnet("subnet-1")),
            zone: Some(zone()),
        }],
        ..Audit::default()
    };
    let settings = [("HOLDFAST_TABLE", "ledger"), ("AWS_REGION", "eu-west-1")];
    let settings = settings.map(|(key, value)| (key.to_owned(), value.to_owned()));
    judge(&mut audit, networks, &Settings::read(settings).unwrap());
    audit
}

#[test]
fn a_subnet_goes_by_the_main_route_table_of_its_vpc_unless_it_has_one_of_its_own() {
    let gateway = [RouteTarget::InternetGateway];
    assert_eq!(reached(&networks(&gateway)), Reached::Yes);
    assert_eq!(reached(&networks(&[RouteTarget::Other])), Reached::No);
    let mut own = networks(&gateway);
    own.tables.push(table(&["subnet-1"], false, &[]));
    assert_eq!(reached(&own), Reached::No);
    let mut other = networks(&[]);
    other.tables.push(table(&["subnet-2"], false, &gateway));
    assert_eq!(reached(&other), Reached::No);
}

#[test]
fn what_ec2_does_not_show_is_never_taken_for_public() {
    let mut without_table = networks(&[RouteTarget::InternetGateway]);
    without_table.tables.clear();
    assert_eq!(
        unknown(&without_table),
        "no route table of subnet-1 is found"
    );
    assert_eq!(unknown(&Networks::default()), "EC2 does not show subnet-1");
    let behind = networks(&[RouteTarget::DefaultBy("vpce-1".to_owned())]);
    assert_eq!(unknown(&behind), "subnet-1 sends everything to vpce-1");
}

#[test]
fn a_subnet_that_nobody_reaches_makes_its_group_not_ready() {
    let audit = audited(&networks(&[RouteTarget::Other]), "eu-west-1");
    let group = &audit.groups[0];
    assert!(!group.ready);
    assert_eq!(group.obstacles, audit.findings);
    let finding = &audit.findings[0];
    assert_eq!(
        finding.what,
        "eipalloc-1 would go to eni-1 of i-1, where nobody would reach it"
    );
    assert_eq!(
        finding.why,
        "the routes of subnet-1 lead to no internet gateway"
    );
}

#[test]
fn what_is_not_known_is_told_and_leaves_the_group_as_it_is() {
    let mut unknown = networks(&[]);
    unknown.tables.clear();
    unknown.border_groups.clear();
    let audit = audited(&unknown, "eu-west-1");
    assert!(audit.groups[0].ready && audit.groups[0].obstacles.is_empty());
    let told: Vec<&str> = audit.findings.iter().map(|it| it.why.as_str()).collect();
    assert_eq!(
        told,
        [
            "no route table of subnet-1 is found",
            "EC2 does not say in which border group eu-west-1a is"
        ]
    );
}

#[test]
fn an_address_of_another_border_group_makes_its_group_not_ready() {
    let public = networks(&[RouteTarget::InternetGateway]);
    let audit = audited(&public, "eu-west-1-wl1");
    assert!(!audit.groups[0].ready);
    assert_eq!(
        audit.findings[0].why,
        "AWS advertises it from eu-west-1-wl1, and eu-west-1a is in eu-west-1"
    );
    let same = audited(&public, "eu-west-1");
    assert!(same.groups[0].ready && same.findings.is_empty());
}
