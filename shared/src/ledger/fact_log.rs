//! What a row rests on: the last few calls and looks that concern its allocation. They arrive late, twice
//! and in any order. The row is what they tell when they are taken in the order of their own times, so it
//! is the same row whatever the order in which they came. The one place where order in time is decided.
//!
//! Two things bound that. A row keeps the youngest [`MAX_FACTS`] facts of a day. What is older is part of
//! the row before them, and a fact that comes later still counts only for what nothing younger is known
//! about. And a look that shows what is known by then is not kept, since it would be a write for each
//! address and sweep.

use super::snapshot::{Fact, FactKind, FactLog, NEVER, Observation, ObservedAddress, Snapshot};
use crate::model::cloudtrail::{AddressChange, Record};
use crate::model::elastic_ip::{Address, Association};
use crate::model::ids::AssociationId;
use std::net::Ipv4Addr;
use time::{Duration, OffsetDateTime};

/// How many facts a row keeps. They hold all that happens to an address within the delays of CloudTrail. A row
/// stays far below DynamoDB's 400 KB, also where each of them carries fifty tags.
pub const MAX_FACTS: usize = 12;

/// How long a fact is kept after the youngest: for as long as Lambda tries an event again, and longer.
const KEPT_FOR: Duration = Duration::DAY;

impl Fact {
    pub(super) fn called(record: &Record) -> Self {
        let (event_id, by) = match record.change {
            // An allocation is born once; the row that is made of its birth knows no more of the call.
            AddressChange::Allocated(_) => Default::default(),
            _ => (record.call.event_id.clone(), record.call.actor.clone()),
        };
        let change = record.change.clone();
        Self {
            at: record.call.at,
            what: FactKind::ApiCall {
                event_id,
                by,
                change,
            },
        }
    }

    pub(super) fn seen(observation: Observation<'_>) -> Self {
        let Address {
            pool,
            border_group,
            tags,
            association,
            service_managed,
            ..
        } = observation.address.clone();
        Self {
            at: observation.at,
            what: FactKind::Observed(ObservedAddress {
                pool,
                border_group,
                tags,
                association,
                service_managed,
                names_were_read: observation.reverse_dns.is_some(),
                reverse_dns: observation.reverse_dns.flatten().map(str::to_owned),
            }),
        }
    }

    /// The order in time. CloudTrail's times are to the second. Of calls within one, what can only follow
    /// another comes after it, and where both orders are possible, the one that keeps the protect tag. A look
    /// comes last, since what EC2 shows lags behind.
    fn order(&self) -> (OffsetDateTime, u8, &str, bool) {
        let FactKind::ApiCall {
            event_id, change, ..
        } = &self.what
        else {
            return (self.at, u8::MAX, "", false);
        };
        // The same call may come twice, once with what a look adds to it: that one counts.
        let says_less = matches!(change, AddressChange::Associated { eni: None, .. });
        let rank = match change {
            AddressChange::Allocated(_) => 0,
            AddressChange::Untagged { .. } => 1,
            AddressChange::Tagged { .. } => 2,
            AddressChange::Associated { .. } => 3,
            AddressChange::Disassociated { .. } => 4,
            AddressChange::ReverseDnsSet { .. } => 5,
            AddressChange::ReverseDnsReset { .. } => 6,
            AddressChange::TransferEnabled { .. } => 7,
            AddressChange::TransferDisabled { .. } => 8,
            AddressChange::TransferAccepted { .. } | AddressChange::Released { .. } => 9,
        };
        (self.at, rank, event_id, says_less)
    }

    fn is_look(&self) -> bool {
        matches!(self.what, FactKind::Observed(_))
    }

    fn is_allocation(&self) -> bool {
        matches!(
            &self.what,
            FactKind::ApiCall {
                change: AddressChange::Allocated(_),
                ..
            }
        )
    }

    /// An allocation has one IP for all its life: another one is no word of AWS's.
    fn tells_another_ip_than(&self, ip: Ipv4Addr) -> bool {
        matches!(
            &self.what,
            FactKind::ApiCall { change: AddressChange::Allocated(birth), .. } if birth.ip != ip
        )
    }

