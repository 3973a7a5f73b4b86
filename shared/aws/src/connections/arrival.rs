//! When the present event arrived. Before it, Lambda may have frozen the process for any time.

use holdfast::clock::{Clock, WallClock};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use time::OffsetDateTime;

/// The arrival of the present event, for every client that it was given to.
#[derive(Debug, Clone, Default)]
pub struct Arrival(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    at: Option<OffsetDateTime>,
    /// Whether a connection from before it was found dead.
    has_dead: bool,
}

impl Arrival {
    /// An event has arrived.
    pub(crate) fn now(&self) {
        *self.state() = State {
            at: Some(WallClock.now()),
            has_dead: false,
        };
    }

    /// Whether what happened then was before the present event.
    pub(super) fn is_after(&self, then: OffsetDateTime) -> bool {
        self.state().at.is_some_and(|at| at > then)
    }

    /// A connection that last answered then is dead.
    pub(super) fn note_dead(&self, then: OffsetDateTime) {
        let mut state = self.state();
        state.has_dead |= state.at.is_some_and(|at| at > then);
    }

    /// Whether another connection from before the event was dead, whatever service it led to: what forgot that one has
    /// forgotten this one as well.
    pub(super) fn doubts(&self, then: OffsetDateTime) -> bool {
        let state = self.state();
        state.has_dead && state.at.is_some_and(|at| at > then)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
