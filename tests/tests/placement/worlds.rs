//! Worlds in which placement is easily wrong: other zones, several stopped members, addresses that ride on an
//! interface, reads that lag, somebody else between an answer and the read that verifies it. In each, what
//! `observe` mode says is what `enforce` mode does.

use ec2_sim::World;
use ec2_sim::api::{AssociateAddress, Request, Response, RunInstances, Tag, TagSpecification};
use futures_util::FutureExt;
use holdfast::events::parse;
use holdfast::report::{Outcome, PlacementReport, Report, Subject};
use holdfast_tests::client::TestBed;
use holdfast_tests::client::faults::Fault;
use holdfast_tests::explorer::promises::addresses;
use holdfast_tests::scenarios::failover::{attach, new_interface, tag_group};
use holdfast_tests::scenarios::placement::{Fleet, fleet, owner, state_change};
use std::sync::Arc;
use time::Duration;

const MOVE: [(&str, &str); 1] = [("holdfast:on-stop", "move")];

/// What `observe` mode says is what `enforce` mode does; then the event, and what was said of it.
fn told(fleet: &Fleet, instance: usize, came_into: &str) -> (Arc<TestBed>, Report) {
    let compared = fleet.would_do_what_it_does();
    assert!(compared.is_ok(), "{compared:?}");
    let bed = fleet.bed();
    let report = fleet.tell(&bed, instance, came_into);
    assert_eq!(bed.broken(), Vec::<String>::new());
    assert_eq!(bed.world().check(), Vec::<String>::new());
    (bed, report)
}

fn of(report: &Report) -> &PlacementReport {
    match &report.subject {
        Subject::Instance(placement) => placement,
        other => panic!("the report is about {other:?}"),
    }
}

fn holders(fleet: &Fleet, bed: &TestBed) -> Vec<Option<usize>> {
    let addresses = 0..fleet.addresses.len();
    addresses
        .map(|address| fleet.holder(bed, address))
        .collect()
}

/// One more running instance of the group, in that zone.
fn running_in(mut fleet: Fleet, zone: &str) -> Fleet {
    let request = RunInstances {
        min_count: 1,
        max_count: 1,
        availability_zone: Some(zone.to_owned()),
        tag_specifications: vec![TagSpecification {
            resource_type: "instance".to_owned(),
            tags: vec![Tag::new("holdfast:group", "web")],
        }],
        ..RunInstances::default()
    };
    let request = Request::RunInstances(request);
    match fleet.world.call(&owner(), &request, false) {
        Ok(Response::RunInstances(made)) => {
            fleet.instances.push(made.instances[0].instance_id.clone());
        }
        other => panic!("the scenario's own calls are good: {other:?}"),
    }
    fleet.after(Duration::seconds(30))
}

#[test]
fn an_address_goes_to_a_member_in_another_zone() {
    let moved = fleet().address(&MOVE).running(1).holding(0, 0).stopped(0);
    let fleet = running_in(moved, "us-east-1c");
    let (bed, report) = told(&fleet, 0, "stopped");
    assert_eq!(report.outcome, Outcome::HandedOver);
    assert_eq!(holders(&fleet, &bed), [Some(1)]);
}

#[test]
fn the_stop_of_one_of_two_stopped_members_hands_over_that_ones_address_only() {
    for stopped in [0, 1] {
        let fleet = fleet().address(&MOVE).address(&MOVE).running(3);
        let fleet = fleet.holding(0, 0).holding(1, 1).stopped(0).stopped(1);
        let (bed, report) = told(&fleet, stopped, "stopped");
        assert_eq!(of(&report).placed.len(), 1);
        let mut expected = [Some(0), Some(1)];
        expected[stopped] = Some(2);
        assert_eq!(holders(&fleet, &bed), expected);
    }
}

#[test]
fn an_address_that_is_kept_for_a_slot_and_one_of_no_group_stay_free() {
    let fleet = fleet()
        .address(&[("holdfast:slot", "spare")])
        .address(&[("holdfast:group", " ")])
        .running(2);
    for (instance, came_into) in [(0, "running"), (1, "stopped")] {
        let (bed, report) = told(&fleet, instance, came_into);
        assert!(of(&report).placed.is_empty());
        assert_eq!(holders(&fleet, &bed), [None, None]);
    }
}

