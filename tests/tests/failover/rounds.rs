//! A failover from one look to the next: how long it waits for EC2 and for the ledger, when it gives up, and what
//! it goes on with when something comes in between.

use ec2_sim::World;
use ec2_sim::alarms::{Alarm, AlarmState, Metric, Query};
use ec2_sim::api::Request;
use holdfast::error::Error;
use holdfast::report::{MoveEnd, Outcome};
use holdfast_tests::client::TestBed;
use holdfast_tests::client::faults::Fault;
use holdfast_tests::scenarios::failover::{
    FailoverFixture, attach, changes, detach, failed, failover_in, fired, first_change,
    floating_address, floating_interface, heal, hold_lease, lease, new_interface, put_lease, stop,
    switchover, tag_group, untag_group, why,
};
use serde_json::Value;
use std::sync::Arc;
use time::Duration;

fn count(bed: &TestBed, name: &str) -> usize {
    let names = bed.faults.names();
    names.iter().filter(|it| **it == name).count()
}

/// The first call of that name in a run for the event is throttled.
fn throttled_once(trio: &FailoverFixture, bed: &Arc<TestBed>, event: &Value, name: &str) {
    let call = trio.call_of(bed, event, name);
    bed.faults.plan(&[(call, Fault::Throttled)]);
}

/// How long a run takes that comes to nothing, and why it does.
fn time_until_it_fails(
    trio: &FailoverFixture,
    bed: &Arc<TestBed>,
    event: &Value,
) -> (Duration, Error) {
    let began = bed.world().now();
    let failure = trio.try_told(bed, event).expect_err("there is no answer");
    (bed.world().now() - began, failure)
}

// How long it waits.

#[test]
fn ec2_is_asked_again_at_most_every_five_seconds_while_there_is_time_to_act_on_the_answer() {
    let (trio, bed, event) = failed(floating_address());
    let faults: Vec<_> = (0..500).map(|call| (call, Fault::Throttled)).collect();
    bed.faults.plan(&faults);
    let (took, failure) = time_until_it_fails(&trio, &bed, &event);
    assert_eq!(failure.name(), "Holdfast.Unfinished");
    // 0.3, 0.6, 1.2, 2.4 and 4.8 seconds, then 5 each, as long as 12 of the 120 are left.
    assert_eq!(took, Duration::milliseconds(104_300));
}

#[test]
fn what_is_not_permitted_is_not_asked_for_again() {
    let (trio, bed, event) = failed(floating_address());
    bed.world().deny("*", "DescribeInstances");
    let (took, failure) = time_until_it_fails(&trio, &bed, &event);
    assert_eq!(failure.name(), "Holdfast.Unfinished");
    assert_eq!(
        (took, count(&bed, "DescribeInstances")),
        (Duration::ZERO, 1)
    );
}

#[test]
fn a_ledger_that_did_not_answer_is_asked_again_after_a_pause() {
    let (trio, bed, event) = failed(floating_address());
    throttled_once(&trio, &bed, &event, "ledger take lease");
    let began = bed.world().now();
    drop(trio.told(&bed, &event));
    let moved = first_change(&bed).expect("it moves");
    assert_eq!(moved - began, Duration::milliseconds(250));
}

#[test]
fn a_lease_that_is_about_to_end_is_asked_for_again_after_a_pause() {
    let (trio, bed, event) = failed(floating_address());
    let until = hold_lease(&bed, 1);
    bed.pass(std::time::Duration::from_millis(900));
    let began = bed.world().now();
    drop(trio.told(&bed, &event));
    let moved = first_change(&bed).expect("it moves");
    assert!(moved >= until);
    assert_eq!(moved - began, Duration::milliseconds(250));
}

#[test]
fn a_call_that_was_throttled_is_made_again_after_a_pause_and_a_look() {
    let (trio, bed, event) = failed(floating_address());
    throttled_once(&trio, &bed, &event, "AssociateAddress");
    let began = bed.world().now();
    assert_eq!(failover_in(&trio.told(&bed, &event)).looks, 2);
    let moved = first_change(&bed).expect("it moves");
    assert_eq!(moved - began, Duration::milliseconds(250));
}

#[test]
fn nothing_is_looked_at_again_when_only_the_report_can_be_ended_in_time() {
    let (trio, bed, event) = failed(floating_address());
    throttled_once(&trio, &bed, &event, "AssociateAddress");
    let trigger = holdfast::events::parse(&event).expect("it is an event");
    let client = bed.client("holdfast-alarm-failover");
    let (ports, settings) = (client.ports(), trio.settings());
    let delivery = client.delivery(Duration::milliseconds(2_200));
    let run = holdfast::alarm_failover::run(&ports, &settings, &trigger, delivery);
    let end = futures_util::FutureExt::now_or_never(run).expect("no fault stops the run");
    assert_eq!(end.expect_err("no time").name(), "Holdfast.Unfinished");
    assert_eq!(count(&bed, "DescribeAddresses"), 1);
    assert!(lease(&bed).in_progress.is_some());
}

