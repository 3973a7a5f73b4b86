//! Failover under every fault at every call and under pairs of faults, with two alarms at once, and with an
//! instance that starts at the same moment; and the proof that this would be noticed.
#![expect(
    clippy::panic,
    reason = "the helpers of tests fail as tests do, with the whole history"
)]

use futures_util::FutureExt;
use holdfast::ledger::Ledger;
use holdfast_tests::client::faults::SeededBug;
use holdfast_tests::client::{Client, TestBed};
use holdfast_tests::explorer::{Coverage, Run, Scenario, explore, explore_with, interleave};
use holdfast_tests::scenarios::failover::{
    FailoverFixture, changes, floating_address, floating_interface, floating_private_ip, heal,
};
use holdfast_tests::scenarios::placement::state_change;
use serde_json::Value;
use time::Duration;

fn survives(explored: Result<Coverage, String>) {
    let coverage = explored.unwrap_or_else(|history| panic!("{history}"));
    println!("{} calls, {} histories", coverage.calls, coverage.histories);
    assert!(
        coverage.histories > coverage.calls * 6,
        "pairs of faults were explored as well"
    );
}

/// An interface that moves at once: each poll is one more call at which something can go wrong.
pub(crate) fn quick_interface() -> FailoverFixture {
    let soon = Duration::milliseconds(100);
    floating_interface().delays(soon, soon)
}

/// The first member fails, and the second has everything in the end.
pub(crate) fn failing(trio: FailoverFixture, name: &'static str, most_changes: usize) -> Scenario {
    let trio = trio.failing(0);
    let event = trio.alarm(0);
    trio.scenario(name, event, most_changes, |trio, bed| {
        trio.must_be_with(bed, 1)
    })
}

/// All runs together change no more than so much.
fn once(scenario: Scenario, calls: usize) -> Scenario {
    let goal = scenario.goal;
    Scenario {
        goal: Box::new(move |bed| {
            goal(bed)?;
            let changes = changes(bed);
            let is_once = changes.len() == calls;
            is_once.then_some(()).ok_or_else(|| format!("{changes:?}"))
        }),
        ..scenario
    }
}

pub(crate) fn down(trio: &FailoverFixture, state: &str) -> Value {
    state_change(&trio.members[0], state)
}

#[test]
fn an_interface_moves_whatever_goes_wrong() {
    survives(explore(&failing(quick_interface(), "interface", 2)));
}

#[test]
fn a_private_ip_moves_whatever_goes_wrong() {
    survives(explore(&failing(floating_private_ip(), "private IP", 1)));
}

#[test]
fn an_elastic_ip_moves_whatever_goes_wrong() {
    survives(explore(&failing(floating_address(), "Elastic IP", 1)));
}

/// Whether the next run of reconcile finds that somebody is to be fenced.
fn is_fence_noted(bed: &TestBed) -> bool {
    let leases = bed.ledger.leases().now_or_never();
    let leases = leases.expect("memory answers").expect("it is read");
    let mut noted = leases.iter().filter_map(|lease| lease.in_progress.as_ref());
    noted.any(|record| !record.pending_fences.is_empty())
}

#[test]
fn a_member_is_fenced_whatever_goes_wrong() {
    let trio = floating_address()
        .tagged("holdfast:fence", "stop")
        .failing(0);
    let event = trio.alarm(0);
    let scenario = trio.scenario("fenced", event, 2, |trio, bed| {
        trio.must_be_with(bed, 1)?;
        let is_fenced = changes(bed).contains(&"StopInstances") || is_fence_noted(bed);
        is_fenced
            .then_some(())
            .ok_or_else(|| "nobody is fenced, now or by reconcile".to_owned())
    });
    survives(explore(&scenario));
}

#[test]
fn the_interface_of_a_stopped_member_moves_whatever_goes_wrong() {
    let trio = quick_interface().stopped(0);
    let event = down(&trio, "stopped");
    let scenario = trio.scenario("stopped", event, 2, |trio, bed| trio.must_be_with(bed, 1));
    survives(explore(&scenario));
}

#[test]
fn the_elastic_ip_of_a_stopped_member_moves_in_two_calls_whatever_goes_wrong() {
    let trio = floating_address()
        .tagged("holdfast:on-stop", "move")
        .stopped(0);
    let event = down(&trio, "stopped");
    let scenario = trio.scenario("stopped", event, 2, |trio, bed| trio.must_be_with(bed, 1));
    survives(explore(&scenario));
}

