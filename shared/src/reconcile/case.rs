//! What one run is about. Only data: the messages read it, and so does all that asks AWS.

use crate::ports::{Deadline, Delivery};
use crate::report::Function;
use crate::settings::Settings;
use std::time::Duration;
use time::OffsetDateTime;

/// Who speaks.
pub(super) const FUNCTION: Function = Function::Reconcile;

/// How many rows are read or written at the same time.
pub(super) const AT_ONCE: usize = 10;

/// How long a read that fails in passing is sent again: six pauses, each twice as long as the one before.
const RETRY_FOR: Duration = Duration::from_secs(20);

/// Kept free at the end of a run for the rows and the report.
const TO_RECORD: Duration = Duration::from_secs(4);

/// One run, on the schedule or for one call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) settings: &'a Settings,
    pub(super) delivery: Delivery,
}

impl Case<'_> {
    /// Until when a read that is sent at `now` may be sent again.
    pub(super) fn retry_deadline(&self, now: OffsetDateTime) -> Deadline {
        self.delivery
            .deadline(TO_RECORD)
            .or_earlier(now + RETRY_FOR)
    }
}
