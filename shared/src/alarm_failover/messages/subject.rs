//! What a report is about: the group, the cause, who has failed, and each move. And how the ends of single moves add
//! up to one outcome.

use super::fences;
use crate::alarm_failover::case::{Case, CauseKind};
use crate::alarm_failover::progress::Progress;
use crate::model::ids::InstanceId;
use crate::report::{FailoverReport, MoveEnd, MoveReport, Outcome, Subject};
use std::collections::BTreeSet;

/// A group that was looked at once, and in which nothing was changed.
pub(super) fn after_one_look(
    case: &Case<'_>,
    group: &str,
    failed_members: Vec<InstanceId>,
    moves: Vec<MoveReport>,
) -> Subject {
    Subject::Failover(Box::new(FailoverReport {
        group: group.to_owned(),
        cause: case.cause.text.clone(),
        arrived_after_ms: arrived_after_ms(case),
        failed_members,
        moves,
        fenced: Vec::new(),
        lease_number: None,
        looks: 1,
        mutating_calls: 0,
    }))
}

/// Who has failed: nobody, where a person or a failback moves what a healthy member holds.
pub(super) fn failed_members(case: &Case<'_>, sources: &BTreeSet<InstanceId>) -> Vec<InstanceId> {
    match case.cause.kind {
        CauseKind::Command { .. }
        | CauseKind::Failback { .. }
        | CauseKind::HealthEvent
        | CauseKind::LifecycleAction
        | CauseKind::ScheduledEvent => Vec::new(),
        _ => sources.iter().cloned().collect(),
    }
}

/// From the failure to its event. A sweep finds one by itself, and its report is no answer to an event.
fn arrived_after_ms(case: &Case<'_>) -> Option<u64> {
    let after = (case.received - case.cause.at).whole_milliseconds();
    u64::try_from(after)
        .ok()
        .filter(|_| case.cause.kind.is_failure())
}

pub(super) fn subject(
    case: &Case<'_>,
    group: &str,
    progress: &Progress,
    lease_number: u64,
    moves: Vec<MoveReport>,
) -> Subject {
    Subject::Failover(Box::new(FailoverReport {
        group: group.to_owned(),
        cause: case.cause.text.clone(),
        arrived_after_ms: arrived_after_ms(case),
        failed_members: failed_members(case, &progress.sources),
        moves,
        fenced: fences::fenced(&progress.fenced.done),
        lease_number: Some(lease_number),
        looks: progress.looks,
        mutating_calls: progress.mutating_calls,
    }))
}

pub(super) fn outcome(case: &Case<'_>, moves: &[MoveReport]) -> Outcome {
    let has = |end: MoveEnd| moves.iter().any(|one| one.end == end);
    let is_left = has(MoveEnd::NotMoved) || has(MoveEnd::Returned) || has(MoveEnd::Gone);
    match (has(MoveEnd::Moved), is_left) {
        (true, true) => Outcome::PartlyMoved,
        (true, false) => match case.cause.kind {
            CauseKind::Command { .. } | CauseKind::ScheduledEvent | CauseKind::LifecycleAction => {
                Outcome::SwitchedOver
            }
            CauseKind::Failback { .. } => Outcome::FailedBack,
            _ => Outcome::FailedOver,
        },
        (false, _) if has(MoveEnd::Returned) => Outcome::Returned,
        (false, true) => Outcome::Refused,
        (false, false) => Outcome::AlreadyMoved,
    }
}
