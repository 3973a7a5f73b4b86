//! Every setting of a world, and every doubt, has a knob over HTTP. The fields are read from the source, so that a new one
//! fails here until it has one.

use super::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A knob for each setting, turned away from its default.
fn knobs() -> BTreeMap<&'static str, Value> {
    let answer = |name: &str, value: Value| json!({ "answers": { name: value } });
    BTreeMap::from([
        ("address_quota", json!({ "address_quota": 7 })),
        (
            "gives_another_address",
            answer("gives_another_address", json!(true)),
        ),
        (
            "allocation_usable_after",
            json!({ "allocation_usable_after_seconds": 7 }),
        ),
        (
            "released_unavailable_for",
            json!({ "released_unavailable_for_seconds": 7 }),
        ),
        (
            "released_taken_after",
            json!({ "released_taken_after_seconds": 7 }),
        ),
        ("taken_answer", json!({ "taken_answer": "auth-failure" })),
        (
            "instance_starts_after",
            json!({ "instance_starts_after_seconds": 7 }),
        ),
        (
            "instance_stops_after",
            json!({ "instance_stops_after_seconds": 7 }),
        ),
        (
            "instance_stops_unasked_after",
            json!({ "instance_stops_unasked_after_seconds": 7 }),
        ),
        (
            "instance_terminates_after",
            json!({ "instance_terminates_after_seconds": 7 }),
        ),
        (
            "status_checks_pass_after",
            json!({ "status_checks_pass_after_seconds": 7 }),
        ),
        ("attach_delay", json!({ "attach_delay_milliseconds": 7 })),
        ("detach_delay", json!({ "detach_delay_milliseconds": 7 })),
        (
            "forced_detach_delay",
            json!({ "forced_detach_delay_milliseconds": 7 }),
        ),
        (
            "forced_detach_blocks_slot",
            answer("forced_detach_blocks_slot", json!(true)),
        ),
        (
            "refuses_to_detach",
            answer("refuses_to_detach", json!(true)),
        ),
        (
            "status_alarm_delay",
            json!({ "status_alarm_delay_milliseconds": 7 }),
        ),
        (
            "reverse_dns_published_after",
            json!({ "reverse_dns_published_after_seconds": 7 }),
        ),
        (
            "reverse_dns_lock_lingers",
            json!({ "reverse_dns_lock_lingers_seconds": 7 }),
        ),
        (
            "forward_records",
            answer("forward_records", json!(["mail.example.com"])),
        ),
        (
            "tag_policy",
            answer("tag_policy", json!({ "key": "team", "allowed_values": [] })),
        ),
        (
            "released_taken_share",
            json!({ "released_taken_share": { "per_million": 7, "seed": 1 } }),
        ),
        ("looked_up_after", json!({ "looked_up_after_seconds": 7 })),
        ("images", json!({ "images": ["ami-00000000000000001"] })),
        (
            "unknown_alarm_types",
            json!({ "unknown_alarm_types": ["LogAlarm"] }),
        ),
        ("doubts", answer("ended_association", json!("done"))),
    ])
}

/// A knob for each doubt, turned to its other side.
fn doubts() -> BTreeMap<&'static str, Value> {
    let answer = |name: &str, value: &str| json!({ "answers": { name: value } });
    BTreeMap::from([
        ("ended_association", answer("ended_association", "done")),
        (
            "detaching_interface",
            answer("detaching_interface", "in-use"),
        ),
        ("occupied_target", answer("occupied_target", "refuses")),
        (
            "taken_interface",
            answer("taken_interface", "invalid-parameter-value"),
        ),
    ])
}

/// The public fields of a struct, by its source.
fn fields(source: &str, name: &str) -> BTreeSet<String> {
    let (_, body) = source
        .split_once(&format!("pub struct {name} {{\n"))
        .expect("the struct is there");
    let (body, _) = body.split_once("\n}").expect("it ends");
    let named = body.lines().filter_map(|line| {
        let (field, _) = line.strip_prefix("    pub ")?.split_once(':')?;
        Some(field.to_owned())
    });
    named.collect()
}

/// What each field shows, from a value's pretty `Debug`.
fn shown(debug: &str) -> BTreeMap<String, String> {
    let mut shown: BTreeMap<String, String> = BTreeMap::new();
    let mut current = String::new();
    for line in debug.lines().filter(|line| line.starts_with("    ")) {
        if let Some((field, _)) = line[4..].split_once(": ")
            && !line[4..].starts_with(' ')
        {
            field.clone_into(&mut current);
        }
        shown.entry(current.clone()).or_default().push_str(line);
    }
    shown
}

fn changed(before: &str, after: &str) -> BTreeSet<String> {
    let (before, after) = (shown(before), shown(after));
    let differs = |(field, value): (&String, &String)| {
        (before.get(field) != Some(value)).then(|| field.clone())
    };
    after.iter().filter_map(differs).collect()
}

fn turned(knob: &Value) -> Settings {
    let controls = Controls::deserialize(knob).expect("the knob is known");
    let mut settings = Settings::default();
    controls.set(&mut settings);
    settings
}

#[test]
fn every_setting_has_a_knob_that_changes_it_and_no_other() {
    let settings = fields(include_str!("../../settings.rs"), "Settings");
    let known: BTreeSet<String> = knobs().into_keys().map(str::to_owned).collect();
    assert_eq!(settings, known);
    let before = format!("{:#?}", Settings::default());
    for (field, knob) in knobs() {
        let after = format!("{:#?}", turned(&knob));
        assert_eq!(changed(&before, &after), BTreeSet::from([field.to_owned()]));
    }
}

#[test]
fn every_doubt_has_a_knob_that_changes_it_and_no_other() {
    let settings = fields(include_str!("../../doubts.rs"), "Doubts");
    let known: BTreeSet<String> = doubts().into_keys().map(str::to_owned).collect();
    assert_eq!(settings, known);
    let before = format!("{:#?}", Settings::default().doubts);
    for (field, knob) in doubts() {
        let after = format!("{:#?}", turned(&knob).doubts);
        assert_eq!(changed(&before, &after), BTreeSet::from([field.to_owned()]));
    }
}

#[test]
fn the_help_names_every_knob() {
    let named = |name: &str| super::super::control::HELP.contains(&format!("\"{name}\""));
    for knob in knobs().into_values().chain(doubts().into_values()) {
        for (name, value) in knob.as_object().expect("it is one knob") {
            assert!(named(name), "{name}");
            let inner = value.as_object().filter(|_| name == "answers");
            for name in inner.into_iter().flat_map(serde_json::Map::keys) {
                assert!(named(name), "{name}");
            }
        }
    }
}
