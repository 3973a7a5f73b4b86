//! Lines of a function's log, as CloudWatch Logs hands them on: compressed, and in base64. By this way notify hears of a
//! failed run at its first try, and of what a person asked for and waited for: neither goes to the bus.
//! Source: CloudWatch Logs user guide, "Log group-level subscription filters", AWS Lambda.

use super::reading::{bare, of_report, text, unreadable};
use super::state::{Heard, News};
use crate::events::EventError;
use crate::model::ids::AccountId;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::read::GzDecoder;
use serde_json::Value;
use std::io::Read;

/// How much is unpacked at most. A payload that Lambda takes has 256 KB, and text becomes some ten times smaller.
const MAX_BYTES: u64 = 16_000_000;

const DATA: &str = "awslogs.data";

pub(super) fn heard(
    data: &Value,
    own: Option<&AccountId>,
    region: &str,
) -> Result<Heard, EventError> {
    let batch = unpacked(data)?;
    let owner = text(&batch, "/owner");
    if own.is_some_and(|own| owner != Some(own.as_str())) {
        return Ok(Heard::Nothing {
            why: "it is of another account's log".to_owned(),
        });
    }
    // A control message only shows that the destination can be reached.
    if text(&batch, "/messageType") != Some("DATA_MESSAGE") {
        return Ok(Heard::Nothing {
            why: "it is no line of a log".to_owned(),
        });
    }
    let lines = batch.get("logEvents").and_then(Value::as_array);
    let messages = lines.into_iter().flatten();
    let news = messages.filter_map(|line| of_line(text(line, "/message")?, region));
    Ok(Heard::News(news.collect()))
}

fn unpacked(data: &Value) -> Result<Value, EventError> {
    let packed = data.as_str().map(|text| BASE64_STANDARD.decode(text));
    let Some(Ok(packed)) = packed else {
        return Err(unreadable(DATA, "it is not base64"));
    };
    let mut json = Vec::new();
    let mut unpacking = GzDecoder::new(packed.as_slice()).take(MAX_BYTES);
    if unpacking.read_to_end(&mut json).is_err() {
        return Err(unreadable(DATA, "it cannot be unpacked"));
    }
    serde_json::from_slice(&json).map_err(|error| unreadable(DATA, &error.to_string()))
}

/// What one line tells. A line that is none of a report is passed over: it keeps no other one from being told. What a
/// report has no room for is in further parts, and they are not for people.
fn of_line(line: &str, region: &str) -> Option<News> {
    let line: Value = serde_json::from_str(line).ok()?;
    if text(&line, "/holdfast") != Some("report") {
        return None;
    }
    if line
        .get("part")
        .and_then(Value::as_u64)
        .is_some_and(|part| part > 1)
    {
        return None;
    }
    let request = text(&line, "/requestId").unwrap_or_default();
    line.get("report")
        .and_then(|report| of_report(report, request.to_owned()))
        .or_else(|| {
            let (function, outcome) = (text(&line, "/function")?, text(&line, "/outcome")?);
            Some(bare(function, outcome, request, region))
        })
}
