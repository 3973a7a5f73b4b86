//! Whether an event pattern lets an event through: `quamina` decides, of which the test here shows that it agrees
//! with EventBridge's documentation wherever the template relies on it.

use super::document::entries;
use super::patterns::rules;
use quamina::Quamina;
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(crate) fn matches(pattern: &Value, event: &Value) -> bool {
    let mut matcher = Quamina::new();
    let added = matcher.add_pattern((), &pattern.to_string());
    added.unwrap_or_else(|error| panic!("{pattern}: {error}"));
    let answer = matcher.has_matches(event.to_string().as_bytes());
    answer.unwrap_or_else(|error| panic!("{event}: {error}"))
}

/// Source: EventBridge user guide, "Comparison operators for use in event patterns" and "Amazon EventBridge event
/// patterns"; the examples are the guide's own, shortened.
#[test]
fn the_matcher_does_what_eventbridge_documents() {
    let missing = json!([{ "exists": false }]);
    let there = json!([{ "exists": true }]);
    for (pattern, event, matched) in [
        (
            json!({"source": ["aws.ec2"]}),
            json!({"source": "aws.ec2"}),
            true,
        ),
        (
            json!({"source": ["aws.ec2"]}),
            json!({"source": "AWS.EC2"}),
            false,
        ),
        (
            json!({"a": ["x", "y"], "b": [1]}),
            json!({"a": "y", "b": 1, "c": 2}),
            true,
        ),
        (
            json!({"a": ["x", "y"], "b": [1]}),
            json!({"a": "y", "b": 2}),
            false,
        ),
        // An array in the event matches if one of its elements does.
        (
            json!({"ids": ["i-2"]}),
            json!({"ids": ["i-1", "i-2"]}),
            true,
        ),
        (
            json!({"ids": ["i-3"]}),
            json!({"ids": ["i-1", "i-2"]}),
            false,
        ),
        (
            json!({"set": {"items": {"id": [{"prefix": "eipalloc-"}]}}}),
            json!({"set": {"items": [{"id": "i-1"}, {"id": "eipalloc-1"}]}}),
            true,
        ),
        (
            json!({"set": {"items": {"id": [{"prefix": "eipalloc-"}]}}}),
            json!({"set": {"items": [{"id": "i-1"}, {"id": "ami-1"}]}}),
            false,
        ),
        (
            json!({"id": [{"prefix": "eipalloc-"}]}),
            json!({"id": "an-eipalloc-1"}),
            false,
        ),
        // The leaf must be there, or not; null is there.
        (
            json!({"d": {"errorCode": missing}}),
            json!({"d": {"eventName": "x"}}),
            true,
        ),
        (
            json!({"d": {"errorCode": missing}}),
            json!({"d": {"errorCode": "y"}}),
            false,
        ),
        (
            json!({"d": {"errorCode": missing}}),
            json!({"d": {"errorCode": null}}),
            false,
        ),
        (
            json!({"d": {"errorCode": there}}),
            json!({"d": {"errorCode": "y"}}),
            true,
        ),
        (
            json!({"d": {"errorCode": there}}),
            json!({"d": {"eventName": "x"}}),
            false,
        ),
        // Anything but: something else has to be there.
        (
            json!({"state": [{"anything-but": "ALARM"}]}),
            json!({"state": "OK"}),
            true,
        ),
        (
            json!({"state": [{"anything-but": "ALARM"}]}),
            json!({"state": "ALARM"}),
            false,
        ),
        (
            json!({"state": [{"anything-but": "ALARM"}]}),
            json!({"other": "OK"}),
            false,
        ),
        (
            json!({"state": [{"anything-but": ["OK", "ALARM"]}]}),
            json!({"state": "OK"}),
            false,
        ),
    ] {
        assert_eq!(matches(&pattern, &event), matched, "{pattern} and {event}");
    }
}

/// The operators of a pattern.
fn operators(pattern: &Value) -> BTreeSet<String> {
    match pattern {
        Value::Array(choices) => {
            let keys = choices
                .iter()
                .flat_map(|choice| entries(choice).map(|(key, _)| key));
            keys.cloned().collect()
        }
        fields => entries(fields)
            .flat_map(|(_, field)| operators(field))
            .collect(),
    }
}

/// `numeric` is not among them on purpose: `quamina` 0.7.0 lets 0 through where more than 0 is wanted.
#[test]
fn the_patterns_use_no_operator_that_the_matcher_was_not_tried_with() {
    let tried: BTreeSet<String> = ["anything-but", "exists", "prefix"]
        .map(str::to_owned)
        .into();
    let rules = rules();
    let used: BTreeSet<String> = rules.iter().flat_map(|(_, rule)| operators(rule)).collect();
    assert_eq!(used, tried);
}
