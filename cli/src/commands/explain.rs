//! `holdfast explain`: what Holdfast would decide about an event, and why. The functions' own code runs here, in `observe`
//! mode, on reads alone: nothing is changed, in EC2 or in the ledger.
//!
//! Races: the account goes on. What is told is so at the moment of the look.

use super::answer::{AnswerDocument, Asked};
use crate::deployment::Function;
use crate::failure::{Exit, Failure};
use crate::look::{self, End, Given, Told};
use crate::output::{Cell, Document, Page, Table, time_of};
use crate::session::Session;
use crate::unread::Unread;
use clap::Args;
use holdfast::cloud::{Class, CloudError};
use holdfast::error::chain;
use holdfast::events::Trigger;
use holdfast::report::Report;
use holdfast::settings::Mode;
use holdfast_look::Look;
use serde::Serialize;
use serde_json::Value;
use std::error::Error as StdError;
use std::path::{Path, PathBuf};
use time::OffsetDateTime;

const AFTER_HELP: &str = "\
Examples:
  holdfast explain event.json
  aws sqs receive-message ... | holdfast explain -
  holdfast explain look.json
  holdfast explain event.json --look look.json

The event is as EventBridge, CloudTrail, CloudWatch or a person sends it. Each function that gets such an event is asked.
A look that `holdfast record` made has its event and every answer: nobody is asked then, and no profile is needed.
Else it takes the rights of policies/operator.json. What a function may do in EC2 is not asked for, and taken as given.
Exit code 0: it can be told. 1: a function could not finish its look. 3 and 4: AWS refused a look, or did not answer.";

/// Show what would be decided about an event, and why
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// The file with the event or a recorded look, or `-` for standard input
    #[arg(value_name = "EVENT.json")]
    event: PathBuf,

    /// A recorded look that answers in the place of AWS
    #[arg(long, value_name = "FILE")]
    look: Option<PathBuf>,
}

/// The answer of one function to `explain`.
#[derive(Debug)]
pub(super) struct Explain;

impl Asked for Explain {
    const COMMAND: &'static str = "explain";
    const IS_ABOUT_MOVES: bool = true;
    const DONE: &'static [&'static str] = &[
        "ignored",
        "already-moved",
        "already-ours",
        "already-placed",
        "recovered",
        "refreshed",
        "let-go",
    ];
}

/// What each function would do.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Explanation {
    /// The look that answered; none where AWS was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<FromLook>,
    /// What the event is, in words.
    event: String,
    functions: Vec<OfFunction>,
    /// How it ends: AWS may have refused a look.
    #[serde(skip)]
    exit: Exit,
}

/// The look that answered.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FromLook {
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    made_at: OffsetDateTime,
    /// By which version.
    made_by: String,
    /// Whether it has stand-ins.
    redacted: bool,
}

impl FromLook {
    fn in_words(&self) -> String {
        let mut words = format!("from the look of {}", time_of(self.made_at));
        if self.redacted {
            words += ", with stand-ins for personal data";
        }
        if self.made_by != look::VERSION {
            let (by, here) = (&self.made_by, look::VERSION);
            words = format!("{words}; holdfast {by} made it, and {here} may decide otherwise");
        }
        words
    }
}

/// What one function would do.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OfFunction {
    function: Function,
    /// Whether it acts in its stack, or only says what it would do; none where the look does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<Mode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<AnswerDocument<Explain>>,
    /// Why it could not finish.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
}

impl OfFunction {
    fn mode_cell(&self) -> Cell {
        match self.mode {
            Some(Mode::Enforce) => Cell::from("in this stack it acts: what it would do, it does"),
            Some(Mode::Observe) => {
                Cell::attention("in this stack it only observes: it says this, and does nothing")
            }
            None => Cell::attention("whether it acts in this stack: not known"),
        }
    }
}

impl Document for Explanation {
    const COMMAND: &'static str = "explain";

    fn page(&self) -> Page {
        let mut page = Page::default();
        if let Some(from) = &self.from {
            page.line([Cell::attention(from.in_words())]);
        }
        page.line([self.event.as_str().into()]);
        for one in &self.functions {
            page.gap();
            page.line([Cell::strong(one.function.name())]);
            page.line([one.mode_cell()]);
            if let Some(answer) = &one.answer {
                page.0.extend(answer.page().0);
            }
            if let Some(failure) = &one.failure {
                page.line([Cell::bad(failure)]);
            }
        }
        page
    }

