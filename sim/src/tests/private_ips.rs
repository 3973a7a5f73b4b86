//! Private addresses that move between interfaces of one subnet, with the Elastic IPs on them.

use super::moving::{
    Pair, assigning, assigning_some, attaching, pair, primary, taking, unassigning,
};
use crate::api::{AssociateAddress, Request, Response};

/// The secondary address of the interface that floats.
fn secondary(pair: &mut Pair) -> String {
    pair.seen().private_ip_addresses[1]
        .private_ip_address
        .clone()
}

impl Pair {
    fn primary_of_first(&mut self) -> String {
        let instance = self.bed.instance(&self.first).expect("it runs");
        primary(&instance).network_interface_id.clone()
    }
}

fn ips(pair: &mut Pair, interface: &str) -> Vec<String> {
    let seen = pair.bed.seen(interface).private_ip_addresses;
    seen.into_iter().map(|it| it.private_ip_address).collect()
}

#[test]
fn a_reassignment_moves_a_secondary_address_in_one_call_and_its_elastic_ip_rides_along() {
    let mut pair = pair();
    let ip = secondary(&mut pair);
    let address = pair.bed.allocate();
    let association = AssociateAddress {
        allocation_id: Some(address.allocation_id.clone()),
        network_interface_id: Some(pair.floating.clone()),
        private_ip_address: Some(ip.clone()),
        ..AssociateAddress::default()
    };
    pair.bed.done(Request::AssociateAddress(association));
    let target = pair.primary_of_first();
    pair.bed.done(taking(&target, &ip));
    let floating = pair.floating.clone();
    assert!(!ips(&mut pair, &floating).contains(&ip));
    assert!(ips(&mut pair, &target).contains(&ip));
    let tied = pair.bed.address(&address.public_ip).association;
    let tied = tied.expect("it rode along");
    assert_eq!(tied.network_interface_id, target);
    assert_eq!(tied.private_ip_address, ip);
    assert_eq!(tied.instance_id, Some(pair.first));
}

#[test]
fn an_address_that_somebody_has_stays_there_without_reassignment() {
    let mut pair = pair();
    let ip = secondary(&mut pair);
    let target = pair.primary_of_first();
    let refusal = pair.bed.call(assigning(&target, &ip));
    let refusal = refusal.expect_err("somebody has it");
    assert_eq!(refusal.code, "InvalidParameterValue");
    assert!(refusal.message.ends_with("move is not allowed."));
}

#[test]
fn a_reassignment_to_where_the_address_is_changes_nothing() {
    let mut pair = pair();
    let ip = secondary(&mut pair);
    let before = pair.seen();
    pair.bed.done(taking(&pair.floating, &ip));
    assert_eq!(pair.seen(), before);
}

#[test]
fn a_primary_address_stays_with_its_interface() {
    let mut pair = pair();
    let target = pair.primary_of_first();
    let ip = pair.seen().private_ip_addresses[0]
        .private_ip_address
        .clone();
    let code = pair.bed.refused(taking(&target, &ip));
    assert_eq!(code, "InvalidParameterValue");
    let code = pair.bed.refused(unassigning(&pair.floating, &ip));
    assert_eq!(code, "InvalidParameterValue");
}

#[test]
fn an_address_does_not_leave_its_subnet() {
    let mut pair = pair();
    let elsewhere = pair.bed.subnet_beside(&pair.subnet, "us-east-1a");
    let target = pair.bed.bare_interface(&elsewhere).network_interface_id;
    let ip = secondary(&mut pair);
    let code = pair.bed.refused(taking(&target, &ip));
    assert_eq!(code, "InvalidParameterValue");
}

#[test]
fn an_address_that_nobody_has_is_assigned() {
    let mut pair = pair();
    pair.bed.done(assigning(&pair.floating, "10.0.1.200"));
    let floating = pair.floating.clone();
    assert_eq!(ips(&mut pair, &floating)[2], "10.0.1.200");
}

#[test]
fn ec2_picks_as_many_addresses_as_it_is_asked_for() {
    let mut pair = pair();
    let answer = pair.bed.call(assigning_some(&pair.floating, 2));
    let Ok(Response::AssignPrivateIpAddresses { assigned, .. }) = answer else {
        panic!("not assigned: {answer:?}");
    };
    let floating = pair.floating.clone();
    assert_eq!(ips(&mut pair, &floating)[2..], assigned);
    assert_eq!(assigned.len(), 2);
}

#[test]
fn an_interface_takes_as_many_addresses_as_its_instances_type_allows() {
    let mut pair = pair();
    let small = pair.bed.running_with("t3.micro", &pair.subnet, 1);
    pair.bed.done(attaching(&pair.floating, &small, 1));
    let refusal = pair.bed.call(assigning_some(&pair.floating, 1));
    let refusal = refusal.expect_err("a t3.micro takes two");
    assert_eq!(refusal.code, "PrivateIpAddressLimitExceeded");
    assert_eq!(
        refusal.message,
        "Number of private addresses will exceed limit."
    );
}

#[test]
fn an_address_that_is_unassigned_leaves_its_elastic_ip_unassociated() {
    let mut pair = pair();
    let ip = secondary(&mut pair);
    let address = pair.bed.allocate();
    let association = AssociateAddress {
        allocation_id: Some(address.allocation_id.clone()),
        network_interface_id: Some(pair.floating.clone()),
        private_ip_address: Some(ip.clone()),
        ..AssociateAddress::default()
    };
    pair.bed.done(Request::AssociateAddress(association));
    pair.bed.done(unassigning(&pair.floating, &ip));
    assert_eq!(pair.bed.address(&address.public_ip).association, None);
    assert_eq!(pair.seen().private_ip_addresses.len(), 1);
    let code = pair.bed.refused(unassigning(&pair.floating, &ip));
    assert_eq!(code, "InvalidParameterValue");
}

#[test]
fn an_assignment_has_no_dry_run() {
    let mut pair = pair();
    let ip = secondary(&mut pair);
    for request in [
        taking(&pair.floating, &ip),
        unassigning(&pair.floating, &ip),
    ] {
        let answer = pair.bed.world.call(&pair.bed.caller, &request, true);
        assert_eq!(answer.expect_err("unknown").code, "UnknownParameter");
    }
    assert_eq!(pair.seen().private_ip_addresses.len(), 2);
}
