//! Changing one row. Races with every other writer of the row; the ledger arbitrates by revision. A write that
//! came second is derived anew from what is there by then.

use super::port::{AllocationRows, Ledger, Written};
use super::release::ReleaseRecord;
use super::snapshot::Snapshot;
use crate::cloud::CloudError;
use crate::model::ids::AllocationId;

/// How often a change is derived anew before the writer gives up: more than every function of the
/// application writing the same row at the same moment.
const MAX_CONFLICTS: usize = 8;

/// Why a row could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// The ledger did not answer, or refused.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// Others changed the row each time before this change could be written. Nothing of it is in the ledger.
    #[error("the row of {allocation} was changed by others {MAX_CONFLICTS} times in a row")]
    Contention {
        /// Whose row.
        allocation: AllocationId,
    },
}

/// Changes a snapshot until the change is in the ledger or is no longer called for: `change` gets what
/// is known and returns the row to be written, or none. `known` saves the first read. A row that cannot be read stays.
///
/// # Errors
/// As for [`Ledger::read`]; `Contention` when the row never came to rest.
pub async fn update_snapshot<L: Ledger>(
    ledger: &L,
    allocation: &AllocationId,
    known: AllocationRows,
    change: impl Fn(&AllocationRows) -> Option<Snapshot> + Send + Sync,
) -> Result<Option<Snapshot>, UpdateError> {
    let mut known = known;
    for _ in 0..MAX_CONFLICTS {
        let Some(mut next) = change(&known) else {
            return Ok(None);
        };
        next.revision = known.snapshot.as_ref().map_or(0, |row| row.revision) + 1;
        match ledger.put_snapshot(&next).await? {
            Written::Stored => return Ok(Some(next)),
            Written::Unreadable => return Ok(None),
            Written::Conflict => {}
        }
        known = ledger.read(allocation).await?;
    }
    Err(UpdateError::Contention {
        allocation: allocation.clone(),
    })
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
) -> Result<Option<ReleaseRecord>, UpdateError> {
    let mut known = known;
    for _ in 0..MAX_CONFLICTS {
        let Some(mut next) = change(&known) else {
            return Ok(None);
        };
        next.revision = known.release.as_ref().map_or(0, |row| row.revision) + 1;
        match ledger.put_release(&next).await? {
            Written::Stored => return Ok(Some(next)),
            Written::Unreadable => return Ok(None),
            Written::Conflict => {}
        }
        known = ledger.read(allocation).await?;
    }
    Err(UpdateError::Contention {
        allocation: allocation.clone(),
    })
}
