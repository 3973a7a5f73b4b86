//! What is the same for every action: throttling, authorisation, dry runs, the list of calls.

use super::stage::{release, stage, tagged, tagging};
use crate::{
    api::{AllocateAddress, Caller, DescribeAddresses, Request},
    throttle::Limit,
};

fn describe() -> Request {
    Request::DescribeAddresses(DescribeAddresses::default())
}

#[test]
fn the_fifty_first_write_in_a_burst_is_throttled_and_five_come_back_each_second() {
    let mut stage = stage();
    stage.world.throttle(true);
    let call = || release("eipalloc-0123456789abcdef0");
    for _ in 0..50 {
        assert_eq!(stage.refused(call()), "InvalidAllocationID.NotFound");
    }
    assert_eq!(stage.refused(call()), "RequestLimitExceeded");
    stage.wait(1);
    let codes: Vec<String> = (0..6).map(|_| stage.refused(call())).collect();
    assert_eq!(
        codes
            .iter()
            .filter(|code| *code != "RequestLimitExceeded")
            .count(),
        5
    );
}

#[test]
fn each_action_has_a_bucket_of_its_own() {
    let mut stage = stage();
    stage.world.limit(
        "DescribeAddresses",
        Limit {
            capacity: 1.0,
            refill: 1.0,
        },
    );
    stage.call(describe()).expect("the first");
    assert_eq!(stage.refused(describe()), "RequestLimitExceeded");
    stage.allocate();
}

#[test]
fn a_denied_role_is_refused_and_another_is_not() {
    let mut stage = stage();
    stage
        .world
        .deny("arn:aws:iam::*:role/guard-*", "ec2:AllocateAddress");
    stage.allocate();
    stage.caller = Caller::role("111122223333", "guard-role", "guard");
    let request = Request::AllocateAddress(AllocateAddress::default());
    let error = stage.call(request).expect_err("the role is denied");
    assert_eq!(
        (error.code.as_str(), error.http_status),
        ("UnauthorizedOperation", 403)
    );
}

#[test]
fn whoever_may_not_tag_may_not_allocate_with_tags() {
    let mut stage = stage();
    stage.world.deny("*", "CreateTags");
    let request = Request::AllocateAddress(tagged(&[("owner", "mail")]));
    assert_eq!(stage.refused(request), "UnauthorizedOperation");
    stage.allocate();
    stage.world.allow_all();
    stage.allocated(tagged(&[("owner", "mail")]));
}

#[test]
fn a_dry_run_says_what_would_happen_and_changes_nothing() {
    let mut stage = stage();
    let address = stage.allocate();
    let caller = stage.caller.clone();
    let mut dry_run = |request: &Request| {
        let error = stage
            .world
            .call(&caller, request, true)
            .expect_err("it is a dry run");
        (error.code, error.http_status)
    };
    let would_succeed = ("DryRunOperation".to_owned(), 412);
    assert_eq!(dry_run(&release(&address.allocation_id)), would_succeed);
    assert_eq!(dry_run(&describe()), would_succeed);
    let missing = dry_run(&release("eipalloc-0123456789abcdef0"));
    assert_eq!(missing, ("InvalidAllocationID.NotFound".to_owned(), 400));
    assert_eq!(stage.addresses(&[]).len(), 1);
}

#[test]
fn every_call_is_listed_reads_and_refusals_too() {
    let mut stage = stage();
    let address = stage.allocate();
    stage.call(describe()).expect("a read");
    stage.refused(tagging(&address.allocation_id, &[("aws:owner", "mail")]));
    let calls = stage.world.calls();
    let listed: Vec<_> = calls
        .iter()
        .map(|call| (call.action(), call.error_code.as_deref()))
        .collect();
    assert_eq!(
        listed,
        [
            ("AllocateAddress", None),
            ("DescribeAddresses", None),
            ("CreateTags", Some("InvalidParameterValue")),
        ]
    );
    assert_eq!(calls.iter().filter(|call| call.mutated()).count(), 1);
}

#[test]
fn two_worlds_that_live_the_same_life_are_the_same() {
    let life = || {
        let mut stage = stage();
        let address = stage.released();
        stage.running(None);
        stage.recover(&address.public_ip);
        (stage.addresses(&[]), stage.world.take_events())
    };
    assert_eq!(life(), life());
}

#[test]
fn a_thousand_addresses_are_all_different() {
    let mut stage = stage();
    stage.world.settings().address_quota = 1000;
    let request = Request::AllocateAddress(AllocateAddress::default());
    for _ in 0..1000 {
        stage
            .world
            .call(&stage.caller, &request, false)
            .expect("the quota is 1,000");
    }
    assert_eq!(stage.addresses(&[]).len(), 1000);
}
