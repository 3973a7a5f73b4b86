//! What a function is run with: the cloud, the ledger and the clock, each behind its traits.

use time::OffsetDateTime;

/// The outside world of one function.
#[derive(Debug, Clone)]
pub struct Ports<C, L, K> {
    /// EC2 and CloudTrail.
    pub cloud: C,
    /// The ledger.
    pub ledger: L,
    /// Time.
    pub clock: K,
}

/// One delivery of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery {
    /// When Lambda will end the run.
    pub ends_at: OffsetDateTime,
    /// A number that no other run has: a second delivery of the same event is another run.
    pub run: u64,
}
