//! An alarm's change of state in, an [`AlarmEvent`] out. CloudWatch writes one document of it for
//! EventBridge, for a function that is the alarm's action, and for a contributor of an alarm that watches
//! many time series. SNS has a form of its own, read in [`super::notification`].
//!
//! `EventBridge` gets an event also while the alarm's actions are suppressed or muted, and for a composite
//! that is in `ALARM` already: what to make of it is decided elsewhere.
//!
//! The document's types are ours. `CloudWatchAlarm` of `aws_lambda_events` refuses math expressions, a period of a
//! day, and a composite without a suppressor. It drops contributors, mute rules and tags.

use super::alarm::AlarmEvent;
use super::envelope::{self, Unread, sent_at};
use super::error::EventError;
use super::serialisation::{List, Pairs, Text, Timestamp, below, read, require};
use crate::model::alarm::{AlarmMetric, AlarmState};
use aws_lambda_events::eventbridge::EventBridgeEvent;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// What a state is expected to be, for the error of one that is none.
const STATES: &str = "`OK`, `ALARM` or `INSUFFICIENT_DATA`";

/// An event in EventBridge's envelope.
/// Source: CloudWatch user guide, "Alarm events and EventBridge".
pub(super) fn in_envelope(event: &Value) -> Result<AlarmEvent, EventError> {
    let envelope: EventBridgeEvent<Unread> = envelope::read(event, &["region"])?;
    let alarm = document(event, "detail", || {
        let envelope: EventBridgeEvent<Unread> = envelope::read(event, &["time"])?;
        sent_at(&envelope)
    })?;
    Ok(AlarmEvent {
        region: envelope.region,
        ..alarm
    })
}

/// An alarm whose action is the function itself.
/// Source: CloudWatch user guide, "Invoke a Lambda function from an alarm".
pub(super) fn action(event: &Value) -> Result<AlarmEvent, EventError> {
    let invocation: Invocation = read(Some(event), "")?;
    let alarm = document(event, "alarmData", || {
        let sent: Sent = read(Some(event), "")?;
        Ok(sent.time.map(|Timestamp(time)| time))
    })?;
    let tags = if alarm.tags.is_empty() {
        invocation.alarm_tags.0
    } else {
        alarm.tags
    };
    Ok(AlarmEvent {
        region: invocation.region,
        tags,
        ..alarm
    })
}

/// The document under `path`. Where the state carries no time of its own, the time of the event stands
/// for it.
fn document(
    event: &Value,
    path: &str,
    sent_at: impl FnOnce() -> Result<Option<OffsetDateTime>, EventError>,
) -> Result<AlarmEvent, EventError> {
    let raw = require(event.get(path), "", path, "an alarm's change of state")?;
    let raw: Document = read(Some(raw), path)?;
    let name = require(raw.alarm_name, path, "alarmName", "the alarm's name")?.0;
    let at = below(path, "state");
    let told = raw.state.unwrap_or_default();
    let before = raw.previous_state.unwrap_or_default();
    let value = require(told.value, &at, "value", STATES)?;
    let since = match told.timestamp {
        Some(timestamp) => timestamp.0,
        None => require(sent_at()?, &at, "timestamp", "when it changed")?,
    };
    let metrics = raw.configuration.unwrap_or_default().metrics;
    let muted_by = raw.mute_detail.map(|mute| mute.name());
    Ok(AlarmEvent {
        name: named(name, path, "alarmName")?,
        state: state(&value, &below(&at, "value"))?,
        previous: before.value.as_ref().and_then(known),
        previously_suppressed_by: before.actions_suppressed_by,
        since,
        region: None,
        suppressed_by: told.actions_suppressed_by.or(muted_by),
        metrics: metrics.0.into_iter().filter_map(Metric::of).collect(),
        contributors: raw
            .alarm_contributor
            .0
            .into_iter()
            .map(attributes)
            .collect(),
        children: triggering(told.reason_data.as_deref()),
        tags: raw.alarm_tags.0,
    })
}