    /// The association that a call made.
    fn association(&self) -> Option<Association> {
        let FactKind::ApiCall {
            change:
                AddressChange::Associated {
                    association,
                    eni,
                    private_ip,
                    instance,
                    ..
                },
            ..
        } = &self.what
        else {
            return None;
        };
        Some(Association {
            id: association.clone()?,
            eni: eni.clone(),
            private_ip: *private_ip,
            instance: instance.clone(),
        })
    }

    fn names(&self, id: &AssociationId) -> bool {
        let association = match &self.what {
            FactKind::ApiCall { change, .. } => match change {
                AddressChange::Associated { association, .. } => association.as_ref(),
                _ => None,
            },
            FactKind::Observed(seen) => seen.association.as_ref().map(|shown| &shown.id),
        };
        association == Some(id)
    }
}

impl FactLog {
    /// Whether one of the facts tells of this association.
    pub(super) fn names(&self, id: &AssociationId) -> bool {
        self.facts.iter().any(|fact| fact.names(id))
    }

    /// Puts a fact in its place in time. Nothing is true of an allocation before its birth.
    fn insert(&mut self, fact: Fact) {
        if self.facts.contains(&fact) || (fact.is_allocation() && self.before.is_some()) {
            return;
        }
        let place = self
            .facts
            .partition_point(|known| known.order() <= fact.order());
        self.facts.insert(place, fact);
        if let Some(birth) = self.facts.iter().position(Fact::is_allocation) {
            self.facts.drain(..birth);
        }
    }

    /// The row that the facts tell, taken in order. A look that showed what was known by then is dropped.
    fn replay(&mut self, of: &Snapshot, protect_tag: &str) -> Snapshot {
        let mut row = self.start(of);
        self.facts.retain(|fact| {
            let before = row.clone();
            row.apply_fact(fact, protect_tag);
            !fact.is_look() || row != before
        });
        row
    }

    fn start(&self, of: &Snapshot) -> Snapshot {
        let before = self.before.as_deref().cloned();
        before.unwrap_or_else(|| Snapshot::blank(&of.allocation, of.ip))
    }

    /// Makes the oldest facts part of the row before them, until few and young ones are left.
    fn compact(&mut self, of: &Snapshot, protect_tag: &str) {
        let youngest = self.facts.last().map(|fact| fact.at);
        while let (Some(oldest), Some(youngest)) = (self.facts.first(), youngest)
            && (self.facts.len() > MAX_FACTS || youngest - oldest.at > KEPT_FOR)
        {
            let mut row = self.start(of);
            row.apply_fact(oldest, protect_tag);
            self.before = Some(Box::new(row));
            self.facts.remove(0);
        }
    }
}

impl Snapshot {
    /// The first moment that anything kept here is of.
    #[must_use]
    pub fn known_since(&self) -> OffsetDateTime {
        let log = &self.fact_log;
        let before = log.before.as_ref().map(|row| row.as_of);
        let first = || log.facts.first().map(|fact| fact.at);
        before.or_else(first).unwrap_or(self.as_of)
    }

    /// Whether a look between these moments showed what no call has told to this day: the address itself, or its tags.
    /// An association is not counted: EC2 ends and moves some by itself, and CloudTrail has no call on the address then.
    #[must_use]
    pub fn is_untold_within(&self, after: OffsetDateTime, until: OffsetDateTime) -> bool {
        let log = &self.fact_log;
        let is_meant = |fact: &Fact| fact.is_look() && after < fact.at && fact.at <= until;
        if !log.facts.iter().any(is_meant) {
            return false;
        }
        let mut row = log.start(self);
        let mut is_new = log.before.is_none();
        for fact in &log.facts {
            if let FactKind::Observed(seen) = &fact.what
                && is_meant(fact)
                && (is_new || seen.tags != row.tags)
            {
                return true;
            }
            row.apply_fact(fact, "");
            is_new = false;
        }
        false
    }
}

impl Snapshot {
    /// This snapshot with one more fact; none when it taught nothing. An end is for ever: a tombstone still
    /// learns what was so before it, since what a reclaim restores hangs on it.
    pub(super) fn with_fact(&self, fact: Fact, protect_tag: &str) -> Option<Self> {
        if self.had_ended_by(fact.at) || fact.tells_another_ip_than(self.ip) {
            return None;
        }
        if self.is_shown_again_by(&fact, protect_tag) {
            return None;
        }
        self.with_fact_replayed(fact, protect_tag)
    }

