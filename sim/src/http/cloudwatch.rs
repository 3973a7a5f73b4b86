//! CloudWatch's `DescribeAlarms`, `DescribeAlarmsForMetric` and `DescribeAlarmContributors`, over the alarms of
//! the world: by Smithy's RPC protocol with CBOR, which the AWS SDKs speak, and by JSON 1.0. Source of names and errors:
//! CloudWatch API reference.

use super::cbor;
use super::server::Reply;
use crate::World;
use crate::alarms::{
    Alarm, AlarmAction, AlarmState, DescribeAlarms, DescribeAlarmsForMetric, Metric, Query, Watched,
};
use crate::api::{Caller, Ec2Error};
use serde::Deserialize;
use serde_json::{Value, json};

/// The service's name in paths and targets.
pub(super) const NAMESPACE: &str = "GraniteServiceVersion20100801";
pub(super) const CBOR: &str = "application/cbor";
const JSON: &str = "application/x-amz-json-1.0";

/// How a call came, and how it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Cbor,
    Json,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Alarms {
    #[serde(default)]
    alarm_names: Vec<String>,
    alarm_name_prefix: Option<String>,
    #[serde(default)]
    alarm_types: Vec<String>,
    state_value: Option<String>,
    children_of_alarm_name: Option<String>,
    max_records: Option<usize>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct AlarmsForMetric {
    metric_name: String,
    namespace: String,
    #[serde(default)]
    dimensions: Vec<Dimension>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct AlarmContributors {
    alarm_name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Dimension {
    name: String,
    value: String,
}

/// One CloudWatch call.
pub(super) fn call(
    world: &mut World,
    caller: &Caller,
    action: &str,
    parameters: &Value,
    encoding: Encoding,
) -> Reply {
    let answer = match action {
        "DescribeAlarms" => describe(world, caller, parameters),
        "DescribeAlarmsForMetric" => describe_for_metric(world, caller, parameters),
        "DescribeAlarmContributors" => describe_contributors(world, caller, parameters),
        other => Err(Ec2Error::new(
            "UnknownOperationException",
            format!("the simulator does not model {other}"),
        )),
    };
    match answer {
        Ok(answer) => reply(200, &answer, None, encoding),
        Err(error) => refusal(&error, encoding),
    }
}

/// A refusal in the form of the call.
pub(super) fn refusal(error: &Ec2Error, encoding: Encoding) -> Reply {
    let body = json!({"__type": error.code, "message": error.message});
    reply(error.http_status, &body, Some(error.code.clone()), encoding)
}

fn reply(status: u16, body: &Value, refused: Option<String>, encoding: Encoding) -> Reply {
    let (content_type, written) = match encoding {
        Encoding::Json => (JSON, Ok(body.to_string().into_bytes())),
        Encoding::Cbor => (CBOR, cbor::write(body)),
    };
    match written {
        Ok(body) => Reply {
            status,
            content_type,
            body: body.into(),
            refused,
            headers: Vec::new(),
        },
        Err(error) => Reply {
            status: 500,
            content_type: "text/plain",
            body: format!("the simulator cannot write its answer: {error}").into(),
            refused: Some("InternalFailure".to_owned()),
            headers: Vec::new(),
        },
    }
}

fn read<'a, T: Deserialize<'a>>(parameters: &'a Value) -> Result<T, Ec2Error> {
    T::deserialize(parameters).map_err(|error| invalid(&error.to_string()))
}

fn invalid(message: &str) -> Ec2Error {
    Ec2Error::new("ValidationError", message)
}

fn describe(world: &mut World, caller: &Caller, parameters: &Value) -> Result<Value, Ec2Error> {
    let asked: Alarms = read(parameters)?;
    let state_value = match asked.state_value.as_deref() {
        None => None,
        Some(name) => Some(
            AlarmState::named(name).ok_or_else(|| invalid(&format!("no state is named {name}")))?,
        ),
    };
    let request = DescribeAlarms {
        alarm_names: asked.alarm_names,
        alarm_name_prefix: asked.alarm_name_prefix,
        alarm_types: asked.alarm_types,
        state_value,
        children_of_alarm_name: asked.children_of_alarm_name,
        max_records: asked.max_records,
        next_token: asked.next_token,
    };
    let page = world.describe_alarms(caller, &request)?;
    let mut answer = json!({
        "MetricAlarms": page.metric.iter().map(alarm).collect::<Vec<_>>(),
        "CompositeAlarms": page.composite.iter().map(alarm).collect::<Vec<_>>(),
        "LogAlarms": page.log.iter().map(alarm).collect::<Vec<_>>(),
    });
    if let Some(token) = page.next_token {
        answer["NextToken"] = token.into();
    }
    Ok(answer)
}

fn describe_for_metric(
    world: &World,
    caller: &Caller,
    parameters: &Value,
) -> Result<Value, Ec2Error> {
    let asked: AlarmsForMetric = read(parameters)?;
    let dimensions = asked.dimensions.into_iter();
    let request = DescribeAlarmsForMetric {
        namespace: asked.namespace,
        metric_name: asked.metric_name,
        dimensions: dimensions.map(|it| (it.name, it.value)).collect(),
    };
    let found = world.describe_alarms_for_metric(caller, &request)?;
    Ok(json!({ "MetricAlarms": found.iter().map(alarm).collect::<Vec<_>>() }))
}

/// Its ids are not CloudWatch's: nothing hangs on them.
fn describe_contributors(
    world: &World,
    caller: &Caller,
    parameters: &Value,
) -> Result<Value, Ec2Error> {
    let asked: AlarmContributors = read(parameters)?;
    let found = world.describe_alarm_contributors(caller, &asked.alarm_name)?;
    let contributors = found.iter().enumerate().map(|(number, attributes)| {
        json!({
            "ContributorId": number.to_string(),
            "ContributorAttributes": attributes,
            "StateReason": "Threshold Crossed",
        })
    });
    Ok(json!({ "AlarmContributors": contributors.collect::<Vec<_>>() }))
}

/// Times are whole seconds here.
fn alarm(described: &Alarm) -> Value {
    let since = described.since.unix_timestamp();
    let actions = described.actions.iter().map(|action| match action {
        AlarmAction::Lambda => "arn:aws:lambda:us-east-1:111122223333:function:told",
        AlarmAction::Sns => "arn:aws:sns:us-east-1:111122223333:alarms",
    });
    let mut answer = json!({
        "AlarmName": described.name,
        "AlarmArn": described.arn,
        "ActionsEnabled": described.actions_enabled,
        "OKActions": [],
        "AlarmActions": actions.collect::<Vec<_>>(),
        "InsufficientDataActions": [],
        "StateValue": described.state.name(),
        "StateReason": described.reason,
        "StateUpdatedTimestamp": since,
        "StateTransitionedTimestamp": since,
    });
    if described.tags_propagate {
        answer["ActionConfiguration"] = json!({ "AlarmTagsPropagation": { "Enabled": true } });
    }
    if let Some(data) = &described.reason_data {
        answer["StateReasonData"] = json!(data);
    }
    match &described.watched {
        Watched::Rule(rule) => {
            answer["AlarmRule"] = json!(rule);
            if let Some(by) = &described.suppressed_by {
                answer["ActionsSuppressedBy"] = json!(by);
            }
        }
        Watched::Metric(metric) => {
            answer["MetricName"] = json!(metric.name);
            answer["Namespace"] = json!(metric.namespace);
            answer["Dimensions"] = dimensions(metric);
            answer["Statistic"] = json!("Maximum");
            answer["Period"] = json!(60);
            answer["EvaluationPeriods"] = json!(1);
        }
        Watched::Logs(query) => {
            answer["ScheduledQueryConfiguration"] = json!({
                "QueryString": query,
                "AggregationExpression": "count(*)",
                "LogGroupIdentifiers": ["application"],
                "ScheduledQueryRoleARN": "arn:aws:iam::111122223333:role/queries",
                "ScheduleConfiguration": {
                    "ScheduleExpression": "rate(1 minute)", "StartTimeOffset": 60,
                },
            });
            answer["QueryResultsToEvaluate"] = json!(1);
            answer["QueryResultsToAlarm"] = json!(1);
            answer["Threshold"] = json!(1.0);
            answer["ComparisonOperator"] = json!("GreaterThanOrEqualToThreshold");
        }
        Watched::Queries(_) => {
            let entries = described.entries();
            answer["Metrics"] = entries
                .map(|(id, query, returns)| entry(&id, query, returns))
                .collect();
            answer["EvaluationPeriods"] = json!(1);
        }
    }
    answer
}

fn entry(id: &str, query: &Query, returns: bool) -> Value {
    match query {
        Query::Expression(expression) => {
            json!({"Id": id, "Expression": expression, "Label": id, "ReturnData": returns})
        }
        Query::Metric(metric) => json!({
            "Id": id,
            "MetricStat": {
                "Metric": {
                    "Namespace": metric.namespace,
                    "MetricName": metric.name,
                    "Dimensions": dimensions(metric),
                },
                "Period": 60,
                "Stat": "Maximum",
            },
            "ReturnData": returns,
        }),
    }
}

fn dimensions(metric: &Metric) -> Value {
    let dimensions = metric.dimensions.iter();
    dimensions
        .map(|(name, value)| json!({"Name": name, "Value": value}))
        .collect()
}
