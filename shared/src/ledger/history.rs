//! The history of an address: each state that its rows went through, dated, under its IP, so that one
//! query answers what happened to it in a period. An entry is written as one with the row itself and is
//! never changed. No function asks for it: people do, as docs/SEMANTICS.md shows, and tests.

use super::release::ReleaseRecord;
use super::snapshot::{AllocationState, Snapshot};
use crate::cloud::CloudError;
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;
use time::OffsetDateTime;

/// Asking for the history of an address.
pub trait ReadAddressHistory: Send + Sync {
    /// What the ledger knew of an address in a period, both ends included, oldest first: one query.
    ///
    /// # Errors
    /// As for [`Ledger::read`](super::Ledger::read).
    fn history(
        &self,
        ip: Ipv4Addr,
        from: OffsetDateTime,
        until: OffsetDateTime,
    ) -> impl Future<Output = Result<Vec<Entry>, CloudError>> + Send;
}

/// One state of an address, from its moment on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The address.
    pub ip: Ipv4Addr,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// What.
    pub state: State,
}

/// What is known from that moment on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Of an allocation that has the address.
    Snapshot(Box<Snapshot>),
    /// Of a release of it.
    Release(Box<ReleaseRecord>),
}

impl Entry {
    /// The entry of a snapshot: a tombstone counts from the end on.
    #[must_use]
    pub fn of_snapshot(snapshot: &Snapshot) -> Self {
        let at = match snapshot.state {
            AllocationState::Allocated => snapshot.as_of,
            AllocationState::Released { at } => at,
        };
        Self {
            ip: snapshot.ip,
            at,
            state: State::Snapshot(Box::new(snapshot.without_fact_log())),
        }
    }

    /// The entry of a release record; none while its address is not known.
    #[must_use]
    pub fn of_release(release: &ReleaseRecord) -> Option<Self> {
        Some(Self {
            ip: release.ip?,
            at: release.updated_at,
            state: State::Release(Box::new(release.clone())),
        })
    }

    /// What sets it apart from other entries of the same moment.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.state {
            State::Snapshot(row) => format!("snapshot-{}-{:06}", row.allocation, row.revision),
            State::Release(row) => format!("release-{}-{:06}", row.allocation, row.revision),
        }
    }
}
