//! What one run is about. Only data: the messages read it, and so does all that asks AWS.

use crate::ports::Delivery;
use crate::report::Function;
use crate::retry::Limit;
use crate::settings::Settings;
use std::time::Duration;

/// Who speaks.
pub(super) const FUNCTION: Function = Function::Reconcile;

/// How many rows are read or written at the same time.
pub(super) const AT_ONCE: usize = 10;

/// How often a read is sent that fails in passing.
const MAX_READS: u32 = 7;

/// No pause before a further read ends later than this before the end of a run: the rows and the report are left.
const TO_RECORD: Duration = Duration::from_secs(4);

/// One run, on the schedule or for one call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) settings: &'a Settings,
    pub(super) delivery: Delivery,
}

impl Case<'_> {
    /// How often a read may be sent, and until when.
    pub(super) fn read_limit(&self) -> Limit {
        Limit {
            calls: MAX_READS,
            ..Limit::until(self.delivery.deadline(TO_RECORD))
        }
    }
}
