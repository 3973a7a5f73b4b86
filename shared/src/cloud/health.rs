//! What tells whether an instance is well and what it can take: EC2's status checks, the limits of its
//! type, CloudWatch's alarms, and whether Auto Scaling has it in service.

use super::CloudError;
use crate::model::alarm::Alarm;
use crate::model::auto_scaling::LifecycleState;
use crate::model::ids::{InstanceId, InstanceType};
use crate::model::instance::{InstanceTypeLimits, StatusChecks};
use std::collections::BTreeMap;

/// Reading status checks.
pub trait ReadStatusChecks: Send + Sync {
    /// `DescribeInstanceStatus` of the instances named, with `IncludeAllInstances`. Instances that do not
    /// exist are left out, they are no error.
    ///
    /// # Errors
    /// As EC2 refuses: `Throttled`, `Denied`, or anything else as `Other`.
    fn checks(
        &self,
        instances: &[InstanceId],
    ) -> impl Future<Output = Result<BTreeMap<InstanceId, StatusChecks>, CloudError>> + Send;
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

/// Reading which alarms fire.
pub trait ReadFiringAlarms: Send + Sync {
    /// `DescribeAlarms` of all that are in `ALARM`, metric and composite alarms alike, whether their
    /// actions are carried out or not. All pages are read. (`DescribeAlarmsForMetric` would be a call for
    /// each instance, and does not give alarms on expressions.)
    ///
    /// # Errors
    /// `Throttled`, `Denied`, or anything else as `Other`.
    fn firing(&self) -> impl Future<Output = Result<Vec<Alarm>, CloudError>> + Send;
}

/// Reading alarms by name.
pub trait ReadAlarms: Send + Sync {
    /// `DescribeAlarms` of those named, metric and composite alarms alike. One that does not exist (any
    /// more) is left out. All pages are read.
    ///
    /// # Errors
    /// `Throttled`, `Denied`, or anything else as `Other`.
    fn alarms(
        &self,
        names: &[String],
    ) -> impl Future<Output = Result<Vec<Alarm>, CloudError>> + Send;

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
