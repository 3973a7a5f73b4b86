//! What a function answered to a command, as a document. It has the end in one word and in one line, and what moved.
//! It has what stands in the way, what to do about that, and how long each part took.

use crate::deployment::{Deployment, Function};
use crate::failure::{Exit, Failure};
use crate::output::{Cell, Document, Page, Table, VERSION_ADVICE};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::marker::PhantomData;

/// The command that a document answers.
pub(super) trait Asked {
    /// Its name.
    const COMMAND: &'static str;
    /// Whether its rows are what moves. Else there is one row: how it ended.
    const IS_ABOUT_MOVES: bool;
    /// The outcomes with which it has done what was asked.
    const DONE: &'static [&'static str];
}

/// What a function answered.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AnswerDocument<C> {
    stack: String,
    region: String,
    function: Function,
    mode: String,
    outcome: String,
    summary: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    moves: Vec<Move>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    would_call: Vec<Call>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<Finding>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    phases: Vec<Phase>,
    /// The report as the function gave it.
    report: Value,
    #[serde(skip)]
    command: PhantomData<C>,
}

/// One thing that moved, or would.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Move {
    addresses: Vec<String>,
    from: Option<String>,
    to: Option<String>,
    mover: String,
    end: String,
    /// Milliseconds from the call's arrival at the function to the last phase of this one.
    after_ms: Option<u64>,
    /// Each phase, with its end in milliseconds from that arrival on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    phases: Vec<Phase>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tried: Vec<Tried>,
}

/// The parts of a report that are shown. A function of another version may say more.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    mode: String,
    outcome: String,
    summary: String,
    failover: Option<Failover>,
    #[serde(default)]
    would_call: Vec<Call>,
    #[serde(default)]
    findings: Vec<Finding>,
    #[serde(default)]
    phases: Vec<Phase>,
}

#[derive(Debug, Deserialize)]
struct Failover {
    #[serde(default)]
    moves: Vec<ToldMove>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToldMove {
    eni: Option<String>,
    allocation: Option<String>,
    #[serde(default)]
    private_ips: Vec<String>,
    #[serde(default)]
    public_ips: Vec<String>,
    mover: String,
    from: Option<String>,
    to: Option<String>,
    end: String,
    #[serde(default)]
    tried: Vec<Tried>,
    #[serde(default)]
    phases: Vec<Phase>,
}

/// A standby that would not take something.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Tried {
    standby: String,
    why: String,
}

/// A call that would be made.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Call {
    action: String,
    on: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
}

/// Something to know, and what to do about it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Finding {
    what: String,
    why: String,
    next: String,
}

/// A part of a run, with its length.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Phase {
    name: String,
    ms: u64,
}

impl From<ToldMove> for Move {
    fn from(told: ToldMove) -> Self {
        let of_private = || told.private_ips.iter().chain(&told.eni);
        let addresses: Vec<String> = if told.public_ips.is_empty() {
            of_private().chain(&told.allocation).cloned().collect()
        } else {
            told.public_ips.clone()
        };
        Self {
            addresses,
            from: told.from,
            to: told.to,
            mover: told.mover,
            end: told.end,
            after_ms: told.phases.iter().map(|phase| phase.ms).max(),
            phases: told.phases,
            tried: told.tried,
        }
    }
}

impl<C: Asked> AnswerDocument<C> {
    /// Reads a report.
    ///
    /// # Errors
    /// It is not a report that this version knows.
    pub(super) fn of(
        deployment: &Deployment,
        function: Function,
        report: Value,
    ) -> Result<Self, Failure> {
        let place = (
            deployment.stack.name.as_str(),
            deployment.connection.region.as_str(),
        );
        Self::at(place, function, report)
    }

    /// The same of a stack that nobody asks, by its name and its region.
    ///
    /// # Errors
    /// As for [`AnswerDocument::of`].
    pub(super) fn at(
        (stack, region): (&str, &str),
        function: Function,
        report: Value,
    ) -> Result<Self, Failure> {
        let told: Told =
            serde_json::from_value(report.clone()).map_err(|error| Failure::Unreadable {
                what: format!("what {function} answered"),
                why: error.to_string(),
                advice: VERSION_ADVICE.to_owned(),
            })?;
        let moves = told.failover.map(|failover| failover.moves);
        Ok(Self {
            stack: stack.to_owned(),
            region: region.to_owned(),
            function,
            mode: told.mode,
            outcome: told.outcome,
            summary: told.summary,
            moves: moves.into_iter().flatten().map(Move::from).collect(),
            would_call: told.would_call,
            findings: told.findings,
            phases: told.phases,
            report,
            command: PhantomData,
        })
    }

