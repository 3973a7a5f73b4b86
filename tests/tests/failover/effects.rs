//! An accepted call is not ownership: what happens between the call and what EC2 shows of it, for each way in
//! which something moves.

use ec2_sim::World;
use ec2_sim::api::{AssignPrivateIpAddresses, AssociateAddress, Request};
use holdfast::model::ids::InstanceId;
use holdfast::report::{MoveEnd, MoveReport, Outcome, Report};
use holdfast_tests::client::{Intrusion, TestBed};
use holdfast_tests::scenarios::failover::{
    FailoverFixture, attach, changes, detach, failed, failover_in, floating_address,
    floating_interface, floating_private_ip, floating_private_ips, last_change_at,
    primary_interface, stop,
};
use holdfast_tests::scenarios::placement::{owner, terminate};
use serde_json::Value;
use std::sync::Arc;
use time::Duration;

/// A group for each way to move, and the call that moves it.
fn movers() -> [(FailoverFixture, &'static str); 3] {
    [
        (floating_interface(), "AttachNetworkInterface"),
        (floating_private_ip(), "AssignPrivateIpAddresses"),
        (floating_address(), "AssociateAddress"),
    ]
}

/// The first member fails, and right after the call that moves something, somebody else acts.
fn interfered(
    trio: FailoverFixture,
    call: &str,
    what: Intrusion,
) -> (FailoverFixture, Arc<TestBed>, Report) {
    let (trio, bed, event) = failed(trio);
    bed.intrude(trio.number_of(&event, call) + 1, what);
    let report = trio.told(&bed, &event);
    (trio, bed, report)
}

fn only_move(report: &Report) -> &MoveReport {
    &failover_in(report).moves[0]
}

/// A person gives what moves to a member, whoever has it.
fn by_hand(trio: &FailoverFixture, call: &str, member: usize) -> Intrusion {
    let (eni, allocation, ip) = (
        trio.eni.clone(),
        trio.allocation.clone(),
        trio.private_ip.clone(),
    );
    let (to, call) = (trio.members[member].clone(), call.to_owned());
    Box::new(move |world: &mut World| {
        let own = primary_interface(world, &to);
        let request = match call.as_str() {
            "AttachNetworkInterface" => {
                detach(world, &eni);
                world.advance(Duration::seconds(5));
                return attach(world, &eni, &to, 1);
            }
            "AssignPrivateIpAddresses" => {
                Request::AssignPrivateIpAddresses(AssignPrivateIpAddresses {
                    network_interface_id: own,
                    private_ip_addresses: vec![ip],
                    secondary_private_ip_address_count: None,
                    allow_reassignment: true,
                })
            }
            _ => Request::AssociateAddress(AssociateAddress {
                allocation_id: Some(allocation),
                network_interface_id: Some(own),
                allow_reassociation: Some(true),
                ..AssociateAddress::default()
            }),
        };
        let answer = world.call(&owner(), &request, false);
        answer.expect("a person may");
    })
}

#[test]
fn nothing_counts_as_moved_before_ec2_shows_it() {
    let lag = Duration::seconds(3);
    for (trio, _) in movers() {
        let lagging = trio.world(|world| world.set_read_lag(lag)).after(10);
        let (trio, bed, event) = failed(lagging);
        bed.pass(std::time::Duration::from_secs(5));
        let report = trio.told(&bed, &event);
        assert_eq!(only_move(&report).end, MoveEnd::Moved, "{}", report.summary);
        assert_eq!(trio.holder(&bed), Some(1));
        let now = bed.world().now();
        assert!(now - last_change_at(&bed) >= lag);
    }
}

#[test]
fn what_a_person_gives_to_another_standby_meanwhile_is_that_ones() {
    for (trio, call) in movers() {
        let person = by_hand(&trio, call, 2);
        let (trio, bed, report) = interfered(trio, call, person);
        assert_eq!(trio.holder(&bed), Some(2), "{}", report.summary);
        assert_eq!(report.outcome, Outcome::AlreadyMoved);
        let to = only_move(&report).to.as_ref();
        assert_eq!(to.map(InstanceId::as_str), Some(trio.members[2].as_str()));
        assert_eq!(bed.broken(), Vec::<String>::new());
    }
}

#[test]
fn what_comes_back_to_the_failed_member_meanwhile_is_moved_again() {
    for (trio, call) in movers() {
        let person = by_hand(&trio, call, 0);
        let (trio, bed, report) = interfered(trio, call, person);
        assert_eq!(
            (report.outcome, trio.holder(&bed)),
            (Outcome::FailedOver, Some(1))
        );
        assert_eq!(changes(&bed).iter().filter(|it| **it == call).count(), 2);
    }
}

#[test]
fn a_standby_that_is_terminated_on_the_way_is_passed_over() {
    for (trio, call) in movers() {
        let second = trio.members[1].clone();
        let ends: Intrusion = Box::new(move |world| terminate(world, &second));
        let (trio, bed, report) = interfered(trio, call, ends);
        assert_eq!(
            (report.outcome, trio.holder(&bed)),
            (Outcome::FailedOver, Some(2)),
            "{call}: {}",
            report.summary
        );
        let now = bed.world().now();
        assert!(now - last_change_at(&bed) < Duration::seconds(10));
    }
}

#[test]
fn a_standby_that_is_stopped_on_the_way_is_passed_over() {
    for (trio, call) in movers() {
        let second = trio.members[1].clone();
        let stops: Intrusion = Box::new(move |world| stop(world, &second));
        let (trio, bed, report) = interfered(trio, call, stops);
        assert_eq!(
            (report.outcome, trio.holder(&bed)),
            (Outcome::FailedOver, Some(2)),
            "{call}: {}",
            report.summary
        );
    }
}

#[test]
fn an_interface_that_is_attached_anew_before_it_is_detached_is_looked_at_again() {
    let (trio, bed, event) = failed(floating_interface());
    let again = by_hand(&trio, "AttachNetworkInterface", 0);
    bed.intrude(trio.number_of(&event, "DetachNetworkInterface"), again);
    let report = trio.told(&bed, &event);
    assert_eq!(
        (report.outcome, trio.holder(&bed)),
        (Outcome::FailedOver, Some(1))
    );
    assert_eq!(
        changes(&bed),
        ["DetachNetworkInterface", "AttachNetworkInterface"]
    );
}

/// Nothing detaches the interface, not even force.
fn never_detached() -> (FailoverFixture, Arc<TestBed>, Value) {
    let never = Duration::days(1);
    failed(floating_interface().delays(never, Duration::seconds(2)))
}

#[test]
fn a_detachment_that_never_ends_is_an_error_in_time_and_is_ended_by_a_later_run() {
    let (trio, bed, event) = never_detached();
    let began_at = bed.world().now();
    let error = trio.try_told(&bed, &event).expect_err("it is not finished");
    assert_eq!(error.name(), "Holdfast.OutOfTime");
    assert!(bed.world().now() - began_at <= Duration::seconds(119));
    assert!(!bed.faults.names().contains(&"AttachNetworkInterface"));
    bed.pass(std::time::Duration::from_hours(24));
    drop(trio.swept(&bed));
    assert_eq!(trio.holder(&bed), Some(1));
}

#[test]
fn two_private_ips_of_an_interface_move_together_with_the_elastic_ip_on_one() {
    let (trio, bed, event) = failed(floating_private_ips());
    let before = trio.private_ips(&bed, 0);
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    assert_eq!(changes(&bed), ["AssignPrivateIpAddresses"]);
    let now = trio.private_ips(&bed, 1);
    assert!(
        before[1..].iter().all(|ip| now.contains(ip)),
        "{before:?}, {now:?}"
    );
    assert_eq!((before.len(), now.len()), (3, 3));
    assert_eq!(trio.holder(&bed), Some(1));
}

#[test]
fn private_ips_of_which_a_person_takes_one_back_are_moved_again() {
    let trio = floating_private_ips();
    let call = "AssignPrivateIpAddresses";
    let one_back = by_hand(&trio, call, 0);
    let (trio, bed, report) = interfered(trio, call, one_back);
    assert_eq!(report.outcome, Outcome::FailedOver, "{}", report.summary);
    assert_eq!(trio.private_ips(&bed, 0).len(), 1);
    assert_eq!(trio.private_ips(&bed, 1).len(), 3);
}

#[test]
fn an_interface_that_stays_on_its_way_is_not_said_to_be_there() {
    let slow = floating_interface().delays(Duration::seconds(1), Duration::seconds(40));
    let (trio, bed, event) = failed(slow);
    let report = trio.told(&bed, &event);
    assert_eq!(report.outcome, Outcome::FailedOver, "{}", report.summary);
    let attachment = trio.interface(&bed).and_then(|it| it.attachment);
    assert_eq!(attachment.expect("it is attached").status, "attached");
}

#[test]
fn an_interface_that_is_deleted_on_its_way_is_not_said_to_be_with_a_healthy_member() {
    let (trio, bed, event) = failed(floating_interface());
    let eni = trio.eni.clone();
    let deleted: Intrusion = Box::new(move |world| {
        detach(world, &eni);
        world.advance(Duration::seconds(5));
        let request = ec2_sim::api::DeleteNetworkInterface {
            network_interface_id: eni,
        };
        let answer = world.call(&owner(), &Request::DeleteNetworkInterface(request), false);
        answer.expect("a person may");
    });
    bed.intrude(trio.number_of(&event, "AttachNetworkInterface"), deleted);
    let report = trio.told(&bed, &event);
    assert_eq!(only_move(&report).end, MoveEnd::Gone, "{}", report.summary);
    assert!(
        !report.summary.contains("healthy member"),
        "{}",
        report.summary
    );
}
