//! What a function is run with: the cloud, the ledger and the clock, each behind its traits.

use std::time::Duration;
use time::OffsetDateTime;

/// The outside world of one function.
#[derive(Debug, Clone)]
pub struct Ports<C, L, K> {
    /// EC2, CloudTrail and CloudWatch.
    pub cloud: C,
    /// The ledger.
    pub ledger: L,
    /// Time.
    pub clock: K,
}

impl<T: Clone> Ports<T, T, T> {
    /// All of it behind one thing.
    #[must_use]
    pub fn all_behind(it: &T) -> Self {
        Self {
            cloud: it.clone(),
            ledger: it.clone(),
            clock: it.clone(),
        }
    }
}

/// One delivery of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery {
    /// When Lambda will end the run.
    pub ends_at: OffsetDateTime,
    /// A number that no other run has: a second delivery of the same event is another run.
    pub run: u64,
}

impl Delivery {
    /// The last moment of its work, when `reserve` is kept for what comes after the work: the ledger, the report.
    #[must_use]
    pub fn deadline(self, reserve: Duration) -> Deadline {
        Deadline {
            at: self.ends_at - reserve,
        }
    }
}

/// A moment after which nothing is begun any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline {
    /// The moment.
    pub at: OffsetDateTime,
}

impl Deadline {
    /// Whether something that takes this long ends in time.
    #[must_use]
    pub fn allows(self, now: OffsetDateTime, needed: Duration) -> bool {
        now + needed <= self.at
    }

    /// How much time is left; none after the moment.
    #[must_use]
    pub fn left(self, now: OffsetDateTime) -> Duration {
        Duration::try_from(self.at - now).unwrap_or(Duration::ZERO)
    }

    /// The earlier of two.
    #[must_use]
    pub fn or_earlier(self, at: OffsetDateTime) -> Self {
        Self {
            at: self.at.min(at),
        }
    }
}
