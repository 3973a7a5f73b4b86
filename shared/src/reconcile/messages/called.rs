//! What a person reads of a call that was taken note of.

use super::super::case::FUNCTION;
use super::super::state::AffectedRows;
use super::super::unprotected::{self, LostProtection};
use super::shared::names_unread;
use super::transfers::open_transfer_offer;
use super::unprotected::{alert_of_one_that_is_back, with_unprotected};
use crate::ledger::Snapshot;
use crate::model::cloudtrail::{AddressChange, Record};
use crate::model::ids::AllocationId;
use crate::release_guard::decide::protection;
use crate::report::{AddressAlert, Finding, Outcome, Report, Stopwatch, Subject, SweepReport};
use crate::settings::{Protection, Settings};

/// The report on the releases that a call concerned: the gravest, with what the others found. None where there were
/// none.
pub(crate) fn of_releases(mut reports: Vec<Report>) -> Option<Report> {
    reports.sort_by_key(|report| report.outcome.gravity());
    let mut reports = reports.into_iter();
    let first = reports.next()?;
    Some(reports.fold(first, |whole, other| Report {
        summary: format!("{}; {}", whole.summary, other.summary),
        findings: [whole.findings, other.findings].concat(),
        repair: [whole.repair, other.repair].concat(),
        ..whole
    }))
}

pub(crate) fn called(
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
    let allocated: Vec<&Snapshot> = observed.rows.keys().filter_map(current).collect();
    let is_offered = matches!(record.change, AddressChange::TransferEnabled { .. });
    let mut offered = allocated.iter().filter(|_| is_offered);
    let offer = offered.find_map(|row| open_transfer_offer(row, settings, observed.look.at));
    let (outcome, summary) = match &offer {
        Some(offer) => (
            Outcome::TransferOffered,
            format!("{}; {}", offer.what, offer.next),
        ),
        None => (Outcome::Refreshed, taken_note_of(record, observed, written)),
    };
    let (mut sweep, mut findings) = refreshed(settings, observed, written, &allocated);
    let is_offer = offer.is_some();
    let offered = allocated.iter().filter(|_| is_offer);
    sweep.alerts.extend(offered.map(|row| offer_of(row)));
    findings.extend(offer);
    let before = |row: &Snapshot| observed.rows.get(&row.allocation)?.snapshot.as_ref();
    let each = allocated.iter();
    let lost: Vec<LostProtection> = each
        .clone()
        .filter_map(|row| unprotected::told(before(row), row, record, settings))
        .collect();
    let back = each.filter(|row| unprotected::is_back(before(row), row, settings));
    sweep
        .alerts
        .extend(back.map(|row| alert_of_one_that_is_back(row)));
    let report = Report {
        event: Some(record.call.clone()),
        findings,
        subject: Subject::Sweep(sweep),
        phases: watch.into_phases(),
        ..Report::of(FUNCTION, settings.mode, outcome, summary)
    };
    with_unprotected(report, &lost, settings)
}

fn offer_of(row: &Snapshot) -> AddressAlert {
    AddressAlert {
        allocation: row.allocation.clone(),
        ip: row.ip,
        outcome: Outcome::TransferOffered,
        by: None,
    }
}

/// What the ledger says of the addresses by now, and what a person should know of that.
fn refreshed(
    settings: &Settings,
    observed: &AffectedRows,
    written: &[Snapshot],
    allocated: &[&Snapshot],
) -> (SweepReport, Vec<Finding>) {
    let described = &observed.look.addresses;
    let mut findings = Vec::new();
    let mut protected = 0;
    for row in allocated {
        let (protection, invalid) = protection(row, settings);
        let is_protected = protection == Protection::Reclaim && row.service_managed.is_none();
        protected += usize::from(is_protected);
        findings.extend(invalid);
    }
    findings.extend(names_unread(&observed.look));
    let missing = allocated
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
    (sweep, findings)
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
