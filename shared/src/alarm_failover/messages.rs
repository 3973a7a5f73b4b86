//! What a person reads of a failover: what is where now, what is not and why, and what to do next. Nothing is
//! decided here, but how the ends of single moves add up to one outcome.

mod ended;
mod findings;
mod planned;

use super::FUNCTION;
use super::assessment::{AffectedGroup, Cause, CauseKind};
use super::decide::{Blocked, Move, StaysOnStop};
use super::group::{Group, ResourceId};
use super::observe::Observed;
use super::progress::{AtRest, Progress};
use super::route::MoveAction;
use super::run::Run;
use crate::error::Error;
use crate::ledger::Lease;
use crate::model::ids::InstanceId;
use crate::report::{FailoverReport, Finding, MoveEnd, MoveReport, Outcome, Report, Subject};
use crate::settings::Settings;
pub(super) use ended::{failure, report};
pub(super) use findings::{
    flag_findings, not_observed_finding, not_permitted, obstacles, still_stranded, unreadable_tag,
    untagged_holders,
};
pub(super) use planned::{planned, would};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn recovered(settings: &Settings, cause: &Cause, why: &str) -> Report {
    let summary = format!("{}: {why}; nothing was touched", cause.text);
    Report::of(FUNCTION, settings.mode, Outcome::Recovered, summary)
}

pub(super) fn unclear(settings: &Settings, cause: &Cause, why: &str) -> Report {
    let summary = format!("{}: nothing was touched, since {why}", cause.text);
    let mut report = Report::of(FUNCTION, settings.mode, Outcome::Refused, summary);
    let keys = &settings.tags;
    report.findings.push(Finding {
        what: format!("{} moves nothing", cause.text),
        why: why.to_owned(),
        next: format!(
            "give the alarm a dimension InstanceId, or the address or interface the tag {} with the \
             alarm's name, or the alarm the tag {}",
            keys.alarm, keys.group
        ),
    });
    report
}

pub(super) fn no_such_group(settings: &Settings, cause: &Cause, group: &str) -> Report {
    let key = &settings.tags.group;
    let summary = format!(
        "{}: no instance has the tag {key} = {group}; nothing was touched",
        cause.text
    );
    let mut report = Report::of(FUNCTION, settings.mode, Outcome::Refused, summary);
    report.findings.push(Finding {
        what: format!("the group {group} has no members"),
        why: format!(
            "no instance in {} has the tag {key} = {group}",
            settings.region
        ),
        next: format!(
            "see which groups there are: aws ec2 describe-tags --filters Name=key,Values={key}"
        ),
    });
    report
}

pub(super) fn nothing_held<C, L, K>(
    run: &Run<'_, C, L, K>,
    affected: &AffectedGroup,
    observed: &Observed,
) -> Report {
    let group = Group::named(&affected.group, observed, run.settings, &[]);
    let cause = &run.cause.text;
    let name = &affected.group;
    if group.resources.is_empty() {
        let why = format!("the group {name} has no address or interface that could move");
        return Report::not_for(FUNCTION, run.settings.mode, cause, &why);
    }
    let holders = listed(&group.holders());
    let summary = match &run.cause.kind {
        CauseKind::Command { to: None } => format!(
            "{cause}: nothing was touched, since several members hold addresses ({holders}): name \
             the one that is to have them with \"to\""
        ),
        _ if affected.names_no_instance && affected.failed_members.is_empty() => format!(
            "{cause}: nothing was touched, since what it stands for came to {holders} after it fired"
        ),
        _ => format!("{cause}: everything of the group {name} is with {holders}"),
    };
    let outcome = match &run.cause.kind {
        CauseKind::Command { to: None } => Outcome::Refused,
        _ => Outcome::AlreadyMoved,
    };
    let mut report = Report::of(FUNCTION, run.settings.mode, outcome, summary);
    let failed = failed_members(run, &affected.failed_members);
    report.subject = after_one_look(name, cause, failed, Vec::new());
    report
}

