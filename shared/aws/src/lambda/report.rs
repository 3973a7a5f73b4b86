//! The whole report of each run, in its function's log: lines of JSON on standard output, which Lambda takes for INFO
//! and hands on as they are. However the function was invoked and however the run ended, this is where its report can be
//! read; `docs/RUNBOOK.md`, "Reading a report", has the query.
//! Source: Lambda developer guide, "Configuring JSON and plain text log formats".

use super::log::EventLine;
use holdfast::error::{Error, chain};
use holdfast::report::delivered::{FailedRun, delivered, whole};
use holdfast::report::{Origin, Part, Report, parts};
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// The report of one run, on its way to the log and to whoever invoked the function.
#[derive(Debug)]
pub(super) struct ReportLog<'a> {
    /// What each line says besides its part of the report.
    head: Map<String, Value>,
    parts: Vec<Part>,
    function: String,
    origin: &'a Origin,
}

impl<'a> ReportLog<'a> {
    /// Of a run that ended so. An error without a report gets one that says what the error says.
    pub(super) fn new(
        line: &EventLine<'_>,
        ended: &Result<Report, Error>,
        origin: &'a Origin,
    ) -> Self {
        let report = match ended {
            Ok(report) => whole(report, origin),
            Err(error) => FailedRun {
                function: line.function,
                mode: Some(line.mode),
                error: error.name(),
                summary: &chain(error),
                subject: line.subject,
                report: error.report(),
            }
            .whole(origin),
        };
        let function = line.function.word();
        let mut head = Map::new();
        head.insert("holdfast".to_owned(), json!("report"));
        head.insert("function".to_owned(), json!(function));
        head.insert("requestId".to_owned(), json!(line.request_id));
        if let Some(event) = line.event_id {
            head.insert("eventId".to_owned(), json!(event));
        }
        head.insert("outcome".to_owned(), report["outcome"].clone());
        Self {
            head,
            parts: parts(&report),
            function,
            origin,
        }
    }

    /// Writes it.
    pub(super) fn write(&self) {
        let mut out = io::stdout().lock();
        for line in self.lines() {
            // What is done is done, whether or not it can be written.
            if let Err(failure) = writeln!(out, "{line}") {
                tracing::warn!(%failure, "a line of the report is lost");
            }
        }
    }

    fn lines(&self) -> impl Iterator<Item = Value> {
        self.parts.iter().zip(1_u32..).map(|(part, number)| {
            let mut line = self.head.clone();
            line.insert("part".to_owned(), json!(number));
            line.insert("parts".to_owned(), json!(self.parts.len()));
            if !part.begin.is_empty() {
                line.insert("begin".to_owned(), json!(part.begin));
            }
            line.insert("report".to_owned(), part.report.clone());
            Value::Object(line)
        })
    }

    /// The report as the function returns it, in the bound of a bus.
    pub(super) fn answer(&self, report: &Report) -> Value {
        let lines = match self.parts.len() {
            1 => "line 1".to_owned(),
            all => format!("lines 1 to {all}"),
        };
        let (function, request) = (&self.function, &self.origin.request_id);
        let whole = format!("the log of {function}, {lines} of the request {request}");
        delivered(report, self.origin, &whole)
    }
}

#[cfg(test)]
mod tests;
