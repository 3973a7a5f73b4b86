//! A cause that concerns several groups: each has a report of its own, and the gravest is in front. And what is
//! said of a group whose address is with nobody.

use ec2_sim::alarms::{Alarm, Query};
use holdfast::error::chain;
use holdfast::report::{Outcome, Report, Subject};
use holdfast_tests::client::TestBed;
use holdfast_tests::client::faults::Fault;
use holdfast_tests::scenarios::failover::{
    FailoverFixture, changes, failed, fired, floating_address, floating_interface, second_group,
    stop,
};
use serde_json::Value;
use std::sync::Arc;

const ALARM: &str = "the site is down";

/// The first members of the groups `web` and `db` hold an interface each, and one alarm stands for both.
struct TwoGroups {
    trio: FailoverFixture,
    db: Vec<String>,
}

impl TwoGroups {
    fn new() -> Self {
        let mut db = Vec::new();
        let trio = floating_interface().tagged("holdfast:alarm", ALARM);
        let trio = trio.world(|world| {
            (db, _) = second_group(world, "db", &[("holdfast:alarm", ALARM)]);
            let queries = vec![Query::Expression("SELECT MAX(Errors) FROM App".to_owned())];
            world
                .put_alarm(Alarm::on_queries(ALARM, queries))
                .expect("it is good");
        });
        Self { trio, db }
    }

    /// The alarm fires; the standby of `db` is stopped, so that nobody can take over there.
    fn fired_without_a_standby_of_db(&self) -> (Arc<TestBed>, Value) {
        let bed = self.trio.bed();
        stop(&mut bed.world(), &self.db[1]);
        let event = fired(&mut bed.world(), ALARM);
        (bed, event)
    }
}

fn each(report: &Report) -> Vec<(String, Outcome)> {
    let Subject::Failovers(reports) = &report.subject else {
        panic!("the report is about one group: {report:?}");
    };
    let of_one = |report: &Report| match &report.subject {
        Subject::Failover(failover) => (failover.group.clone(), report.outcome),
        other => panic!("a report is about a group, not {other:?}"),
    };
    reports.iter().map(of_one).collect()
}

#[test]
fn a_group_that_was_refused_is_in_front_of_one_that_was_moved() {
    let two = TwoGroups::new();
    let (bed, event) = two.fired_without_a_standby_of_db();
    let report = two.trio.told(&bed, &event);
    assert_eq!(report.outcome, Outcome::Refused);
    let expected = [("db", Outcome::Refused), ("web", Outcome::FailedOver)];
    assert_eq!(
        each(&report),
        expected.map(|(group, end)| (group.to_owned(), end))
    );
    assert_eq!(two.trio.holder(&bed), Some(1));
}

#[test]
fn a_group_that_was_refused_is_told_beside_one_that_needs_nothing() {
    let two = TwoGroups::new();
    let (bed, event) = two.fired_without_a_standby_of_db();
    drop(two.trio.told(&bed, &event));
    let again = two.trio.told(&bed, &event);
    assert_eq!(again.outcome, Outcome::Refused);
    let expected = [("db", Outcome::Refused), ("web", Outcome::AlreadyMoved)];
    assert_eq!(
        each(&again),
        expected.map(|(group, end)| (group.to_owned(), end))
    );
    let first = &again.findings[0];
    assert!(first.what.contains("was not moved"), "{again:?}");
}

#[test]
fn an_error_of_one_group_tells_what_was_done_for_the_other() {
    let two = TwoGroups::new();
    let calm = two.trio.bed();
    let event = fired(&mut calm.world(), ALARM);
    drop(two.trio.told(&calm, &event));
    let names = calm.faults.names();
    let second = names
        .iter()
        .rposition(|name| *name == "DetachNetworkInterface");
    let second = second.expect("both are moved");

    let bed = two.trio.bed();
    let event = fired(&mut bed.world(), ALARM);
    let for_ever: Vec<(usize, Fault)> = (second..second + 2000)
        .map(|call| (call, Fault::Throttled))
        .collect();
    bed.faults.plan(&for_ever);
    let error = two
        .trio
        .try_told(&bed, &event)
        .expect_err("one of them fails");
    let told = chain(&error);
    assert!(told.contains("of the group db"), "{told}");
    assert!(
        told.contains("what was done for other groups: alarm the site is down: moved 198.51.100.1"),
        "{told}"
    );
}

#[test]
fn a_group_whose_only_address_is_with_nobody_is_not_said_to_be_with_a_healthy_member() {
    let (trio, bed, event) = failed(floating_address().unassociated());
    let report = trio.told(&bed, &event);
    assert!(
        report.summary.contains("is associated with nothing"),
        "{}",
        report.summary
    );
    assert_eq!(report.outcome, Outcome::Ignored);
}

#[test]
fn a_fence_tag_stops_nobody_where_whoever_deploys_does_not_say_so_and_that_is_told() {
    let fenced = floating_address().tagged("holdfast:fence", "stop");
    let (trio, bed, event) = failed(fenced.set("HOLDFAST_STOP_BY_TAG", "refuse"));
    let report = trio.told(&bed, &event);
    assert_eq!(report.outcome, Outcome::FailedOver);
    assert!(!changes(&bed).contains(&"StopInstances"));
    let told = report
        .findings
        .iter()
        .find(|finding| finding.what.contains("holdfast:fence=`stop`"));
    let told = told.unwrap_or_else(|| panic!("{:?}", report.findings));
    assert!(told.why.contains("StopByTag"), "{told:?}");
}

#[test]
fn a_tag_that_says_nothing_is_told_by_the_sweep_before_anything_fails() {
    let trio = floating_address().tagged("holdfast:mover", "elastic");
    let report = trio.swept(&trio.bed());
    let mut told = report.findings.iter();
    let told = told.find(|finding| finding.what.contains("holdfast:mover=`elastic`"));
    let told = told.unwrap_or_else(|| panic!("{:?}", report.findings));
    assert!(told.why.contains("`eip`"), "{told:?}");
}

#[test]
fn a_tag_in_capitals_is_read_and_one_that_says_nothing_is_told() {
    let (trio, bed, event) = failed(floating_address().tagged("holdfast:fence", "Stop"));
    drop(trio.told(&bed, &event));
    assert!(
        changes(&bed).contains(&"StopInstances"),
        "{:?}",
        changes(&bed)
    );

    let (trio, bed, event) = failed(floating_address().tagged("holdfast:fence", "sotp"));
    let report = trio.told(&bed, &event);
    assert_eq!(report.outcome, Outcome::FailedOver);
    let told = report
        .findings
        .iter()
        .any(|finding| finding.what.contains("holdfast:fence=`sotp`"));
    assert!(told, "{:?}", report.findings);
}
