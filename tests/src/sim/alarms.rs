//! CloudWatch alarms: what one is, and how it comes into a state.
//!
//! A test sets the state of an alarm by name. Two kinds follow by themselves: alarms on the status
//! checks of an instance, after [`super::Settings::status_alarm_delay`], and composites, at once. Each
//! change is told to EventBridge and to the alarm's actions, once.

mod describe;
mod payload;
mod rule;

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::{
    api::{Ec2Error, InstanceState, Tag},
    model::Model,
    timers::Due,
};
pub use describe::{AlarmPage, DescribeAlarms, DescribeAlarmsForMetric};
use rule::Rule;

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
    /// The contributors of a Metrics Insights alarm, by their attributes.
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
            Watched::Rule(_) => (None, &[]),
        };
        let of_queries = queries.iter().filter_map(|query| match query {
            Query::Metric(metric) => Some(metric),
            Query::Expression(_) => None,
        });
        single.into_iter().chain(of_queries)
    }

    fn rule(&self) -> Option<Rule> {
        match &self.watched {
            Watched::Rule(text) => Rule::parse(text),
            _ => None,
        }
    }

    /// What it should be in when it looks at the status checks of an instance: the metric says that one
    /// of the two, or this one, fails.
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

impl Model {
    pub(super) fn put_alarm(&mut self, mut alarm: Alarm, account: &str) -> Result<(), Ec2Error> {
        if let Watched::Rule(text) = &alarm.watched
            && Rule::parse(text).is_none()
        {
            let message = format!("Error in AlarmRule: unsupported expression {text}");
            return Err(Ec2Error::new("ValidationError", message));
        }
        let (region, name) = (&self.region.name, alarm.name.clone());
        alarm.arn = format!("arn:aws:cloudwatch:{region}:{account}:alarm:{name}");
        alarm.since = self.now;
        self.alarms.insert(name, alarm);
        Ok(())
    }

    /// Puts an alarm into a state; nothing is told when it is in it already.
    pub(super) fn set_alarm(&mut self, name: &str, state: AlarmState) {
        let reason = match state {
            AlarmState::Alarm => {
                "Threshold Crossed: 1 out of the last 1 datapoints [1.0] was greater than or equal to \
                 the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition)."
            }
            AlarmState::Ok => {
                "Threshold Crossed: 1 out of the last 1 datapoints [0.0] was not greater than or equal \
                 to the threshold (1.0) (minimum 1 datapoint for ALARM -> OK transition)."
            }
            AlarmState::InsufficientData => "Insufficient Data: 1 datapoint was unknown.",
        };
        self.change_alarm(name, state, reason, None);
        self.follow_children();
    }

    fn change_alarm(
        &mut self,
        name: &str,
        state: AlarmState,
        reason: &str,
        reason_data: Option<String>,
    ) {
        let now = self.now;
        let Some(alarm) = self.alarms.get_mut(name).filter(|it| it.state != state) else {
            return;
        };
        let previous = alarm.clone();
        alarm.state = state;
        alarm.since = now;
        reason.clone_into(&mut alarm.reason);
        alarm.reason_data = reason_data;
        self.alarm_changes.push(AlarmChange {
            alarm: alarm.clone(),
            previous: Some(previous),
            contributor: None,
        });
    }

    /// Suppresses the actions of an alarm, or lets them be carried out again: then an alarm that fires
    /// tells its state anew, from ALARM to ALARM (Powertools' sample of a composite alarm).
    pub(super) fn suppress_alarm(&mut self, name: &str, by: Option<&str>) {
        let Some(alarm) = self.alarms.get_mut(name) else {
            return;
        };
        let previous = alarm.clone();
        alarm.suppressed_by = by.map(str::to_owned);
        if by.is_none() && previous.suppressed_by.is_some() && alarm.state == AlarmState::Alarm {
            self.alarm_changes.push(AlarmChange {
                alarm: alarm.clone(),
                previous: Some(previous),
                contributor: None,
            });
        }
    }

