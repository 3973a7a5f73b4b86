//! What a person reads of a sweep: one line, and findings with what to do next.

use super::super::case::FUNCTION;
use super::super::decide::Sweep;
use super::super::state::AccountState;
use super::displaced;
use super::shared::{counted, names_unread};
use super::transfers::open_transfer_offer;
use crate::alarm_failover::Audit;
use crate::cloud::CloudError;
use crate::error::{Error, chain};
use crate::instance_start::PlacedWaiting;
use crate::model::ids::{AllocationId, InstanceId};
use crate::report::{
    Command, Finding, MoveReport, Outcome, Readiness, Report, Stopwatch, Subject, SweepReport,
};
use crate::settings::Settings;
use std::collections::BTreeSet;

/// What became of the releases that a sweep took up.
#[derive(Debug, Default)]
pub(crate) struct HandledReleases {
    pub(crate) reports: Vec<Report>,
    /// How those ended of which a person has not heard yet.
    pub(crate) news: Vec<Outcome>,
    /// Releases that the run had no time for.
    pub(crate) left: usize,
    pub(crate) failures: Vec<Error>,
    /// The allocations that were dealt with without CloudTrail's event history, with its answer.
    pub(crate) without_history: Vec<(AllocationId, Option<CloudError>)>,
}

pub(crate) fn swept(
    settings: &Settings,
    observed: &AccountState,
    plan: Sweep,
    written: usize,
    handled: HandledReleases,
    watch: Stopwatch,
) -> Report {
    let outcome = most_severe(&handled.news);
    let mut findings = findings_of(&handled.reports, outcome);
    findings.extend(plan.findings);
    let threats = observed
        .rows
        .values()
        .filter_map(|row| open_transfer_offer(row, settings, observed.look.at));
    findings.extend(threats);
    findings.extend(plan.displaced.iter().map(displaced::finding));
    findings.extend(names_unread(&observed.look));
    findings.extend(left(handled.left));
    let without_history = handled.without_history.iter();
    findings.extend(
        without_history.map(|(allocation, why)| decided_without_history(allocation, why.as_ref())),
    );
    let sweep = SweepReport {
        addresses: observed.look.addresses.len(),
        protected: plan.protected,
        untold: plan.untold,
        written,
        missing: plan.missing,
        releases: handled.reports,
        ..SweepReport::default()
    };
    let mut summary = counts(&sweep);
    for report in &sweep.releases {
        summary.extend(["; ", &report.summary]);
    }
    Report {
        findings,
        repair: sweep
            .releases
            .iter()
            .flat_map(|report| report.repair.clone())
            .collect(),
        subject: Subject::Sweep(sweep),
        phases: watch.into_phases(),
        ..Report::of(FUNCTION, settings.mode, outcome, summary)
    }
}

/// How many addresses there are, and how many rows are new.
fn counts(sweep: &SweepReport) -> String {
    format!(
        "{}, {} of them protected; {} in the ledger",
        counted(sweep.addresses, "address", "addresses"),
        sweep.protected,
        match sweep.written {
            0 => "nothing new".to_owned(),
            rows => format!("{} written", counted(rows, "row", "rows")),
        },
    )
}

/// The same, with what was given to instances that waited for an address; in `observe` mode, what would be.
pub(crate) fn with_placed(mut report: Report, waiting: PlacedWaiting) -> Report {
    report.findings.extend(waiting.findings);
    for placed in &waiting.placed {
        let to = placed.association.instance.as_ref();
        let to = to.map_or("an instance", InstanceId::as_str);
        let ip = placed.ip;
        let is_there = format!("; {ip} is on {to}, which waited");
        report.summary.push_str(&is_there);
    }
    for would in &waiting.would {
        let to = would.association.instance.as_ref();
        let to = to.map_or("an instance", InstanceId::as_str);
        let ip = would.ip;
        let would_be = format!("; in `enforce` mode {ip} would be on {to}, which waits");
        report.summary.push_str(&would_be);
    }
    if let Subject::Sweep(sweep) = &mut report.subject {
        sweep.placed = waiting.placed;
        sweep.placed.extend(waiting.would);
    }
    report
}

