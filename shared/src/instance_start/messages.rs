//! What a person reads of a placement: which address, why this one, its stable name, what was displaced,
//! and what to do where something is lacking. Nothing is decided here.

mod findings;
mod listed;

use super::attempts::{Attempts, StartEnd, StartProgress};
use super::case::{Case, FUNCTION};
use super::plan::PlacementPlan;
use crate::model::pause::Pause;
use crate::report::{
    Command, Finding, Outcome, PlacedReport, PlacementReport, PlannedCall, Report, Stopwatch,
    Subject, paused,
};
use crate::settings::{Mode, Settings};
use findings::{
    about, blocked, doubtful, findings_of, of_service, pauses_unread, refused, unplaceable, unread,
};
pub(super) use findings::{not_all, not_looked};
pub use listed::public_dns_name;
use listed::{listed, placed_at, would_be};

/// What was given to running instances that had been left without an address.
#[derive(Debug, Default)]
pub struct PlacedWaiting {
    /// The addresses that are on an instance now.
    pub placed: Vec<PlacedReport>,
    /// In `observe` mode: those that would be.
    pub would: Vec<PlacedReport>,
    /// What a person should know.
    pub findings: Vec<Finding>,
}

/// The report on an instance that starts.
pub(super) fn started(
    case: &Case<'_>,
    progress: &StartProgress,
    end: &StartEnd,
    watch: Stopwatch,
) -> Report {
    let report = match end {
        StartEnd::Left { why } => {
            let summary = format!("ignored {}: {why}", case.change);
            report(case, progress, None, Outcome::Ignored, summary)
        }
        StartEnd::Placed(plan) | StartEnd::NoFreeAddress(plan)
            if would(case.settings, &progress.done) =>
        {
            would_place(case, progress, plan)
        }
        StartEnd::Placed(plan) => placed(case, progress, plan),
        StartEnd::NoFreeAddress(plan) => no_free_address(case, progress, plan),
        StartEnd::NotPlaced(plan) => {
            let why = if plan.blocked.is_empty() {
                "EC2 refuses to associate one"
            } else {
                "which of its interfaces is to take one is not known"
            };
            let summary = format!("{} runs without an address: {why}", case.change.instance);
            report(case, progress, Some(plan), Outcome::NotPlaced, summary)
        }
        StartEnd::Denied(failure) => {
            let summary = format!(
                "{} runs and may lack its address: Holdfast is not allowed to see to it",
                case.change.instance
            );
            let mut report = report(case, progress, None, Outcome::Denied, summary);
            report.findings.push(not_looked(failure));
            report
        }
        StartEnd::Paused { group, pause } => {
            let summary = format!(
                "{} runs, and the group {group} is {}: nothing was associated",
                case.change.instance,
                paused(pause)
            );
            let mut report = report(case, progress, None, Outcome::Paused, summary);
            report.findings.push(Finding::paused(group, pause));
            report
        }
    };
    Report {
        phases: watch.into_phases(),
        ..report
    }
}

/// An instance of a paused group that stops or ends: what it has stays as it is.
pub(super) fn not_handed_over(case: &Case<'_>, group: &str, pause: &Pause) -> Report {
    let (change, told) = (case.change, paused(pause));
    let summary = format!("{change}: nothing moves on, the group {group} is {told}");
    let mut report = Report::of(FUNCTION, case.settings.mode, Outcome::Paused, summary);
    report.findings.push(Finding::paused(group, pause));
    report
}

fn placed(case: &Case<'_>, progress: &StartProgress, plan: &PlacementPlan) -> Report {
    let outcome = match (
        progress.done.placed.is_empty(),
        plan.already_correct.is_empty(),
    ) {
        (false, _) => Outcome::Associated,
        (true, false) => Outcome::AlreadyPlaced,
        (true, true) => Outcome::NotPlaced,
    };
    let all = placed_by(case.settings, progress, plan);
    let summary = if all.is_empty() {
        format!("{} has no address of its group", case.change.instance)
    } else {
        format!("{} has {}", case.change.instance, listed(&all))
    };
    report(case, progress, Some(plan), outcome, summary)
}

