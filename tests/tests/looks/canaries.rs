//! A word that no look without personal data may have, in each place where a person can write one, and in each form that
//! could pass for AWS's.

use crate::{Case, alarm, release, start, sweep};
use holdfast_look::{Look, redact};
use serde_json::{Value, json};

const CANARY: &str = "zzcanary";

/// Texts that could pass for words of AWS's, for ids, places, times or documents.
fn texts() -> Vec<String> {
    [
        "zzcanary",
        "ALARM: zzcanary prod (Anna)",
        "none: ask zzcanary@acme.com",
        "Pending:zzcanary",
        "sg-zzcanary1985",
        "eu-zzcanary-west-1",
        "zzcanary.micro",
        "2026-01-31T12:00:00Z-zzcanary",
        "arn:aws:sns:eu-west-1:111122223333:zzcanary",
        "arn:aws:s3:::zzcanary/file",
        "arn:aws:iam::zzcanary:role/x",
        "arn:aws:sns:eu-west-1:111122223333:zzcanary:1",
        "holdfast:zzcanary",
        "zzcanary.amazonaws.com",
        "{\"service\":\"zzcanary\",\"phone\":447911123456}",
        "[\"zzcanary\"]",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// Fields whose names AWS or Holdfast has as well.
const FIELDS: [&str; 18] = [
    "type",
    "status",
    "code",
    "reason",
    "namespace",
    "source",
    "Service",
    "Application",
    "Function",
    "Domain",
    "Group",
    "Name",
    "key",
    "holdfast:team",
    "aws:note",
    "state",
    "message",
    "userId",
];

fn with_canaries(text: &str) -> Value {
    FIELDS.iter().map(|field| (*field, text)).collect()
}

/// Puts the text under each tag, dimension and alarm of an answer. Gives how many places there were.
fn put(value: &mut Value, text: &str) -> usize {
    let mut places = 0;
    match value {
        Value::Array(items) => places += items.iter_mut().map(|it| put(it, text)).sum::<usize>(),
        Value::Object(fields) => {
            for (field, value) in fields.iter_mut() {
                match (field.as_str(), &mut *value) {
                    ("tags" | "dimensions", Value::Object(pairs)) => {
                        let new = with_canaries(text);
                        pairs.extend(new.as_object().unwrap().clone());
                        places += 1;
                    }
                    ("alarms", Value::Array(alarms)) => {
                        for alarm in alarms.iter_mut().filter(|it| it["name"].is_string()) {
                            alarm["name"] = Value::from(text);
                            places += 1;
                        }
                    }
                    _ => {}
                }
                places += put(value, text);
            }
        }
        _ => {}
    }
    places
}

fn spoilt(look: &Look, text: &str) -> Look {
    let mut look = look.clone();
    let mut pairs = with_canaries(text);
    pairs["description"] = json!({ "of": [text], "phone": 447_911_123_456_u64 });
    pairs["newStateReason"] = json!([text]);
    let named = json!([{ "name": "Service", "value": text }]);
    let tags = json!({ "items": [{ "key": "holdfast:team", "value": text }, { "key": "x", "value": [text] }] });
    look.event["ignored"] = json!({
        "free": pairs,
        "dimensions": with_canaries(text),
        "Dimensions": named,
        "tagSet": tags,
        "Tags": [{ "Key": "Service", "Value": text }],
        "phone": 447_911_123_456_u64,
    });
    let mut places = 0;
    for entry in look.runs.iter_mut().flat_map(|run| &mut run.calls) {
        places += entry.answer.as_mut().map_or(0, |answer| put(answer, text));
    }
    assert!(places > 0, "no answer has a tag");
    let spoilt_call = json!({
        "call": "contributors", "asked": [text], "at": "2026-11-27T13:00:00Z",
        "answer": [with_canaries(text)],
    });
    let refused = json!({
        "call": "instances", "asked": [], "at": "2026-11-27T13:00:00Z",
        "refusal": { "kind": "denied", "action": "ec2:DescribeInstances", "message": text, "underneath": [text] },
    });
    let alarms = json!({
        "call": "alarms", "asked": [[text]], "at": "2026-11-27T13:00:00Z",
        "answer": [{
            "name": text, "state": "ALARM", "suppressed_by": text, "rule": null, "contributors": null,
            "metrics": [{ "namespace": "AWS/EC2", "metric": "CPUUtilization", "dimensions": with_canaries(text) }],
        }],
    });
    for call in [spoilt_call, refused, alarms] {
        look.runs[0]
            .calls
            .push(serde_json::from_value(call).unwrap());
    }
    look.settings.exempt_principals = vec![
        format!("arn:aws:iam::{CANARY}*:role/{CANARY}")
            .parse()
            .unwrap(),
    ];
    look.settings.lifecycle_hooks = vec![format!("{CANARY}:{CANARY}").parse().unwrap()];
    look
}

#[track_caller]
fn has_none(case: Case) {
    let (_, look) = case.ended();
    let mut left = Vec::new();
    for text in texts() {
        let (redacted, _) =
            redact(&spoilt(&look, &text)).unwrap_or_else(|bad| panic!("{text}: {bad}"));
        let redacted = redacted.text();
        let lines = redacted.lines();
        let telling = lines.filter(|line| line.contains(CANARY) || line.contains("447911123456"));
        left.extend(telling.map(|line| format!("{text}: {}", line.trim())));
    }
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn no_word_of_a_person_is_left_of_a_release() {
    has_none(release());
}

#[test]
fn no_word_of_a_person_is_left_of_a_start() {
    has_none(start());
}

#[test]
fn no_word_of_a_person_is_left_of_an_alarm() {
    has_none(alarm());
}

#[test]
fn no_word_of_a_person_is_left_of_a_sweep() {
    has_none(sweep());
}
