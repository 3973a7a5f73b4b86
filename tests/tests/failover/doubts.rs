//! What nobody knows about EC2 (`ec2_sim::Doubts`): failover keeps its promises on either side of each doubt, under every
//! fault at every call and under pairs of faults.
#![expect(
    clippy::panic,
    reason = "the helpers of tests fail as tests do, with the whole history"
)]

use crate::explorer::{down, failing, quick_interface};
use ec2_sim::api::{AssociateAddress, AttachNetworkInterface, DisassociateAddress, Request};
use ec2_sim::doubts::OccupiedTarget;
use ec2_sim::{Doubts, World};
use futures_util::FutureExt;
use holdfast::events::parse;
use holdfast::reconcile;
use holdfast::report::{Finding, Outcome, Report};
use holdfast_tests::client::{Intrusion, TestBed};
use holdfast_tests::explorer::{
    Coverage, Intruded, Scenario, Share, explore, explore_intrusions, explore_share, explore_singly,
};
use holdfast_tests::scenarios::failover::{
    FailoverFixture, changes, floating_address, floating_private_ip,
};
use holdfast_tests::scenarios::placement::owner;
use serde_json::Value;
use std::sync::Arc;

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
    let Coverage {
        histories, pairs, ..
    } = coverage;
    println!(
        "{}: {histories} histories, {pairs} with two faults",
        scenario.name
    );
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