/// What a run did and found that could not finish.
pub(super) fn unfinished(case: &Case<'_>, progress: &StartProgress, watch: Stopwatch) -> Report {
    Report {
        phases: watch.into_phases(),
        ..report(case, progress, None, Outcome::Failed, String::new())
    }
}

/// What an error says of a run that ended between two looks.
pub(super) fn not_yet(case: &Case<'_>, progress: &StartProgress) -> String {
    let faster = || format!("somebody was faster in {} attempts", progress.done.calls);
    let why = progress.not_yet.clone().unwrap_or_else(faster);
    format!("{} may lack its address: {why}", case.change.instance)
}

fn no_free_address(case: &Case<'_>, progress: &StartProgress, plan: &PlacementPlan) -> Report {
    let (instance, group) = (&case.change.instance, &plan.group);
    let summary = format!(
        "{instance} runs without an address: every address of the group `{group}` that it may have is \
         in use; it gets one when one becomes free"
    );
    let outcome = Outcome::NoFreeAddress;
    let mut report = report(case, progress, Some(plan), outcome, summary);
    let keys = &case.settings.tags;
    report.findings.push(Finding {
        what: format!("the group `{group}` has no address left for {instance}"),
        why: "each one is with another instance, or is kept for another slot".to_owned(),
        next: format!(
            "free one, or add one: {}; reconcile gives it to the instance",
            Command::ec2("allocate-address")
                .with("domain", "vpc")
                .tag_specification("elastic-ip", [(keys.group.as_str(), group.as_str())])
        ),
    });
    report
}

/// Whether it is `observe` mode, and there is something that would be done.
fn would(settings: &Settings, done: &Attempts) -> bool {
    settings.mode == Mode::Observe && !done.placed.is_empty()
}

fn would_place(case: &Case<'_>, progress: &StartProgress, plan: &PlacementPlan) -> Report {
    let would = done_by(case.settings, &progress.done);
    let instance = &case.change.instance;
    let summary = format!("in `enforce` mode {instance} would get {}", listed(&would));
    let outcome = Outcome::WouldAssociate;
    let mut report = report(case, progress, Some(plan), outcome, summary);
    report.would_call = would_call(&progress.done);
    report
}

/// The calls that change something where these steps are carried out, in their order.
fn would_call(done: &Attempts) -> Vec<PlannedCall> {
    let steps = done.placed.iter().map(|(step, _)| step);
    let calls = steps.flat_map(|step| {
        let held = step.from.as_ref();
        let ended = held.map(|hold| PlannedCall::disassociate(&hold.association));
        let target = &step.target;
        let associated = PlannedCall::associate(&step.allocation, &target.eni, target.private_ip);
        ended.into_iter().chain([associated])
    });
    calls.collect()
}

pub(super) fn handed_over(case: &Case<'_>, done: &Attempts, watch: Stopwatch) -> Report {
    let (settings, change) = (case.settings, case.change);
    let placed = done_by(settings, done);
    let (outcome, summary) = match (placed.is_empty(), done.refusals.is_empty()) {
        (false, _) if would(settings, done) => (
            Outcome::WouldAssociate,
            format!("{change}: in `enforce` mode {}", listed(&placed)),
        ),
        (false, _) => (
            Outcome::HandedOver,
            format!("{change}: {}", listed(&placed)),
        ),
        (true, false) => (
            Outcome::NotPlaced,
            format!("{change}: EC2 refuses to let its address move on"),
        ),
        (true, true) if !done.blocked.is_empty() => (
            Outcome::NotPlaced,
            format!(
                "{change}: which interface of another instance is to take its address is not known"
            ),
        ),
        (true, true) => (
            Outcome::Ignored,
            format!(
                "ignored {change}: no address of its is to move on, or no running instance lacks one"
            ),
        ),
    };
    let would_call = if settings.mode == Mode::Observe {
        would_call(done)
    } else {
        Vec::new()
    };
    let mut findings = findings_of(settings, &placed, done);
    findings.extend(of_service(done, &settings.tags));
    Report {
        would_call,
        findings,
        subject: Subject::Instance(Box::new(PlacementReport {
            instance: change.instance.clone(),
            group: None,
            placed,
            lacking: 0,
            looks: done.looks,
            attempts: attempts(settings, done),
        })),
        phases: watch.into_phases(),
        ..Report::of(FUNCTION, settings.mode, outcome, summary)
    }
}