    /// Puts one time series of a Metrics Insights alarm into a state; the alarm is in ALARM as long as
    /// one of them is.
    pub(super) fn set_contributor(
        &mut self,
        name: &str,
        attributes: &BTreeMap<String, String>,
        state: AlarmState,
    ) {
        let Some(alarm) = self.alarms.get_mut(name) else {
            return;
        };
        if alarm.contributors.insert(attributes.clone(), state) == Some(state) {
            return;
        }
        self.alarm_changes.push(AlarmChange {
            alarm: alarm.clone(),
            previous: None,
            contributor: Some((attributes.clone(), state)),
        });
        let all = alarm.contributors.len();
        let firing = alarm.contributors.values();
        let firing = firing.filter(|it| **it == AlarmState::Alarm).count();
        let (count, state) = match firing {
            0 => (all, AlarmState::Ok),
            firing => (firing, AlarmState::Alarm),
        };
        let reason = format!(
            "{count} out of {all} time series evaluated to {}",
            state.name()
        );
        self.change_alarm(name, state, &reason, None);
        self.follow_children();
    }

    /// Plans to look at the alarms on an instance's status checks, if there are any.
    pub(super) fn plan_status_alarms(&mut self, instance_id: &str) {
        let mut alarms = self.alarms.values();
        if alarms.any(|alarm| alarm.status_check(instance_id).is_some()) {
            let due = Due::StatusAlarms(instance_id.to_owned());
            self.timers
                .plan(self.now + self.settings.status_alarm_delay, due);
        }
    }

    /// An instance that does not run sends no data.
    pub(super) fn follow_status_checks(&mut self, instance_id: &str) {
        let instance = self.resources.instances.get(instance_id);
        let running = instance.filter(|it| it.state == InstanceState::Running);
        let state_for = |check: &str| {
            let failed = running.map(|it| match check {
                "_Instance" => it.impaired,
                "_System" => it.host_impaired,
                _ => it.impaired || it.host_impaired,
            });
            match failed {
                Some(true) => AlarmState::Alarm,
                Some(false) => AlarmState::Ok,
                None => AlarmState::InsufficientData,
            }
        };
        let found = self.alarms.values().filter_map(|alarm| {
            let check = alarm.status_check(instance_id)?;
            Some((alarm.name.clone(), state_for(check)))
        });
        for (name, state) in found.collect::<Vec<_>>() {
            self.set_alarm(&name, state);
        }
    }

    /// Composites follow those that they name; composites may name each other, so this ends after as
    /// many rounds as there are alarms.
    fn follow_children(&mut self) {
        for _ in 0..self.alarms.len() {
            let due: Vec<(String, AlarmState)> = self
                .alarms
                .values()
                .filter_map(|alarm| {
                    let state = alarm.rule()?.state(&self.alarms);
                    (state != alarm.state).then(|| (alarm.name.clone(), state))
                })
                .collect();
            if due.is_empty() {
                return;
            }
            for (name, state) in due {
                let (reason, data) = self.triggered(&name, state);
                self.change_alarm(&name, state, &reason, Some(data));
            }
        }
    }

    /// Why a composite is in a state: the children that are in it.
    fn triggered(&self, name: &str, state: AlarmState) -> (String, String) {
        let rule = self.alarms.get(name).and_then(Alarm::rule);
        let names = rule.map(|rule| rule.names()).unwrap_or_default();
        let children = names.iter().filter_map(|child| self.alarms.get(child));
        let children: Vec<&Alarm> = children.filter(|child| child.state == state).collect();
        let first = children.first().map_or("", |child| child.arn.as_str());
        let reason = format!(
            "{first} transitioned to {} at {}",
            state.name(),
            payload::timestamp(self.now)
        );
        (reason, payload::triggering(&children))
    }
}
