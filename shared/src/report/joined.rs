//! A whole report out of its parts: what a reader does who finds one in the log.

use super::parts::{Part, escaped};
use serde_json::Value;
use std::collections::BTreeMap;

/// The whole report, from its parts in their order; none where one is missing between them.
#[must_use]
pub fn joined(parts: &[Part]) -> Option<Value> {
    let mut whole = Value::Null;
    for part in parts {
        join(&mut whole, &part.report, "", &part.begin)?;
    }
    Some(whole)
}

fn join(
    whole: &mut Value,
    part: &Value,
    pointer: &str,
    begin: &BTreeMap<String, usize>,
) -> Option<()> {
    let first = begin.get(pointer).copied().unwrap_or_default();
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            for (name, member) in part {
                let pointer = format!("{pointer}/{}", escaped(name));
                let own = whole.entry(name.clone()).or_insert(Value::Null);
                join(own, member, &pointer, begin)?;
            }
        }
        (Value::Array(whole), Value::Array(part)) => {
            for (place, each) in part.iter().enumerate() {
                let index = first + place;
                if whole.len() == index {
                    whole.push(Value::Null);
                }
                let pointer = format!("{pointer}/{index}");
                join(whole.get_mut(index)?, each, &pointer, begin)?;
            }
        }
        (Value::String(whole), Value::String(part)) if first > 0 => {
            if whole.chars().count() != first {
                return None;
            }
            whole.push_str(part);
        }
        // A list or a text that begins in the middle: the part before is missing.
        (Value::Null, Value::Array(_) | Value::String(_)) if first > 0 => return None,
        (whole, part) => whole.clone_from(part),
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::parts;
    use serde_json::json;

    #[test]
    fn a_report_of_which_a_part_is_missing_is_not_told_as_whole() {
        let entry = |number: usize| json!({ "number": number, "text": "x".repeat(400) });
        let report = json!({ "moves": (0..2_000).map(entry).collect::<Vec<_>>() });
        let mut parts = parts(&report);
        assert!(parts.len() > 2, "{}", parts.len());
        assert_eq!(joined(&parts), Some(report));
        parts.remove(1);
        assert_eq!(joined(&parts), None);
    }
}
