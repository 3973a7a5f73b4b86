//! What a run does when its time is short, when CloudTrail or EC2 does not answer, and when there is much
//! to do.

use super::super::fixtures::{
    Installation, Trouble, address, allocation, installation, protect, released, swept,
};
use crate::error::Error;
use crate::ledger::Ledger;
use crate::ledger::lease::{Acquire, Claim, FailoverRecord, LeaseHold};
use crate::model::elastic_ip::Address;
use crate::model::instance::{Instance, InstanceState};
use crate::report::{Outcome, Report};
use std::collections::BTreeMap;
use std::time::Duration;

/// So many protected addresses, known to the ledger and gone without a trace.
async fn gone(number: usize) -> Installation {
    let account = installation();
    for number in 1..=number {
        account.put(Address {
            tags: protect("reclaim"),
            ..address(number)
        });
    }
    account.sweep().await;
    account.minutes_later(5);
    for number in 1..=number {
        account.release(number);
    }
    account.calls();
    account
}

fn is_left(report: &Report, number: &str) -> bool {
    let mut findings = report.findings.iter();
    findings.any(|finding| finding.what == format!("{number} not dealt with yet"))
}

#[tokio::test]
async fn a_loss_is_not_begun_in_the_last_half_minute_of_a_run() {
    let mut account = gone(1).await;
    account.runs_for = Duration::from_secs(29);
    let report = account.sweep().await;
    assert!(is_left(&report, "1 release is"), "{:?}", report.findings);
    let calls = account.calls();
    assert!(!calls.contains_key("LookupEvents") && !calls.contains_key("AllocateAddress"));
    assert!(account.row(1).await.is_allocated());

    account.runs_for = Duration::from_secs(30);
    let report = account.sweep().await;
    assert_eq!(report.outcome, Outcome::Reclaimed);
    assert!(!is_left(&report, "1 release is"));
}

#[tokio::test]
async fn what_a_loss_leaves_of_the_time_is_what_the_next_one_has() {
    let mut account = gone(3).await;
    account.runs_for = Duration::from_secs(40);
    account.in_trouble("LookupEvents", Trouble::Throttled(7));
    let report = account.sweep().await;
    assert!(is_left(&report, "2 releases are"), "{:?}", report.findings);
    assert_eq!(account.held().len(), 1);
    account.minutes_later(5);
    account.sweep().await;
    assert_eq!(account.held().len(), 3);
}

#[tokio::test]
async fn a_trail_that_is_throttled_is_waited_for() {
    let account = gone(1).await;
    account.in_trouble("LookupEvents", Trouble::Throttled(6));
    account.in_the_trail(released(1, account.now()));
    let before = account.now();
    account.sweep().await;
    assert_eq!(account.calls()["LookupEvents"], 7);
    let waited = account.now() - before;
    assert_eq!(waited, time::Duration::milliseconds(15_750));
    assert!(account.record(1).await.event_id.is_some());
}

/// How many findings say that a release was dealt with without CloudTrail's event history.
fn without_history(report: &Report) -> usize {
    let findings = report.findings.iter();
    findings
        .filter(|finding| finding.what.contains("without CloudTrail's event history"))
        .count()
}

#[tokio::test]
async fn without_the_trail_an_address_comes_back_and_nobody_is_named() {
    for trouble in [Trouble::Denied, Trouble::Throttled(7)] {
        let account = gone(1).await;
        account.in_trouble("LookupEvents", trouble);
        account.in_the_trail(released(1, account.now()));
        let report = account.sweep().await;
        assert_eq!(report.outcome, Outcome::Reclaimed, "{trouble:?}");
        assert_eq!(without_history(&report), 1, "{:?}", report.findings);
        let record = account.record(1).await;
        assert_eq!((record.event_id, record.audited), (None, false));
        account.out_of_trouble();
        account.minutes_later(30);
        account.sweep().await;
        assert!(account.record(1).await.event_id.is_some(), "{trouble:?}");
    }
}

#[tokio::test]
async fn a_call_that_is_denied_is_not_made_again() {
    let account = gone(1).await;
    account.in_trouble("LookupEvents", Trouble::Denied);
    account.sweep().await;
    assert_eq!(account.calls()["LookupEvents"], 1);
}

#[tokio::test]
async fn forty_losses_are_looked_up_two_in_a_second_and_the_others_come_back_without() {
    let mut account = gone(45).await;
    account.runs_for = Duration::from_mins(5);
    let before = account.now();
    let report = account.sweep().await;
    assert_eq!(swept(&report).releases.len(), 45);
    assert_eq!(account.held().len(), 45);
    assert_eq!(account.calls()["LookupEvents"], 40);
    assert_eq!(without_history(&report), 5);
    let waited = account.now() - before;
    assert_eq!(waited, time::Duration::milliseconds(39 * 500));
}

#[tokio::test]
async fn a_look_that_is_throttled_too_long_changes_nothing_and_fails() {
    for call in ["DescribeAddresses", "DescribeAddressesAttribute"] {
        let account = gone(1).await;
        let before = account.row(1).await;
        account.in_trouble(call, Trouble::Throttled(7));
        let end = account.try_sweep().await;
        assert!(
            matches!(
                end.as_ref().map_err(Error::without_report),
                Err(Error::Unfinished { .. })
            ),
            "{end:?}"
        );
        assert_eq!(account.row(1).await, before);
        assert_eq!(account.calls()[call], 7);
        assert!(account.held().is_empty());
        assert_eq!(account.sweep().await.outcome, Outcome::Reclaimed);
    }
}

