//! An event of EventBridge in, a [`Trigger`] out: one level of dispatch by what the envelope carries.
//! Instances are read here, calls and alarms elsewhere.

use super::envelope::{self, KNOWN_SHAPES, Unread, sent_at};
use super::error::EventError;
use super::serialisation::{below, not_null, object, read, require};
use super::trigger::{Ignored, InstanceStateChange, SpotNotice, SpotNoticeKind, Trigger};
use super::{health_event, lifecycle_action, record, state_change};
use crate::model::ids::{InstanceId, InvalidId};
use crate::model::instance::{InstanceState, NoSuchState};
use aws_lambda_events::cloudwatch_events::ec2;
use aws_lambda_events::eventbridge::EventBridgeEvent;
use serde::Deserialize;
use serde_json::Value;

/// Reads what the envelope carries.
/// Source: EventBridge user guide, "Events in Amazon EventBridge", and for each detail type the page
/// of the service that sends it.
pub(super) fn parse(event: &Value) -> Result<Trigger, EventError> {
    let envelope: EventBridgeEvent<Unread> = envelope::read(event, &[])?;
    let (detail_type, source) = (envelope.detail_type, envelope.source);
    let ignore = |what: String, why: &str| {
        let why = why.to_owned();
        Ok(Trigger::Ignored(Ignored { what, why }))
    };

    match detail_type.as_str() {
        "AWS API Call via CloudTrail" => {
            let detail = event.get("detail");
            let detail = require(detail, "", "detail", "the CloudTrail record")?;
            record::parse(detail, "detail")
        }
        "AWS Service Event via CloudTrail" | "AWS Console Sign In via CloudTrail" => {
            ignore(detail_type, "it is not an API call")
        }
        "Scheduled Event" if matches!(source.as_str(), "aws.events" | "aws.scheduler") => {
            let schedule: EventBridgeEvent<Unread> = envelope::read(event, &["time"])?;
            let at = require(sent_at(&schedule)?, "", "time", "when the schedule fired")?;
            Ok(Trigger::Schedule { at })
        }
        "Scheduled Event" => Err(EventError {
            field: "source".to_owned(),
            problem: format!(
                "`{source}` does not schedule: expected `aws.events` or `aws.scheduler`"
            ),
        }),
        "EC2 Instance State-change Notification" => instance(event),
        "EC2 Spot Instance Interruption Warning" => notice(event, SpotNoticeKind::Interruption),
        "EC2 Instance Rebalance Recommendation" => {
            notice(event, SpotNoticeKind::RebalanceRecommendation)
        }
        "AWS Health Event" => health_event::parse(event),
        "EC2 Instance-terminate Lifecycle Action" => lifecycle_action::parse(event),
        "CloudWatch Alarm State Change" | "CloudWatch Alarm Contributor State Change" => {
            state_change::in_envelope(event).map(Trigger::from)
        }
        "CloudWatch Alarm Configuration Change" => ignore(
            detail_type,
            "it tells how an alarm is set up, not how its instance is",
        ),
        _ if source == "aws.health" => ignore(detail_type, "it tells nothing of an instance"),
        _ if source == "aws.autoscaling" => ignore(
            detail_type,
            "Auto Scaling replaces instances; the addresses stay allocated",
        ),
        _ => Err(EventError {
            field: "detail-type".to_owned(),
            problem: format!(
                "`{detail_type}` from `{source}` is not known: expected {KNOWN_SHAPES}"
            ),
        }),
    }
}

/// An instance's new state. `pending` has nothing to follow: EC2 gives an address only to an instance
/// that runs, and says so in an event of its own.
/// Source: EC2 user guide, "Monitor your instances using EventBridge", state change events.
fn instance(event: &Value) -> Result<Trigger, EventError> {
    let fields = [
        ("state", "the state it came into"),
        ("instance-id", "the instance"),
    ];
    let detail = object(event.get("detail"), "detail")?;
    for (field, expected) in fields {
        let there = detail.and_then(|detail| not_null(detail, field));
        require(there, "detail", field, expected)?;
    }
    let raw: EventBridgeEvent<ec2::InstanceStateChange> =
        envelope::read(event, &["time", "region", "detail"])?;
    let wrong = |error: NoSuchState| wrong("state", error.to_string());
    let change = InstanceStateChange {
        instance: instance_id(&raw.detail.instance_id)?,
        state: raw.detail.state.parse().map_err(wrong)?,
        at: sent_at(&raw)?,
        region: raw.region,
    };
    if change.state == InstanceState::Pending {
        return Ok(Trigger::Ignored(Ignored {
            what: change.to_string(),
            why: "an instance can have an address only once it runs".to_owned(),
        }));
    }
    Ok(Trigger::Instance(change))
}

/// What EC2 announced of a Spot instance.
/// Source: EC2 user guide, "Spot Instance interruption notices" and "EC2 instance rebalance
/// recommendations".
fn notice(event: &Value, kind: SpotNoticeKind) -> Result<Trigger, EventError> {
    let raw: EventBridgeEvent<Unread> = envelope::read(event, &["time", "region"])?;
    let detail: SpotInstance = read(event.get("detail"), "detail")?;
    let id = require(detail.instance_id, "detail", "instance-id", "the instance")?;
    Ok(Trigger::SpotNotice(SpotNotice {
        instance: instance_id(&id)?,
        kind,
        at: sent_at(&raw)?,
        region: raw.region,
    }))
}

fn instance_id(id: &str) -> Result<InstanceId, EventError> {
    id.parse()
        .map_err(|error: InvalidId| wrong("instance-id", error.to_string()))
}

fn wrong(field: &str, problem: String) -> EventError {
    EventError {
        field: below("detail", field),
        problem,
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct SpotInstance {
    instance_id: Option<String>,
}
