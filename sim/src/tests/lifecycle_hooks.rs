//! An instance of an Auto Scaling group that leaves service: what waits for it, and what ends the waiting.

use super::bed::{SimFixture, bed};
use crate::api::InstanceState;
use crate::auto_scaling::DescribeAutoScalingInstances;
use crate::lifecycle_hooks::{ActionEnd, CompleteLifecycleAction, Destination};
use serde_json::Value;
use time::Duration;

/// An instance of the group `web`, which waits for each of these hooks for five minutes.
fn scaled_in(hooks: &[&str], to: Destination) -> (SimFixture, String) {
    let mut bed = bed();
    let id = bed.running(None).instance_id;
    bed.world.advance(Duration::minutes(5));
    bed.world.put_into_auto_scaling(&id, "web", "InService");
    for hook in hooks {
        bed.world
            .put_lifecycle_hook("web", hook, Duration::minutes(5));
    }
    bed.world.take_events();
    bed.world.scale_in(&id, to);
    (bed, id)
}

fn state(bed: &SimFixture) -> Option<String> {
    let request = DescribeAutoScalingInstances::default();
    let described = bed
        .world
        .describe_auto_scaling_instances(&bed.caller, &request);
    let (mut all, _) = described.unwrap();
    all.pop().map(|it| it.lifecycle_state)
}

fn state_of(bed: &mut SimFixture, id: &str) -> InstanceState {
    bed.instance(id).unwrap().state
}

fn complete(bed: &mut SimFixture, hook: &str, token: Option<&str>) -> Result<(), String> {
    let caller = bed.caller.clone();
    let instance = bed.world.lifecycle_actions()[0].instance_id.clone();
    let request = CompleteLifecycleAction {
        auto_scaling_group_name: "web".to_owned(),
        lifecycle_hook_name: hook.to_owned(),
        instance_id: token.is_none().then_some(instance),
        lifecycle_action_token: token.map(str::to_owned),
        lifecycle_action_result: "CONTINUE".to_owned(),
    };
    let done = bed.world.complete_lifecycle_action(&caller, &request);
    done.map_err(|refusal| format!("{}: {}", refusal.code, refusal.message))
}

fn events(bed: &mut SimFixture) -> Vec<Value> {
    let mut events = bed.world.take_events();
    events.retain(|event| event["source"] == "aws.autoscaling");
    events
}

#[test]
fn auto_scaling_waits_for_each_hook_and_then_ends_the_instance() {
    let (mut bed, id) = scaled_in(&["drain", "backup"], Destination::Ec2);
    assert_eq!(state(&bed).as_deref(), Some("Terminating:Wait"));
    let told = events(&mut bed);
    assert_eq!(told.len(), 2);
    assert_eq!(told[0]["detail"]["EC2InstanceId"], *id);
    assert_eq!(told[0]["detail"]["Destination"], "EC2");
    let token = told[0]["detail"]["LifecycleActionToken"].as_str().unwrap();
    complete(&mut bed, "drain", Some(token)).unwrap();
    assert_eq!(
        state_of(&mut bed, &id),
        InstanceState::Running,
        "the other waits"
    );
    complete(&mut bed, "backup", None).unwrap();
    assert_eq!(state_of(&mut bed, &id), InstanceState::ShuttingDown);
    assert_eq!(state(&bed).as_deref(), Some("Terminating:Proceed"));
    bed.world.advance(Duration::minutes(5));
    assert_eq!(state(&bed), None, "it is gone from its group");
}

#[test]
fn an_action_is_completed_once_and_only_by_its_own_names() {
    let (mut bed, _) = scaled_in(&["drain"], Destination::Ec2);
    let unknown = complete(&mut bed, "backup", None).unwrap_err();
    assert!(unknown.starts_with("ValidationError: No active Lifecycle Action"));
    assert!(complete(&mut bed, "drain", Some("another")).is_err());
    complete(&mut bed, "drain", None).unwrap();
    assert!(complete(&mut bed, "drain", None).is_err(), "it is over");
    let by = bed.caller.arn.clone();
    assert_eq!(
        bed.world.lifecycle_actions()[0].end,
        ActionEnd::Completed(by)
    );
}

#[test]
fn a_hook_whose_time_is_over_keeps_nobody_any_longer() {
    let (mut bed, id) = scaled_in(&["drain"], Destination::Ec2);
    bed.world.advance(Duration::seconds(299));
    assert_eq!(state_of(&mut bed, &id), InstanceState::Running);
    bed.world.advance(Duration::seconds(1));
    assert_eq!(state_of(&mut bed, &id), InstanceState::ShuttingDown);
    assert_eq!(bed.world.lifecycle_actions()[0].end, ActionEnd::TimedOut);
    assert!(complete(&mut bed, "drain", None).is_err());
}

#[test]
fn an_instance_that_returns_to_the_warm_pool_is_stopped() {
    let (mut bed, id) = scaled_in(&["drain"], Destination::WarmPool);
    assert_eq!(state(&bed).as_deref(), Some("Warmed:Pending:Wait"));
    assert_eq!(events(&mut bed)[0]["detail"]["Destination"], "WarmPool");
    complete(&mut bed, "drain", None).unwrap();
    assert_eq!(state(&bed).as_deref(), Some("Warmed:Stopped"));
    assert_eq!(state_of(&mut bed, &id), InstanceState::Stopping);
}

#[test]
fn who_may_not_complete_it_is_refused() {
    let (mut bed, _) = scaled_in(&["drain"], Destination::Ec2);
    bed.world.deny("*", "autoscaling:CompleteLifecycleAction");
    let refusal = complete(&mut bed, "drain", None).unwrap_err();
    assert!(refusal.starts_with("AccessDenied"), "{refusal}");
}
