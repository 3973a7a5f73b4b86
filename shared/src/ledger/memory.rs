//! The ledger in memory: for tests, and the plainest statement of what a ledger does.

use super::floating_interfaces::FloatingInterfaces;
use super::history::{Entry, ReadAddressHistory};
use super::lease::{Acquire, Claim, Lease};
use super::member_alarms::MemberAlarms;
use super::port::{AllocationRows, Ledger, Written};
use super::release::ReleaseRecord;
use super::snapshot::Snapshot;
use super::told::{ToldLedger, ToldMatter};
use crate::cloud::CloudError;
use crate::model::ids::{AllocationId, AssociationId};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use time::OffsetDateTime;

/// A ledger that lives as long as the process. Clones share their rows.
#[derive(Debug, Clone, Default)]
pub struct MemoryLedger {
    rows: Arc<Mutex<Rows>>,
}

#[derive(Debug, Clone, Default)]
struct Rows {
    snapshots: BTreeMap<AllocationId, Snapshot>,
    releases: BTreeMap<AllocationId, ReleaseRecord>,
    history: Vec<Entry>,
    leases: BTreeMap<String, Lease>,
    holders: BTreeMap<AssociationId, AllocationId>,
    floating_interfaces: BTreeMap<String, FloatingInterfaces>,
    member_alarms: BTreeMap<String, MemberAlarms>,
    told: BTreeMap<String, ToldMatter>,
}

impl MemoryLedger {
    fn with_rows<T>(&self, work: impl FnOnce(&mut Rows) -> T) -> T {
        work(&mut self.rows.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A ledger of its own with the same rows.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self {
            rows: Arc::new(Mutex::new(self.with_rows(|rows| rows.clone()))),
        }
    }

    /// All release records, for tests and demonstrations that do not wait.
    #[must_use]
    pub fn releases(&self) -> Vec<ReleaseRecord> {
        self.with_rows(|rows| rows.releases.values().cloned().collect())
    }
}

impl Ledger for MemoryLedger {
    async fn read(&self, allocation: &AllocationId) -> Result<AllocationRows, CloudError> {
        Ok(self.with_rows(|rows| AllocationRows {
            snapshot: rows.snapshots.get(allocation).cloned(),
            release: rows.releases.get(allocation).cloned(),
        }))
    }

    async fn snapshots(&self) -> Result<Vec<Snapshot>, CloudError> {
        Ok(self.with_rows(|rows| rows.snapshots.values().cloned().collect()))
    }

    async fn snapshots_of(
        &self,
        allocations: &[AllocationId],
    ) -> Result<Vec<Snapshot>, CloudError> {
        Ok(self.with_rows(|rows| {
            let found = allocations.iter().filter_map(|id| rows.snapshots.get(id));
            found.cloned().collect()
        }))
    }

    async fn releases(&self) -> Result<Vec<ReleaseRecord>, CloudError> {
        Ok(Self::releases(self))
    }

    async fn allocation_of_association(
        &self,
        association: &AssociationId,
    ) -> Result<Option<AllocationId>, CloudError> {
        Ok(self.with_rows(|rows| rows.holders.get(association).cloned()))
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
            rows.history.push(Entry::of_snapshot(snapshot));
            if let Some(held) = &snapshot.association {
                let holder = snapshot.allocation.clone();
                rows.holders.insert(held.value.id.clone(), holder);
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
            rows.history.extend(Entry::of_release(release));
            rows.releases
                .insert(release.allocation.clone(), release.clone());
            Written::Stored
        }))
    }

    async fn leases(&self) -> Result<Vec<Lease>, CloudError> {
        Ok(self.with_rows(|rows| rows.leases.values().cloned().collect()))
    }

    async fn acquire_lease(&self, claim: &Claim) -> Result<Acquire, CloudError> {
        Ok(self.with_rows(|rows| {
            let seen = rows.leases.get(&claim.group).cloned();
            let seen = seen.unwrap_or_else(|| Lease::new(&claim.group));
            if seen.is_held_by_other(&claim.hold.owner, claim.now) {
                return Acquire::HeldBy(seen);
            }
            let granted = seen.granted(claim);
            rows.leases.insert(claim.group.clone(), granted.clone());
            Acquire::Granted(granted)
        }))
    }

    async fn put_lease(&self, lease: &Lease) -> Result<Written, CloudError> {
        Ok(self.with_rows(|rows| {
            let seen = rows.leases.get(&lease.group);
            if seen.is_none_or(|seen| seen.lease_number != lease.lease_number) {
                return Written::Conflict;
            }
            rows.leases.insert(lease.group.clone(), lease.clone());
            Written::Stored
        }))
    }

    async fn floating_interfaces(&self) -> Result<Vec<FloatingInterfaces>, CloudError> {
        Ok(self.with_rows(|rows| rows.floating_interfaces.values().cloned().collect()))
    }

    async fn put_floating_interfaces(
        &self,
        row: &FloatingInterfaces,
    ) -> Result<Written, CloudError> {
        Ok(self.with_rows(|rows| {
            let seen = rows.floating_interfaces.get(&row.group);
            if seen.map_or(0, |seen| seen.revision) + 1 != row.revision {
                return Written::Conflict;
            }
            rows.floating_interfaces
                .insert(row.group.clone(), row.clone());
            Written::Stored
        }))
    }

    async fn member_alarms(&self) -> Result<Vec<MemberAlarms>, CloudError> {
        Ok(self.with_rows(|rows| rows.member_alarms.values().cloned().collect()))
    }

    async fn put_member_alarms(&self, row: &MemberAlarms) -> Result<Written, CloudError> {
        Ok(self.with_rows(|rows| {
            let seen = rows.member_alarms.get(&row.group);
            if seen.map_or(0, |seen| seen.revision) + 1 != row.revision {
                return Written::Conflict;
            }
            rows.member_alarms.insert(row.group.clone(), row.clone());
            Written::Stored
        }))
    }
}

impl ToldLedger for MemoryLedger {
    async fn told(&self, abouts: &[String]) -> Result<Vec<ToldMatter>, CloudError> {
        let known = |rows: &mut Rows| {
            let found = abouts.iter().filter_map(|about| rows.told.get(about));
            found.cloned().collect()
        };
        Ok(self.with_rows(known))
    }

    async fn put_told(&self, row: &ToldMatter) -> Result<Written, CloudError> {
        Ok(self.with_rows(|rows| {
            let seen = rows.told.get(&row.about);
            if seen.map_or(0, |seen| seen.revision) + 1 != row.revision {
                return Written::Conflict;
            }
            rows.told.insert(row.about.clone(), row.clone());
            Written::Stored
        }))
    }
}

impl ReadAddressHistory for MemoryLedger {
    async fn history(
        &self,
        ip: Ipv4Addr,
        from: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<Vec<Entry>, CloudError> {
        let is_asked_for = |entry: &&Entry| entry.ip == ip && (from..=until).contains(&entry.at);
        let mut entries: Vec<Entry> =
            self.with_rows(|rows| rows.history.iter().filter(is_asked_for).cloned().collect());
        entries.sort_by_key(|entry| (entry.at, entry.name()));
        Ok(entries)
    }
}
