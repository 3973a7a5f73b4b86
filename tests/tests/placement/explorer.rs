//! Placement under every fault at every call, under pairs of faults, twice at once and two instances at
//! once; and the proof that this would be noticed: with a guard taken out of it, the explorer fails.
#![expect(
    clippy::panic,
    reason = "the helpers of tests fail as tests do, with the whole history"
)]

use ec2_sim::api::{AssociateAddress, InstanceState, Request};
use holdfast::report::Outcome;
use holdfast_tests::client::faults::SeededBug;
use holdfast_tests::client::{Intrusion, TestBed};
use holdfast_tests::explorer::{
    Intruded, Run, Scenario, explore, explore_intrusions, explore_with, interleave,
};
use holdfast_tests::scenarios::placement::{Fleet, fleet, owner, state_of, terminate};
use std::sync::{Arc, Mutex};
use time::Duration;

const RUNS: (usize, &str) = (0, "running");

/// Explores it in both modes, and holds what `observe` mode says against what `enforce` mode does.
fn survives(
    fleet: &Fleet,
    told: (usize, &'static str),
    most_changes: usize,
    goal: impl Fn(&Fleet, &TestBed) -> Result<(), String> + 'static,
) {
    let explored = |fleet: &Fleet, goal| {
        let scenario = fleet
            .clone()
            .scenario("placement", told, most_changes, goal);
        let coverage = explore(&scenario).unwrap_or_else(|history| panic!("{history}"));
        println!("{} calls, {} histories", coverage.calls, coverage.histories);
        coverage
    };
    let coverage = explored(fleet, Box::new(goal) as Goal);
    assert!(
        coverage.histories > coverage.calls * 6,
        "pairs of faults were explored as well"
    );
    let observing = fleet.clone().set("HOLDFAST_MODE", "observe");
    explored(&observing, Box::new(|_, _| Ok(())));
    says_what_it_would_do(fleet);
}

type Goal = Box<dyn Fn(&Fleet, &TestBed) -> Result<(), String>>;

fn says_what_it_would_do(fleet: &Fleet) -> usize {
    let compared = fleet.would_do_what_it_does();
    compared.unwrap_or_else(|difference| panic!("{difference}"))
}

fn withstands(intruded: Result<Intruded, String>) {
    let intruded = intruded.unwrap_or_else(|history| panic!("{history}"));
    println!("somebody else at {} places", intruded.places);
    assert_eq!(intruded.broken, Vec::<String>::new());
    assert!(intruded.places > 0);
}

/// The first instance has one address in the end.
fn is_placed(fleet: &Fleet, bed: &TestBed) -> Result<(), String> {
    fleet.must_hold(bed, 0, 1)
}

fn nobody_has_moved(fleet: &Fleet, bed: &TestBed) -> Result<(), String> {
    let before = fleet.bed();
    let moved = (0..fleet.addresses.len())
        .find(|&address| fleet.holder(bed, address) != fleet.holder(&before, address));
    moved.map_or(Ok(()), |address| {
        Err(format!("address {address} has moved"))
    })
}

#[test]
fn an_instance_gets_a_free_address_whatever_goes_wrong() {
    let fleet = fleet().addresses(2).running(1);
    survives(&fleet, RUNS, 1, is_placed);
}

#[test]
fn an_instance_gets_the_address_of_its_own_slot_whatever_goes_wrong() {
    let fleet = fleet()
        .address(&[("holdfast:slot", "b")])
        .address(&[])
        .address(&[("holdfast:slot", "a")])
        .running_with(&[("holdfast:slot", "a")]);
    survives(&fleet, RUNS, 1, |fleet, bed| match fleet.holder(bed, 2) {
        Some(0) => fleet.must_hold(bed, 0, 1),
        other => Err(format!("its slot's address is with {other:?}")),
    });
}

#[test]
fn an_instance_with_two_slots_and_two_interfaces_gets_both_addresses_whatever_goes_wrong() {
    let fleet = fleet()
        .address(&[("holdfast:slot", "a")])
        .address(&[("holdfast:slot", "b")])
        .running(1)
        .running_on(&[1, 1], &[("holdfast:slot", "a, b")]);
    let told = (1, "running");
    survives(&fleet, told, 2, |fleet, bed| fleet.must_hold(bed, 1, 2));
}

#[test]
fn an_instance_gets_the_address_of_one_that_is_stopped_whatever_goes_wrong() {
    let fleet = fleet().addresses(1).running(2).holding(1, 0).stopped(1);
    survives(&fleet, RUNS, 2, is_placed);
}

#[test]
fn an_instance_gets_the_address_of_one_that_is_about_to_end_whatever_goes_wrong() {
    let fleet = fleet().addresses(1).running(2).holding(1, 0).ending(1);
    survives(&fleet, RUNS, 2, is_placed);
}

#[test]
fn an_instance_that_has_its_address_is_left_alone() {
    let fleet = fleet().addresses(2).running(1).holding(0, 0);
    survives(&fleet, RUNS, 0, nobody_has_moved);
}

#[test]
fn where_every_address_is_with_a_running_instance_nothing_is_changed() {
    let fleet = fleet().addresses(1).running(2).holding(1, 0);
    survives(&fleet, RUNS, 0, nobody_has_moved);
}

#[test]
fn addresses_of_a_nat_gateway_of_a_service_and_of_another_group_are_never_touched() {
    let fleet = fleet()
        .addresses(2)
        .running(2)
        .address(&[("holdfast:group", "other")]);
    let (nat, alb) = (fleet.addresses[0].clone(), fleet.addresses[1].clone());
    let fleet = fleet.world(|world| {
        let subnet = holdfast_tests::scenarios::placement::default_subnet(world);
        let held = world.hold_by_nat_gateway(&nat, &subnet);
        held.expect("there is room for a NAT gateway");
        world.mark_service_managed(&alb, "alb");
    });
    survives(&fleet, RUNS, 0, nobody_has_moved);
}

#[test]
fn reads_that_lag_behind_change_nothing_in_the_end() {
    let fleet = fleet()
        .addresses(2)
        .running(1)
        .world(|world| world.set_read_lag(Duration::seconds(2)));
    survives(&fleet, RUNS, 1, is_placed);
}

#[test]
fn the_address_of_one_that_stops_goes_to_one_that_has_none_whatever_goes_wrong() {
    for state in ["stopping", "stopped", "shutting-down"] {
        let fleet = fleet()
            .address(&[("holdfast:on-stop", "move")])
            .running(3)
            .holding(0, 0);
        let fleet = match state {
            "stopping" => fleet.stopping(0),
            "stopped" => fleet.stopped(0),
            _ => fleet.ending(0),
        };
        survives(&fleet, (0, state), 2, |fleet, bed| {
            match fleet.holder(bed, 0) {
                Some(1 | 2) => Ok(()),
                other => Err(format!("it is with {other:?}")),
            }
        });
    }
}

#[test]
fn the_address_of_one_that_is_terminated_goes_to_one_that_waits_though_a_stop_would_not_move_it() {
    let fleet = fleet().addresses(1).running(2).holding(0, 0).ending(0);
    survives(&fleet, (0, "shutting-down"), 2, |fleet, bed| {
        match fleet.holder(bed, 0) {
            Some(1) => Ok(()),
            other => Err(format!("it is with {other:?}")),
        }
    });
}

#[test]
fn an_instance_that_is_only_warmed_gets_nothing_and_the_one_that_serves_does_whatever_goes_wrong() {
    let pool = |state| {
        let fleet = fleet().addresses(1).running(2);
        fleet
            .in_auto_scaling(0, state)
            .in_auto_scaling(1, "InService")
    };
    survives(&pool("Warmed:Running"), RUNS, 0, nobody_has_moved);
    survives(&pool("Warmed:Running"), (1, "running"), 1, |fleet, bed| {
        fleet.must_hold(bed, 1, 1)
    });
}

#[test]
fn the_address_of_a_warmed_instance_goes_on_when_it_is_stopped_whatever_goes_wrong() {
    let fleet = fleet().addresses(1).running(2).holding(0, 0).stopped(0);
    let fleet = fleet
        .in_auto_scaling(0, "Warmed:Stopped")
        .in_auto_scaling(1, "InService");
    survives(&fleet, (0, "stopped"), 2, |fleet, bed| {
        fleet.must_hold(bed, 1, 1)
    });
}

#[test]
fn the_address_of_one_that_stops_stays_where_nothing_asks_for_more() {
    let fleet = fleet().addresses(1).running(2).holding(0, 0).stopped(0);
    survives(&fleet, (0, "stopped"), 0, nobody_has_moved);
}

#[test]
fn two_deliveries_at_once_end_as_one_does_in_every_order() {
    let fleet = fleet().addresses(2).running(1);
    walks_all_orders(interleave::twice(
        &fleet.scenario("twice", RUNS, 1, is_placed),
    ));
}

#[test]
fn two_starters_for_one_address_one_holds_it_and_the_other_says_so_in_every_order() {
    let made = || impatient().addresses(1).running(2);
    walks_all_orders(two_at_once(made, [(0, "running"), (1, "running")], None));
}

#[test]
fn two_starters_for_the_address_of_a_stopped_one_end_with_one_holder_in_every_order() {
    let made = || impatient().addresses(1).running(3).holding(2, 0).stopped(2);
    walks_all_orders(two_at_once(made, [(0, "running"), (1, "running")], None));
}

#[test]
fn a_start_and_a_stop_for_the_same_address_end_with_one_holder_in_every_order() {
    let made = || {
        let moves = [("holdfast:on-stop", "move")];
        let fleet = impatient().address(&moves).running(3);
        fleet.holding(2, 0).stopped(2)
    };
    walks_all_orders(two_at_once(made, [(0, "running"), (2, "stopped")], None));
}

/// Who finds the pool empty looks once or twice more.
fn impatient() -> Fleet {
    fleet().set("HOLDFAST_POOL_WAIT_SECONDS", "2")
}

/// Two runs in every order: one of the first two instances has the one address in the end, the other
/// has none, and if both started, the other's report says that the pool is empty.
fn two_at_once(
    made: fn() -> Fleet,
    told: [(usize, &'static str); 2],
    seeded_bug: Option<SeededBug>,
) -> Result<usize, String> {
    let fleet = made();
    says_what_it_would_do(&fleet);
    let ends: Arc<Mutex<Vec<Outcome>>> = Arc::default();
    let (of_goal, of_runs) = (Arc::clone(&ends), ends);
    let scenario = made().scenario("two for one", RUNS, 3, move |fleet, bed| {
        let held = [0, 1].map(|instance| fleet.held_by(bed, instance).len());
        let mut ends = of_goal.lock().expect("nothing panicked").clone();
        ends.sort_unstable();
        match (held, ends.as_slice()) {
            ([1, 0] | [0, 1], [Outcome::Associated, Outcome::NoFreeAddress]) => Ok(()),
            ([1, 0] | [0, 1], _) if told[1].1 != "running" => Ok(()),
            _ => Err(format!("they have {held:?} and say {ends:?}")),
        }
    });
    let bed = scenario.bed;
    let scenario = Scenario {
        bed: Box::new(move || {
            let bed = bed();
            if let Some(seeded_bug) = seeded_bug {
                bed.faults.seeded_bug(seeded_bug);
            }
            bed
        }),
        ..scenario
    };
    interleave::both(&scenario, &|one, other| {
        of_runs.lock().expect("nothing panicked").clear();
        let noted = |run: Run<'static>| -> Run<'static> {
            let ends = Arc::clone(&of_runs);
            Box::pin(async move {
                let report = run.await?;
                ends.lock().expect("nothing panicked").push(report.outcome);
                Ok(report)
            })
        };
        (
            noted(fleet.deliver(one, told[0].0, told[0].1)),
            noted(fleet.deliver(other, told[1].0, told[1].1)),
        )
    })
}

fn walks_all_orders(walked: Result<usize, String>) {
    let orders = walked.unwrap_or_else(|history| panic!("{history}"));
    println!("{orders} orders");
    assert!(orders > 10, "only {orders} orders were walked");
}

#[test]
fn whoever_gives_the_address_to_something_else_meanwhile_keeps_it_so() {
    let fleet = fleet().addresses(1).running(2);
    let (allocation, other) = (fleet.addresses[0].clone(), fleet.instances[1].clone());
    let scenario = fleet.scenario("intruded on", RUNS, 1, |fleet, bed| {
        match fleet.holder(bed, 0) {
            Some(_) => Ok(()),
            None => Err("nobody has it".to_owned()),
        }
    });
    let somebody = move || -> Intrusion {
        let (allocation, other) = (allocation.clone(), other.clone());
        Box::new(move |world| {
            let request = AssociateAddress {
                allocation_id: Some(allocation),
                instance_id: Some(other),
                allow_reassociation: Some(false),
                ..AssociateAddress::default()
            };
            let _ = world.call(&owner(), &Request::AssociateAddress(request), false);
        })
    };
    withstands(explore_intrusions(&scenario, None, &somebody));
}

#[test]
fn an_instance_that_is_terminated_between_any_two_calls_strands_nothing() {
    let fleet = fleet().addresses(1).running(2).holding(1, 0).stopped(1);
    let id = fleet.instances[0].clone();
    let scenario = fleet.scenario("dies", RUNS, 2, |fleet, bed| {
        bed.pass(std::time::Duration::from_mins(1));
        match fleet.holder(bed, 0) {
            Some(0) if state_of(bed, &fleet.instances[0]) != Some(InstanceState::Running) => {
                Err("a dead instance has it".to_owned())
            }
            _ => Ok(()),
        }
    });
    let dies = move || -> Intrusion {
        let id = id.clone();
        Box::new(move |world| terminate(world, &id))
    };
    withstands(explore_intrusions(&scenario, None, &dies));
}

#[test]
fn with_reassociation_allowed_the_second_starter_would_rob_the_first_and_that_is_noticed() {
    let made = || impatient().addresses(1).running(2);
    let told = [(0, "running"), (1, "running")];
    let walked = two_at_once(made, told, Some(SeededBug::Reassociation));
    let history = walked.expect_err("nothing was noticed");
    assert!(history.contains("promise 1"), "{history}");
}

#[test]
fn with_holders_that_are_taken_for_down_a_running_one_would_be_stripped_and_that_is_noticed() {
    let fleet = fleet().addresses(1).running(2).holding(1, 0);
    let scenario = fleet.scenario("sabotaged", RUNS, 2, is_placed);
    let history = explore_with(&scenario, Some(SeededBug::HoldersLookDown));
    let history = history.expect_err("nothing was noticed");
    assert!(history.contains("promise 1"), "{history}");
}
