//! A pause of a group: for maintenance, until a time. It is a part of the group's lease: the one write that takes the
//! lease tells whether the group is paused. A failover that has begun ends before a pause is noted.

use super::lease::Lease;
use super::port::Ledger;
use crate::cloud::CloudError;
use crate::model::pause::Pause;
use std::collections::BTreeMap;
use time::OffsetDateTime;

impl Lease {
    /// The pause of the group, if one lasts at this moment.
    #[must_use]
    pub fn pause_at(&self, now: OffsetDateTime) -> Option<&Pause> {
        self.pause.as_ref().filter(|pause| pause.lasts(now))
    }
}

/// The groups that are paused at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pauses(BTreeMap<String, Pause>);

impl Pauses {
    /// Those of the ledger: one query.
    ///
    /// # Errors
    /// As for [`Ledger::leases`].
    pub async fn read<L: Ledger>(ledger: &L, now: OffsetDateTime) -> Result<Self, CloudError> {
        Ok(Self::of(&ledger.leases().await?, now))
    }

    /// Those of these leases.
    #[must_use]
    pub fn of(leases: &[Lease], now: OffsetDateTime) -> Self {
        let paused = leases
            .iter()
            .filter_map(|lease| Some((lease.group.clone(), lease.pause_at(now)?.clone())));
        Self(paused.collect())
    }

    /// The pause of a group, if it is paused.
    #[must_use]
    pub fn of_group(&self, group: &str) -> Option<&Pause> {
        self.0.get(group)
    }
}
