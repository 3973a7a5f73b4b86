//! What nobody knows about EC2 (`ec2_sim::Doubts`): failover keeps its promises on either side of each doubt, under every
//! fault at every call and under pairs of faults.
#![expect(
    clippy::panic,
    reason = "the helpers of tests fail as tests do, with the whole history"
)]

use crate::explorer::{down, failing, quick_interface};
use ec2_sim::Doubts;
use ec2_sim::api::{AssociateAddress, AttachNetworkInterface, DisassociateAddress, Request};
use ec2_sim::doubts::OccupiedTarget;
use holdfast_tests::client::Intrusion;
use holdfast_tests::explorer::{Coverage, Scenario, explore, explore_intrusions, explore_singly};
use holdfast_tests::scenarios::failover::{FailoverFixture, floating_address, floating_private_ip};
use holdfast_tests::scenarios::placement::owner;
use serde_json::Value;

/// What is explored in each world: an interface, a private IP and an Elastic IP that move from a sick holder, and an
/// interface and an Elastic IP that move from a stopped one.
fn scenarios(doubts: Doubts) -> Vec<Scenario> {
    let doubtful = |trio: FailoverFixture| trio.world(|world| world.settings().doubts = doubts);
    let stopped = |trio: FailoverFixture, name: &'static str| {
        let trio = doubtful(trio).stopped(0);
        let event = down(&trio, "stopped");
        trio.scenario(name, event, 2, |trio, bed| trio.must_be_with(bed, 1))
    };
    vec![
        failing(doubtful(quick_interface()), "interface", 2),
        failing(doubtful(floating_private_ip()), "private IP", 1),
        failing(doubtful(floating_address()), "Elastic IP", 1),
        stopped(quick_interface(), "stopped interface"),
        stopped(
            floating_address().tagged("holdfast:on-stop", "move"),
            "stopped Elastic IP",
        ),
    ]
}

fn explored(doubts: Doubts, scenario: &Scenario, coverage: Result<Coverage, String>) {
    let coverage = coverage.unwrap_or_else(|history| panic!("{doubts:?}\n{history}"));
    assert!(coverage.histories > coverage.calls);
    println!("{}: {} histories", scenario.name, coverage.histories);
}

#[test]
fn each_side_of_a_doubt_alone_breaks_no_promise_whatever_goes_wrong() {
    // The defaults are explored with pairs of faults everywhere else.
    for doubts in Doubts::alone().skip(1) {
        let scenarios = scenarios(doubts);
        for scenario in &scenarios {
            explored(doubts, scenario, explore_singly(scenario));
        }
        // The one that ends an association and begins another.
        let in_pairs = scenarios.last().expect("there are five");
        explored(doubts, in_pairs, explore(in_pairs));
    }
}

#[test]
fn every_pair_of_sides_of_two_doubts_breaks_no_promise_whatever_goes_wrong() {
    for doubts in Doubts::pairwise() {
        for scenario in scenarios(doubts) {
            explored(doubts, &scenario, explore_singly(&scenario));
        }
    }
}

/// Somebody else's call at every place between two calls, under every combination of doubts.
fn withstands(
    combinations: impl Iterator<Item = Doubts>,
    scenario: impl Fn(Doubts) -> (Scenario, Request),
) {
    for doubts in combinations {
        let (scenario, call) = scenario(doubts);
        let somebody = || -> Intrusion {
            let call = call.clone();
            Box::new(move |world| drop(world.call(&owner(), &call, false)))
        };
        let intruded = explore_intrusions(&scenario, None, &somebody);
        let intruded = intruded.unwrap_or_else(|history| panic!("{doubts:?}\n{history}"));
        assert_eq!(intruded.broken, Vec::<String>::new(), "{doubts:?}");
        assert!(intruded.places > 0);
        println!("somebody else at {} places, {doubts:?}", intruded.places);
    }
}

fn all() -> impl Iterator<Item = Doubts> {
    (0..Doubts::COMBINATIONS).map(Doubts::numbered)
}

/// Once somebody else has acted, the promises hold and the run ends; where the address is, is theirs to say.
fn comes_to_rest(trio: FailoverFixture, event: Value) -> Scenario {
    trio.scenario("intruded on", event, 3, |_, _| Ok(()))
}

fn associating(allocation: &str, instance: &str) -> Request {
    Request::AssociateAddress(AssociateAddress {
        allocation_id: Some(allocation.to_owned()),
        instance_id: Some(instance.to_owned()),
        allow_reassociation: Some(false),
        ..AssociateAddress::default()
    })
}

#[test]
fn an_association_that_somebody_ends_meanwhile_breaks_no_promise() {
    withstands(all(), |doubts| {
        let trio = floating_address().tagged("holdfast:on-stop", "move");
        let trio = trio
            .world(|world| world.settings().doubts = doubts)
            .stopped(0);
        let found = trio.association().expect("the address is associated");
        let event = down(&trio, "stopped");
        let call = Request::DisassociateAddress(DisassociateAddress {
            association_id: Some(found),
            ..DisassociateAddress::default()
        });
        (comes_to_rest(trio, event), call)
    });
}

/// Where EC2 refuses. Where it does not, an address that somebody puts on the standby between the read of the addresses and
/// `AssociateAddress` is bumped off: nothing but another read would tell, and the window would only be smaller.
#[test]
fn an_address_that_somebody_puts_on_the_standby_meanwhile_stays_where_ec2_protects_it() {
    let refusing = all().filter(|it| it.occupied_target == OccupiedTarget::Refuses);
    withstands(refusing, |doubts| {
        let trio = floating_address().tagged("holdfast:on-stop", "move");
        let mut trio = trio
            .world(|world| world.settings().doubts = doubts)
            .stopped(0);
        let other = trio.another_address();
        let call = associating(&other, &trio.members[1]);
        let event = down(&trio, "stopped");
        (comes_to_rest(trio, event), call)
    });
}

#[test]
fn an_interface_that_somebody_attaches_meanwhile_breaks_no_promise() {
    withstands(all(), |doubts| {
        let trio = quick_interface().world(|world| world.settings().doubts = doubts);
        let trio = trio.stopped(0);
        let call = Request::AttachNetworkInterface(AttachNetworkInterface {
            network_interface_id: trio.eni.clone(),
            instance_id: trio.members[2].clone(),
            device_index: 3,
            ..AttachNetworkInterface::default()
        });
        let event = down(&trio, "stopped");
        (comes_to_rest(trio, event), call)
    });
}
