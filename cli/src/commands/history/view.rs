//! From what was read to the document of `history`. Pure.

use super::document::{Happened, History, Source};
use super::ledger::{self, Told};
use super::read::Seen;
use super::subject::Subject;
use crate::aws::TrailCall;
use crate::deployment::Deployment;
use crate::output::counted;
use crate::reports::LoggedReport;
use holdfast::ledger::Lease;
use std::net::Ipv4Addr;
use time::{Duration, OffsetDateTime};

/// Source: CloudTrail user guide, "Viewing events with CloudTrail Event history".
const TRAIL_SHOWS: Duration = Duration::days(90);

/// The parameter of the stack that says how many days its logs are kept.
const LOG_RETENTION: &str = "LogRetentionDays";

/// How late CloudTrail's event history is. Source: the same.
const TRAIL_IS_LATE: Duration = Duration::minutes(15);

/// The document.
pub(super) fn history(
    subject: &Subject,
    seen: &[Seen<'_>],
    (since, until): (OffsetDateTime, OffsetDateTime),
    is_whole: bool,
) -> History {
    let mut entries: Vec<Happened> = seen.iter().flat_map(|seen| of_stack(seen, since)).collect();
    entries.sort_by_key(|a| (a.at, a.source));
    let mut incomplete: Vec<String> = seen.iter().flat_map(missing).collect();
    incomplete.extend(
        seen.iter()
            .filter_map(|seen| gone(seen.deployment, since, until)),
    );
    incomplete.push(format!(
        "CloudTrail may not show all calls after {} yet: ask again in a quarter of an hour",
        crate::output::time_of(until - TRAIL_IS_LATE)
    ));
    if until - since > TRAIL_SHOWS {
        incomplete
            .push("CloudTrail shows the last 90 days: who did what before is not told".to_owned());
    }
    History {
        subject: subject.to_string(),
        since,
        until,
        entries,
        incomplete,
        is_whole,
    }
}

fn of_stack(seen: &Seen<'_>, since: OffsetDateTime) -> Vec<Happened> {
    let place = |source: Source, at: OffsetDateTime, what: String| Happened {
        at,
        source,
        region: seen.deployment.connection.region.clone(),
        stack: seen.deployment.stack.name.clone(),
        address: None,
        what,
        by: None,
        id: None,
    };
    let of_ledger = |ip: Option<Ipv4Addr>, told: Told| Happened {
        address: ip,
        by: told.by,
        ..place(Source::Ledger, told.at, told.what)
    };
    let is_one = seen.addresses.len() <= 1;
    let rows = seen.entries.iter().flat_map(|(ip, entries)| {
        let told = ledger::told(entries).into_iter();
        let told = told.filter(|told| told.at >= since);
        told.map(move |told| {
            let what = if is_one {
                told.what
            } else {
                format!("{ip}: {}", told.what)
            };
            of_ledger(Some(*ip), Told { what, ..told })
        })
    });
    let unknown = seen.unknown_releases.iter();
    let unknown = unknown.map(|it| of_ledger(None, ledger::of_release(it, it.updated_at)));
    let failovers = seen.lease.iter().flat_map(|lease| of_lease(lease, since));
    let failovers = failovers.map(|told| of_ledger(None, told));
    let reports = seen.reports.iter().map(|report| Happened {
        by: Some(format!("holdfast {}", report.function)),
        id: Some(report.request_id.clone()),
        ..place(Source::Report, report.at, report_words(report))
    });
    let calls = seen.calls.iter().flat_map(|(resource, found)| {
        let calls = found.calls.iter();
        calls.map(move |call| (resource, call))
    });
    let calls = calls.map(|(resource, call)| Happened {
        by: call.by.clone(),
        id: Some(call.event_id.clone()),
        ..place(Source::Cloudtrail, call.at, call_words(resource, call))
    });
    let mut all: Vec<Happened> = rows
        .chain(unknown)
        .chain(failovers)
        .chain(reports)
        .chain(calls)
        .collect();
    // A call may name several of the resources that were asked for.
    let mut once = std::collections::BTreeSet::new();
    all.retain(|it| it.source != Source::Cloudtrail || once.insert(it.id.clone()));
    all
}

fn report_words(report: &LoggedReport) -> String {
    format!("{}: {}", report.outcome, report.summary)
}

fn call_words(resource: &str, call: &TrailCall) -> String {
    match &call.error_code {
        Some(code) => format!("{} on {resource}, refused: {code}", call.name),
        None => format!("{} on {resource}", call.name),
    }
}

/// What a group's lease tells: the last failover and the pause.
fn of_lease(lease: &Lease, since: OffsetDateTime) -> Vec<Told> {
    let last = lease.last.iter().map(|last| Told {
        at: last.began_at,
        what: match &last.to {
            Some(to) => format!("a failover to {to} began: {}", last.cause),
            None => format!("a failover began: {}", last.cause),
        },
        by: None,
    });
    let paused = lease.pause.iter().map(|pause| Told {
        at: pause.since,
        what: format!("paused until {}", crate::output::time_of(pause.until)),
        by: pause.by.clone(),
    });
    last.chain(paused).filter(|told| told.at >= since).collect()
}

/// The reports that are no longer there: the stack's parameter says how long its logs are kept.
fn gone(deployment: &Deployment, since: OffsetDateTime, until: OffsetDateTime) -> Option<String> {
    let days: i64 = deployment
        .stack
        .parameters
        .get(LOG_RETENTION)?
        .parse()
        .ok()?;
    let kept_since = until.checked_sub(Duration::days(days))?;
    (since < kept_since).then(|| {
        format!(
            "the logs of {} are kept {days} days: reports from before {} are gone",
            deployment.place(),
            crate::output::time_of(kept_since)
        )
    })
}

/// What may be missing.
fn missing(seen: &Seen<'_>) -> Vec<String> {
    let more = seen.calls.iter().filter(|(_, calls)| calls.has_more);
    let more = more.map(|(resource, _)| {
        format!("CloudTrail may have more calls on {resource} than are read: a later --since shows all of that time")
    });
    let unknown = seen.calls.iter().filter(|(_, calls)| calls.unreadable > 0);
    let unknown = unknown.map(|(resource, calls)| {
        let count = counted(calls.unreadable, "record", "records");
        format!("{count} of CloudTrail on {resource} cannot be read here: look them up in its event history")
    });
    let left_out = (!seen.not_looked_up.is_empty()).then(|| {
        format!(
            "CloudTrail was not asked for {}: ask for one address at a time",
            counted(
                seen.not_looked_up.len(),
                "further resource",
                "further resources"
            )
        )
    });
    let not_read = (seen.not_read > 0).then(|| {
        format!(
            "the ledger's history and the logs were not asked for {}: ask for one address at a time",
            counted(seen.not_read, "further address", "further addresses")
        )
    });
    let unreadable = seen.unreadable.iter();
    let unreadable = unreadable.map(|it| format!("{}: {}. {}", it.what, it.why, it.next));
    more.chain(unknown)
        .chain(left_out)
        .chain(not_read)
        .chain(unreadable)
        .collect()
}
