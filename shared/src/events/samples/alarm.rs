//! Alarms for tests, made up: what an alarm is about is said once, and written as `EventBridge`, a direct
//! action or SNS would write it.

use super::{bridge, topic};
use serde_json::{Value, json};

/// An alarm under construction.
#[derive(Debug, Clone)]
pub(in crate::events) struct Alarm {
    name: &'static str,
    state: Value,
    previous: &'static str,
    metrics: Vec<(&'static str, Vec<(&'static str, &'static str)>)>,
    expression: Option<&'static str>,
    rule: Option<&'static str>,
    children: Vec<&'static str>,
    contributor: Option<Value>,
    tags: Option<Value>,
    muted_by: Option<&'static str>,
}

/// An alarm that came into `ALARM`, so far about nothing.
pub(in crate::events) fn alarm(name: &'static str) -> Alarm {
    Alarm {
        name,
        state: json!({"value": "ALARM", "timestamp": "2026-01-31T12:00:00.250+0000"}),
        previous: "OK",
        metrics: Vec::new(),
        expression: None,
        rule: None,
        children: Vec::new(),
        contributor: None,
        tags: None,
        muted_by: None,
    }
}

/// One alarm of each kind, by each way.
pub(super) fn one_of_each() -> Vec<Value> {
    kinds()
        .iter()
        .flat_map(|kind| [kind.by_rule(), kind.by_action(), kind.by_topic()])
        .collect()
}

/// One alarm of each kind.
pub(in crate::events) fn kinds() -> Vec<Alarm> {
    vec![
        alarm("gateway-a").measuring("StatusCheckFailed", &[("InstanceId", "i-0c3")]),
        alarm("traffic")
            .computed("m1 + m2")
            .measuring("NetworkIn", &[("InstanceId", "i-0c3")])
            .measuring("NetworkOut", &[("InstanceId", "i-0c3")]),
        alarm("band")
            .computed("ANOMALY_DETECTION_BAND(m1, 2)")
            .measuring("CPUUtilization", &[("InstanceId", "i-0c3")]),
        alarm("both").composite("ALARM(one) AND ALARM(two)", &["one", "two"]),
        alarm("fleet")
            .computed("SELECT MAX(StatusCheckFailed) FROM \"AWS/EC2\" GROUP BY InstanceId")
            .contributor(&json!({"InstanceId": "i-0c3"})),
        alarm("tagged").tagged(&json!({"holdfast:group": "web"})),
    ]
}

impl Alarm {
    /// It measures a metric of `AWS/EC2` with these dimensions.
    pub(in crate::events) fn measuring(
        mut self,
        metric: &'static str,
        dimensions: &[(&'static str, &'static str)],
    ) -> Self {
        self.metrics.push((metric, dimensions.to_vec()));
        self
    }

    /// It looks at what an expression makes of its metrics, which are not looked at themselves.
    pub(in crate::events) fn computed(mut self, expression: &'static str) -> Self {
        self.expression = Some(expression);
        self
    }

