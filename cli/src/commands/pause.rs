//! `holdfast pause` and `holdfast resume`: nothing of a group is moved by itself for a while. It ends by itself.

use super::answer::{AnswerDocument, Asked};
use super::invocation;
use crate::deployment::Function;
use crate::failure::{Exit, Failure};
use crate::session::Session;
use clap::Args;
use holdfast::model::pause::Pause as Longest;
use serde_json::{Value, json};

const FUNCTION: Function = Function::AlarmFailover;

const AFTER_HELP: &str = "\
Examples:
  holdfast pause web --for 2h
  holdfast pause web --for 90m --by 'anna, kernel update'

An alarm, a stopped instance or a sweep moves nothing of the group until then. A switchover does.";

const AFTER_HELP_OF_RESUME: &str = "\
Examples:
  holdfast resume web";

/// Keep a group from being moved by itself for a while
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// The group, by the value of the tag holdfast:group
    group: String,
    /// For how long: `2h`, `90m`, `1h30m`, a day at the most
    #[arg(long = "for", value_name = "TIME", value_parser = minutes)]
    minutes: u16,
    /// Who asks, for those who meet the pause
    #[arg(long, value_name = "NAME", env = "USER")]
    by: Option<String>,
}

/// End a group's pause
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP_OF_RESUME)]
pub struct ResumeArguments {
    /// The group, by the value of the tag holdfast:group
    group: String,
}

/// The answer to `pause`.
#[derive(Debug)]
pub(super) struct Pause;

/// The answer to `resume`.
#[derive(Debug)]
pub(super) struct Resume;

impl Asked for Pause {
    const COMMAND: &'static str = "pause";
    const IS_ABOUT_MOVES: bool = false;
    const DONE: &'static [&'static str] = &["paused"];
}

impl Asked for Resume {
    const COMMAND: &'static str = "resume";
    const IS_ABOUT_MOVES: bool = false;
    const DONE: &'static [&'static str] = &["resumed"];
}

pub(super) async fn run(asked: &Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let mut event = json!({"holdfast": "pause", "group": asked.group, "minutes": asked.minutes});
    let by = asked.by.as_deref().map(str::trim);
    if let Some(by) = by.filter(|by| !by.is_empty()) {
        event["by"] = by.into();
    }
    answered::<Pause>(&event, session).await
}

pub(super) async fn resume(
    asked: &ResumeArguments,
    session: &mut Session,
) -> Result<Exit, Failure> {
    let event = json!({"holdfast": "resume", "group": asked.group});
    answered::<Resume>(&event, session).await
}

async fn answered<C: Asked>(event: &Value, session: &mut Session) -> Result<Exit, Failure> {
    let deployment = session.deployment().await?;
    let report = invocation::ask(session, &deployment, FUNCTION, event).await?;
    let document = AnswerDocument::<C>::of(&deployment, FUNCTION, report)?;
    session.finish(&document)
}

/// `2h`, `90m`, `1h30m`, in minutes.
fn minutes(text: &str) -> Result<u16, String> {
    let longest = Longest::LONGEST.whole_minutes();
    let expected = format!(
        "expected hours and minutes such as `2h`, `90m` or `1h30m`, and {longest} minutes at the most"
    );
    let (hours, rest) = text.split_once('h').unwrap_or(("0", text));
    let rest = match rest {
        "" if text.ends_with('h') => "0",
        rest => rest.strip_suffix('m').ok_or(&expected)?,
    };
    let number = |digits: &str| digits.parse::<u16>().map_err(|_| expected.clone());
    let whole = number(hours)?.checked_mul(60).and_then(|of_hours| {
        let of_minutes = number(rest).ok()?;
        of_hours.checked_add(of_minutes)
    });
    whole
        .filter(|whole| (1..=longest).contains(&i64::from(*whole)))
        .ok_or(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_hours_and_minutes() {
        for (text, expected) in [
            ("2h", 120),
            ("90m", 90),
            ("1h30m", 90),
            ("24h", 1440),
            ("1m", 1),
        ] {
            assert_eq!(minutes(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_has_no_unit_or_no_bound_is_refused() {
        for wrong in [
            "", "2", "0m", "0h", "25h", "1441m", "-1h", "2d", "h", "m", "1h30", "1.5h", "99999h",
        ] {
            assert!(minutes(wrong).is_err(), "{wrong}");
        }
    }
}
