//! `holdfast record`: keeps what the functions read about an event, so that what they decide can be had again from one
//! file.
//!
//! Races: the account goes on meanwhile. Each answer is of its own moment, as it is in a function's run. Whoever stops the
//! tool before the look is whole leaves no file.

use super::explain::exit_of;
use crate::deployment::Function;
use crate::failure::{Exit, Failure};
use crate::look::{self, End, Given, Told};
use crate::output::{Cell, Document, NewFile, Page, Partial, Table, counted};
use crate::session::Session;
use clap::Args;
use holdfast::error::chain;
use holdfast_look::{Look, TakenOut, redact};
use serde::Serialize;
use serde_json::Value;
use std::path::{Path, PathBuf};

const AFTER_HELP: &str = "\
Examples:
  holdfast record event.json --out look.json
  holdfast record event.json --redact --out look.json
  holdfast explain look.json

A look has the event, the settings, and each answer of AWS and of the ledger. It takes the rights of
policies/operator.json. The account goes on while it is made: each answer is of its own moment.
Exit code 0: the look is whole. 1: a function could not finish its look. 3 and 4: AWS refused one, or did not answer.
The file is written in each case: what AWS refused is in it.";

/// What a redacted look still has, so that the decision stays the same.
const STAYS: [&str; 5] = [
    "the ids of addresses, interfaces, instances, subnets and VPCs",
    "times, regions, zones, and the ids of requests and events",
    "groups and slots, as Holdfast's own tags have them",
    "AWS's own words: states, error codes, namespaces and their metrics, the keys of its tags",
    "the names and versions of programs that many use, from user agents",
];

/// A fault of this tool, and no reason to keep the look from whoever mends it.
const OTHERWISE: &str = "from this look alone the functions decide otherwise: a fault of this tool, report it, and do not post a look without --redact";

/// Keep what the functions read about an event, to explain it again without AWS
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// The file with the event, or `-` for standard input
    #[arg(value_name = "EVENT.json")]
    event: PathBuf,

    /// The file that is written; else the look goes to standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Put stand-ins in the place of account ids, IPs, ARNs, names and tags' values
    #[arg(long)]
    redact: bool,
}

/// What was recorded.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Recorded {
    stack: String,
    region: String,
    /// The file; none where the look went to standard output.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    functions: Vec<OfFunction>,
    /// How many values have stand-ins; none where nothing was to be taken out.
    #[serde(skip_serializing_if = "Option::is_none")]
    taken_out: Option<TakenOut>,
    /// What the file still tells of the account.
    stays: Vec<&'static str>,
    #[serde(skip)]
    exit: Exit,
}

/// What one function asked.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OfFunction {
    function: Function,
    /// How many calls.
    calls: usize,
    /// Why it could not finish.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
}

impl Recorded {
    fn of(look: &Look, told: &[Told], file: Option<&Path>, taken_out: Option<TakenOut>) -> Self {
        let functions = look.runs.iter().zip(told).map(|(run, told)| OfFunction {
            function: told.function,
            calls: run.calls.len(),
            failure: match &told.end {
                End::Ended(Ok(_)) => None,
                End::Ended(Err(error)) => Some(chain(error)),
                End::NotTold(unanswered) => Some(unanswered.to_string()),
            },
        });
        let stays: &[&str] = match taken_out {
            Some(_) => &STAYS,
            None => &["everything that was read: account ids, IPs, ARNs, names and tags"],
        };
        Self {
            stack: look.stack.clone(),
            region: look.region.clone(),
            file: file.map(|file| file.display().to_string()),
            functions: functions.collect(),
            taken_out,
            stays: stays.to_vec(),
            exit: told
                .iter()
                .map(|told| exit_of(&told.end))
                .max()
                .unwrap_or_default(),
        }
    }

    /// What was taken out, in words.
    fn taken_out_in_words(&self) -> Option<String> {
        let taken = self.taken_out?;
        let parts = [
            counted(taken.accounts, "account id", "account ids"),
            counted(taken.ips, "IP", "IPs"),
            counted(taken.arns, "ARN", "ARNs"),
            counted(taken.names, "name", "names"),
            counted(taken.texts, "text", "texts"),
        ];
        Some(format!("taken out: {}", parts.join(", ")))
    }

