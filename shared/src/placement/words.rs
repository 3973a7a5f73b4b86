//! What a person reads of a placement: which address, why this one, its stable name, what was displaced,
//! and what to do where something is lacking. Nothing is decided here.

mod findings;
mod listed;

use super::FUNCTION;
use super::decide::{Outlook, Step};
use super::run::{Progress, Run};
use super::stop::{Given, Waiting};
use crate::clock::Clock;
use crate::cloud::CloudError;
use crate::event::InstanceChange;
use crate::report::{
    Finding, Outcome, PlacedReport, PlacementReport, PlannedCall, Report, Stopwatch, Subject,
};
use crate::settings::Settings;
pub(super) use findings::not_looked;
use findings::{about, findings_of, homeless, refused, unread};
pub use listed::public_dns_name;
use listed::{listed, placed_at, would_be};

pub(super) fn left<C, L, K: Clock>(
    run: &Run<'_, C, L, K>,
    progress: &Progress,
    why: &str,
    watch: &mut Stopwatch,
) -> Report {
    let summary = format!("ignored {}: {why}", run.change);
    report(run, progress, None, Outcome::Ignored, summary, watch)
}

pub(super) fn placed<C, L, K: Clock>(
    run: &Run<'_, C, L, K>,
    progress: &Progress,
    outlook: &Outlook,
    watch: &mut Stopwatch,
) -> Report {
    let outcome = match (progress.placed.is_empty(), outlook.standing.is_empty()) {
        (false, _) => Outcome::Associated,
        (true, false) => Outcome::AlreadyPlaced,
        (true, true) => Outcome::NotPlaced,
    };
    let all = placed_by(run.settings, progress, outlook);
    let summary = if all.is_empty() {
        format!("{} has no address of its group", run.change.instance)
    } else {
        format!("{} has {}", run.change.instance, listed(&all))
    };
    report(run, progress, Some(outlook), outcome, summary, watch)
}

/// What an error says of a run that ended between two looks.
pub(super) fn not_yet<C, L, K>(run: &Run<'_, C, L, K>, progress: &Progress) -> String {
    let faster = || format!("somebody was faster in {} attempts", progress.attempts);
    let why = progress.not_yet.clone().unwrap_or_else(faster);
    format!("{} may lack its address: {why}", run.change.instance)
}

pub(super) fn pool_empty<C, L, K: Clock>(
    run: &Run<'_, C, L, K>,
    progress: &Progress,
    outlook: &Outlook,
    watch: &mut Stopwatch,
) -> Report {
    let (instance, group) = (&run.change.instance, &outlook.group);
    let summary = format!(
        "{instance} runs without an address: every address of the group `{group}` that it may have is \
         in use; it gets one when one becomes free"
    );
    let mut report = report(
        run,
        progress,
        Some(outlook),
        Outcome::PoolEmpty,
        summary,
        watch,
    );
    let keys = &run.settings.tags;
    report.findings.push(Finding {
        what: format!("the group `{group}` has no address left for {instance}"),
        why: "each one is with an instance that runs, or is kept for another slot".to_owned(),
        next: format!(
            "free one, or add one: aws ec2 allocate-address --domain vpc --tag-specifications \
             'ResourceType=elastic-ip,Tags=[{{Key={},Value={group}}}]'; reconcile gives it to the \
             instance",
            keys.group
        ),
    });
    report
}

pub(super) fn not_placed<C, L, K: Clock>(
    run: &Run<'_, C, L, K>,
    progress: &Progress,
    outlook: &Outlook,
    watch: &mut Stopwatch,
) -> Report {
    let summary = format!(
        "{} runs without an address: EC2 refuses to associate one",
        run.change.instance
    );
    report(
        run,
        progress,
        Some(outlook),
        Outcome::NotPlaced,
        summary,
        watch,
    )
}

pub(super) fn denied<C, L, K: Clock>(
    run: &Run<'_, C, L, K>,
    progress: &Progress,
    failure: &CloudError,
    watch: &mut Stopwatch,
) -> Report {
    let summary = format!(
        "{} runs and may lack its address: Holdfast is not allowed to see to it",
        run.change.instance
    );
    let mut report = report(run, progress, None, Outcome::Denied, summary, watch);
    report.findings.push(not_looked(failure));
    report
}

pub(super) fn would_place<C, L, K: Clock>(
    run: &Run<'_, C, L, K>,
    progress: &Progress,
    outlook: &Outlook,
    watch: &mut Stopwatch,
) -> Report {
    let instance = &run.change.instance;
    let would: Vec<PlacedReport> = outlook
        .steps
        .iter()
        .map(|step| would_be(run.settings, step))
        .collect();
    let (outcome, summary) = if !would.is_empty() {
        let summary = format!("in `enforce` mode {instance} would get {}", listed(&would));
        (Outcome::WouldAssociate, summary)
    } else if outlook.lacking > 0 {
        let group = &outlook.group;
        let summary = format!("{instance} lacks an address, and none of `{group}` is free");
        (Outcome::PoolEmpty, summary)
    } else {
        return placed(run, progress, outlook, watch);
    };
    let mut report = report(run, progress, Some(outlook), outcome, summary, watch);
    if let Subject::Instance(subject) = &mut report.subject {
        subject.placed.extend(would);
    }
    report.would_call = outlook.steps.iter().flat_map(calls_of).collect();
    report
}

