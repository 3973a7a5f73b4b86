//! Lambda: whether a rule of EventBridge may call a function. Without that, EventBridge drops each event at the door, and
//! the function never knows.

use crate::aws::actions::GET_POLICY;
use crate::aws::{CloudError, Connection};
use aws_sdk_lambda::Client;
use holdfast::cloud::Missing;
use holdfast_aws::failure;
use serde_json::Value;

const EVENTBRIDGE: &str = "events.amazonaws.com";

/// What lets a caller call. Source: Lambda developer guide, "Resource-based policies".
const ACTIONS: [&str; 3] = ["lambda:InvokeFunction", "lambda:*", "*"];

impl Connection {
    /// Whether the policy of a function, or of its alias, lets a rule call it.
    ///
    /// # Errors
    /// AWS's answer to `lambda:GetPolicy`, but for a function without a policy: that lets nobody in.
    pub async fn lets_in(&self, function: &str, rule: &str) -> Result<bool, CloudError> {
        let client = Client::new(self.config());
        let asked = client.get_policy().function_name(function);
        let answer = asked.send().await;
        match answer.map_err(|error| failure::of(GET_POLICY, error)) {
            Ok(answer) => Ok(lets_in(answer.policy().unwrap_or_default(), rule)),
            Err(error) if error.is_missing(Missing::Other) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// What is not understood lets nobody in, and so is told.
fn lets_in(policy: &str, rule: &str) -> bool {
    let policy: Value = serde_json::from_str(policy).unwrap_or_default();
    let statements = listed(&policy["Statement"]);
    let of = |effect: &'static str| {
        let of = statements.iter().filter(move |it| it["Effect"] == effect);
        of.filter(|it| is_about(it))
    };
    // A condition of a denial is taken to hold.
    of("Allow").any(|it| conditions_hold(it, rule)) && of("Deny").next().is_none()
}

/// Whether a statement is about EventBridge that calls.
fn is_about(statement: &Value) -> bool {
    let actions = listed(&statement["Action"]);
    let principal = &statement["Principal"];
    let services = listed(&principal["Service"]);
    let is_it = services.iter().any(|it| *it == EVENTBRIDGE);
    let is_anybody = *principal == "*" || listed(&principal["AWS"]).iter().any(|it| *it == "*");
    let calls = |it: &&Value| ACTIONS.iter().any(|action| *it == action);
    (is_it || is_anybody) && actions.iter().any(calls)
}

fn conditions_hold(statement: &Value, rule: &str) -> bool {
    let account = rule.split(':').nth(4).unwrap_or_default();
    let Some(operators) = statement["Condition"].as_object() else {
        return true;
    };
    let keys = operators.iter().flat_map(|(operator, keys)| {
        let keys = keys.as_object().into_iter().flatten();
        keys.map(move |(key, values)| (operator, key, values))
    });
    keys.into_iter().all(|(operator, key, values)| {
        let has = match key.to_ascii_lowercase().as_str() {
            "aws:sourcearn" => rule,
            "aws:sourceaccount" => account,
            _ => return false,
        };
        let fits: fn(&str, &str) -> bool = match operator.as_str() {
            "ArnLike" | "ArnEquals" | "StringLike" => is_like,
            "StringEquals" => |pattern, text| pattern == text,
            _ => return false,
        };
        let mut patterns = listed(values).into_iter().filter_map(Value::as_str);
        patterns.any(|pattern| fits(pattern, has))
    })
}

/// IAM's patterns: `*` stands for any text.
fn is_like(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => text.strip_prefix(head).is_some_and(|rest| {
            let mut ends = (0..=rest.len()).filter(|end| rest.is_char_boundary(*end));
            ends.any(|end| is_like(tail, &rest[end..]))
        }),
    }
}

/// A policy has one, or a list of them.
fn listed(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values.iter().collect(),
        one => vec![one],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const RULE: &str = "arn:aws:events:us-east-1:111122223333:rule/released";

    fn allowed(change: impl FnOnce(&mut Value)) -> bool {
        let mut statement = json!({
            "Effect": "Allow",
            "Principal": { "Service": "events.amazonaws.com" },
            "Action": "lambda:InvokeFunction",
            "Condition": { "ArnLike": { "AWS:SourceArn": RULE } },
        });
        change(&mut statement);
        lets_in(&json!({ "Statement": [statement] }).to_string(), RULE)
    }

    #[test]
    fn a_rule_is_let_in_by_its_arn_a_pattern_its_account_or_without_a_condition() {
        assert!(allowed(|_| ()));
        assert!(allowed(|it| it["Condition"]["ArnLike"]["AWS:SourceArn"] =
            json!(["x", "arn:aws:events:*:111122223333:rule/*"])));
        assert!(allowed(
            |it| it["Condition"] =
                json!({ "StringEquals": { "AWS:SourceAccount": "111122223333" } })
        ));
        assert!(allowed(|it| it["Condition"] = Value::Null));
        assert!(allowed(|it| it["Action"] = json!(["lambda:*"])));
    }

    #[test]
    fn another_rule_another_service_another_call_and_what_nobody_understands_are_not() {
        let other = "arn:aws:events:us-east-1:111122223333:rule/other";
        assert!(!allowed(
            |it| it["Condition"]["ArnLike"]["AWS:SourceArn"] = other.into()
        ));
        assert!(!allowed(
            |it| it["Principal"]["Service"] = "sns.amazonaws.com".into()
        ));
        assert!(!allowed(|it| it["Action"] = "lambda:GetPolicy".into()));
        assert!(!allowed(
            |it| it["Condition"] = json!({ "Bool": { "aws:SecureTransport": "true" } })
        ));
        assert!(!allowed(|it| it["Effect"] = "Deny".into()));
        assert!(!lets_in("", RULE));
    }

    #[test]
    fn a_denial_goes_before_what_lets_in() {
        let statement = |effect: &str| json!({ "Effect": effect, "Principal": "*", "Action": "*" });
        let policy = json!({ "Statement": [statement("Allow"), statement("Deny")] });
        assert!(!lets_in(&policy.to_string(), RULE));
    }
}
