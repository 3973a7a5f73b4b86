//! What one fact changes in a row: a call that CloudTrail recorded, or what a look showed. Pure. Facts are taken
//! in the order of their times: [`super::fact_log`] sees to that.

use super::snapshot::{
    Dated, Fact, FactKind, Lock, NEVER, ObservedAddress, Snapshot, TransferOffer, Unlocked,
    Unprotected,
};
use crate::model::cloudtrail::{Actor, AddressChange};
use crate::model::elastic_ip::Association;
use crate::model::ids::AssociationId;
use crate::model::tags::{RESERVED_TAG_PREFIX, Tags};
use time::OffsetDateTime;
/// How many unlockings are remembered: all that a release needs, and a row stays small.
const MAX_UNLOCKINGS: usize = 4;

impl Snapshot {
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

    /// Takes over what a look showed. Tags, association and reverse name have times of their own: a look is
    /// younger than some of them, and may be older than others.
    fn apply_observation(&mut self, seen: &ObservedAddress, at: OffsetDateTime, protect_tag: &str) {
        if at < self.observed_at {
            return;
        }
        let before = self.clone();
        self.border_group.clone_from(&seen.border_group);
        self.pool.clone_from(&seen.pool);
        self.service_managed.clone_from(&seen.service_managed);
        let is_first = before.observed_at == NEVER;
        if at >= self.tags_as_of && (is_first || self.tags != seen.tags) {
            self.tagged(seen.tags.clone(), at, None, protect_tag);
        }
        if at >= before.association_known_at() {
            apply_observed_association(&mut self.association, seen.association.as_ref(), at);
        }
        if seen.names_were_read && at >= before.reverse_name_known_at() {
            follow(&mut self.reverse_dns, seen.reverse_dns.as_ref(), at);
        }
        if is_first || *self != before {
            self.observed_at = at;
            self.as_of = self.as_of.max(at);
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

    fn association_known_at(&self) -> OffsetDateTime {
        known_at(self.association.as_ref())
    }

    fn reverse_name_known_at(&self) -> OffsetDateTime {
        known_at(self.reverse_dns.as_ref())
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
        let open_offer = self.transfer_offer.as_mut();
        if let Some(last) = open_offer.filter(|last| last.withdrawn_at.is_none() && last.at <= at) {
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
    fn tagged(&mut self, tags: Tags, at: OffsetDateTime, by: Option<&Actor>, protect_tag: &str) {
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

/// The same association stays as old as it is known to be; a call may have named less of it than a look shows.
fn apply_observed_association(
    held: &mut Option<Dated<Association>>,
    shown: Option<&Association>,
    at: OffsetDateTime,
) {
    match (held.as_mut(), shown) {
        (Some(held), Some(shown)) if held.value.id == shown.id && held.until.is_none() => {
            held.value = shown.clone();
        }
        _ => follow(held, shown, at),
    }
}

/// The moment at which the fact ended, or began.
fn known_at<T>(held: Option<&Dated<T>>) -> OffsetDateTime {
    held.map_or(NEVER, |held| held.until.unwrap_or(held.since))
}

/// Brings a held fact up to date with what is so now: a new value replaces the old, an absent one ends
/// it but keeps it.
fn follow<T: Clone + PartialEq>(held: &mut Option<Dated<T>>, now: Option<&T>, at: OffsetDateTime) {
    match (held.as_mut(), now) {
        (Some(held), None) if held.until.is_none() => held.until = Some(at),
        (Some(held), Some(value)) if held.value == *value && held.until.is_none() => {}
        (_, Some(value)) => *held = Some(Dated::since(value.clone(), at)),
        (_, None) => {}
    }
}
