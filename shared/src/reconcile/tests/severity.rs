//! What a sweep tells first, where it has several things to tell.

use super::super::messages;
use crate::alarm_failover::Audit;
use crate::cloud::{CloudError, Failure};
use crate::error::{Error, chain};
use crate::report::{Finding, Function, Outcome, Report};
use crate::settings::Mode;

fn report(outcome: Outcome) -> Report {
    let mut report = Report::of(
        Function::Reconcile,
        Mode::Enforce,
        outcome,
        format!("{outcome:?}"),
    );
    report.findings.push(Finding {
        what: format!("of {outcome:?}"),
        why: String::new(),
        next: String::new(),
    });
    report
}

/// The outcome of a sweep whose releases and failovers ended so, and the first finding.
fn told(releases: Outcome, failovers: &[Outcome]) -> (Outcome, String) {
    let audit = Audit {
        failovers: failovers.iter().map(|each| report(*each)).collect(),
        ..Audit::default()
    };
    let report = messages::with_groups(report(releases), audit);
    (report.outcome, report.findings[0].what.clone())
}

#[test]
fn a_failover_is_told_before_a_release_that_was_let_go() {
    let (outcome, first) = told(Outcome::LetGo, &[Outcome::FailedOver]);
    assert_eq!((outcome, &*first), (Outcome::FailedOver, "of FailedOver"));
}

#[test]
fn of_two_failovers_the_graver_is_told_first_in_either_order() {
    for failovers in [
        [Outcome::FailedOver, Outcome::PartlyMoved],
        [Outcome::PartlyMoved, Outcome::FailedOver],
    ] {
        let (outcome, first) = told(Outcome::Refreshed, &failovers);
        assert_eq!((outcome, &*first), (Outcome::PartlyMoved, "of PartlyMoved"));
    }
}

#[test]
fn a_failover_takes_nothing_from_a_release_that_is_graver() {
    let (outcome, first) = told(Outcome::Lost, &[Outcome::FailedOver]);
    assert_eq!((outcome, &*first), (Outcome::Lost, "of Lost"));
}

#[test]
fn of_several_errors_the_gravest_names_the_run_and_none_is_left_out() {
    let answer = Failure {
        action: "dynamodb:PutItem",
        code: None,
        message: Some("no answer".to_owned()),
        request_id: None,
        source: None,
    };
    let unread = Error::LedgerUnread(CloudError::Other(answer));
    let stranded = Error::Stranded {
        what: "203.0.113.7 is with nobody".to_owned(),
        source: None,
    };
    let all = Error::several(String::new(), vec![unread, stranded]);
    assert_eq!(all.name(), "Holdfast.Stranded");
    let told = chain(&all);
    assert!(
        told.contains("203.0.113.7") && told.contains("dynamodb:PutItem"),
        "{told}"
    );
}

#[test]
fn two_releases_that_one_call_concerned_are_both_told_the_graver_first() {
    let both = vec![report(Outcome::Reclaimed), report(Outcome::Lost)];
    let whole = messages::of_releases(both).unwrap();
    assert_eq!(whole.outcome, Outcome::Lost);
    assert_eq!(whole.findings.len(), 2);
    assert!(messages::of_releases(Vec::new()).is_none());
}
