//! Reading alarms from CloudWatch.
//!
//! Races with the alarms themselves, which change on their own: an answer tells how one is at that moment.

use super::actions::{DESCRIBE_ALARM_CONTRIBUTORS, DESCRIBE_ALARMS};
use super::connections::opening::open;
use super::failure::unreadable;
use super::read::said;
use super::{Aws, failure};
use aws_sdk_cloudwatch::operation::describe_alarms::DescribeAlarmsOutput;
use aws_sdk_cloudwatch::operation::describe_alarms::builders::DescribeAlarmsFluentBuilder;
use aws_sdk_cloudwatch::types::{
    ActionsSuppressedBy, AlarmContributor, AlarmType, CompositeAlarm, Dimension, LogAlarm,
    MetricAlarm, StateValue,
};
use futures_util::future::try_join_all;
use holdfast::cloud::CloudError;
use holdfast::cloud::health::{
    AlarmFilter, AlarmPage, ReadAlarmContributors, ReadAlarmPages, ReadAlarms,
};
use holdfast::model::alarm::Alarm;
use holdfast::model::alarm::{AlarmMetric, AlarmState};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

/// Source: CloudWatch API reference, `DescribeAlarms`, `AlarmNames` and `MaxRecords`.
const MAX_NAMED: usize = 100;
const MAX_IN_A_PAGE: i32 = 100;

/// All types of alarms, and those that every endpoint knows.
pub(super) const TYPES: [AlarmType; 3] = [
    AlarmType::MetricAlarm,
    AlarmType::CompositeAlarm,
    AlarmType::LogAlarm,
];
const TYPES_BEFORE_LOGS: [AlarmType; 2] = [AlarmType::MetricAlarm, AlarmType::CompositeAlarm];

impl ReadAlarms for Aws {
    async fn alarms(&self, names: &[String]) -> Result<Vec<Alarm>, CloudError> {
        let found = names.chunks(MAX_NAMED).map(|some| self.alarms_named(some));
        let found = try_join_all(found).await?;
        Ok(found.into_iter().flatten().collect())
    }

    fn reads_log_alarms(&self) -> bool {
        !self.log_alarms_refused.load(Ordering::Relaxed)
    }
}

impl ReadAlarmContributors for Aws {
    /// The client has no pages of its own for this action. Only the first page may be refused: what is
    /// refused later is not all that there is.
    async fn contributors(&self, alarm: &str) -> Result<Vec<BTreeMap<String, String>>, CloudError> {
        let mut found = Vec::new();
        let mut next_token = None;
        loop {
            let is_first = next_token.is_none();
            let answer = self
                .alarms
                .describe_alarm_contributors()
                .alarm_name(alarm)
                .set_next_token(next_token)
                .send()
                .await;
            let answer =
                match answer.map_err(|error| failure::of(DESCRIBE_ALARM_CONTRIBUTORS, error)) {
                    Err(CloudError::NotFound { .. } | CloudError::Refused(_)) if is_first => {
                        return Ok(found);
                    }
                    answer => answer?,
                };
            let contributors = answer.alarm_contributors().iter();
            let attributes = contributors.filter_map(AlarmContributor::contributor_attributes);
            found.extend(attributes.map(|them| them.clone().into_iter().collect()));
            next_token = said(answer.next_token()).map(str::to_owned);
            if next_token.is_none() {
                return Ok(found);
            }
        }
    }
}

impl ReadAlarmPages for Aws {
    async fn alarm_page(
        &self,
        which: AlarmFilter,
        after: Option<&str>,
    ) -> Result<AlarmPage, CloudError> {
        let state = match which {
            AlarmFilter::All => None,
            AlarmFilter::Firing => Some(StateValue::Alarm),
        };
        let asked = |alarms: DescribeAlarmsFluentBuilder| {
            alarms
                .set_state_value(state.clone())
                .set_next_token(after.map(str::to_owned))
        };
        let page = self.alarms_described(asked).await?;
        Ok(AlarmPage {
            alarms: alarms_in(&page)?,
            next: said(page.next_token()).map(str::to_owned),
        })
    }
}

impl Aws {
    /// Has a connection to CloudWatch open for the calls to come. Nothing is sent.
    pub(super) async fn open_alarms(&self) -> Result<(), CloudError> {
        let opened = open!(self.alarms.describe_alarms());
        opened.map_err(|error| failure::of(DESCRIBE_ALARMS, error))
    }

