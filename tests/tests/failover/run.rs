//! One run of a failover from its first look to what it leaves in the lease: what it ends for others, what it
//! notes for whoever comes next, and what it says.

use ec2_sim::World;
use ec2_sim::alarms::{Alarm, AlarmState, Metric, Query};
use ec2_sim::api::{AllocateAddress, AssociateAddress, Request, Response, Tag, TagSpecification};
use holdfast::error::chain;
use holdfast::report::{MoveEnd, Outcome, Subject};
use holdfast_tests::client::TestBed;
use holdfast_tests::client::faults::Fault;
use holdfast_tests::explorer::promises::addresses;
use holdfast_tests::scenarios::failover::{
    FailoverFixture, alarm_of, changes, failed, failover_in, fired, floating_address,
    floating_interface, heal, hold_lease, lease, primary_interface, put_lease, switchover,
    tag_group, why,
};
use holdfast_tests::scenarios::placement::{owner, start, state_change, terminate};
use serde_json::json;
use std::time::Duration;

fn count(bed: &TestBed, name: &str) -> usize {
    let names = bed.faults.names();
    names.iter().filter(|it| **it == name).count()
}

/// An Elastic IP of a group that nobody has.
fn free_address(world: &mut World, group: &str) -> String {
    let tags = vec![Tag::new("holdfast:group", group)];
    let specification = TagSpecification {
        resource_type: "elastic-ip".to_owned(),
        tags,
    };
    let request = AllocateAddress {
        tag_specifications: vec![specification],
        ..AllocateAddress::default()
    };
    let answer = world.call(&owner(), &Request::AllocateAddress(request), false);
    match answer {
        Ok(Response::AllocateAddress(given)) => given.allocation_id,
        other => unreachable!("AllocateAddress answers with an address, not {other:?}"),
    }
}

fn give(world: &mut World, allocation: &str, member: &str) {
    let request = AssociateAddress {
        allocation_id: Some(allocation.to_owned()),
        network_interface_id: Some(primary_interface(world, member)),
        ..AssociateAddress::default()
    };
    let answer = world.call(&owner(), &Request::AssociateAddress(request), false);
    answer.expect("the owner may");
}

fn instance_of(bed: &TestBed, allocation: &str) -> Option<String> {
    let address = addresses(&bed.world()).remove(allocation)?;
    address.association?.instance_id
}

#[test]
fn a_group_whose_health_cannot_be_read_keeps_everything_and_its_lease_is_free_again() {
    let (trio, bed, event) = failed(floating_address());
    bed.world().deny("*", "DescribeInstanceStatus");
    let failure = trio.try_told(&bed, &event).expect_err("it cannot decide");
    assert_eq!(failure.name(), "Holdfast.Unfinished");
    assert!(failure.to_string().contains("nothing was touched"));
    assert_eq!((changes(&bed).len(), lease(&bed).held), (0, None));
    assert!(lease(&bed).in_progress.is_some());
}

#[test]
fn a_look_that_fails_after_a_call_leaves_the_rest_noted_for_the_next_run() {
    let (trio, bed, event) = failed(floating_address());
    let call = trio.call_of(&bed, &event, "AssociateAddress");
    bed.faults.plan(&[(call, Fault::Throttled)]);
    let deny = |world: &mut World| world.deny("*", "DescribeAddresses");
    bed.intrude(call + 1, Box::new(deny));
    let failure = trio.try_told(&bed, &event).expect_err("it is not done");
    assert_eq!(failure.name(), "Holdfast.Unfinished");
    let told = chain(&failure);
    assert!(told.contains("DescribeAddresses"), "{told}");
    let lease = lease(&bed);
    assert_eq!((lease.held, lease.last), (None, None));
    assert!(lease.in_progress.is_some());
}

