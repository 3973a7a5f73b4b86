//! An address that was restored on too little, and what the call that had moved it before makes of that.

use ec2_sim::api::{AssociateAddress, Caller, DisassociateAddress, Request};
use holdfast_tests::client::ACCOUNT;
use holdfast_tests::explorer::promises::addresses;
use holdfast_tests::explorer::{Coverage, Run, explore};
use holdfast_tests::scenarios::reconcile::corrected::Misplaced;
use holdfast_tests::scenarios::reconcile::lives::{Account, Place};
use std::task::{Context, Poll, Waker};

fn survives(explored: Result<Coverage, String>) {
    let coverage = explored.unwrap_or_else(|history| panic!("{history}"));
    println!("{} calls, {} histories", coverage.calls, coverage.histories);
    assert!(
        coverage.histories > coverage.calls * 6,
        "pairs were explored as well"
    );
}

#[test]
fn a_late_event_moves_the_address_to_where_it_was_last_whatever_goes_wrong() {
    let misplaced = Misplaced::new();
    assert_eq!(misplaced.place(&misplaced.bed()), Some(Some(Place::A)));
    let late = misplaced.late_event();
    survives(explore(&misplaced.scenario("a late event", late, Place::B)));
}

#[test]
fn a_sweep_moves_it_when_no_event_ever_comes() {
    let (misplaced, sweep) = Misplaced::new().audit();
    survives(explore(&misplaced.scenario("an audit", sweep, Place::B)));
}

/// The second run takes place as a whole between two calls of the first: at each place there is.
#[test]
fn two_deliveries_of_the_late_event_at_once_end_as_one_does() {
    let misplaced = Misplaced::new();
    let late = misplaced.late_event();
    let scenario = misplaced.scenario("a late event, twice at once", late, Place::B);
    let mut places = 0;
    loop {
        let bed = (scenario.bed)();
        let before = bed.world().calls().len();
        bed.faults.hold_at_boundaries();
        let mut one = (scenario.deliver)(bed.client("holdfast"));
        let mut other = (scenario.deliver)(bed.client("holdfast"));
        let went_on = (0..places).all(|_| !is_over(&mut one));
        while !is_over(&mut other) {}
        while went_on && !is_over(&mut one) {}
        scenario
            .promises
            .check(before, &bed)
            .expect("no promise is broken");
        (scenario.goal)(&bed).unwrap_or_else(|missed| panic!("at call {places}: {missed}"));
        if !went_on {
            break;
        }
        places += 1;
    }
    assert!(places > 15, "only {places} places were tried");
}

/// Lets a run make one call.
fn is_over(run: &mut Run<'static>) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    match run.as_mut().poll(&mut context) {
        Poll::Pending => false,
        Poll::Ready(ended) => {
            drop(ended.expect("each of them ends well"));
            true
        }
    }
}

fn by_hand(account: &mut Account, request: &Request) {
    let person = Caller::user(ACCOUNT, "kim");
    account
        .world
        .call(&person, request, false)
        .expect("a person may");
}

/// Somebody takes the address from its holder and gives it back: the same place, by a hand of theirs.
fn touched(account: &mut Account) {
    let held = addresses(&account.world)
        .into_values()
        .next()
        .expect("it is back");
    let by_restoration = held.association.expect("it is restored");
    by_hand(
        account,
        &Request::DisassociateAddress(DisassociateAddress {
            association_id: Some(by_restoration.association_id),
            ..DisassociateAddress::default()
        }),
    );
    by_hand(
        account,
        &Request::AssociateAddress(AssociateAddress {
            allocation_id: Some(held.allocation_id),
            network_interface_id: Some(by_restoration.network_interface_id),
            private_ip_address: Some(by_restoration.private_ip_address),
            ..AssociateAddress::default()
        }),
    );
}

#[test]
fn what_a_person_has_put_in_the_same_place_since_stays_whatever_goes_wrong() {
    let misplaced = Misplaced::new().then(touched);
    let late = misplaced.late_event();
    survives(explore(&misplaced.scenario(
        "touched by hand",
        late,
        Place::A,
    )));
}