    /// A page of alarms of every type. Each type is asked for by name: left out, only metric alarms are given
    /// (CloudWatch API reference, `DescribeAlarms`, `AlarmTypes`). An endpoint that does not know log alarms yet refuses
    /// the word, and is asked again without it: for as long as the process lives, no call has it.
    async fn alarms_described<F>(&self, asked: F) -> Result<DescribeAlarmsOutput, CloudError>
    where
        F: Fn(DescribeAlarmsFluentBuilder) -> DescribeAlarmsFluentBuilder,
    {
        let of_types = |types: &[AlarmType]| {
            let alarms = self.alarms.describe_alarms().max_records(MAX_IN_A_PAGE);
            asked(alarms.set_alarm_types(Some(types.to_vec())))
        };
        if self.reads_log_alarms() {
            let answer = of_types(&TYPES).send().await;
            match answer.map_err(|error| failure::of(DESCRIBE_ALARMS, error)) {
                Err(CloudError::Refused(_)) => {}
                answer => return answer,
            }
        }
        let answer = of_types(&TYPES_BEFORE_LOGS).send().await;
        let page = answer.map_err(|error| failure::of(DESCRIBE_ALARMS, error))?;
        self.log_alarms_refused.store(true, Ordering::Relaxed);
        Ok(page)
    }

    /// All pages of the alarms with these names.
    async fn alarms_named(&self, names: &[String]) -> Result<Vec<Alarm>, CloudError> {
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let asked = |alarms: DescribeAlarmsFluentBuilder| {
                alarms
                    .set_alarm_names(Some(names.to_vec()))
                    .set_next_token(after.clone())
            };
            let page = self.alarms_described(asked).await?;
            found.extend(alarms_in(&page)?);
            after = said(page.next_token()).map(str::to_owned);
            if after.is_none() {
                return Ok(found);
            }
        }
    }
}

fn alarms_in(page: &DescribeAlarmsOutput) -> Result<Vec<Alarm>, CloudError> {
    let metric = page.metric_alarms().iter().map(metric);
    let composite = page.composite_alarms().iter().map(composite);
    let log = page.log_alarms().iter().map(log);
    metric.chain(composite).chain(log).collect()
}

fn metric(described: &MetricAlarm) -> Result<Alarm, CloudError> {
    let alone = measure(
        described.namespace(),
        described.metric_name(),
        described.dimensions(),
    );
    let several = described.metrics().iter().filter_map(|query| {
        let metric = query.metric_stat()?.metric()?;
        measure(
            metric.namespace(),
            metric.metric_name(),
            metric.dimensions(),
        )
    });
    Ok(Alarm {
        name: name(described.alarm_name())?,
        state: state(described.state_value())?,
        suppressed_by: None,
        metrics: alone.into_iter().chain(several).collect(),
        rule: None,
        contributors: None,
    })
}

fn composite(described: &CompositeAlarm) -> Result<Alarm, CloudError> {
    let suppressed_by = described.actions_suppressed_by();
    Ok(Alarm {
        name: name(described.alarm_name())?,
        state: state(described.state_value())?,
        suppressed_by: suppressed_by
            .map(ActionsSuppressedBy::as_str)
            .map(str::to_owned),
        metrics: Vec::new(),
        rule: described.alarm_rule().map(str::to_owned),
        contributors: None,
    })
}

/// It watches the results of a query on logs: no metric, and as many time series as the query has groups.
fn log(described: &LogAlarm) -> Result<Alarm, CloudError> {
    Ok(Alarm {
        name: name(described.alarm_name())?,
        state: state(described.state_value())?,
        suppressed_by: None,
        metrics: Vec::new(),
        rule: None,
        contributors: None,
    })
}

/// The client gives what CloudWatch left out of a dimension as empty.
fn measure(
    namespace: Option<&str>,
    metric: Option<&str>,
    dimensions: &[Dimension],
) -> Option<AlarmMetric> {
    let dimensions = dimensions
        .iter()
        .filter_map(|it| Some((said(it.name())?.to_owned(), said(it.value())?.to_owned())));
    Some(AlarmMetric {
        namespace: namespace?.to_owned(),
        metric: metric?.to_owned(),
        dimensions: dimensions.collect(),
    })
}

fn name(name: Option<&str>) -> Result<String, CloudError> {
    let name = name.map(str::to_owned);
    name.ok_or_else(|| unreadable(DESCRIBE_ALARMS, "an alarm's name is missing", None))
}

pub(super) fn state(state: Option<&StateValue>) -> Result<AlarmState, CloudError> {
    match state {
        Some(StateValue::Ok) => Ok(AlarmState::Ok),
        Some(StateValue::Alarm) => Ok(AlarmState::Alarm),
        Some(StateValue::InsufficientData) => Ok(AlarmState::InsufficientData),
        Some(_) => Ok(AlarmState::Unknown),
        None => Err(unreadable(
            DESCRIBE_ALARMS,
            "an alarm's state is missing",
            None,
        )),
    }
}