    /// Whether a look that is younger than all facts shows what is known. Most looks do, so none of the facts is taken up
    /// again for them.
    pub(super) fn is_shown_again_by(&self, fact: &Fact, protect_tag: &str) -> bool {
        let is_youngest = self.fact_log.facts.iter().all(|known| known.at < fact.at);
        if !fact.is_look() || !is_youngest {
            return false;
        }
        let known = self.without_fact_log();
        let mut shown = known.clone();
        shown.apply_fact(fact, protect_tag);
        shown == known
    }

    /// The same by what all facts tell.
    pub(super) fn with_fact_replayed(&self, fact: Fact, protect_tag: &str) -> Option<Self> {
        let mut fact_log = self.own_fact_log(protect_tag);
        fact_log.insert(fact);
        let told = fact_log.replay(self, protect_tag);
        if fact_log.facts.is_empty() {
            return None;
        }
        fact_log.compact(self, protect_tag);
        let next = Self {
            fact_log,
            ..self.with_content_of(told)
        };
        (next != *self).then_some(next)
    }

    /// What this row rests on. One that is not what its facts tell, since it was written by something else
    /// than facts or by an earlier version, stands for itself.
    fn own_fact_log(&self, protect_tag: &str) -> FactLog {
        let told = self.fact_log.clone().replay(self, protect_tag);
        let own = self.without_fact_log();
        if self.with_content_of(told) == own {
            return self.fact_log.clone();
        }
        FactLog {
            before: Some(Box::new(own)),
            facts: Vec::new(),
        }
    }

    /// Another association that began within the second of the last one: CloudTrail's times do not tell which of them
    /// came last.
    #[must_use]
    pub fn rival_association(&self) -> Option<Association> {
        let held = self.association.as_ref()?;
        let mut rivals = self.fact_log.facts.iter().filter_map(|fact| {
            let association = fact.association()?;
            (fact.at == held.since && association.id != held.value.id).then_some(association)
        });
        rivals.next()
    }

    /// What was told, with what no fact tells: the end, the reclaims, where the association is, whether a look has
    /// confirmed it, the revision.
    fn with_content_of(&self, told: Self) -> Self {
        Self {
            state: self.state,
            reclaims: self.reclaims.clone(),
            former_target: self.former_target.clone(),
            unconfirmed: self.unconfirmed,
            revision: self.revision,
            ..told
        }
    }

    /// This snapshot without what it rests on.
    #[must_use]
    pub fn without_fact_log(&self) -> Self {
        // Each by itself: a clone of the whole would clone what is left out.
        Self {
            allocation: self.allocation.clone(),
            ip: self.ip,
            pool: self.pool.clone(),
            border_group: self.border_group.clone(),
            tags: self.tags.clone(),
            service_managed: self.service_managed.clone(),
            association: self.association.clone(),
            former_target: self.former_target.clone(),
            reverse_dns: self.reverse_dns.clone(),
            unprotected: self.unprotected.clone(),
            unlocked: self.unlocked.clone(),
            transfer_offer: self.transfer_offer.clone(),
            reclaims: self.reclaims.clone(),
            state: self.state,
            unconfirmed: self.unconfirmed,
            observed_at: self.observed_at,
            tags_as_of: self.tags_as_of,
            as_of: self.as_of,
            revision: self.revision,
            fact_log: FactLog::default(),
        }
    }

    /// Whether both say the same of the address, whenever it was seen or told.
    #[must_use]
    pub fn has_same_content_as(&self, other: &Self) -> bool {
        let timeless = |row: &Self| {
            let mut row = row.without_fact_log();
            row.observed_at = NEVER;
            row.tags_as_of = NEVER;
            row.as_of = NEVER;
            row.former_target = None;
            if let Some(held) = row.association.as_mut() {
                held.since = NEVER;
            }
            if let Some(held) = row.reverse_dns.as_mut() {
                held.since = NEVER;
            }
            row
        };
        timeless(self) == timeless(other)
    }

    /// What this snapshot says, for tests: without what it rests on, and how often it was written.
    #[cfg(test)]
    pub(crate) fn content(&self) -> Self {
        Self {
            revision: 0,
            ..self.without_fact_log()
        }
    }
}
