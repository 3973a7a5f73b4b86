//! An alarm that comes by way of an SNS topic: the same content as in [`super::state_change`], in names
//! and shapes of its own.
//!
//! The types are ours. `SnsEvent` of `aws_lambda_events` insists on eleven fields that no decision needs, the
//! signature among them. Its `CloudWatchAlarmPayload` refuses an alarm without a description, and a composite.

use super::alarm::AlarmEvent;
use super::error::EventError;
use super::serialisation::{List, Pairs, Text, Timestamp, below, read, require};
use super::state_change::{Child, in_envelope, known, named, state};
use super::trigger::{Ignored, Trigger};
use crate::model::alarm::AlarmMetric;
use serde::Deserialize;
use serde_json::Value;

const NOTIFICATION: &str = "Records[0].Sns";
const MESSAGE: &str = "Records[0].Sns.Message";

/// An SNS topic's message. A topic for alarms carries other messages as well: what is no alarm is none of our business.
/// An alarm that a rule of EventBridge put on the topic is read as any other. SNS puts exactly one record into a
/// delivery.
/// Source: Lambda developer guide, "Invoking Lambda functions with Amazon SNS notifications".
pub(super) fn topic(event: &Value) -> Result<Trigger, EventError> {
    let delivery: Delivery = read(Some(event), "")?;
    let first = delivery.records.into_iter().next();
    let first = require(first, "", "Records[0]", "an SNS record")?;
    let sns = require(first.sns, "Records[0]", "Sns", "an SNS notification")?;
    let message = require(
        sns.message,
        NOTIFICATION,
        "Message",
        "an alarm as a JSON text",
    )?;
    let message: Value = match serde_json::from_str(&message) {
        Ok(message) => message,
        Err(_) => return Ok(no_alarm("a text")),
    };
    let has = |field: &str| message.get(field).is_some();
    if has("AlarmName") || has("NewStateValue") {
        let sent_at = || -> Result<Option<Timestamp>, EventError> {
            let sent: Sent = read(event.pointer("/Records/0/Sns"), NOTIFICATION)?;
            Ok(sent.timestamp)
        };
        return alarm(&message, sent_at).map(Trigger::from);
    }
    let text = |field: &str| message.get(field).and_then(Value::as_str);
    match text("detail-type") {
        Some(kind) if ALARM_EVENTS.contains(&kind) => in_envelope(&message)
            .map(Trigger::from)
            .map_err(|error| EventError {
                field: below(MESSAGE, &error.field),
                ..error
            }),
        Some(kind) => Ok(no_alarm(&format!("an event `{kind}`"))),
        None => Ok(no_alarm(text("Event").unwrap_or("JSON"))),
    }
}

/// What EventBridge calls the changes of an alarm.
/// Source: CloudWatch user guide, "Alarm events and EventBridge".
const ALARM_EVENTS: [&str; 2] = [
    "CloudWatch Alarm State Change",
    "CloudWatch Alarm Contributor State Change",
];

fn no_alarm(kind: &str) -> Trigger {
    Trigger::Ignored(Ignored {
        what: format!("a message of an SNS topic ({kind})"),
        why: "it is no alarm of CloudWatch".to_owned(),
    })
}

/// The alarm in a message. Its region is told for people (`EU (Ireland)`), so it is taken from the ARN.
/// Source: CloudWatch user guide, "Notifying users on alarm changes", and for the contributors "Log
/// alarms".
fn alarm(
    message: &Value,
    sent_at: impl FnOnce() -> Result<Option<Timestamp>, EventError>,
) -> Result<AlarmEvent, EventError> {
    let raw: Message = read(Some(message), MESSAGE)?;
    let what = "the name of a CloudWatch alarm";
    let name = require(raw.alarm_name, MESSAGE, "AlarmName", what)?.0;
    let value = require(raw.new_state_value, MESSAGE, "NewStateValue", "its state")?;
    let since = match raw.state_change_time {
        Some(time) => time.0,
        None => require(sent_at()?, MESSAGE, "StateChangeTime", "when it changed")?.0,
    };
    let contributor = raw.alarm_contributor_attributes.0;
    Ok(AlarmEvent {
        name: named(name, MESSAGE, "AlarmName")?,
        state: state(&value, &below(MESSAGE, "NewStateValue"))?,
        previous: raw.old_state_value.as_ref().and_then(known),
        since,
        region: raw.alarm_arn.as_deref().and_then(region_in),
        suppressed_by: None,
        previously_suppressed_by: None,
        metrics: raw.trigger.unwrap_or_default().metrics(),
        contributors: Some(contributor)
            .filter(|it| !it.is_empty())
            .into_iter()
            .collect(),
        children: raw
            .triggering_children
            .0
            .iter()
            .filter_map(Child::name)
            .collect(),
        tags: raw.alarm_tags.0,
    })
}

fn region_in(arn: &str) -> Option<String> {
    let region = arn.split(':').nth(3)?;
    (!region.is_empty()).then(|| region.to_owned())
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
    message: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Sent {
    timestamp: Option<Timestamp>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Message {
    alarm_name: Option<Text>,
    alarm_arn: Option<String>,
    new_state_value: Option<Text>,
    old_state_value: Option<Text>,
    state_change_time: Option<Timestamp>,
    trigger: Option<NotificationTrigger>,
    triggering_children: List<Child>,
    alarm_contributor_attributes: Pairs,
    alarm_tags: Pairs,
}

/// What brought the alarm into its state: one metric by itself, or several of which something is made.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase", expecting = "an object")]
struct NotificationTrigger {
    namespace: Option<String>,
    metric_name: Option<String>,
    dimensions: Pairs,
    metrics: List<Metric>,
}

impl NotificationTrigger {
    fn metrics(self) -> Vec<AlarmMetric> {
        let alone = self.namespace.zip(self.metric_name);
        let alone = alone.map(|(namespace, metric)| AlarmMetric {
            namespace,
            metric,
            dimensions: self.dimensions.0,
        });
        let several = self.metrics.0.into_iter().filter_map(Metric::measure);
        alone.into_iter().chain(several).collect()
    }
}

/// A metric, or with an expression in place of `MetricStat`, what is made of the others.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase", expecting = "an object")]
struct Metric {
    metric_stat: Option<Stat>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
struct Stat {
    metric: Measured,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
struct Measured {
    namespace: String,
    metric_name: String,
    #[serde(default)]
    dimensions: Pairs,
}

impl Metric {
    fn measure(self) -> Option<AlarmMetric> {
        let measured = self.metric_stat?.metric;
        Some(AlarmMetric {
            namespace: measured.namespace,
            metric: measured.metric_name,
            dimensions: measured.dimensions.0,
        })
    }
}
