//! Fences: what has moved keeps working, and everything that the failed member keeps is cut off, or it is stopped.

use ec2_sim::api::InstanceState;
use futures_util::FutureExt;
use holdfast::ledger::Ledger;
use holdfast::report::{Outcome, PlannedCall, Report};
use holdfast_tests::client::TestBed;
use holdfast_tests::client::faults::Fault;
use holdfast_tests::explorer::explore_singly;
use holdfast_tests::scenarios::failover::{
    CLOSED, FailoverFixture, changes, failed, failover_in, floating_address, floating_interface,
    floating_private_ip, security_groups,
};
use holdfast_tests::scenarios::placement::state_of;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

const ISOLATE: &str = "ModifyNetworkInterfaceAttribute";

/// A group for each way to move; the first member has a second interface of its own.
fn groups() -> [FailoverFixture; 3] {
    let groups = [
        floating_interface(),
        floating_private_ip(),
        floating_address(),
    ];
    groups.map(|trio| trio.with_interface(0, 2))
}

fn fenced(trio: FailoverFixture, how: &str) -> (FailoverFixture, Arc<TestBed>, Value) {
    failed(trio.tagged("holdfast:fence", how))
}

/// How many of a member's interfaces have the closed security group and no other, and how many do not.
fn cut_off(trio: &FailoverFixture, bed: &TestBed, member: usize) -> (usize, usize) {
    let all = security_groups(trio, bed, member);
    let closed = all.values().filter(|groups| **groups == [CLOSED]).count();
    (closed, all.len() - closed)
}

fn is_left_open(bed: &TestBed) -> bool {
    let leases = bed.ledger.leases().now_or_never();
    let leases = leases.expect("memory answers").expect("it is read");
    leases.iter().any(|lease| lease.in_progress.is_some())
}

/// A fault at the first call of that name.
fn fault_at(trio: &FailoverFixture, bed: &TestBed, event: &Value, name: &str, fault: Fault) {
    bed.faults.plan(&[(trio.number_of(event, name), fault)]);
}

fn is_told(report: &Report, words: &str) -> bool {
    report
        .findings
        .iter()
        .any(|finding| finding.what.contains(words))
}

#[test]
fn what_the_failed_member_keeps_is_isolated_and_what_has_moved_is_not() {
    for trio in groups() {
        let (trio, bed, event) = fenced(trio, CLOSED);
        let before = security_groups(&trio, &bed, 0);
        let own = security_groups(&trio, &bed, 1);
        let report = trio.told(&bed, &event);
        assert_eq!(report.outcome, Outcome::FailedOver, "{}", report.summary);
        assert_eq!(cut_off(&trio, &bed, 0), (2, 0));
        let now = security_groups(&trio, &bed, 1);
        for (eni, groups) in &now {
            let was = own.get(eni).or(before.get(eni));
            assert_eq!(Some(groups), was, "{eni} keeps its security groups");
        }
        assert_eq!(failover_in(&report).fenced.len(), 2);
    }
}

#[test]
fn the_failed_member_is_stopped_after_everything_has_moved_and_nobody_else_is() {
    for trio in groups() {
        let (trio, bed, event) = fenced(trio, "stop");
        assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
        assert_eq!(changes(&bed).last(), Some(&"StopInstances"));
        let as_shown = |member: usize| state_of(&bed, &trio.members[member]);
        assert_eq!(as_shown(0), Some(InstanceState::Stopping));
        assert_eq!(as_shown(1), Some(InstanceState::Running));
        assert_eq!(trio.holder(&bed), Some(1));
    }
}

#[test]
fn the_failed_member_is_not_stopped_before_a_move_that_was_throttled_is_made() {
    let (trio, bed, event) = fenced(floating_address(), "stop");
    fault_at(&trio, &bed, &event, "AssociateAddress", Fault::Throttled);
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    assert_eq!(changes(&bed), ["AssociateAddress", "StopInstances"]);
}

#[test]
fn a_fence_whose_reply_is_lost_is_put_up_again_and_then_done() {
    for (how, call) in [(CLOSED, ISOLATE), ("stop", "StopInstances")] {
        let (trio, bed, event) = fenced(floating_address().with_interface(0, 2), how);
        fault_at(&trio, &bed, &event, call, Fault::ReplyLost);
        let report = trio.told(&bed, &event);
        assert!(is_told(&report, "is not known"), "{:?}", report.findings);
        assert!(is_left_open(&bed));
        bed.pass(Duration::from_mins(1));
        drop(trio.swept(&bed));
        assert!(!is_left_open(&bed));
        let is_stopped = state_of(&bed, &trio.members[0]) == Some(InstanceState::Stopped);
        assert_eq!(
            (how == "stop", cut_off(&trio, &bed, 0).1),
            (is_stopped, usize::from(is_stopped) * 2)
        );
        assert_eq!(cut_off(&trio, &bed, 1).0, 0);
    }
}

#[test]
fn a_fence_that_is_refused_is_told_and_not_tried_for_ever() {
    for (how, call) in [(CLOSED, ISOLATE), ("stop", "StopInstances")] {
        let (trio, bed, event) = fenced(floating_address(), how);
        bed.world().deny("*", call);
        let report = trio.told(&bed, &event);
        assert_eq!(report.outcome, Outcome::FailedOver);
        assert!(is_told(&report, "could not be"), "{:?}", report.findings);
        assert!(!is_left_open(&bed));
        drop(trio.swept(&bed));
        let asked = bed.faults.names();
        assert_eq!(asked.iter().filter(|name| **name == call).count(), 1);
    }
}

