//! What comes to light after a release was closed: the record and the row learn it, once.

use super::ec2::{Guarded, put};
use super::*;
use crate::ledger::release::LostReason;
use crate::ledger::snapshot::{AllocationState, Lock, Unlocked};
use crate::model::cloudtrail::Actor;
use crate::model::ids::{AllocationId, BorderGroup};
use crate::report::Outcome;

const EXEMPT: (&str, &str) = (
    "HOLDFAST_EXEMPT_PRINCIPALS",
    "arn:aws:iam::111122223333:role/ops",
);

fn lost() -> AllocationId {
    "eipalloc-0a".parse().unwrap()
}

fn reclaimed() -> ReleaseStatus {
    ReleaseStatus::Reclaimed {
        allocation: "eipalloc-0b".parse().unwrap(),
        restored: true,
    }
}

/// A sweep found the release five minutes after it happened, and dealt with it; no event told of it.
fn settled_by_a_sweep(released: Released, status: ReleaseStatus) -> Guarded {
    let noticed = RELEASED_AT + Duration::minutes(5);
    let mut released = released.recorded_as(status);
    if let Some(record) = &mut released.observed.ledger.release {
        record.released_at = noticed;
        record.updated_at = noticed;
    }
    let row = released.observed.snapshot.as_ref().unwrap().ended(noticed);
    released.observed.snapshot = Some(row);
    released.after(Duration::minutes(10)).guarded()
}

fn untagged_by_kim() -> Unlocked {
    Unlocked {
        what: Lock::ProtectTag,
        at: RELEASED_AT - Duration::minutes(1),
        by: Actor {
            arn: Some("arn:kim".to_owned()),
            ..Actor::default()
        },
    }
}

#[test]
fn a_late_event_tells_who_when_and_what_went_before() {
    let released = released().snapshot(|row| row.unlocked = vec![untagged_by_kim()]);
    let guarded = settled_by_a_sweep(released, reclaimed());
    let before = guarded.record();
    let report = guarded.report();
    assert_eq!(report.outcome, Outcome::AlreadyOurs);
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    let expected = ReleaseRecord {
        event_id: Some("event-1".to_owned()),
        actor: release().call.unwrap().actor,
        released_at: RELEASED_AT,
        border_group: Some(BorderGroup("eu-west-1".to_owned())),
        unlocked: vec![untagged_by_kim()],
        updated_at: RELEASED_AT + Duration::minutes(10),
        revision: 2,
        ..before
    };
    assert_eq!(guarded.record(), expected);
    let row = guarded.row(&lost()).unwrap();
    assert_eq!(
        (row.state, row.revision),
        (AllocationState::Released { at: RELEASED_AT }, 2)
    );
    assert!(guarded.calls().is_empty(), "nothing is asked of EC2");
}

#[test]
fn the_same_event_once_more_teaches_nothing() {
    let guarded = settled_by_a_sweep(released(), reclaimed());
    guarded.report();
    let (record, row) = (guarded.record(), guarded.row(&lost()));
    guarded.pass(Duration::minutes(1));
    assert_eq!(guarded.report().outcome, Outcome::AlreadyOurs);
    assert_eq!((guarded.record(), guarded.row(&lost())), (record, row));
}

#[test]
fn a_run_that_no_event_tells_anything_changes_no_time() {
    let mut guarded = settled_by_a_sweep(released(), reclaimed());
    guarded.release.call = None;
    let (record, row) = (guarded.record(), guarded.row(&lost()));
    guarded.report();
    assert_eq!((guarded.record(), guarded.row(&lost())), (record, row));
}

#[test]
fn an_end_that_an_event_told_is_not_moved_by_another() {
    let released = released().recorded_as(reclaimed());
    let mut guarded = released.guarded();
    guarded.report();
    let (record, row) = (guarded.record(), guarded.row(&lost()));
    assert_eq!(record.event_id.as_deref(), Some("event-1"));
    guarded.release.released_at += Duration::minutes(1);
    guarded.release.call.as_mut().unwrap().event_id = "event-2".to_owned();
    guarded.report();
    assert_eq!((guarded.record(), guarded.row(&lost())), (record, row));
}

