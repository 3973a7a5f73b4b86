//! Reading alarms from CloudWatch.
//!
//! Races with the alarms themselves, which change on their own: an answer tells how one is at that moment.

use super::actions::{DESCRIBE_ALARM_CONTRIBUTORS, DESCRIBE_ALARMS};
use super::failure::unreadable;
use super::read::said;
use super::{Aws, failure};
use aws_sdk_cloudwatch::operation::describe_alarms::DescribeAlarmsOutput;
use aws_sdk_cloudwatch::operation::describe_alarms::builders::DescribeAlarmsFluentBuilder;
use aws_sdk_cloudwatch::types::{
    ActionsSuppressedBy, AlarmContributor, AlarmType, CompositeAlarm, Dimension, MetricAlarm,
    StateValue,
};
use futures_util::future::try_join_all;
use holdfast::cloud::CloudError;
use holdfast::cloud::health::{
    AlarmFilter, AlarmPage, ReadAlarmContributors, ReadAlarmPages, ReadAlarms,
};
use holdfast::model::alarm::Alarm;
use holdfast::model::alarm::{AlarmMetric, AlarmState};
use std::collections::BTreeMap;

/// Source: CloudWatch API reference, `DescribeAlarms`, `AlarmNames` and `MaxRecords`.
const MAX_NAMED: usize = 100;
const MAX_IN_A_PAGE: i32 = 100;

impl ReadAlarms for Aws {
    async fn alarms(&self, names: &[String]) -> Result<Vec<Alarm>, CloudError> {
        let some = names.chunks(MAX_NAMED);
        let asked = some.map(|some| {
            let asked = self.both_types().set_alarm_names(Some(some.to_vec()));
            all_pages(asked)
        });
        let found = try_join_all(asked).await?;
        Ok(found.into_iter().flatten().collect())
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
        let page = self
            .both_types()
            .set_state_value(state)
            .set_next_token(after.map(str::to_owned))
            .send()
            .await
            .map_err(|error| failure::of(DESCRIBE_ALARMS, error))?;
        Ok(AlarmPage {
            alarms: alarms_in(&page)?,
            next: said(page.next_token()).map(str::to_owned),
        })
    }
}

impl Aws {
    /// Both types are asked for by name: left out, only metric alarms are given
    /// (CloudWatch API reference, `DescribeAlarms`, `AlarmTypes`).
    fn both_types(&self) -> DescribeAlarmsFluentBuilder {
        self.alarms
            .describe_alarms()
            .alarm_types(AlarmType::MetricAlarm)
            .alarm_types(AlarmType::CompositeAlarm)
            .max_records(MAX_IN_A_PAGE)
    }
}

async fn all_pages(asked: DescribeAlarmsFluentBuilder) -> Result<Vec<Alarm>, CloudError> {
    let mut found = Vec::new();
    let mut pages = asked.into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| failure::of(DESCRIBE_ALARMS, error))?;
        found.extend(alarms_in(&page)?);
    }
    Ok(found)
}

fn alarms_in(page: &DescribeAlarmsOutput) -> Result<Vec<Alarm>, CloudError> {
    let metric = page.metric_alarms().iter().map(metric);
    let composite = page.composite_alarms().iter().map(composite);
    metric.chain(composite).collect()
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

fn state(state: Option<&StateValue>) -> Result<AlarmState, CloudError> {
    match state {
        Some(StateValue::Ok) => Ok(AlarmState::Ok),
        Some(StateValue::Alarm) => Ok(AlarmState::Alarm),
        Some(StateValue::InsufficientData) => Ok(AlarmState::InsufficientData),
        Some(other) => {
            let what = format!("`{}` is no state of an alarm", other.as_str());
            Err(unreadable(DESCRIBE_ALARMS, what, None))
        }
        None => Err(unreadable(
            DESCRIBE_ALARMS,
            "an alarm's state is missing",
            None,
        )),
    }
}