#[test]
fn two_deliveries_of_one_alarm_move_it_once_in_every_order() {
    let soon = [
        (floating_address(), 1),
        (floating_private_ip(), 1),
        (quick_interface(), 2),
    ];
    for (trio, calls) in soon {
        let scenario = once(failing(trio, "twice", calls), calls);
        let orders = interleave::twice(&scenario).unwrap_or_else(|history| panic!("{history}"));
        println!("{orders} orders");
        assert!(orders > 20);
    }
}

/// A member that stops, and another that starts at the same moment and would take its address.
fn stop_and_start() -> (
    Scenario,
    impl Fn(Client, Client) -> (Run<'static>, Run<'static>),
) {
    let trio = floating_address()
        .tagged("holdfast:on-stop", "move")
        .stopped(0);
    let (stopped, started) = (
        down(&trio, "stopped"),
        state_change(&trio.members[2], "running"),
    );
    let fleet = trio.clone();
    let event = stopped.clone();
    let scenario = trio.scenario("stop and start", stopped, 2, |trio, bed| {
        match trio.holder(bed) {
            Some(1 | 2) => Ok(()),
            other => Err(format!("the address is with {other:?}")),
        }
    });
    let pair = move |one, other| (fleet.deliver(one, &event), fleet.start(other, &started));
    (scenario, pair)
}

#[test]
fn a_failover_and_an_instance_that_starts_share_one_address_in_every_order() {
    let (scenario, pair) = stop_and_start();
    let orders = interleave::both(&scenario, &pair).unwrap_or_else(|history| panic!("{history}"));
    println!("{orders} orders");
    assert!(orders > 20);
}

#[test]
fn two_alarms_of_one_group_in_every_order_move_it_to_the_one_that_is_well() {
    let trio = floating_address().failing(0).failing(1);
    let (first, second) = (trio.alarm(0), trio.alarm(1));
    let fleet = trio.clone();
    let event = first.clone();
    let scenario = trio.scenario("two alarms", event, 1, |trio, bed| {
        trio.must_be_with(bed, 2)
    });
    let pair = move |one, other| (fleet.deliver(one, &first), fleet.deliver(other, &second));
    let orders = interleave::both(&scenario, &pair).unwrap_or_else(|history| panic!("{history}"));
    println!("{orders} orders");
    assert!(orders > 5);
}

#[test]
fn a_call_that_takes_the_address_of_whoever_has_it_would_be_noticed() {
    let (scenario, pair) = stop_and_start();
    let sabotaged = Scenario {
        bed: Box::new(move || {
            let bed = (scenario.bed)();
            bed.faults.seeded_bug(SeededBug::Reassociation);
            bed
        }),
        ..stop_and_start().0
    };
    let walked = interleave::both(&sabotaged, &pair);
    assert!(walked.is_err_and(|history| history.contains("promise 1")));
}

/// An alarm that still fires for CloudWatch when it is read, although the member is well by then.
#[test]
fn a_failover_that_did_not_read_the_alarm_again_would_be_noticed() {
    let trio = floating_address().failing(0);
    let event = trio.alarm(0);
    let first = trio.members[0].clone();
    let trio = trio.world(|world| heal(world, &first));
    let stays = |trio: &FailoverFixture, bed: &TestBed| trio.must_be_with(bed, 0);
    let scenario = trio.scenario("healed", event, 0, stays);
    assert!(explore(&scenario).is_ok());
    let blind = explore_with(&scenario, Some(SeededBug::AlarmsNeverClear));
    assert!(blind.is_err_and(|history| history.contains("promise 1")));
}

/// With the run that died, the next delivery a minute later, and with two deliveries at once.
#[test]
fn a_failover_that_ignored_the_lease_of_another_would_be_noticed() {
    let scenario = || failing(floating_address(), "lease", 1);
    let blind = explore_with(&scenario(), Some(SeededBug::LeaseOfOthers));
    assert!(blind.is_err_and(|history| history.contains("without the lease")));
    let fresh = scenario().bed;
    let sabotaged = Scenario {
        bed: Box::new(move || {
            let bed = fresh();
            bed.faults.seeded_bug(SeededBug::LeaseOfOthers);
            bed
        }),
        ..scenario()
    };
    let walked = interleave::twice(&sabotaged);
    assert!(walked.is_err_and(|history| history.contains("without the lease")));
}
