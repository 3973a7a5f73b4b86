//! A word of somebody's in every field of a look in which a word can stand: each text that the look can be read with in
//! another form, and each key that people choose. No list of fields is here: the file's own form tells.

use crate::{Case, alarm, release, start, sweep};
use holdfast_look::{Look, redact};
use serde_json::{Map, Value, json};

const CANARY: &str = "zzcanary";

/// In forms that could pass for AWS's.
const TEXTS: [&str; 8] = [
    "zzcanary",
    "zzcanary prod (Anna)",
    "alarm zzcanary",
    "a plan for the group zzcanary",
    "aws-cli/2.zzcanary md/zzcanary app/holdfast~zzcanary~zzcanary",
    "AWS/zzcanary",
    "aws:zzcanary",
    "arn:aws:iam::111122223333:user/zzcanary",
];

/// What stays because a decision hangs on it: groups and slots, and in them the values of Holdfast's own tags.
const STAYS: [&str; 4] = ["group", "slot", "holdfast:group", "holdfast:slot"];

/// Keys under which people choose keys.
const CHOSEN: [&str; 5] = ["tags", "tagSet", "alarmTags", "dimensions", "attributes"];

/// The way to a text, as a JSON pointer.
fn ways(value: &Value, here: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(here.to_owned()),
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                ways(item, &format!("{here}/{number}"), found);
            }
        }
        Value::Object(fields) => {
            let own_tag = |fields: &Map<String, Value>| {
                let key = fields.get("key").and_then(Value::as_str);
                key.is_some_and(|key| STAYS.contains(&key))
            };
            if own_tag(fields) {
                return;
            }
            for (key, value) in fields {
                if !STAYS.contains(&key.as_str()) {
                    let key = key.replace('~', "~0").replace('/', "~1");
                    ways(value, &format!("{here}/{key}"), found);
                }
            }
        }
        _ => {}
    }
}

/// Puts a key beside those that people chose.
fn with_keys(value: &mut Value, text: &str) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| with_keys(item, text)),
        Value::Object(fields) => {
            for (field, value) in fields.iter_mut() {
                if let Value::Object(chosen) = value
                    && CHOSEN.contains(&field.as_str())
                {
                    chosen.insert(text.to_owned(), Value::from(text));
                }
                with_keys(value, text);
            }
        }
        _ => {}
    }
}

fn with(look: &Value, way: &str, text: &str) -> Value {
    let mut spoilt = look.clone();
    *spoilt.pointer_mut(way).unwrap() = Value::from(text);
    spoilt
}

/// The texts of a look that may be any word: the look can be read with another one.
fn free(look: &Value) -> Vec<String> {
    let mut all = Vec::new();
    for part in ["event", "runs", "stack"] {
        ways(&look[part], &format!("/{part}"), &mut all);
    }
    // What was asked is compared with what is asked again: it has the words of what was answered.
    all.retain(|way| !way.contains("/asked/") && !way.ends_with("/call"));
    all.retain(|way| Look::of(&with(look, way, CANARY)).is_ok());
    all
}

/// Answers that the accounts of these tests have no occasion for.
fn more() -> [Value; 3] {
    [
        json!({ "call": "zonal_shifts", "at": AT, "answer": [{ "away_from": "use1-az1", "resource": "arn:aws:x:::y" }] }),
        json!({ "call": "reverse_dns_names", "asked": ["all"], "at": AT, "answer": { "eipalloc-0123456789abcdef0": "a.b" } }),
        json!({ "call": "alarms", "asked": [["a"]], "at": AT, "answer": [{
            "name": "a", "state": "ALARM", "suppressed_by": "b", "rule": "ALARM(c)", "contributors": null,
            "metrics": [{ "namespace": "AWS/EC2", "metric": "CPUUtilization", "dimensions": { "InstanceId": "i-1" } }],
        }] }),
    ]
}

const AT: &str = "2026-11-27T13:00:00Z";

#[track_caller]
fn has_none(case: Case, fewest: usize) {
    let (_, look) = case.ended();
    let mut look: Value = serde_json::from_str(&look.text()).unwrap();
    let calls = look["runs"][0]["calls"].as_array_mut().unwrap();
    calls.extend(more());
    let ways = free(&look);
    println!("{} free texts", ways.len());
    assert!(ways.len() >= fewest, "{} free texts", ways.len());
    let mut left = Vec::new();
    for text in TEXTS {
        let mut spoilt = look.clone();
        for way in &ways {
            *spoilt.pointer_mut(way).unwrap() = Value::from(text);
        }
        for part in ["event", "runs"] {
            with_keys(&mut spoilt[part], text);
        }
        let spoilt = Look::of(&spoilt).unwrap_or_else(|bad| panic!("{text}: {bad}"));
        let (redacted, _) = redact(&spoilt).unwrap_or_else(|bad| panic!("{text}: {bad}"));
        let redacted = redacted.text();
        let telling = redacted.lines().filter(|line| line.contains(CANARY));
        left.extend(telling.map(|line| format!("{text}: {}", line.trim())));
    }
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn no_field_of_a_release_keeps_a_word_of_somebodys() {
    has_none(release(), 50);
}

#[test]
fn no_field_of_a_start_keeps_a_word_of_somebodys() {
    has_none(start(), 25);
}

#[test]
fn no_field_of_an_alarm_keeps_a_word_of_somebodys() {
    has_none(alarm(), 40);
}

#[test]
fn no_field_of_a_sweep_keeps_a_word_of_somebodys() {
    has_none(sweep(), 40);
}
