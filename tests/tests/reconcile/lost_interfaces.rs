//! A floating interface that somebody deletes: it is told once, with what it had and where its addresses are.

use ec2_sim::World;
use ec2_sim::api::{DeleteNetworkInterface, OtherAddresses, Request};
use holdfast::report::{LostInterfaceReport, Outcome, Report, Subject};
use holdfast_tests::client::TestBed;
use holdfast_tests::scenarios::failover::{
    FailoverFixture, attach, detach, floating_interface, new_interface, tag_group, untag_group,
};
use holdfast_tests::scenarios::placement::{owner, terminate};
use std::sync::Arc;
use std::time::Duration;

const IPV6: &str = "2001:db8:1234:1a00::100";

/// A group whose interface a sweep has seen, with an IPv6 address and an Elastic IP of the group on it.
fn seen() -> (FailoverFixture, Arc<TestBed>) {
    let trio = floating_interface();
    let (eni, allocation) = (trio.eni.clone(), trio.allocation.clone());
    let trio = trio.world(|world| {
        tag_group(world, &allocation, &[]);
        let other = OtherAddresses {
            ipv6_addresses: vec![IPV6.to_owned()],
            ..OtherAddresses::default()
        };
        world.put_other_addresses(&eni, other);
    });
    let bed = trio.bed();
    let report = trio.swept(&bed);
    assert_eq!(
        (report.outcome, lost(&report)),
        (Outcome::Refreshed, [].as_slice())
    );
    (trio, bed)
}

fn lost(report: &Report) -> &[LostInterfaceReport] {
    match &report.subject {
        Subject::Sweep(sweep) => &sweep.lost_interfaces,
        other => panic!("no sweep: {other:?}"),
    }
}

/// Another controller takes the interface off its instance, and deletes it before anybody looks.
fn delete(trio: &FailoverFixture, bed: &TestBed) {
    detach(&mut bed.world(), &trio.eni);
    bed.pass(Duration::from_secs(30));
    call(
        &mut bed.world(),
        &Request::DeleteNetworkInterface(DeleteNetworkInterface {
            network_interface_id: trio.eni.clone(),
        }),
    );
    bed.pass(Duration::from_secs(30));
}

fn call(world: &mut World, request: &Request) {
    let answer = world.call(&owner(), request, false);
    assert!(
        answer.is_ok(),
        "the scenario's own calls are good: {answer:?}"
    );
}

#[test]
fn an_interface_that_somebody_deleted_is_told_once_with_all_that_it_had() {
    let (trio, bed) = seen();
    delete(&trio, &bed);
    let report = trio.swept(&bed);
    assert_eq!(report.outcome, Outcome::InterfaceLost, "{}", report.summary);
    let [one] = lost(&report) else {
        panic!("not told: {report:?}")
    };
    assert_eq!(one.private_ips[0].to_string(), trio.private_ip);
    assert_eq!(one.other_ips, [IPV6]);
    let told = &report.findings[0];
    for had in [&trio.eni, &trio.private_ip, IPV6] {
        assert!(
            told.what.contains(had) || told.why.contains(had),
            "{told:?}"
        );
    }
    let again = trio.swept(&bed);
    assert!(lost(&again).is_empty(), "it is told once: {again:?}");
    assert_ne!(again.outcome, Outcome::InterfaceLost);
}

#[test]
fn where_the_elastic_ip_of_a_lost_interface_is_now_is_told() {
    let (trio, bed) = seen();
    delete(&trio, &bed);
    let report = trio.swept(&bed);
    let address = &lost(&report)[0].addresses[0];
    let at = address.on.as_ref().expect("reconcile placed it");
    let holder = at.instance.as_ref().expect("with a member").to_string();
    assert!(trio.members.contains(&holder));
    let why = &report.findings[0].why;
    let said = format!("is on {holder} at {} now", at.private_ip);
    assert!(why.contains(&said), "{why}");

    let (trio, bed) = seen();
    delete(&trio, &bed);
    let watching = trio.set("HOLDFAST_MODE", "observe");
    let why = watching.swept(&bed).findings[0].why.clone();
    assert!(why.contains("is associated with nothing now"), "{why}");
}

#[test]
fn an_interface_that_left_the_group_or_was_replaced_is_not_lost() {
    let (trio, bed) = seen();
    untag_group(&mut bed.world(), &trio.eni);
    assert!(lost(&trio.swept(&bed)).is_empty(), "its tag was taken away");
    delete(&trio, &bed);
    assert!(
        lost(&trio.swept(&bed)).is_empty(),
        "and then it was deleted"
    );
}

#[test]
fn an_interface_that_ended_with_its_instance_is_lost_as_well() {
    let trio = floating_interface().ending_with_instance();
    let bed = trio.bed();
    drop(trio.swept(&bed));
    terminate(&mut bed.world(), &trio.members[0]);
    bed.pass(Duration::from_mins(5));
    let report = trio.swept(&bed);
    assert_eq!(lost(&report)[0].eni.as_str(), trio.eni);
}

#[test]
fn a_second_interface_of_the_group_goes_on_being_known() {
    let (mut trio, bed) = seen();
    let second = new_interface(&mut bed.world());
    tag_group(&mut bed.world(), &second, &[]);
    attach(&mut bed.world(), &second, &trio.members[1], 1);
    bed.pass(Duration::from_secs(30));
    drop(trio.swept(&bed));
    delete(&trio, &bed);
    assert_eq!(lost(&trio.swept(&bed)).len(), 1);
    trio.eni = second;
    delete(&trio, &bed);
    let report = trio.swept(&bed);
    assert_eq!(lost(&report).len(), 1, "{report:?}");
    assert!(lost(&report)[0].addresses.is_empty());
}

#[test]
fn an_account_without_groups_costs_no_call_for_them() {
    let installation = holdfast_tests::scenarios::reconcile::Installation::new();
    let report = installation.sweep().expect("nothing goes wrong");
    assert!(lost(&report).is_empty());
    let names = installation.bed.faults.names();
    let looks = names
        .iter()
        .filter(|name| **name == "DescribeNetworkInterfaces");
    assert_eq!(looks.count(), 1, "the audit's own");
    assert!(!names.contains(&"ledger write interfaces"));
}