#[test]
fn an_end_that_is_right_already_is_not_written_again() {
    let mut released = released().recorded_as(reclaimed());
    let row = released
        .observed
        .snapshot
        .as_ref()
        .unwrap()
        .ended(RELEASED_AT);
    released.observed.snapshot = Some(row);
    let guarded = released.guarded();
    guarded.report();
    assert_eq!(guarded.row(&lost()).unwrap().revision, 1);
    assert_eq!(guarded.record().revision, 2, "who it was is");
}

#[test]
fn what_an_exempt_role_released_was_meant_after_all_and_that_is_said_once() {
    let guarded = settled_by_a_sweep(released().set(EXEMPT.0, EXEMPT.1), reclaimed());
    let report = guarded.report();
    assert_eq!(report.outcome, Outcome::LetGo);
    assert!(
        report
            .summary
            .contains("it would have been let go: who released it is exempt")
    );
    assert_eq!(
        report.findings[0].what,
        "eipalloc-0b was taken back, though its release was meant"
    );
    assert_eq!(guarded.record().status, reclaimed(), "it stays as it is");
    let thought = guarded.record().late_exemption.unwrap();
    assert!(thought.contains("role/ops"), "{thought}");

    let again = guarded.report();
    assert_eq!(again.outcome, Outcome::AlreadyOurs);
    assert!(again.findings.is_empty());
    assert_eq!(guarded.record().late_exemption, Some(thought));
}

#[test]
fn a_second_thought_is_not_thought_twice() {
    let mut released = released().set(EXEMPT.0, EXEMPT.1).recorded_as(reclaimed());
    let record = released.observed.ledger.release.as_mut().unwrap();
    record.late_exemption = Some("its protect tag was removed before".to_owned());
    let guarded = released.guarded();
    assert_eq!(guarded.report().outcome, Outcome::AlreadyOurs);
    let record = guarded.record();
    assert_eq!(
        record.late_exemption.as_deref(),
        Some("its protect tag was removed before")
    );
    assert_eq!(
        record.event_id.as_deref(),
        Some("event-1"),
        "the rest is learnt"
    );
}

#[test]
fn a_tag_that_was_removed_before_is_a_second_thought_too() {
    let released = released().untagged_before(Duration::minutes(1));
    let guarded = settled_by_a_sweep(released, reclaimed());
    assert_eq!(guarded.report().outcome, Outcome::LetGo);
    let thought = guarded.record().late_exemption.unwrap();
    assert!(thought.contains("by arn:kim"), "{thought}");
}

#[test]
fn what_did_not_come_back_needs_no_second_thought() {
    let reason = LostReason::Deadline;
    let released = released().set(EXEMPT.0, EXEMPT.1);
    let guarded = settled_by_a_sweep(released, ReleaseStatus::Lost { reason });
    assert_eq!(guarded.report().outcome, Outcome::Lost);
    assert_eq!(guarded.record().late_exemption, None);
    assert_eq!(guarded.record().event_id.as_deref(), Some("event-1"));
}

#[test]
fn a_release_of_which_the_ledger_has_no_row_is_completed_all_the_same() {
    let released = released().unknown_to_the_ledger().recorded_as(reclaimed());
    let guarded = released.guarded();
    assert_eq!(guarded.report().outcome, Outcome::AlreadyOurs);
    assert_eq!(guarded.record().event_id.as_deref(), Some("event-1"));
    assert_eq!(guarded.row(&lost()), None);
    put(&guarded.ledger, &snapshot());
    guarded.report();
    assert!(
        guarded.row(&lost()).unwrap().is_allocated(),
        "reconcile's to end, not told here"
    );
}
