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
    /// Those that speak of something.
    About {
        /// Addresses and ids, wherever they stand in a text.
        words: Vec<String>,
        /// A name that is a value by itself: of a group.
        name: Option<String>,
    },
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
    let patterns = patterns(wanted);
    let each = patterns.iter();
    let each = each.flat_map(|pattern| Function::ACTING.map(|function| (pattern, function)));
    let reads = each.map(|(pattern, function)| async move {
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
    });
    let lines = try_join_all(reads).await?;
    let reports = lines
        .into_iter()
        .flat_map(|lines| of_lines(&lines, deployment));
    let mut once = BTreeMap::new();
    for (report, parts) in reports.filter(|(report, parts)| report.is(wanted, parts)) {
        let key = (
            report.at,
            report.function.clone(),
            report.request_id.clone(),
        );
        let _: Option<_> = once.insert(key, (report, parts));
    }
    Ok(once.into_values().map(|(report, _)| report).collect())
}

/// CloudWatch Logs takes patterns of 1,024 characters at most.
/// Source: CloudWatch Logs API reference, `FilterLogEvents`, `filterPattern`.
const MAX_PATTERN: usize = 1_000;

/// The filter patterns: what any of them lets through is asked for.
/// Source: CloudWatch Logs user guide, "Filter pattern syntax".
fn patterns(wanted: &Wanted) -> Vec<String> {
    let quoted = |text: &str| text.replace(['"', '\\'], "");
    match wanted {
        Wanted::All => vec![r#"{ $.holdfast = "report" }"#.to_owned()],
        Wanted::Outcome(outcome) => {
            let outcome = quoted(outcome);
            vec![format!(
                r#"{{ ($.holdfast = "report") && ($.outcome = "{outcome}") }}"#
            )]
        }
        Wanted::Id(id) => {
            let id = quoted(id);
            vec![format!(
                r#"{{ ($.holdfast = "report") && (($.requestId = "{id}") || ($.eventId = "{id}")) }}"#
            )]
        }
        Wanted::About { words, name } => {
            let mut patterns: Vec<String> = Vec::new();
            for word in words.iter().chain(name) {
                let word = format!("?\"{}\"", quoted(word));
                match patterns.last_mut() {
                    Some(last) if last.len() + word.len() < MAX_PATTERN => {
                        last.push(' ');
                        last.push_str(&word);
                    }
                    _ => patterns.push(word),
                }
            }
            patterns
        }
    }
}

impl LoggedReport {
    /// `parts` are what was found of it: of a report of several lines, perhaps only those that have the word.
    fn is(&self, wanted: &Wanted, parts: &[Part]) -> bool {
        match wanted {
            Wanted::All => true,
            Wanted::Outcome(outcome) => self.outcome == *outcome,
            Wanted::Id(id) => self.request_id == *id || self.event_id.as_ref() == Some(id),
            Wanted::About { words, name } => {
                let has = |text: &str| words.iter().any(|word| has_word(text, word));
                let is_name = |text: &str| name.as_deref() == Some(text);
                let tells = parts.iter().any(|part| any_text(&part.report, &has));
                // A sweep names every group, whether or not there is news of it.
                let is_news = self.outcome != "refreshed";
                let names = || parts.iter().any(|part| any_text(&part.report, &is_name));
                self.outcome != "ignored" && (tells || (is_news && names()))
            }
        }
    }
}

/// Whether a text has a word that is no part of a longer one: `10.0.0.1` is not in `10.0.0.10`.
fn has_word(text: &str, word: &str) -> bool {
    let is_inside = |each: char| each.is_ascii_alphanumeric();
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let mut after = text.get(at + word.len()..).unwrap_or_default().chars();
        let (next, further) = (after.next(), after.next());
        let goes_on = next.is_some_and(is_inside)
            || (next == Some('.') && further.is_some_and(|each| each.is_ascii_digit()));
        !before.is_some_and(is_inside) && !goes_on
    })
}

fn any_text(value: &Value, is_meant: &impl Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => is_meant(text),
        Value::Array(list) => list.iter().any(|each| any_text(each, is_meant)),
        Value::Object(members) => members.values().any(|each| any_text(each, is_meant)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The runs that wrote these lines. Further tries of an event have its request id, and begin with a first part again.
fn of_lines(lines: &[LogLine], deployment: &Deployment) -> Vec<(LoggedReport, Vec<Part>)> {
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

fn of_run(
    run: Vec<(OffsetDateTime, Written)>,
    deployment: &Deployment,
) -> Option<(LoggedReport, Vec<Part>)> {
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
    let report = LoggedReport {
        at,
        region: deployment.connection.region.clone(),
        stack: deployment.stack.name.clone(),
        function: first.function,
        request_id: first.request_id,
        event_id: first.event_id,
        outcome: first.outcome,
        summary: told.next().unwrap_or_default().to_owned(),
        report: joined(&parts).filter(|_| is_whole),
    };
    Some((report, parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_not_found_in_a_longer_one() {
        assert!(has_word("203.0.113.7 is back", "203.0.113.7"));
        assert!(has_word("it is 203.0.113.7.", "203.0.113.7"));
        for other in ["203.0.113.70", "1203.0.113.7", "203.0.113.7.4"] {
            assert!(!has_word(other, "203.0.113.7"), "{other}");
        }
    }

    #[test]
    fn many_words_are_several_patterns_that_are_short_enough() {
        let words: Vec<String> = (0..100)
            .map(|number| format!("eipalloc-{number:017}"))
            .collect();
        let patterns = patterns(&Wanted::About { words, name: None });
        assert!(patterns.len() > 1);
        assert!(patterns.iter().all(|pattern| pattern.len() <= 1_024));
        assert_eq!(patterns.join(" ").matches('?').count(), 100);
    }
}
