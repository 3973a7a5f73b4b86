//! EventBridge's envelope: one level of dispatch by what it carries. Instances are read here, calls and
//! alarms elsewhere.

use super::error::EventError;
use super::serialisation::{Timestamp, read, require};
use super::trigger::{Ignored, InstanceStateChange, SpotNotice, SpotNoticeKind, Trigger};
use super::{record, state_change};
use crate::model::ids::{InstanceId, InvalidId};
use crate::model::instance::{InstanceState, NoSuchState};
use serde::Deserialize;
use serde_json::Value;

/// EventBridge's envelope.
/// Source: EventBridge user guide, "Events in Amazon EventBridge", and for each detail type the page
/// of the service that sends it.
pub(super) fn event_bridge(event: &Value) -> Result<Trigger, EventError> {
    let envelope: Envelope = read(Some(event), "")?;
    let detail_type = require(envelope.detail_type, "", "detail-type", KNOWN_SHAPES)?;
    let source = envelope.source.unwrap_or_default();
    let detail = event.get("detail");
    let ignore = |what: String, why: &str| {
        let why = why.to_owned();
        Ok(Trigger::Ignored(Ignored { what, why }))
    };

    match detail_type.as_str() {
        "AWS API Call via CloudTrail" => {
            let detail = require(detail, "", "detail", "the CloudTrail record")?;
            record::parse(detail, "detail")
        }
        "AWS Service Event via CloudTrail" | "AWS Console Sign In via CloudTrail" => {
            ignore(detail_type, "it is not an API call")
        }
        "Scheduled Event" if matches!(source.as_str(), "aws.events" | "aws.scheduler") => {
            let schedule: Schedule = read(Some(event), "")?;
            let time = require(schedule.time, "", "time", "when the schedule fired")?;
            Ok(Trigger::Schedule { at: time.0 })
        }
        "Scheduled Event" => Err(EventError {
            field: "source".to_owned(),
            problem: format!(
                "`{source}` does not schedule: expected `aws.events` or `aws.scheduler`"
            ),
        }),
        "EC2 Instance State-change Notification" => instance(event, detail),
        "EC2 Spot Instance Interruption Warning" => {
            notice(event, detail, SpotNoticeKind::Interruption)
        }
        "EC2 Instance Rebalance Recommendation" => {
            notice(event, detail, SpotNoticeKind::RebalanceRecommendation)
        }
        "CloudWatch Alarm State Change" | "CloudWatch Alarm Contributor State Change" => {
            state_change::in_envelope(event).map(Trigger::from)
        }
        "CloudWatch Alarm Configuration Change" => ignore(
            detail_type,
            "it tells how an alarm is set up, not how its instance is",
        ),
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
fn instance(event: &Value, detail: Option<&Value>) -> Result<Trigger, EventError> {
    let circumstances: CallContext = read(Some(event), "")?;
    let raw: StateChange = read(detail, "detail")?;
    let state = require(raw.state, "detail", "state", "the state it came into")?;
    let wrong = |problem| EventError {
        field: "detail.state".to_owned(),
        problem,
    };
    let change = InstanceStateChange {
        instance: instance_id(raw.instance_id)?,
        state: state
            .parse()
            .map_err(|error: NoSuchState| wrong(error.to_string()))?,
        at: circumstances.time.map(|time| time.0),
        region: circumstances.region,
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
fn notice(
    event: &Value,
    detail: Option<&Value>,
    kind: SpotNoticeKind,
) -> Result<Trigger, EventError> {
    let circumstances: CallContext = read(Some(event), "")?;
    let raw: StateChange = read(detail, "detail")?;
    Ok(Trigger::SpotNotice(SpotNotice {
        instance: instance_id(raw.instance_id)?,
        kind,
        at: circumstances.time.map(|time| time.0),
        region: circumstances.region,
    }))
}

fn instance_id(raw: Option<String>) -> Result<InstanceId, EventError> {
    let id = require(raw, "detail", "instance-id", "the instance")?;
    id.parse().map_err(|error: InvalidId| EventError {
        field: "detail.instance-id".to_owned(),
        problem: error.to_string(),
    })
}

/// What a function understands, for the error of an event that is none of it.
pub(super) const KNOWN_SHAPES: &str = "an EventBridge event (`AWS API Call via CloudTrail`, `Scheduled \
     Event`, `CloudWatch Alarm State Change`, ...), a CloudTrail record, a CloudWatch alarm, or \
     `{\"holdfast\": \"plan\", \"group\": \"...\"}`";

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Envelope {
    detail_type: Option<String>,
    source: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CallContext {
    time: Option<Timestamp>,
    region: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct StateChange {
    instance_id: Option<String>,
    state: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Schedule {
    time: Option<Timestamp>,
}