fn listed(ids: &BTreeSet<InstanceId>) -> String {
    let ids: Vec<&str> = ids.iter().map(InstanceId::as_str).collect();
    if ids.is_empty() {
        "nobody".to_owned()
    } else {
        ids.join(", ")
    }
}

/// What happened, the gravest first: what a person has to hear of is the outcome of the whole run.
const GRAVEST_FIRST: [Outcome; 9] = [
    Outcome::Refused,
    Outcome::PartlyMoved,
    Outcome::Returned,
    Outcome::FailedOver,
    Outcome::SwitchedOver,
    Outcome::FailedBack,
    Outcome::WouldFailOver,
    Outcome::AlreadyMoved,
    Outcome::Recovered,
];

fn gravity(outcome: Outcome) -> usize {
    let place = GRAVEST_FIRST.iter().position(|each| *each == outcome);
    place.unwrap_or(GRAVEST_FIRST.len())
}

/// The report on a cause: that of its one group, or those of all its groups, each whole, the gravest first.
pub(super) fn of_groups(settings: &Settings, cause: &Cause, mut reports: Vec<Report>) -> Report {
    if reports.is_empty() {
        let why = format!(
            "no member of a group (tag {}) is concerned",
            settings.tags.group
        );
        return Report::not_for(FUNCTION, settings.mode, &cause.text, &why);
    }
    if reports.len() == 1 {
        return reports.remove(0);
    }
    reports.sort_by_key(|report| gravity(report.outcome));
    let mut whole = Report::of(
        FUNCTION,
        settings.mode,
        reports[0].outcome,
        summaries(&reports),
    );
    whole.findings = reports
        .iter()
        .flat_map(|each| each.findings.clone())
        .collect();
    whole.would_call = reports
        .iter()
        .flat_map(|each| each.would_call.clone())
        .collect();
    whole.subject = Subject::Failovers(reports);
    whole
}

/// The groups that a run could not see to, and what it did for the others.
pub(super) fn failure_of_groups(mut failures: Vec<Error>, mut reports: Vec<Report>) -> Error {
    if failures.len() == 1 && reports.is_empty() {
        return failures.remove(0);
    }
    reports.sort_by_key(|report| gravity(report.outcome));
    failures.sort_by_key(Error::gravity);
    Error::SomeGroups {
        done: summaries(&reports),
        failures,
    }
}

fn summaries(reports: &[Report]) -> String {
    let all: Vec<&str> = reports
        .iter()
        .map(|report| report.summary.as_str())
        .collect();
    all.join("; ")
}

/// A move before it has come to anything.
pub(super) fn unfinished_move(one: &Move) -> MoveReport {
    let mut report = MoveReport {
        eni: None,
        allocation: None,
        private_ips: Vec::new(),
        public_ips: one.public_ips.clone(),
        mover: one.action.mover(),
        from: one.from.clone(),
        to: Some(one.to.clone()),
        end: MoveEnd::NotMoved,
        attachment: None,
        displaced: None,
        tried: Vec::new(),
        phases: Vec::new(),
    };
    match &one.action {
        MoveAction::Interface { eni, .. } => report.eni = Some(eni.clone()),
        MoveAction::PrivateIps { to, ips } => {
            report.eni = Some(to.clone());
            report.private_ips.clone_from(ips);
        }
        MoveAction::Address {
            allocation,
            private_ip,
            displaced,
            ..
        } => {
            report.allocation = Some(allocation.clone());
            report.private_ips.push(*private_ip);
            report.displaced = *displaced;
        }
    }
    report
}

