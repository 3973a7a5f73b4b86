//! Golden tests of instances that Auto Scaling is about to take out of service.

use super::{ignored, wrong};
use crate::events::samples::bridge;
use crate::events::{LifecycleNotice, Trigger, parse};
use crate::model::auto_scaling::LifecycleAction;
use serde_json::{Value, json};
use time::macros::datetime;

const TERMINATE: &str = "EC2 Instance-terminate Lifecycle Action";

fn event(destination: &str) -> Value {
    let detail = json!({
        "LifecycleActionToken": "token-1",
        "AutoScalingGroupName": "gateways",
        "LifecycleHookName": "drain",
        "EC2InstanceId": "i-0c3",
        "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
        "Origin": "AutoScalingGroup",
        "Destination": destination
    });
    bridge(TERMINATE, "aws.autoscaling", detail)
}

fn notice(event: &Value) -> LifecycleNotice {
    match parse(event) {
        Ok(Trigger::LifecycleAction(notice)) => notice,
        other => panic!("expected a life-cycle action, got {other:?}"),
    }
}

#[test]
fn an_action_tells_of_whom_for_which_hook_when_and_where() {
    for destination in ["EC2", "WarmPool"] {
        let instance: crate::model::ids::InstanceId = "i-0c3".parse().unwrap();
        let expected = LifecycleNotice {
            action: Some(LifecycleAction {
                instance: instance.clone(),
                group: "gateways".to_owned(),
                hook: "drain".to_owned(),
                token: "token-1".to_owned(),
            }),
            instance,
            at: Some(datetime!(2026-01-31 12:00:05 UTC)),
            region: Some("eu-west-1".to_owned()),
        };
        assert_eq!(notice(&event(destination)), expected);
    }
}

#[test]
fn without_all_three_names_nothing_can_be_completed_and_the_instance_still_counts() {
    for name in [
        "LifecycleActionToken",
        "AutoScalingGroupName",
        "LifecycleHookName",
    ] {
        let mut event = event("EC2");
        event["detail"][name] = Value::Null;
        let notice = notice(&event);
        assert_eq!((notice.instance.as_str(), notice.action), ("i-0c3", None));
    }
}

#[test]
fn an_instance_or_a_time_that_cannot_be_read_is_named() {
    let mut event = event("EC2");
    event["detail"]["EC2InstanceId"] = json!("eni-0d4");
    assert_eq!(wrong(&event).0, "detail.EC2InstanceId");
    event["detail"]["EC2InstanceId"] = Value::Null;
    assert_eq!(wrong(&event).0, "detail.EC2InstanceId");
    event["detail"]["EC2InstanceId"] = json!("i-0c3");
    event["time"] = json!("yyyy-mm-ddThh:mm:ssZ");
    assert_eq!(wrong(&event).0, "time");
}

#[test]
fn an_instance_that_is_launched_is_passed_by() {
    let mut event = event("EC2");
    event["detail-type"] = json!("EC2 Instance-launch Lifecycle Action");
    assert!(!ignored(&event).why.is_empty());
}
