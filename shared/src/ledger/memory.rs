//! The ledger in memory: for tests, and the plainest statement of what a ledger does.

use super::floating_interfaces::FloatingInterfaces;
use super::history::{Entry, ReadAddressHistory};
use super::lease::{Acquire, Claim, Lease};
use super::member_alarms::MemberAlarms;
use super::port::{AllocationRows, Ledger, UnreadableRow, Written};
use super::release::ReleaseRecord;
use super::snapshot::Snapshot;
use super::told::{ToldLedger, ToldMatter};
use crate::cloud::CloudError;
use crate::model::ids::{AllocationId, AssociationId};
use std::collections::{BTreeMap, BTreeSet};
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
    leases_beside: BTreeMap<String, Lease>,
    holders: BTreeMap<AssociationId, AllocationId>,
    floating_interfaces: BTreeMap<String, FloatingInterfaces>,
    member_alarms: BTreeMap<String, MemberAlarms>,
    told: BTreeMap<String, ToldMatter>,
    /// The names of the rows that cannot be read, and of those that were asked for.
    unreadable: BTreeSet<String>,
    passed_by: BTreeSet<String>,
}

impl Rows {
    /// Whether a row can be read; one that cannot be is noted.
    fn reads(&mut self, kind: &str, key: &str) -> bool {
        let name = format!("{kind}/{key}");
        let is_readable = !self.unreadable.contains(&name);
        if !is_readable {
            self.passed_by.insert(name);
        }
        is_readable
    }

    fn leases_of(&mut self, group: &str) -> &mut BTreeMap<String, Lease> {
        if self.reads("lease", group) {
            &mut self.leases
        } else {
            &mut self.leases_beside
        }
    }
}

fn beside(lease: Lease, is_beside: bool) -> Lease {
    Lease { is_beside, ..lease }
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

    /// From now on the row of that kind and key cannot be read: `snapshot`, `eipalloc-1`.
    pub fn cannot_read(&self, kind: &str, key: &str) {
        self.with_rows(|rows| rows.unreadable.insert(format!("{kind}/{key}")));
    }

    /// All release records, for tests and demonstrations that do not wait.
    #[must_use]
    pub fn releases(&self) -> Vec<ReleaseRecord> {
        self.with_rows(|rows| rows.releases.values().cloned().collect())
    }
}

impl Ledger for MemoryLedger {
    async fn read(&self, allocation: &AllocationId) -> Result<AllocationRows, CloudError> {
        Ok(self.with_rows(|rows| {
            let reads_snapshot = rows.reads("snapshot", allocation.as_str());
            let is_release_unreadable = !rows.reads("release", allocation.as_str());
            let (snapshot, release) = (
                rows.snapshots.get(allocation),
                rows.releases.get(allocation),
            );
            AllocationRows {
                snapshot: snapshot.filter(|_| reads_snapshot).cloned(),
                release: release.filter(|_| !is_release_unreadable).cloned(),
                is_release_unreadable,
            }
        }))
    }

    async fn snapshots(&self) -> Result<Vec<Snapshot>, CloudError> {
        Ok(self.with_rows(|rows| {
            let mut all: Vec<Snapshot> = rows.snapshots.values().cloned().collect();
            all.retain(|row| rows.reads("snapshot", row.allocation.as_str()));
            all
        }))
    }

    async fn snapshots_of(
        &self,
        allocations: &[AllocationId],
    ) -> Result<Vec<Snapshot>, CloudError> {
        Ok(self.with_rows(|rows| {
            let found = allocations.iter().filter_map(|id| rows.snapshots.get(id));
            let mut found: Vec<Snapshot> = found.cloned().collect();
            found.retain(|row| rows.reads("snapshot", row.allocation.as_str()));
            found
        }))
    }

    async fn releases(&self) -> Result<Vec<ReleaseRecord>, CloudError> {
        let mut all = Self::releases(self);
        self.with_rows(|rows| all.retain(|row| rows.reads("release", row.allocation.as_str())));
        Ok(all)
    }

    async fn allocation_of_association(
        &self,
        association: &AssociationId,
    ) -> Result<Option<AllocationId>, CloudError> {
        Ok(self.with_rows(|rows| rows.holders.get(association).cloned()))
    }

    async fn put_snapshot(&self, snapshot: &Snapshot) -> Result<Written, CloudError> {
        Ok(self.with_rows(|rows| {
            if !rows.reads("snapshot", snapshot.allocation.as_str()) {
                return Written::Unreadable;
            }
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
            if !rows.reads("release", release.allocation.as_str()) {
                return Written::Unreadable;
            }
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
        Ok(self.with_rows(|rows| {
            let groups = rows.leases.keys().chain(rows.leases_beside.keys());
            let groups: BTreeSet<String> = groups.cloned().collect();
            let lease = |group: String| rows.leases_of(&group).get(&group).cloned();
            groups.into_iter().filter_map(lease).collect()
        }))
    }

    fn take_unreadable(&self) -> Vec<UnreadableRow> {
        let names = self.with_rows(|rows| std::mem::take(&mut rows.passed_by));
        let row = |name| UnreadableRow {
            name,
            why: "a later version of Holdfast wrote it".to_owned(),
        };
        names.into_iter().map(row).collect()
    }

    async fn acquire_lease(&self, claim: &Claim) -> Result<Acquire, CloudError> {
        Ok(self.with_rows(|rows| {
            let is_beside = !rows.reads("lease", &claim.group);
            let leases = rows.leases_of(&claim.group);
            let seen = leases.get(&claim.group).cloned();
            let seen = beside(seen.unwrap_or_else(|| Lease::new(&claim.group)), is_beside);
            if seen.is_held_by_other(&claim.hold.owner, claim.now) {
                return Acquire::HeldBy(seen);
            }
            let granted = seen.granted(claim);
            leases.insert(claim.group.clone(), granted.clone());
            Acquire::Granted(granted)
        }))
    }

    async fn put_lease(&self, lease: &Lease) -> Result<Written, CloudError> {
        Ok(self.with_rows(|rows| {
            let leases = rows.leases_of(&lease.group);
            let seen = leases.get(&lease.group);
            if seen.is_none_or(|seen| seen.lease_number != lease.lease_number) {
                return Written::Conflict;
            }
            leases.insert(lease.group.clone(), lease.clone());
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
