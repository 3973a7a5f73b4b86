//! Holds a document to the schema of its command in `cli/schema`: as much of JSON Schema as those files use. A word that
//! is not known here fails, and so does a field that the schema does not name.

use serde_json::{Map, Value};
use std::path::Path;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The document is as the schema of its command says.
#[track_caller]
pub(crate) fn holds(document: &Value) {
    let command = document["command"]
        .as_str()
        .expect("it says which command it is of");
    is_as_in(command, document);
}

/// The document is as `cli/schema/<name>.schema.json` says.
#[track_caller]
pub(crate) fn is_as_in(name: &str, document: &Value) {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../cli/schema/{name}.schema.json"));
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let schema: Value = serde_json::from_str(&text).unwrap();
    let mut wrong = Vec::new();
    check(&schema, &schema, document, "", &mut wrong);
    assert!(wrong.is_empty(), "{name}: {wrong:#?}\n{document:#}");
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
    let words: &Map<String, Value> = schema.as_object().expect("a schema is an object");
    for (word, rule) in words {
        let is_kept = match word.as_str() {
            "$schema" | "title" | "description" | "$defs" | "additionalProperties" => true,
            "$ref" => {
                let pointer = rule.as_str().unwrap().trim_start_matches('#');
                let meant = root.pointer(pointer).unwrap_or_else(|| panic!("{rule}"));
                check(root, meant, value, at, wrong);
                true
            }
            "const" => rule == value,
            "enum" => rule.as_array().unwrap().contains(value),
            "type" => is_of(rule, value),
            "format" => value.is_null() || is_moment(value),
            "minimum" => value.is_null() || value.as_u64() >= rule.as_u64(),
            "anyOf" => rule.as_array().unwrap().iter().any(|each| {
                let mut own = Vec::new();
                check(root, each, value, at, &mut own);
                own.is_empty()
            }),
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, rule, item, &format!("{at}/{index}"), wrong);
                }
                true
            }
            "required" => {
                let names = rule.as_array().unwrap().iter().filter_map(Value::as_str);
                let missing: Vec<&str> = names.filter(|name| value.get(name).is_none()).collect();
                !value.is_object() || missing.is_empty()
            }
            "properties" => {
                let is_open = words.get("additionalProperties") == Some(&Value::Bool(true));
                fields(root, (rule, is_open), value, at, wrong);
                true
            }
            other => panic!("the schema has the word `{other}`, which is not checked"),
        };
        if !is_kept {
            wrong.push(format!("{at}: {word} {rule}, and it is {value}"));
        }
    }
}

fn fields(
    root: &Value,
    (rules, is_open): (&Value, bool),
    value: &Value,
    at: &str,
    wrong: &mut Vec<String>,
) {
    for (name, field) in value.as_object().into_iter().flatten() {
        let at = format!("{at}/{name}");
        match rules.get(name) {
            Some(rule) => check(root, rule, field, &at, wrong),
            None if is_open => {}
            None => wrong.push(format!("{at}: the schema does not name it")),
        }
    }
}

fn is_of(kinds: &Value, value: &Value) -> bool {
    let is = |kind: &Value| match kind.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("number") => value.is_number(),
        Some("integer") => value.is_u64() || value.is_i64(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        other => panic!("the schema has the type {other:?}"),
    };
    match kinds {
        Value::Array(kinds) => kinds.iter().any(is),
        kind => is(kind),
    }
}

fn is_moment(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    OffsetDateTime::parse(text, &Rfc3339).is_ok()
}

#[test]
#[should_panic(expected = "the schema does not name it")]
fn a_field_that_no_schema_names_is_noticed() {
    let document =
        serde_json::json!({ "version": 1, "command": "report", "reports": [], "more": 1 });
    holds(&document);
}

#[test]
#[should_panic(expected = "required")]
fn a_field_that_is_missing_is_noticed() {
    holds(&serde_json::json!({ "version": 1, "command": "report" }));
}
