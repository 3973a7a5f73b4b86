//! One structured line for each event: what came, how it ended, how long it took, what it cost; and its
//! metrics.

use super::metric::{self, InstallationMetrics, Measured};
use crate::Calls;
use holdfast::error::{Error, chain};
use holdfast::report::{Function, Report, Subject};
use holdfast::settings::Mode;
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

/// What is known of an event before it is dealt with.
#[derive(Debug)]
pub(super) struct EventLine<'a> {
    pub(super) function: Function,
    /// Lambda's id of this delivery.
    pub(super) request_id: &'a str,
    /// The X-Ray trace that it is part of.
    pub(super) trace_id: Option<&'a str>,
    pub(super) event_id: Option<&'a str>,
    /// What the event says that it is about; the report knows better.
    pub(super) subject: Option<&'a str>,
    pub(super) mode: Mode,
    /// Whether this is the first event of its process.
    pub(super) is_cold_start: bool,
    pub(super) began: OffsetDateTime,
}

/// The word of an event that is to be delivered again, with or without a report.
const FAILED: &str = "failed";

/// The same line for a report and for an error, each with its own level. `tracing` wants the names of the
/// fields in the source.
macro_rules! write_line {
    ($level:ident, $line:expr, $end:expr, $words:expr) => {
        tracing::$level!(
            function = $end.function,
            request_id = $line.request_id,
            trace_id = $line.trace_id,
            event_id = $line.event_id,
            subject = $end.subject,
            mode = word($line.mode),
            outcome = $end.outcome,
            error = $end.error,
            findings = $end.findings,
            cold_start = $line.is_cold_start,
            duration_ms = $end.milliseconds,
            calls = $end.calls.calls,
            retries = $end.calls.retries,
            "{}",
            $words
        )
    };
}

/// How it ended.
struct EndFields {
    function: String,
    subject: Option<String>,
    outcome: String,
    error: Option<&'static str>,
    findings: usize,
    milliseconds: u64,
    calls: Calls,
}

impl EventLine<'_> {
    /// Writes the line, and the metrics.
    pub(super) fn tell(&self, ended: &Result<Report, Error>, calls: Calls, now: OffsetDateTime) {
        let end = self.end(ended, calls, now);
        let report = report_of(ended);
        metric::publish(
            &Measured {
                function: &end.function,
                outcome: &end.outcome,
                milliseconds: end.milliseconds,
                calls,
                phases: report.map_or(Vec::new(), metric::phases),
                has_rival: report.is_some_and(|report| report.rival.is_some()),
                installation: report.and_then(InstallationMetrics::of),
                delays: report.map_or(Vec::new(), metric::delays),
            },
            now,
        );
        match ended {
            Ok(report) => write_line!(info, self, end, report.summary),
            Err(error) => write_line!(error, self, end, chain(error)),
        }
    }

    fn end(&self, ended: &Result<Report, Error>, calls: Calls, now: OffsetDateTime) -> EndFields {
        let report = report_of(ended);
        EndFields {
            function: word(self.function),
            subject: report
                .and_then(|report| subject_line(&report.subject))
                .or_else(|| self.subject.map(str::to_owned)),
            outcome: report.map_or(FAILED.to_owned(), |report| word(report.outcome)),
            error: ended.as_ref().err().map(Error::name),
            findings: report.map_or(0, |report| report.findings.len()),
            milliseconds: u64::try_from((now - self.began).whole_milliseconds()).unwrap_or(0),
            calls,
        }
    }
}

/// What a run has to tell, however it ended.
fn report_of(ended: &Result<Report, Error>) -> Option<&Report> {
    match ended {
        Ok(report) => Some(report),
        Err(error) => error.report(),
    }
}

fn subject_line(subject: &Subject) -> Option<String> {
    match subject {
        Subject::Address(address) => Some(match address.ip {
            Some(ip) => format!("{} {ip}", address.released_allocation),
            None => address.released_allocation.to_string(),
        }),
        Subject::Instance(placement) => Some(placement.instance.to_string()),
        Subject::Sweep(sweep) => Some(format!("{} addresses", sweep.addresses)),
        Subject::Failover(failover) => Some(format!("group {}", failover.group)),
        Subject::Failovers(reports) => {
            let each: Vec<String> = reports
                .iter()
                .filter_map(|each| subject_line(&each.subject))
                .collect();
            Some(each.join(", "))
        }
        Subject::Nothing => None,
    }
}

/// The word that the report itself carries, so that log and report can be searched for the same.
fn word(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests;