/// A name that is one.
pub(super) fn named(name: String, path: &str, field: &str) -> Result<String, EventError> {
    if name.trim().is_empty() {
        return require(None, path, field, "the alarm's name, which is empty here");
    }
    Ok(name)
}

/// The state that `field` tells.
pub(super) fn state(value: &Text, field: &str) -> Result<AlarmState, EventError> {
    known(value).ok_or_else(|| EventError {
        field: field.to_owned(),
        problem: format!("`{}` is no state of an alarm: expected {STATES}", value.0),
    })
}

/// A state, where it is one that we know.
pub(super) fn known(value: &Text) -> Option<AlarmState> {
    let all = [
        AlarmState::Ok,
        AlarmState::Alarm,
        AlarmState::InsufficientData,
    ];
    all.into_iter().find(|state| state.as_str() == value.0)
}

/// The alarm's name in its ARN: `arn:aws:cloudwatch:eu-west-1:111122223333:alarm:gateway-a`.
pub(super) fn name_in(arn: &str) -> Option<&str> {
    let (_, name) = arn.split_once(":alarm:")?;
    (!name.is_empty()).then_some(name)
}

/// The children that a composite's reason names. They only say where to look first, the rule says the
/// rest: a reason that cannot be read names none.
fn triggering(reason_data: Option<&str>) -> Vec<String> {
    let reason = reason_data.and_then(|text| serde_json::from_str::<Reason>(text).ok());
    let children = reason.unwrap_or_default().triggering_alarms;
    children
        .into_iter()
        .filter_map(|child| child.name())
        .collect()
}

fn attributes(contributor: Contributor) -> BTreeMap<String, String> {
    contributor.attributes.0
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Invocation {
    region: Option<String>,
    alarm_tags: Pairs,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Sent {
    time: Option<Timestamp>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Document {
    alarm_name: Option<Text>,
    state: Option<State>,
    previous_state: Option<Previous>,
    configuration: Option<Configuration>,
    alarm_contributor: List<Contributor>,
    alarm_tags: Pairs,
    mute_detail: Option<Mute>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", expecting = "an object")]
struct State {
    value: Option<Text>,
    timestamp: Option<Timestamp>,
    actions_suppressed_by: Option<String>,
    reason_data: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", expecting = "an object")]
struct Previous {
    value: Option<Text>,
    actions_suppressed_by: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", expecting = "an object")]
struct Configuration {
    metrics: List<Metric>,
}

/// A metric, or with an expression in place of `metricStat`, what is made of the others.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", expecting = "an object")]
struct Metric {
    metric_stat: Option<Stat>,
}

#[derive(Debug, Deserialize)]
#[serde(expecting = "an object")]
struct Stat {
    metric: Measured,
}

#[derive(Debug, Deserialize)]
#[serde(expecting = "an object")]
struct Measured {
    namespace: String,
    name: String,
    #[serde(default)]
    dimensions: Pairs,
}

impl Metric {
    fn of(self) -> Option<AlarmMetric> {
        let measured = self.metric_stat?.metric;
        Some(AlarmMetric {
            namespace: measured.namespace,
            metric: measured.name,
            dimensions: measured.dimensions.0,
        })
    }
}

/// One time series of an alarm that watches many.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "an object")]
struct Contributor {
    attributes: Pairs,
}

/// The rule that mutes the alarm's actions for a time.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", expecting = "an object")]
struct Mute {
    muted_by_arn: Option<String>,
}

impl Mute {
    fn name(&self) -> String {
        let arn = self.muted_by_arn.as_deref().unwrap_or_default();
        let (_, name) = arn.rsplit_once(':').unwrap_or_default();
        format!("AlarmMuteRule {name}").trim_end().to_owned()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Reason {
    triggering_alarms: Vec<Child>,
}

/// A child of a composite, as EventBridge and SNS write it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "an object")]
pub(super) struct Child {
    #[serde(alias = "Arn")]
    arn: Option<String>,
}

impl Child {
    pub(super) fn name(&self) -> Option<String> {
        name_in(self.arn.as_deref()?).map(str::to_owned)
    }
}