    /// Whether the command has done what was asked.
    pub(super) fn is_done(&self) -> bool {
        C::DONE.contains(&self.outcome.as_str())
    }

    /// Whether something would move, or has.
    pub(super) fn has_moves(&self) -> bool {
        !self.moves.is_empty()
    }

    /// The outcome, and the same in one line.
    pub(super) fn in_short(&self) -> (&str, &str) {
        (&self.outcome, &self.summary)
    }

    fn end(&self) -> Cell {
        if self.is_done() {
            Cell::good(&self.outcome)
        } else if self.outcome.starts_with("would-") {
            Cell::attention(&self.outcome)
        } else {
            Cell::bad(&self.outcome)
        }
    }

    fn moves_table(&self) -> Table {
        let mut table = Table::of(&["address", "from", "to", "mover", "end", "after"]);
        for one in &self.moves {
            table.push([
                Cell::strong(one.addresses.join(" ")),
                Cell::or_dash(one.from.as_deref()),
                Cell::or_dash(one.to.as_deref()),
                Cell::from(one.mover.as_str()),
                end_of_move(&one.end),
                Cell::or_dash(one.after_ms.map(|ms| format!("{ms} ms"))),
            ]);
        }
        table
    }
}

/// `planned 12 ms, verified 340 ms`
fn in_words(phases: &[Phase]) -> String {
    let each = phases
        .iter()
        .map(|phase| format!("{} {} ms", phase.name, phase.ms));
    each.collect::<Vec<_>>().join(", ")
}

fn end_of_move(end: &str) -> Cell {
    match end {
        "moved" | "already-there" => Cell::good(end),
        "would-move" => Cell::attention(end),
        _ => Cell::bad(end),
    }
}

impl<C: Asked> Document for AnswerDocument<C> {
    const COMMAND: &'static str = C::COMMAND;

    fn page(&self) -> Page {
        let mut page = Page::default();
        page.line([self.end(), Cell::from("  "), Cell::from(&self.summary)]);
        if self.has_moves() {
            page.gap();
            page.table(self.moves_table());
            for one in &self.moves {
                if !one.phases.is_empty() {
                    let words = format!("  {}: {}", one.addresses.join(" "), in_words(&one.phases));
                    page.line([Cell::faint(words)]);
                }
                for tried in &one.tried {
                    let words = format!("  not to {}: {}", tried.standby, tried.why);
                    page.line([Cell::faint(words)]);
                }
            }
        }
        if !self.would_call.is_empty() {
            page.gap();
            page.line([Cell::strong("Calls that would be made")]);
            for call in &self.would_call {
                let to = call.to.iter().map(|to| format!(" -> {to}"));
                let to: String = to.collect();
                page.line([Cell::from(format!("  {} {}{to}", call.action, call.on))]);
            }
        }
        for finding in &self.findings {
            page.gap();
            page.line([Cell::attention(&finding.what)]);
            page.line([Cell::from(format!("  why: {}", finding.why))]);
            page.line([Cell::from(format!("  do:  {}", finding.next))]);
        }
        if !self.phases.is_empty() {
            page.gap();
            page.line([Cell::faint(format!("took: {}", in_words(&self.phases)))]);
        }
        page
    }

    fn rows(&self) -> Table {
        if C::IS_ABOUT_MOVES {
            return self.moves_table();
        }
        let mut table = Table::of(&["outcome", "summary"]);
        table.push([self.end(), Cell::from(&self.summary)]);
        table
    }

    fn beside_rows(&self) -> Vec<String> {
        let one_line = |it: &Finding| format!("{}. Why: {}. Do: {}", it.what, it.why, it.next);
        let findings = self.findings.iter().map(one_line);
        let calls = self.would_call.iter();
        let calls = calls.map(|call| format!("would call {} {}", call.action, call.on));
        let end = C::IS_ABOUT_MOVES.then(|| format!("{}: {}", self.outcome, self.summary));
        end.into_iter().chain(calls).chain(findings).collect()
    }

    fn exit(&self) -> Exit {
        if self.is_done() {
            Exit::Done
        } else {
            Exit::Found
        }
    }
}
