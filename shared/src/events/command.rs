//! What a person sends to a function by hand, read strictly: a slip of the pen moves nothing.

use super::error::EventError;
use super::takers::{COMMANDS, FIELD, for_another};
use super::trigger::{AddressName, OperatorCommand};
use crate::model::ids::{InstanceId, InvalidId};
use crate::model::pause::Pause;
use serde_json::Value;

/// How much of who asks is kept.
const LONGEST_NAME: usize = 100;

/// `{"holdfast": "plan", "group": "web"}`, `{"holdfast": "failover", "group": "web", "to": "i-..."}`,
/// `{"holdfast": "failback", "group": "web"}`, `{"holdfast": "pause", "group": "web", "minutes": 120, "by": "anna"}`,
/// `{"holdfast": "resume", "group": "web"}`, `{"holdfast": "restore", "address": "203.0.113.10"}` or
/// `{"holdfast": "restore", "allocation": "eipalloc-..."}`.
pub(super) fn parse(event: &Value) -> Result<OperatorCommand, EventError> {
    let all = COMMANDS.map(|(word, _)| format!("`{word}`")).join(", ");
    let word = text(event, FIELD, &format!("one of {all}"))?;
    let known: &[&str] = match word {
        "plan" | "resume" | "failback" => &["group"],
        "pause" => &["group", "minutes", "by"],
        "failover" => &["group", "to"],
        "restore" => &["address", "allocation"],
        _ => {
            let unknown = || {
                wrong(
                    FIELD,
                    format!("`{word}` is not known: expected one of {all}"),
                )
            };
            return for_another(word).map_or_else(unknown, Err);
        }
    };
    let fields = event.as_object().into_iter().flatten();
    for (field, _) in fields.filter(|(field, _)| *field != FIELD) {
        if !known.contains(&field.as_str()) {
            let known = known.join("`, `");
            let problem = format!("`{word}` does not take `{field}`: expected `{known}`");
            return wrong(nameable(field), problem);
        }
    }
    if word == "restore" {
        let what = address(event)?;
        return Ok(OperatorCommand::Restore { what });
    }
    let group = text(event, "group", "the name of a group")?.to_owned();
    Ok(match word {
        "failback" => OperatorCommand::Failback { group },
        "plan" => OperatorCommand::Plan { group },
        "resume" => OperatorCommand::Resume { group },
        "pause" => OperatorCommand::Pause {
            group,
            minutes: minutes(event)?,
            by: event.get("by").map(|_| name(event)).transpose()?,
        },
        _ => OperatorCommand::Switchover {
            group,
            to: event.get("to").map(|_| instance(event)).transpose()?,
        },
    })
}

/// Exactly one of the two: which counts where they contradict each other, nobody could say.
fn address(event: &Value) -> Result<AddressName, EventError> {
    if event.get("address").is_some() && event.get("allocation").is_some() {
        let problem = "given beside `allocation`: expected one of the two";
        return wrong("address", problem.to_owned());
    }
    if event.get("allocation").is_some() {
        let id = text(event, "allocation", "an allocation id")?;
        let id = id.parse().map(AddressName::Allocation);
        return id.or_else(|error: InvalidId| wrong("allocation", error.to_string()));
    }
    let ip = text(
        event,
        "address",
        "an Elastic IP, or `allocation` with its id",
    )?;
    match ip.parse() {
        Ok(ip) => Ok(AddressName::Ip(ip)),
        Err(_) => wrong("address", format!("`{ip}` is no IPv4 address")),
    }
}

fn minutes(event: &Value) -> Result<u16, EventError> {
    let longest = u16::try_from(Pause::LONGEST.whole_minutes()).unwrap_or(u16::MAX);
    let expected = format!("whole minutes from 1 to {longest}");
    let Some(said) = event.get("minutes") else {
        return wrong("minutes", format!("missing: expected {expected}"));
    };
    let minutes = said.as_u64().and_then(|minutes| minutes.try_into().ok());
    match minutes.filter(|minutes| (1..=longest).contains(minutes)) {
        Some(minutes) => Ok(minutes),
        None => wrong("minutes", format!("`{said}`: expected {expected}")),
    }
}

/// Who asks: one line, and not a long one.
fn name(event: &Value) -> Result<String, EventError> {
    let name = text(event, "by", "a name")?.trim();
    let each = name
        .chars()
        .map(|sign| if sign.is_control() { ' ' } else { sign });
    Ok(each.take(LONGEST_NAME).collect())
}

fn instance(event: &Value) -> Result<InstanceId, EventError> {
    let id = text(event, "to", "an instance id")?;
    id.parse()
        .or_else(|error: InvalidId| wrong("to", error.to_string()))
}

fn text<'event>(
    event: &'event Value,
    field: &str,
    expected: &str,
) -> Result<&'event str, EventError> {
    match event.get(field) {
        None => wrong(field, format!("missing: expected {expected}")),
        Some(Value::String(text)) if text.trim().is_empty() => {
            wrong(field, format!("empty: expected {expected}"))
        }
        Some(Value::String(text)) => Ok(text),
        Some(_) => wrong(field, format!("not a text: expected {expected}")),
    }
}

/// A field of the event, which may have the empty name.
fn nameable(field: &str) -> &str {
    if field.is_empty() {
        EventError::WHOLE
    } else {
        field
    }
}

fn wrong<T>(field: &str, problem: String) -> Result<T, EventError> {
    Err(EventError {
        field: field.to_owned(),
        problem,
    })
}
