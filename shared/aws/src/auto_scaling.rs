//! Reading from Auto Scaling which instances are in service, and telling it that it need not wait for one.
//!
//! Races with Auto Scaling itself, which moves instances on at any moment: an answer tells how one is at that moment.

use super::actions::{COMPLETE_LIFECYCLE_ACTION, DESCRIBE_AUTO_SCALING_INSTANCES};
use super::read::{required, said};
use super::{Aws, failure};
use aws_sdk_autoscaling::types::AutoScalingInstanceDetails;
use holdfast::cloud::CloudError;
use holdfast::cloud::health::ReadLifecycleStates;
use holdfast::cloud::lifecycle::CompleteLifecycleAction;
use holdfast::model::auto_scaling::{LifecycleAction, LifecycleState};
use holdfast::model::ids::InstanceId;
use std::collections::BTreeMap;

const FROM: &str = DESCRIBE_AUTO_SCALING_INSTANCES;

/// Source: EC2 Auto Scaling API reference, `DescribeAutoScalingInstances`, `InstanceIds` and `MaxRecords`.
const MAX_NAMED: usize = 50;

impl ReadLifecycleStates for Aws {
    async fn lifecycle_states(
        &self,
        instances: &[InstanceId],
    ) -> Result<BTreeMap<InstanceId, LifecycleState>, CloudError> {
        let mut found = BTreeMap::new();
        for some in instances.chunks(MAX_NAMED) {
            let ids = some.iter().map(InstanceId::to_string).collect();
            let described = self
                .scaling
                .describe_auto_scaling_instances()
                .set_instance_ids(Some(ids))
                .into_paginator()
                .items()
                .send()
                .try_collect()
                .await
                .map_err(|error| failure::of(FROM, error))?;
            for one in &described {
                found.extend([state(one)?]);
            }
        }
        Ok(found)
    }
}

impl CompleteLifecycleAction for Aws {
    /// By the token, which names one action. By the instance's id alone, a call that comes late could complete the next
    /// action of the same hook.
    async fn complete_lifecycle_action(&self, action: &LifecycleAction) -> Result<(), CloudError> {
        self.scaling
            .complete_lifecycle_action()
            .auto_scaling_group_name(&action.group)
            .lifecycle_hook_name(&action.hook)
            .lifecycle_action_token(&action.token)
            .lifecycle_action_result("CONTINUE")
            .send()
            .await
            .map_err(|error| failure::of(COMPLETE_LIFECYCLE_ACTION, error))?;
        Ok(())
    }
}

/// A state that is left out is told as an empty word, which nobody knows.
fn state(
    described: &AutoScalingInstanceDetails,
) -> Result<(InstanceId, LifecycleState), CloudError> {
    let id = required(FROM, described.instance_id(), "an instance's id")?;
    let word = said(described.lifecycle_state()).unwrap_or_default();
    Ok((id, LifecycleState(word.to_owned())))
}
