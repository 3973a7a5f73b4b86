//! What a person reads of a failover: what is where now, what is not and why, and what to do next. Nothing is
//! decided here, but how the ends of single moves add up to one outcome.

mod ended;
mod findings;
mod planned;

use super::FUNCTION;
use super::decide::{Blocked, Kept, Move};
use super::evidence::{Cause, Concern, Kind};
use super::group::{ChargeId, Group};
use super::observe::Observed;
use super::progress::Progress;
use super::route::Step;
use super::run::Run;
use crate::error::Error;
use crate::ids::InstanceId;
use crate::ledger::Lease;
use crate::report::{FailoverReport, Finding, MoveEnd, MoveReport, Outcome, Report, Subject};
use crate::settings::Settings;
pub(super) use ended::{failure, report};
pub(super) use findings::{flags, not_looked, not_permitted, obstacles, still_stranded, strangers};
pub(super) use planned::{planned, would};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn recovered(settings: &Settings, cause: &Cause, why: &str) -> Report {
    let summary = format!("{}: {why}; nothing was touched", cause.words);
    Report::of(FUNCTION, settings.mode, Outcome::Recovered, summary)
}

pub(super) fn unclear(settings: &Settings, cause: &Cause, why: &str) -> Report {
    let summary = format!("{}: nothing was touched, since {why}", cause.words);
    let mut report = Report::of(FUNCTION, settings.mode, Outcome::Refused, summary);
    let keys = &settings.tags;
    report.findings.push(Finding {
        what: format!("{} moves nothing", cause.words),
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
        cause.words
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
    concern: &Concern,
    observed: &Observed,
) -> Report {
    let group = Group::named(&concern.group, observed, run.settings, &[]);
    let cause = &run.cause.words;
    let name = &concern.group;
    if group.charges.is_empty() {
        let why = format!("the group {name} has no address or interface that could move");
        return Report::not_for(FUNCTION, run.settings.mode, cause, &why);
    }
    let holders = listed(&group.holders());
    let summary = match &run.cause.kind {
        Kind::Person { to: None } => format!(
            "{cause}: nothing was touched, since several members hold addresses ({holders}): name \
             the one that is to have them with \"to\""
        ),
        _ if concern.is_anonymous && concern.sick.is_empty() => format!(
            "{cause}: nothing was touched, since what it stands for came to {holders} after it fired"
        ),
        _ => format!("{cause}: everything of the group {name} is with {holders}"),
    };
    let outcome = match &run.cause.kind {
        Kind::Person { to: None } => Outcome::Refused,
        _ => Outcome::AlreadyMoved,
    };
    Report::of(FUNCTION, run.settings.mode, outcome, summary)
}

fn listed(ids: &BTreeSet<InstanceId>) -> String {
    let ids: Vec<&str> = ids.iter().map(InstanceId::as_str).collect();
    if ids.is_empty() {
        "nobody".to_owned()
    } else {
        ids.join(", ")
    }
}

/// One report for all groups of a cause: the first, with what the others moved.
pub(super) fn together(settings: &Settings, cause: &Cause, mut reports: Vec<Report>) -> Report {
    if reports.is_empty() {
        let why = format!(
            "no member of a group (tag {}) is concerned",
            settings.tags.group
        );
        return Report::not_for(FUNCTION, settings.mode, &cause.words, &why);
    }
    let mut first = reports.remove(0);
    for other in reports {
        first.summary = format!("{}; {}", first.summary, other.summary);
        first.findings.extend(other.findings);
        if let (Subject::Failover(all), Subject::Failover(more)) =
            (&mut first.subject, other.subject)
        {
            all.group = format!("{}, {}", all.group, more.group);
            all.moves.extend(more.moves);
            all.mutating_calls += more.mutating_calls;
        }
    }
    first
}

/// A move before it has come to anything.
pub(super) fn on_its_way(one: &Move) -> MoveReport {
    let mut report = MoveReport {
        eni: None,
        allocation: None,
        private_ips: Vec::new(),
        public_ips: one.public_ips.clone(),
        mover: one.step.mover(),
        from: one.from.clone(),
        to: Some(one.to.clone()),
        end: MoveEnd::NotMoved,
        attachment: None,
        displaced: None,
        tried: Vec::new(),
        phases: Vec::new(),
    };
    match &one.step {
        Step::Interface { eni, .. } => report.eni = Some(eni.clone()),
        Step::PrivateIps { to, ips } => {
            report.eni = Some(to.clone());
            report.private_ips.clone_from(ips);
        }
        Step::Address {
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

fn stays(blocked: &Blocked) -> MoveReport {
    let mover = match &blocked.charge {
        ChargeId::Interface(_) => crate::settings::Mover::Eni,
        ChargeId::PrivateIps(_) => crate::settings::Mover::Ip,
        ChargeId::Address(_) => crate::settings::Mover::Eip,
    };
    let (mut eni, mut allocation, mut private_ips) = (None, None, Vec::new());
    match &blocked.charge {
        ChargeId::Interface(id) => eni = Some(id.clone()),
        ChargeId::PrivateIps(ip) => private_ips.extend(*ip),
        ChargeId::Address(id) => allocation = Some(id.clone()),
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
pub(super) fn is_complete(moves: &BTreeMap<ChargeId, MoveReport>, blocked: &[Blocked]) -> bool {
    let is_open = |report: &MoveReport| {
        matches!(
            report.end,
            MoveEnd::NotMoved | MoveEnd::Returned | MoveEnd::Stranded
        )
    };
    blocked.is_empty() && !moves.values().any(is_open)
}

fn subject<C, L, K>(
    run: &Run<'_, C, L, K>,
    group: &str,
    progress: &Progress,
    moves: Vec<MoveReport>,
) -> Subject {
    Subject::Failover(Box::new(FailoverReport {
        group: group.to_owned(),
        cause: run.cause.words.clone(),
        sick: progress.leaving.iter().cloned().collect(),
        moves,
        fenced: progress.fenced.done.clone(),
        fencing: progress.lease.as_ref().map(|lease| lease.fencing),
        looks: progress.looks,
        mutating_calls: progress.mutating_calls,
    }))
}

pub(super) fn lease_taken(concern: &Concern, lease: &Lease) -> Error {
    let until = lease
        .held
        .as_ref()
        .map(|held| format!(", until {}", held.until));
    Error::OutOfTime {
        what: format!(
            "another failover of the group {} is under way{}; nothing was touched by this one",
            concern.group,
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
            Kind::Person { .. } => Outcome::SwitchedOver,
            Kind::Failback { .. } => Outcome::FailedBack,
            _ => Outcome::FailedOver,
        },
        (false, _) if has(MoveEnd::Returned) => Outcome::Returned,
        (false, true) => Outcome::Refused,
        (false, false) => Outcome::AlreadyMoved,
    }
}

fn sentence(group: &str, moves: &[MoveReport]) -> String {
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
    format!("everything of the group {group} is with a healthy member already")
}

/// What stays with a holder that was stopped, on purpose; nothing where there is none.
fn stays_on_purpose(kept: &[Kept], settings: &Settings) -> Option<String> {
    let each = kept.iter().map(|one| {
        let (charge, holder) = (&one.charge, &one.holder);
        let ips: Vec<String> = one.public_ips.iter().map(ToString::to_string).collect();
        match ips.as_slice() {
            [] => format!("{charge} stays with {holder}"),
            ips => format!("{} ({charge}) stays with {holder}", ips.join(", ")),
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
