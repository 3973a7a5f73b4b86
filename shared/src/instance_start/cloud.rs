//! What instance-start asks of AWS, as one bound for all that it calls.

use crate::cloud::health::{
    ReadAlarmContributors, ReadAlarmPages, ReadAlarms, ReadLifecycleStates,
};
use crate::cloud::{
    Associate, Disassociate, ReadAddresses, ReadInstances, ReadInterfaces, ReadTags,
};

/// What placement asks of EC2. Associating through a holder is not among it.
pub trait InstanceStartCloud:
    ReadAddresses
    + ReadInstances
    + ReadInterfaces
    + ReadTags
    + ReadAlarms
    + ReadAlarmPages
    + ReadAlarmContributors
    + ReadLifecycleStates
    + Associate
    + Disassociate
{
}

impl<T> InstanceStartCloud for T where
    T: ReadAddresses
        + ReadInstances
        + ReadInterfaces
        + ReadTags
        + ReadAlarms
        + ReadAlarmPages
        + ReadAlarmContributors
        + ReadLifecycleStates
        + Associate
        + Disassociate
{
}
