//! What a person reads of a refresh: one line, and findings with what to do next. Nothing is decided
//! here.

use super::decide::Sweep;
use super::handle_releases::HandledReleases;
use super::state::{AccountState, AffectedRows, Look};
use super::{FUNCTION, transfer};
use crate::alarm_failover::Audit;
use crate::error::{Error, chain};
use crate::instance_start::PlacedWaiting;
use crate::ledger::Snapshot;
use crate::model::cloudtrail::{AddressChange, Record};
use crate::model::ids::{AllocationId, InstanceId};
use crate::release_guard::decide::protection;
use crate::report::{
    Finding, MoveReport, Outcome, PlacedReport, Report, Stopwatch, Subject, SweepReport,
};
use crate::settings::{Protection, Settings};

pub(super) fn swept(
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
        .filter_map(|row| transfer::open_transfer_offer(row, settings, observed.look.at));
    findings.extend(threats);
    findings.extend(names_unread(&observed.look));
    findings.extend(left(handled.left));
    let sweep = SweepReport {
        addresses: observed.look.addresses.len(),
        protected: plan.protected,
        written,
        missing: plan.missing,
        releases: handled.reports,
        ..SweepReport::default()
    };
    let mut summary = format!(
        "{}, {} of them protected; {} in the ledger",
        counted(sweep.addresses, "address", "addresses"),
        sweep.protected,
        match sweep.written {
            0 => "nothing new".to_owned(),
            rows => format!("{} written", counted(rows, "row", "rows")),
        },
    );
    for report in &sweep.releases {
        summary = format!("{summary}; {}", report.summary);
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

/// The same, with what was given to instances that waited for an address; in `observe` mode, what would be.
pub(super) fn with_placed(mut report: Report, waiting: PlacedWaiting) -> Report {
    report.findings.extend(waiting.findings);
    for placed in &waiting.placed {
        let to = placed.association.instance.as_ref();
        let to = to.map_or("an instance", InstanceId::as_str);
        let ip = placed.ip;
        report.summary = format!("{}; {ip} is on {to}, which waited", report.summary);
    }
    for would in &waiting.would {
        let to = would.association.instance.as_ref();
        let to = to.map_or("an instance", InstanceId::as_str);
        report.summary = format!(
            "{}; in `enforce` mode {} would be on {to}, which waits",
            report.summary, would.ip
        );
    }
    if let Subject::Sweep(sweep) = &mut report.subject {
        sweep.placed = waiting.placed;
        sweep.placed.extend(waiting.would);
    }
    report
}

pub(super) fn with_groups(mut report: Report, audit: Audit) -> Report {
    report.findings.extend(audit.findings);
    for failover in &audit.failovers {
        report.summary = format!("{}; {}", report.summary, failover.summary);
        if report.outcome == Outcome::Refreshed && is_news(failover) {
            report.outcome = failover.outcome;
            report.findings.splice(0..0, failover.findings.clone());
        } else {
            report.findings.extend(failover.findings.iter().cloned());
        }
    }
    let unready: Vec<&str> = audit
        .groups
        .iter()
        .filter(|group| !group.ready)
        .map(|group| group.group.as_str())
        .collect();
    if !unready.is_empty() {
        let unready = unready.join(", ");
        report.summary = format!("{}; not ready for a failover: {unready}", report.summary);
    }
    if let Subject::Sweep(sweep) = &mut report.subject {
        sweep.failovers = audit.failovers;
        sweep.groups = audit.groups;
    }
    report
}

/// `observe` mode: whether all that a failover would move goes to instances that wait before it comes to that.
pub(super) fn is_placed_first(failover: &Report, would: &[PlacedReport]) -> bool {
    let Subject::Failover(subject) = &failover.subject else {
        return false;
    };
    let is_placed = |one: &MoveReport| {
        let mut placed = would.iter().map(|placed| &placed.allocation);
        one.allocation
            .as_ref()
            .is_some_and(|own| placed.any(|other| other == own))
    };
    !subject.moves.is_empty() && subject.moves.iter().all(is_placed)
}

/// In `observe` mode nothing changes what would be done, so each run says it again: the log has it, the mail does not.
pub(super) fn is_news(failover: &Report) -> bool {
    !matches!(
        failover.outcome,
        Outcome::AlreadyMoved | Outcome::Recovered | Outcome::Ignored | Outcome::WouldFailOver
    )
}

/// The same, with what could not be finished beside it.
pub(super) fn with_failures(mut report: Report, failures: &[Error]) -> Report {
    for failure in failures {
        let why = chain(failure);
        report.summary = format!("{}; not finished: {why}", report.summary);
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

/// What a person has to hear of comes first.
fn most_severe(news: &[Outcome]) -> Outcome {
    const GRAVE: [Outcome; 10] = [
        Outcome::Lost,
        Outcome::Transferred,
        Outcome::ReclaimLoop,
        Outcome::Denied,
        Outcome::OverQuota,
        Outcome::Pending,
        Outcome::Reclaimed,
        Outcome::WouldReclaim,
        Outcome::RecordedOnly,
        Outcome::LetGo,
    ];
    let happened = |outcome: &Outcome| news.contains(outcome);
    GRAVE
        .into_iter()
        .find(happened)
        .unwrap_or(Outcome::Refreshed)
}

/// The findings of what gives a run its outcome come first: the mail has room for one.
fn findings_of(reports: &[Report], outcome: Outcome) -> Vec<Finding> {
    let (first, others): (Vec<&Report>, Vec<&Report>) =
        reports.iter().partition(|report| report.outcome == outcome);
    let all = first.into_iter().chain(others);
    all.flat_map(|report| report.findings.clone()).collect()
}

fn left(losses: usize) -> Option<Finding> {
    (losses > 0).then(|| Finding {
        what: format!(
            "{} not dealt with yet",
            counted(losses, "loss is", "losses are")
        ),
        why: "there was no time left in this run".to_owned(),
        next: "nothing: the next run goes on".to_owned(),
    })
}

pub(super) fn called(
    settings: &Settings,
    record: &Record,
    observed: &AffectedRows,
    written: &[Snapshot],
    watch: Stopwatch,
) -> Report {
    let current = |allocation: &AllocationId| {
        written
            .iter()
            .find(|row| row.allocation == *allocation)
            .or_else(|| observed.rows.get(allocation)?.snapshot.as_ref())
            .filter(|row| row.is_allocated())
    };
    let alive: Vec<&Snapshot> = observed.rows.keys().filter_map(current).collect();
    let described = &observed.look.addresses;
    let mut findings = Vec::new();
    let mut protected = 0;
    for row in &alive {
        let (protection, invalid) = protection(row, settings);
        let is_protected = protection == Protection::Reclaim && row.service_managed.is_none();
        protected += usize::from(is_protected);
        findings.extend(invalid);
    }
    findings.extend(names_unread(&observed.look));
    let missing = alive
        .iter()
        .filter(|row| observed.looked_at.contains(&row.allocation))
        .filter(|row| !described.contains_key(&row.allocation))
        .map(|row| row.allocation.clone())
        .collect();
    let sweep = SweepReport {
        addresses: described.len(),
        protected,
        written: written.len(),
        missing,
        ..SweepReport::default()
    };
    let is_offered = matches!(record.change, AddressChange::TransferEnabled { .. });
    let open_transfer_offer = alive
        .iter()
        .filter(|_| is_offered)
        .find_map(|row| transfer::open_transfer_offer(row, settings, observed.look.at));
    let (outcome, summary) = match &open_transfer_offer {
        Some(open_transfer_offer) => (
            Outcome::TransferOffered,
            format!(
                "{}; stop it: {}",
                open_transfer_offer.what, open_transfer_offer.next
            ),
        ),
        None => (Outcome::Refreshed, taken_note_of(record, observed, written)),
    };
    findings.extend(open_transfer_offer);
    Report {
        event: Some(record.call.clone()),
        findings,
        subject: Subject::Sweep(sweep),
        phases: watch.into_phases(),
        ..Report::of(FUNCTION, settings.mode, outcome, summary)
    }
}

fn taken_note_of(record: &Record, observed: &AffectedRows, written: &[Snapshot]) -> String {
    let call = &record.call.name;
    if observed.rows.is_empty() {
        return format!("{call}: the ledger has no address that it concerns");
    }
    let names: Vec<String> = written
        .iter()
        .map(|row| format!("{} ({})", row.ip, row.allocation))
        .collect();
    match names.as_slice() {
        [] => format!("{call}: it was known already"),
        names => format!("{call}: taken note of for {}", names.join(", ")),
    }
}

fn names_unread(look: &Look) -> Option<Finding> {
    let refusal = look.reverse_dns_names_refused.as_ref()?;
    Some(Finding {
        what: "the reverse DNS names could not be read, those known before stay".to_owned(),
        why: chain(refusal),
        next: "allow ec2:DescribeAddressesAttribute to the function's role, so that a reclaim can restore \
               them"
        .to_owned(),
    })
}

fn counted(number: usize, one: &str, many: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        number => format!("{number} {many}"),
    }
}