    fn stays_in_words(&self) -> String {
        format!("still in it: {}", self.stays.join("; "))
    }
}

impl Document for Recorded {
    const COMMAND: &'static str = "record";

    fn page(&self) -> Page {
        let mut page = Page::default();
        for one in &self.functions {
            let calls = counted(one.calls, "call", "calls");
            page.line([
                Cell::strong(one.function.name()),
                format!("  {calls}").into(),
            ]);
            if let Some(failure) = &one.failure {
                page.line([Cell::bad(failure)]);
            }
        }
        page.gap();
        if let Some(words) = self.taken_out_in_words() {
            page.line([Cell::good(words)]);
        }
        page.line([Cell::attention(self.stays_in_words())]);
        if let Some(file) = &self.file {
            page.line([Cell::from(format!("written to {file}"))]);
        }
        page
    }

    fn rows(&self) -> Table {
        let mut table = Table::of(&["function", "calls", "failure"]);
        for one in &self.functions {
            table.push([
                one.function.name().into(),
                one.calls.to_string().into(),
                Cell::or_dash(one.failure.as_deref()),
            ]);
        }
        table
    }

    fn beside_rows(&self) -> Vec<String> {
        let words = self.taken_out_in_words().into_iter();
        words.chain([self.stays_in_words()]).collect()
    }

    fn exit(&self) -> Exit {
        self.exit
    }
}

pub(super) async fn run(asked: &Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let Given::Event(event) = look::given(&asked.event)? else {
        return Err(Failure::usage(
            format!("{} is a look already", asked.event.display()),
            "`holdfast explain` shows what is decided on it.",
        ));
    };
    look::check(&event)?;
    let Some(path) = asked.out.as_deref() else {
        let (look, told) = taken(session, event).await?;
        return finish(asked, session, (look, told), None);
    };
    let file = NewFile::take(path)?;
    let taken = tokio::select! {
        taken = taken(session, event) => taken?,
        () = stopped() => return Err(Failure::Stopped {
            what: "the look was stopped, and nothing was written".to_owned(),
        }),
    };
    finish(asked, session, taken, Some(file))
}

/// Reads and decides.
async fn taken(session: &Session, event: Value) -> Result<(Look, Vec<Told>), Failure> {
    let deployment = session.deployment().await?;
    let own = deployment.account()?;
    let trigger = look::trigger_of(&event, &own)?;
    look::taken(&deployment, own, event, &trigger).await
}

/// Somebody stops the tool: by a key, or as a machine does that is shut down.
async fn stopped() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut ends) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = ends.recv() => return,
                Ok(()) = tokio::signal::ctrl_c() => return,
            }
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn finish(
    asked: &Arguments,
    session: &mut Session,
    (look, told): (Look, Vec<Told>),
    file: Option<NewFile>,
) -> Result<Exit, Failure> {
    let (look, taken_out) = if asked.redact {
        let (redacted, taken) = redact(&look).map_err(|bad| not_redacted(bad.to_string()))?;
        if !look::gives(&redacted, &told) {
            let why = "with stand-ins the functions decide otherwise".to_owned();
            return Err(not_redacted(why));
        }
        (redacted, Some(taken))
    } else {
        (look, None)
    };
    let unread = look::unread(&look);
    let mut recorded = Recorded::of(&look, &told, asked.out.as_deref(), taken_out);
    // A look with stand-ins has been asked already.
    if !asked.redact && !look::gives(&look, &told) {
        recorded.exit = recorded.exit.max(Exit::Found);
        drop(session.terminal.note(OTHERWISE));
    }
    if let Some(file) = file {
        file.write(&look.text())?;
        session.finish_partial(recorded, unread)
    } else {
        session.terminal.write(&look.text())?;
        let told = Partial::new(recorded, unread);
        for words in told.beside_rows() {
            drop(session.terminal.note(words));
        }
        Ok(told.exit())
    }
}

/// A look with stand-ins that are none, or with another decision, must not get out.
fn not_redacted(why: String) -> Failure {
    Failure::Unreadable {
        what: "the redacted look".to_owned(),
        why,
        advice: "Nothing was written. This is a fault of this tool: report it. Do not post a look without --redact."
            .to_owned(),
    }
}
