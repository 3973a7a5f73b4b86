//! The event as it arrives: JSON or not.

use crate::event::{EventError, Trigger, parse};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// What Lambda delivered. Reading it never fails, so that an event that is no JSON gets our words and
/// our error name, and not those of the Lambda runtime.
#[derive(Debug)]
pub(super) struct Payload(Result<Value, String>);

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(
            Value::deserialize(deserializer).map_err(|error| error.to_string()),
        ))
    }
}

impl Payload {
    pub(super) fn trigger(&self) -> Result<Trigger, EventError> {
        match &self.0 {
            Ok(event) => parse(event),
            Err(problem) => Err(EventError {
                field: EventError::WHOLE.to_owned(),
                problem: format!("the event is not JSON: {problem}"),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem_of(payload: &str) -> String {
        let payload: Payload = serde_json::from_str(payload)
            .unwrap_or_else(|error| Payload(Err(format!("trailing text: {error}"))));
        payload.trigger().unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_json_is_named_so() {
        for payload in ["", "null and void", "{\"detail\":", "\u{7f}"] {
            let problem = problem_of(payload);
            assert!(
                problem.contains("the event is not JSON: "),
                "{payload}: {problem}"
            );
        }
    }

    #[test]
    fn json_that_is_no_event_is_refused_by_field() {
        assert!(problem_of("[]").contains("(the whole event)"));
        assert!(problem_of("{}").contains("detail-type"));
    }
}
