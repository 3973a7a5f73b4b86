//! `holdfast report`: one report, as the mail has it, or whole as JSON.

use crate::failure::{Exit, Failure};
use crate::output::{Cell, Document, Page, Table, time_of};
use crate::period::Since;
use crate::reports::{self, LoggedReport, Wanted};
use crate::session::Session;
use clap::Args;
use holdfast::clock::Clock;
use serde::Serialize;

const AFTER_HELP: &str = "\
Examples:
  holdfast report 8f507cfc-xmpl-4697-b07a-ac58fc914c95
  holdfast report 8f507cfc-xmpl-4697-b07a-ac58fc914c95 --output json | jq '.reports[0].report.moves'";

/// Show one report whole, by the id of its request or of its event
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// Lambda's request id, or the event's id: `holdfast reports` lists them
    #[arg(value_name = "ID")]
    id: String,

    /// Since when it is looked for
    #[arg(long, value_name = "TIME", default_value = "30d")]
    since: Since,
}

/// The document: one report for each try of the event, and for each function that had it.
#[derive(Debug, Serialize)]
struct Shown {
    reports: Vec<LoggedReport>,
}

pub(super) async fn run(asked: &Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let until = session.clock.now();
    let since = asked.since.past(until)?;
    let wanted = Wanted::Id(asked.id.clone());
    let stacks = session.found().await?;
    let (found, unread) = reports::read_all(stacks, &wanted, (since, until)).await;
    if let ([], [part, ..]) = (found.as_slice(), unread.as_slice()) {
        // It may be where nothing could be read.
        return Err(Failure::NotRead(Box::new(part.clone())));
    }
    if found.is_empty() {
        return Err(Failure::usage(
            format!("no report since {} has the id {}", time_of(since), asked.id),
            "`holdfast reports` lists the ids. An older one is found with --since, as long as the log is kept.",
        ));
    }
    session.finish_partial(Shown { reports: found }, unread)
}

impl Document for Shown {
    const COMMAND: &'static str = "report";

    fn page(&self) -> Page {
        let mut page = Page::default();
        for report in &self.reports {
            page.gap();
            page.line([
                Cell::strong(report.function.as_str()),
                ": ".into(),
                super::reports::outcome_cell(&report.outcome),
                Cell::faint(format!(
                    "  {}, request {}",
                    time_of(report.at),
                    report.request_id
                )),
            ]);
            let text = report.report.as_ref().and_then(|it| it["text"].as_str());
            if let Some(text) = text {
                for line in text.lines() {
                    page.line([Cell::from(line)]);
                }
            } else {
                page.line([report.summary.as_str().into()]);
                page.line([Cell::attention(
                    "a part of the report is missing in the log",
                )]);
            }
        }
        page
    }

    fn rows(&self) -> Table {
        let mut table = Table::of(&["time", "function", "outcome", "requestId", "report"]);
        for report in &self.reports {
            let whole = report.report.as_ref().map(ToString::to_string);
            table.push([
                time_of(report.at).into(),
                report.function.as_str().into(),
                report.outcome.as_str().into(),
                report.request_id.as_str().into(),
                Cell::or_dash(whole),
            ]);
        }
        table
    }
}
