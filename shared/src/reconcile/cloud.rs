//! What reconcile asks of AWS, as one bound for all that it calls.

use crate::alarm_failover::AlarmFailoverCloud;
use crate::cloud::networks::ReadNetworks;
use crate::instance_start::InstanceStartCloud;
use crate::release_guard::ReleaseGuardCloud;

/// What reconcile asks of AWS: what the guard, placement and failover do, since it ends what they began. And
/// what readiness reads beside.
pub trait ReconcileCloud:
    ReleaseGuardCloud + InstanceStartCloud + AlarmFailoverCloud + ReadNetworks
{
}

impl<T> ReconcileCloud for T where
    T: ReleaseGuardCloud + InstanceStartCloud + AlarmFailoverCloud + ReadNetworks
{
}
