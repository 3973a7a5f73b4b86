//! What a person sends to a function by hand, read strictly: a slip of the pen moves nothing.

use super::error::EventError;
use super::trigger::OperatorCommand;
use crate::model::ids::{InstanceId, InvalidId};
use serde_json::Value;

/// The field by which such an event is known.
pub(super) const FIELD: &str = "holdfast";

/// What a command can be, for the error of one that is none.
const COMMANDS: &str = "`plan` or `failover`";

/// `{"holdfast": "plan", "group": "web"}`, or `{"holdfast": "failover", "group": "web", "to": "i-..."}`.
pub(super) fn parse(event: &Value) -> Result<OperatorCommand, EventError> {
    let word = text(event, FIELD, COMMANDS)?;
    let known: &[&str] = match word {
        "plan" => &["group"],
        "failover" => &["group", "to"],
        _ => return wrong(FIELD, format!("`{word}` is not known: expected {COMMANDS}")),
    };
    let fields = event.as_object().into_iter().flatten();
    for (field, _) in fields.filter(|(field, _)| *field != FIELD) {
        if !known.contains(&field.as_str()) {
            let known = known.join("`, `");
            let problem = format!("`{word}` does not take `{field}`: expected `{known}`");
            return wrong(nameable(field), problem);
        }
    }
    let group = text(event, "group", "the name of a group")?.to_owned();
    if word == "plan" {
        return Ok(OperatorCommand::Plan { group });
    }
    Ok(OperatorCommand::Switchover {
        group,
        to: event.get("to").map(|_| instance(event)).transpose()?,
    })
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
