//! CloudWatch alarms: what one is, and how it comes into a state.
//!
//! A test sets the state of an alarm by name. Two kinds follow by themselves: alarms on the status
//! checks of an instance, after [`super::Settings::status_alarm_delay`], and composites, at once. Each
//! change is told to EventBridge and to the alarm's actions, once.

mod describe;
mod payload;
mod rule;
mod states;

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::api::Tag;
pub use describe::{AlarmPage, DescribeAlarms, DescribeAlarmsForMetric};
use rule::Rule;

/// The types that a decision here hangs on. All three: CloudWatch API reference, `DescribeAlarms`, `AlarmTypes`.
const METRIC_ALARM: &str = "MetricAlarm";
const LOG_ALARM: &str = "LogAlarm";
const ALARM_TYPES: [&str; 3] = [METRIC_ALARM, "CompositeAlarm", LOG_ALARM];

/// CloudWatch's alarm states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmState {
    /// `OK`.
    Ok,
    /// `ALARM`.
    Alarm,
    /// `INSUFFICIENT_DATA`.
    InsufficientData,
}

impl AlarmState {
    const ALL: [Self; 3] = [Self::Ok, Self::Alarm, Self::InsufficientData];

    /// As CloudWatch writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// A metric with its dimensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    /// `AWS/EC2`, ...
    pub namespace: String,
    /// `StatusCheckFailed`, ...
    pub name: String,
    /// By name.
    pub dimensions: BTreeMap<String, String>,
}

impl Metric {
    /// A metric of one instance.
    #[must_use]
    pub fn of_instance(namespace: &str, name: &str, instance_id: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            dimensions: [("InstanceId".to_owned(), instance_id.to_owned())].into(),
        }
    }
}

/// One entry of a metric math alarm: a metric, or an expression over others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// `m1`: a metric.
    Metric(Metric),
    /// `e1`: `m1 + m2`, `ANOMALY_DETECTION_BAND(m1)`, or Metrics Insights' `SELECT ...`.
    Expression(String),
}

/// What an alarm looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watched {
    /// A single metric.
    Metric(Metric),
    /// Metric math; the last entry is the one that is compared.
    Queries(Vec<Query>),
    /// Other alarms: `ALARM(one) OR ALARM(other)`.
    Rule(String),
    /// Logs: the query string of a scheduled query. Each of its groups is a contributor.
    Logs(String),
}

/// Who is told of an alarm's changes beside EventBridge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmAction {
    /// A Lambda function, by CloudWatch itself.
    Lambda,
    /// An SNS topic to which a Lambda function is subscribed.
    Sns,
}

/// An alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// Unique in the account and Region.
    pub name: String,
    /// Set when it is put into a world.
    pub arn: String,
    /// What it looks at.
    pub watched: Watched,
    /// Its state.
    pub state: AlarmState,
    /// Since when.
    pub since: OffsetDateTime,
    /// Why, for people.
    pub reason: String,
    /// Why, as a JSON text.
    pub reason_data: Option<String>,
    /// `WaitPeriod`, `ExtensionPeriod` or `Alarm` while its actions are suppressed.
    pub suppressed_by: Option<String>,
    /// Whether its actions are carried out.
    pub actions_enabled: bool,
    /// Its actions.
    pub actions: Vec<AlarmAction>,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// Whether its events carry its tags (`AlarmTagsPropagation`).
    pub tags_propagate: bool,
    /// The contributors of a Metrics Insights or log alarm, by their attributes.
    pub contributors: BTreeMap<BTreeMap<String, String>, AlarmState>,
}

impl Alarm {
    /// An alarm with no state yet.
    #[must_use]
    pub fn new(name: &str, watched: Watched) -> Self {
        Self {
            name: name.to_owned(),
            arn: String::new(),
            watched,
            state: AlarmState::InsufficientData,
            since: OffsetDateTime::UNIX_EPOCH,
            reason: "Unchecked: Initial alarm creation".to_owned(),
            reason_data: None,
            suppressed_by: None,
            actions_enabled: true,
            actions: Vec::new(),
            tags: Vec::new(),
            tags_propagate: false,
            contributors: BTreeMap::new(),
        }
    }

