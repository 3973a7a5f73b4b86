//! `holdfast plan`: what would be done for each holder of a group if it failed now. Nothing is changed.

use super::answer::{AnswerDocument, Asked};
use super::invocation;
use crate::deployment::Function;
use crate::failure::{Exit, Failure};
use crate::session::Session;
use clap::Args;
use serde_json::json;

const AFTER_HELP: &str = "\
Examples:
  holdfast plan web
  holdfast plan web --output json

Exit code 0: something could take over from each holder. 1: the findings say what stands in the way.";

/// Show what would be moved if a group's holder failed now
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// The group, by the value of the tag holdfast:group
    group: String,
}

/// The answer to `plan`.
#[derive(Debug)]
pub(super) struct Plan;

impl Asked for Plan {
    const COMMAND: &'static str = "plan";
    const IS_ABOUT_MOVES: bool = true;
    const DONE: &'static [&'static str] = &["would-fail-over", "already-moved"];
}

pub(super) async fn run(asked: &Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let deployment = session.deployment().await?;
    let event = json!({"holdfast": "plan", "group": asked.group});
    let function = Function::AlarmFailover;
    let report = invocation::look(session, &deployment, function, &event).await?;
    let document = AnswerDocument::<Plan>::of(&deployment, function, report)?;
    session.finish(&document)
}
