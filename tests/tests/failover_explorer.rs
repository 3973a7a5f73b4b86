//! Failover under every fault at every call and under pairs of faults, with two alarms at once, and with an
//! instance that starts at the same moment; and the proof that this would be noticed.
#![expect(
    clippy::panic,
    reason = "the helpers of tests fail as tests do, with the whole history"
)]

use holdfast_tests::explorer::{Coverage, Scenario, explore, interleave};
use holdfast_tests::scenarios::failover::{
    Trio, floating_address, floating_interface, floating_private_ip,
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
fn quick_interface() -> Trio {
    let soon = Duration::milliseconds(100);
    floating_interface().delays(soon, soon)
}

/// The first member fails, and the second has everything in the end.
fn failing(trio: Trio, name: &'static str, most_changes: usize) -> Scenario {
    let trio = trio.failing(0);
    let event = trio.alarm(0);
    trio.scenario(name, event, most_changes, |trio, stage| {
        trio.must_be_with(stage, 1)
    })
}

fn down(trio: &Trio, state: &str) -> Value {
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

#[test]
fn the_interface_of_a_stopped_member_moves_whatever_goes_wrong() {
    let trio = quick_interface().stopped(0);
    let event = down(&trio, "stopped");
    let scenario = trio.scenario("stopped", event, 2, |trio, stage| {
        trio.must_be_with(stage, 1)
    });
    survives(explore(&scenario));
}

#[test]
fn the_elastic_ip_of_a_stopped_member_moves_in_two_calls_whatever_goes_wrong() {
    let trio = floating_address()
        .tagged("holdfast:on-stop", "move")
        .stopped(0);
    let event = down(&trio, "stopped");
    let scenario = trio.scenario("stopped", event, 2, |trio, stage| {
        trio.must_be_with(stage, 1)
    });
    survives(explore(&scenario));
}

#[test]
fn two_deliveries_of_one_alarm_move_it_once_in_every_order() {
    for trio in [floating_address(), floating_private_ip(), quick_interface()] {
        let scenario = failing(trio, "twice", 2);
        let orders = interleave::twice(&scenario).unwrap_or_else(|history| panic!("{history}"));
        println!("{orders} orders");
        assert!(orders > 100);
    }
}
