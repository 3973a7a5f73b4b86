//! What failover asks of AWS: the narrow traits of `cloud`, together. Nothing that releases an address is among them.

use crate::cloud::health::{
    ReadAlarmContributors, ReadAlarmPages, ReadAlarms, ReadLifecycleStates, ReadLimits,
    ReadStatusChecks,
};
use crate::cloud::moves::{DryRun, Fence, MoveInterface, MovePrivateIps, Reassociate};
use crate::cloud::{
    Associate, Disassociate, ReadAddresses, ReadInstances, ReadInterfaces, ReadTags,
};

/// What readiness is read from: nothing of it changes anything.
pub trait ReadFleet:
    ReadAddresses
    + ReadInterfaces
    + ReadInstances
    + ReadStatusChecks
    + ReadLimits
    + ReadAlarms
    + ReadAlarmContributors
    + ReadAlarmPages
    + ReadLifecycleStates
{
}

impl<T> ReadFleet for T where
    T: ReadAddresses
        + ReadInterfaces
        + ReadInstances
        + ReadStatusChecks
        + ReadLimits
        + ReadAlarms
        + ReadAlarmContributors
        + ReadAlarmPages
        + ReadLifecycleStates
{
}

/// What failover asks of EC2, CloudWatch and Auto Scaling.
pub trait AlarmFailoverCloud:
    ReadFleet
    + ReadTags
    + MoveInterface
    + MovePrivateIps
    + Reassociate
    + Associate
    + Disassociate
    + Fence
    + DryRun
{
}

impl<T> AlarmFailoverCloud for T where
    T: ReadFleet
        + ReadTags
        + MoveInterface
        + MovePrivateIps
        + Reassociate
        + Associate
        + Disassociate
        + Fence
        + DryRun
{
}
