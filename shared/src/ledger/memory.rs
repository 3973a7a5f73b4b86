//! The ledger in memory: for tests, and the plainest statement of what a ledger does.

use super::{Known, Ledger, ReleaseRecord, Snapshot, Written};
use crate::cloud::CloudError;
use crate::ids::AllocationId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A ledger that lives as long as the process. Clones share their rows.
#[derive(Debug, Clone, Default)]
pub struct MemoryLedger {
    rows: Arc<Mutex<Rows>>,
}

#[derive(Debug, Default)]
struct Rows {
    snapshots: BTreeMap<AllocationId, Snapshot>,
    releases: BTreeMap<AllocationId, ReleaseRecord>,
}

impl MemoryLedger {
    fn with_rows<T>(&self, work: impl FnOnce(&mut Rows) -> T) -> T {
        work(&mut self.rows.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// All release records, for tests and demonstrations.
    #[must_use]
    pub fn releases(&self) -> Vec<ReleaseRecord> {
        self.with_rows(|rows| rows.releases.values().cloned().collect())
    }
}

impl Ledger for MemoryLedger {
    async fn read(&self, allocation: &AllocationId) -> Result<Known, CloudError> {
        Ok(self.with_rows(|rows| Known {
            snapshot: rows.snapshots.get(allocation).cloned(),
            release: rows.releases.get(allocation).cloned(),
        }))
    }

    async fn snapshots(&self) -> Result<Vec<Snapshot>, CloudError> {
        Ok(self.with_rows(|rows| rows.snapshots.values().cloned().collect()))
    }

    async fn put_snapshot(&self, snapshot: &Snapshot) -> Result<Written, CloudError> {
        Ok(self.with_rows(|rows| {
            let seen = rows
                .snapshots
                .get(&snapshot.allocation)
                .map_or(0, |row| row.revision);
            if seen + 1 != snapshot.revision {
                return Written::Conflict;
            }
            rows.snapshots
                .insert(snapshot.allocation.clone(), snapshot.clone());
            Written::Stored
        }))
    }

    async fn put_release(&self, release: &ReleaseRecord) -> Result<Written, CloudError> {
        Ok(self.with_rows(|rows| {
            let seen = rows
                .releases
                .get(&release.allocation)
                .map_or(0, |row| row.revision);
            if seen + 1 != release.revision {
                return Written::Conflict;
            }
            rows.releases
                .insert(release.allocation.clone(), release.clone());
            Written::Stored
        }))
    }
}