fn noted_as_loosened(trio: &FailoverFixture, event: &serde_json::Value) -> Vec<String> {
    let bed = trio.bed();
    trio.dies_at(&bed, event, "ledger take lease", Fault::StopAfterReply);
    let noted = lease(&bed).in_progress.expect("it is noted");
    noted
        .pending_reassociation
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn only_the_addresses_of_those_that_are_down_and_leave_are_noted_as_let_go() {
    let mut trio = floating_address();
    trio.hold_another(1);
    let trio = trio.after(60).set("HOLDFAST_ON_STOP", "move");
    let running = trio.clone().failing(0);
    assert_eq!(noted_as_loosened(&running, &running.alarm(0)), [""; 0]);
    let trio = trio.stopped(0).stopped(1);
    let event = state_change(&trio.members[0], "stopped");
    let own = std::slice::from_ref(&trio.allocation);
    assert_eq!(noted_as_loosened(&trio, &event), own);
}

#[test]
fn what_a_run_left_half_way_is_ended_by_the_next_delivery_although_the_alarm_is_over() {
    let (trio, bed, event) = failed(floating_interface());
    trio.dies_at(
        &bed,
        &event,
        "DetachNetworkInterface",
        Fault::StopAfterReply,
    );
    bed.pass(Duration::from_mins(3));
    heal(&mut bed.world(), &trio.members[0]);
    drop(trio.told(&bed, &event));
    assert_eq!(trio.holder(&bed), Some(1));
    assert_eq!(bed.broken(), Vec::<String>::new());
    assert_eq!((lease(&bed).held, lease(&bed).in_progress), (None, None));
}

#[test]
fn what_was_left_of_a_stop_is_ended_although_the_member_runs_again() {
    let trio = floating_interface().stopped(0);
    let bed = trio.bed();
    let event = state_change(&trio.members[0], "stopped");
    trio.dies_at(
        &bed,
        &event,
        "DetachNetworkInterface",
        Fault::StopAfterReply,
    );
    bed.pass(Duration::from_mins(3));
    start(&mut bed.world(), &trio.members[0]);
    bed.pass(Duration::from_mins(3));
    drop(trio.told(&bed, &event));
    assert_eq!(trio.holder(&bed), Some(1));
}

#[test]
fn in_observe_mode_what_was_left_half_way_stays_as_it_is_when_the_alarm_is_over() {
    let (trio, bed, event) = failed(floating_interface());
    trio.dies_at(
        &bed,
        &event,
        "DetachNetworkInterface",
        Fault::StopAfterReply,
    );
    bed.pass(Duration::from_mins(3));
    heal(&mut bed.world(), &trio.members[0]);
    let noted = lease(&bed);
    let trio = trio.set("HOLDFAST_MODE", "observe");
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::Recovered);
    assert_eq!((changes(&bed).len(), lease(&bed)), (1, noted));
}

#[test]
fn the_end_of_one_alarm_ends_no_failover_that_another_led_to() {
    let trio = floating_address().failing(0).failing(1).failing(2);
    let bed = trio.bed();
    assert_eq!(trio.told(&bed, &trio.alarm(0)).outcome, Outcome::Refused);
    let noted = lease(&bed);
    heal(&mut bed.world(), &trio.members[1]);
    assert_eq!(trio.told(&bed, &trio.alarm(1)).outcome, Outcome::Recovered);
    assert_eq!(lease(&bed), noted);
    heal(&mut bed.world(), &trio.members[0]);
    assert_eq!(
        trio.told(&bed, &trio.alarm(0)).outcome,
        Outcome::AlreadyMoved
    );
    let after = lease(&bed);
    assert_eq!((after.in_progress, after.last), (None, None), "it is over");
    assert!(after.lease_number > noted.lease_number);
}

#[test]
fn an_alarm_that_is_over_when_the_lease_is_there_moves_nothing_and_leaves_nothing_noted() {
    let (trio, bed, event) = failed(floating_address());
    hold_lease(&bed, 5);
    let first = trio.members[0].clone();
    bed.intrude(8, Box::new(move |world| heal(world, &first)));
    let report = trio.told(&bed, &event);
    assert_eq!(
        (report.outcome, trio.holder(&bed)),
        (Outcome::Recovered, Some(0))
    );
    let lease = lease(&bed);
    assert_eq!(
        (lease.held, lease.in_progress, lease.last),
        (None, None, None)
    );
}

#[test]
fn an_address_of_the_group_that_is_free_on_purpose_is_left_so() {
    let mut trio = floating_address().failing(1);
    let free = free_address(&mut trio.world, "web");
    let bed = trio.bed();
    let report = trio.told(&bed, &trio.alarm(1));
    assert_eq!(report.outcome, Outcome::AlreadyMoved, "{}", report.summary);
    assert_eq!((instance_of(&bed, &free), changes(&bed).len()), (None, 0));
    assert_eq!(lease(&bed).in_progress, None);
}

#[test]
fn in_observe_mode_the_cooldown_of_the_group_is_told_and_that_of_another_is_not() {
    let (trio, bed, event) = failed(floating_address());
    let observe = trio.clone().set("HOLDFAST_MODE", "observe");
    drop(trio.told(&bed, &event));
    let event = fired(&mut bed.world(), &alarm_of(&trio.members[1]));
    let report = observe.told(&bed, &event);
    assert!(why(&report).contains("a moment ago"), "{}", why(&report));
    let mut other = lease(&bed);
    other.group = "db".to_owned();
    let (fresh, event) = (observe.bed(), trio.alarm(0));
    put_lease(&fresh, &other);
    let report = observe.told(&fresh, &event);
    assert_eq!(report.outcome, Outcome::WouldFailOver);
    assert!(!why(&report).contains("a moment ago"), "{}", why(&report));
    assert!(
        report.summary.contains(&trio.members[1]),
        "{}",
        report.summary
    );
}

