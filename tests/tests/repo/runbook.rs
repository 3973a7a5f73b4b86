//! The runbook has a section for everything that a person may be told: every outcome, every error, every
//! alarm; its table of costs is what the script works out, and what it says of redelivery works.

use holdfast::events::parse;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const RUNBOOK: &str = include_str!("../../../docs/RUNBOOK.md");
const REPORT: &str = include_str!("../../../shared/src/report.rs");
const TEMPLATE: &str = include_str!("../../../template.yaml");

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn has_section(title: &str) -> bool {
    RUNBOOK.lines().any(|line| line == format!("### {title}"))
}

/// The words of an enum whose variants are written in kebab case.
fn words_of(name: &str) -> Vec<String> {
    let body = REPORT.split_once(&format!("pub enum {name} {{")).unwrap().1;
    let body = body.split_once("\n}").unwrap().0;
    let variants = body.lines().map(str::trim);
    variants
        .filter_map(|line| line.strip_suffix(','))
        .map(kebab)
        .collect()
}

fn kebab(variant: &str) -> String {
    let mut word = String::new();
    for letter in variant.chars() {
        if letter.is_uppercase() && !word.is_empty() {
            word.push('-');
        }
        word.extend(letter.to_lowercase());
    }
    word
}

/// Every text that stands between `before` and a quotation mark.
fn quoted(source: &str, before: &str) -> BTreeSet<String> {
    let pieces = source.split(before).skip(1);
    pieces
        .filter_map(|piece| piece.split_once('"'))
        .map(|(name, _)| name.to_owned())
        .collect()
}

fn sources_under(folder: &Path, texts: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources_under(&path, texts);
        } else if path.extension().is_some_and(|it| it == "rs") {
            texts.push(fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_outcome_has_its_section() {
    let outcomes = words_of("Outcome");
    let first = serde_json::to_value(holdfast::report::Outcome::Reclaimed).unwrap();
    assert_eq!(json!(outcomes[0]), first, "the words are not the report's");
    assert!(outcomes.len() >= 29, "{outcomes:?}");
    for word in outcomes.iter().map(String::as_str).chain(["failed"]) {
        assert!(has_section(&format!("`{word}`")), "### `{word}` is missing");
    }
}

#[test]
fn every_error_has_its_section() {
    let mut sources = Vec::new();
    sources_under(&root().join("shared/src"), &mut sources);
    let names: BTreeSet<String> = sources
        .iter()
        .flat_map(|source| quoted(source, "\"Holdfast."))
        .collect();
    assert!(names.contains("EventUnreadable"), "{names:?}");
    for name in names {
        assert!(
            has_section(&format!("`Holdfast.{name}`")),
            "### `Holdfast.{name}` is missing"
        );
    }
}

#[test]
fn every_alarm_is_explained_where_its_description_says() {
    let names = quoted(TEMPLATE, "AlarmName: !Sub \"${AWS::StackName}-");
    assert!(names.contains("schedule-missed"), "{names:?}");
    for name in names {
        assert!(
            RUNBOOK.contains(&format!("`{name}`")),
            "{name} is not explained"
        );
    }
    for piece in TEMPLATE.split("docs/RUNBOOK.md, ").skip(1) {
        let words = piece.split_once(".\n").unwrap().0;
        let title = words[..1].to_uppercase() + &words[1..];
        assert!(has_section(&title), "### {title} is missing");
    }
}

/// In the queue is SNS's message alone, without the record that Lambda puts around it.
#[test]
fn an_alarm_that_sns_could_not_hand_on_is_read_in_the_wrapping_of_the_runbook() {
    const TOPIC: &str = include_str!("../../fixtures/events/alarm-topic.json");
    assert!(RUNBOOK.contains("jq '{Records: [{Sns: .}]}' body.json"));
    let delivered: Value = serde_json::from_str(TOPIC).unwrap();
    let body = &delivered["Records"][0]["Sns"];
    assert_eq!(body["Type"], "Notification");
    assert!(parse(body).is_err(), "as it is, it can be read");
    let wrapped = json!({ "Records": [{ "Sns": body }] });
    assert_eq!(parse(&wrapped).unwrap(), parse(&delivered).unwrap());
}

#[test]
fn the_costs_are_those_that_the_script_works_out() {
    let output = Command::new("python3")
        .arg(root().join("tools/cost"))
        .output()
        .unwrap();
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.lines().count() > 5, "{table}");
    assert!(RUNBOOK.contains(&table), "put this in:\n{table}");
}
