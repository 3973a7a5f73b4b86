//! Reconcile's part in failover: it finishes, takes up again, gives back, and says what is not ready.

use futures_util::FutureExt;
use holdfast::alarm_failover;
use holdfast::alarm_failover::Audit;
use holdfast::cloud::{AddressFilter, ReadAddresses};
use holdfast::error::Error;
use holdfast::report::{GroupReport, Outcome, Report, Subject};
use holdfast_tests::client::TestBed;
use holdfast_tests::client::faults::Fault;
use holdfast_tests::scenarios::failover::{
    FailoverFixture, TIMEOUT, attach, changes, detach, failed, floating_address,
    floating_interface, heal, new_interface, stop, tag_group, untag_group,
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
fn half_way(trio: &FailoverFixture) -> Arc<TestBed> {
    let bed = trio.bed();
    let calls = {
        let rehearsal = trio.bed();
        drop(trio.told(&rehearsal, &trio.alarm(0)));
        let names = rehearsal.faults.names();
        names
            .iter()
            .position(|name| *name == "DetachNetworkInterface")
            .expect("it detaches")
    };
    bed.faults.plan(&[(calls, Fault::StopAfterReply)]);
    let run = trio.deliver(bed.client("holdfast"), &trio.alarm(0));
    assert!(futures_util::FutureExt::now_or_never(run).is_none());
    bed.pass(Duration::from_mins(3));
    bed
}

#[test]
fn a_failover_that_stopped_half_way_is_finished() {
    let trio = floating_interface().failing(0);
    let bed = half_way(&trio);
    assert_eq!(trio.holder(&bed), None);
    let report = trio.swept(&bed);
    assert_eq!(
        (report.outcome, trio.holder(&bed)),
        (Outcome::FailedOver, Some(1))
    );
}

#[test]
fn it_is_finished_although_the_alarm_fires_no_more() {
    let trio = floating_interface().failing(0);
    let bed = half_way(&trio);
    heal(&mut bed.world(), &trio.members[0]);
    drop(trio.swept(&bed));
    assert_eq!(trio.holder(&bed), Some(1));
    assert_eq!(bed.broken(), Vec::<String>::new());
}

#[test]
fn a_holder_that_was_terminated_while_no_event_came_is_found() {
    let trio = floating_interface();
    let bed = trio.bed();
    terminate(&mut bed.world(), &trio.members[0]);
    bed.pass(Duration::from_mins(2));
    bed.world().take_events();
    drop(trio.swept(&bed));
    assert_eq!(trio.holder(&bed), Some(1));
}

#[test]
fn a_failover_that_found_no_standby_is_taken_up_when_there_is_one() {
    let trio = floating_address().failing(0).stopped(1).stopped(2);
    let bed = trio.bed();
    assert_eq!(trio.told(&bed, &trio.alarm(0)).outcome, Outcome::Refused);
    holdfast_tests::scenarios::placement::start(&mut bed.world(), &trio.members[2]);
    bed.pass(Duration::from_mins(5));
    let report = trio.swept(&bed);
    assert_eq!(
        (report.outcome, trio.holder(&bed)),
        (Outcome::FailedOver, Some(2))
    );
}

#[test]
fn a_group_whose_failover_would_work_is_ready() {
    let trio = floating_interface();
    let report = trio.swept(&trio.bed());
    let group = group(&report);
    assert!(group.ready, "{:?}", group.obstacles);
    assert_eq!(group.holders.len(), 1);
    assert_eq!(group.standbys[0].as_str(), trio.members[1]);
}

#[test]
fn a_group_without_a_standby_is_not_ready_and_says_what_to_change() {
    let trio = floating_interface().stopped(1).stopped(2);
    let report = trio.swept(&trio.bed());
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
    let bed = trio.bed();
    bed.world().deny("*", "AttachNetworkInterface");
    let report = trio.swept(&bed);
    let why = &group(&report).obstacles[0].why;
    assert!(why.contains("ec2:AttachNetworkInterface"), "{why}");
    assert_eq!(trio.holder(&bed), Some(0));
}

#[test]
fn an_address_returns_to_the_first_member_when_that_has_been_well_for_long_enough() {
    let trio = floating_address()
        .tagged("holdfast:failback", "30")
        .failing(0);
    let bed = trio.bed();
    assert_eq!(trio.told(&bed, &trio.alarm(0)).outcome, Outcome::FailedOver);
    heal(&mut bed.world(), &trio.members[0]);
    drop(trio.swept(&bed));
    bed.pass(Duration::from_mins(20));
    drop(trio.swept(&bed));
    assert_eq!(trio.holder(&bed), Some(1), "not yet");
    bed.pass(Duration::from_mins(11));
    bed.give_up(&trio.members[1]);
    let report = trio.swept(&bed);
    assert_eq!(
        (report.outcome, trio.holder(&bed)),
        (Outcome::FailedBack, Some(0))
    );
}

#[test]
fn a_first_member_that_fails_meanwhile_begins_to_count_anew() {
    let trio = floating_address()
        .tagged("holdfast:failback", "30")
        .failing(0);
    let bed = trio.bed();
    assert_eq!(trio.told(&bed, &trio.alarm(0)).outcome, Outcome::FailedOver);
    heal(&mut bed.world(), &trio.members[0]);
    drop(trio.swept(&bed));
    bed.pass(Duration::from_mins(20));
    stop(&mut bed.world(), &trio.members[0]);
    bed.pass(Duration::from_mins(2));
    drop(trio.swept(&bed));
    holdfast_tests::scenarios::placement::start(&mut bed.world(), &trio.members[0]);
    bed.pass(Duration::from_mins(20));
    drop(trio.swept(&bed));
    assert_eq!(trio.holder(&bed), Some(1));
}

#[test]
fn an_interface_that_is_with_nobody_goes_to_a_member() {
    let trio = floating_interface();
    let bed = trio.bed();
    detach(&mut bed.world(), &trio.eni);
    bed.pass(Duration::from_mins(1));
    drop(trio.swept(&bed));
    assert!(trio.holder(&bed).is_some());
}

#[test]
fn a_group_that_is_stopped_for_the_night_is_not_ready_and_no_error() {
    let trio = floating_interface().stopped(1).stopped(2);
    let bed = trio.bed();
    detach(&mut bed.world(), &trio.eni);
    stop(&mut bed.world(), &trio.members[0]);
    bed.pass(Duration::from_mins(2));
    let report = trio.swept(&bed);
    assert!(!group(&report).ready);
    let told = report
        .findings
        .iter()
        .any(|finding| finding.what.contains("is with nobody"));
    assert!(told, "{:?}", report.findings);
}

/// How often a call was made.
fn count(bed: &TestBed, name: &str) -> usize {
    let names = bed.faults.names();
    names.iter().filter(|each| **each == name).count()
}

/// How often a lease was taken or written.
fn lease_writes(bed: &TestBed) -> usize {
    count(bed, "ledger take lease") + count(bed, "ledger put lease")
}

/// The audit alone, without the rest of reconcile.
fn audited(trio: &FailoverFixture, bed: &Arc<TestBed>) -> Result<Audit, Error> {
    let client = bed.client("holdfast-reconcile");
    let (ports, delivery) = (client.ports(), client.delivery(TIMEOUT));
    let settings = trio.settings();
    let run = async {
        let addresses = ports.cloud.addresses(&AddressFilter::All).await;
        let addresses = addresses.expect("nothing goes wrong before");
        let by_id = addresses.into_iter().map(|it| (it.allocation.clone(), it));
        Box::pin(alarm_failover::audit(
            &ports,
            &settings,
            &by_id.collect(),
            delivery,
        ))
        .await
    };
    run.now_or_never().expect("no fault stops the run")
}

/// The first member has failed over to the second, and is well again.
fn away() -> (FailoverFixture, Arc<TestBed>) {
    let trio = floating_address().tagged("holdfast:failback", "30");
    let (trio, bed, event) = failed(trio);
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    heal(&mut bed.world(), &trio.members[0]);
    (trio, bed)
}

#[test]
fn in_observe_mode_the_audit_writes_no_lease_and_gives_nothing_back() {
    let (trio, bed) = away();
    let observing = trio.clone().set("HOLDFAST_MODE", "observe");
    let (writes, made) = (lease_writes(&bed), changes(&bed));
    for _ in 0..3 {
        drop(observing.swept(&bed));
        bed.pass(Duration::from_mins(31));
    }
    assert_eq!((lease_writes(&bed), changes(&bed)), (writes, made));
    assert_eq!(trio.holder(&bed), Some(1));
}

#[test]
fn in_observe_mode_the_audit_ends_nothing_that_is_half_way() {
    let trio = floating_interface().failing(0);
    let bed = half_way(&trio);
    let observing = trio.clone().set("HOLDFAST_MODE", "observe");
    let (writes, made) = (lease_writes(&bed), changes(&bed));
    drop(observing.swept(&bed));
    assert_eq!((lease_writes(&bed), changes(&bed)), (writes, made));
}

#[test]
fn since_when_the_first_member_is_well_is_written_once() {
    let (trio, bed) = away();
    let before = lease_writes(&bed);
    drop(trio.swept(&bed));
    assert_eq!(lease_writes(&bed), before + 1);
    bed.pass(Duration::from_mins(10));
    drop(trio.swept(&bed));
    assert_eq!(lease_writes(&bed), before + 1);
}

#[test]
fn a_group_that_is_well_costs_no_lease_before_and_after_a_failover() {
    for trio in [floating_interface(), floating_address()] {
        let bed = trio.bed();
        drop(trio.swept(&bed));
        assert_eq!(lease_writes(&bed), 0);
        let (trio, bed, event) = failed(trio);
        drop(trio.told(&bed, &event));
        let before = lease_writes(&bed);
        drop(trio.swept(&bed));
        assert_eq!(lease_writes(&bed), before);
    }
}

#[test]
fn an_address_that_stays_with_its_stopped_holder_costs_no_lease() {
    let trio = floating_address().stopped(0);
    let bed = trio.bed();
    drop(trio.swept(&bed));
    assert_eq!((lease_writes(&bed), trio.holder(&bed)), (0, Some(0)));
    let moving = trio.tagged("holdfast:on-stop", "move");
    let bed = moving.bed();
    drop(audited(&moving, &bed));
    assert_eq!(moving.holder(&bed), Some(1));
}

#[test]
fn what_another_run_is_at_work_on_is_left_to_it() {
    let (trio, bed, event) = failed(floating_interface());
    let dies = {
        let rehearsal = trio.bed();
        drop(trio.told(&rehearsal, &event));
        let names = rehearsal.faults.names();
        let detach = names.iter().position(|it| *it == "DetachNetworkInterface");
        (detach.expect("it detaches"), Fault::StopAfterReply)
    };
    bed.faults.plan(&[dies]);
    let run = trio.deliver(bed.client("holdfast"), &event);
    assert!(run.now_or_never().is_none());
    let (writes, made) = (lease_writes(&bed), changes(&bed));
    let audit = audited(&trio, &bed).expect("it is looked at");
    assert_eq!(audit.failovers, []);
    assert_eq!((lease_writes(&bed), changes(&bed)), (writes, made));
}

#[test]
fn a_holder_that_stopped_beside_one_that_runs_is_found() {
    let trio = floating_interface().with_another_on(1).stopped(0);
    let bed = trio.bed();
    let audit = audited(&trio, &bed).expect("it is looked at");
    assert_eq!(audit.failovers[0].outcome, Outcome::FailedOver);
    assert_eq!(trio.holder(&bed), Some(1));
    assert_eq!(trio.other_holders(&bed), [Some(1)]);
}

#[test]
fn an_interface_that_is_with_nobody_is_found_beside_an_address_that_is_with_somebody() {
    let trio = floating_interface().with_another_on(1);
    let bed = trio.bed();
    detach(&mut bed.world(), &trio.eni);
    bed.pass(Duration::from_mins(1));
    drop(trio.swept(&bed));
    assert!(trio.holder(&bed).is_some());
}

#[test]
fn what_still_cannot_be_done_is_no_news_but_an_obstacle() {
    let trio = floating_address().failing(0).stopped(1).stopped(2);
    let bed = trio.bed();
    assert_eq!(trio.told(&bed, &trio.alarm(0)).outcome, Outcome::Refused);
    let audit = audited(&trio, &bed).expect("it is looked at");
    assert_eq!(audit.failovers, []);
    assert_eq!(audit.groups.len(), 1);
    assert!(!audit.groups[0].ready);
    let [finding] = audit.findings.as_slice() else {
        panic!("what stands in the way is told twice: {:?}", audit.findings);
    };
    let first = &audit.groups[0].obstacles[0];
    assert!(finding.what.ends_with("for 2 reasons"), "{finding:?}");
    assert!(finding.why.contains(&first.why), "{finding:?}");
    assert!(finding.next.starts_with(&first.next), "{finding:?}");
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
    let bed = trio.bed();
    let audit = audited(&trio, &bed).expect("it is looked at");
    assert_eq!((audit.groups, audit.findings), (vec![], vec![]));
    assert_eq!(count(&bed, "ledger query leases"), 0);
    assert_eq!(count(&bed, "DescribeAlarms"), 0);
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
    let bed = trio.bed();
    let audit = audited(&trio, &bed).expect("it is looked at");
    assert_eq!((audit.groups.len(), audit.groups[0].ready), (1, false));
    assert_eq!(count(&bed, "DescribeInstances"), 1);
    assert_eq!(count(&bed, "DescribeAlarms"), 0);
}

#[test]
fn groups_that_may_not_be_looked_at_are_a_finding_and_a_look_that_fails_is_an_error() {
    let trio = floating_interface();
    let bed = trio.bed();
    bed.world().deny("*", "DescribeNetworkInterfaces");
    let audit = audited(&trio, &bed).expect("it goes on without them");
    assert_eq!(audit.groups, []);
    let what = &audit.findings[0].what;
    assert!(what.contains("is not known"), "{what}");

    let bed = trio.bed();
    bed.faults.plan(&[(1, Fault::Throttled)]);
    let error = audited(&trio, &bed).expect_err("EC2 does not answer");
    assert!(
        matches!(error.without_report(), Error::Unfinished { .. }),
        "{error}"
    );
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
    let bed = trio.bed();
    let audit = audited(&trio, &bed).expect("it is looked at");
    assert!(audit.groups[0].ready, "{:?}", audit.findings);
    let world = bed.world();
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
    let bed = trio.bed();
    bed.world().deny("*", "DetachNetworkInterface");
    let audit = audited(&trio, &bed).expect("it is looked at");
    assert!(!audit.groups[0].ready);
    assert_eq!(audit.findings, audit.groups[0].obstacles);
    assert_eq!(audit.findings.len(), 1);
}
