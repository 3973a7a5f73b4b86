//! An address that was restored on too little, and what the call that had moved it before makes of that.

use ec2_sim::api::{AssociateAddress, Caller, DisassociateAddress, Request};
use holdfast_tests::client::ACCOUNT;
use holdfast_tests::explorer::promises::addresses;
use holdfast_tests::explorer::{Coverage, explore, interleave};
use holdfast_tests::scenarios::reconcile::corrected::Misplaced;
use holdfast_tests::scenarios::reconcile::lives::{Account, Place};

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

#[test]
fn two_deliveries_of_the_late_event_at_once_end_as_one_does() {
    let misplaced = Misplaced::new();
    let late = misplaced.late_event();
    let scenario = misplaced.scenario("a late event, twice at once", late, Place::B);
    let orders = interleave::twice(&scenario).unwrap_or_else(|history| panic!("{history}"));
    assert!(orders > 100, "only {orders} orders were walked");
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