#[test]
fn a_run_that_has_no_time_left_to_attach_an_interface_ends_after_one_look() {
    let (trio, bed, event) = failed(floating_interface());
    let end = trio.told_within(&bed, &event, 11);
    assert_eq!(end.expect_err("no time").name(), "Holdfast.OutOfTime");
    assert_eq!(changes(&bed), Vec::<&str>::new());
    assert_eq!(count(&bed, "DescribeAddresses"), 1);
}

// What it goes on with.

#[test]
fn an_address_that_comes_to_a_member_that_stops_meanwhile_goes_on_to_the_next() {
    let (trio, bed, event) = failed(floating_address());
    let call = trio.call_of(&bed, &event, "AssociateAddress");
    bed.faults.plan(&[(call, Fault::ReplyLost)]);
    let second = trio.members[1].clone();
    let stops = move |world: &mut World| stop(world, &second);
    bed.intrude(call + 1, Box::new(stops));
    drop(trio.told(&bed, &event));
    assert_eq!(trio.holder(&bed), Some(2));
}

#[test]
fn a_person_who_names_nobody_gets_everything_moved_although_a_part_of_it_takes_longer() {
    let trio = floating_interface().with_another_on(0);
    let (bed, wish) = (trio.bed(), switchover(None));
    throttled_once(&trio, &bed, &wish, "AssociateAddress");
    let report = trio.told(&bed, &wish);
    assert_eq!(report.outcome, Outcome::SwitchedOver, "{}", report.summary);
    assert_eq!(trio.holder(&bed), Some(1));
    assert_eq!(trio.other_holders(&bed), [Some(1)]);
}

#[test]
fn a_person_gets_everything_to_a_member_that_has_something_already() {
    let trio = floating_interface().with_another_on(1);
    let bed = trio.bed();
    let report = trio.told(&bed, &switchover(Some(&trio.members[1])));
    assert_eq!(report.outcome, Outcome::SwitchedOver, "{}", report.summary);
    assert_eq!(trio.holder(&bed), Some(1));
    assert_eq!(trio.other_holders(&bed), [Some(1)]);
}

#[test]
fn the_cooldown_holds_back_a_second_delivery_after_somebody_has_put_the_address_back() {
    let (trio, bed, event) = failed(floating_address());
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    trio.put_by_hand(&mut bed.world(), 0);
    let report = trio.told(&bed, &event);
    assert_eq!(report.outcome, Outcome::Refused);
    assert!(why(&report).contains("a moment ago"), "{}", why(&report));
    assert_eq!((changes(&bed).len(), trio.holder(&bed)), (1, Some(0)));
}

#[test]
fn what_a_healthy_member_has_already_is_no_failover_in_the_lease() {
    let trio = floating_address().with_spare().failing(1);
    let bed = trio.bed();
    let report = trio.told(&bed, &trio.alarm(1));
    assert_eq!(report.outcome, Outcome::AlreadyMoved);
    assert_eq!((lease(&bed).in_progress, lease(&bed).last), (None, None));
}

#[test]
fn what_an_alarm_without_an_instance_left_half_way_is_ended_although_the_alarm_is_over() {
    let trio = floating_interface().tagged("holdfast:alarm", "web is down");
    let trio = trio.world(|world| {
        let queries = vec![Query::Expression("SELECT MAX(Latency) FROM App".to_owned())];
        let alarm = Alarm::on_queries("web is down", queries);
        world.put_alarm(alarm).expect("it is good");
        world.set_alarm("web is down", AlarmState::Ok);
    });
    let bed = trio.bed();
    let event = fired(&mut bed.world(), "web is down");
    let detach = "DetachNetworkInterface";
    trio.dies_at(&bed, &event, detach, Fault::StopAfterReply);
    bed.pass(std::time::Duration::from_mins(3));
    bed.world().set_alarm("web is down", AlarmState::Ok);
    drop(trio.told(&bed, &event));
    assert_eq!(trio.holder(&bed), Some(1));
    assert_eq!(lease(&bed).in_progress, None);
}

#[test]
fn an_alarm_that_is_over_is_not_read_by_its_name_again() {
    let (trio, bed, event) = failed(floating_interface());
    let detach = "DetachNetworkInterface";
    trio.dies_at(&bed, &event, detach, Fault::StopAfterReply);
    bed.pass(std::time::Duration::from_mins(3));
    heal(&mut bed.world(), &trio.members[0]);
    let before = count(&bed, "DescribeAlarms");
    drop(trio.told(&bed, &event));
    // The one of the event, at the first look; and those on the members.
    assert_eq!(count(&bed, "DescribeAlarms") - before, 2);
}

