//! The reports of a stack's functions, out of their logs: each run writes its whole report there, in one line or several
//! (docs/RUNBOOK.md, "Reading a report").

use crate::aws::LogLine;
use crate::deployment::{Deployment, Function};
use crate::failure::Failure;
use futures_util::future::try_join_all;
use holdfast::report::{Part, joined};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// Which reports are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// All of them.
    All,
    /// Those of runs that ended so.
    Outcome(String),
    /// Those of one run, by Lambda's request id or the id of the event.
    Id(String),
    /// Those that have this word.
    Word(String),
}

/// The report of one run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LoggedReport {
    /// When it was written.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The stack and its region.
    pub region: String,
    /// The stack.
    pub stack: String,
    /// The function.
    pub function: String,
    /// Lambda's id of the request: further tries of one event have the same.
    pub request_id: String,
    /// The event's own id.
    pub event_id: Option<String>,
    /// How the run ended.
    pub outcome: String,
    /// The same in one line.
    pub summary: String,
    /// The whole report; none where a part of it is missing in the log.
    pub report: Option<Value>,
}

/// A line of a report.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    holdfast: String,
    function: String,
    request_id: String,
    event_id: Option<String>,
    outcome: String,
    part: usize,
    parts: usize,
    #[serde(default)]
    begin: BTreeMap<String, usize>,
    #[serde(default)]
    report: Value,
}

/// Reads the reports of all functions of a stack that act, oldest first.
///
/// # Errors
/// AWS's answer to `logs:FilterLogEvents`.
pub async fn read(
    deployment: &Deployment,
    wanted: &Wanted,
    from: OffsetDateTime,
    until: OffsetDateTime,
) -> Result<Vec<LoggedReport>, Failure> {
    let pattern = pattern(wanted);
    let reads = Function::ACTING.map(|function| {
        let pattern = &pattern;
        async move {
            let group = &deployment.function(function)?.log_group;
            let lines = deployment
                .connection
                .log_lines(group, pattern, from, until)
                .await;
            let what = format!(
                "the log of {function} of {} could not be read",
                deployment.place()
            );
            lines.map_err(Failure::aws(what))
        }
    });
    let lines = try_join_all(reads).await?;
    let mut reports: Vec<LoggedReport> = lines
        .into_iter()
        .flat_map(|lines| of_lines(&lines, deployment))
        .filter(|report| report.is(wanted))
        .collect();
    reports.sort_by_key(|report| report.at);
    Ok(reports)
}

/// The filter pattern. Source: CloudWatch Logs user guide, "Filter pattern syntax".
fn pattern(wanted: &Wanted) -> String {
    let quoted = |text: &str| text.replace(['"', '\\'], "");
    match wanted {
        Wanted::All => r#"{ $.holdfast = "report" }"#.to_owned(),
        Wanted::Outcome(outcome) => {
            let outcome = quoted(outcome);
            format!(r#"{{ ($.holdfast = "report") && ($.outcome = "{outcome}") }}"#)
        }
        Wanted::Id(id) => {
            let id = quoted(id);
            format!(
                r#"{{ ($.holdfast = "report") && (($.requestId = "{id}") || ($.eventId = "{id}")) }}"#
            )
        }
        // In a report of several lines, only some have the word: the others come with them by [`LoggedReport::is`].
        Wanted::Word(word) => format!(r#""{}""#, quoted(word)),
    }
}

impl LoggedReport {
    fn is(&self, wanted: &Wanted) -> bool {
        match wanted {
            Wanted::All | Wanted::Word(_) => true,
            Wanted::Outcome(outcome) => self.outcome == *outcome,
            Wanted::Id(id) => self.request_id == *id || self.event_id.as_ref() == Some(id),
        }
    }
}

/// The runs that wrote these lines. Further tries of an event have its request id, and begin with a first part again.
fn of_lines(lines: &[LogLine], deployment: &Deployment) -> Vec<LoggedReport> {
    let written = lines.iter().filter_map(|line| {
        let written: Written = serde_json::from_str(&line.text).ok()?;
        (written.holdfast == "report").then_some((line.at, written))
    });
    let mut runs: Vec<Vec<(OffsetDateTime, Written)>> = Vec::new();
    for line in written {
        let is_further = |run: &&mut Vec<(OffsetDateTime, Written)>| {
            let last = run.last().map(|(_, last)| last);
            last.is_some_and(|last| last.request_id == line.1.request_id && last.part < line.1.part)
        };
        match runs.iter_mut().rev().find(is_further) {
            Some(run) => run.push(line),
            None => runs.push(vec![line]),
        }
    }
    let of_run = |run: Vec<(OffsetDateTime, Written)>| of_run(run, deployment);
    runs.into_iter().filter_map(of_run).collect()
}

fn of_run(run: Vec<(OffsetDateTime, Written)>, deployment: &Deployment) -> Option<LoggedReport> {
    let (at, first) = run.first()?.clone();
    let is_whole = run.len() == first.parts;
    let parts = run.into_iter().map(|(_, line)| Part {
        report: line.report,
        begin: line.begin,
    });
    let parts: Vec<Part> = parts.collect();
    let mut told = parts
        .iter()
        .filter_map(|part| part.report["summary"].as_str());
    Some(LoggedReport {
        at,
        region: deployment.connection.region.clone(),
        stack: deployment.stack.name.clone(),
        function: first.function,
        request_id: first.request_id,
        event_id: first.event_id,
        outcome: first.outcome,
        summary: told.next().unwrap_or_default().to_owned(),
        report: joined(&parts).filter(|_| is_whole),
    })
}
