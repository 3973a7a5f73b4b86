//! What is known of a release when it is decided.

use crate::ledger::{AllocationRows, Snapshot};
use crate::report::KnownFrom;

/// What is known of a loss.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// The ledger's rows, as they are there: what a write is derived from.
    pub ledger: AllocationRows,
    /// The address as it last was, from wherever it is known.
    pub snapshot: Option<Snapshot>,
    /// Where from.
    pub known_from: Option<KnownFrom>,
    /// Whether CloudTrail was asked.
    pub looked_up_events: bool,
}
