//! What is told of an alarm: to EventBridge, to a Lambda function by CloudWatch itself, and through SNS.
//!
//! Shapes as in the CloudWatch user guide ("Alarm events and EventBridge", "Invoke a Lambda function from
//! an alarm"), in Powertools' samples and in aws-lambda-go's.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

use super::{Alarm, AlarmAction, AlarmChange, AlarmState, Metric, Query, Watched};

const TIMESTAMP: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]+0000");
const PERIOD: u32 = 60;
const ALARM_LEVEL: &str = "CloudWatch Alarm State Change";
const CONTRIBUTOR_LEVEL: &str = "CloudWatch Alarm Contributor State Change";

/// As CloudWatch writes times.
pub(super) fn timestamp(at: OffsetDateTime) -> String {
    at.format(TIMESTAMP).unwrap_or_default()
}

/// `reasonData` of a composite.
pub(super) fn triggering(children: &[&Alarm]) -> String {
    let children: Vec<Value> = children
        .iter()
        .map(|child| {
            let state = json!({"value": child.state.name(), "timestamp": timestamp(child.since)});
            json!({"arn": child.arn, "state": state})
        })
        .collect();
    json!({"triggeringAlarms": children}).to_string()
}

/// One change, ready to be told.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) detail_type: &'static str,
    pub(crate) arn: String,
    pub(crate) at: OffsetDateTime,
    /// `detail` of the EventBridge event.
    pub(crate) detail: Value,
    /// What each of the alarm's actions is called with.
    pub(crate) actions: Vec<Value>,
}

impl AlarmChange {
    /// `now` is when it is told.
    pub(crate) fn told(&self, now: OffsetDateTime, (account, region): (&str, &str)) -> Told {
        let alarm = &self.alarm;
        // Contributors fire on their own; the alarm over them tells EventBridge only (CloudWatch user
        // guide, "Alarms on Metrics Insights queries").
        let over_contributors = self.contributor.is_none() && !alarm.contributors.is_empty();
        let silent = !alarm.actions_enabled || alarm.suppressed_by.is_some() || over_contributors;
        let actions = alarm.actions.iter().filter(|_| !silent);
        Told {
            detail_type: match self.contributor {
                Some(_) => CONTRIBUTOR_LEVEL,
                None => ALARM_LEVEL,
            },
            arn: alarm.arn.clone(),
            at: now,
            detail: self.detail(now),
            actions: actions
                .map(|action| match action {
                    AlarmAction::Lambda => self.for_lambda(now, account, region),
                    AlarmAction::Sns => self.for_sns(now, account),
                })
                .collect(),
        }
    }

    fn detail(&self, now: OffsetDateTime) -> Value {
        let alarm = &self.alarm;
        let mut detail = json!({
            "alarmName": alarm.name,
            "configuration": configuration(alarm),
        });
        match &self.contributor {
            None => detail["state"] = state(alarm),
            // No previous state, no reason data (as in the user guide's example).
            Some((attributes, value)) => {
                detail["alarmContributor"] =
                    json!({"id": contributor_id(attributes), "attributes": attributes});
                detail["state"] = json!({
                    "value": value.name(),
                    "reason": "Threshold Crossed: 1 datapoint crossed the threshold (1.0).",
                    "timestamp": timestamp(now),
                });
            }
        }
        if let Some(previous) = &self.previous {
            detail["previousState"] = state(previous);
        }
        if alarm.tags_propagate {
            // Inferred from the names of the members; no real event was seen.
            detail["alarmTags"] = tags(alarm);
            detail["alarmTagsStatus"] = json!("SUCCESS");
        }
        detail
    }

    fn for_lambda(&self, now: OffsetDateTime, account: &str, region: &str) -> Value {
        json!({
            "source": "aws.cloudwatch",
            "alarmArn": self.alarm.arn,
            "accountId": account,
            "time": timestamp(now),
            "region": region,
            "alarmData": self.detail(now),
        })
    }

