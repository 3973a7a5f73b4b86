//! `holdfast switchover` and `holdfast failback`: a group's addresses go to another member, on a person's word. The plan
//! is shown first, and the person is asked. The function looks again before it moves anything.
//!
//! Races: whatever happens to the group between the plan and the answer. The function decides on what is so by then, and
//! its report, not the plan, says what was done.

use super::answer::{AnswerDocument, Asked};
use super::invocation;
use super::plan::Plan;
use crate::deployment::{Deployment, Function};
use crate::failure::{Exit, Failure};
use crate::output::Document;
use crate::session::Session;
use clap::Args;
use holdfast::model::ids::InstanceId;
use holdfast::settings::Mode;
use serde_json::{Value, json};

const FUNCTION: Function = Function::AlarmFailover;

const AFTER_HELP: &str = "\
Examples:
  holdfast switchover web
  holdfast switchover web --to i-0123456789abcdef0
  holdfast switchover web --yes --output json

Exit code 0: the addresses are with another member, or were already. 1: not all of them are, and the report says why.";

const AFTER_HELP_OF_FAILBACK: &str = "\
Examples:
  holdfast failback web
  holdfast failback web --yes

The member that stands first is the one with the lowest holdfast:priority. The function decides which one that is.";

/// Move a group's addresses to another member
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// The group, by the value of the tag holdfast:group
    group: String,
    /// The member that is to have them; else whoever stands next
    #[arg(long, value_name = "INSTANCE")]
    to: Option<InstanceId>,
    /// Do it without being asked
    #[arg(long)]
    yes: bool,
}

/// Move a group's addresses to the member that stands first
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP_OF_FAILBACK)]
pub struct FailbackArguments {
    /// The group, by the value of the tag holdfast:group
    group: String,
    /// Do it without being asked
    #[arg(long)]
    yes: bool,
}

/// The answer to `switchover`.
#[derive(Debug)]
pub(super) struct Switchover;

/// The answer to `failback`.
#[derive(Debug)]
pub(super) struct Failback;

impl Asked for Switchover {
    const COMMAND: &'static str = "switchover";
    const IS_ABOUT_MOVES: bool = true;
    const DONE: &'static [&'static str] = &["switched-over", "already-moved"];
}

impl Asked for Failback {
    const COMMAND: &'static str = "failback";
    const IS_ABOUT_MOVES: bool = true;
    const DONE: &'static [&'static str] = Switchover::DONE;
}

/// What is about to be done.
struct Intent<'a> {
    group: &'a str,
    event: Value,
    question: String,
    is_confirmed: bool,
}

pub(super) async fn run(asked: &Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let group = &asked.group;
    let mut event = json!({"holdfast": "failover", "group": group});
    let mut question = format!("Move the addresses of {group} to the member that stands next?");
    if let Some(to) = &asked.to {
        event["to"] = to.as_str().into();
        question = format!("Move the addresses of {group} to {to}?");
    }
    let intent = Intent {
        group,
        event,
        question,
        is_confirmed: asked.yes,
    };
    carry_out::<Switchover>(&intent, session).await
}

pub(super) async fn fail_back(
    asked: &FailbackArguments,
    session: &mut Session,
) -> Result<Exit, Failure> {
    let group = &asked.group;
    let intent = Intent {
        group,
        event: json!({"holdfast": "failback", "group": group}),
        question: format!("Move the addresses of {group} to the member that stands first?"),
        is_confirmed: asked.yes,
    };
    carry_out::<Failback>(&intent, session).await
}

async fn carry_out<C: Asked>(intent: &Intent<'_>, session: &mut Session) -> Result<Exit, Failure> {
    if !intent.is_confirmed {
        session.terminal.can_be_asked()?;
    }
    let deployment = session.deployment().await?;
    show_plan(intent, session, &deployment).await?;
    if !intent.is_confirmed && !session.terminal.confirms(&intent.question)? {
        drop(session.terminal.note("Nothing was done."));
        return Ok(Exit::Found);
    }
    let report = invocation::ask(session, &deployment, FUNCTION, &intent.event).await?;
    let document = AnswerDocument::<C>::of(&deployment, FUNCTION, report)?;
    session.finish(&document)
}

/// The plan, beside the answer: standard output has what was done.
async fn show_plan(
    intent: &Intent<'_>,
    session: &mut Session,
    deployment: &Deployment,
) -> Result<(), Failure> {
    let event = json!({"holdfast": "plan", "group": intent.group});
    let report = invocation::look(session, deployment, FUNCTION, &event).await?;
    let plan = AnswerDocument::<Plan>::of(deployment, FUNCTION, report)?;
    let place = deployment.place();
    drop(session.terminal.note(format_args!("The plan, by {place}:")));
    drop(session.terminal.note_page(&plan.page()));
    if deployment.mode(FUNCTION) == Some(Mode::Observe) {
        let words =
            "alarm-failover is in observe mode: it says what it would do, and moves nothing.";
        drop(session.terminal.note(words));
    }
    Ok(())
}