/// One alarm on the first two members.
fn with_an_alarm_on_two(trio: FailoverFixture) -> FailoverFixture {
    let metrics = [0, 1].map(|it| Metric::of_instance("App", "Errors", &trio.members[it]));
    let alarm = Alarm::on_queries("both", metrics.map(Query::Metric).to_vec());
    trio.world(|world| {
        world.put_alarm(alarm).expect("it is good");
        world.set_alarm("both", AlarmState::Ok);
    })
}

#[test]
fn an_alarm_on_two_that_is_over_leaves_no_failover_in_the_lease_while_one_of_them_has_the_address()
{
    let trio = with_an_alarm_on_two(floating_address().stopped(2));
    let bed = trio.bed();
    let event = fired(&mut bed.world(), "both");
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::Refused);
    assert_eq!(
        lease(&bed).in_progress.map(|it| it.failed_members.len()),
        Some(2)
    );
    bed.world().set_alarm("both", AlarmState::Ok);
    drop(trio.told(&bed, &event));
    assert_eq!((lease(&bed).in_progress, lease(&bed).last), (None, None));
    assert_eq!(trio.holder(&bed), Some(0));
}

#[test]
fn nobody_is_fenced_while_something_of_another_failed_member_is_blocked() {
    let mut trio = floating_address().set("HOLDFAST_FENCE", "stop");
    trio.hold_another(1);
    let third = trio.members[2].clone();
    let trio = with_an_alarm_on_two(trio.after(60));
    let bed = trio.bed();
    let event = fired(&mut bed.world(), "both");
    // The third member has a private IP for one of the two Elastic IPs.
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::PartlyMoved);
    assert_eq!(changes(&bed), ["AssociateAddress"]);
    let room = new_interface(&mut bed.world());
    attach(&mut bed.world(), &room, &third, 1);
    bed.pass(std::time::Duration::from_secs(20));
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    let then = ["AssociateAddress", "StopInstances", "StopInstances"];
    assert_eq!(changes(&bed)[1..], then);
}

#[test]
fn the_cooldown_does_not_hold_back_the_rest_when_one_of_the_failed_has_left_the_group() {
    let trio = with_an_alarm_on_two(floating_interface().with_another_on(0));
    let third = trio.members[2].clone();
    let mut in_the_way = String::new();
    let trio = trio.with_interface(2, 1).world(|world| {
        in_the_way = new_interface(world);
        attach(world, &in_the_way, &third, 2);
    });
    let trio = trio.after(60);
    let bed = trio.bed();
    let event = fired(&mut bed.world(), "both");
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::PartlyMoved);
    untag_group(&mut bed.world(), &trio.members[1]);
    detach(&mut bed.world(), &in_the_way);
    bed.pass(std::time::Duration::from_secs(20));
    let report = trio.told(&bed, &event);
    assert_eq!(report.outcome, Outcome::FailedOver, "{}", why(&report));
    assert_eq!(trio.holder(&bed), Some(2));
}

#[test]
fn what_is_half_way_when_its_alarm_is_over_goes_to_nobody_whom_its_run_took_for_failed() {
    let (trio, bed, event) = failed(floating_interface());
    trio.dies_at(
        &bed,
        &event,
        "DetachNetworkInterface",
        Fault::StopAfterReply,
    );
    bed.pass(std::time::Duration::from_mins(3));
    let mut left = lease(&bed);
    let own = left.in_progress.clone().expect("it is noted");
    let mut later = own.clone();
    later.cause = "alarm other".to_owned();
    later.failed_members = [trio.members[1].parse().expect("it is an id")].into();
    later.to = trio.members[2].parse().ok();
    later.ended_at = Some(bed.world().now());
    left.last = Some(later);
    // It began before the cause, so the last failover counts as well, for an alarm that names no instance.
    let noted = left.in_progress.as_mut().expect("it is noted");
    noted.began_at -= Duration::hours(1);
    heal(&mut bed.world(), &trio.members[0]);
    let fresh = TestBed::new(bed.world().clone());
    put_lease(&fresh, &left);
    let report = trio.told(&fresh, &event);
    assert_eq!(failover_in(&report).moves[0].end, MoveEnd::Moved);
    assert_eq!(trio.holder(&fresh), Some(1));
}

// What it asks before it begins.

#[test]
fn only_what_fails_is_rehearsed_and_only_with_those_that_may_get_it() {
    let trio = floating_interface();
    let second = trio.members[1].clone();
    let trio = trio.world(|world| {
        let other = new_interface(world);
        tag_group(world, &other, &[]);
        attach(world, &other, &second, 1);
    });
    let (trio, bed, event) = failed(trio.stopped(2));
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    let world = bed.world();
    let rehearsed = world.calls().iter().filter(|call| call.dry_run);
    let rehearsed = rehearsed.map(|call| match &call.request {
        Request::AttachNetworkInterface(it) => {
            (&it.network_interface_id, &it.instance_id, it.device_index)
        }
        other => unreachable!("nothing else is rehearsed, but {other:?}"),
    });
    let rehearsed: Vec<_> = rehearsed.collect();
    assert_eq!(rehearsed, [(&trio.eni, &second, 1)]);
}
