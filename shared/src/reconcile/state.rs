//! What a sweep, or a call that is taken note of, is decided on.

use crate::cloud::CloudError;
use crate::ledger::snapshot::Observation;
use crate::ledger::{AllocationRows, ReleaseRecord, Snapshot};
use crate::model::elastic_ip::Address;
use crate::model::ids::{AllocationId, AssociationId, EniId};
use std::collections::{BTreeMap, HashMap};
use std::net::Ipv4Addr;
use std::time::Duration;
use time::OffsetDateTime;

/// How far EC2's answers are taken to lag behind its writes. A row that tells of something younger is
/// not changed by a look. Else a describe that lags would undo what an event had told, and a protect tag
/// not shown yet would pass for one that was removed.
/// Source: EC2 API reference, "Eventual consistency" (seconds, not promised).
pub const READ_LAG: Duration = Duration::from_secs(5);

/// A look at addresses.
#[derive(Debug)]
pub struct Look {
    /// The moment that it is true of.
    pub at: OffsetDateTime,
    /// What EC2 showed.
    pub addresses: BTreeMap<AllocationId, Address>,
    /// The reverse DNS names; none when they were not asked for.
    pub reverse_dns_names: Option<BTreeMap<AllocationId, String>>,
    /// Why they could not be read, though asked for.
    pub reverse_dns_names_refused: Option<CloudError>,
}

impl Look {
    /// A look for which nothing was asked.
    #[must_use]
    pub fn at_nothing(now: OffsetDateTime) -> Self {
        Self {
            at: now,
            addresses: BTreeMap::new(),
            reverse_dns_names: None,
            reverse_dns_names_refused: None,
        }
    }

    /// What it showed of one address.
    #[must_use]
    pub fn of(&self, allocation: &AllocationId) -> Option<Observation<'_>> {
        let reverse_dns = self
            .reverse_dns_names
            .as_ref()
            .map(|names| names.get(allocation).map(String::as_str));
        self.addresses.get(allocation).map(|address| Observation {
            address,
            reverse_dns,
            at: self.at,
        })
    }
}

/// Which address a look shows on which private IP: found once for all rows of a sweep.
#[derive(Debug)]
pub struct Places<'a>(HashMap<(&'a EniId, Ipv4Addr), &'a Address>);

impl<'a> Places<'a> {
    /// Those of a look.
    #[must_use]
    pub fn of(look: &'a Look) -> Self {
        let taken = look.addresses.values().filter_map(|address| {
            let association = address.association.as_ref()?;
            let place = (association.eni.as_ref()?, association.private_ip?);
            Some((place, address))
        });
        Self(taken.collect())
    }

    /// The address on a private IP of an interface.
    #[must_use]
    pub fn address_on(&self, eni: &EniId, private_ip: Ipv4Addr) -> Option<&'a Address> {
        self.0.get(&(eni, private_ip)).copied()
    }
}

/// Everything: what EC2 shows and what the ledger has.
#[derive(Debug)]
pub struct AccountState {
    /// What EC2 shows.
    pub look: Look,
    /// The ledger's snapshots, tombstones included.
    pub rows: BTreeMap<AllocationId, Snapshot>,
    /// The ledger's release records.
    pub releases: BTreeMap<AllocationId, ReleaseRecord>,
}

impl AccountState {
    /// Everything that the ledger has on one allocation.
    #[must_use]
    pub fn known(&self, allocation: &AllocationId) -> AllocationRows {
        AllocationRows {
            snapshot: self.rows.get(allocation).cloned(),
            release: self.releases.get(allocation).cloned(),
            ..AllocationRows::default()
        }
    }
}

impl AccountState {
    /// The ledger's snapshots after these writes.
    #[must_use]
    pub fn rows_with<'a>(
        &'a self,
        written: &'a [Snapshot],
    ) -> BTreeMap<&'a AllocationId, &'a Snapshot> {
        let rows = self.rows.values().chain(written);
        rows.map(|row| (&row.allocation, row)).collect()
    }
}

/// What one event is about.
#[derive(Debug)]
pub struct AffectedRows {
    /// What EC2 shows of it.
    pub look: Look,
    /// What EC2 was asked for.
    pub looked_at: Vec<AllocationId>,
    /// What the ledger has of it.
    pub rows: BTreeMap<AllocationId, AllocationRows>,
}

/// Which addresses an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AffectedAddresses {
    /// These.
    Allocations(Vec<AllocationId>),
    /// The one that this association tied: the ledger knows which.
    Association(AssociationId),
    /// The one with this IP, by whatever allocations the ledger has it.
    Address {
        /// The IP.
        ip: Ipv4Addr,
        /// The allocation under which it was received, where the call tells.
        received: Option<AllocationId>,
    },
    /// None that reconcile deals with.
    Nothing {
        /// Why.
        why: String,
    },
}
