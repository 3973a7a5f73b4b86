//! What must outlive an address: the last known [`Snapshot`] of each allocation, a [`ReleaseRecord`] for
//! each one that ended, and the [`history`] of both.
//!
//! Races: every function writes here, for the same address, at the same time, and events arrive in any
//! order. What arbitrates: each row carries a revision, a write names the one it was derived from, and
//! the ledger refuses it when another came first (compare-and-set). Order in time is decided in one
//! pure place, [`fact_log`], for every ledger alike. An older truth never replaces a newer one, and a
//! tombstone is for ever, since EC2 never uses an allocation id again.

mod after_record;
pub mod fact_log;
pub mod history;
pub mod lease;
pub mod memory;
pub mod release;
pub mod snapshot;

#[cfg(test)]
mod tests;

pub use history::Entry;
pub use lease::Lease;
pub use memory::MemoryLedger;
pub use release::{ReleaseRecord, ReleaseStatus};
pub use snapshot::Snapshot;

use crate::cloud::CloudError;
use crate::model::ids::{AllocationId, AssociationId};
use lease::{Acquire, Claim};
use std::net::Ipv4Addr;
use time::OffsetDateTime;

/// Everything the ledger has on one allocation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AllocationRows {
    /// Its last known state.
    pub snapshot: Option<Snapshot>,
    /// How its release was dealt with.
    pub release: Option<ReleaseRecord>,
}

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a write that was refused is to be derived anew from what is there now"]
pub enum Written {
    /// It is in the ledger.
    Stored,
    /// Another write came first: read again.
    Conflict,
}

/// The ledger, as the functions use it.
pub trait Ledger: Send + Sync {
    /// Both rows of one allocation, in one consistent read.
    ///
    /// # Errors
    /// `Throttled`, `Denied`, or anything else as `Other`; a row that cannot be read is `Other`.
    fn read(
        &self,
        allocation: &AllocationId,
    ) -> impl Future<Output = Result<AllocationRows, CloudError>> + Send;

    /// All snapshots, tombstones included, in one query: a page for each MiB.
    ///
    /// # Errors
    /// As for [`Ledger::read`].
    fn snapshots(&self) -> impl Future<Output = Result<Vec<Snapshot>, CloudError>> + Send;

    /// All release records, in one query: a page for each MiB.
    ///
    /// # Errors
    /// As for [`Ledger::read`].
    fn releases(&self) -> impl Future<Output = Result<Vec<ReleaseRecord>, CloudError>> + Send;

    /// Which allocation an association tied: the record of a disassociation does not say.
    ///
    /// # Errors
    /// As for [`Ledger::read`].
    fn holder_of(
        &self,
        association: &AssociationId,
    ) -> impl Future<Output = Result<Option<AllocationId>, CloudError>> + Send;

    /// What the ledger knew of an address in a period, both ends included, oldest first: one query.
    ///
    /// # Errors
    /// As for [`Ledger::read`].
    fn history(
        &self,
        ip: Ipv4Addr,
        from: OffsetDateTime,
        until: OffsetDateTime,
    ) -> impl Future<Output = Result<Vec<Entry>, CloudError>> + Send;

    /// Stores a snapshot whose `revision` is one more than that of the row it was derived from (1 when
    /// there was none). Its row in the history is stored as one with it.
    ///
    /// Idempotent on (allocation, revision) in effect: repeated after a lost reply it is a conflict,
    /// and the row read then is the very one that was written.
    ///
    /// # Errors
    /// As for [`Ledger::read`].
    fn put_snapshot(
        &self,
        snapshot: &Snapshot,
    ) -> impl Future<Output = Result<Written, CloudError>> + Send;

    /// Stores a release record, by the same rule.
    ///
    /// # Errors
    /// As for [`Ledger::read`].
    fn put_release(
        &self,
        release: &ReleaseRecord,
    ) -> impl Future<Output = Result<Written, CloudError>> + Send;

    /// All leases, in one query.
    ///
    /// # Errors
    /// As for [`Ledger::read`].
    fn leases(&self) -> impl Future<Output = Result<Vec<Lease>, CloudError>> + Send;

    /// Takes a group's lease if nobody has it or its time is up, in one conditional write. The fencing
    /// number goes up by one, and the claim's episode is noted unless another is under way.
    ///
    /// A lost reply means: the lease may be ours, and ends by itself. Claimed again by the same owner
    /// it is granted again, with the next lease number.
    ///
    /// # Errors
    /// As for [`Ledger::read`].
    fn acquire_lease(
        &self,
        claim: &Claim,
    ) -> impl Future<Output = Result<Acquire, CloudError>> + Send;

    /// Stores a lease as it is to be from now on, if its lease number is still the one in the ledger.
    ///
    /// Idempotent on (group, lease number).
    ///
    /// # Errors
    /// As for [`Ledger::read`].
    fn put_lease(&self, lease: &Lease) -> impl Future<Output = Result<Written, CloudError>> + Send;
}

/// How often a change is derived anew before the writer gives up: more than every function of the
/// application writing the same row at the same moment.
const MAX_CONFLICTS: usize = 8;

/// Changes a snapshot until the change is in the ledger or is no longer called for: `change` gets what
/// is known and returns the row to be written, or none. `known` saves the first read.
///
/// # Errors
/// As for [`Ledger::read`]; `Other` when the row never came to rest.
pub async fn update_snapshot<L: Ledger>(
    ledger: &L,
    allocation: &AllocationId,
    known: AllocationRows,
    change: impl Fn(&AllocationRows) -> Option<Snapshot> + Send + Sync,
) -> Result<Option<Snapshot>, CloudError> {
    let mut known = known;
    for _ in 0..MAX_CONFLICTS {
        let Some(mut next) = change(&known) else {
            return Ok(None);
        };
        next.revision = known.snapshot.as_ref().map_or(0, |row| row.revision) + 1;
        if ledger.put_snapshot(&next).await? == Written::Stored {
            return Ok(Some(next));
        }
        known = ledger.read(allocation).await?;
    }
    Err(never_came_to_rest())
}

/// Changes a release record, as [`update_snapshot`] does for a snapshot.
///
/// # Errors
/// As for [`update_snapshot`].
pub async fn update_release<L: Ledger>(
    ledger: &L,
    allocation: &AllocationId,
    known: AllocationRows,
    change: impl Fn(&AllocationRows) -> Option<ReleaseRecord> + Send + Sync,
) -> Result<Option<ReleaseRecord>, CloudError> {
    let mut known = known;
    for _ in 0..MAX_CONFLICTS {
        let Some(mut next) = change(&known) else {
            return Ok(None);
        };
        next.revision = known.release.as_ref().map_or(0, |row| row.revision) + 1;
        if ledger.put_release(&next).await? == Written::Stored {
            return Ok(Some(next));
        }
        known = ledger.read(allocation).await?;
    }
    Err(never_came_to_rest())
}

fn never_came_to_rest() -> CloudError {
    CloudError::Other(crate::cloud::Failure {
        action: "dynamodb:PutItem",
        code: None,
        message: Some(format!(
            "the row was changed by others {MAX_CONFLICTS} times in a row"
        )),
        request_id: None,
        source: None,
    })
}
