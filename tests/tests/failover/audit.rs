//! Reconcile's part in failover: it finishes, takes up again, gives back, and says what is not ready.

use futures_util::FutureExt;
use holdfast::cloud::{ReadAddresses, Which};
use holdfast::error::Error;
use holdfast::failover::{self, Audit};
use holdfast::report::{GroupReport, Outcome, Report, Subject};
use holdfast_tests::client::Stage;
use holdfast_tests::client::tap::Fault;
use holdfast_tests::scenarios::failover::{
    TIMEOUT, Trio, attach, changes, detach, failed, floating_address, floating_interface, heal,
    new_interface, stop, tag_group, untag_group,
};
use holdfast_tests::scenarios::placement::terminate;
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

/// How often a call was made.
fn count(stage: &Stage, name: &str) -> usize {
    let names = stage.tap.names();
    names.iter().filter(|each| **each == name).count()
}

/// How often a lease was taken or written.
fn lease_writes(stage: &Stage) -> usize {
    count(stage, "ledger take lease") + count(stage, "ledger put lease")
}

/// The audit alone, without the rest of reconcile.
fn audited(trio: &Trio, stage: &Arc<Stage>) -> Result<Audit, Error> {
    let player = stage.player("holdfast-reconcile");
    let (ports, delivery) = (player.ports(), player.delivery(TIMEOUT));
    let settings = trio.settings();
    let run = async {
        let addresses = ports.cloud.addresses(&Which::All).await;
        let addresses = addresses.expect("nothing goes wrong before");
        let by_id = addresses.into_iter().map(|it| (it.allocation.clone(), it));
        failover::audit(&ports, &settings, &by_id.collect(), delivery).await
    };
    run.now_or_never().expect("no fault stops the run")
}

/// The first member has failed over to the second, and is well again.
fn away() -> (Trio, Arc<Stage>) {
    let trio = floating_address().tagged("holdfast:failback", "30");
    let (trio, stage, event) = failed(trio);
    assert_eq!(trio.told(&stage, &event).outcome, Outcome::FailedOver);
    heal(&mut stage.world(), &trio.members[0]);
    (trio, stage)
}

#[test]
fn in_observe_mode_the_audit_writes_no_lease_and_gives_nothing_back() {
    let (trio, stage) = away();
    let observing = trio.clone().set("HOLDFAST_MODE", "observe");
    let (writes, made) = (lease_writes(&stage), changes(&stage));
    for _ in 0..3 {
        drop(observing.swept(&stage));
        stage.pass(Duration::from_mins(31));
    }
    assert_eq!((lease_writes(&stage), changes(&stage)), (writes, made));
    assert_eq!(trio.holder(&stage), Some(1));
}

#[test]
fn in_observe_mode_the_audit_ends_nothing_that_is_half_way() {
    let trio = floating_interface().failing(0);
    let stage = half_way(&trio);
    let observing = trio.clone().set("HOLDFAST_MODE", "observe");
    let (writes, made) = (lease_writes(&stage), changes(&stage));
    drop(observing.swept(&stage));
    assert_eq!((lease_writes(&stage), changes(&stage)), (writes, made));
}

#[test]
fn since_when_the_first_member_is_well_is_written_once() {
    let (trio, stage) = away();
    let before = lease_writes(&stage);
    drop(trio.swept(&stage));
    assert_eq!(lease_writes(&stage), before + 1);
    stage.pass(Duration::from_mins(10));
    drop(trio.swept(&stage));
    assert_eq!(lease_writes(&stage), before + 1);
}

#[test]
fn a_group_that_is_well_costs_no_lease_before_and_after_a_failover() {
    for trio in [floating_interface(), floating_address()] {
        let stage = trio.stage();
        drop(trio.swept(&stage));
        assert_eq!(lease_writes(&stage), 0);
        let (trio, stage, event) = failed(trio);
        drop(trio.told(&stage, &event));
        let before = lease_writes(&stage);
        drop(trio.swept(&stage));
        assert_eq!(lease_writes(&stage), before);
    }
}

#[test]
fn an_address_that_stays_with_its_stopped_holder_costs_no_lease() {
    let trio = floating_address().stopped(0);
    let stage = trio.stage();
    drop(trio.swept(&stage));
    assert_eq!((lease_writes(&stage), trio.holder(&stage)), (0, Some(0)));
    let moving = trio.tagged("holdfast:on-stop", "move");
    let stage = moving.stage();
    drop(audited(&moving, &stage));
    assert_eq!(moving.holder(&stage), Some(1));
}

#[test]
fn what_another_run_is_at_work_on_is_left_to_it() {
    let (trio, stage, event) = failed(floating_interface());
    let dies = {
        let rehearsal = trio.stage();
        drop(trio.told(&rehearsal, &event));
        let names = rehearsal.tap.names();
        let detach = names.iter().position(|it| *it == "DetachNetworkInterface");
        (detach.expect("it detaches"), Fault::StopAfterReply)
    };
    stage.tap.plan(&[dies]);
    let run = trio.deliver(stage.player("holdfast"), &event);
    assert!(run.now_or_never().is_none());
    let (writes, made) = (lease_writes(&stage), changes(&stage));
    let audit = audited(&trio, &stage).expect("it is looked at");
    assert_eq!(audit.failovers, []);
    assert_eq!((lease_writes(&stage), changes(&stage)), (writes, made));
}