/// What an error says of a hand-over that ended between two looks.
pub(super) fn unmoved(case: &Case<'_>, done: &Attempts) -> String {
    let (settings, change) = (case.settings, case.change);
    let placed = done_by(settings, done);
    if placed.is_empty() {
        format!("{change}, and its addresses may not have moved on")
    } else {
        format!(
            "{change}, and not all may have moved on; what has: {}",
            listed(&placed)
        )
    }
}

pub(super) fn waiting(settings: &Settings, done: &Attempts) -> PlacedWaiting {
    let placed = done_by(settings, done);
    let mut findings = findings_of(settings, &placed, done);
    findings.extend(of_service(done, &settings.tags));
    match settings.mode {
        Mode::Observe => PlacedWaiting {
            would: placed,
            findings,
            ..PlacedWaiting::default()
        },
        Mode::Enforce => PlacedWaiting {
            placed,
            findings,
            ..PlacedWaiting::default()
        },
    }
}

/// How many times `AssociateAddress` was called.
fn attempts(settings: &Settings, done: &Attempts) -> u32 {
    match settings.mode {
        Mode::Observe => 0,
        Mode::Enforce => done.calls,
    }
}

fn report(
    case: &Case<'_>,
    progress: &StartProgress,
    plan: Option<&PlacementPlan>,
    outcome: Outcome,
    summary: String,
) -> Report {
    let none = PlacementPlan::default();
    let plan = plan.unwrap_or(&none);
    let placed = placed_by(case.settings, progress, plan);
    let last = progress.done.refusals.last();
    let mut findings: Vec<Finding> = placed.iter().flat_map(about).collect();
    findings.extend(last.map(|(step, failure)| refused(step, failure)));
    findings.extend(doubtful(case.settings, &progress.done));
    let blocked_now = plan.blocked.iter();
    findings.extend(blocked_now.map(|it| blocked(case.settings, it)));
    if plan.unplaceable > 0 {
        findings.push(unplaceable(case.change, plan.unplaceable));
    }
    if let Some(failure) = &progress.unread {
        findings.push(unread(failure));
    }
    findings.extend(progress.done.pauses_unread.as_ref().map(pauses_unread));
    findings.extend(of_service(&progress.done, &case.settings.tags));
    let lacking = match outcome {
        Outcome::Associated | Outcome::AlreadyPlaced | Outcome::Ignored => plan.unplaceable,
        _ => plan.lacking + plan.unplaceable,
    };
    Report {
        subject: Subject::Instance(Box::new(PlacementReport {
            instance: case.change.instance.clone(),
            group: Some(plan.group.clone()).filter(|group| !group.is_empty()),
            placed,
            lacking,
            looks: progress.done.looks,
            attempts: attempts(case.settings, &progress.done),
        })),
        findings,
        ..Report::of(FUNCTION, case.settings.mode, outcome, summary)
    }
}

/// What stands, and what this run placed: each address once.
fn placed_by(
    settings: &Settings,
    progress: &StartProgress,
    plan: &PlacementPlan,
) -> Vec<PlacedReport> {
    let mut all = done_by(settings, &progress.done);
    for already_correct in &plan.already_correct {
        if all
            .iter()
            .all(|each| each.allocation != already_correct.allocation)
        {
            let mut report = would_be(settings, already_correct);
            report.association.verified = true;
            all.push(report);
        }
    }
    all
}

/// What this run placed, or would.
fn done_by(settings: &Settings, done: &Attempts) -> Vec<PlacedReport> {
    let placed = done.placed.iter();
    placed
        .map(|(step, at)| placed_at(settings, step, at.clone()))
        .collect()
}