fn blocked_move(blocked: &Blocked) -> MoveReport {
    let mover = match &blocked.resource {
        ResourceId::Interface(_) => crate::settings::Mover::Eni,
        ResourceId::PrivateIps(_) => crate::settings::Mover::Ip,
        ResourceId::Address(_) => crate::settings::Mover::Eip,
    };
    let (mut eni, mut allocation, mut private_ips) = (None, None, Vec::new());
    match &blocked.resource {
        ResourceId::Interface(id) => eni = Some(id.clone()),
        ResourceId::PrivateIps(ip) => private_ips.extend(*ip),
        ResourceId::Address(id) => allocation = Some(id.clone()),
    }
    MoveReport {
        eni,
        allocation,
        private_ips,
        public_ips: blocked.public_ips.clone(),
        mover,
        from: blocked.holder.clone(),
        to: None,
        end: MoveEnd::NotMoved,
        attachment: None,
        displaced: None,
        tried: Vec::new(),
        phases: Vec::new(),
    }
}

/// Whether nothing is left of a failover.
pub(super) fn is_complete(moves: &BTreeMap<ResourceId, MoveReport>, blocked: &[Blocked]) -> bool {
    let is_open = |report: &MoveReport| {
        matches!(
            report.end,
            MoveEnd::NotMoved | MoveEnd::Returned | MoveEnd::Stranded
        )
    };
    blocked.is_empty() && !moves.values().any(is_open)
}

/// A group that was looked at once, and in which nothing was changed.
fn after_one_look(
    group: &str,
    cause: &str,
    failed_members: Vec<InstanceId>,
    moves: Vec<MoveReport>,
) -> Subject {
    Subject::Failover(Box::new(FailoverReport {
        group: group.to_owned(),
        cause: cause.to_owned(),
        failed_members,
        moves,
        fenced: Vec::new(),
        lease_number: None,
        looks: 1,
        mutating_calls: 0,
    }))
}

/// Who has failed: nobody, where a person or a failback moves what a healthy member holds.
pub(super) fn failed_members<C, L, K>(
    run: &Run<'_, C, L, K>,
    sources: &BTreeSet<InstanceId>,
) -> Vec<InstanceId> {
    match run.cause.kind {
        CauseKind::Command { .. } | CauseKind::Failback { .. } => Vec::new(),
        _ => sources.iter().cloned().collect(),
    }
}

fn subject<C, L, K>(
    run: &Run<'_, C, L, K>,
    group: &str,
    progress: &Progress,
    moves: Vec<MoveReport>,
) -> Subject {
    Subject::Failover(Box::new(FailoverReport {
        group: group.to_owned(),
        cause: run.cause.text.clone(),
        failed_members: failed_members(run, &progress.sources),
        moves,
        fenced: progress.fenced.done.clone(),
        lease_number: progress.lease.as_ref().map(|lease| lease.lease_number),
        looks: progress.looks,
        mutating_calls: progress.mutating_calls,
    }))
}

pub(super) fn lease_taken(affected: &AffectedGroup, lease: &Lease) -> Error {
    let until = lease
        .held
        .as_ref()
        .map(|held| format!(", until {}", held.until));
    Error::OutOfTime {
        what: format!(
            "another failover of the group {} is under way{}; nothing was touched by this one",
            affected.group,
            until.unwrap_or_default()
        ),
    }
}

fn outcome<C, L, K>(run: &Run<'_, C, L, K>, moves: &[MoveReport]) -> Outcome {
    let has = |end: MoveEnd| moves.iter().any(|one| one.end == end);
    let is_left = has(MoveEnd::NotMoved) || has(MoveEnd::Returned) || has(MoveEnd::Gone);
    match (has(MoveEnd::Moved), is_left) {
        (true, true) => Outcome::PartlyMoved,
        (true, false) => match run.cause.kind {
            CauseKind::Command { .. } => Outcome::SwitchedOver,
            CauseKind::Failback { .. } => Outcome::FailedBack,
            _ => Outcome::FailedOver,
        },
        (false, _) if has(MoveEnd::Returned) => Outcome::Returned,
        (false, true) => Outcome::Refused,
        (false, false) => Outcome::AlreadyMoved,
    }
}

