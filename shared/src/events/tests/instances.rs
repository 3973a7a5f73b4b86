//! Golden tests of instances that come into another state, or are about to.

use super::{ignored, wrong};
use crate::events::samples::bridge;
use crate::events::{InstanceStateChange, SpotNotice, SpotNoticeKind, Trigger, parse};
use crate::model::instance::InstanceState;
use serde_json::{Value, json};
use time::macros::datetime;

fn came_into(state: &str) -> Value {
    let detail = json!({"instance-id": "i-0c3", "state": state});
    bridge("EC2 Instance State-change Notification", "aws.ec2", detail)
}

fn change(state: &str) -> InstanceStateChange {
    match parse(&came_into(state)) {
        Ok(Trigger::Instance(change)) => change,
        other => panic!("expected an instance, got {other:?}"),
    }
}

#[test]
fn an_instance_that_runs_tells_which_when_and_where() {
    let change = change("running");
    assert_eq!(change.instance.as_str(), "i-0c3");
    assert_eq!(change.state, InstanceState::Running);
    assert_eq!(change.at, Some(datetime!(2026-01-31 12:00:05 UTC)));
    assert_eq!(change.region.as_deref(), Some("eu-west-1"));
}

#[test]
fn every_way_down_is_told_apart() {
    for (word, state) in [
        ("stopping", InstanceState::Stopping),
        ("stopped", InstanceState::Stopped),
        ("shutting-down", InstanceState::ShuttingDown),
        ("terminated", InstanceState::Terminated),
    ] {
        assert_eq!(change(word).state, state);
    }
}

#[test]
fn an_instance_that_does_not_run_yet_is_passed_by() {
    let passed = ignored(&came_into("pending"));
    assert_eq!(passed.what, "i-0c3 is now pending");
}

#[test]
fn a_state_or_an_instance_that_cannot_be_read_is_named() {
    let (field, problem) = wrong(&came_into("rebooting"));
    assert_eq!(field, "detail.state");
    assert!(problem.contains("`rebooting`"), "{problem}");

    let mut event = came_into("running");
    event["detail"]["instance-id"] = json!("eni-0d4");
    assert_eq!(wrong(&event).0, "detail.instance-id");

    event["detail"] = json!({"instance-id": "i-0c3"});
    assert_eq!(wrong(&event).0, "detail.state");
}

fn notice(detail_type: &str) -> Value {
    let detail = json!({"instance-id": "i-0c3", "instance-action": "stop"});
    bridge(detail_type, "aws.ec2", detail)
}

#[test]
fn each_warning_of_a_spot_instance_tells_which_when_and_where() {
    for (detail_type, kind, words) in [
        (
            "EC2 Spot Instance Interruption Warning",
            SpotNoticeKind::Interruption,
            "i-0c3 is about to be interrupted",
        ),
        (
            "EC2 Instance Rebalance Recommendation",
            SpotNoticeKind::RebalanceRecommendation,
            "i-0c3 may be interrupted",
        ),
    ] {
        let expected = Trigger::SpotNotice(SpotNotice {
            instance: "i-0c3".parse().unwrap(),
            kind,
            at: Some(datetime!(2026-01-31 12:00:05 UTC)),
            region: Some("eu-west-1".to_owned()),
        });
        assert_eq!(expected.to_string(), words);
        assert_eq!(parse(&notice(detail_type)), Ok(expected));
    }
}

#[test]
fn a_warning_whose_time_or_instance_cannot_be_read_names_the_field() {
    let mut event = notice("EC2 Spot Instance Interruption Warning");
    event["time"] = json!("yyyy-mm-ddThh:mm:ssZ");
    assert_eq!(wrong(&event).0, "time");
    let mut event = notice("EC2 Spot Instance Interruption Warning");
    event["detail"] = json!({"instance-action": "stop"});
    assert_eq!(wrong(&event).0, "detail.instance-id");
}
