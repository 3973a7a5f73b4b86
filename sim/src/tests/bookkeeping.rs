//! What is the same for every action: throttling, authorisation, dry runs, the list of calls.

use super::bed::{bed, release, tagged, tagging};
use crate::{
    api::{AllocateAddress, Caller, DescribeAddresses, Request},
    throttle::Limit,
};

fn describe() -> Request {
    Request::DescribeAddresses(DescribeAddresses::default())
}

#[test]
fn the_fifty_first_write_in_a_burst_is_throttled_and_five_come_back_each_second() {
    let mut bed = bed();
    bed.world.throttle(true);
    let call = || release("eipalloc-0123456789abcdef0");
    for _ in 0..50 {
        assert_eq!(bed.refused(call()), "InvalidAllocationID.NotFound");
    }
    assert_eq!(bed.refused(call()), "RequestLimitExceeded");
    bed.wait(1);
    let codes: Vec<String> = (0..6).map(|_| bed.refused(call())).collect();
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
    let mut bed = bed();
    bed.world.limit(
        "DescribeAddresses",
        Limit {
            capacity: 1.0,
            refill: 1.0,
        },
    );
    bed.call(describe()).expect("the first");
    assert_eq!(bed.refused(describe()), "RequestLimitExceeded");
    bed.allocate();
}

#[test]
fn a_denied_role_is_refused_and_another_is_not() {
    let mut bed = bed();
    bed.world
        .deny("arn:aws:iam::*:role/guard-*", "ec2:AllocateAddress");
    bed.allocate();
    bed.caller = Caller::role("111122223333", "guard-role", "guard");
    let request = Request::AllocateAddress(AllocateAddress::default());
    let error = bed.call(request).expect_err("the role is denied");
    assert_eq!(
        (error.code.as_str(), error.http_status),
        ("UnauthorizedOperation", 403)
    );
}

#[test]
fn whoever_may_not_tag_may_not_allocate_with_tags() {
    let mut bed = bed();
    bed.world.deny("*", "CreateTags");
    let request = Request::AllocateAddress(tagged(&[("owner", "mail")]));
    assert_eq!(bed.refused(request), "UnauthorizedOperation");
    bed.allocate();
    bed.world.allow_all();
    bed.allocated(tagged(&[("owner", "mail")]));
}

#[test]
fn a_dry_run_says_what_would_happen_and_changes_nothing() {
    let mut bed = bed();
    let address = bed.allocate();
    let caller = bed.caller.clone();
    let mut dry_run = |request: &Request| {
        let error = bed
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
    assert_eq!(bed.addresses(&[]).len(), 1);
}

#[test]
fn every_call_is_listed_reads_and_refusals_too() {
    let mut bed = bed();
    let address = bed.allocate();
    bed.call(describe()).expect("a read");
    bed.refused(tagging(&address.allocation_id, &[("aws:owner", "mail")]));
    let calls = bed.world.calls();
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
        let mut bed = bed();
        let address = bed.released();
        bed.running(None);
        bed.recover(&address.public_ip);
        (bed.addresses(&[]), bed.world.take_events())
    };
    assert_eq!(life(), life());
}

#[test]
fn a_thousand_addresses_are_all_different() {
    let mut bed = bed();
    bed.world.settings().address_quota = 1000;
    let request = Request::AllocateAddress(AllocateAddress::default());
    for _ in 0..1000 {
        bed.world
            .call(&bed.caller, &request, false)
            .expect("the quota is 1,000");
    }
    assert_eq!(bed.addresses(&[]).len(), 1000);
}
