//! A CloudWatch alarm: its state, and what it measures. Plain data: what it means is decided elsewhere.

use crate::model::ids::InstanceId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The dimension in which a metric names its instance.
pub const INSTANCE_DIMENSION: &str = "InstanceId";

/// A metric with its dimensions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlarmMetric {
    /// `AWS/EC2`, or a namespace of the user's own.
    pub namespace: String,
    /// `StatusCheckFailed`.
    pub metric: String,
    /// By name.
    pub dimensions: BTreeMap<String, String>,
}

impl AlarmMetric {
    /// The instance that it measures, where it names a well-formed one.
    #[must_use]
    pub fn instance(&self) -> Option<InstanceId> {
        self.dimensions.get(INSTANCE_DIMENSION)?.parse().ok()
    }
}

/// The state of an alarm.
/// Source: CloudWatch API reference, `StateValue`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AlarmState {
    /// What it watches is as it should be.
    Ok,
    /// It is not.
    Alarm,
    /// There is no data. An instance that has ended sends none.
    InsufficientData,
    /// A state that AWS added later. It says neither that anything is well, nor that it is not.
    Unknown,
}

impl AlarmState {
    /// The state as CloudWatch writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
            Self::Unknown => "in a state that is not known here",
        }
    }
}

impl fmt::Display for AlarmState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// An alarm as CloudWatch describes it now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alarm {
    /// Its name: unique in the account and region.
    pub name: String,
    /// Its state now.
    pub state: AlarmState,
    /// Whose actions are suppressed, and by what: `WaitPeriod`, `ExtensionPeriod` or `Alarm`.
    pub suppressed_by: Option<String>,
    /// What it measures; empty for a composite and for a log alarm.
    pub metrics: Vec<AlarmMetric>,
    /// The rule of a composite.
    pub rule: Option<String>,
    /// Of one that watches many time series: the instances for which it fires, where that was asked.
    pub contributors: Option<BTreeSet<InstanceId>>,
}

impl Alarm {
    /// The instances that it names: those that it measures, and those of its time series for which it fires.
    pub fn instances(&self) -> impl Iterator<Item = InstanceId> {
        let measured = self.metrics.iter().filter_map(AlarmMetric::instance);
        let contributing = self.contributors.iter().flatten().cloned();
        measured.chain(contributing)
    }

    /// Whether it may watch many time series: a query of Metrics Insights names no metric of its own, and neither does
    /// a log alarm.
    #[must_use]
    pub fn may_have_contributors(&self) -> bool {
        self.metrics.is_empty() && self.rule.is_none()
    }

    /// Whether it is in `ALARM`.
    #[must_use]
    pub fn fires(&self) -> bool {
        self.state == AlarmState::Alarm
    }
}
