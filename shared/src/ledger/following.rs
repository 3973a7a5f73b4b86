//! How a snapshot follows CloudTrail's records of calls. They arrive late, twice and in any order; each
//! counts at the time of its call. Pure, as all of the order in time is.

use super::Snapshot;
use super::snapshot::{Life, Lock, Offer, Unlocked, Unprotected, follow};
use crate::address::{Association, RESERVED_TAG_PREFIX, Tags};
use crate::event::cloudtrail::{Actor, Deed, Record};
use crate::ids::AssociationId;
use time::OffsetDateTime;

/// How many unlockings are remembered: all that a release needs, and a row stays small.
const MOST_UNLOCKINGS: usize = 4;

impl Snapshot {
    /// This snapshot after a call that CloudTrail recorded; none when the call taught nothing. A
    /// tombstone still learns what happened before the end: what a reclaim restores hangs on it.
    #[must_use]
    pub fn following(&self, record: &Record, protect_tag: &str) -> Option<Self> {
        let mut next = self.clone();
        next.hear(record, protect_tag);
        (next != *self).then_some(next)
    }

    fn hear(&mut self, record: &Record, protect_tag: &str) {
        let (at, by) = (record.call.at, &record.call.actor);
        match self.life {
            Life::Released { at: end } if at > end => return,
            Life::Alive if self.is_released_by(&record.deed) => {
                *self = self.ended(at);
                return;
            }
            _ => {}
        }
        match &record.deed {
            Deed::TransferEnabled {
                allocation,
                to_account,
            } if *allocation == self.allocation => {
                self.offered(to_account.as_ref(), at, by);
            }
            Deed::TransferDisabled { allocation } if *allocation == self.allocation => {
                self.offer_withdrawn(at);
            }
            Deed::Disassociated { association } => self.disassociated(association, at, by),
            deed if self.is_older_than_known(deed, at) => self.hear_late(record, protect_tag),
            _ => self.hear_news(record, protect_tag),
        }
    }

    /// Whether something younger is known about what the call changed.
    #[must_use]
    pub fn is_older_than_known(&self, deed: &Deed, at: OffsetDateTime) -> bool {
        let known_at = match deed {
            Deed::Tagged { .. } | Deed::Untagged { .. } => self.tagged_at,
            Deed::Associated { .. } => self.association_known_at(),
            Deed::ReverseNameSet { .. } | Deed::ReverseNameReset { .. } => {
                self.reverse_name_known_at()
            }
            _ => return false,
        };
        at < known_at.max(self.seen_at)
    }

    fn hear_news(&mut self, record: &Record, protect_tag: &str) {
        let (at, by) = (record.call.at, &record.call.actor);
        let before = self.clone();
        match &record.deed {
            Deed::Associated {
                allocation,
                association: Some(id),
                eni,
                private_ip,
                instance,
            } if *allocation == self.allocation => {
                let association = Association {
                    id: id.clone(),
                    eni: eni.clone(),
                    private_ip: *private_ip,
                    instance: instance.clone(),
                };
                follow(&mut self.association, Some(&association), at);
            }
            Deed::Tagged { allocations, tags } if allocations.contains(&self.allocation) => {
                let mut all = self.tags.clone();
                all.extend(tags.clone());
                self.tagged(all, at, None, protect_tag);
            }
            Deed::Untagged { allocations, tags } if allocations.contains(&self.allocation) => {
                self.tagged(without(&self.tags, tags), at, Some(by), protect_tag);
            }
            Deed::ReverseNameSet { allocation, name } if *allocation == self.allocation => {
                follow(&mut self.reverse_name, name.as_ref(), at);
            }
            Deed::ReverseNameReset { allocation } if *allocation == self.allocation => {
                let was_named = self
                    .reverse_name
                    .as_ref()
                    .is_some_and(|held| held.until.is_none());
                follow(&mut self.reverse_name, None, at);
                if was_named {
                    self.unlocked(Lock::ReverseName, at, by);
                }
            }
            _ => {}
        }
        if *self != before {
            self.true_at = self.true_at.max(at);
        }
    }

    /// A call that is older than the snapshot changes nothing that is known, but what was seen to be over
    /// gets the moment at which it ended, and by whom.
    fn hear_late(&mut self, record: &Record, protect_tag: &str) {
        let (at, by) = (record.call.at, &record.call.actor);
        match &record.deed {
            Deed::Untagged { allocations, tags } if allocations.contains(&self.allocation) => {
                let removes_it = tags.is_empty() || tags.iter().any(|(key, _)| key == protect_tag);
                if let Some(gone) = self.unprotected.as_mut()
                    && gone.by.is_none()
                    && at <= gone.at
                    && removes_it
                {
                    gone.at = at;
                    gone.by = Some(by.clone());
                    self.unlocked(Lock::ProtectTag, at, by);
                }
            }
            Deed::ReverseNameReset { allocation } if *allocation == self.allocation => {
                if let Some(held) = self.reverse_name.as_mut()
                    && held.since <= at
                    && held.until.is_some_and(|until| at < until)
                {
                    held.until = Some(at);
                    self.unlocked(Lock::ReverseName, at, by);
                }
            }
            _ => {}
        }
    }

    fn is_released_by(&self, deed: &Deed) -> bool {
        matches!(deed, Deed::Released { allocation, .. } if *allocation == self.allocation)
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
        if held.until != Some(at) {
            held.until = Some(at);
            self.true_at = self.true_at.max(at);
            self.unlocked(Lock::Association, at, by);
        }
    }

    /// Describes do not show offers, so offers are ordered by their own times.
    fn offered(&mut self, to_account: Option<&String>, at: OffsetDateTime, by: &Actor) {
        let is_news = self
            .offer
            .as_ref()
            .is_none_or(|last| last.at < at && last.withdrawn_at.is_none_or(|end| end < at));
        if is_news {
            self.offer = Some(Offer {
                to_account: to_account.cloned(),
                at,
                by: by.clone(),
                withdrawn_at: None,
            });
        }
    }

    /// A withdrawal may come before the offer that it ends: it is kept as one that never stood.
    fn offer_withdrawn(&mut self, at: OffsetDateTime) {
        match self.offer.as_mut() {
            Some(last) if last.at <= at => {
                last.withdrawn_at = Some(last.withdrawn_at.map_or(at, |end| end.max(at)));
            }
            Some(_) => {}
            None => {
                self.offer = Some(Offer {
                    to_account: None,
                    at,
                    by: Actor::default(),
                    withdrawn_at: Some(at),
                });
            }
        }
    }

    fn unlocked(&mut self, what: Lock, at: OffsetDateTime, by: &Actor) {
        let is_known = |known: &Unlocked| known.what == what && known.at == at;
        if !self.unlocked.iter().any(is_known) {
            let by = by.clone();
            self.unlocked.push(Unlocked { what, at, by });
            self.unlocked
                .sort_by_key(|unlocked| (unlocked.at, unlocked.what));
            let too_many = self.unlocked.len().saturating_sub(MOST_UNLOCKINGS);
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
        self.tagged_at = at;
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