#[test]
fn a_holder_that_stopped_beside_one_that_runs_is_found() {
    let trio = floating_interface().with_another_on(1).stopped(0);
    let stage = trio.stage();
    let audit = audited(&trio, &stage).expect("it is looked at");
    assert_eq!(audit.failovers[0].outcome, Outcome::FailedOver);
    assert_eq!(trio.holder(&stage), Some(1));
    assert_eq!(trio.other_holders(&stage), [Some(1)]);
}

#[test]
fn an_interface_that_is_with_nobody_is_found_beside_an_address_that_is_with_somebody() {
    let trio = floating_interface().with_another_on(1);
    let stage = trio.stage();
    detach(&mut stage.world(), &trio.eni);
    stage.pass(Duration::from_mins(1));
    drop(trio.swept(&stage));
    assert!(trio.holder(&stage).is_some());
}

#[test]
fn what_still_cannot_be_done_is_no_news_but_an_obstacle() {
    let trio = floating_address().failing(0).stopped(1).stopped(2);
    let stage = trio.stage();
    assert_eq!(trio.told(&stage, &trio.alarm(0)).outcome, Outcome::Refused);
    let audit = audited(&trio, &stage).expect("it is looked at");
    assert_eq!(audit.failovers, []);
    assert_eq!(audit.groups.len(), 1);
    assert!(!audit.groups[0].ready);
    assert_eq!(audit.findings, audit.groups[0].obstacles);
    assert!(!audit.findings.is_empty());
}

#[test]
fn where_there_are_no_groups_no_lease_and_no_alarm_is_read() {
    let trio = floating_address();
    let members = trio.members.clone();
    let trio = trio.world(|world| {
        for member in &members {
            untag_group(world, member);
        }
    });
    let stage = trio.stage();
    let audit = audited(&trio, &stage).expect("it is looked at");
    assert_eq!((audit.groups, audit.findings), (vec![], vec![]));
    assert_eq!(count(&stage, "ledger query leases"), 0);
    assert_eq!(count(&stage, "DescribeAlarms"), 0);
}

#[test]
fn a_group_without_members_is_not_ready_and_costs_nothing_more() {
    let trio = floating_interface();
    let (members, eni) = (trio.members.clone(), trio.eni.clone());
    let trio = trio.world(|world| {
        detach(world, &eni);
        world.advance(time::Duration::seconds(60));
        for member in &members {
            untag_group(world, member);
        }
    });
    let stage = trio.stage();
    let audit = audited(&trio, &stage).expect("it is looked at");
    assert_eq!((audit.groups.len(), audit.groups[0].ready), (1, false));
    assert_eq!(count(&stage, "DescribeInstances"), 1);
    assert_eq!(count(&stage, "DescribeAlarms"), 0);
}

#[test]
fn groups_that_may_not_be_looked_at_are_a_finding_and_a_look_that_fails_is_an_error() {
    let trio = floating_interface();
    let stage = trio.stage();
    stage.world().deny("*", "DescribeNetworkInterfaces");
    let audit = audited(&trio, &stage).expect("it goes on without them");
    assert_eq!(audit.groups, []);
    let what = &audit.findings[0].what;
    assert!(what.contains("is not known"), "{what}");

    let stage = trio.stage();
    stage.tap.plan(&[(1, Fault::Throttled)]);
    let error = audited(&trio, &stage).expect_err("EC2 does not answer");
    assert!(matches!(error, Error::Unfinished { .. }), "{error}");
}

#[test]
fn each_kind_of_call_is_rehearsed_once() {
    let trio = floating_interface();
    let first = trio.members[0].clone();
    let trio = trio.world(|world| {
        let eni = new_interface(world);
        tag_group(world, &eni, &[]);
        attach(world, &eni, &first, 2);
        world.advance(time::Duration::seconds(60));
    });
    let stage = trio.stage();
    let audit = audited(&trio, &stage).expect("it is looked at");
    assert!(audit.groups[0].ready, "{:?}", audit.findings);
    let world = stage.world();
    let rehearsed = world.calls().iter().filter(|call| call.dry_run);
    let rehearsed: Vec<_> = rehearsed.map(ec2_sim::world::Call::action).collect();
    assert_eq!(
        rehearsed,
        ["DetachNetworkInterface", "AttachNetworkInterface"]
    );
}

#[test]
fn a_group_that_lacks_a_permission_is_not_ready() {
    let trio = floating_interface();
    let stage = trio.stage();
    stage.world().deny("*", "DetachNetworkInterface");
    let audit = audited(&trio, &stage).expect("it is looked at");
    assert!(!audit.groups[0].ready);
    assert_eq!(audit.findings, audit.groups[0].obstacles);
    assert_eq!(audit.findings.len(), 1);
}
