//! What a failover asks of the members beside its first look, once a sweep has told who they are: how often it waits for AWS
//! before it moves, and when the answers do not count.

use ec2_sim::World;
use holdfast_tests::client::TestBed;
use holdfast_tests::client::faults::Fault;
use holdfast_tests::scenarios::failover::{
    FailoverFixture, add_member, failed_after_a_sweep, floating_address, floating_interface,
    floating_private_ip,
};
use serde_json::Value;
use std::sync::Arc;
use time::Duration;

const READ: Duration = Duration::milliseconds(500);
const LEDGER: Duration = Duration::milliseconds(5);

/// The alarm of a member fires a while after a sweep. AWS takes its time from now on, and the ledger next to none.
fn fails(
    trio: &FailoverFixture,
    member: usize,
    since_the_sweep: impl FnOnce(&mut World),
) -> (Arc<TestBed>, Value) {
    let (bed, event) = failed_after_a_sweep(trio, member, since_the_sweep);
    bed.use_round_trip(READ);
    for ledger in ["ledger query member alarms", "ledger take lease"] {
        bed.slow_down(ledger, LEDGER);
    }
    (bed, event)
}

/// Runs the function to its end; the calls that it makes.
fn calls(trio: &FailoverFixture, bed: &Arc<TestBed>, event: &Value) -> Vec<&'static str> {
    let before = bed.faults.names().len();
    let run = trio.deliver(bed.client("holdfast"), event);
    let _ends = bed.drive(vec![run]).expect("the run ends");
    bed.faults.names().split_off(before)
}

fn count(calls: &[&str], name: &str) -> usize {
    calls.iter().filter(|call| **call == name).count()
}

/// How many times a run waits for AWS, its ledger aside, before it sends the first call that moves.
fn waits_before_the_first_move(
    trio: &FailoverFixture,
    since_the_sweep: impl FnOnce(&mut World),
) -> i128 {
    let (bed, event) = fails(trio, 0, since_the_sweep);
    let began = bed.world().now();
    drop(calls(trio, &bed, &event));
    let world = bed.world();
    let mut sent = world.calls().iter().filter(|call| call.at > began);
    let first = sent.find(|call| call.mutated()).expect("it moves");
    // The call itself is on its way once. The ledger's answers are lost in the rounding.
    let waited: Duration = first.at - began - READ;
    waited.whole_milliseconds() / READ.whole_milliseconds()
}

#[test]
fn an_alarm_waits_for_aws_once_before_it_moves_and_twice_where_an_address_moves_alone() {
    for (trio, waits) in [
        (floating_interface(), 1),
        (floating_private_ip(), 1),
        (floating_address(), 2),
    ] {
        assert_eq!(waits_before_the_first_move(&trio, |_| {}), waits);
    }
}

#[test]
fn a_member_that_no_sweep_has_seen_is_asked_about_after_the_look() {
    let waits = waits_before_the_first_move(&floating_interface(), |world| {
        add_member(world);
        world.advance(Duration::minutes(2));
    });
    assert_eq!(waits, 2);
}

#[test]
fn what_a_sweep_told_long_ago_is_not_asked_about_early() {
    let waits = waits_before_the_first_move(&floating_interface(), |world| {
        world.advance(Duration::minutes(31));
    });
    assert_eq!(waits, 2);
}

#[test]
fn early_answers_are_asked_for_again_where_the_look_took_longer_than_two_seconds() {
    let trio = floating_interface();
    let (bed, event) = fails(&trio, 0, |_| {});
    let look = trio.call_of(&bed, &event, "DescribeInstances");
    bed.faults.plan(&[(look, Fault::Throttled)]);
    bed.slow_down("DescribeInstances", Duration::milliseconds(1_500));
    let calls = calls(&trio, &bed, &event);
    assert_eq!(count(&calls, "DescribeInstanceStatus"), 2, "{calls:?}");
    assert_eq!(count(&calls, "dry run of AttachNetworkInterface"), 2);
    assert_eq!(trio.holder(&bed), Some(1));
}

#[test]
fn an_alarm_for_somebody_who_held_nothing_at_the_sweep_asks_for_nothing_early() {
    let trio = floating_interface();
    let (bed, event) = fails(&trio, 1, |_| {});
    let calls = calls(&trio, &bed, &event);
    assert_eq!(count(&calls, "DescribeInstanceStatus"), 0, "{calls:?}");
    assert_eq!(trio.holder(&bed), Some(0));
}
