//! What tells whether an instance is well and what it can take: EC2's status checks, the limits of its
//! type, CloudWatch's alarms, and whether Auto Scaling has it in service.

use super::CloudError;
use crate::model::alarm::Alarm;
use crate::model::auto_scaling::LifecycleState;
use crate::model::ids::{InstanceId, InstanceType};
use crate::model::instance::InstanceTypeLimits;
use crate::model::instance_status::InstanceStatus;
use crate::model::zonal_shift::ZonalShift;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Reading status checks.
pub trait ReadStatusChecks: Send + Sync {
    /// `DescribeInstanceStatus` of the instances named, with `IncludeAllInstances`: EC2's checks, and what AWS has
    /// planned for each. Instances that do not exist are left out, they are no error.
    ///
    /// # Errors
    /// As EC2 refuses: `Throttled`, `Denied`, or anything else as `Other`.
    fn checks(
        &self,
        instances: &[InstanceId],
    ) -> impl Future<Output = Result<BTreeMap<InstanceId, InstanceStatus>, CloudError>> + Send;
}

/// Reading what instance types allow.
pub trait ReadLimits: Send + Sync {
    /// `DescribeInstanceTypes`. A type does not change. What was read once is kept by the adapter for as
    /// long as the process lives, so that the critical path does not wait for it.
    ///
    /// # Errors
    /// As EC2 refuses: `Throttled`, `Denied`, or anything else as `Other`.
    fn limits(
        &self,
        types: &[InstanceType],
    ) -> impl Future<Output = Result<BTreeMap<InstanceType, InstanceTypeLimits>, CloudError>> + Send;
}

/// Which alarms of the account to describe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlarmFilter {
    /// All that there are.
    All,
    /// Those in `ALARM`, whether their actions are carried out or not.
    Firing,
}

/// Some of the account's alarms.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlarmPage {
    /// Up to 100 of them.
    pub alarms: Vec<Alarm>,
    /// What asks for the page after this one; none: there is none.
    pub next: Option<String>,
}

/// Reading the account's alarms, page by page.
pub trait ReadAlarmPages: Send + Sync {
    /// One page of `DescribeAlarms`, alarms of all types alike. The pages come one after the other, and all of
    /// the account share 9 calls a second (CloudWatch user guide, "Quotas"). So whoever reads them decides how many,
    /// and how fast. (`DescribeAlarmsForMetric` would be a call for each instance and metric, and does not give alarms
    /// on expressions.)
    ///
    /// # Errors
    /// `Throttled`, `Denied`, or anything else as `Other`.
    fn alarm_page(
        &self,
        which: AlarmFilter,
        after: Option<&str>,
    ) -> impl Future<Output = Result<AlarmPage, CloudError>> + Send;
}

/// Reading alarms by name.
pub trait ReadAlarms: Send + Sync {
    /// `DescribeAlarms` of those named, metric, composite and log alarms alike, a hundred in a call and all calls at the same
    /// time. One that does not exist (any more) is left out.
    ///
    /// # Errors
    /// `Throttled`, `Denied`, or anything else as `Other`.
    fn alarms(
        &self,
        names: &[String],
    ) -> impl Future<Output = Result<Vec<Alarm>, CloudError>> + Send;

    /// Whether log alarms are among them. An endpoint that does not know this type yet, as in another partition, is
    /// asked for the others only: then a log alarm looks as one that is not there.
    fn reads_log_alarms(&self) -> bool {
        true
    }
}

/// Reading for what an alarm fires that watches many time series.
pub trait ReadAlarmContributors: Send + Sync {
    /// `DescribeAlarmContributors`: of an alarm that watches many time series, the attributes of those that
    /// are in `ALARM` now. Any other alarm, and one that does not exist, has none. All pages are read.
    ///
    /// # Errors
    /// As for [`ReadAlarms::alarms`].
    fn contributors(
        &self,
        alarm: &str,
    ) -> impl Future<Output = Result<Vec<BTreeMap<String, String>>, CloudError>> + Send;
}

/// Reading whether instances are in service.
pub trait ReadLifecycleStates: Send + Sync {
    /// `DescribeAutoScalingInstances` of those named. One that is in no Auto Scaling group (any more) is left out, it
    /// is no error. All pages are read.
    ///
    /// # Errors
    /// `Throttled`, `Denied`, or anything else as `Other`.
    fn lifecycle_states(
        &self,
        instances: &[InstanceId],
    ) -> impl Future<Output = Result<BTreeMap<InstanceId, LifecycleState>, CloudError>> + Send;
}

/// Reading from which zones traffic is shifted away.
pub trait ReadZonalShifts: Send + Sync {
    /// `ListAutoshifts` and `ListZonalShifts` of the Application Recovery Controller, those in force, at the same time.
    /// Practice runs are left out: they shift traffic away from zones that are well. All pages are read. The adapter
    /// gives up after a second, so that no failover waits for it.
    ///
    /// # Errors
    /// `Throttled`, `Denied`, or anything else as `Other`.
    fn zonal_shifts(&self) -> impl Future<Output = Result<Vec<ZonalShift>, CloudError>> + Send;
}
