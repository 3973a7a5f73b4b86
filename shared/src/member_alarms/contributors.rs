//! For which instances an alarm fires that watches many time series: a query of Metrics Insights, or of logs. Its
//! definition names none of them, so CloudWatch is asked.
//!
//! Nothing is changed here. An answer is true of its moment, as the alarm's state is.

use crate::cloud::CloudError;
use crate::cloud::health::ReadAlarmContributors;
use crate::error::chain;
use crate::model::alarm::{Alarm, INSTANCE_DIMENSION};
use crate::model::ids::InstanceId;
use futures_util::future::join_all;
use std::collections::BTreeSet;

/// How many alarms are asked at the same time, by whoever has to be quick. All of the account share a few calls a
/// second.
pub const MAX_ASKED: usize = 10;

/// The instances for which an alarm on many time series fires. None where no instance is among the contributors: that
/// is not how the alarm comes to be about one.
///
/// # Errors
/// As CloudWatch refuses.
pub async fn contributing<C: ReadAlarmContributors>(
    cloud: &C,
    alarm: &str,
) -> Result<Option<BTreeSet<InstanceId>>, CloudError> {
    let firing = cloud.contributors(alarm).await?;
    let instances: BTreeSet<InstanceId> = firing
        .iter()
        .filter_map(|them| them.get(INSTANCE_DIMENSION)?.parse().ok())
        .collect();
    Ok((!instances.is_empty()).then_some(instances))
}

/// Alarms on many time series that fire, and of which it is not known for which instances.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NotAsked {
    /// How many.
    pub count: usize,
    /// What CloudWatch said; none where there were too many.
    pub why: Option<String>,
}

/// Asks those of the alarms that fire and may watch many time series for which instances they do, [`MAX_ASKED`] of them
/// at the most. Where the answer is not to be had, nothing hangs on it: an event names its instance itself.
///
/// # Errors
/// Any other answer of CloudWatch.
pub async fn ask<'a, C: ReadAlarmContributors>(
    cloud: &C,
    alarms: impl Iterator<Item = &'a mut Alarm>,
) -> Result<NotAsked, CloudError> {
    let is_open = |alarm: &&mut Alarm| {
        alarm.fires() && alarm.may_have_contributors() && alarm.contributors.is_none()
    };
    let mut open: Vec<&mut Alarm> = alarms.filter(is_open).collect();
    let mut not_asked = NotAsked {
        count: open.len().saturating_sub(MAX_ASKED),
        why: None,
    };
    open.truncate(MAX_ASKED);
    let asked = open.iter().map(|alarm| contributing(cloud, &alarm.name));
    let answers = join_all(asked).await;
    for (alarm, answer) in open.into_iter().zip(answers) {
        match answer {
            Ok(instances) => alarm.contributors = instances,
            Err(failure) if !failure.is_not_to_be_had() => return Err(failure),
            Err(failure) => {
                not_asked.count += 1;
                not_asked.why = Some(chain(&failure));
            }
        }
    }
    Ok(not_asked)
}
