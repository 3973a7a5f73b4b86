//! The shapes in which events reach a function: EventBridge's envelope, a bare CloudTrail record, an
//! alarm that calls the function directly, and an SNS topic. One level of dispatch each; what they
//! carry is read elsewhere.

use super::serialisation::{Moment, Text, read, require};
use super::{EventError, Ignored, InstanceChange, Trigger, record};
use crate::ids::InvalidId;
use crate::instance::{InstanceState, NoSuchState};
use serde::Deserialize;
use serde_json::Value;

const AN_ALARM_MOVES_NOTHING: &str = "an alarm by itself does not change any address";

/// EventBridge's envelope.
/// Source: EventBridge user guide, "Events in Amazon EventBridge", and for each detail type the page
/// of the service that sends it.
pub(super) fn event_bridge(event: &Value) -> Result<Trigger, EventError> {
    let envelope: Envelope = read(Some(event), "")?;
    let detail_type = require(envelope.detail_type, "", "detail-type", KNOWN_SHAPES)?;
    let source = envelope.source.unwrap_or_default();
    let detail = event.get("detail");
    let ignore = |what: String, why: &str| {
        Ok(Trigger::Ignored(Ignored {
            what,
            why: why.to_owned(),
            event_id: envelope.id.clone(),
        }))
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
        "EC2 Instance State-change Notification" => instance(event, detail, envelope.id),
        "EC2 Spot Instance Interruption Warning" | "EC2 Instance Rebalance Recommendation" => {
            ignore(
                format!("{detail_type} for {}", word(detail, "instance-id")),
                "a warning by itself does not change any address",
            )
        }
        "CloudWatch Alarm State Change" => {
            let state = detail.and_then(|detail| detail.get("state"));
            ignore(
                alarm(&word(detail, "alarmName"), &word(state, "value")),
                AN_ALARM_MOVES_NOTHING,
            )
        }
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
fn instance(
    event: &Value,
    detail: Option<&Value>,
    event_id: Option<String>,
) -> Result<Trigger, EventError> {
    let circumstances: Circumstances = read(Some(event), "")?;
    let told: StateChange = read(detail, "detail")?;
    let id = require(told.instance_id, "detail", "instance-id", "the instance")?;
    let state = require(told.state, "detail", "state", "the state it came into")?;
    let wrong = |field: &str, problem: String| EventError {
        field: format!("detail.{field}"),
        problem,
    };
    let change = InstanceChange {
        instance: id
            .parse()
            .map_err(|error: InvalidId| wrong("instance-id", error.to_string()))?,
        state: state
            .parse()
            .map_err(|error: NoSuchState| wrong("state", error.to_string()))?,
        at: circumstances.time.map(|time| time.0),
        region: circumstances.region,
        event_id,
    };
    if change.state == InstanceState::Pending {
        return Ok(Trigger::Ignored(Ignored {
            what: change.to_string(),
            why: "an instance can have an address only once it runs".to_owned(),
            event_id: change.event_id,
        }));
    }
    Ok(Trigger::Instance(change))
}

/// What a person can send, for the error of an event that is none of it.
pub(super) const KNOWN_SHAPES: &str = "an EventBridge event (`AWS API Call via CloudTrail`, `Scheduled \
     Event`, ...), a CloudTrail record, or a CloudWatch alarm";

/// An alarm whose action is the function itself.
/// Source: CloudWatch user guide, "Invoke a Lambda function from an alarm".
pub(super) fn alarm_action(event: &Value) -> Trigger {
    let data = event.get("alarmData");
    let state = data.and_then(|data| data.get("state"));
    Trigger::Ignored(Ignored {
        what: alarm(&word(data, "alarmName"), &word(state, "value")),
        why: AN_ALARM_MOVES_NOTHING.to_owned(),
        event_id: None,
    })
}

/// An SNS topic's message, which must be an alarm. SNS puts exactly one record into a delivery.
/// Source: Lambda developer guide, "Invoking Lambda functions with Amazon SNS notifications".
pub(super) fn topic(event: &Value) -> Result<Trigger, EventError> {
    let delivery: Delivery = read(Some(event), "")?;
    let first = require(
        delivery.records.into_iter().next(),
        "",
        "Records[0]",
        "an SNS record",
    )?;
    let notification = require(first.sns, "Records[0]", "Sns", "an SNS notification")?;
    let message = require(
        notification.message,
        "Records[0].Sns",
        "Message",
        "an alarm as a JSON text",
    )?;
    let message: Value = serde_json::from_str(&message).map_err(|error| EventError {
        field: MESSAGE.to_owned(),
        problem: format!("not JSON ({error}): expected a CloudWatch alarm as a JSON text"),
    })?;
    let told: AlarmMessage = read(Some(&message), MESSAGE)?;
    let name = require(
        told.alarm_name,
        MESSAGE,
        "AlarmName",
        "the name of a CloudWatch alarm",
    )?;
    let state = told
        .new_state_value
        .map_or_else(|| UNNAMED.to_owned(), |Text(state)| state);
    Ok(Trigger::Ignored(Ignored {
        what: alarm(&name.0, &state),
        why: AN_ALARM_MOVES_NOTHING.to_owned(),
        event_id: notification.message_id,
    }))
}

const MESSAGE: &str = "Records[0].Sns.Message";
const UNNAMED: &str = "(not told)";

fn alarm(name: &str, state: &str) -> String {
    format!("alarm {name} is now {state}")
}

/// A word for a sentence about an event that is ignored: nothing is decided on it.
fn word(object: Option<&Value>, field: &str) -> String {
    let word = object
        .and_then(|object| object.get(field))
        .and_then(Value::as_str);
    word.unwrap_or(UNNAMED).to_owned()
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Envelope {
    id: Option<String>,
    detail_type: Option<String>,
    source: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Circumstances {
    time: Option<Moment>,
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
    time: Option<Moment>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Delivery {
    #[serde(rename = "Records")]
    records: Vec<Delivered>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "an object")]
struct Delivered {
    #[serde(rename = "Sns")]
    sns: Option<Notification>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase", expecting = "an object")]
struct Notification {
    message_id: Option<String>,
    message: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct AlarmMessage {
    alarm_name: Option<Text>,
    new_state_value: Option<Text>,
}
