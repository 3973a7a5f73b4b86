//! A release in an account of real size: it comes back as fast as in an empty one, and nothing is read that grows.

use ec2_sim::Crowd;
use holdfast::error::chain;
use holdfast::report::Outcome;
use holdfast::settings::Mode;
use holdfast_tests::client::TestBed;
use holdfast_tests::client::faults::Fault;
use holdfast_tests::explorer::Run;
use holdfast_tests::scenarios::guard::{Released, account};
use holdfast_tests::scenarios::large_account::{Taken, add_crowd, take_time, taken};
use holdfast_tests::scenarios::placement::{Fleet, fleet, state_change, terminate};
use std::sync::Arc;
use time::Duration;

fn reclaimed(released: Released, crowd: Crowd, fault: Option<usize>) -> Taken {
    let released = released.then(|world, _| {
        add_crowd(world, crowd);
        world.throttle(true);
    });
    let bed = released.bed();
    let faults: Vec<_> = fault
        .into_iter()
        .map(|call| (call, Fault::ReplyLost))
        .collect();
    bed.faults.plan(&faults);
    let run = released.deliver_in(Mode::Enforce, bed.client("holdfast"));
    let taken = taken(&bed, run);
    let outcome = taken.end.as_ref().map(|report| report.outcome);
    let outcome = outcome.map_err(|error| chain(error));
    let expected = match fault {
        None => Outcome::Reclaimed,
        Some(_) => Outcome::AlreadyOurs,
    };
    assert_eq!(outcome, Ok(expected), "{crowd:?}, {fault:?}");
    taken
}

fn is_the_same(released: impl Fn() -> Released, fault: Option<usize>) {
    let alone = reclaimed(released(), Crowd::default(), fault);
    let crowded = reclaimed(released(), Crowd::large(), fault);
    assert_eq!(crowded.calls, alone.calls);
    assert!(
        crowded.time <= alone.time + Duration::SECOND,
        "{}",
        crowded.time
    );
}

#[test]
fn an_address_comes_back_with_the_same_calls_and_as_fast() {
    is_the_same(|| account().released(), None);
    is_the_same(|| account().unknown_to_the_ledger().released(), None);
}

#[test]
fn a_lost_reply_of_the_request_is_looked_into_without_all_addresses() {
    is_the_same(|| account().released(), Some(1));
}

/// The runs that 300 instances of nobody's cause when they end at once: of instance-start, for each of two states.
fn of_a_burst(fleet: &Fleet, bed: &Arc<TestBed>, ending: &[String]) -> Vec<Run<'static>> {
    let states = ["shutting-down", "terminated"];
    let events = states
        .iter()
        .flat_map(|state| ending.iter().map(move |id| state_change(id, state)));
    let runs = events.map(|event| {
        let event = holdfast::events::parse(&event).expect("it can be read");
        fleet.run(bed.client("holdfast-instance-start"), event)
    });
    runs.collect()
}

/// EC2 gives `AllocateAddress` an allowance of its own. So the reads of a burst do not hold it back.
#[test]
fn m2_a_release_within_a_burst_of_300_instances_is_asked_for_as_fast_as_ever() {
    let alone = reclaimed(account().released(), Crowd::large(), None);
    let (fleet, mut others) = (fleet().addresses(1).running(1), Vec::new());
    let released = account().released().then(|world, _| {
        others = add_crowd(world, Crowd::large());
        others.truncate(300);
        for id in &others {
            terminate(world, id);
        }
        world.throttle(true);
    });
    let bed = released.bed();
    take_time(&bed);
    let mut runs = of_a_burst(&fleet, &bed, &others);
    let (began, guard) = (runs.len(), bed.client("holdfast-release-guard"));
    runs.push(released.deliver_in(Mode::Enforce, guard));
    let began_at = bed.world().now();
    let mut ends = bed.drive(runs).expect("the runs end");
    let report = ends.swap_remove(began);
    let report = report.unwrap_or_else(|error| panic!("{}", chain(&error)));
    assert_eq!(report.outcome, Outcome::Reclaimed);
    let world = bed.world();
    let since = || world.calls().iter().filter(|call| call.at >= began_at);
    let asked = since().find(|call| call.action() == "AllocateAddress");
    let after = asked.expect("it is asked for").at - began_at;
    println!(
        "alone, all of it: {}; in the burst, asked for after {after}",
        alone.time
    );
    assert!(after <= alone.time, "{after}");
    let throttled =
        since().filter(|call| call.error_code.as_deref() == Some("RequestLimitExceeded"));
    assert!(throttled.count() > 0, "EC2's allowance is used up");
}