#[test]
fn in_observe_mode_what_an_earlier_run_let_go_would_go_on() {
    let trio = floating_address()
        .set("HOLDFAST_ON_STOP", "move")
        .stopped(0);
    let bed = trio.bed();
    let event = state_change(&trio.members[0], "stopped");
    trio.dies_at(&bed, &event, "DisassociateAddress", Fault::StopAfterReply);
    bed.pass(Duration::from_mins(3));
    let before = lease(&bed);
    let observe = trio.clone().set("HOLDFAST_MODE", "observe");
    let report = observe.told(&bed, &event);
    assert_eq!(report.outcome, Outcome::WouldFailOver, "{}", report.summary);
    assert!(
        report.summary.contains(&trio.members[1]),
        "{}",
        report.summary
    );
    assert_eq!((changes(&bed).len(), lease(&bed)), (1, before));
}

/// Two groups: `web` with the first member and its interface, `db` with the others. One alarm is on the first
/// two, and the second has an Elastic IP of `db`.
fn two_groups() -> (FailoverFixture, String) {
    let mut trio = floating_interface();
    let [first, second, third] = [0, 1, 2].map(|member| trio.members[member].clone());
    let world = &mut trio.world;
    let allocation = free_address(world, "db");
    for member in [&second, &third] {
        tag_group(world, member, &[("holdfast:group", "db")]);
    }
    give(world, &allocation, &second);
    let metrics = [&first, &second].map(|id| Metric::of_instance("App", "Errors", id));
    let queries = metrics.map(Query::Metric).to_vec();
    let alarm = Alarm::on_queries("both", queries);
    world.put_alarm(alarm).expect("it is good");
    world.set_alarm("both", AlarmState::Ok);
    (trio.after(60), allocation)
}

#[test]
fn one_alarm_of_two_groups_moves_what_each_of_them_has() {
    let (trio, allocation) = two_groups();
    let bed = trio.bed();
    let event = fired(&mut bed.world(), "both");
    let report = trio.told(&bed, &event);
    assert_eq!(
        instance_of(&bed, &allocation).as_ref(),
        Some(&trio.members[2])
    );
    assert_eq!(trio.holder(&bed), Some(0), "there is no other in its group");
    assert_eq!(report.outcome, Outcome::Refused, "{}", report.summary);
    let Subject::Failovers(reports) = &report.subject else {
        panic!("each group has its report: {report:?}");
    };
    let each = reports.iter().map(failover_in);
    let each: Vec<(&str, u32)> = each
        .map(|one| (one.group.as_str(), one.mutating_calls))
        .collect();
    assert_eq!(each, [("web", 0), ("db", 1)]);
}

#[test]
fn a_group_that_cannot_be_finished_keeps_no_other_from_being_moved_and_is_tried_again() {
    let (trio, allocation) = two_groups();
    let bed = trio.bed();
    holdfast_tests::scenarios::failover::detach(&mut bed.world(), &trio.eni);
    bed.pass(Duration::from_mins(1));
    bed.world().deny("*", "AttachNetworkInterface");
    let event = fired(&mut bed.world(), "both");
    let failure = trio.try_told(&bed, &event).expect_err("one is stranded");
    assert_eq!(failure.name(), "Holdfast.Stranded");
    assert_eq!(
        instance_of(&bed, &allocation).as_ref(),
        Some(&trio.members[2])
    );
}

#[test]
fn what_is_with_nobody_is_offered_to_every_member_although_one_may_not_have_it() {
    let (trio, bed, event) = failed(floating_interface());
    trio.dies_at(
        &bed,
        &event,
        "DetachNetworkInterface",
        Fault::StopAfterReply,
    );
    bed.pass(Duration::from_mins(3));
    bed.world().deny("*", "AttachNetworkInterface");
    let failure = trio.try_told(&bed, &event).expect_err("nobody may");
    assert_eq!(failure.name(), "Holdfast.Stranded");
    assert_eq!(count(&bed, "AttachNetworkInterface"), 3);
}

