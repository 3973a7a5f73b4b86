//! The event as it arrives: JSON or not.

use holdfast::events::{EventError, Trigger, parse, parse_of_account, subject_of};
use holdfast::model::ids::AccountId;
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

/// Where an event carries its own id: a CloudTrail record's, which its reports have too, before that of
/// the envelope it came in.
const IDS: [&str; 4] = [
    "/detail/eventID",
    "/eventID",
    "/id",
    "/Records/0/Sns/MessageId",
];

impl Payload {
    /// The event's id, where it has one.
    pub(super) fn id(&self) -> Option<&str> {
        self.first_of(&IDS)
    }

    /// What it is about, as far as it says so itself.
    pub(super) fn subject(&self) -> Option<&str> {
        subject_of(self.0.as_ref().ok()?)
    }

    fn first_of(&self, places: &[&str]) -> Option<&str> {
        let event = self.0.as_ref().ok()?;
        places
            .iter()
            .find_map(|place| event.pointer(place)?.as_str())
    }

    /// What the event means to the function of the account `own`. Where that is not known, nothing tells an event of
    /// another account from our own.
    pub(super) fn trigger(&self, own: Option<&AccountId>) -> Result<Trigger, EventError> {
        match (&self.0, own) {
            (Ok(event), Some(own)) => parse_of_account(event, own),
            (Ok(event), None) => parse(event),
            (Err(problem), _) => Err(EventError {
                field: EventError::WHOLE.to_owned(),
                problem: format!("the event is not JSON: {problem}"),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn problem_of(payload: &str) -> String {
        let payload: Payload = serde_json::from_str(payload)
            .unwrap_or_else(|error| Payload(Err(format!("trailing text: {error}"))));
        payload.trigger(None).unwrap_err().to_string()
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

    fn payload(event: &Value) -> Payload {
        serde_json::from_value(event.clone()).unwrap()
    }

    #[test]
    fn a_record_is_known_by_its_own_id_whatever_it_came_in() {
        let record =
            json!({"eventID": "record", "requestParameters": {"allocationId": "eipalloc-1"}});
        let enveloped = json!({"id": "envelope", "detail": record});
        for event in [&record, &enveloped] {
            assert_eq!(payload(event).id(), Some("record"));
            assert_eq!(payload(event).subject(), Some("eipalloc-1"));
        }
    }

    #[test]
    fn an_event_without_a_record_is_known_by_its_envelope() {
        let event = json!({"id": "envelope", "detail": {"instance-id": "i-1"}});
        assert_eq!(payload(&event).id(), Some("envelope"));
        assert_eq!(payload(&event).subject(), Some("i-1"));
    }

    #[test]
    fn what_says_nothing_of_itself_has_no_id_and_no_subject() {
        for event in [json!([]), json!({"id": 1, "detail": null}), json!(null)] {
            assert_eq!(
                (payload(&event).id(), payload(&event).subject()),
                (None, None)
            );
        }
    }

    #[test]
    fn an_event_of_another_account_is_ignored_where_our_own_is_known() {
        let event = json!({
            "account": "444455556666",
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "time": "2026-01-31T12:00:00Z",
        });
        let own = AccountId::in_arn("arn:aws:lambda:eu-west-1:111122223333:function:guard");
        assert!(own.is_some());
        let read = |own: Option<&AccountId>| payload(&event).trigger(own).unwrap();
        assert!(matches!(read(own.as_ref()), Trigger::Ignored(_)));
        assert!(matches!(read(None), Trigger::Schedule { .. }));
    }

    #[test]
    fn json_that_is_no_event_is_refused_by_field() {
        assert!(problem_of("[]").contains("(the whole event)"));
        assert!(problem_of("{}").contains("detail-type"));
    }
}
