//! The end of a run that had the lease: a report, or why the event has to come again.

use super::findings;
use super::sentences::{sentence, stays_on_purpose, where_it_is};
use super::subject::{outcome, subject};
use super::untouched::recovered;
use crate::alarm_failover::case::{AffectedGroup, Case};
use crate::alarm_failover::group::ResourceId;
use crate::alarm_failover::held_lease::LeaseEnd;
use crate::alarm_failover::plan::Blocked;
use crate::alarm_failover::progress::{LastLook, Progress, Stop};
use crate::alarm_failover::resource_progress::{ResourceProgress, ResourceState};
use crate::cloud::CloudError;
use crate::error::Error;
use crate::report::{MoveEnd, MoveReport, Report};

/// Why the event has to come again, if it has to.
pub(crate) fn failure(
    case: &Case<'_>,
    affected: &AffectedGroup,
    progress: &mut Progress,
    stop: Stop,
) -> Option<Error> {
    let blocked = &progress.last_look.blocked;
    if blocked.iter().any(is_stranded) {
        return Some(stranded(case, affected, progress));
    }
    let is_blocked = |resource: &ResourceId| blocked.iter().any(|it| it.resource == *resource);
    let unfinished: Vec<String> = progress
        .resources
        .iter()
        // What was given up has not left its holder.
        .filter(|(resource, it)| matches!(it.state, ResourceState::Open) && !is_blocked(resource))
        .map(|(resource, _)| resource.to_string())
        .collect();
    let is_unfinished = !unfinished.is_empty() || matches!(stop, Stop::Unknown(_));
    is_unfinished.then(|| unfinished_error(case, affected, stop, &unfinished))
}

/// The report of a run that had the lease, also where that could not finish.
pub(crate) fn report(
    case: &Case<'_>,
    affected: &AffectedGroup,
    progress: &Progress,
    lease_number: u64,
    lease: &LeaseEnd,
) -> Report {
    let (group, last) = (&affected.group, &progress.last_look);
    let found = || findings::of(progress, lease, group, case.settings);
    if let Some(why) = last.recovered.as_ref()
        && progress.resources.is_empty()
    {
        let mut report = recovered(case, why);
        report.findings = found();
        return report;
    }
    let is_new = |blocked: &&Blocked| !progress.resources.contains_key(&blocked.resource);
    let begun = progress.resources.iter().map(|(resource, it)| MoveReport {
        end: last.end_of(resource).unwrap_or(it.state.end()),
        ..it.report()
    });
    let blocked = last.blocked.iter().filter(is_new).map(|it| MoveReport {
        end: last.end_of(&it.resource).unwrap_or(MoveEnd::NotMoved),
        ..it.report()
    });
    let moves: Vec<MoveReport> = begun.chain(blocked).collect();
    let stays = stays_on_purpose(&last.stays_on_stop, case.settings);
    let mut report = match (stays, moves.as_slice()) {
        (Some(stays), []) => case.ignored(&stays),
        (None, []) if !last.at_rest.is_held() => case.ignored(&where_it_is(group, &last.at_rest)),
        (stays, moves) => {
            let stays = stays.map_or_else(String::new, |stays| format!("; {stays}"));
            let sentence = sentence(group, moves, &last.at_rest);
            case.report(outcome(case, moves), &format!("{sentence}{stays}"))
        }
    };
    report.findings = found();
    report.subject = subject(case, group, progress, lease_number, moves);
    report
}

fn is_stranded(blocked: &Blocked) -> bool {
    blocked.holder.is_none()
}

impl LastLook {
    /// How something ended that nobody has, and nobody takes.
    fn end_of(&self, resource: &ResourceId) -> Option<MoveEnd> {
        let mut stranded = self.blocked.iter().filter(|it| is_stranded(it));
        let is_so = stranded.any(|it| it.resource == *resource);
        is_so.then_some(MoveEnd::Stranded)
    }
}

fn stranded(case: &Case<'_>, affected: &AffectedGroup, progress: &mut Progress) -> Error {
    let blocked = std::mem::take(&mut progress.last_look.blocked);
    let (mut names, mut why, mut refusal) = (Vec::new(), Vec::new(), None::<CloudError>);
    for blocked in blocked.into_iter().filter(is_stranded) {
        names.push(blocked.resource.to_string());
        why.extend(blocked.why.iter().map(ToString::to_string));
        let known = progress.resources.remove(&blocked.resource);
        refusal = known.and_then(ResourceProgress::last_refusal).or(refusal);
    }
    Error::Stranded {
        what: format!(
            "{}: {} of the group {} is with nobody ({}); each delivery and reconcile try again",
            case.cause.text,
            names.join(", "),
            affected.group,
            why.join("; ")
        ),
        source: progress.denied.take().or(refusal),
    }
}

fn unfinished_error(
    case: &Case<'_>,
    affected: &AffectedGroup,
    stop: Stop,
    unfinished: &[String],
) -> Error {
    let what = format!(
        "{}: the failover of the group {} is not finished ({}); the next delivery goes on",
        case.cause.text,
        affected.group,
        unfinished.join(", ")
    );
    match stop {
        Stop::Unknown(source) => Error::Unfinished { what, source },
        Stop::Complete | Stop::OutOfTime => Error::OutOfTime { what },
    }
}