pub(super) fn would_hand_over(
    settings: &Settings,
    change: &InstanceChange,
    steps: &[Step],
    watch: Stopwatch,
) -> Report {
    let would: Vec<PlacedReport> = steps.iter().map(|step| would_be(settings, step)).collect();
    let (outcome, summary) = if would.is_empty() {
        (Outcome::Ignored, nothing_moves(change))
    } else {
        let summary = format!("{change}: in `enforce` mode {}", listed(&would));
        (Outcome::WouldAssociate, summary)
    };
    let mut report = of_stop(settings, change, outcome, summary, would, watch);
    report.would_call = steps.iter().flat_map(calls_of).collect();
    report
}

/// The calls that change something when a step is carried out, in their order.
fn calls_of(step: &Step) -> impl Iterator<Item = PlannedCall> {
    let held = step.from.as_ref();
    let ended = held.map(|hold| PlannedCall::disassociate(&hold.association));
    let place = &step.place;
    let associated = PlannedCall::associate(&step.allocation, &place.eni, place.private_ip);
    ended.into_iter().chain([associated])
}

pub(super) fn handed_over(
    settings: &Settings,
    change: &InstanceChange,
    given: &Given,
    watch: Stopwatch,
) -> Report {
    let placed: Vec<PlacedReport> = given
        .placed
        .iter()
        .map(|(step, at)| placed_at(settings, step, at.clone()))
        .collect();
    let (outcome, summary) = match (placed.is_empty(), given.refusals.is_empty()) {
        (false, _) => (
            Outcome::HandedOver,
            format!("{change}: {}", listed(&placed)),
        ),
        (true, false) => {
            let summary = format!("{change}: EC2 refuses to let its address move on");
            (Outcome::NotPlaced, summary)
        }
        (true, true) => (Outcome::Ignored, nothing_moves(change)),
    };
    let findings = findings_of(&placed, &given.refusals);
    let mut report = of_stop(settings, change, outcome, summary, placed, watch);
    report.findings = findings;
    if let Subject::Instance(subject) = &mut report.subject {
        (subject.looks, subject.attempts) = (given.looks, given.attempts);
    }
    report
}

pub(super) fn waiting(settings: &Settings, given: Given) -> Waiting {
    let placed: Vec<PlacedReport> = given
        .placed
        .into_iter()
        .map(|(step, at)| placed_at(settings, &step, at))
        .collect();
    Waiting {
        findings: findings_of(&placed, &given.refusals),
        placed,
    }
}

pub(super) fn would_give(settings: &Settings, steps: &[Step]) -> Waiting {
    let placed = steps.iter().map(|step| would_be(settings, step)).collect();
    Waiting {
        placed,
        findings: Vec::new(),
    }
}

fn nothing_moves(change: &InstanceChange) -> String {
    format!("ignored {change}: no address of its is to move on, or no running instance lacks one")
}

fn of_stop(
    settings: &Settings,
    change: &InstanceChange,
    outcome: Outcome,
    summary: String,
    placed: Vec<PlacedReport>,
    watch: Stopwatch,
) -> Report {
    Report {
        subject: Subject::Instance(Box::new(PlacementReport {
            instance: change.instance.clone(),
            group: None,
            placed,
            lacking: 0,
            looks: 1,
            attempts: 0,
        })),
        phases: watch.into_phases(),
        ..Report::of(FUNCTION, settings.mode, outcome, summary)
    }
}

fn report<C, L, K: Clock>(
    run: &Run<'_, C, L, K>,
    progress: &Progress,
    outlook: Option<&Outlook>,
    outcome: Outcome,
    summary: String,
    watch: &mut Stopwatch,
) -> Report {
    let none = Outlook::default();
    let outlook = outlook.unwrap_or(&none);
    let placed = placed_by(run.settings, progress, outlook);
    let refusals: Vec<_> = progress.refusal.iter().collect();
    let mut findings: Vec<Finding> = placed.iter().flat_map(about).collect();
    findings.extend(
        refusals
            .iter()
            .map(|(step, failure)| refused(step, failure)),
    );
    if outlook.homeless > 0 {
        findings.push(homeless(run.change, outlook.homeless));
    }
    if let Some(failure) = &progress.unread {
        findings.push(unread(failure));
    }
    let watch = std::mem::replace(watch, Stopwatch::start(&run.ports.clock));
    let lacking = match outcome {
        Outcome::Associated | Outcome::AlreadyPlaced | Outcome::Ignored => outlook.homeless,
        _ => outlook.lacking + outlook.homeless,
    };
    Report {
        subject: Subject::Instance(Box::new(PlacementReport {
            instance: run.change.instance.clone(),
            group: Some(outlook.group.clone()).filter(|group| !group.is_empty()),
            placed,
            lacking,
            looks: progress.trials.looks + 1,
            attempts: progress.attempts,
        })),
        findings,
        phases: watch.into_phases(),
        ..Report::of(FUNCTION, run.settings.mode, outcome, summary)
    }
}

/// What stands, and what this run placed: each address once.
fn placed_by(settings: &Settings, progress: &Progress, outlook: &Outlook) -> Vec<PlacedReport> {
    let mut all: Vec<PlacedReport> = progress
        .placed
        .iter()
        .map(|(step, at)| placed_at(settings, step, at.clone()))
        .collect();
    for standing in &outlook.standing {
        if all
            .iter()
            .all(|each| each.allocation != standing.allocation)
        {
            let mut report = would_be(settings, standing);
            report.association.verified = true;
            all.push(report);
        }
    }
    all
}
