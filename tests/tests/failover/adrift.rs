//! An interface that is with nobody, or with a member that does not run: the first member that runs has it.

use holdfast::error::Error;
use holdfast::report::{MoveEnd, Outcome, Subject};
use holdfast_tests::client::TestBed;
use holdfast_tests::explorer::explore;
use holdfast_tests::scenarios::failover::{
    FailoverFixture, changes, detach, failover_in, floating_address, floating_interface,
    floating_private_ip, why,
};
use holdfast_tests::scenarios::placement::{start, state_change, stop, terminate};
use std::sync::Arc;
use std::time::Duration;

/// A group of one: its only member ends, and nobody is there when that is told. Then the next one starts, and EC2's
/// status checks tell nothing of it yet.
fn replaced(trio: FailoverFixture) -> FailoverFixture {
    let trio = trio.stopped(1).stopped(2).terminated(0);
    let next = trio.members[1].clone();
    trio.world(|world| start(world, &next)).after(60)
}

fn runs(trio: &FailoverFixture, bed: &Arc<TestBed>, member: usize) -> holdfast::report::Report {
    trio.told(bed, &state_change(&trio.members[member], "running"))
}

#[test]
fn the_interface_of_a_group_of_one_goes_to_the_next_member_as_soon_as_that_runs() {
    let trio = replaced(floating_interface());
    let bed = trio.bed();
    let report = runs(&trio, &bed, 1);
    assert_eq!(report.outcome, Outcome::FailedOver, "{}", why(&report));
    assert_eq!(trio.holder(&bed), Some(1));
    assert_eq!(changes(&bed), ["AttachNetworkInterface"]);
    let again = runs(&trio, &bed, 1);
    assert_eq!(again.outcome, Outcome::Ignored, "{}", again.summary);
    assert_eq!(changes(&bed).len(), 1);
}

#[test]
fn a_member_that_runs_has_the_interface_whatever_goes_wrong() {
    let trio = replaced(floating_interface());
    let event = state_change(&trio.members[1], "running");
    let scenario = trio.scenario("adrift", event, 1, |trio, bed| trio.must_be_with(bed, 1));
    let coverage = explore(&scenario);
    let coverage = coverage.unwrap_or_else(|history| panic!("{history}"));
    assert!(coverage.histories > coverage.calls * 6);
}

#[test]
fn reconcile_serves_it_as_well_where_no_event_came() {
    let trio = replaced(floating_interface());
    let bed = trio.bed();
    drop(trio.swept(&bed));
    assert_eq!(trio.holder(&bed), Some(1));
}

#[test]
fn what_a_stopped_member_has_goes_to_the_first_that_runs_and_what_stays_does_not() {
    for trio in [floating_interface(), floating_private_ip()] {
        let trio = trio.stopped(0).stopped(1).stopped(2);
        let next = trio.members[2].clone();
        let trio = trio.world(|world| start(world, &next)).after(60);
        let bed = trio.bed();
        let report = runs(&trio, &bed, 2);
        assert_eq!(report.outcome, Outcome::FailedOver, "{}", why(&report));
        assert_eq!(trio.holder(&bed), Some(2));
    }
    let stays = floating_interface()
        .tagged("holdfast:on-stop", "stay")
        .stopped(0);
    let bed = stays.bed();
    assert_eq!(runs(&stays, &bed, 1).outcome, Outcome::Ignored);
    assert!(changes(&bed).is_empty());
}

#[test]
fn where_nothing_waits_a_member_that_runs_changes_nothing_and_takes_no_lease() {
    for trio in [
        floating_interface(),
        floating_address(),
        floating_private_ip(),
    ] {
        let bed = trio.bed();
        let report = runs(&trio, &bed, 1);
        assert_eq!(report.outcome, Outcome::Ignored, "{}", report.summary);
        assert!(
            report.summary.contains("waits for a member"),
            "{}",
            report.summary
        );
        assert!(changes(&bed).is_empty());
        assert!(!bed.faults.names().contains(&"ledger take lease"));
    }
}

#[test]
fn an_elastic_ip_alone_is_left_to_instance_start() {
    let trio = floating_address()
        .set("HOLDFAST_ON_STOP", "move")
        .stopped(0);
    let bed = trio.bed();
    assert_eq!(runs(&trio, &bed, 1).outcome, Outcome::Ignored);
    assert!(changes(&bed).is_empty());
}

#[test]
fn an_interface_in_another_zone_is_an_obstacle_that_readiness_tells() {
    let trio = floating_interface()
        .stopped(1)
        .stopped(2)
        .in_zone(1, "us-east-1c");
    let bed = trio.bed();
    detach(&mut bed.world(), &trio.eni);
    terminate(&mut bed.world(), &trio.members[0]);
    stop(&mut bed.world(), &trio.members[2]);
    bed.pass(Duration::from_mins(3));
    let runs = state_change(&trio.members[1], "running");
    let error = trio.try_told(&bed, &runs).expect_err("it is with nobody");
    assert!(
        matches!(error.without_report(), Error::Stranded { .. }),
        "{error}"
    );
    let swept = trio.swept(&bed);
    let Subject::Sweep(sweep) = &swept.subject else {
        panic!("no sweep: {swept:?}")
    };
    let whys = sweep.groups[0].obstacles.iter().map(|it| it.why.clone());
    let whys: Vec<String> = whys.collect();
    assert!(
        whys.iter().any(|why| why.contains("us-east-1c")),
        "{whys:?}"
    );
    assert!(changes(&bed).is_empty());
}

#[test]
fn h2_what_is_with_nobody_is_an_error_with_the_whole_report() {
    let trio = floating_interface().stopped(1).stopped(2).terminated(0);
    let bed = trio.bed();
    let error = trio.try_told(&bed, &state_change(&trio.members[0], "terminated"));
    let error = error.expect_err("nobody takes it");
    assert!(
        matches!(error.without_report(), Error::Stranded { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("is with nobody"), "{error}");
    let report = error.report().expect("it has a report");
    assert_eq!(
        (report.outcome, report.error),
        (Outcome::Failed, Some("Holdfast.Stranded"))
    );
    let told = failover_in(report);
    assert_eq!(told.failed_members[0].as_str(), trio.members[0]);
    assert_eq!(told.moves[0].end, MoveEnd::Stranded);
    assert!(!report.findings.is_empty(), "it says what to do");
}
