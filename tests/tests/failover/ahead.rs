//! What EC2 tells beside its status checks, on the simulated account: volumes, the probe of the application, and what
//! AWS has planned.

use holdfast::report::Report;
use holdfast_tests::client::TestBed;
use holdfast_tests::explorer::promises::Promises;
use holdfast_tests::explorer::{Scenario, explore};
use holdfast_tests::scenarios::failover::{
    FailoverFixture, changes, failed, floating_address, floating_interface,
};
use std::sync::Arc;
use time::Duration;

const RETIREMENT: &str = "instance-retirement";

/// AWS plans something for a member, so many hours from now.
fn planned(trio: FailoverFixture, member: usize, code: &str, hours: i64) -> FailoverFixture {
    let id = trio.members[member].clone();
    trio.world(|world| {
        let at = world.now() + Duration::hours(hours);
        world.plan_event(&id, code, at);
    })
}

/// The addresses are to move two hours before.
fn two_hours(trio: FailoverFixture) -> FailoverFixture {
    trio.set("HOLDFAST_MOVE_BEFORE_EVENT_MINUTES", "120")
}

fn found(report: &Report, words: &str) -> bool {
    report.findings.iter().any(|it| it.what.contains(words))
}

fn is_untouched(trio: &FailoverFixture, bed: &Arc<TestBed>) {
    drop(trio.swept(bed));
    assert_eq!((trio.holder(bed), changes(bed)), (Some(0), vec![]));
}

#[test]
fn a_standby_whose_volumes_are_impaired_is_none() {
    let trio = floating_address();
    let second = trio.members[1].clone();
    let (trio, bed, event) = failed(trio.world(|world| world.impair_volumes(&second, true)));
    drop(trio.told(&bed, &event));
    assert_eq!(trio.holder(&bed), Some(2));
}

#[test]
fn a_standby_that_aws_is_about_to_retire_takes_it_only_where_nobody_else_does() {
    let (trio, bed, event) = failed(planned(floating_interface(), 1, RETIREMENT, 24));
    drop(trio.told(&bed, &event));
    assert_eq!(trio.holder(&bed), Some(2));
    let (trio, bed, event) = failed(planned(floating_interface(), 1, RETIREMENT, 24).stopped(2));
    drop(trio.told(&bed, &event));
    assert_eq!(trio.holder(&bed), Some(1));
}

#[test]
fn the_application_of_a_standby_counts_where_the_setting_says_so() {
    let impaired = || {
        let trio = floating_address();
        let second = trio.members[1].clone();
        trio.world(|world| world.report_application(&second, Some("impaired")))
    };
    let (trio, bed, event) = failed(impaired());
    drop(trio.told(&bed, &event));
    assert_eq!(trio.holder(&bed), Some(1), "it runs on the holder alone");
    let strict = impaired().set("HOLDFAST_STANDBY_APPLICATION", "require");
    let (trio, bed, event) = failed(strict);
    drop(trio.told(&bed, &event));
    assert_eq!(trio.holder(&bed), Some(2));
}

#[test]
fn a_holder_that_aws_is_about_to_retire_is_a_finding_and_keeps_what_it_has() {
    let trio = planned(floating_interface(), 0, RETIREMENT, 1);
    let bed = trio.bed();
    let report = trio.swept(&bed);
    assert!(found(&report, "AWS is about to take"), "{report:?}");
    assert!(!report.summary.contains("not ready"), "{}", report.summary);
    is_untouched(&trio, &bed);
}

#[test]
fn what_a_person_asked_to_move_before_moves_when_its_time_has_come_and_once() {
    for trio in [floating_interface(), floating_address()] {
        let trio = two_hours(planned(trio, 0, RETIREMENT, 3));
        let bed = trio.bed();
        is_untouched(&trio, &bed);
        bed.pass(std::time::Duration::from_hours(1));
        bed.give_up(&trio.members[0]);
        let report = trio.swept(&bed);
        assert_eq!(trio.holder(&bed), Some(1), "{report:?}");
        let before = changes(&bed).len();
        drop(trio.swept(&bed));
        assert_eq!(changes(&bed).len(), before, "nothing is left to do");
        assert_eq!(bed.broken(), Vec::<String>::new());
    }
}

/// A sweep that moves what a person asked to move beforehand, as something to be explored.
fn moved_beforehand(trio: FailoverFixture) -> Scenario {
    let trio = two_hours(planned(trio, 0, RETIREMENT, 1));
    let observing = trio.clone().set("HOLDFAST_MODE", "observe");
    let (for_bed, for_run) = (trio.clone(), trio.clone());
    Scenario {
        name: "an address before a retirement",
        bed: Box::new(move || {
            let bed = for_bed.bed();
            bed.give_up(&for_bed.members[0]);
            bed
        }),
        deliver: Box::new(move |client| for_run.audit(client)),
        observe: Box::new(move |client| observing.audit(client)),
        goal: Box::new(move |bed| {
            let moved = trio.must_be_with(bed, 1);
            moved.or_else(|_| trio.must_be_with(bed, 0))
        }),
        promises: Promises::with_changes(2),
    }
}

/// A sweep that finds the lease of a run that died leaves the group alone: a later one goes on. Until then the address is
/// with one of the two.
#[test]
fn what_is_moved_before_an_event_keeps_every_promise_under_every_fault_at_every_call() {
    let scenario = moved_beforehand(floating_address());
    let coverage = explore(&scenario).unwrap_or_else(|history| panic!("{history}"));
    println!("{} calls, {} histories", coverage.calls, coverage.histories);
    assert!(coverage.histories > coverage.calls * 3);
}

#[test]
fn what_is_called_off_or_a_reboot_moves_nothing() {
    let trio = two_hours(planned(floating_interface(), 0, RETIREMENT, 1));
    let first = trio.members[0].clone();
    let called_off = trio.world(|world| world.call_off_events(&first));
    is_untouched(&called_off, &called_off.bed());
    let reboot = two_hours(planned(floating_interface(), 0, "system-reboot", 1));
    is_untouched(&reboot, &reboot.bed());
}

#[test]
fn where_every_member_has_an_event_ahead_nothing_goes_back_and_forth() {
    let all = (0..3).fold(two_hours(floating_address()), |trio, member| {
        planned(trio, member, RETIREMENT, 1)
    });
    is_untouched(&all, &all.bed());
}

#[test]
fn observe_mode_says_what_it_would_move_before_an_event() {
    let trio = two_hours(planned(floating_interface(), 0, RETIREMENT, 1));
    let trio = trio.set("HOLDFAST_MODE", "observe");
    is_untouched(&trio, &trio.bed());
}
