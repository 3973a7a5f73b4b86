//! What reconcile asks of AWS, as one bound for all that it calls.

use crate::alarm_failover::AlarmFailoverCloud;
use crate::instance_start::InstanceStartCloud;
use crate::release_guard::ReleaseGuardCloud;

/// What reconcile asks of AWS: what the guard, placement and failover do, since it ends what they began.
pub trait ReconcileCloud: ReleaseGuardCloud + InstanceStartCloud + AlarmFailoverCloud {}

impl<T: ReleaseGuardCloud + InstanceStartCloud + AlarmFailoverCloud> ReconcileCloud for T {}
