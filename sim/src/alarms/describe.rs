//! `DescribeAlarms`, `DescribeAlarmsForMetric` and `DescribeAlarmContributors`. Source: CloudWatch API reference.

use std::collections::{BTreeMap, BTreeSet};

use super::{ALARM_TYPES, Alarm, AlarmState, METRIC_ALARM, Watched};
use crate::{api::Ec2Error, model::Model};

/// `MaxRecords` when it is not given, and the most it can be.
const PAGE: usize = 50;
const LARGEST_PAGE: usize = 100;

/// `DescribeAlarms`. What is empty or absent does not narrow the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DescribeAlarms {
    /// Names that no alarm has are left out of the answer.
    pub alarm_names: Vec<String>,
    /// The beginning of a name.
    pub alarm_name_prefix: Option<String>,
    /// `MetricAlarm`, `CompositeAlarm`, `LogAlarm`; none: metric alarms only.
    pub alarm_types: Vec<String>,
    /// The state that they are in.
    pub state_value: Option<AlarmState>,
    /// Those that this composite names.
    pub children_of_alarm_name: Option<String>,
    /// How many on a page.
    pub max_records: Option<usize>,
    /// From the page before.
    pub next_token: Option<String>,
}

/// `DescribeAlarmsForMetric`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DescribeAlarmsForMetric {
    /// The metric's namespace.
    pub namespace: String,
    /// The metric's name.
    pub metric_name: String,
    /// All its dimensions.
    pub dimensions: BTreeMap<String, String>,
}

/// A page of alarms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlarmPage {
    /// `MetricAlarms`.
    pub metric: Vec<Alarm>,
    /// `CompositeAlarms`.
    pub composite: Vec<Alarm>,
    /// `LogAlarms`.
    pub log: Vec<Alarm>,
    /// `NextToken`.
    pub next_token: Option<String>,
}

impl DescribeAlarms {
    fn wants(&self, alarm: &Alarm, children: Option<&[String]>) -> bool {
        let kind = alarm.kind();
        let typed = match self.alarm_types.as_slice() {
            [] => kind == METRIC_ALARM,
            types => types.iter().any(|asked| asked == kind),
        };
        let prefix = self.alarm_name_prefix.as_deref().unwrap_or_default();
        typed
            && alarm.name.starts_with(prefix)
            && self.state_value.is_none_or(|state| state == alarm.state)
            && children.is_none_or(|children| children.contains(&alarm.name))
    }
}

impl Model {
    pub(crate) fn describe_alarms(&self, request: &DescribeAlarms) -> Result<AlarmPage, Ec2Error> {
        let most = request.max_records.unwrap_or(PAGE);
        if !(1..=LARGEST_PAGE).contains(&most) {
            let message = "MaxRecords is from 1 to 100.";
            return Err(Ec2Error::new("ValidationError", message));
        }
        let is_known = |asked: &&String| {
            ALARM_TYPES.contains(&asked.as_str())
                && !self.settings.unknown_alarm_types.contains(*asked)
        };
        if let Some(unknown) = request.alarm_types.iter().find(|asked| !is_known(asked)) {
            let message = format!(
                "Value '[{unknown}]' at 'alarmTypes' failed to satisfy constraint: Member must satisfy enum value set"
            );
            return Err(Ec2Error::new("ValidationError", message));
        }
        let parent = request.children_of_alarm_name.as_ref();
        let children = parent.map(|parent| {
            let rule = self.alarms.get(parent).and_then(Alarm::rule);
            rule.map(|rule| rule.names()).unwrap_or_default()
        });
        let named: BTreeSet<&String> = request.alarm_names.iter().collect();
        let all: Vec<&Alarm> = if named.is_empty() {
            self.alarms.values().collect()
        } else {
            let alarms = named.iter().filter_map(|name| self.alarms.get(*name));
            alarms.collect()
        };
        let found: Vec<&Alarm> = all
            .into_iter()
            .filter(|alarm| request.wants(alarm, children.as_deref()))
            .collect();
        let first = match &request.next_token {
            None => 0,
            Some(token) => found
                .iter()
                .position(|alarm| alarm.name == *token)
                .ok_or_else(|| Ec2Error::new("InvalidNextToken", "The token is not valid."))?,
        };
        let mut page = AlarmPage {
            next_token: found.get(first + most).map(|alarm| alarm.name.clone()),
            ..AlarmPage::default()
        };
        for alarm in found.into_iter().skip(first).take(most) {
            match alarm.watched {
                Watched::Rule(_) => page.composite.push(alarm.clone()),
                Watched::Logs(_) => page.log.push(alarm.clone()),
                Watched::Metric(_) | Watched::Queries(_) => page.metric.push(alarm.clone()),
            }
        }
        Ok(page)
    }

    /// The attributes of the contributors that are in `ALARM`, on one page.
    pub(crate) fn describe_alarm_contributors(
        &self,
        alarm_name: &str,
    ) -> Result<Vec<BTreeMap<String, String>>, Ec2Error> {
        let alarm = self.alarms.get(alarm_name).ok_or_else(|| Ec2Error {
            http_status: 404,
            ..Ec2Error::new("ResourceNotFoundException", "The alarm does not exist.")
        })?;
        let contributors = alarm.contributors.iter();
        let firing = contributors.filter(|(_, state)| **state == AlarmState::Alarm);
        Ok(firing.map(|(attributes, _)| attributes.clone()).collect())
    }

    /// Alarms on exactly this metric; metric math and composites are not among them.
    pub(crate) fn describe_alarms_for_metric(
        &self,
        request: &DescribeAlarmsForMetric,
    ) -> Vec<Alarm> {
        let on_it = |alarm: &&Alarm| match &alarm.watched {
            Watched::Metric(metric) => {
                metric.namespace == request.namespace
                    && metric.name == request.metric_name
                    && metric.dimensions == request.dimensions
            }
            _ => false,
        };
        self.alarms.values().filter(on_it).cloned().collect()
    }
}