/// Gives an instance a second interface, which moves among the group.
fn with_floating(mut fleet: Fleet, instance: usize) -> (Fleet, String) {
    let eni = new_interface(&mut fleet.world);
    tag_group(&mut fleet.world, &eni, &[]);
    attach(&mut fleet.world, &eni, &fleet.instances[instance], 1);
    (fleet.after(Duration::seconds(30)), eni)
}

#[test]
fn an_address_on_an_interface_that_moves_is_not_taken_by_an_instance_that_starts() {
    let group = fleet().address(&MOVE).running(2);
    let (mut fleet, eni) = with_floating(group, 1);
    let request = AssociateAddress {
        allocation_id: Some(fleet.addresses[0].clone()),
        network_interface_id: Some(eni),
        ..AssociateAddress::default()
    };
    let request = Request::AssociateAddress(request);
    assert!(fleet.world.call(&owner(), &request, false).is_ok());
    let fleet = fleet.stopped(1);
    for (instance, came_into) in [(0, "running"), (1, "stopped")] {
        let (bed, _) = told(&fleet, instance, came_into);
        assert_eq!(holders(&fleet, &bed), [Some(1)]);
    }
}

#[test]
fn an_instance_does_not_get_its_address_on_an_interface_that_moves_away() {
    let group = fleet().addresses(1).running(1);
    let (fleet, eni) = with_floating(group, 0);
    let (bed, report) = told(&fleet, 0, "running");
    assert_eq!(report.outcome, Outcome::Associated);
    let held = addresses(&bed.world());
    let association = held[&fleet.addresses[0]].association.clone();
    assert_ne!(
        association.map(|association| association.network_interface_id),
        Some(eni)
    );
}

#[test]
fn two_that_wait_share_two_of_equal_slots_and_leave_the_third_who_is_of_none() {
    let slot = [("holdfast:slot", "a")];
    let fleet = fleet().address(&slot).address(&slot).running(1);
    let fleet = fleet.running_with(&slot).running_with(&slot);
    let (_, report) = told(&fleet, 0, "running");
    assert_eq!(report.outcome, Outcome::NoFreeAddress);
    let bed = fleet.bed();
    for instance in [1, 2] {
        let report = fleet.tell(&bed, instance, "running");
        assert_eq!(report.outcome, Outcome::Associated);
    }
    assert!(!holders(&fleet, &bed).contains(&None));
}

#[test]
fn two_that_wait_and_one_address_one_of_them_has_it() {
    let fleet = fleet().addresses(1).running(3).stopped(0);
    let (bed, report) = told(&fleet, 0, "stopped");
    assert_eq!(report.outcome, Outcome::HandedOver);
    assert!(matches!(fleet.holder(&bed, 0), Some(1 | 2)));
}

#[test]
fn one_that_waits_is_not_given_the_free_address_and_the_stopped_ones_as_well() {
    let fleet = fleet().address(&MOVE).addresses(1).running(2);
    let fleet = fleet.holding(0, 0).stopped(0);
    let (bed, _) = told(&fleet, 0, "stopped");
    assert_eq!(holders(&fleet, &bed), [Some(1), None]);
    let made = |action| {
        bed.faults
            .names()
            .iter()
            .filter(|name| **name == action)
            .count()
    };
    assert_eq!(
        (made("DisassociateAddress"), made("AssociateAddress")),
        (1, 1)
    );
}

#[test]
fn an_event_of_another_region_changes_nothing() {
    let fleet = fleet().addresses(1).running(1);
    let bed = fleet.bed();
    let mut event = state_change(&fleet.instances[0], "running");
    event["region"] = "eu-central-1".into();
    let trigger = parse(&event).expect("the event can be read");
    let run = fleet.run(bed.client("holdfast-instance-start"), trigger);
    let report = run.now_or_never().expect("it ends").expect("a report");
    assert_eq!(report.outcome, Outcome::Ignored);
    assert!(
        report.summary.contains("eu-central-1"),
        "{}",
        report.summary
    );
    assert_eq!(bed.faults.names(), Vec::<&str>::new());
}

