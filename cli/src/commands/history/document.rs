//! The document of `history`, as its JSON has it: `cli/schema/history.schema.json`.

use crate::output::{Cell, Document, Page, Table, time_of};
use serde::Serialize;
use std::net::Ipv4Addr;
use time::OffsetDateTime;

/// What happened, in order.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct History {
    /// What it is of, in words.
    pub(super) subject: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(super) since: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub(super) until: OffsetDateTime,
    pub(super) entries: Vec<Happened>,
    /// What may be missing here, and why.
    pub(super) incomplete: Vec<String>,
    /// Whether all that was asked for could be read.
    #[serde(skip)]
    pub(super) is_whole: bool,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Happened {
    #[serde(with = "time::serde::rfc3339")]
    pub(super) at: OffsetDateTime,
    /// Who tells it.
    pub(super) source: Source,
    pub(super) region: String,
    pub(super) stack: String,
    /// The address, where it is known.
    pub(super) address: Option<Ipv4Addr>,
    /// What, in words.
    pub(super) what: String,
    /// Who did it.
    pub(super) by: Option<String>,
    /// The id of the report's request, or of CloudTrail's event.
    pub(super) id: Option<String>,
}

/// Who tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Source {
    /// CloudTrail: somebody's call.
    Cloudtrail,
    /// A report: what Holdfast did.
    Report,
    /// The ledger: what was known from then on.
    Ledger,
}

impl Source {
    fn word(self) -> &'static str {
        match self {
            Self::Cloudtrail => "cloudtrail",
            Self::Report => "report",
            Self::Ledger => "ledger",
        }
    }
}

impl Document for History {
    const COMMAND: &'static str = "history";

    fn page(&self) -> Page {
        let mut page = Page::default();
        page.line([
            Cell::strong(self.subject.as_str()),
            Cell::faint(format!("  since {}", time_of(self.since))),
        ]);
        page.gap();
        if self.entries.is_empty() {
            let what = if self.is_whole {
                "nothing is found of that time"
            } else {
                "nothing is found of that time, in what could be read"
            };
            page.line([what.into()]);
        }
        let mut table = Table::of(&["time", "told by", "what", "by"]);
        for entry in &self.entries {
            let tone = |text: &str| match entry.source {
                Source::Report => Cell::strong(text),
                Source::Cloudtrail => Cell::attention(text),
                Source::Ledger => Cell::from(text),
            };
            table.push([
                Cell::faint(time_of(entry.at)),
                Cell::faint(entry.source.word()),
                tone(&entry.what),
                Cell::from(entry.by.as_deref().unwrap_or_default()),
            ]);
        }
        if !self.entries.is_empty() {
            page.table(table);
        }
        for why in &self.incomplete {
            page.gap();
            page.line([Cell::attention("! "), why.as_str().into()]);
        }
        page
    }

    fn beside_rows(&self) -> Vec<String> {
        self.incomplete.clone()
    }

    fn rows(&self) -> Table {
        let mut table = Table::of(&[
            "time", "source", "region", "stack", "address", "what", "by", "id",
        ]);
        for entry in &self.entries {
            table.push([
                time_of(entry.at).into(),
                entry.source.word().into(),
                entry.region.as_str().into(),
                entry.stack.as_str().into(),
                Cell::or_dash(entry.address.map(|ip| ip.to_string())),
                entry.what.as_str().into(),
                Cell::or_dash(entry.by.as_deref()),
                Cell::or_dash(entry.id.as_deref()),
            ]);
        }
        table
    }
}
