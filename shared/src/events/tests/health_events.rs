//! Golden tests of what AWS Health tells: about which instances, and what of it is passed by.

use super::{ignored, wrong};
use crate::events::samples::bridge;
use crate::events::{HealthEvent, Trigger, parse};
use serde_json::{Value, json};

/// A retirement of one instance, told in its own region.
pub(super) fn retirement() -> Value {
    let detail = json!({
        "eventArn": "arn:aws:health:eu-west-1::event/EC2/AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED/1",
        "service": "EC2",
        "eventTypeCode": "AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED",
        "eventTypeCategory": "scheduledChange",
        "statusCode": "upcoming",
        "eventRegion": "eu-west-1",
        "affectedEntities": [{"entityValue": "i-0c3", "status": "IMPAIRED"}],
        "page": "1",
        "totalPages": "1",
        "affectedAccount": "111122223333"
    });
    bridge("AWS Health Event", "aws.health", detail)
}

fn told(event: &Value) -> HealthEvent {
    match parse(event) {
        Ok(Trigger::HealthEvent(told)) => told,
        other => panic!("expected what AWS Health tells, got {other:?}"),
    }
}

fn with(field: &str, value: Value) -> Value {
    let mut event = retirement();
    event["detail"][field] = value;
    event
}

fn names(event: &Value) -> Vec<String> {
    let instances = told(event).instances.into_iter();
    instances.map(|id| id.to_string()).collect()
}

#[test]
fn a_retirement_tells_of_whom_what_and_where() {
    let told = told(&retirement());
    assert_eq!(told.code, "AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED");
    assert_eq!(told.region.as_deref(), Some("eu-west-1"));
    assert_eq!(
        told.to_string(),
        "AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED of AWS Health, for i-0c3"
    );
}

#[test]
fn instances_are_named_as_entities_or_as_resources_by_id_or_by_arn() {
    let entities = json!([{"entityValue": "i-0c3"}, {"entityValue": "vol-1"}, {}, null]);
    let mut event = with("affectedEntities", entities);
    assert_eq!(names(&event), ["i-0c3"]);
    event["resources"] = json!([
        "arn:aws:ec2:eu-west-1:111122223333:instance/i-0d4",
        "i-0c3",
        "arn:aws:ec2:eu-west-1:111122223333:volume/vol-1",
        7
    ]);
    assert_eq!(names(&event), ["i-0c3", "i-0d4"]);
    assert!(told(&event).to_string().ends_with("for i-0c3 and 1 more"));
    event["detail"]["affectedEntities"] = Value::Null;
    assert_eq!(names(&event), ["i-0c3", "i-0d4"]);
}

#[test]
fn the_region_is_that_of_the_event_not_the_one_that_a_copy_was_delivered_to() {
    let mut copy = retirement();
    copy["region"] = json!("us-west-2");
    assert_eq!(told(&copy).region.as_deref(), Some("eu-west-1"));
    copy["detail"]["eventRegion"] = Value::Null;
    assert_eq!(told(&copy).region.as_deref(), Some("us-west-2"));
}

#[test]
fn a_status_or_a_code_that_is_not_known_is_a_sign_like_any_other() {
    for (field, word) in [
        ("statusCode", json!("open")),
        ("statusCode", json!("looming")),
        ("statusCode", Value::Null),
        ("eventTypeCode", json!("AWS_EC2_SOMETHING_NEW")),
        ("eventTypeCategory", json!("issue")),
        ("eventTypeCategory", json!("novelty")),
        ("service", Value::Null),
    ] {
        assert_eq!(
            names(&with(field, word.clone())),
            ["i-0c3"],
            "{field} {word}"
        );
    }
}

#[test]
fn what_is_over_of_another_service_or_of_no_instance_is_passed_by_with_its_reason() {
    for (field, value, why) in [
        ("statusCode", json!("closed"), "it is closed"),
        ("service", json!("RDS"), "it is about RDS"),
        (
            "eventTypeCategory",
            json!("accountNotification"),
            "a notification",
        ),
        (
            "affectedEntities",
            json!([{"entityValue": "AWS_ACCOUNT"}]),
            "names no instance",
        ),
    ] {
        let passed = ignored(&with(field, value));
        assert!(passed.why.contains(why), "{passed:?}");
        assert!(passed.what.contains("of AWS Health"), "{passed:?}");
    }
    let abuse = bridge("AWS Health Abuse Event", "aws.health", json!({}));
    assert_eq!(ignored(&abuse).what, "AWS Health Abuse Event");
}

#[test]
fn entities_that_are_none_are_an_error_that_names_the_field() {
    let (field, _) = wrong(&with("affectedEntities", json!("i-0c3")));
    assert_eq!(field, "detail.affectedEntities");
}
