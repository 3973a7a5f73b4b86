//! The shapes in which events come, the refused calls, and the events that are passed by.

use super::{ignored, record, wrong};
use crate::events::samples::{Sample, bridge, call, release};
use crate::events::{Trigger, from_lookup, parse};
use serde_json::{Value, json};
use time::macros::datetime;

#[test]
fn a_record_reads_the_same_bare_and_in_an_envelope() {
    assert_eq!(record(&release().bare()), record(&release().in_envelope()));
}

#[test]
fn a_call_tells_when_where_and_by_whom() {
    let call = record(&release().in_envelope()).call;
    assert_eq!(call.event_id, "event-1");
    assert_eq!(call.name, "ReleaseAddress");
    assert_eq!(call.at, datetime!(2026-01-31 12:00 UTC));
    assert_eq!(call.region, "eu-west-1");
    assert_eq!(call.account.as_deref(), Some("111122223333"));
    assert_eq!(call.request_id.as_deref(), Some("request-1"));
    assert_eq!(call.actor.kind.as_deref(), Some("AssumedRole"));
    assert_eq!(
        call.actor.role_arn.as_deref(),
        Some("arn:aws:iam::111122223333:role/deploy")
    );
    assert_eq!(call.actor.source.as_deref(), Some("198.51.100.7"));
    assert_eq!(call.actor.access_key.as_deref(), Some("ASIAEXAMPLE"));
}

#[test]
fn a_call_by_a_service_tells_which() {
    let identity = json!({"type": "AWSService", "invokedBy": "autoscaling.amazonaws.com"});
    let actor = record(&release().with("userIdentity", identity).bare())
        .call
        .actor;
    assert_eq!(
        actor.invoked_by.as_deref(),
        Some("autoscaling.amazonaws.com")
    );
    assert_eq!(actor.arn, None);
}

#[test]
fn a_record_without_its_audit_fields_is_still_a_release() {
    let sample = [
        "userAgent",
        "sourceIPAddress",
        "userIdentity",
        "requestID",
        "recipientAccountId",
    ]
    .into_iter()
    .fold(release(), Sample::without);
    let bare = record(&sample.without("responseElements").bare());
    assert_eq!(bare.change, record(&release().bare()).change);
    assert_eq!(bare.call.actor, crate::model::cloudtrail::Actor::default());
}

#[test]
fn an_empty_session_issuer_as_root_has_it_is_fine() {
    let identity = json!({"type": "Root", "sessionContext": {"sessionIssuer": {}}});
    assert_eq!(
        record(&release().with("userIdentity", identity).bare())
            .call
            .actor
            .role_arn,
        None
    );
}

#[test]
fn a_record_delivered_again_keeps_its_first_id() {
    let addendum = json!({"reason": "DELIVERY_DELAY", "originalEventID": "event-0"});
    let again = record(&release().with("addendum", addendum).bare());
    assert_eq!(again.call.event_id, "event-0");
}

#[test]
fn a_refused_release_is_ignored_with_its_code() {
    let refused = ignored(
        &release()
            .refused("Client.UnauthorizedOperation")
            .in_envelope(),
    );
    assert_eq!(refused.what, "ReleaseAddress that EC2 refused");
    assert_eq!(
        refused.why,
        "EC2 refused it (Client.UnauthorizedOperation): nothing was released"
    );
}

#[test]
fn a_dry_run_is_ignored_and_said_to_be_one() {
    let dry = ignored(&release().refused("Client.DryRunOperation").in_envelope());
    assert_eq!(dry.what, "ReleaseAddress as a dry run");
    assert_eq!(
        dry.why,
        "it only asked whether it would be allowed (Client.DryRunOperation): nothing was released"
    );
}

#[test]
fn any_error_code_at_all_means_that_nothing_happened() {
    for code in [
        json!("AccessDenied"),
        json!(""),
        json!(17),
        json!({"a": []}),
        json!(false),
    ] {
        let refused = ignored(&release().with("errorCode", code.clone()).bare());
        assert!(
            refused.why.contains("nothing was released"),
            "{code}: {refused:?}"
        );
    }
}

#[test]
fn no_error_code_may_be_written_as_null() {
    record(&release().with("errorCode", Value::Null).bare());
}

#[test]
fn a_call_of_another_service_is_ignored() {
    let sample = call("ReleaseAddress").with("eventSource", json!("lightsail.amazonaws.com"));
    let other = ignored(&sample.in_envelope());
    assert_eq!(other.what, "ReleaseAddress of lightsail.amazonaws.com");
    assert_eq!(other.why, "it is not an EC2 call");
}

