//! Reconcile's part in failover: it finishes, takes up again, gives back, and says what is not ready.

use holdfast::report::{GroupReport, Outcome, Report, Subject};
use holdfast_tests::scenarios::failover::{
    Trio, detach, floating_address, floating_interface, heal, stop,
};
use holdfast_tests::scenarios::placement::terminate;
use holdfast_tests::sim::front::Stage;
use holdfast_tests::sim::front::tap::Fault;
use std::sync::Arc;
use std::time::Duration;

fn group(report: &Report) -> &GroupReport {
    match &report.subject {
        Subject::Sweep(sweep) => &sweep.groups[0],
        other => panic!("no sweep: {other:?}"),
    }
}

/// A run that died right after it had detached the interface.
fn half_way(trio: &Trio) -> Arc<Stage> {
    let stage = trio.stage();
    let calls = {
        let rehearsal = trio.stage();
        drop(trio.told(&rehearsal, &trio.alarm(0)));
        let names = rehearsal.tap.names();
        names
            .iter()
            .position(|name| *name == "DetachNetworkInterface")
            .expect("it detaches")
    };
    stage.tap.plan(&[(calls, Fault::StopAfterReply)]);
    let run = trio.deliver(stage.player("holdfast"), &trio.alarm(0));
    assert!(futures_util::FutureExt::now_or_never(run).is_none());
    stage.pass(Duration::from_mins(3));
    stage
}

#[test]
fn a_failover_that_stopped_half_way_is_finished() {
    let trio = floating_interface().failing(0);
    let stage = half_way(&trio);
    assert_eq!(trio.holder(&stage), None);
    let report = trio.swept(&stage);
    assert_eq!(
        (report.outcome, trio.holder(&stage)),
        (Outcome::FailedOver, Some(1))
    );
}

#[test]
fn it_is_finished_although_the_alarm_fires_no_more() {
    let trio = floating_interface().failing(0);
    let stage = half_way(&trio);
    heal(&mut stage.world(), &trio.members[0]);
    drop(trio.swept(&stage));
    assert_eq!(trio.holder(&stage), Some(1));
    assert_eq!(stage.broken(), Vec::<String>::new());
}

#[test]
fn a_holder_that_was_terminated_while_no_event_came_is_found() {
    let trio = floating_interface();
    let stage = trio.stage();
    terminate(&mut stage.world(), &trio.members[0]);
    stage.pass(Duration::from_mins(2));
    stage.world().take_events();
    drop(trio.swept(&stage));
    assert_eq!(trio.holder(&stage), Some(1));
}

#[test]
fn a_failover_that_found_no_standby_is_taken_up_when_there_is_one() {
    let trio = floating_address().failing(0).stopped(1).stopped(2);
    let stage = trio.stage();
    assert_eq!(trio.told(&stage, &trio.alarm(0)).outcome, Outcome::Refused);
    holdfast_tests::scenarios::placement::start(&mut stage.world(), &trio.members[2]);
    stage.pass(Duration::from_mins(5));
    let report = trio.swept(&stage);
    assert_eq!(
        (report.outcome, trio.holder(&stage)),
        (Outcome::FailedOver, Some(2))
    );
}

#[test]
fn a_group_whose_failover_would_work_is_ready() {
    let trio = floating_interface();
    let report = trio.swept(&trio.stage());
    let group = group(&report);
    assert!(group.ready, "{:?}", group.obstacles);
    assert_eq!(group.holders.len(), 1);
    assert_eq!(group.standbys[0].as_str(), trio.members[1]);
}

#[test]
fn a_group_without_a_standby_is_not_ready_and_says_what_to_change() {
    let trio = floating_interface().stopped(1).stopped(2);
    let report = trio.swept(&trio.stage());
    assert!(!group(&report).ready);
    let next = &group(&report).obstacles[0].next;
    assert!(
        next.starts_with("start it: aws ec2 start-instances"),
        "{next}"
    );
    assert!(
        report.summary.contains("not ready for a failover: web"),
        "{}",
        report.summary
    );
}

#[test]
fn a_permission_that_a_failover_would_lack_is_found_without_changing_anything() {
    let trio = floating_interface();
    let stage = trio.stage();
    stage.world().deny("*", "AttachNetworkInterface");
    let report = trio.swept(&stage);
    let why = &group(&report).obstacles[0].why;
    assert!(why.contains("ec2:AttachNetworkInterface"), "{why}");
    assert_eq!(trio.holder(&stage), Some(0));
}

#[test]
fn an_address_returns_to_the_first_member_when_that_has_been_well_for_long_enough() {
    let trio = floating_address()
        .tagged("holdfast:failback", "30")
        .failing(0);
    let stage = trio.stage();
    assert_eq!(
        trio.told(&stage, &trio.alarm(0)).outcome,
        Outcome::FailedOver
    );
    heal(&mut stage.world(), &trio.members[0]);
    drop(trio.swept(&stage));
    stage.pass(Duration::from_mins(20));
    drop(trio.swept(&stage));
    assert_eq!(trio.holder(&stage), Some(1), "not yet");
    stage.pass(Duration::from_mins(11));
    stage.give_up(&trio.members[1]);
    let report = trio.swept(&stage);
    assert_eq!(
        (report.outcome, trio.holder(&stage)),
        (Outcome::FailedBack, Some(0))
    );
}

#[test]
fn a_first_member_that_fails_meanwhile_begins_to_count_anew() {
    let trio = floating_address()
        .tagged("holdfast:failback", "30")
        .failing(0);
    let stage = trio.stage();
    assert_eq!(
        trio.told(&stage, &trio.alarm(0)).outcome,
        Outcome::FailedOver
    );
    heal(&mut stage.world(), &trio.members[0]);
    drop(trio.swept(&stage));
    stage.pass(Duration::from_mins(20));
    stop(&mut stage.world(), &trio.members[0]);
    stage.pass(Duration::from_mins(2));
    drop(trio.swept(&stage));
    holdfast_tests::scenarios::placement::start(&mut stage.world(), &trio.members[0]);
    stage.pass(Duration::from_mins(20));
    drop(trio.swept(&stage));
    assert_eq!(trio.holder(&stage), Some(1));
}

#[test]
fn an_interface_that_is_with_nobody_goes_to_a_member() {
    let trio = floating_interface();
    let stage = trio.stage();
    detach(&mut stage.world(), &trio.eni);
    stage.pass(Duration::from_mins(1));
    drop(trio.swept(&stage));
    assert!(trio.holder(&stage).is_some());
}

#[test]
fn a_group_that_is_stopped_for_the_night_is_not_ready_and_no_error() {
    let trio = floating_interface().stopped(1).stopped(2);
    let stage = trio.stage();
    detach(&mut stage.world(), &trio.eni);
    stop(&mut stage.world(), &trio.members[0]);
    stage.pass(Duration::from_mins(2));
    let report = trio.swept(&stage);
    assert!(!group(&report).ready);
    let told = report
        .findings
        .iter()
        .any(|finding| finding.what.contains("is with nobody"));
    assert!(told, "{:?}", report.findings);
}
