//! The reports of a stack's functions, out of their logs: each run writes its whole report there, in one line or several
//! (docs/RUNBOOK.md, "Reading a report").

mod wanted;

use crate::aws::LogLine;
use crate::deployment::{Deployment, Found, Function};
use crate::failure::Failure;
use crate::output::{VERSION_ADVICE, counted};
use crate::parts::Parts;
use crate::unread::Unread;
use futures_util::future::join_all;
use holdfast::report::{Part, joined};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use time::{Duration, OffsetDateTime};
pub use wanted::Wanted;
use wanted::patterns;

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

/// Reads the reports of all functions of a stack that act, oldest first. A log that cannot be read is noted.
pub async fn read(
    deployment: &Deployment,
    wanted: &Wanted,
    (from, until): (OffsetDateTime, OffsetDateTime),
    parts: &mut Parts,
) -> Vec<LoggedReport> {
    let reads =
        Function::ACTING.map(|function| read_of(deployment, function, wanted, (from, until)));
    let mut reports = Vec::new();
    for read in join_all(reads).await {
        reports.extend(
            parts
                .take(read)
                .map_or_else(Vec::new, |read| read.told(parts)),
        );
    }
    reports.sort_by_key(|report| report.at);
    reports
}

/// Reads the reports of all stacks that were found, oldest first, with what of them could not be read.
pub async fn read_all(
    found: Found,
    wanted: &Wanted,
    period: (OffsetDateTime, OffsetDateTime),
) -> (Vec<LoggedReport>, Vec<Unread>) {
    let reads = found.deployments.iter().map(|deployment| async move {
        let mut parts = deployment.parts();
        let reports = read(deployment, wanted, period, &mut parts).await;
        (reports, parts.into_unread())
    });
    let (mut all, mut unread) = (Vec::new(), found.unread);
    for (reports, of_stack) in join_all(reads).await {
        all.extend(reports);
        unread.extend(of_stack);
    }
    all.sort_by_key(|report| report.at);
    (all, unread)
}

/// What a function's log has.
#[derive(Debug)]
pub struct Logged {
    /// The reports, oldest first.
    reports: Vec<LoggedReport>,
    /// What of the log is not known.
    gap: Option<Failure>,
}

impl Logged {
    /// The reports, once it is noted what beside them is not known.
    pub fn told(self, parts: &mut Parts) -> Vec<LoggedReport> {
        if let Some(gap) = self.gap {
            parts.lost(&gap);
        }
        self.reports
    }

    /// Whether all of the log is known.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.gap.is_none()
    }
}

/// Reads the reports of one function, oldest first.
///
/// # Errors
/// AWS's answer to `logs:FilterLogEvents`; or nobody knows where the function logs, or that log is gone.
pub async fn read_of(
    deployment: &Deployment,
    function: Function,
    wanted: &Wanted,
    (from, until): (OffsetDateTime, OffsetDateTime),
) -> Result<Logged, Failure> {
    let log = format!("the log of {function} of {}", deployment.place());
    let what = format!("{log} could not be read");
    let set_up = deployment.function(function).map_err(|failure| {
        let connection = &deployment.connection;
        let why = failure.unread(&connection.region, &deployment.stack.name);
        Failure::NotRead(Box::new(Unread {
            what: what.clone(),
            why: format!("where it logs is not known: {}", why.what),
            ..why
        }))
    })?;
    let mut lines: BTreeSet<LogLine> = BTreeSet::new();
    // One after the other: CloudWatch Logs allows few scans at a time.
    for pattern in patterns(wanted) {
        let connection = &deployment.connection;
        let found = connection.log_lines(&set_up.log_group, &pattern, from, until + AHEAD);
        let Some(found) = found.await.map_err(Failure::aws(what.clone()))? else {
            return Err(no_group(&log, &set_up.log_group));
        };
        lines.extend(found);
    }
    let lines: Vec<LogLine> = lines.into_iter().collect();
    let (written, unknown) = written(&lines);
    let found = of_lines(written, deployment).into_iter();
    let wanted = found.filter(|(report, parts)| report.is(wanted, parts));
    let mut reports: Vec<LoggedReport> = wanted.map(|(report, _)| report).collect();
    reports.sort_by_key(|report| report.at);
    Ok(Logged {
        reports,
        gap: of_another_form(&log, unknown),
    })
}

/// The stack makes its log groups: one that is not there was deleted, and what it had is gone.
fn no_group(log: &str, group: &str) -> Failure {
    Failure::Unreadable {
        what: log.to_owned(),
        why: format!("there is no log group {group}"),
        advice: "Somebody deleted it, and the reports in it are gone. Deploy the stack again: it makes the group anew."
            .to_owned(),
    }
}

fn of_another_form(log: &str, count: usize) -> Option<Failure> {
    (count > 0).then(|| Failure::Unreadable {
        what: format!("{} of {log}", counted(count, "report", "reports")),
        why: "another version of Holdfast wrote it in a form of its own".to_owned(),
        advice: VERSION_ADVICE.to_owned(),
    })
}

/// This machine's clock may be slow: what AWS has written is read all the same.
const AHEAD: Duration = Duration::hours(1);

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
                tells || (is_news && names())
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

/// The lines that are of a report, and how many call themselves one and are of another form.
fn written(lines: &[LogLine]) -> (Vec<(OffsetDateTime, Written)>, usize) {
    let (mut all, mut unknown) = (Vec::new(), 0);
    for line in lines {
        let Ok(document) = serde_json::from_str::<Value>(&line.text) else {
            continue;
        };
        if document["holdfast"] != "report" {
            continue;
        }
        match Written::deserialize(document) {
            Ok(written) => all.push((line.at, written)),
            Err(_) => unknown += 1,
        }
    }
    (all, unknown)
}

/// The runs that wrote these lines. Further tries of an event have its request id, and begin with a first part again.
fn of_lines(
    mut written: Vec<(OffsetDateTime, Written)>,
    deployment: &Deployment,
) -> Vec<(LoggedReport, Vec<Part>)> {
    written.sort_by_key(|(at, line)| (*at, line.part));
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
        summary: told
            .next()
            .unwrap_or("a part of the report is not found in the log")
            .to_owned(),
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
}
