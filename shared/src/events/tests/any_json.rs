//! No JSON at all makes the parser panic: neither JSON made up from nothing nor a good event with a
//! piece torn out or put in. And whatever is wrong, the error names a field.

use crate::events::samples::one_of_each;
use crate::events::{EventError, Trigger, from_lookup, parse};
use crate::testing::random;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;

/// Keys that lead the parser somewhere, so that made-up JSON gets past the first step.
const KEYS: [&str; 42] = [
    "detail-type",
    "detail",
    "source",
    "time",
    "eventSource",
    "eventName",
    "errorCode",
    "eventTime",
    "requestParameters",
    "responseElements",
    "ReleaseAddressRequest",
    "allocationId",
    "AllocationId",
    "items",
    "item",
    "content",
    "tag",
    "Tag",
    "tagSet",
    "resourcesSet",
    "key",
    "alarmData",
    "alarmName",
    "alarmArn",
    "alarmTags",
    "alarmContributor",
    "state",
    "value",
    "timestamp",
    "configuration",
    "metrics",
    "metricStat",
    "dimensions",
    "reasonData",
    "Records",
    "Sns",
    "Message",
    "Trigger",
    "TriggeringChildren",
    "holdfast",
    "group",
    "to",
];

const TEXTS: [&str; 13] = [
    "AWS API Call via CloudTrail",
    "Scheduled Event",
    "aws.events",
    "ec2.amazonaws.com",
    "ReleaseAddress",
    "CreateTags",
    "eipalloc-0a1",
    "2026-01-31T12:00:00Z",
    "CloudWatch Alarm State Change",
    "2026-01-31T12:00:00.000+0000",
    "ALARM",
    "failover",
    "i-0c3",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), select(&TEXTS[..]).prop_map(str::to_owned)]
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![1 => any::<String>(), 4 => select(&KEYS[..]).prop_map(str::to_owned)]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key(), inner), 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// One change to an event: at some node, nothing or something else.
fn change() -> impl Strategy<Value = (Index, Option<Value>)> {
    (any::<Index>(), prop::option::of(any_json()))
}

/// The JSON pointers of all nodes below the root.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    let mut visit = |step: &str, child: &Value| {
        let pointer = format!("{at}/{}", step.replace('~', "~0").replace('/', "~1"));
        found.push(pointer.clone());
        pointers(child, &pointer, found);
    };
    match value {
        Value::Array(elements) => {
            elements
                .iter()
                .enumerate()
                .for_each(|(n, child)| visit(&n.to_string(), child));
        }
        Value::Object(fields) => fields.iter().for_each(|(key, child)| visit(key, child)),
        _ => {}
    }
}

fn apply(event: &mut Value, place: Index, replacement: Option<Value>) {
    let mut places = Vec::new();
    pointers(event, "", &mut places);
    let Some(pointer) = (!places.is_empty()).then(|| place.get(&places)) else {
        return;
    };
    if let Some(value) = replacement {
        *event.pointer_mut(pointer).unwrap() = value;
        return;
    }
    let (parent, step) = pointer.rsplit_once('/').unwrap();
    match event.pointer_mut(parent).unwrap() {
        Value::Array(elements) => drop(elements.remove(step.parse::<usize>().unwrap())),
        Value::Object(fields) => {
            fields.remove(&step.replace("~1", "/").replace("~0", "~"));
        }
        _ => unreachable!("a node with a child is a list or an object"),
    }
}

fn names_a_field<T>(outcome: Result<T, EventError>) -> bool {
    outcome
        .err()
        .is_none_or(|error| !error.field.is_empty() && !error.problem.is_empty())
}

#[test]
fn the_samples_that_are_torn_below_are_good_ones() {
    for event in one_of_each() {
        assert!(parse(&event).is_ok(), "{event}: {:?}", parse(&event));
    }
}

proptest! {
    #![proptest_config(random(1024))]

    #[test]
    fn no_json_at_all_makes_the_parser_panic(event in any_json()) {
        prop_assert!(names_a_field(parse(&event)));
        prop_assert!(names_a_field(from_lookup(&event.to_string())));
    }

    #[test]
    fn no_text_at_all_makes_the_lookup_panic(text in any::<String>()) {
        prop_assert!(names_a_field(from_lookup(&text)));
    }

    #[test]
    fn no_damage_to_a_good_event_makes_the_parser_panic(
        mut event in select(one_of_each()),
        changes in prop::collection::vec(change(), 1..4),
    ) {
        for (place, replacement) in changes {
            apply(&mut event, place, replacement);
        }
        prop_assert!(names_a_field(parse(&event)));
    }

    #[test]
    fn no_damage_below_the_error_code_makes_a_refused_call_a_deed(
        mut event in select(one_of_each()),
        code in any_json().prop_filter("null is no code", |code| !code.is_null()),
        changed in change(),
    ) {
        let (place, replacement) = changed;
        apply(&mut event, place, replacement);
        for at in ["", "/detail"] {
            if let Some(Value::Object(record)) = event.pointer_mut(at) {
                record.insert("errorCode".to_owned(), code.clone());
            }
        }
        prop_assert!(!matches!(parse(&event), Ok(Trigger::Call(_))));
    }
}