    fn for_sns(&self, now: OffsetDateTime, account: &str) -> Value {
        let (alarm, at) = (&self.alarm, timestamp(now));
        let state = self.contributor.as_ref().map_or(alarm.state, |(_, it)| *it);
        let previous = self.previous.as_ref();
        let mut message = json!({
            "AlarmName": alarm.name,
            "AlarmDescription": null,
            "AWSAccountId": account,
            "NewStateValue": state.name(),
            "NewStateReason": alarm.reason,
            "StateChangeTime": at,
            // In words here ("US East (N. Virginia)"), which nothing is to be read from.
            "Region": "US East (N. Virginia)",
            "AlarmArn": alarm.arn,
            "OldStateValue": previous.map_or(AlarmState::InsufficientData, |it| it.state).name(),
        });
        match &alarm.watched {
            Watched::Rule(rule) => {
                message["AlarmRule"] = json!(rule);
                message["TriggeringChildren"] = triggering_children(alarm);
            }
            Watched::Metric(metric) => message["Trigger"] = single_trigger(metric),
            // Inferred: no real message of a log alarm was seen.
            Watched::Logs(query) => message["Trigger"] = scheduled_query(query),
            Watched::Queries(_) => {
                let metrics: Vec<Value> = alarm.entries().map(sns_entry).collect();
                message["Trigger"] = json!({
                    "Period": PERIOD,
                    "EvaluationPeriods": 1,
                    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                    "Threshold": 1.0,
                    "TreatMissingData": "missing",
                    "EvaluateLowSampleCountPercentile": "",
                    "Metrics": metrics,
                });
            }
        }
        if let Some((attributes, _)) = &self.contributor {
            // Inferred: no real message of a contributor was seen.
            message["AlarmContributorId"] = json!(contributor_id(attributes));
            message["AlarmContributorAttributes"] = json!(attributes);
        }
        if alarm.tags_propagate {
            message["AlarmTags"] = tags(alarm);
        }
        around_message(&message, &at)
    }
}

fn around_message(message: &Value, at: &str) -> Value {
    json!({"Records": [{
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": "arn:aws:sns:us-east-1:111122223333:alarms:subscription",
        "Sns": {
            "Type": "Notification",
            "MessageId": "00000000-0000-4000-8000-000000000000",
            "TopicArn": "arn:aws:sns:us-east-1:111122223333:alarms",
            "Subject": "ALARM",
            "Message": message.to_string(),
            "Timestamp": at.replace("+0000", "Z"),
            "SignatureVersion": "1",
            "Signature": "EXAMPLE",
            "SigningCertUrl": "EXAMPLE",
            "UnsubscribeUrl": "EXAMPLE",
            "MessageAttributes": {},
        },
    }]})
}

fn state(alarm: &Alarm) -> Value {
    let mut state = json!({
        "value": alarm.state.name(),
        "reason": alarm.reason,
        "timestamp": timestamp(alarm.since),
    });
    if let Some(data) = &alarm.reason_data {
        state["reasonData"] = json!(data);
    }
    if let Some(by) = &alarm.suppressed_by {
        state["actionsSuppressedBy"] = json!(by);
        state["actionsSuppressedReason"] = json!(format!("Actions suppressed by {by}"));
    }
    state
}

fn configuration(alarm: &Alarm) -> Value {
    match &alarm.watched {
        Watched::Rule(rule) => json!({ "alarmRule": rule }),
        // Inferred: no real event of a log alarm was seen.
        Watched::Logs(query) => scheduled_query(query),
        Watched::Metric(metric) => {
            let id = "00000000-0000-4000-8000-000000000001";
            json!({"metrics": [metric_entry(id, metric, true)]})
        }
        Watched::Queries(_) => {
            let metrics: Vec<Value> = alarm.entries().map(event_entry).collect();
            json!({ "metrics": metrics })
        }
    }
}

