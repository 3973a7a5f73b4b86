//! What a call that CloudTrail recorded changes in a snapshot, taken in the order in which the calls were
//! made: [`super::fact_log`] sees to that. Pure.

use super::Snapshot;
use super::fact_log::{Fact, FactKind};
use super::snapshot::{Lock, TransferOffer, Unlocked, Unprotected, follow};
use crate::model::cloudtrail::{Actor, AddressChange, Record};
use crate::model::elastic_ip::Association;
use crate::model::ids::AssociationId;
use crate::model::tags::{RESERVED_TAG_PREFIX, Tags};
use time::OffsetDateTime;

/// How many unlockings are remembered: all that a release needs, and a row stays small.
const MAX_UNLOCKINGS: usize = 4;

impl Snapshot {
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

    /// Whether something younger is known about what the call changed.
    #[must_use]
    pub fn is_older_than_known(&self, change: &AddressChange, at: OffsetDateTime) -> bool {
        let known_at = match change {
            AddressChange::Tagged { .. } | AddressChange::Untagged { .. } => self.tags_as_of,
            AddressChange::Associated { .. } => self.association_known_at(),
            AddressChange::ReverseDnsSet { .. } | AddressChange::ReverseDnsReset { .. } => {
                self.reverse_name_known_at()
            }
            _ => return false,
        };
        at < known_at.max(self.observed_at)
    }

    /// Takes in the next fact in time. Where facts have been forgotten it may be older than what is left of
    /// them: then what is known stays.
    pub(super) fn apply_fact(&mut self, fact: &Fact, protect_tag: &str) {
        match &fact.what {
            FactKind::Observed(seen) => self.apply_observation(seen, fact.at, protect_tag),
            FactKind::ApiCall { by, change, .. } if !self.is_older_than_known(change, fact.at) => {
                self.apply_change(change, fact.at, by, protect_tag);
            }
            FactKind::ApiCall { .. } => {}
        }
    }

    fn apply_change(
        &mut self,
        change: &AddressChange,
        at: OffsetDateTime,
        by: &Actor,
        protect_tag: &str,
    ) {
        let before = self.clone();
        match change {
            AddressChange::Allocated(birth) => *self = Self::at_allocation(birth, at),
            AddressChange::Associated {
                association: Some(id),
                eni,
                private_ip,
                instance,
                ..
            } => self.associated(
                &Association {
                    id: id.clone(),
                    eni: eni.clone(),
                    private_ip: *private_ip,
                    instance: instance.clone(),
                },
                at,
            ),
            AddressChange::Disassociated { association } => self.disassociated(association, at, by),
            AddressChange::Tagged { tags, .. } => {
                let mut all = self.tags.clone();
                all.extend(tags.clone());
                self.tagged(all, at, None, protect_tag);
            }
            AddressChange::Untagged { tags, .. } => {
                self.tagged(without(&self.tags, tags), at, Some(by), protect_tag);
            }
            AddressChange::ReverseDnsSet { name, .. } => {
                follow(&mut self.reverse_dns, name.as_ref(), at);
            }
            AddressChange::ReverseDnsReset { .. } => self.reverse_dns_reset(at, by),
            AddressChange::TransferEnabled { to_account, .. } => {
                self.offered(to_account.as_ref(), at, by);
            }
            AddressChange::TransferDisabled { .. } => self.offer_withdrawn(at),
            AddressChange::Associated { .. }
            | AddressChange::TransferAccepted { .. }
            | AddressChange::Released { .. } => {}
        }
        if *self != before {
            self.as_of = self.as_of.max(at);
        }
    }

    /// The call may come twice, once with what a look adds to it.
    fn associated(&mut self, association: &Association, at: OffsetDateTime) {
        let held = self.association.as_ref();
        if held.is_none_or(|held| held.value.id != association.id) {
            follow(&mut self.association, Some(association), at);
        }
    }

    /// An association ends once: the moment that the call tells is better than one at which it was missed.
    fn disassociated(&mut self, id: &AssociationId, at: OffsetDateTime, by: &Actor) {
        let Some(held) = self
            .association
            .as_mut()
            .filter(|held| held.value.id == *id)
        else {
            return;
        };
        held.until = Some(at);
        self.unlocked(Lock::Association, at, by);
    }

    fn reverse_dns_reset(&mut self, at: OffsetDateTime, by: &Actor) {
        let held = self.reverse_dns.as_ref();
        if held.is_some_and(|held| held.until.is_none()) {
            follow(&mut self.reverse_dns, None, at);
            self.unlocked(Lock::ReverseDns, at, by);
        }
    }

    /// An offer takes the place of the one before. Describes do not show offers. The same offer may be told again
    /// after its facts were forgotten: it does not take the place of what followed it.
    fn offered(&mut self, to_account: Option<&String>, at: OffsetDateTime, by: &Actor) {
        if self.transfer_offer.as_ref().is_none_or(|last| last.at < at) {
            self.transfer_offer = Some(TransferOffer {
                to_account: to_account.cloned(),
                at,
                by: by.clone(),
                withdrawn_at: None,
            });
        }
    }

    fn offer_withdrawn(&mut self, at: OffsetDateTime) {
        let standing = self.transfer_offer.as_mut();
        if let Some(last) = standing.filter(|last| last.withdrawn_at.is_none() && last.at <= at) {
            last.withdrawn_at = Some(at);
        }
    }

    fn unlocked(&mut self, what: Lock, at: OffsetDateTime, by: &Actor) {
        let is_known = |known: &Unlocked| known.what == what && known.at == at;
        if !self.unlocked.iter().any(is_known) {
            let by = by.clone();
            self.unlocked.push(Unlocked { what, at, by });
            self.unlocked
                .sort_by_key(|unlocked| (unlocked.at, unlocked.what));
            let too_many = self.unlocked.len().saturating_sub(MAX_UNLOCKINGS);
            self.unlocked.drain(..too_many);
        }
    }

    /// Takes over tags, as seen or, where `by` removed some, as told.
    pub(super) fn tagged(
        &mut self,
        tags: Tags,
        at: OffsetDateTime,
        by: Option<&Actor>,
        protect_tag: &str,
    ) {
        let was = self.tags.contains_key(protect_tag);
        let is = tags.contains_key(protect_tag);
        let is_told_now = |gone: &Unprotected| gone.by.is_none();
        if is {
            self.unprotected = None;
        } else if was || (by.is_some() && self.unprotected.as_ref().is_some_and(is_told_now)) {
            self.unprotected = Some(Unprotected {
                at,
                by: by.cloned(),
            });
            if let Some(by) = by {
                self.unlocked(Lock::ProtectTag, at, by);
            }
        }
        self.tags = tags;
        self.tags_as_of = at;
    }
}

fn without(tags: &Tags, removed: &[(String, Option<String>)]) -> Tags {
    let is_removed = |key: &String, value: &String| {
        removed.is_empty()
            || removed.iter().any(|(removed_key, only_value)| {
                removed_key == key && only_value.as_ref().is_none_or(|only| only == value)
            })
    };
    tags.iter()
        .filter(|(key, value)| key.starts_with(RESERVED_TAG_PREFIX) || !is_removed(key, value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}