#[test]
fn a_call_on_something_else_than_addresses_is_ignored_whatever_else_it_holds() {
    let sample = call("RunInstances").with("eventTime", json!("yesterday"));
    assert_eq!(ignored(&sample.bare()).what, "RunInstances");
}

#[test]
fn the_schedule_fires_from_a_rule_and_from_the_scheduler() {
    let at = datetime!(2026-01-31 12:00:05 UTC);
    let rule = bridge("Scheduled Event", "aws.events", json!({}));
    let scheduler = bridge("Scheduled Event", "aws.scheduler", json!("{}"));
    assert_eq!(parse(&rule), Ok(Trigger::Schedule { at }));
    assert_eq!(parse(&scheduler), Ok(Trigger::Schedule { at }));
}

#[test]
fn a_schedule_that_comes_from_anything_else_names_its_source() {
    let (field, problem) = wrong(&bridge("Scheduled Event", "my.app", json!({})));
    assert_eq!(field, "source");
    assert!(
        problem.contains("`aws.events` or `aws.scheduler`"),
        "{problem}"
    );
}

#[test]
fn auto_scaling_events_are_ignored_even_with_a_time_that_is_none() {
    let mut event = bridge(
        "EC2 Instance Launch Successful",
        "aws.autoscaling",
        json!({}),
    );
    event["time"] = json!("yyyy-mm-ddThh:mm:ssZ");
    assert_eq!(ignored(&event).what, "EC2 Instance Launch Successful");
}

#[test]
fn what_is_no_event_at_all_says_what_was_expected() {
    let (field, problem) = wrong(&json!({"hello": "world"}));
    assert_eq!(field, "detail-type");
    assert!(
        problem.starts_with("missing: expected an EventBridge event"),
        "{problem}"
    );
    assert_eq!(wrong(&json!([1, 2])).0, "(the whole event)");
    assert_eq!(wrong(&Value::Null).0, "(the whole event)");
}

#[test]
fn an_unknown_detail_type_is_quoted() {
    let (field, problem) = wrong(&bridge("Pizza Ready", "my.app", json!({})));
    assert_eq!(field, "detail-type");
    assert!(
        problem.starts_with("`Pizza Ready` from `my.app` is not known"),
        "{problem}"
    );
}

#[test]
fn a_missing_or_unreadable_field_is_named_by_its_full_path() {
    for (sample, field) in [
        (release().without("eventTime"), "detail.eventTime"),
        (
            release().with("eventTime", json!("yesterday")),
            "detail.eventTime",
        ),
        (release().without("eventID"), "detail.eventID"),
        (release().without("awsRegion"), "detail.awsRegion"),
        (release().without("eventSource"), "detail.eventSource"),
        (release().with("eventName", json!(7)), "detail.eventName"),
        (release().request(json!("none")), "detail.requestParameters"),
        (
            release().with(
                "userIdentity",
                json!({"sessionContext": {"sessionIssuer": {"arn": 1}}}),
            ),
            "detail.userIdentity.sessionContext.sessionIssuer.arn",
        ),
    ] {
        assert_eq!(wrong(&sample.in_envelope()).0, field);
    }
    let mut empty = release().in_envelope();
    empty.as_object_mut().unwrap().remove("detail");
    assert_eq!(wrong(&empty).0, "detail");
}

#[test]
fn a_looked_up_call_is_the_record_that_the_event_had() {
    let found = from_lookup(&release().bare().to_string());
    assert_eq!(found, Ok(Some(record(&release().in_envelope()))));
}

#[test]
fn a_looked_up_call_that_did_nothing_is_none() {
    let refused = release().refused("Client.UnauthorizedOperation").bare();
    assert_eq!(from_lookup(&refused.to_string()), Ok(None));
    assert_eq!(
        from_lookup(&call("RunInstances").bare().to_string()),
        Ok(None)
    );
}

#[test]
fn a_looked_up_text_that_is_no_record_is_an_error_that_names_the_field() {
    assert_eq!(from_lookup("").unwrap_err().field, "CloudTrailEvent");
    assert_eq!(from_lookup("[]").unwrap_err().field, "CloudTrailEvent");
    assert_eq!(
        from_lookup("{}").unwrap_err().field,
        "CloudTrailEvent.eventSource"
    );
}