pub(crate) fn with_groups(mut report: Report, audit: Audit) -> Report {
    report.findings.extend(audit.findings);
    for failover in &audit.failovers {
        report.summary.extend(["; ", &failover.summary]);
        let is_graver = failover.outcome.gravity() < report.outcome.gravity();
        if is_graver && is_news(failover) {
            report.outcome = failover.outcome;
            report.findings.splice(0..0, failover.findings.clone());
        } else {
            report.findings.extend(failover.findings.iter().cloned());
        }
    }
    let unready: Vec<&str> = audit
        .groups
        .iter()
        .filter(|group| group.readiness == Readiness::NotReady)
        .map(|group| group.group.as_str())
        .collect();
    if !unready.is_empty() {
        let unready = unready.join(", ");
        report.summary = format!("{}; not ready for a failover: {unready}", report.summary);
    }
    if let Subject::Sweep(sweep) = &mut report.subject {
        sweep.failovers = audit.failovers;
        sweep.failovers.extend(audit.unfinished);
        sweep.groups = audit.groups;
    }
    report
}

/// `observe` mode: whether all that a failover would move goes to instances that wait before it comes to that. `would`
/// are the allocations that do.
pub(crate) fn is_placed_first(failover: &Report, would: &BTreeSet<AllocationId>) -> bool {
    let Subject::Failover(subject) = &failover.subject else {
        return false;
    };
    let is_placed = |one: &MoveReport| {
        let own = one.allocation.as_ref();
        own.is_some_and(|own| would.contains(own))
    };
    !subject.moves.is_empty() && subject.moves.iter().all(is_placed)
}

/// In `observe` mode nothing changes what would be done, so each run says it again: the log has it, the mail does not.
pub(crate) fn is_news(failover: &Report) -> bool {
    !matches!(
        failover.outcome,
        Outcome::AlreadyMoved | Outcome::Recovered | Outcome::Ignored | Outcome::WouldFailOver
    )
}

/// The same, with what could not be finished beside it.
pub(crate) fn with_failures(mut report: Report, failures: &[Error]) -> Report {
    for failure in failures {
        let why = chain(failure);
        report.summary.extend(["; not finished: ", &why]);
        report.findings.push(Finding {
            what: format!("reconcile has not finished all that it began ({})", failure.name()),
            why,
            next: "nothing yet: the next run tries again, and fails where it has nothing else to tell, of \
                   which the alarm reconcile-errors tells"
                .to_owned(),
        });
    }
    report
}

/// What a person has to hear of comes first. What says less than that the ledger is up to date, a sweep does not say.
fn most_severe(news: &[Outcome]) -> Outcome {
    let outcomes = news.iter().copied().chain([Outcome::Refreshed]);
    outcomes
        .min_by_key(|outcome| outcome.gravity())
        .unwrap_or(Outcome::Refreshed)
}

/// The findings of what gives a run its outcome come first: the mail has room for one.
fn findings_of(reports: &[Report], outcome: Outcome) -> Vec<Finding> {
    let (first, others): (Vec<&Report>, Vec<&Report>) =
        reports.iter().partition(|report| report.outcome == outcome);
    let all = first.into_iter().chain(others);
    all.flat_map(|report| report.findings.clone()).collect()
}

fn decided_without_history(allocation: &AllocationId, answer: Option<&CloudError>) -> Finding {
    let why = match answer {
        Some(failure) => chain(failure),
        None => "this run has asked CloudTrail as often as its quota lets it".to_owned(),
    };
    Finding {
        what: format!("{allocation} was dealt with without CloudTrail's event history of it"),
        why,
        next: format!(
            "nothing at first: reconcile reads it again later, and tells what it says. Whoever wants to know now: {}",
            Command::aws("cloudtrail", "lookup-events").with(
                "lookup-attributes",
                format!("AttributeKey=ResourceName,AttributeValue={allocation}")
            )
        ),
    }
}

fn left(releases: usize) -> Option<Finding> {
    (releases > 0).then(|| Finding {
        what: format!(
            "{} not dealt with yet",
            counted(releases, "release is", "releases are")
        ),
        why: "there was no time left in this run".to_owned(),
        next: "nothing: the next run goes on".to_owned(),
    })
}
