//! Auto Scaling tells that it waits for a hook before it ends an instance, or puts it into a warm pool. The event is a
//! sign: where the instance is in its life, Auto Scaling itself is asked.
//!
//! Source: EC2 Auto Scaling user guide, "Amazon EC2 Auto Scaling event reference" and "Warm pool example events and
//! patterns". Both call it by the same detail type; `Destination` tells them apart, and nothing hangs on that.

use super::envelope::{self, Unread, sent_at};
use super::error::EventError;
use super::serialisation::{below, read, require};
use super::trigger::{LifecycleNotice, Trigger};
use crate::model::auto_scaling::LifecycleAction;
use crate::model::ids::{InstanceId, InvalidId};
use aws_lambda_events::eventbridge::EventBridgeEvent;
use serde::Deserialize;
use serde_json::Value;

const INSTANCE: &str = "EC2InstanceId";

/// The instance is needed. Without group, hook or token nobody can say that the action is done.
pub(super) fn parse(event: &Value) -> Result<Trigger, EventError> {
    let envelope: EventBridgeEvent<Unread> = envelope::read(event, &["time", "region"])?;
    let detail: Detail = read(event.get("detail"), "detail")?;
    let id = require(detail.instance, "detail", INSTANCE, "the instance")?;
    let instance: InstanceId = id.parse().map_err(|error: InvalidId| EventError {
        field: below("detail", INSTANCE),
        problem: error.to_string(),
    })?;
    let named = (detail.group, detail.hook, detail.token);
    let action = match named {
        (Some(group), Some(hook), Some(token)) => Some(LifecycleAction {
            instance: instance.clone(),
            group,
            hook,
            token,
        }),
        _ => None,
    };
    Ok(Trigger::LifecycleAction(LifecycleNotice {
        instance,
        action,
        at: sent_at(&envelope)?,
        region: envelope.region,
    }))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Detail {
    #[serde(rename = "EC2InstanceId")]
    instance: Option<String>,
    #[serde(rename = "AutoScalingGroupName")]
    group: Option<String>,
    #[serde(rename = "LifecycleHookName")]
    hook: Option<String>,
    #[serde(rename = "LifecycleActionToken")]
    token: Option<String>,
}