    fn rows(&self) -> Table {
        let mut table = Table::of(&["function", "outcome", "summary", "mode"]);
        for one in &self.functions {
            let (outcome, summary) = match &one.answer {
                Some(answer) => answer.in_short(),
                None => ("failed", one.failure.as_deref().unwrap_or_default()),
            };
            let mode = match one.mode {
                Some(Mode::Enforce) => "enforce",
                Some(Mode::Observe) => "observe",
                None => "not known",
            };
            table.push([
                one.function.name().into(),
                outcome.into(),
                summary.into(),
                mode.into(),
            ]);
        }
        table
    }

    fn beside_rows(&self) -> Vec<String> {
        self.from.iter().map(FromLook::in_words).collect()
    }

    fn exit(&self) -> Exit {
        self.exit
    }
}

pub(super) async fn run(asked: &Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let (explanation, unread) = match (look::given(&asked.event)?, &asked.look) {
        (Given::Look(look), None) => offline(&look, &look.event)?,
        (Given::Event(event), Some(file)) => match look::given(file)? {
            Given::Look(look) => offline(&look, &event)?,
            Given::Event(_) => return Err(no_look(file)),
        },
        (Given::Look(_), Some(_)) => {
            return Err(Failure::usage(
                "both files are looks",
                "A look has its event: give the one alone, or an event and --look.",
            ));
        }
        (Given::Event(event), None) => {
            look::check(&event)?;
            let deployment = session.deployment().await?;
            let own = deployment.account()?;
            let trigger = look::trigger_of(&event, &own)?;
            let (look, told) = look::taken(&deployment, own, event, &trigger).await?;
            (explanation(&trigger, &look, told)?, look::unread(&look))
        }
    };
    session.finish_partial(explanation, unread)
}

fn no_look(file: &Path) -> Failure {
    Failure::usage(
        format!("{} is no look", file.display()),
        "Make one with `holdfast record EVENT.json --out LOOK.json`.",
    )
}

/// Nobody is asked: the look has the answers.
fn offline(look: &Look, event: &Value) -> Result<(Explanation, Vec<Unread>), Failure> {
    let trigger = look::trigger_of(event, &look.account)?;
    let told = look::replayed(look, &trigger);
    let from = FromLook {
        made_at: look.made_at,
        made_by: look.made_by.clone(),
        redacted: look.redacted,
    };
    let explained = explanation(&trigger, look, told)?;
    let explained = Explanation {
        from: Some(from),
        ..explained
    };
    Ok((explained, look::unread(look)))
}

fn explanation(trigger: &Trigger, look: &Look, told: Vec<Told>) -> Result<Explanation, Failure> {
    let place = (look.stack.as_str(), look.region.as_str());
    let mode_of = |function: Function| {
        let mut runs = look.runs.iter();
        runs.find(|run| Function::from(run.function) == function)?
            .mode
    };
    let mut exit = Exit::Done;
    let mut functions = Vec::new();
    for Told { function, end } in told {
        exit = exit.max(exit_of(&end));
        let (answer, failure) = match end {
            End::Ended(Ok(report)) => {
                let answer = AnswerDocument::at(place, function, value(&report)?)?;
                (Some(answer), None)
            }
            End::Ended(Err(error)) => (None, Some(chain(&error))),
            End::NotTold(unanswered) => (None, Some(unanswered.to_string())),
        };
        functions.push(OfFunction {
            function,
            mode: mode_of(function),
            answer,
            failure,
        });
    }
    Ok(Explanation {
        from: None,
        event: trigger.to_string(),
        functions,
        exit,
    })
}

/// A look that AWS refuses or does not answer ends as every other such call. So does one from a file.
pub(super) fn exit_of(end: &End) -> Exit {
    let mut under: Option<&(dyn StdError + 'static)> = match end {
        End::Ended(Ok(_)) => return Exit::Done,
        End::Ended(Err(error)) => Some(error),
        End::NotTold(_) => None,
    };
    while let Some(each) = under {
        match each.downcast_ref::<CloudError>().map(CloudError::class) {
            Some(Class::Denied) => return Exit::Denied,
            Some(Class::Transient) => return Exit::NoAnswer,
            _ => under = each.source(),
        }
    }
    Exit::Found
}

fn value(report: &Report) -> Result<Value, Failure> {
    serde_json::to_value(report).map_err(|error| Failure::Unreadable {
        what: "the explanation".to_owned(),
        why: error.to_string(),
        advice: "This is a fault of this tool: report it.".to_owned(),
    })
}
