//! CloudTrail's history of one allocation: what is asked, and in which order the answers are told.

use super::Wire;
use holdfast::cloud::{CloudError, ReadEventHistory};
use holdfast::model::cloudtrail::Record;
use serde_json::{Value, json};

/// An event of the trail, whose id tells it from others.
fn event(id: &str, at: &str) -> Value {
    let record = json!({
        "eventID": id,
        "eventSource": "ec2.amazonaws.com",
        "eventName": "ReleaseAddress",
        "eventTime": at,
        "awsRegion": "eu-central-1",
        "userIdentity": { "type": "IAMUser" },
        "requestParameters": { "allocationId": "eipalloc-1" },
        "responseElements": { "_return": true },
    });
    json!({ "EventId": id, "CloudTrailEvent": record.to_string() })
}

fn page(events: &[Value], next: &Value) -> String {
    json!({ "Events": events, "NextToken": next }).to_string()
}

async fn history(wire: &Wire) -> Result<Vec<Record>, CloudError> {
    let allocation = "eipalloc-1".parse().unwrap();
    wire.cloud().event_history(&allocation).await
}

fn told(history: &[Record]) -> Vec<&str> {
    history
        .iter()
        .map(|record| record.call.event_id.as_str())
        .collect()
}

#[tokio::test]
async fn calls_of_one_second_are_told_in_the_order_in_which_they_came() {
    let events = [
        event("third", "2026-03-01T12:00:01Z"),
        event("second", "2026-03-01T12:00:00Z"),
        event("first", "2026-03-01T12:00:00Z"),
    ];
    let wire = Wire::answering([page(&events, &Value::Null)]);
    assert_eq!(
        told(&history(&wire).await.unwrap()),
        ["first", "second", "third"]
    );
}

#[tokio::test]
async fn calls_are_told_by_their_time_though_cloudtrail_shows_them_late() {
    let events = [
        event("early", "2026-03-01T11:00:00Z"),
        event("late", "2026-03-01T13:00:00Z"),
    ];
    let wire = Wire::answering([page(&events, &Value::Null)]);
    assert_eq!(told(&history(&wire).await.unwrap()), ["early", "late"]);
}

#[tokio::test]
async fn the_trail_is_asked_by_resource_fifty_at_a_time_and_for_nothing_else() {
    let one = |id| [event(id, "2026-03-01T12:00:00Z")];
    let wire = Wire::answering([
        page(&one("second"), &json!("more")),
        page(&one("first"), &Value::Null),
    ]);
    assert_eq!(told(&history(&wire).await.unwrap()), ["first", "second"]);
    let asked = wire.requests();
    let asked: Vec<Value> = asked
        .iter()
        .map(|sent| serde_json::from_str(sent).unwrap())
        .collect();
    let by_name = json!([{ "AttributeKey": "ResourceName", "AttributeValue": "eipalloc-1" }]);
    assert_eq!(
        asked,
        [
            json!({ "LookupAttributes": by_name, "MaxResults": 50 }),
            json!({ "LookupAttributes": by_name, "MaxResults": 50, "NextToken": "more" }),
        ]
    );
}

#[tokio::test]
async fn an_empty_token_is_the_end_of_the_history() {
    let events = [event("only", "2026-03-01T12:00:00Z")];
    let wire = Wire::answering([page(&events, &json!(""))]);
    assert_eq!(told(&history(&wire).await.unwrap()), ["only"]);
    assert_eq!(wire.requests().len(), 1);
}

#[tokio::test]
async fn an_event_without_its_record_is_left_out() {
    let bare = json!({ "EventId": "bare", "EventName": "ReleaseAddress" });
    let events = [bare, event("only", "2026-03-01T12:00:00Z")];
    let wire = Wire::answering([page(&events, &Value::Null)]);
    assert_eq!(told(&history(&wire).await.unwrap()), ["only"]);
}

#[tokio::test]
async fn a_history_that_breaks_off_is_an_error_and_no_short_history() {
    let events = [event("second", "2026-03-01T12:00:00Z")];
    let throttled = r#"{"__type":"a.b#ThrottlingException","message":"slow down"}"#;
    let wire = Wire::with([
        (200, page(&events, &json!("more"))),
        (400, throttled.to_owned()),
    ]);
    let refusal = history(&wire).await.unwrap_err();
    assert_eq!(refusal.name(), "Throttled");
    assert_eq!(
        refusal.to_string(),
        "cloudtrail:LookupEvents: ThrottlingException: slow down (request request-1)"
    );
}
