//! One structured line for each event: what came, how it ended, how long it took; and the metric of it.

use super::metric;
use crate::clock::Clock;
use crate::error::Error;
use crate::report::{Function, Report, Subject};
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

/// A line that is being gathered.
#[derive(Debug)]
pub(super) struct Line<'a> {
    function: String,
    request_id: &'a str,
    began: OffsetDateTime,
}

impl<'a> Line<'a> {
    pub(super) fn start(function: Function, request_id: &'a str, clock: &impl Clock) -> Self {
        Self {
            function: word(function),
            request_id,
            began: clock.now(),
        }
    }

    pub(super) fn reported(&self, report: &Report, clock: &impl Clock) {
        let outcome = word(report.outcome);
        let ms = self.milliseconds(clock);
        metric::count(&self.function, &outcome, ms, clock.now());
        tracing::info!(
            function = self.function,
            request_id = self.request_id,
            event_id = report.event.as_ref().map(|call| call.event_id.as_str()),
            mode = word(report.mode),
            outcome,
            subject = subject(&report.subject),
            findings = report.findings.len(),
            ms,
            "{}",
            report.summary
        );
    }

    pub(super) fn failed(&self, error: &Error, clock: &impl Clock) {
        let ms = self.milliseconds(clock);
        metric::count(&self.function, "failed", ms, clock.now());
        tracing::error!(
            function = self.function,
            request_id = self.request_id,
            outcome = "failed",
            error = error.name(),
            ms,
            "{error}"
        );
    }

    fn milliseconds(&self, clock: &impl Clock) -> u64 {
        u64::try_from((clock.now() - self.began).whole_milliseconds()).unwrap_or(0)
    }
}

fn subject(subject: &Subject) -> Option<String> {
    match subject {
        Subject::Address(address) => Some(match address.ip {
            Some(ip) => format!("{} {ip}", address.released_allocation),
            None => address.released_allocation.to_string(),
        }),
        Subject::Instance(placement) => Some(placement.instance.to_string()),
        Subject::Sweep(sweep) => Some(format!("{} addresses", sweep.addresses)),
        Subject::Failover(failover) => Some(format!("group {}", failover.group)),
        Subject::Groups(groups) => Some(format!("{} groups", groups.len())),
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
mod tests {
    use super::*;
    use crate::report::Outcome;

    #[test]
    fn the_line_and_the_report_use_the_same_words() {
        assert_eq!(word(Outcome::AlreadyOurs), "already-ours");
        assert_eq!(word(Function::ReleaseGuard), "release-guard");
    }
}
