//! The end of a run that had the lease, or waited for it: a report, or why the event has to come again.

use super::findings;
use super::sentences::{sentence, stays_on_purpose, where_it_is};
use super::subject::{outcome, subject};
use super::untouched::recovered;
use crate::alarm_failover::case::{AffectedGroup, Case};
use crate::alarm_failover::group::ResourceId;
use crate::alarm_failover::plan::Blocked;
use crate::alarm_failover::progress::Progress;
use crate::error::Error;
use crate::report::{MoveEnd, MoveReport, Report};

/// Why the event has to come again, if it has to.
pub(crate) fn failure(
    case: &Case<'_>,
    affected: &AffectedGroup,
    progress: &mut Progress,
) -> Option<Error> {
    let is_adrift = |blocked: &&Blocked| blocked.holder.is_none();
    if progress.blocked.iter().any(|blocked| is_adrift(&blocked)) {
        return Some(stranded(case, affected, progress));
    }
    let is_blocked = |resource: &ResourceId| {
        progress
            .blocked
            .iter()
            .any(|blocked| blocked.resource == *resource)
    };
    let unfinished: Vec<String> = progress
        .moves
        .iter()
        .filter(|(resource, report)| report.end == MoveEnd::NotMoved && !is_blocked(resource))
        // What was given up has not left its holder.
        .filter(|(resource, _)| !progress.abandoned.contains(resource))
        .map(|(resource, _)| resource.to_string())
        .collect();
    (!unfinished.is_empty() || progress.unknown.is_some())
        .then(|| unfinished_error(case, affected, progress, &unfinished))
}

/// The report of a run that had the lease, or waited for it.
pub(crate) fn report(case: &Case<'_>, affected: &AffectedGroup, progress: &Progress) -> Report {
    if let Some(why) = progress
        .recovered
        .as_ref()
        .filter(|_| progress.moves.is_empty())
    {
        let mut report = recovered(case, why);
        report.findings = findings::of(progress, &affected.group, case.settings);
        return report;
    }
    let is_new = |blocked: &&Blocked| !progress.moves.contains_key(&blocked.resource);
    let blocked = progress.blocked.iter().filter(is_new).map(Blocked::report);
    let moves: Vec<MoveReport> = progress.moves.values().cloned().chain(blocked).collect();
    let kept = stays_on_purpose(&progress.stays_on_stop, case.settings);
    let mut report = match (kept, moves.as_slice()) {
        (Some(kept), []) => case.ignored(&kept),
        (None, []) if !progress.at_rest.is_held() => {
            case.ignored(&where_it_is(&affected.group, &progress.at_rest))
        }
        (kept, moves) => {
            let kept = kept.map_or_else(String::new, |kept| format!("; {kept}"));
            let sentence = sentence(&affected.group, moves, &progress.at_rest);
            case.report(outcome(case, moves), &format!("{sentence}{kept}"))
        }
    };
    report.findings = findings::of(progress, &affected.group, case.settings);
    report.subject = subject(case, &affected.group, progress, moves);
    report
}

fn stranded(case: &Case<'_>, affected: &AffectedGroup, progress: &mut Progress) -> Error {
    let adrift = progress
        .blocked
        .iter()
        .filter(|blocked| blocked.holder.is_none());
    let (mut names, mut why) = (Vec::new(), Vec::new());
    for blocked in adrift {
        names.push(blocked.resource.to_string());
        why.extend(blocked.why.iter().map(ToString::to_string));
    }
    let refused = progress.refusals.pop().map(|(_, failure)| failure);
    Error::Stranded {
        what: format!(
            "{}: {} of the group {} is with nobody ({}); each delivery and reconcile try again",
            case.cause.text,
            names.join(", "),
            affected.group,
            why.join("; ")
        ),
        source: progress.denied.take().or(refused),
    }
}

fn unfinished_error(
    case: &Case<'_>,
    affected: &AffectedGroup,
    progress: &mut Progress,
    unfinished: &[String],
) -> Error {
    let what = format!(
        "{}: the failover of the group {} is not finished ({}); the next delivery goes on",
        case.cause.text,
        affected.group,
        unfinished.join(", ")
    );
    match progress.unknown.take() {
        Some(source) => Error::Unfinished { what, source },
        None => Error::OutOfTime { what },
    }
}
