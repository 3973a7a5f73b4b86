//! Auto Scaling's `DescribeAutoScalingInstances` and `CompleteLifecycleAction` by the query protocol. Source: EC2 Auto Scaling API reference.

use super::ec2::{Element, Parameters};
use super::query;
use super::server::Reply;
use crate::World;
use crate::api::{Caller, Ec2Error};
use crate::auto_scaling::{AutoScalingInstance, DescribeAutoScalingInstances};
use crate::lifecycle_hooks::CompleteLifecycleAction;

/// The version of the API, which is all that tells its form from one of EC2's.
pub(super) const VERSION: &str = "2011-01-01";
const NAMESPACE: &str = "http://autoscaling.amazonaws.com/doc/2011-01-01/";

/// One Auto Scaling call.
pub(super) fn call(
    world: &mut World,
    caller: &Caller,
    action: &str,
    form: Vec<(String, String)>,
    request_id: &str,
) -> Reply {
    let parameters: Parameters = form.into_iter().collect();
    let answer = match action {
        "DescribeAutoScalingInstances" => described(world, caller, &parameters),
        "CompleteLifecycleAction" => completed(world, caller, &parameters),
        other => Err(query::not_modelled(other)),
    };
    query::answered(NAMESPACE, action, request_id, answer)
}

fn completed(
    world: &mut World,
    caller: &Caller,
    parameters: &Parameters,
) -> Result<Element, Ec2Error> {
    let required = |name: &str| {
        let message = format!("1 validation error detected: {name} must not be null");
        let missing = || Ec2Error::new("ValidationError", message);
        parameters.text(name).ok_or_else(missing)
    };
    let request = CompleteLifecycleAction {
        auto_scaling_group_name: required("AutoScalingGroupName")?,
        lifecycle_hook_name: required("LifecycleHookName")?,
        lifecycle_action_token: parameters.text("LifecycleActionToken"),
        instance_id: parameters.text("InstanceId"),
        lifecycle_action_result: required("LifecycleActionResult")?,
    };
    query::refuse_unread(parameters)?;
    world.complete_lifecycle_action(caller, &request)?;
    Ok(Element::new("CompleteLifecycleActionResult"))
}

fn described(world: &World, caller: &Caller, parameters: &Parameters) -> Result<Element, Ec2Error> {
    let request = DescribeAutoScalingInstances {
        instance_ids: parameters.list("InstanceIds.member"),
        max_records: parameters.integer("MaxRecords")?,
        next_token: parameters.text("NextToken"),
    };
    query::refuse_unread(parameters)?;
    let (instances, next_token) = world.describe_auto_scaling_instances(caller, &request)?;
    Ok(Element::new("DescribeAutoScalingInstancesResult")
        .list("AutoScalingInstances", instances.iter().map(instance))
        .maybe("NextToken", next_token))
}

fn instance(described: &AutoScalingInstance) -> Element {
    Element::new("member")
        .text("InstanceId", &described.instance_id)
        .text("AutoScalingGroupName", &described.auto_scaling_group_name)
        .text("AvailabilityZone", &described.availability_zone)
        .text("LifecycleState", &described.lifecycle_state)
        .text("HealthStatus", "HEALTHY")
        .text("ProtectedFromScaleIn", "false")
}

/// A refusal in the form of the query protocol.
pub(super) fn refusal(request_id: &str, error: &Ec2Error) -> Reply {
    query::refusal(NAMESPACE, request_id, error)
}
