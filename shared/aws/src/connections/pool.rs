//! One pool of connections after another: what is put away is not taken again, and what is in progress in it goes on.

use super::roots::{Roots, Trusted};
use super::transport::Pool;
use super::{Arrival, Patience};
use holdfast::clock::{Clock, WallClock};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use time::OffsetDateTime;

/// The present pool, and how to open the next one.
pub(super) struct Pools {
    open: Box<dyn Fn(Roots) -> Pool + Send + Sync>,
    patience: Patience,
    arrival: Arrival,
    trusted: Trusted,
    present: Mutex<Present>,
}

#[derive(Default)]
struct Present {
    /// None until somebody calls, so that a start does not pay for a service that it does not need.
    pool: Option<Pool>,
    /// Which one it is.
    number: u64,
    /// When a connection of it last gave an answer, or was opened. By the wall clock: the other one may stand still in a
    /// freeze.
    answered: Option<OffsetDateTime>,
    /// When an answer was last only late.
    slow: Option<OffsetDateTime>,
}

impl Present {
    fn put_away(&mut self) {
        self.pool = None;
        self.answered = None;
        self.number += 1;
    }
}

/// A pool to send one request with.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) pool: Pool,
    pub(super) number: u64,
    /// Whether it trusts Amazon's own authorities only, and no connection of it has answered yet.
    pub(super) may_lack_roots: bool,
}

/// What a connection is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A read, which is sent beside itself where no answer comes.
    Read,
    /// A call that changes something, which is not.
    Change,
}

impl Pools {
    pub(super) fn opened_by(
        roots: Roots,
        open: impl Fn(Roots) -> Pool + Send + Sync + 'static,
        patience: Patience,
        arrival: &Arrival,
    ) -> Self {
        Self {
            open: Box::new(open),
            patience,
            arrival: arrival.clone(),
            trusted: Trusted::new(roots),
            present: Mutex::default(),
        }
    }

    /// The present pool, or a new one where its connections may be dead.
    pub(super) fn take(&self, kind: Kind) -> Taken {
        let mut present = self.present();
        if present
            .answered
            .is_some_and(|at| self.may_be_dead(at, kind))
        {
            present.put_away();
        }
        let roots = self.trusted.roots();
        let open = || (self.open)(roots);
        let pool = present.pool.get_or_insert_with(open).clone();
        Taken {
            pool,
            number: present.number,
            may_lack_roots: roots == Roots::AmazonsOwn && present.answered.is_none(),
        }
    }

    /// Whether a call that changes something would begin on the present pool, on a connection that is open.
    pub(super) fn has_a_connection(&self) -> bool {
        let answered = self.present().answered;
        answered.is_some_and(|at| !self.may_be_dead(at, Kind::Change))
    }

    /// The next pool trusts whom the image trusts, and the present one is not taken any more.
    pub(super) fn take_roots_of_the_image(&self) {
        let mut present = self.present();
        if self.trusted.roots() == Roots::AmazonsOwn {
            self.trusted.take_those_of_the_image();
            present.put_away();
        }
    }

    /// What last answered then may be dead now.
    fn may_be_dead(&self, answered: OffsetDateTime, kind: Kind) -> bool {
        let was_frozen = self.arrival.is_after(answered) && is_over(answered, self.patience.freeze);
        is_over(answered, self.patience.idle)
            || self.arrival.doubts(answered)
            || (kind == Kind::Change && was_frozen)
    }

    /// That pool is not taken any more: a connection of it failed, or kept silent.
    pub(super) fn put_away(&self, number: u64) {
        let mut present = self.present();
        if present.number == number {
            if let Some(answered) = present.answered {
                self.arrival.note_dead(answered);
            }
            present.put_away();
        }
    }

    pub(super) fn note_slow(&self) {
        self.present().slow = Some(WallClock.now());
    }

    /// Whether an answer came late of late.
    pub(super) fn was_slow(&self) -> bool {
        let slow = self.present().slow;
        slow.is_some_and(|at| !is_over(at, self.patience.slow))
    }

    /// A request is on its way in that pool.
    pub(super) fn begin(&self, number: u64) -> InProgress<'_> {
        InProgress {
            pools: self,
            number,
            is_answered: false,
        }
    }

    fn present(&self) -> MutexGuard<'_, Present> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether more time has passed, or the clock was set back.
fn is_over(at: OffsetDateTime, limit: Duration) -> bool {
    let passed = WallClock.now() - at;
    passed.is_negative() || passed > limit
}

/// A request on its way. Dropped without an answer, it puts its pool away.
pub(super) struct InProgress<'a> {
    pools: &'a Pools,
    number: u64,
    is_answered: bool,
}

impl InProgress<'_> {
    pub(super) fn ended(mut self, is_answered: bool) {
        self.is_answered = is_answered;
    }
}

impl Drop for InProgress<'_> {
    fn drop(&mut self) {
        if !self.is_answered {
            return self.pools.put_away(self.number);
        }
        let mut present = self.pools.present();
        if present.number == self.number {
            present.answered = Some(WallClock.now());
        }
    }
}

impl fmt::Debug for Pools {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let present = self.present();
        formatter
            .debug_struct("Pools")
            .field("number", &present.number)
            .field("answered", &present.answered)
            .finish_non_exhaustive()
    }
}