/// Named as the members of `DescribeAlarms`, in the case of events.
fn scheduled_query(query: &str) -> Value {
    json!({"scheduledQueryConfiguration": {"queryString": query, "aggregationExpression": "count(*)"}})
}

fn metric_entry(id: &str, metric: &Metric, returns: bool) -> Value {
    json!({
        "id": id,
        "metricStat": {
            "metric": {
                "namespace": metric.namespace,
                "name": metric.name,
                "dimensions": metric.dimensions,
            },
            "period": PERIOD,
            "stat": "Maximum",
        },
        "returnData": returns,
    })
}

/// CloudWatch's users name metrics `m1`, `m2` and expressions `e1`, `e2`; the last one is compared.
pub(super) fn entries(queries: &[Query]) -> impl Iterator<Item = (String, &Query, bool)> {
    let (mut metrics, mut expressions) = (0, 0);
    let last = queries.len().saturating_sub(1);
    queries.iter().enumerate().map(move |(index, query)| {
        let id = match query {
            Query::Metric(_) => {
                metrics += 1;
                format!("m{metrics}")
            }
            Query::Expression(_) => {
                expressions += 1;
                format!("e{expressions}")
            }
        };
        (id, query, index == last)
    })
}

fn event_entry((id, query, returns): (String, &Query, bool)) -> Value {
    match query {
        Query::Metric(metric) => metric_entry(&id, metric, returns),
        Query::Expression(expression) => {
            json!({"id": id, "expression": expression, "label": id, "returnData": returns})
        }
    }
}

fn sns_entry((id, query, returns): (String, &Query, bool)) -> Value {
    match query {
        Query::Expression(expression) => {
            json!({"Id": id, "Expression": expression, "Label": id, "ReturnData": returns})
        }
        Query::Metric(metric) => json!({
            "Id": id,
            "MetricStat": {
                "Metric": {
                    "Dimensions": dimensions(metric),
                    "MetricName": metric.name,
                    "Namespace": metric.namespace,
                },
                "Period": PERIOD,
                "Stat": "Maximum",
            },
            "ReturnData": returns,
        }),
    }
}

fn single_trigger(metric: &Metric) -> Value {
    json!({
        "MetricName": metric.name,
        "Namespace": metric.namespace,
        "StatisticType": "Statistic",
        "Statistic": "MAXIMUM",
        "Unit": null,
        "Dimensions": dimensions(metric),
        "Period": PERIOD,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Threshold": 1.0,
        "TreatMissingData": "missing",
        "EvaluateLowSampleCountPercentile": "",
    })
}

/// A list in SNS's messages, with lower-case keys.
fn dimensions(metric: &Metric) -> Value {
    let dimensions = metric.dimensions.iter();
    dimensions
        .map(|(name, value)| json!({"value": value, "name": name}))
        .collect()
}

/// The same children as in `reasonData`; the member names are from memory of the user guide.
fn triggering_children(alarm: &Alarm) -> Value {
    let data = alarm.reason_data.as_deref().unwrap_or("{}");
    let data: Value = serde_json::from_str(data).unwrap_or_default();
    let children = data["triggeringAlarms"].as_array().into_iter().flatten();
    children
        .map(|child| json!({"Arn": child["arn"], "State": {"Value": child["state"]["value"]}}))
        .collect()
}

fn tags(alarm: &Alarm) -> Value {
    let tags = alarm.tags.iter();
    let tags: Map<String, Value> = tags
        .map(|tag| (tag.key.clone(), json!(tag.value)))
        .collect();
    Value::Object(tags)
}

/// 16 hexadecimal digits that depend on the attributes alone.
fn contributor_id(attributes: &BTreeMap<String, String>) -> String {
    let texts = attributes.iter().flat_map(|(key, value)| [key, value]);
    let bytes = texts.flat_map(|text| text.bytes().chain([0]));
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}
