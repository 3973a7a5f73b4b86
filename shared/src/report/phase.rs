//! How long each part of a run took.

use crate::clock::Clock;
use serde::Serialize;
use time::OffsetDateTime;

/// How long one phase took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Phase {
    /// The phase.
    pub name: &'static str,
    /// Its length, in milliseconds.
    pub ms: u64,
}

/// Takes the time of each phase.
#[derive(Debug)]
pub struct Stopwatch {
    last: OffsetDateTime,
    phases: Vec<Phase>,
}

impl Stopwatch {
    /// Starts.
    pub fn start(clock: &impl Clock) -> Self {
        Self {
            last: clock.now(),
            phases: Vec::new(),
        }
    }

    /// Ends a phase: the time since the last one ended is its length.
    pub fn lap(&mut self, name: &'static str, clock: &impl Clock) {
        let now = clock.now();
        let ms = u64::try_from((now - self.last).whole_milliseconds()).unwrap_or(0);
        self.phases.push(Phase { name, ms });
        self.last = now;
    }

    /// The phases so far.
    #[must_use]
    pub fn into_phases(self) -> Vec<Phase> {
        self.phases
    }
}
