//! What nobody knows about EC2 (`ec2_sim::Doubts`): placement keeps its promises on either side of each doubt, under every
//! fault at every call and under pairs of faults.

use ec2_sim::Doubts;
use ec2_sim::api::{AllocateAddress, AssociateAddress, Request, Response};
use ec2_sim::doubts::OccupiedTarget;
use holdfast_tests::client::Intrusion;
use holdfast_tests::explorer::{Coverage, Scenario, explore, explore_intrusions, explore_singly};
use holdfast_tests::scenarios::placement::{Fleet, fleet, owner};

/// An instance that gets a free address, one that gets that of a stopped one, and one that stops and hands it on.
fn scenarios(doubts: Doubts) -> Vec<Scenario> {
    let doubtful = |fleet: Fleet| fleet.world(|world| world.settings().doubts = doubts);
    let free = doubtful(fleet().addresses(2).running(1));
    let of_stopped = doubtful(fleet().addresses(1).running(2).holding(1, 0).stopped(1));
    vec![
        free.scenario("free", (0, "running"), 1, |fleet, bed| {
            fleet.must_hold(bed, 0, 1)
        }),
        of_stopped.scenario("of a stopped one", (0, "running"), 2, |fleet, bed| {
            fleet.must_hold(bed, 0, 1)
        }),
    ]
}

fn explored(doubts: Doubts, scenario: &Scenario, coverage: Result<Coverage, String>) -> Coverage {
    let coverage = coverage.unwrap_or_else(|history| panic!("{doubts:?}\n{history}"));
    assert!(coverage.histories > coverage.calls);
    let Coverage {
        histories, pairs, ..
    } = coverage;
    println!(
        "{}: {histories} histories, {pairs} with two faults",
        scenario.name
    );
    coverage
}

#[test]
fn each_side_alone_breaks_no_promise_whatever_goes_wrong() {
    // The defaults are explored everywhere else.
    for doubts in Doubts::alone().skip(1) {
        for scenario in scenarios(doubts) {
            explored(doubts, &scenario, explore_singly(&scenario));
        }
    }
}

#[test]
fn every_pair_of_sides_of_two_doubts_breaks_no_promise_whatever_goes_wrong_twice() {
    for doubts in Doubts::pairwise() {
        for scenario in scenarios(doubts) {
            let coverage = explored(doubts, &scenario, explore(&scenario));
            assert!(coverage.pairs > coverage.calls, "{coverage:?}");
        }
    }
}

/// Somebody gives an instance an address that is nobody's of the group, as a script at its start may.
fn giving_another(instance: &str) -> Intrusion {
    let instance = instance.to_owned();
    Box::new(move |world| {
        let allocate = Request::AllocateAddress(AllocateAddress::default());
        let Ok(Response::AllocateAddress(given)) = world.call(&owner(), &allocate, false) else {
            return;
        };
        let associate = Request::AssociateAddress(AssociateAddress {
            allocation_id: Some(given.allocation_id),
            instance_id: Some(instance),
            allow_reassociation: Some(false),
            ..AssociateAddress::default()
        });
        drop(world.call(&owner(), &associate, false));
    })
}

/// Where EC2 does not refuse, one place is left: between the read of the private IP and `AssociateAddress`.
#[test]
fn what_somebody_gives_the_instance_meanwhile_stays_but_in_the_one_window_that_ec2_leaves_open() {
    for doubts in (0..Doubts::COMBINATIONS).map(Doubts::numbered) {
        let windows = usize::from(doubts.occupied_target == OccupiedTarget::BumpsOff);
        let doubtful = |fleet: Fleet| fleet.world(|world| world.settings().doubts = doubts);
        for fleet in [
            doubtful(fleet().addresses(2).running(1)),
            doubtful(fleet().addresses(1).running(2).holding(1, 0).stopped(1)),
        ] {
            let instance = fleet.instances[0].clone();
            let scenario = fleet.scenario("intruded on", (0, "running"), 3, |_, _| Ok(()));
            let somebody = || giving_another(&instance);
            let intruded = explore_intrusions(&scenario, None, &somebody).unwrap();
            assert!(intruded.places > 4, "{intruded:?}");
            assert_eq!(intruded.broken.len(), windows, "{doubts:?} {intruded:?}");
            for history in &intruded.broken {
                let lost = "broke a promise: promise 1: AssociateAddress took";
                assert!(history.contains(lost), "{doubts:?} {history}");
            }
        }
    }
}
