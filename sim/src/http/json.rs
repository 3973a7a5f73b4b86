//! What the services that speak AWS's JSON have in common: refusals, answers, pages.

use super::server::Reply;
use serde::Deserialize;
use serde_json::{Value, json};

/// Why a call is refused: a code, and words.
pub(super) type Refusal = (&'static str, String);

pub(super) fn refused(code: &'static str, message: impl Into<String>) -> Refusal {
    (code, message.into())
}

pub(super) fn not_modelled(action: &str) -> Refusal {
    let message = format!("the simulator does not model {action}");
    refused("UnknownOperationException", message)
}

/// A parameter that the action does not read: an answer that ignores it would be wrong.
pub(super) fn unread(name: &str) -> Refusal {
    let message = format!("the simulator does not model the parameter {name}");
    refused("ValidationException", message)
}

/// The parameters of a call.
pub(super) fn read<'a, T: Deserialize<'a>>(parameters: &'a Value) -> Result<T, Refusal> {
    T::deserialize(parameters).map_err(|error| refused("ValidationException", error.to_string()))
}

/// One page of a list, and the token of the next; none where the token is not one of the list.
pub(super) fn page<T>(
    items: Vec<T>,
    token: Option<&str>,
    size: usize,
) -> Option<(Vec<T>, Option<String>)> {
    let start = token.map_or(Some(0), |token| token.parse().ok())?;
    let end = items.len().min(start + size);
    let next = (end < items.len()).then(|| end.to_string());
    Some((items.into_iter().skip(start).take(size).collect(), next))
}

/// An answer, or a refusal.
pub(super) fn answered(answer: Result<Value, Refusal>) -> Reply {
    match answer {
        Ok(answer) => reply(200, &answer, None),
        Err((code, message)) => refusal(code, &message),
    }
}

/// A refusal in the form of JSON 1.1.
pub(super) fn refusal(code: &str, message: &str) -> Reply {
    reply(
        400,
        &json!({ "__type": code, "message": message }),
        Some(code.to_owned()),
    )
}

pub(super) fn reply(status: u16, body: &Value, refused: Option<String>) -> Reply {
    Reply {
        status,
        content_type: "application/x-amz-json-1.1",
        body: body.to_string().into(),
        refused,
        headers: Vec::new(),
    }
}
