//! A CloudWatch alarm's event, whichever way it came. Plain data: what it means is decided elsewhere.

use crate::model::alarm::{AlarmMetric, AlarmState, INSTANCE_DIMENSION};
use crate::model::ids::InstanceId;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use time::OffsetDateTime;

/// An alarm that came into a state, or told its state again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmEvent {
    /// The alarm's name: unique in the account and region.
    pub name: String,
    /// The state it is in.
    pub state: AlarmState,
    /// The state it was in before, where the event says so.
    pub previous: Option<AlarmState>,
    /// When it came into the state.
    pub since: OffsetDateTime,
    /// The region, where the event says so.
    pub region: Option<String>,
    /// What keeps its actions from being carried out: `WaitPeriod`, `ExtensionPeriod` or `Alarm`, or
    /// `AlarmMuteRule` and its name.
    pub suppressed_by: Option<String>,
    /// The same, in the state before: an alarm that tells `ALARM` again when a suppression ends is one
    /// that nobody has acted on yet.
    pub previously_suppressed_by: Option<String>,
    /// What it measures: all metrics of a math or anomaly alarm, none for a composite.
    pub metrics: Vec<AlarmMetric>,
    /// The attributes of the contributors that came into the state, for an alarm that watches many time
    /// series, as one of Metrics Insights does.
    pub contributors: Vec<BTreeMap<String, String>>,
    /// The names of the child alarms that brought a composite into its state.
    pub children: Vec<String>,
    /// The alarm's own tags, where they are propagated.
    pub tags: BTreeMap<String, String>,
}

impl AlarmEvent {
    /// The instances that the event itself names.
    #[must_use]
    pub fn instances(&self) -> BTreeSet<InstanceId> {
        let measured = self.metrics.iter().filter_map(AlarmMetric::instance);
        let contributed = self.contributors.iter().filter_map(|attributes| {
            attributes
                .get(INSTANCE_DIMENSION)?
                .parse::<InstanceId>()
                .ok()
        });
        measured.chain(contributed).collect()
    }
}

impl fmt::Display for AlarmEvent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "alarm {} is now {}", self.name, self.state)
    }
}