    pub(in crate::events) fn composite(
        mut self,
        rule: &'static str,
        children: &[&'static str],
    ) -> Self {
        self.rule = Some(rule);
        self.children = children.to_vec();
        self
    }

    pub(in crate::events) fn contributor(mut self, attributes: &Value) -> Self {
        self.contributor = Some(attributes.clone());
        self
    }

    pub(in crate::events) fn tagged(mut self, tags: &Value) -> Self {
        self.tags = Some(tags.clone());
        self
    }

    pub(in crate::events) fn muted_by(mut self, rule: &'static str) -> Self {
        self.muted_by = Some(rule);
        self
    }

    pub(in crate::events) fn previously(mut self, state: &'static str) -> Self {
        self.previous = state;
        self
    }

    /// With `field` of its state set otherwise.
    pub(in crate::events) fn state(mut self, field: &str, value: Value) -> Self {
        self.state[field] = value;
        self
    }

    /// As EventBridge delivers it.
    pub(in crate::events) fn by_rule(&self) -> Value {
        let detail_type = match self.contributor {
            Some(_) => "CloudWatch Alarm Contributor State Change",
            None => "CloudWatch Alarm State Change",
        };
        let mut event = bridge(detail_type, "aws.cloudwatch", self.document());
        event["resources"] = json!([arn(self.name)]);
        event
    }

    /// As a function that is the alarm's action gets it.
    pub(in crate::events) fn by_action(&self) -> Value {
        json!({
            "source": "aws.cloudwatch",
            "alarmArn": arn(self.name),
            "accountId": "111122223333",
            "time": "2026-01-31T12:00:00.500+0000",
            "region": "eu-west-1",
            "alarmData": self.document(),
        })
    }

    /// As SNS delivers it.
    pub(in crate::events) fn by_topic(&self) -> Value {
        topic(&self.message().to_string())
    }

    fn document(&self) -> Value {
        let mut document = json!({
            "alarmName": self.name,
            "state": self.state,
            "previousState": {"value": self.previous},
            "configuration": {"metrics": self.metrics_of_a_document()},
        });
        if let Some(rule) = self.rule {
            let child = |child| json!({"arn": arn(child), "state": {"value": "ALARM"}});
            let children: Value = self.children.iter().copied().map(child).collect();
            let reason = json!({"triggeringAlarms": children}).to_string();
            document["state"]["reasonData"] = json!(reason);
            document["configuration"] = json!({"alarmRule": rule});
        }
        if let Some(attributes) = &self.contributor {
            document["alarmContributor"] = json!({"id": "6d44", "attributes": attributes});
        }
        if let Some(tags) = &self.tags {
            document["alarmTags"] = tags.clone();
            document["alarmTagsStatus"] = json!("SUCCESS");
        }
        if let Some(rule) = self.muted_by {
            let rule = format!("arn:aws:cloudwatch:eu-west-1:111122223333:alarm-mute-rule:{rule}");
            document["muteDetail"] = json!({"mutedByArn": rule});
        }
        document
    }

    fn metrics_of_a_document(&self) -> Value {
        let computed = |expression| json!({"id": "e1", "expression": expression});
        let metrics = self.metrics.iter().map(|(metric, dimensions)| {
            let dimensions: Value = dimensions
                .iter()
                .map(|(name, value)| ((*name).to_owned(), json!(value)))
                .collect();
            let metric = json!({"namespace": "AWS/EC2", "name": metric, "dimensions": dimensions});
            let is_looked_at = self.expression.is_none();
            json!({"id": "m", "metricStat": {"metric": metric}, "returnData": is_looked_at})
        });
        self.expression
            .into_iter()
            .map(computed)
            .chain(metrics)
            .collect()
    }

    fn message(&self) -> Value {
        let mut message = json!({
            "AlarmName": self.name,
            "AlarmArn": arn(self.name),
            "NewStateValue": self.state["value"],
            "OldStateValue": self.previous,
            "StateChangeTime": self.state["timestamp"],
            "Region": "EU (Ireland)",
            "Trigger": self.trigger_of_a_message(),
        });
        if let Some(rule) = self.rule {
            let child = |child| json!({"Arn": arn(child), "State": {"Value": "ALARM"}});
            message["AlarmRule"] = json!(rule);
            message["TriggeringChildren"] = self.children.iter().copied().map(child).collect();
        }
        if let Some(attributes) = &self.contributor {
            message["AlarmContributorId"] = json!("6d44");
            message["AlarmContributorAttributes"] = attributes.clone();
        }
        if let Some(tags) = &self.tags {
            message["AlarmTags"] = tags.clone();
            message["AlarmTagsStatus"] = json!("SUCCESS");
        }
        message
    }

    fn trigger_of_a_message(&self) -> Value {
        let mut metrics = self.metrics.iter().map(|(metric, dimensions)| {
            let dimensions: Value = dimensions
                .iter()
                .map(|(name, value)| json!({"value": value, "name": name}))
                .collect();
            json!({"Namespace": "AWS/EC2", "MetricName": metric, "Dimensions": dimensions})
        });
        let Some(expression) = self.expression else {
            return metrics.next().unwrap_or_default();
        };
        let metrics = metrics.map(|metric| json!({"MetricStat": {"Metric": metric}}));
        let computed = std::iter::once(json!({"Expression": expression}));
        let all: Value = computed.chain(metrics).collect();
        json!({"Metrics": all})
    }
}

fn arn(alarm: &str) -> String {
    format!("arn:aws:cloudwatch:eu-west-1:111122223333:alarm:{alarm}")
}
