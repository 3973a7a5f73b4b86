//! A failover that cannot go on when it is half way: what is with nobody is said to be, and whoever comes next
//! ends what was begun.

use ec2_sim::alarms::{Alarm, AlarmState, Query};
use futures_util::FutureExt;
use holdfast::report::Outcome;
use holdfast_tests::client::TestBed;
use holdfast_tests::client::faults::Fault;
use holdfast_tests::scenarios::failover::{
    FailoverFixture, alarm_event, changes, fail, failed, fired, floating_address,
    floating_interface, heal, lease, stop, why,
};
use holdfast_tests::scenarios::placement::state_change;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

fn error_of(trio: &FailoverFixture, bed: &Arc<TestBed>, event: &Value) -> &'static str {
    let end = trio.try_told(bed, event);
    end.map_or_else(|error| error.name(), |_| "none")
}

#[test]
fn an_interface_that_nobody_may_attach_is_reported_as_stranded() {
    let (trio, bed, event) = failed(floating_interface());
    dies_after(&trio, &bed, &event, "DetachNetworkInterface");
    bed.world().deny("*", "AttachNetworkInterface");
    assert_eq!(error_of(&trio, &bed, &event), "Holdfast.Stranded");
}

#[test]
fn an_interface_is_not_detached_that_may_not_be_attached() {
    let (trio, bed, event) = failed(floating_interface());
    bed.world().deny("*", "AttachNetworkInterface");
    let report = trio.told(&bed, &event);
    assert_eq!(report.outcome, Outcome::Refused);
    assert!(
        why(&report).contains("is not permitted"),
        "{}",
        why(&report)
    );
    assert_eq!(changes(&bed), Vec::<&str>::new());
}

#[test]
fn an_address_that_nobody_may_associate_is_reported_as_stranded() {
    let trio = floating_address()
        .tagged("holdfast:on-stop", "move")
        .stopped(0);
    let bed = trio.bed();
    bed.world().deny("*", "AssociateAddress");
    let event = state_change(&trio.members[0], "stopped");
    assert_eq!(error_of(&trio, &bed, &event), "Holdfast.Stranded");
}

/// Something goes wrong with a call, the first of that name.
fn fails_at(trio: &FailoverFixture, bed: &Arc<TestBed>, event: &Value, name: &str, fault: Fault) {
    let rehearsal = trio.bed();
    drop(trio.told(&rehearsal, event));
    let names = rehearsal.faults.names();
    let call = names.iter().position(|it| *it == name);
    bed.faults.plan(&[(call.expect("it is made"), fault)]);
}

/// The run ends right after a call, and its lease a while later.
fn dies_after(trio: &FailoverFixture, bed: &Arc<TestBed>, event: &Value, name: &str) {
    fails_at(trio, bed, event, name, Fault::StopAfterReply);
    let run = trio.deliver(bed.client("holdfast"), event);
    assert!(run.now_or_never().is_none(), "it stops");
    bed.pass(Duration::from_mins(3));
}

fn dies_after_the_move(trio: &FailoverFixture, bed: &Arc<TestBed>, event: &Value) {
    dies_after(trio, bed, event, "AssociateAddress");
}

fn stopping() -> (FailoverFixture, Arc<TestBed>, Value) {
    failed(floating_address().tagged("holdfast:fence", "stop"))
}

#[test]
fn a_member_is_fenced_although_the_reply_of_the_move_was_lost() {
    let (trio, bed, event) = stopping();
    fails_at(&trio, &bed, &event, "AssociateAddress", Fault::ReplyLost);
    drop(trio.told(&bed, &event));
    assert_eq!(changes(&bed), ["AssociateAddress", "StopInstances"]);
}

#[test]
fn a_member_is_fenced_although_the_run_that_moved_died() {
    let (trio, bed, event) = stopping();
    dies_after_the_move(&trio, &bed, &event);
    drop(trio.told(&bed, &event));
    drop(trio.told(&bed, &event));
    assert_eq!(changes(&bed), ["AssociateAddress", "StopInstances"]);
}

#[test]
fn reconcile_fences_for_a_run_that_died() {
    let (trio, bed, event) = stopping();
    dies_after_the_move(&trio, &bed, &event);
    drop(trio.swept(&bed));
    drop(trio.swept(&bed));
    assert_eq!(changes(&bed), ["AssociateAddress", "StopInstances"]);
}

#[test]
fn a_member_that_is_well_again_is_not_fenced_for_a_run_that_died_and_a_person_is_told() {
    let (trio, bed, event) = stopping();
    dies_after_the_move(&trio, &bed, &event);
    heal(&mut bed.world(), &trio.members[0]);
    let report = trio.told(&bed, &event);
    assert_eq!(changes(&bed), ["AssociateAddress"]);
    let is_told = |what: &str| what.ends_with("was not fenced");
    assert!(report.findings.iter().any(|it| is_told(&it.what)));
}

#[test]
fn a_fence_that_ec2_did_not_answer_is_put_up_by_reconcile() {
    let (trio, bed, event) = stopping();
    fails_at(&trio, &bed, &event, "StopInstances", Fault::Throttled);
    drop(trio.told(&bed, &event));
    assert_eq!(changes(&bed), ["AssociateAddress"]);
    drop(trio.swept(&bed));
    assert_eq!(changes(&bed), ["AssociateAddress", "StopInstances"]);
}