/// Reads lag from the beginning, by so many milliseconds.
fn lagging(fleet: Fleet, milliseconds: i64) -> Fleet {
    fleet.world(|world| world.set_read_lag(Duration::milliseconds(milliseconds)))
}

#[test]
fn reads_that_lag_after_an_address_is_taken_from_a_stopped_one_still_end_in_one_move() {
    for milliseconds in [100, 400, 700, 3000] {
        let fleet = fleet().address(&MOVE).running(2);
        let fleet = lagging(fleet.holding(0, 0).stopped(0), milliseconds);
        let fleet = fleet.after(Duration::seconds(10));
        let (bed, report) = told(&fleet, 0, "stopped");
        assert_eq!(report.outcome, Outcome::HandedOver, "{milliseconds}");
        let verified = of(&report).placed[0].association.verified;
        assert_eq!(verified, milliseconds < 600, "{milliseconds}");
        assert_eq!(holders(&fleet, &bed), [Some(1)]);
        assert_eq!(of(&report).attempts, 1);
    }
}

#[test]
fn reads_that_lag_make_no_instance_take_one_address_twice() {
    for milliseconds in [100, 400, 700, 3000] {
        let fleet = fleet()
            .address(&[("holdfast:slot", "a")])
            .address(&[("holdfast:slot", "b")])
            .running(1)
            .running_on(&[2], &[("holdfast:slot", "a,b")]);
        let fleet = lagging(fleet, milliseconds).after(Duration::seconds(10));
        let (without_faults, _) = told(&fleet, 1, "running");
        let names = without_faults.faults.names();
        let last = names.iter().rposition(|name| *name == "AssociateAddress");
        let bed = fleet.bed();
        let place = last.expect("it was associated");
        bed.faults.plan(&[(place, Fault::RequestLost)]);
        let report = fleet.tell(&bed, 1, "running");
        assert_eq!(report.outcome, Outcome::Associated);
        assert_eq!(of(&report).placed.len(), 2, "{milliseconds}");
        assert_eq!(bed.broken(), Vec::<String>::new());
        let associated = bed.faults.names().into_iter();
        let calls = associated.filter(|name| *name == "AssociateAddress");
        assert_eq!(calls.count(), 3, "{milliseconds}");
    }
}

/// The owner gives an address to an instance, whoever has it.
fn give(world: &mut World, allocation: &str, instance: &str) {
    let request = AssociateAddress {
        allocation_id: Some(allocation.to_owned()),
        instance_id: Some(instance.to_owned()),
        ..AssociateAddress::default()
    };
    let _ = world.call(&owner(), &Request::AssociateAddress(request), false);
}

#[test]
fn whoever_takes_the_address_before_any_call_has_it_and_no_report_says_otherwise() {
    for (lag, told) in [
        (0, (0, "running")),
        (0, (2, "stopped")),
        (400, (0, "running")),
        (400, (2, "stopped")),
    ] {
        let fleet = fleet().address(&MOVE).running(4).holding(2, 0).stopped(2);
        let fleet = lagging(fleet, lag).after(Duration::seconds(10));
        for place in 0..12 {
            let bed = fleet.bed();
            let (allocation, thief) = (fleet.addresses[0].clone(), fleet.instances[3].clone());
            let takes = Box::new(move |world: &mut World| give(world, &allocation, &thief));
            bed.intrude(place, takes);
            let client = bed.client("holdfast-instance-start");
            let run = fleet.deliver(client, told.0, told.1);
            drop(run.now_or_never().expect("no fault stops the run"));
            assert_eq!(bed.broken(), Vec::<String>::new(), "at {place}, lag {lag}");
            if bed.faults.names().len() > place {
                assert_eq!(fleet.holder(&bed, 0), Some(3), "at {place}, lag {lag}");
            }
        }
    }
}
