//! A row after calls that CloudTrail recorded: after one more, or after all of them. Pure.

use super::snapshot::{Fact, FactKind, FactLog, Snapshot};
use crate::model::cloudtrail::{Actor, AddressChange, Allocation, Record};
use crate::model::ids::{AllocationId, AssociationId};
use time::OffsetDateTime;

impl Snapshot {
    /// The snapshot of an address that CloudTrail says was allocated.
    #[must_use]
    pub fn from_allocation(allocation: &Allocation, at: OffsetDateTime) -> Self {
        let birth = FactKind::ApiCall {
            event_id: String::new(),
            by: Actor::default(),
            change: AddressChange::Allocated(allocation.clone()),
        };
        Self {
            fact_log: FactLog::of(Fact { at, what: birth }),
            ..Self::at_allocation(allocation, at)
        }
    }

    /// Rebuilds an allocation's last state from CloudTrail's records of it, oldest first: its birth and
    /// all that followed. None when the records do not reach back to its birth.
    #[must_use]
    pub fn from_records(
        records: &[Record],
        allocation: &AllocationId,
        protect_tag: &str,
    ) -> Option<Self> {
        let (birth, at) = Self::birth_in(records, allocation)?;
        let told = Self::from_allocation(birth, at).after_records(records, protect_tag);
        Some(told.confirmed())
    }

    /// The call that made an allocation, and when; none when the records do not reach back to it.
    #[must_use]
    pub fn birth_in<'a>(
        records: &'a [Record],
        allocation: &AllocationId,
    ) -> Option<(&'a Allocation, OffsetDateTime)> {
        records.iter().find_map(|record| match &record.change {
            AddressChange::Allocated(birth) if birth.allocation == *allocation => {
                Some((birth, record.call.at))
            }
            _ => None,
        })
    }

    /// This snapshot after all of these calls.
    #[must_use]
    pub fn after_records<'a>(
        self,
        records: impl IntoIterator<Item = &'a Record>,
        protect_tag: &str,
    ) -> Self {
        records.into_iter().fold(self, |snapshot, record| {
            snapshot
                .after_record(record, protect_tag)
                .unwrap_or(snapshot)
        })
    }

    /// This snapshot after a call that CloudTrail recorded; none when the call taught nothing.
    #[must_use]
    pub fn after_record(&self, record: &Record, protect_tag: &str) -> Option<Self> {
        match &record.change {
            AddressChange::Released { allocation, .. } => (*allocation == self.allocation
                && self.is_allocated())
            .then(|| self.ended(record.call.at)),
            change if self.is_affected_by(change) => {
                self.with_fact(Fact::called(record), protect_tag)
            }
            _ => None,
        }
    }

    /// Whether a call changed this allocation.
    fn is_affected_by(&self, change: &AddressChange) -> bool {
        match change {
            AddressChange::Allocated(birth) => birth.allocation == self.allocation,
            AddressChange::Tagged { allocations, .. }
            | AddressChange::Untagged { allocations, .. } => allocations.contains(&self.allocation),
            AddressChange::Associated {
                allocation,
                association,
                ..
            } => *allocation == self.allocation && association.is_some(),
            AddressChange::Disassociated { association } => self.has_association(association),
            AddressChange::ReverseDnsSet { allocation, .. }
            | AddressChange::ReverseDnsReset { allocation }
            | AddressChange::TransferEnabled { allocation, .. }
            | AddressChange::TransferDisabled { allocation }
            | AddressChange::Released { allocation, .. } => *allocation == self.allocation,
            AddressChange::TransferAccepted { .. } => false,
        }
    }

    /// Whether the row knows this association as one of its own.
    pub(super) fn has_association(&self, id: &AssociationId) -> bool {
        let held = self.association.as_ref();
        held.is_some_and(|held| held.value.id == *id) || self.fact_log.names(id)
    }
}
