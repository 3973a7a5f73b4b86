//! A release in an account of real size: it comes back as fast as in an empty one, and nothing is read that grows.

use ec2_sim::Crowd;
use holdfast::error::chain;
use holdfast::report::Outcome;
use holdfast::settings::Mode;
use holdfast_tests::client::faults::Fault;
use holdfast_tests::scenarios::guard::{Released, account};
use holdfast_tests::scenarios::large_account::{Taken, add_crowd, taken};
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
