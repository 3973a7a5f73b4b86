//! A report out of the JSON in which it was delivered.

use super::state::{HeardMatter, News};
use crate::events::EventError;
use crate::report::headline::headline;
use serde_json::Value;

/// A report as it was delivered; none where it is none.
pub(super) fn of_report(report: &Value, request: String) -> Option<News> {
    let function = text(report, "/function")?.to_owned();
    let matters = report.get("matters").and_then(Value::as_array);
    let matters = matters.into_iter().flatten().filter_map(|matter| {
        Some(HeardMatter {
            about: text(matter, "/about")
                .filter(|it| !it.is_empty())?
                .to_owned(),
            outcome: text(matter, "/outcome")?.to_owned(),
            headline: text(matter, "/headline").map_or(String::new(), headline_of),
        })
    });
    let findings = report.get("findings").and_then(Value::as_array);
    let next = findings.into_iter().flatten();
    Some(News {
        request,
        function,
        headline: headline_of(text(report, "/headline")?),
        text: text(report, "/text").unwrap_or_default().to_owned(),
        next: next
            .filter_map(|finding| text(finding, "/next").map(str::to_owned))
            .collect(),
        matters: matters.collect(),
    })
}

/// A headline as a mail takes it, whoever wrote it.
fn headline_of(line: &str) -> String {
    headline(line.strip_prefix("Holdfast: ").unwrap_or(line), "")
}

pub(super) fn unreadable(field: &str, problem: &str) -> EventError {
    EventError {
        field: field.to_owned(),
        problem: problem.to_owned(),
    }
}

pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer)?.as_str()
}

/// A report that has no words for people: that it was written is told all the same.
pub(super) fn bare(function: &str, outcome: &str, request: &str, region: &str) -> News {
    let words = headline(&format!("{function} ended: {outcome}"), region);
    News {
        request: request.to_owned(),
        function: function.to_owned(),
        headline: words.clone(),
        text: format!("{words}\n\nThe log of {function} has the report of run {request}."),
        next: Vec::new(),
        matters: vec![HeardMatter {
            about: format!("{outcome} {function}"),
            outcome: outcome.to_owned(),
            headline: words,
        }],
    }
}
