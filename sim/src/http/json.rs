//! Answers in the form of AWS's JSON 1.1, which CloudTrail and the tagging API speak.

use super::server::Reply;
use serde_json::{Value, json};

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
