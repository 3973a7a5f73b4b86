//! `holdfast reports`: what the functions did, run by run.

use crate::failure::{Exit, Failure};
use crate::output::{Cell, Document, Page, Table, time_of};
use crate::period::Since;
use crate::reports::{self, LoggedReport, Wanted};
use crate::session::Session;
use clap::Args;
use holdfast::clock::Clock;
use holdfast::settings::OUTCOMES;
use serde::Serialize;
use time::OffsetDateTime;

const AFTER_HELP: &str = "\
Examples:
  holdfast reports
  holdfast reports --since 7d --outcome failed
  holdfast reports --since 2026-11-27T03:00:00Z --all
  holdfast reports --output tsv | cut -f4,6";

/// List what the functions did, run by run
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// Since when: 2h, 7d, 2026-11-27
    #[arg(long, value_name = "TIME", default_value = "24h")]
    since: Since,

    /// Only runs that ended so: docs/RUNBOOK.md has the words
    #[arg(long, value_name = "OUTCOME", value_parser = outcome)]
    outcome: Option<String>,

    /// Those too that had nothing to do: `ignored` and `refreshed`
    #[arg(long)]
    all: bool,
}

/// What is said of a run that had nothing to do.
const QUIET: [&str; 2] = ["ignored", "refreshed"];

fn outcome(text: &str) -> Result<String, String> {
    let known: Vec<String> = OUTCOMES.iter().map(ToString::to_string).collect();
    if known.iter().any(|word| word == text) {
        Ok(text.to_owned())
    } else {
        Err(format!("expected one of {}", known.join(", ")))
    }
}

/// The document.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Reports {
    #[serde(with = "time::serde::rfc3339")]
    since: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    until: OffsetDateTime,
    /// Runs that had nothing to do, and are not listed.
    left_out: usize,
    reports: Vec<LoggedReport>,
    /// Whether all that was asked for could be read.
    #[serde(skip)]
    is_whole: bool,
}

pub(super) async fn run(asked: &Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let until = session.clock.now();
    let since = asked.since.past(until)?;
    let wanted = asked.outcome.clone().map_or(Wanted::All, Wanted::Outcome);
    let found = session.found().await?;
    let (mut all, unread) = reports::read_all(found, &wanted, (since, until)).await;
    let lists_all = asked.all || asked.outcome.is_some();
    let is_listed = |report: &LoggedReport| lists_all || !QUIET.contains(&report.outcome.as_str());
    let before = all.len();
    all.retain(is_listed);
    let document = Reports {
        since,
        until,
        left_out: before - all.len(),
        reports: all,
        is_whole: unread.is_empty(),
    };
    session.finish_partial(document, unread)
}

impl Document for Reports {
    const COMMAND: &'static str = "reports";

    fn page(&self) -> Page {
        let mut page = Page::default();
        if self.reports.is_empty() {
            let what = if self.left_out > 0 {
                "nothing was done"
            } else {
                "no report"
            };
            let as_far = if self.is_whole {
                ""
            } else {
                ", in what could be read"
            };
            page.line([format!("{what} since {}{as_far}", time_of(self.since)).into()]);
        } else {
            let mut table = Table::of(&["time", "function", "outcome", "request", "summary"]);
            for report in &self.reports {
                table.push([
                    Cell::faint(time_of(report.at)),
                    report.function.as_str().into(),
                    outcome_cell(&report.outcome),
                    report.request_id.as_str().into(),
                    report.summary.as_str().into(),
                ]);
            }
            page.table(table);
        }
        if self.left_out > 0 {
            let left_out = format!(
                "{} had nothing to do: --all lists them",
                crate::output::counted(self.left_out, "run", "runs")
            );
            page.line([Cell::faint(left_out)]);
        }
        page
    }

    fn rows(&self) -> Table {
        let mut table = Table::of(&[
            "time",
            "region",
            "stack",
            "function",
            "outcome",
            "requestId",
            "eventId",
            "summary",
        ]);
        for report in &self.reports {
            table.push([
                time_of(report.at).into(),
                report.region.as_str().into(),
                report.stack.as_str().into(),
                report.function.as_str().into(),
                report.outcome.as_str().into(),
                report.request_id.as_str().into(),
                Cell::or_dash(report.event_id.as_deref()),
                report.summary.as_str().into(),
            ]);
        }
        table
    }
}

pub(super) fn outcome_cell(outcome: &str) -> Cell {
    match outcome {
        "failed" | "lost" | "partly-moved" | "interface-lost" | "reclaim-loop" | "denied"
        | "over-quota" => Cell::bad(outcome),
        "refused" | "pending" | "returned" | "not-placed" | "no-free-address" | "unprotected"
        | "transferred" | "transfer-offered" => Cell::attention(outcome),
        "ignored" | "refreshed" => Cell::faint(outcome),
        "reclaimed" | "associated" | "failed-over" | "switched-over" | "failed-back"
        | "handed-over" | "already-ours" | "already-placed" | "already-moved" | "recovered" => {
            Cell::good(outcome)
        }
        _ => Cell::from(outcome),
    }
}
