//! What one run is about. Only data: the messages read it, and so does all that asks AWS.

use crate::events::InstanceStateChange;
use crate::ports::Delivery;
use crate::report::Function;
use crate::settings::Settings;
use std::time::Duration;

/// Who speaks.
pub(super) const FUNCTION: Function = Function::InstanceStart;

/// Kept free at the end of a run for its report.
pub(super) const TO_REPORT: Duration = Duration::from_secs(2);

/// One instance that came into another state, and one run for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) settings: &'a Settings,
    pub(super) change: &'a InstanceStateChange,
    pub(super) delivery: Delivery,
}
