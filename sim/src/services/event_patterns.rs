//! Whether an event fits a pattern of EventBridge. Source: EventBridge user guide, "Comparison operators". What is not
//! modelled (`numeric`, `cidr`, `wildcard`, `$or`) fits nothing.

use serde_json::Value;

/// Whether an event fits.
pub(super) fn fits(pattern: &Value, event: &Value) -> bool {
    let Some(members) = pattern.as_object() else {
        return false;
    };
    members.iter().all(|(name, wanted)| {
        let value = event.get(name);
        match wanted {
            Value::Array(any) => any.iter().any(|one| fits_one(one, value)),
            nested => value.is_some_and(|value| each(value).any(|value| fits(nested, value))),
        }
    })
}

/// A list stands for any of its items.
fn each(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::Array(items) => Box::new(items.iter()),
        one => Box::new(std::iter::once(one)),
    }
}

fn fits_one(wanted: &Value, value: Option<&Value>) -> bool {
    let Some((comparison, operand)) = wanted.as_object().and_then(|it| it.iter().next()) else {
        return value.is_some_and(|value| each(value).any(|value| value == wanted));
    };
    let texts = value.into_iter().flat_map(each).filter_map(Value::as_str);
    let operand_text = operand.as_str().unwrap_or_default();
    match comparison.as_str() {
        "exists" => value.is_some() == operand.as_bool().unwrap_or(true),
        "prefix" if operand.is_string() => texts.into_iter().any(|it| it.starts_with(operand_text)),
        "suffix" if operand.is_string() => texts.into_iter().any(|it| it.ends_with(operand_text)),
        "anything-but" if !operand.is_object() => {
            value.is_some_and(|value| each(value).any(|it| !each(operand).any(|not| not == it)))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_event_fits_by_all_members_and_any_of_their_values() {
        let event = json!({ "source": "lambda", "detail": { "outcome": "failed", "tags": ["a"] } });
        assert!(fits(&json!({ "source": ["x", "lambda"] }), &event));
        assert!(!fits(
            &json!({ "source": ["lambda"], "account": ["1"] }),
            &event
        ));
        assert!(fits(&json!({ "detail": { "tags": ["a"] } }), &event));
    }

    #[test]
    fn comparisons_are_made_and_what_is_not_modelled_fits_nothing() {
        let event = json!({ "outcome": "failed" });
        for (comparison, expected) in [
            (json!({ "exists": true }), true),
            (json!({ "exists": false }), false),
            (json!({ "prefix": "fail" }), true),
            (json!({ "suffix": "led" }), true),
            (json!({ "anything-but": "ignored" }), true),
            (json!({ "anything-but": ["failed", "ignored"] }), false),
            (json!({ "numeric": [">", 1] }), false),
        ] {
            let pattern = json!({ "outcome": [comparison] });
            assert_eq!(fits(&pattern, &event), expected, "{pattern}");
        }
        assert!(fits(&json!({ "error": [{ "exists": false }] }), &event));
    }
}