#[tokio::test]
async fn a_look_that_goes_on_being_throttled_is_given_up_before_the_run_ends() {
    for (runs_for, calls, waited) in [(5_000, 3, 750), (5_750, 4, 1_750), (5_749, 3, 750)] {
        let mut account = gone(1).await;
        account.runs_for = Duration::from_millis(runs_for);
        account.in_trouble("DescribeAddresses", Trouble::Throttled(1_000));
        let before = account.now();
        let end = account.try_sweep().await;
        assert!(
            matches!(
                end.as_ref().map_err(Error::without_report),
                Err(Error::Unfinished { .. })
            ),
            "{end:?}"
        );
        assert_eq!(account.calls()["DescribeAddresses"], calls, "{runs_for}");
        let time = account.now() - before;
        assert_eq!(time, time::Duration::milliseconds(waited), "{runs_for}");
    }
}

#[tokio::test]
async fn names_that_may_not_be_read_any_more_are_remembered() {
    let account = installation().with(Address {
        tags: protect("reclaim"),
        ..address(1)
    });
    let name = "a.example.com".to_owned();
    account.account().names.insert(allocation(1), name.clone());
    account.sweep().await;
    account.minutes_later(5);
    account.in_trouble("DescribeAddressesAttribute", Trouble::Denied);
    account.change(1, |address| {
        address.tags.insert("a".to_owned(), "b".to_owned());
    });
    assert_eq!(swept(&account.sweep().await).written, 1);
    let held = account.row(1).await.reverse_dns.unwrap();
    assert_eq!((held.value, held.until), (name, None));
}

#[tokio::test]
async fn a_run_with_nothing_to_tell_fails_where_the_groups_could_not_be_looked_at() {
    let account = installation().knowing(1).await;
    account.in_trouble("DescribeInstances", Trouble::Throttled(1_000));
    let end = account.try_sweep().await;
    assert!(
        matches!(
            end.as_ref().map_err(Error::without_report),
            Err(Error::Unfinished { .. })
        ),
        "{end:?}"
    );
}

#[tokio::test]
async fn what_came_back_is_told_although_the_groups_could_not_be_looked_at() {
    let account = gone(1).await;
    account.in_trouble("DescribeInstances", Trouble::Throttled(1_000));
    let report = account.sweep().await;
    assert_eq!(report.outcome, Outcome::Reclaimed);
    let unfinished = "; not finished: the groups could not be looked at";
    assert!(report.summary.contains(unfinished), "{}", report.summary);
    let told = report.findings.last().unwrap();
    assert!(told.what.contains("has not finished"), "{told:?}");
}

#[tokio::test]
async fn a_wait_that_was_told_is_no_news_and_the_run_fails_with_what_went_wrong() {
    let account = gone(1).await;
    account.account().taken = true;
    assert_eq!(account.sweep().await.outcome, Outcome::Pending);
    account.minutes_later(5);
    account.in_trouble("DescribeInstances", Trouble::Throttled(1_000));
    account.calls();
    let end = account.try_sweep().await;
    assert!(
        matches!(
            end.as_ref().map_err(Error::without_report),
            Err(Error::Unfinished { .. })
        ),
        "{end:?}"
    );
    assert!(account.calls().contains_key("AllocateAddress"));
}

#[tokio::test]
async fn what_is_missing_is_looked_at_once_more_without_its_reverse_names() {
    let account = installation().knowing(1).await;
    account.account().cut_short = true;
    account.calls();
    account.sweep().await;
    let calls = account.calls();
    assert_eq!(calls["DescribeAddresses"], 2);
    assert_eq!(calls["DescribeAddressesAttribute"], 1);
}

/// A group of one instance, of which a run noted an alarm before it ended half way.
async fn group_with_something_under_way() -> Installation {
    let account = installation().knowing(1).await;
    let group = ("holdfast:group".to_owned(), "web".to_owned());
    account.account().instances.push(Instance {
        id: "i-0a".parse().unwrap(),
        state: InstanceState::Running,
        tags: [group].into(),
        launched_at: account.now(),
        stop_limit: None,
        zone_id: None,
        zone: None,
        kind: None,
        interfaces: Vec::new(),
    });
    let now = account.now();
    let claim = Claim {
        group: "web".to_owned(),
        hold: LeaseHold {
            owner: "a run that ended".to_owned(),
            until: now,
        },
        now,
        record: FailoverRecord {
            cause: "the alarm is-sick".to_owned(),
            alarms: vec!["is-sick".to_owned()],
            fired_at: now,
            failed_members: ["i-0a".parse().unwrap()].into(),
            pending_reassociation: Vec::new(),
            former_targets: BTreeMap::new(),
            pending_fences: BTreeMap::new(),
            began_at: now,
            ended_at: None,
            to: None,
        },
    };
    let taken = account.ports.ledger.acquire_lease(&claim).await.unwrap();
    assert!(matches!(taken, Acquire::Granted(_)));
    account
}

#[tokio::test]
async fn a_run_with_nothing_to_tell_fails_where_one_group_could_not_be_seen_to() {
    let account = group_with_something_under_way().await;
    account.in_trouble("DescribeAlarms by name", Trouble::Throttled(1_000));
    let end = account.try_sweep().await;
    assert!(
        matches!(
            end.as_ref().map_err(Error::without_report),
            Err(Error::Unfinished { .. })
        ),
        "{end:?}"
    );
}
