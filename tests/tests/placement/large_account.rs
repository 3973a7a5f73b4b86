//! Instances that start and stop in an account of real size. Whoever is of no group costs one describe.

use ec2_sim::Crowd;
use holdfast::error::chain;
use holdfast::report::Outcome;
use holdfast_tests::scenarios::large_account::{Taken, add_crowd, take_time, taken};
use holdfast_tests::scenarios::placement::{Fleet, fleet, state_change, stop, terminate};
use std::collections::BTreeMap;
use time::Duration;

/// How much longer a run may take than in an empty account.
const LONGER: Duration = Duration::SECOND;

/// What a run takes for the first instance of a fleet, where others have so much.
fn run(mut fleet: Fleet, state: &str, crowd: Crowd, expected: Outcome) -> Taken {
    add_crowd(&mut fleet.world, crowd);
    let bed = fleet.bed();
    bed.world().throttle(true);
    let run = fleet.deliver(bed.client("holdfast"), 0, state);
    let taken = taken(&bed, run);
    let outcome = taken.end.as_ref().map(|report| report.outcome);
    let outcome = outcome.map_err(|error| chain(error));
    assert_eq!(outcome, Ok(expected), "{state}, {crowd:?}");
    assert_eq!(bed.broken(), Vec::<String>::new());
    taken
}

fn is_no_longer(fleet: &Fleet, state: &str, expected: Outcome) {
    let alone = run(fleet.clone(), state, Crowd::default(), expected);
    let crowded = run(fleet.clone(), state, Crowd::large(), expected);
    let (time, calls) = (crowded.time, &crowded.calls);
    println!(
        "{state}: {} alone, {time} in a large account, {calls:?}",
        alone.time
    );
    assert!(time <= alone.time + LONGER, "{state}: {time}");
}

#[test]
fn an_instance_that_starts_gets_its_address_as_fast_as_in_an_empty_account() {
    is_no_longer(
        &fleet().addresses(2).running(1),
        "running",
        Outcome::Associated,
    );
}

#[test]
fn an_address_of_an_instance_that_stops_is_handed_over_as_fast() {
    let fleet = fleet()
        .set("HOLDFAST_ON_STOP", "move")
        .addresses(1)
        .running(2);
    let fleet = fleet.holding(0, 0).stopped(0);
    is_no_longer(&fleet, "stopped", Outcome::HandedOver);
}

#[test]
fn nothing_is_read_that_grows_with_what_is_others() {
    let fleet = fleet().addresses(2).running(1);
    let calls = |count| {
        let taken = run(
            fleet.clone(),
            "running",
            Crowd::of_each(count),
            Outcome::Associated,
        );
        taken.calls
    };
    let few = calls(100);
    assert_eq!(few.get("ledger query"), None, "it would read all snapshots");
    assert_eq!(few, calls(3_000));
}

#[test]
fn three_hundred_instances_of_nobodys_that_end_at_once_cost_a_describe_for_each_event_and_no_alarm_call()
 {
    let mut fleet = fleet().addresses(1).running(1);
    let others = add_crowd(&mut fleet.world, Crowd::large());
    let bed = fleet.bed();
    let ending = &others[..300];
    for id in ending {
        terminate(&mut bed.world(), id);
    }
    bed.world().throttle(true);
    take_time(&bed);
    let runs = ending.iter().map(|id| {
        let event = holdfast::events::parse(&state_change(id, "shutting-down"));
        fleet.run(bed.client("holdfast"), event.expect("it can be read"))
    });
    let ends = bed.drive(runs.collect()).expect("the runs end");
    let failures = ends.iter().filter_map(|end| end.as_ref().err());
    assert_eq!(
        failures.map(|error| chain(error)).collect::<Vec<_>>(),
        Vec::<String>::new()
    );
    let mut answered: BTreeMap<&str, usize> = BTreeMap::new();
    for call in bed.world().calls() {
        if call.error_code.is_none() && call.request.is_read() {
            *answered.entry(call.action()).or_default() += 1;
        }
    }
    assert_eq!(answered, BTreeMap::from([("DescribeTags", 300)]));
    assert!(!bed.faults.names().contains(&"DescribeAlarms"));
}

#[test]
fn an_instance_of_nobodys_that_stops_costs_one_call() {
    let mut fleet = fleet().addresses(1).running(1);
    let others = add_crowd(&mut fleet.world, Crowd::large());
    let bed = fleet.bed();
    stop(&mut bed.world(), &others[0]);
    let event = holdfast::events::parse(&state_change(&others[0], "stopping"));
    let run = fleet.run(bed.client("holdfast"), event.expect("it can be read"));
    let taken = taken(&bed, run);
    assert_eq!(taken.call_count(), 1, "{:?}", taken.calls);
    assert_eq!(taken.end.expect("it ends").outcome, Outcome::Ignored);
}
