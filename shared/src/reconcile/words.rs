//! What a person reads of a refresh: one line, and findings with what to do next. Nothing is decided
//! here.

use super::FUNCTION;
use super::decide::Sweep;
use super::observe::{Concerned, Everything, Look};
use crate::event::cloudtrail::Record;
use crate::guard::decide::protection;
use crate::ids::AllocationId;
use crate::ledger::Snapshot;
use crate::report::{Finding, Outcome, Report, Stopwatch, Subject, SweepReport};
use crate::settings::{Protection, Settings};

pub(super) fn swept(
    settings: &Settings,
    observed: &Everything,
    plan: Sweep,
    written: usize,
    watch: Stopwatch,
) -> Report {
    let sweep = SweepReport {
        addresses: observed.look.addresses.len(),
        protected: plan.protected,
        written,
        missing: plan.missing,
    };
    let missed = match sweep.missing.len() {
        0 => String::new(),
        number => {
            let missing = counted(number, "address", "addresses");
            format!("; {missing} of the ledger not in EC2")
        }
    };
    let summary = format!(
        "{}, {} of them protected; {} in the ledger{missed}",
        counted(sweep.addresses, "address", "addresses"),
        sweep.protected,
        match sweep.written {
            0 => "nothing new".to_owned(),
            rows => format!("{} written", counted(rows, "row", "rows")),
        },
    );
    let mut findings = plan.findings;
    findings.extend(
        sweep
            .missing
            .iter()
            .map(|allocation| missing(allocation, observed)),
    );
    findings.extend(names_unread(&observed.look));
    Report {
        findings,
        subject: Subject::Sweep(sweep),
        phases: watch.into_phases(),
        ..Report::of(FUNCTION, settings.mode, Outcome::Refreshed, summary)
    }
}

pub(super) fn called(
    settings: &Settings,
    record: &Record,
    observed: &Concerned,
    written: &[Snapshot],
    watch: Stopwatch,
) -> Report {
    let current = |allocation: &AllocationId| {
        written
            .iter()
            .find(|row| row.allocation == *allocation)
            .or_else(|| observed.rows.get(allocation)?.snapshot.as_ref())
            .filter(|row| row.is_alive())
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
        .filter(|row| !described.contains_key(&row.allocation))
        .map(|row| row.allocation.clone())
        .collect();
    let sweep = SweepReport {
        addresses: described.len(),
        protected,
        written: written.len(),
        missing,
    };
    Report {
        event: Some(record.call.clone()),
        findings,
        subject: Subject::Sweep(sweep),
        phases: watch.into_phases(),
        ..Report::of(
            FUNCTION,
            settings.mode,
            Outcome::Refreshed,
            taken_note_of(record, observed, written),
        )
    }
}

fn taken_note_of(record: &Record, observed: &Concerned, written: &[Snapshot]) -> String {
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

fn missing(allocation: &AllocationId, observed: &Everything) -> Finding {
    let ip = observed
        .rows
        .get(allocation)
        .map_or_else(String::new, |row| format!("{} ", row.ip));
    Finding {
        what: format!("{ip}({allocation}) is in the ledger, and EC2 does not show it"),
        why: "it was released or transferred and no event told of it, or this look was cut short"
            .to_owned(),
        next: format!("look: aws ec2 describe-addresses --allocation-ids {allocation}"),
    }
}

fn names_unread(look: &Look) -> Option<Finding> {
    let refusal = look.reverse_names_refused.as_ref()?;
    Some(Finding {
        what: "the reverse DNS names could not be read, those known before stay".to_owned(),
        why: refusal.to_string(),
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
