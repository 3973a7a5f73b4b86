//! The end of a run that had the lease, or waited for it: a report, or why the event has to come again.

use super::super::FUNCTION;
use super::super::assessment::AffectedGroup;
use super::super::decide::Blocked;
use super::super::group::ResourceId;
use super::super::progress::Progress;
use super::super::run::Run;
use super::{
    blocked_move, findings, outcome, recovered, sentence, stays_on_purpose, subject, where_it_is,
};
use crate::clock::Clock;
use crate::error::Error;
use crate::report::{MoveEnd, MoveReport, Report};

/// Why the event has to come again, if it has to.
pub(in crate::alarm_failover) fn failure<C, L, K: Clock>(
    run: &Run<'_, C, L, K>,
    affected: &AffectedGroup,
    progress: &mut Progress,
) -> Option<Error> {
    let is_adrift = |blocked: &&Blocked| blocked.holder.is_none();
    if progress.blocked.iter().any(|blocked| is_adrift(&blocked)) {
        return Some(stranded(run, affected, progress));
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
        .then(|| unfinished_error(run, affected, progress, &unfinished))
}

/// The report of a run that had the lease, or waited for it.
pub(in crate::alarm_failover) fn report<C, L, K: Clock>(
    run: &Run<'_, C, L, K>,
    affected: &AffectedGroup,
    progress: &Progress,
) -> Report {
    if let Some(why) = progress
        .recovered
        .as_ref()
        .filter(|_| progress.moves.is_empty())
    {
        let mut report = recovered(run.settings, run.cause, why);
        report.findings = findings::of(progress, &affected.group, run.settings);
        return report;
    }
    let is_new = |blocked: &&Blocked| !progress.moves.contains_key(&blocked.resource);
    let blocked = progress.blocked.iter().filter(is_new).map(blocked_move);
    let moves: Vec<MoveReport> = progress.moves.values().cloned().chain(blocked).collect();
    let kept = stays_on_purpose(&progress.stays_on_stop, run.settings);
    let mut report = match (kept, moves.as_slice()) {
        (Some(kept), []) => Report::not_for(FUNCTION, run.settings.mode, &run.cause.text, &kept),
        (None, []) if !progress.at_rest.is_held() => {
            let why = where_it_is(&affected.group, &progress.at_rest);
            Report::not_for(FUNCTION, run.settings.mode, &run.cause.text, &why)
        }
        (kept, moves) => {
            let kept = kept.map_or_else(String::new, |kept| format!("; {kept}"));
            let sentence = sentence(&affected.group, moves, &progress.at_rest);
            let summary = format!("{}: {sentence}{kept}", run.cause.text);
            Report::of(FUNCTION, run.settings.mode, outcome(run, moves), summary)
        }
    };
    report.findings = findings::of(progress, &affected.group, run.settings);
    report.subject = subject(run, &affected.group, progress, moves);
    report
}

fn stranded<C, L, K>(
    run: &Run<'_, C, L, K>,
    affected: &AffectedGroup,
    progress: &mut Progress,
) -> Error {
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
            run.cause.text,
            names.join(", "),
            affected.group,
            why.join("; ")
        ),
        source: progress.denied.take().or(refused),
    }
}

fn unfinished_error<C, L, K>(
    run: &Run<'_, C, L, K>,
    affected: &AffectedGroup,
    progress: &mut Progress,
    unfinished: &[String],
) -> Error {
    let what = format!(
        "{}: the failover of the group {} is not finished ({}); the next delivery goes on",
        run.cause.text,
        affected.group,
        unfinished.join(", ")
    );
    match progress.unknown.take() {
        Some(source) => Error::Unfinished { what, source },
        None => Error::OutOfTime { what },
    }
}