#[test]
fn reconcile_isolates_for_a_run_that_died_and_spares_what_has_moved() {
    for (trio, call) in [
        (floating_interface(), "AttachNetworkInterface"),
        (floating_private_ip(), "AssignPrivateIpAddresses"),
        (floating_address(), "AssociateAddress"),
    ] {
        let (trio, bed, event) = fenced(trio, CLOSED);
        fault_at(&trio, &bed, &event, call, Fault::StopAfterReply);
        let run = trio.deliver(bed.client("holdfast"), &event);
        assert!(run.now_or_never().is_none(), "it dies");
        assert_eq!(cut_off(&trio, &bed, 0).0, 0);
        bed.pass(Duration::from_mins(3));
        drop(trio.swept(&bed));
        assert_eq!(cut_off(&trio, &bed, 0), (1, 0));
        assert_eq!(cut_off(&trio, &bed, 1).0, 0);
        assert_eq!(trio.holder(&bed), Some(1));
        assert!(!is_left_open(&bed));
    }
}

#[test]
fn of_two_failed_members_only_the_one_whose_tag_asks_for_it_is_fenced() {
    for (first_to_fail, then) in [(0, 1), (1, 0)] {
        let mut trio = floating_address().tagged("holdfast:fence", "stop");
        trio.hold_another(1);
        let trio = trio
            .set("HOLDFAST_COOLDOWN_SECONDS", "0")
            .with_interface(2, 1);
        let trio = trio.failing(first_to_fail).failing(then);
        let bed = trio.bed();
        for member in [first_to_fail, then] {
            let report = trio.told(&bed, &trio.alarm(member));
            assert_eq!(report.outcome, Outcome::FailedOver, "{}", report.summary);
        }
        let stopped =
            |member: usize| state_of(&bed, &trio.members[member]) != Some(InstanceState::Running);
        assert!(stopped(0) && !stopped(1));
        assert_eq!(trio.holder(&bed), Some(2));
    }
}

#[test]
fn in_observe_mode_nobody_is_fenced() {
    for how in ["stop", CLOSED] {
        for trio in groups() {
            let (trio, bed, event) = fenced(trio.set("HOLDFAST_MODE", "observe"), how);
            drop(trio.told(&bed, &event));
            drop(trio.swept(&bed));
            assert_eq!(changes(&bed), Vec::<&str>::new());
            assert_eq!(
                state_of(&bed, &trio.members[0]),
                Some(InstanceState::Running)
            );
        }
    }
}

#[test]
fn a_member_that_keeps_something_is_not_fenced() {
    let mut trio = floating_address().tagged("holdfast:fence", CLOSED);
    trio.hold_another(0);
    let (trio, bed, event) = failed(trio.stopped(2));
    drop(trio.told(&bed, &event));
    assert_eq!(cut_off(&trio, &bed, 0).0, 0);
}

#[test]
fn a_member_is_isolated_whatever_goes_wrong_and_nobody_else_is() {
    let trio = floating_address()
        .tagged("holdfast:fence", CLOSED)
        .failing(0);
    let event = trio.alarm(0);
    let scenario = trio.scenario("isolated", event, 2, |trio, bed| {
        trio.must_be_with(bed, 1)?;
        let is_isolated = cut_off(trio, bed, 0).0 == 1 || is_left_open(bed);
        let is_spared = cut_off(trio, bed, 1).0 == 0;
        (is_isolated && is_spared)
            .then_some(())
            .ok_or_else(|| format!("isolated: {is_isolated}, spared: {is_spared}"))
    });
    let explored = explore_singly(&scenario);
    assert!(explored.is_ok(), "{explored:?}");
}

#[test]
fn in_observe_mode_the_fence_is_told_and_not_made() {
    for (how, pending_fences) in [("stop", 1), (CLOSED, 2), ("none", 0)] {
        for trio in groups() {
            let trio = trio.set("HOLDFAST_MODE", "observe");
            let (trio, bed, event) = fenced(trio, how);
            let report = trio.told(&bed, &event);
            let own = trio.members[0].as_str();
            let is_fence = |call: &&PlannedCall| {
                (call.action == "StopInstances" && call.on == own)
                    || (call.action == ISOLATE && call.to.as_deref() == Some(CLOSED))
            };
            let told = report.would_call.iter().filter(is_fence).count();
            assert_eq!(told, pending_fences, "{how}: {:?}", report.would_call);
            assert_eq!(changes(&bed), Vec::<&str>::new());
        }
    }
}

#[test]
fn in_observe_mode_no_fence_is_told_of_a_member_that_keeps_something() {
    let mut trio = floating_address();
    trio.hold_another(0);
    let trio = trio.after(60).set("HOLDFAST_MODE", "observe");
    let (trio, bed, event) = fenced(trio.stopped(1).stopped(2), "stop");
    let report = trio.told(&bed, &event);
    assert_eq!(report.would_call, []);
    assert_eq!(changes(&bed), Vec::<&str>::new());
}

#[test]
fn in_observe_mode_no_fence_is_told_of_a_member_that_loses_only_a_part() {
    let mut trio = floating_address();
    trio.hold_another(0);
    let trio = trio.set("HOLDFAST_MODE", "observe");
    let (trio, bed, event) = fenced(trio.stopped(2), "stop");
    let report = trio.told(&bed, &event);
    let actions: Vec<&str> = report.would_call.iter().map(|call| call.action).collect();
    assert_eq!(actions, ["AssociateAddress"]);
}
