//! A look that was cut off, edited, or made by another version: what is wrong is named by its field. A call that it has
//! no answer for is named, and nobody decides on it.

use crate::{alarm, release};
use holdfast::events::parse;
use holdfast::report::Outcome;
use holdfast_look::answer::Answer;
use holdfast_look::{BadLook, Entry, Look, Unanswered};
use serde_json::{Value, json};
use std::path::Path;

fn document() -> Value {
    let (_, look) = alarm().ended();
    serde_json::from_str(&look.text()).unwrap()
}

fn said(document: &Value) -> String {
    Look::of(document).unwrap_err().to_string()
}

#[test]
fn a_file_that_was_written_is_read_as_it_was() {
    let (_, look) = release().ended();
    assert_eq!(Look::read(&look.text()), Ok(look));
}

#[test]
fn a_file_that_is_cut_off_anywhere_says_so() {
    let (_, look) = release().ended();
    let text = look.text();
    for end in (1..text.trim_end().len()).step_by(997) {
        let cut = text.get(..end).expect("a look is of ASCII letters");
        let error = Look::read(cut).unwrap_err();
        assert!(matches!(error, BadLook::Truncated { .. }), "{end}: {error}");
    }
}

#[test]
fn a_look_of_another_form_names_both_forms() {
    let mut document = document();
    document["look"] = json!(2);
    let said = said(&document);
    assert!(said.contains("`look`") && said.contains("form 2") && said.contains("form 1"));
}

#[test]
fn whatever_field_is_spoilt_is_named() {
    let spoilt = [
        ("/settings/mode", json!("perhaps"), "settings.mode"),
        ("/runs/0/began_at", json!("now"), "runs[0].began_at"),
        ("/runs/0/function", json!("nobody"), "runs[0].function"),
        (
            "/runs/0/calls/0/call",
            json!("no_such_call"),
            "runs[0].calls[0].call",
        ),
        ("/runs/0/calls/0/at", Value::Null, "runs[0].calls[0]"),
        ("/runs/0/calls/0/anser", json!([]), "runs[0].calls[0].anser"),
    ];
    for (pointer, value, field) in spoilt {
        let mut document = document();
        let (of, name) = pointer.rsplit_once('/').unwrap();
        document.pointer_mut(of).unwrap()[name] = value;
        let said = said(&document);
        assert!(said.contains(&format!("`{field}`")), "{pointer}: {said}");
    }
}

#[test]
fn an_answer_that_is_spoilt_is_named_with_its_place() {
    let mut document = document();
    let calls = document["runs"][0]["calls"].as_array_mut().unwrap();
    let is_read = |call: &Value| call["call"] == "instances" && call["answer"][0].is_object();
    let place = calls.iter().position(is_read).expect("instances are read");
    calls[place]["answer"][0]["state"] = json!("asleep");
    let said = said(&document);
    let field = format!("`runs[0].calls[{place}].answer[0].state`");
    assert!(said.contains(&field), "{said}");
}

/// Each call in its turn is taken out of the look.
#[test]
fn a_call_without_an_answer_is_named_and_nothing_is_decided() {
    let (_, look) = alarm().ended();
    let trigger = parse(&look.event).unwrap();
    let mut named = 0;
    for place in 0..look.runs[0].calls.len() {
        let mut run = look.runs[0].clone();
        let gone = run.calls.remove(place);
        match run.replayed(&look.settings, &trigger) {
            Err(Unanswered::NoAnswer { call }) => {
                assert!(call.starts_with(&gone.call), "{call}: {gone:?}");
                named += 1;
            }
            // A sleep takes as long as it says.
            _ if gone.call == "sleep" => {}
            other => panic!("without {gone:?} it ends with {other:?}"),
        }
    }
    assert!(named > 8, "{named} calls");
}

#[test]
fn a_run_that_was_given_up_half_way_says_what_it_waits_for() {
    let (_, look) = alarm().ended();
    let trigger = parse(&look.event).unwrap();
    let mut run = look.runs[0].clone();
    let waits = |entry: &&mut Entry| entry.call.starts_with("put_");
    let last = run.calls.iter_mut().rfind(waits).expect("rows are written");
    (last.at, last.answer, last.refusal) = (None, None, None);
    let (call, end) = (last.call.clone(), run.replayed(&look.settings, &trigger));
    let Err(Unanswered::CutShort { waits }) = end else {
        panic!("{end:?}");
    };
    assert!(waits.starts_with(&call), "{waits}");
}

#[test]
fn nothing_is_no_interface_and_no_answer_is_nothing() {
    let none = Option::<holdfast::model::interface::Interface>::None;
    assert_eq!(none.written(), Value::Null);
    let entry = json!({ "call": "interface", "asked": ["eni-1"], "at": "2026-11-27T13:00:00Z", "answer": null });
    let entry: Entry = serde_json::from_value(entry).unwrap();
    assert_eq!(entry.answer, Some(Value::Null));
}

/// A look that was made before looks had each function's own mode and settings.
fn older() -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/looks");
    let text = std::fs::read_to_string(folder.join("release-without-modes.json"));
    serde_json::from_str(&text.unwrap()).unwrap()
}

#[test]
fn a_look_from_before_the_functions_own_modes_is_read_and_decided_as_it_was() {
    let look = Look::of(&older()).unwrap();
    assert_eq!(look.runs[0].mode, None);
    assert_eq!(look.runs[0].settings, None);
    assert!(look.bad_settings.is_empty());
    let trigger = parse(&look.event).unwrap();
    let end = look.runs[0].replayed(&look.settings, &trigger);
    assert_eq!(end.unwrap().unwrap().outcome, Outcome::Reclaimed);
}

/// A setting that came later counts as its default. What every version has is not made up.
#[test]
fn a_setting_that_an_older_version_did_not_have_is_its_default() {
    const ALWAYS_THERE: [&str; 4] = ["table", "mode", "tags", "region"];
    let whole = Look::of(&older()).unwrap();
    let fields = older()["settings"].as_object().unwrap().clone();
    for (field, _) in &fields {
        let mut document = older();
        let settings = document["settings"].as_object_mut().unwrap();
        settings.remove(field);
        let read = Look::of(&document);
        if ALWAYS_THERE.contains(&field.as_str()) {
            assert!(read.is_err(), "{field}");
        } else {
            let read = read.unwrap_or_else(|bad| panic!("{field}: {bad}"));
            assert_eq!(read.settings.table, whole.settings.table);
        }
    }
    assert!(fields.len() > 20, "{fields:?}");
}