#[test]
fn a_move_names_who_had_it_and_who_did_not_take_it() {
    let (trio, bed, event) = failed(floating_interface());
    let second = trio.members[1].clone();
    let call = trio.call_of(&bed, &event, "AttachNetworkInterface");
    bed.intrude(call, Box::new(move |world| terminate(world, &second)));
    let report = trio.told(&bed, &event);
    let one = &failover_in(&report).moves[0];
    let name = |id: &Option<holdfast::model::ids::InstanceId>| id.as_ref().map(ToString::to_string);
    assert_eq!(name(&one.from).as_ref(), Some(&trio.members[0]));
    assert_eq!(name(&one.to).as_ref(), Some(&trio.members[2]));
    let tried: Vec<String> = one.tried.iter().map(|it| it.standby.to_string()).collect();
    assert_eq!(
        (one.end, tried),
        (MoveEnd::Moved, vec![trio.members[1].clone()])
    );
    let phases: Vec<&str> = one.phases.iter().map(|phase| phase.name).collect();
    assert_eq!(phases.last(), Some(&"verified"), "{phases:?}");
}

#[test]
fn a_move_whose_answer_was_lost_is_said_to_be_there() {
    let (trio, bed, event) = failed(floating_address());
    let call = trio.call_of(&bed, &event, "AssociateAddress");
    bed.faults.plan(&[(call, Fault::ReplyLost)]);
    let report = trio.told(&bed, &event);
    let one = &failover_in(&report).moves[0];
    assert_eq!(one.end, MoveEnd::AlreadyThere);
    assert_eq!(lease(&bed).last.and_then(|last| last.to), one.to);
    assert_eq!((lease(&bed).in_progress, changes(&bed).len()), (None, 1));
}

#[test]
fn a_failover_whose_run_died_after_the_move_is_known_when_the_next_run_finds_it() {
    let (trio, bed, event) = failed(floating_address().tagged("holdfast:fence", "stop"));
    trio.dies_at(&bed, &event, "AssociateAddress", Fault::StopAfterReply);
    bed.pass(Duration::from_mins(3));
    let noted = lease(&bed).in_progress.expect("it is noted");
    assert!(!noted.pending_fences.is_empty());
    drop(trio.told(&bed, &event));
    let now = bed.world().now();
    let lease = lease(&bed);
    assert_eq!((lease.held, lease.in_progress), (None, None));
    let last = lease.last.expect("it has failed over");
    assert_eq!((&last.cause, last.ended_at), (&noted.cause, Some(now)));
    assert_eq!(
        (
            last.failed_members,
            last.pending_fences.len(),
            last.pending_reassociation.len()
        ),
        (noted.failed_members, 0, 0)
    );
    let event = fired(&mut bed.world(), &alarm_of(&trio.members[1]));
    let report = trio.told(&bed, &event);
    assert!(why(&report).contains("a moment ago"), "{}", why(&report));
    assert_eq!(trio.holder(&bed), Some(1));
}

#[test]
fn after_each_move_the_first_member_begins_to_count_anew() {
    let (trio, bed, event) = failed(floating_address().tagged("holdfast:failback", "30"));
    drop(trio.told(&bed, &event));
    heal(&mut bed.world(), &trio.members[0]);
    drop(trio.swept(&bed));
    assert!(lease(&bed).failback_target_healthy_since.is_some());
    drop(trio.told(&bed, &switchover(Some(&trio.members[2]))));
    assert_eq!(trio.holder(&bed), Some(2));
    assert_eq!(lease(&bed).failback_target_healthy_since, None);
}

#[test]
fn an_attachment_that_takes_minutes_is_not_asked_for_again() {
    let trio = floating_interface();
    let trio = trio.world(|world| world.settings().attach_delay = time::Duration::seconds(200));
    let (trio, bed, event) = failed(trio);
    let began = bed.world().now();
    drop(trio.try_told(&bed, &event));
    assert!(bed.world().now() - began < time::Duration::seconds(120));
    assert_eq!(lease(&bed).held, None);
    drop(trio.try_told(&bed, &event));
    bed.pass(Duration::from_mins(3));
    drop(trio.told(&bed, &event));
    assert_eq!((trio.holder(&bed), changes(&bed).len()), (Some(1), 2));
    assert_eq!(lease(&bed).held, None);
}

#[test]
fn a_group_that_nobody_knows_is_said_to_have_no_members() {
    for what in ["plan", "failover"] {
        let trio = floating_address();
        let bed = trio.bed();
        let report = trio.told(&bed, &json!({"holdfast": what, "group": "wbe"}));
        assert_eq!(report.outcome, Outcome::Refused);
        let words = "no instance has the tag holdfast:group = wbe";
        assert!(report.summary.contains(words), "{}", report.summary);
        assert!(!bed.faults.names().contains(&"ledger take lease"));
    }
}