/// An Elastic IP whose holder an alarm without an instance stands for; it fires.
fn without_an_instance(fence: &str) -> (FailoverFixture, Arc<TestBed>, Value) {
    let trio = floating_address().set("HOLDFAST_FENCE", fence);
    let trio = trio.tagged("holdfast:alarm", "web is down").world(|world| {
        let queries = vec![Query::Expression("SELECT MAX(Latency) FROM App".to_owned())];
        let alarm = Alarm::on_queries("web is down", queries);
        world.put_alarm(alarm).expect("it is good");
        world.set_alarm("web is down", AlarmState::Ok);
    });
    let bed = trio.bed();
    let event = fired(&mut bed.world(), "web is down");
    let trio = trio.world(|world| world.set_alarm("web is down", AlarmState::Alarm));
    (trio, bed, event)
}

#[test]
fn an_alarm_without_an_instance_moves_nothing_on_after_a_run_that_died() {
    let (trio, bed, event) = without_an_instance("none");
    dies_after_the_move(&trio, &bed, &event);
    drop(trio.told(&bed, &event));
    drop(trio.told(&bed, &event));
    assert_eq!(trio.holder(&bed), Some(1));
}

/// The second delivery notes who has the address by now, and dies before it has read what the first one did.
fn a_second_delivery_dies_with_the_lease() -> (FailoverFixture, Arc<TestBed>, Value) {
    let (trio, bed, event) = without_an_instance("stop");
    drop(trio.told(&bed, &event));
    assert_eq!(trio.holder(&bed), Some(1));
    bed.pass(Duration::from_mins(3));
    let calls = bed.faults.names();
    let claim = {
        let rehearsal = trio.bed();
        drop(trio.told(&rehearsal, &event));
        let before = rehearsal.faults.names().len();
        drop(trio.told(&rehearsal, &event));
        let again = rehearsal.faults.names().split_off(before);
        let claim = again.iter().position(|name| name.contains("lease"));
        claim.expect("it takes the lease")
    };
    let fault = [(calls.len() + claim, Fault::StopAfterReply)];
    bed.faults.plan(&fault);
    let run = trio.deliver(bed.client("holdfast"), &event);
    assert!(run.now_or_never().is_none(), "it dies");
    bed.pass(Duration::from_mins(3));
    (trio, bed, event)
}

#[test]
fn who_took_over_keeps_it_after_a_second_delivery_that_died_with_the_lease() {
    let (trio, bed, event) = a_second_delivery_dies_with_the_lease();
    let before = changes(&bed);
    drop(trio.told(&bed, &event));
    assert_eq!(changes(&bed), before);
    assert_eq!(trio.holder(&bed), Some(1));
}

#[test]
fn who_took_over_keeps_it_when_reconcile_ends_what_a_second_delivery_left() {
    let (trio, bed, _) = a_second_delivery_dies_with_the_lease();
    let before = changes(&bed);
    drop(trio.swept(&bed));
    drop(trio.swept(&bed));
    assert_eq!(changes(&bed), before);
    assert_eq!(trio.holder(&bed), Some(1));
}

#[test]
fn a_detachment_that_ec2_refuses_is_not_held_against_the_standbys() {
    let trio = floating_interface().world(|world| world.settings().refuses_to_detach = true);
    let (trio, bed, event) = failed(trio);
    let report = trio.told(&bed, &event);
    assert_eq!(report.outcome, Outcome::Refused);
    let names = bed.faults.names();
    let asked = names.iter().filter(|it| **it == "DetachNetworkInterface");
    assert_eq!(asked.count(), 1);
    let is_told = |what: &str| what.contains("was not taken from");
    assert!(report.findings.iter().any(|it| is_told(&it.what)));
}

#[test]
fn a_failover_whose_run_died_is_known_when_the_alarm_of_a_bystander_comes() {
    let (trio, bed, event) = failed(floating_interface().with_spare());
    dies_after(&trio, &bed, &event, "AttachNetworkInterface");
    fail(&mut bed.world(), &trio.members[2]);
    let another = alarm_event(&bed.world(), &trio.members[2]);
    drop(trio.told(&bed, &another));
    let lease = lease(&bed);
    assert_eq!((trio.holder(&bed), lease.in_progress), (Some(1), None));
    assert!(lease.last.is_some(), "no cooldown begins");
}

#[test]
fn a_second_delivery_of_an_alarm_without_an_instance_leaves_nothing_to_be_taken_up() {
    let (trio, bed, event) = without_an_instance("none");
    drop(trio.told(&bed, &event));
    drop(trio.told(&bed, &event));
    assert_eq!(lease(&bed).in_progress, None);
}

#[test]
fn an_alarm_that_was_refused_is_not_taken_up_when_its_member_is_stopped_and_keeps_its_address() {
    let (trio, bed, event) = failed(floating_address().failing(1).failing(2));
    drop(trio.told(&bed, &event));
    assert!(lease(&bed).in_progress.is_some(), "it is noted");
    stop(&mut bed.world(), &trio.members[0]);
    drop(trio.told(&bed, &state_change(&trio.members[0], "stopping")));
    assert_eq!(lease(&bed).in_progress, None);
}
