//! What a run decided, to compare it with the same run out of a look. Of a look as it was read, the whole report counts. Of
//! a redacted one, all of it that is no person's word: two looks of one account, one of them redacted, give the same.

use crate::answer::value_of;
use crate::redact::is_id;
use holdfast::error::Error;
use holdfast::report::Report;
use serde_json::{Map, Value, json};
use std::net::IpAddr;

/// How long something took is another run's.
const TIMES: [&str; 3] = ["phases", "arrivedAfterMs", "requestAfterMs"];

/// Texts for people, in which stand-ins make other words, and may be cut at other places.
const FOR_PEOPLE: [&str; 4] = ["summary", "what", "why", "next"];

/// Fields whose words are Holdfast's own.
const OWN_WORDS: [&str; 10] = [
    "action",
    "end",
    "error",
    "function",
    "knownFrom",
    "mode",
    "mover",
    "outcome",
    "readiness",
    "reason",
];

/// The whole end of a run, without how long its parts took.
#[must_use]
pub fn whole(end: &Result<Report, Error>) -> Value {
    without(&end_of(end), &|_, text| Value::from(text))
}

/// What an end has of decisions: the outcome, each id of EC2's, each number, each word of Holdfast's, all in their order.
/// Of any other text there is only that it is there.
#[must_use]
pub fn decision(end: &Result<Report, Error>) -> Value {
    without(&end_of(end), &|field, text| {
        if OWN_WORDS.contains(&field) {
            return Value::from(text);
        }
        if FOR_PEOPLE.contains(&field) {
            return Value::from(true);
        }
        Value::from(
            text.split(' ')
                .filter(|word| is_id(word))
                .collect::<Vec<_>>(),
        )
    })
}

fn end_of(end: &Result<Report, Error>) -> Value {
    match end {
        Ok(report) => json!({ "report": report }),
        Err(error) => json!({ "error": error.name(), "report": error.report().map(value_of) }),
    }
}

fn without(value: &Value, text: &dyn Fn(&str, &str) -> Value) -> Value {
    of_field("", value, text)
}

fn of_field(field: &str, value: &Value, text: &dyn Fn(&str, &str) -> Value) -> Value {
    match value {
        Value::String(said) => text(field, said),
        Value::Array(items) => items.iter().map(|it| of_field(field, it, text)).collect(),
        Value::Object(fields) => {
            let kept = fields
                .iter()
                .filter(|(name, _)| !TIMES.contains(&name.as_str()));
            let parts = kept.map(|(name, value)| (key(name, text), of_field(name, value, text)));
            Value::Object(parts.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// What is told under an IP is told under its stand-in as well.
fn key(name: &str, text: &dyn Fn(&str, &str) -> Value) -> String {
    let is_ip = name.parse::<IpAddr>().is_ok();
    if is_ip && text("", name) != name {
        return "ip".to_owned();
    }
    name.to_owned()
}