fn sentence(group: &str, moves: &[MoveReport], at_rest: &AtRest) -> String {
    let has = |end: MoveEnd| moves.iter().any(|one| one.end == end);
    if has(MoveEnd::Moved) {
        let all = all_of(moves, MoveEnd::Moved);
        return format!("moved {all}{}", and_not(moves));
    }
    if has(MoveEnd::Returned) {
        let back = all_of(moves, MoveEnd::Returned);
        return format!("no standby of the group {group} took it: back again {back}");
    }
    if has(MoveEnd::NotMoved) {
        return format!("nothing was moved{}", and_not(moves));
    }
    if has(MoveEnd::Gone) {
        let each = moves.iter().filter(|one| one.end == MoveEnd::Gone);
        let names: Vec<String> = each.map(name_of).collect();
        return format!("the group {group} has {} no more", names.join(", "));
    }
    where_it_is(group, at_rest)
}

/// Where what a group has is, and where nothing is to be moved.
fn where_it_is(group: &str, at_rest: &AtRest) -> String {
    let mut parts = Vec::new();
    if !at_rest.running.is_empty() {
        let holders = listed(&at_rest.running);
        parts.push(format!(
            "what the group {group} has in use is with {holders}"
        ));
    }
    if !at_rest.not_running.is_empty() {
        let holders = listed(&at_rest.not_running);
        parts.push(format!(
            "of the group {group}, something stays with {holders}, which does not run"
        ));
    }
    let free = at_rest.free.iter();
    parts.extend(free.map(|ip| format!("{ip} is associated with nothing")));
    if parts.is_empty() {
        return format!("the group {group} has nothing that could move");
    }
    parts.join("; ")
}

/// What stays with a holder that was stopped, on purpose; nothing where there is none.
fn stays_on_purpose(kept: &[StaysOnStop], settings: &Settings) -> Option<String> {
    let each = kept.iter().map(|one| {
        let (resource, holder) = (&one.resource, &one.holder);
        let ips: Vec<String> = one.public_ips.iter().map(ToString::to_string).collect();
        match ips.as_slice() {
            [] => format!("{resource} stays with {holder}"),
            ips => format!("{} ({resource}) stays with {holder}", ips.join(", ")),
        }
    });
    let all: Vec<String> = each.collect();
    let (all, key) = (all.join(", "), &settings.tags.on_stop);
    (!kept.is_empty()).then(|| format!("{all} (on-stop is `stay`: tag {key}, or OnStop)"))
}

fn all_of(moves: &[MoveReport], end: MoveEnd) -> String {
    let each = moves.iter().filter(|one| one.end == end).map(|one| {
        let to = one.to.as_ref().map_or("nobody", InstanceId::as_str);
        format!("{} to {to}", name_of(one))
    });
    let all: Vec<String> = each.collect();
    if all.is_empty() {
        "nothing".to_owned()
    } else {
        all.join(", ")
    }
}

fn and_not(moves: &[MoveReport]) -> String {
    let left = moves
        .iter()
        .filter(|one| one.end == MoveEnd::NotMoved)
        .map(|one| {
            let holder = one.from.as_ref().map_or("nobody", InstanceId::as_str);
            format!("{} stays with {holder}", name_of(one))
        });
    let left: Vec<String> = left.collect();
    if left.is_empty() {
        String::new()
    } else {
        format!("; {}", left.join(", "))
    }
}

fn name_of(one: &MoveReport) -> String {
    let own = one
        .eni
        .as_ref()
        .map(ToString::to_string)
        .filter(|_| one.mover == crate::settings::Mover::Eni);
    let private = one.private_ips.iter().map(ToString::to_string).next();
    let own = own
        .or_else(|| one.allocation.as_ref().map(ToString::to_string))
        .or(private);
    let public: Vec<String> = one.public_ips.iter().map(ToString::to_string).collect();
    match (own, public.is_empty()) {
        (Some(own), true) => own,
        (Some(own), false) => format!("{} ({own})", public.join(", ")),
        (None, _) => public.join(", "),
    }
}
