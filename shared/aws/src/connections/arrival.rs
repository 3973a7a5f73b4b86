//! When the present event arrived. Before it, Lambda may have frozen the process for any time.

use holdfast::clock::{Clock, WallClock};
use std::sync::{Arc, Mutex, PoisonError};
use time::OffsetDateTime;

/// The arrival of the present event, for every client that it was given to.
#[derive(Debug, Clone, Default)]
pub struct Arrival(Arc<Mutex<Option<OffsetDateTime>>>);

impl Arrival {
    /// An event has arrived.
    pub(crate) fn now(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(WallClock.now());
    }

    /// Whether what happened then was before the present event.
    pub(super) fn is_after(&self, then: OffsetDateTime) -> bool {
        let arrived = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        arrived.is_some_and(|arrived| arrived > then)
    }
}
