//! A row at the end of its allocation, and the row of the allocation that the address came back as. Pure.

use super::snapshot::{AllocationState, Dated, FactLog, Reclaimed, Snapshot};
use crate::model::elastic_ip::{Address, Association};
use time::OffsetDateTime;

impl Snapshot {
    /// This snapshot as a tombstone. What was known stays, and since when: it is what a reclaim restores.
    #[must_use]
    pub fn ended(&self, at: OffsetDateTime) -> Self {
        Self {
            state: AllocationState::Released { at },
            ..self.clone()
        }
    }

    /// The snapshot of the allocation that this address came back as. An association that was not
    /// restored is carried over as ended, so that it is not forgotten.
    #[must_use]
    pub fn reallocated(
        &self,
        address: &Address,
        restored: Option<Association>,
        at: OffsetDateTime,
    ) -> Self {
        let ended_at = if let AllocationState::Released { at } = self.state {
            at
        } else {
            at
        };
        let ended = |held: &mut Dated<_>| held.until = held.until.or(Some(ended_at));
        let mut association = self.association.clone();
        association.iter_mut().for_each(ended);
        if let Some(value) = restored {
            association = Some(Dated::since(value, at));
        }
        Self {
            allocation: address.allocation.clone(),
            tags: address.tags.clone(),
            association,
            unprotected: None,
            unlocked: Vec::new(),
            transfer_offer: None,
            state: AllocationState::Allocated,
            // EC2 gave it, and said so.
            unconfirmed: false,
            observed_at: at,
            tags_as_of: at,
            as_of: at,
            revision: 0,
            fact_log: FactLog::default(),
            ..self.clone()
        }
    }

    /// This snapshot with one more reclaim counted; those of more than a day before are forgotten.
    #[must_use]
    pub fn with_reclaim(mut self, reclaim: Reclaimed) -> Self {
        self.reclaims
            .retain(|before| reclaim.at - before.at < time::Duration::DAY);
        self.reclaims.push(reclaim);
        self
    }

    /// This snapshot with what `reallocated` remembers of the allocation before; none when it knows as much.
    #[must_use]
    pub fn with_history_of(&self, reallocated: &Self) -> Option<Self> {
        if self.ip != reallocated.ip {
            return Some(self.replaced_by(reallocated.clone()));
        }
        let mut next = self.clone();
        next.unconfirmed &= reallocated.unconfirmed;
        next.association = next.association.or_else(|| reallocated.association.clone());
        let former = &reallocated.former_target;
        next.former_target = next.former_target.or_else(|| former.clone());
        next.reverse_dns = next.reverse_dns.or_else(|| reallocated.reverse_dns.clone());
        if next.reclaims.is_empty() {
            next.reclaims.clone_from(&reallocated.reclaims);
        }
        (next != *self).then_some(next)
    }
}