    /// An alarm on one metric of an instance.
    #[must_use]
    pub fn on_instance(name: &str, namespace: &str, metric: &str, instance_id: &str) -> Self {
        let metric = Metric::of_instance(namespace, metric, instance_id);
        Self::new(name, Watched::Metric(metric))
    }

    /// An alarm that follows the status checks of an instance.
    #[must_use]
    pub fn on_status_checks(name: &str, instance_id: &str) -> Self {
        Self::on_instance(name, "AWS/EC2", "StatusCheckFailed", instance_id)
    }

    /// A metric math alarm.
    #[must_use]
    pub fn on_queries(name: &str, queries: Vec<Query>) -> Self {
        Self::new(name, Watched::Queries(queries))
    }

    /// A composite alarm.
    #[must_use]
    pub fn composite(name: &str, rule: &str) -> Self {
        Self::new(name, Watched::Rule(rule.to_owned()))
    }

    /// A log alarm.
    #[must_use]
    pub fn on_logs(name: &str, query: &str) -> Self {
        Self::new(name, Watched::Logs(query.to_owned()))
    }

    /// Its type, as `DescribeAlarms` takes it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.watched {
            Watched::Metric(_) | Watched::Queries(_) => METRIC_ALARM,
            Watched::Rule(_) => "CompositeAlarm",
            Watched::Logs(_) => LOG_ALARM,
        }
    }

    /// With an action.
    #[must_use]
    pub fn telling(mut self, action: AlarmAction) -> Self {
        self.actions.push(action);
        self
    }

    /// With a tag that its events carry.
    #[must_use]
    pub fn tagged(mut self, key: &str, value: &str) -> Self {
        self.tags.push(Tag::new(key, value));
        self.tags_propagate = true;
        self
    }

    /// The metrics that it looks at.
    pub fn metrics(&self) -> impl Iterator<Item = &Metric> {
        let (single, queries): (Option<&Metric>, &[Query]) = match &self.watched {
            Watched::Metric(metric) => (Some(metric), &[]),
            Watched::Queries(queries) => (None, queries),
            Watched::Rule(_) | Watched::Logs(_) => (None, &[]),
        };
        let of_queries = queries.iter().filter_map(|query| match query {
            Query::Metric(metric) => Some(metric),
            Query::Expression(_) => None,
        });
        single.into_iter().chain(of_queries)
    }

    /// The entries of a metric math alarm, each with its id and whether it is the one that is compared.
    pub fn entries(&self) -> impl Iterator<Item = (String, &Query, bool)> {
        let queries: &[Query] = match &self.watched {
            Watched::Queries(queries) => queries,
            Watched::Metric(_) | Watched::Rule(_) | Watched::Logs(_) => &[],
        };
        payload::entries(queries)
    }

    fn rule(&self) -> Option<Rule> {
        match &self.watched {
            Watched::Rule(text) => Rule::parse(text),
            _ => None,
        }
    }

    /// Which status check of an instance it looks at: `_Instance`, `_System`, or nothing for both.
    fn status_check(&self, instance_id: &str) -> Option<&str> {
        let Watched::Metric(metric) = &self.watched else {
            return None;
        };
        let own = metric
            .dimensions
            .get("InstanceId")
            .is_some_and(|it| it == instance_id);
        let check = metric.name.strip_prefix("StatusCheckFailed");
        check.filter(|_| own && metric.namespace == "AWS/EC2")
    }
}

/// A change of an alarm that is to be told.
#[derive(Clone, Debug)]
pub(super) struct AlarmChange {
    /// As it is now.
    pub(super) alarm: Alarm,
    /// What it was; `None` where a contributor changed.
    pub(super) previous: Option<Alarm>,
    /// The contributor that changed, and the state it is in.
    pub(super) contributor: Option<(BTreeMap<String, String>, AlarmState)>,
}