/// Every single fault in each world. The worlds share the pairs of faults: each pair happens in one of them.
#[test]
fn every_pair_of_sides_of_two_doubts_breaks_no_promise_whatever_goes_wrong_twice() {
    let of = Doubts::pairwise().count();
    for (part, doubts) in Doubts::pairwise().enumerate() {
        for scenario in scenarios(doubts) {
            let coverage = explore_share(&scenario, Share { part, of });
            assert!(
                coverage.as_ref().is_ok_and(|it| it.pairs > it.calls),
                "{coverage:?}"
            );
            explored(doubts, &scenario, coverage);
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
        let intruded = intruded(doubts, &scenario, &call);
        assert_eq!(intruded.broken, Vec::<String>::new(), "{doubts:?}");
    }
}

/// Somebody else's call at every place between two calls.
fn intruded(doubts: Doubts, scenario: &Scenario, call: &Request) -> Intruded {
    let somebody = || -> Intrusion {
        let call = call.clone();
        Box::new(move |world| drop(world.call(&owner(), &call, false)))
    };
    let intruded = explore_intrusions(scenario, None, &somebody);
    let intruded = intruded.unwrap_or_else(|history| panic!("{doubts:?}\n{history}"));
    assert!(intruded.places > 0);
    println!("somebody else at {} places, {doubts:?}", intruded.places);
    intruded
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

/// Right before Holdfast ends it. EC2 then says that there is none, or nothing: the address is free, and goes on.
#[test]
fn an_association_that_somebody_has_just_ended_is_no_refusal() {
    for doubts in all() {
        let trio = floating_address().tagged("holdfast:on-stop", "move");
        let trio = trio
            .world(|world| world.settings().doubts = doubts)
            .stopped(0);
        let end = Request::DisassociateAddress(DisassociateAddress {
            association_id: trio.association(),
            ..DisassociateAddress::default()
        });
        let event = down(&trio, "stopped");
        let bed = trio.bed();
        let place = trio.call_of(&bed, &event, "DisassociateAddress");
        let ends = move |world: &mut World| {
            world.call(&owner(), &end, false).expect("it is there");
        };
        bed.intrude(place, Box::new(ends));
        let report = trio.told(&bed, &event);
        assert_eq!(report.outcome, Outcome::FailedOver, "{}", report.summary);
        assert_eq!(trio.holder(&bed), Some(1));
    }
}

/// An Elastic IP that moves, and the call by which somebody puts another one on the standby.
struct Contested {
    trio: FailoverFixture,
    event: Value,
    call: Request,
    /// The address that is nobody's of the group.
    other: String,
    /// Whether the holder runs: then one call takes the address from it, with `AllowReassociation`.
    holder_runs: bool,
}

fn contested(doubts: Doubts) -> [Contested; 2] {
    [false, true].map(|holder_runs| {
        let trio = floating_address().world(|world| world.settings().doubts = doubts);
        let mut trio = if holder_runs {
            trio.failing(0)
        } else {
            trio.tagged("holdfast:on-stop", "move").stopped(0)
        };
        let other = trio.another_address();
        let call = associating(&other, &trio.members[1]);
        let event = if holder_runs {
            trio.alarm(0)
        } else {
            down(&trio, "stopped")
        };
        Contested {
            trio,
            event,
            call,
            other,
            holder_runs,
        }
    })
}

/// Where EC2 refuses, nothing is lost. Where it does not, an address is bumped off at one place alone: between the read of
/// the private IP and `AssociateAddress`. With `AllowReassociation`, EC2 refuses nothing on either side of the doubt.
#[test]
fn what_somebody_puts_on_the_standby_meanwhile_stays_but_in_the_one_window_that_ec2_leaves_open() {
    for doubts in all() {
        for contested in contested(doubts) {
            let is_refused = doubts.occupied_target == OccupiedTarget::Refuses;
            let windows = usize::from(contested.holder_runs || !is_refused);
            let call = contested.call;
            let scenario = comes_to_rest(contested.trio, contested.event);
            let intruded = intruded(doubts, &scenario, &call);
            assert_eq!(intruded.broken.len(), windows, "{doubts:?} {intruded:?}");
            for history in &intruded.broken {
                let lost = "broke a promise: promise 1: AssociateAddress took";
                assert!(history.contains(lost), "{doubts:?} {history}");
            }
        }
    }
}

/// Holdfast changes nothing that has no tag, so it does not put the address anywhere by itself.
#[test]
fn what_was_bumped_off_in_that_window_is_told_when_its_call_is_heard_of_and_stays_as_it_is() {
    for contested in contested(Doubts::default()) {
        let Contested {
            trio,
            event,
            call,
            other,
            ..
        } = contested;
        let bed = trio.bed();
        let place = trio.call_of(&bed, &event, "AssociateAddress");
        bed.intrude(
            place,
            Box::new(move |world| {
                world.call(&owner(), &call, false).expect("it is free");
            }),
        );
        let report = trio.told(&bed, &event);
        assert_eq!(trio.holder(&bed), Some(1), "{}", report.summary);
        // CloudTrail takes longer than EC2 lags.
        bed.pass(std::time::Duration::from_secs(10));
        let before = changes(&bed).len();
        let heard = hear_of_the_call(&bed, &other);
        let is_about_it = |it: &&Finding| it.what.contains(&other);
        let told: Vec<&Finding> = heard.findings.iter().filter(is_about_it).collect();
        assert_eq!(told.len(), 1, "{:?}", heard.findings);
        assert!(told[0].what.contains(&trio.allocation), "{:?}", told[0]);
        assert!(told[0].next.contains("aws ec2 associate-address"));
        assert_eq!(changes(&bed).len(), before, "nothing is changed");
    }
}

/// Reconcile takes note of everybody's `AssociateAddress`, which CloudTrail has told by then.
fn hear_of_the_call(bed: &Arc<TestBed>, allocation: &str) -> Report {
    let told = bed.world().take_events();
    let named = |event: &&Value| {
        let request = &event["detail"]["requestParameters"];
        event["detail"]["eventName"] == "AssociateAddress" && request["allocationId"] == *allocation
    };
    let event = told.iter().find(named).expect("CloudTrail tells of it");
    let trigger = parse(event).expect("the event can be read");
    let client = bed.client("holdfast-reconcile");
    let (ports, delivery) = (client.ports(), client.delivery(time::Duration::seconds(60)));
    let settings = floating_address().settings();
    let run = reconcile::run(&ports, &settings, &trigger, delivery);
    run.now_or_never()
        .expect("no fault stops the run")
        .expect("it ends well")
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
