//! The last known state of one allocation, and the one place that decides how states follow each other
//! in time. All of it is pure: the same rules serve every ledger and every function.

use super::fact_log::{Fact, FactKind, FactLog, ObservedAddress};
use crate::model::cloudtrail::{Actor, AddressChange, Allocation, Record};
use crate::model::elastic_ip::{Address, Association, Pool};
use crate::model::ids::{AllocationId, BorderGroup};
use crate::model::tags::Tags;
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;
use time::OffsetDateTime;

/// Before all times: of what nobody has seen yet.
pub(super) const NEVER: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

/// What was last known of an allocation, and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The allocation.
    pub allocation: AllocationId,
    /// Its address.
    pub ip: Ipv4Addr,
    /// Where it was allocated from.
    pub pool: Pool,
    /// Its border group.
    pub border_group: Option<BorderGroup>,
    /// Its tags.
    pub tags: Tags,
    /// The AWS service that manages it, if one does.
    pub service_managed: Option<String>,
    /// The last association, kept when it has ended: it usually has before a release.
    pub association: Option<Dated<Association>>,
    /// The last reverse DNS name, kept when it was reset: it must be before a release.
    pub reverse_dns: Option<Dated<String>>,
    /// The removal of the protect tag, as long as it is not set again.
    pub unprotected: Option<Unprotected>,
    /// Who undid what kept it from being released or lost, the last few times, oldest first.
    #[serde(default)]
    pub unlocked: Vec<Unlocked>,
    /// The last offer of a transfer to another account.
    #[serde(default)]
    pub transfer_offer: Option<TransferOffer>,
    /// When Holdfast took it back, within a day before the last time.
    #[serde(default)]
    pub reclaims: Vec<Reclaimed>,
    /// Whether the account still has it.
    pub state: AllocationState,
    /// When it was last looked at with a new result: nothing older that an event tells counts.
    #[serde(with = "time::serde::rfc3339")]
    pub observed_at: OffsetDateTime,
    /// When its tags were last seen or told.
    #[serde(with = "time::serde::rfc3339")]
    pub tags_as_of: OffsetDateTime,
    /// The youngest moment of which anything here is true.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
    /// How often this row was written: the compare-and-set token.
    pub revision: u64,
    /// The calls and looks that tell all this.
    #[serde(default, skip_serializing_if = "FactLog::is_empty")]
    pub fact_log: FactLog,
}

/// A fact with its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dated<T> {
    /// The fact.
    pub value: T,
    /// When it was first seen.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// When it was seen to be over; none while it holds.
    #[serde(with = "time::serde::rfc3339::option")]
    pub until: Option<OffsetDateTime>,
}

/// Who took the protection away, and when it was known to be gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unprotected {
    /// When: by CloudTrail's clock, or the moment at which it was seen to be gone.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// By whom, where an event told.
    pub by: Option<Actor>,
}

/// One thing undone that keeps an address from being released or lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unlocked {
    /// What.
    pub what: Lock,
    /// When, by CloudTrail's clock.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// By whom.
    pub by: Actor,
}

/// What keeps an address: EC2 refuses to release one that has a reverse DNS name, or, outside a default
/// VPC, an association (EC2 API reference, `ReleaseAddress`). Holdfast takes back one with its tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lock {
    /// The protect tag.
    ProtectTag,
    /// The reverse DNS name.
    ReverseDns,
    /// The association.
    Association,
}

/// An offer of the address to another account: good for seven days, unless it is withdrawn.
/// Source: EC2 user guide, "Transfer Elastic IP addresses".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferOffer {
    /// To which account.
    pub to_account: Option<String>,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// By whom.
    pub by: Actor,
    /// When it was withdrawn.
    #[serde(with = "time::serde::rfc3339::option")]
    pub withdrawn_at: Option<OffsetDateTime>,
}

impl TransferOffer {
    const GOOD_FOR: time::Duration = time::Duration::days(7);

    /// Whether the other account could accept it at that moment.
    #[must_use]
    pub fn is_open_at(&self, moment: OffsetDateTime) -> bool {
        self.withdrawn_at.is_none_or(|end| end > moment) && moment - self.at <= Self::GOOD_FOR
    }
}

/// One time that Holdfast took the address back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reclaimed {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Who had released it.
    pub released_by: Actor,
}

/// Whether an allocation still exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum AllocationState {
    /// It does, as far as is known.
    Allocated,
    /// It does not, and never will again.
    Released {
        /// When it ended.
        #[serde(with = "time::serde::rfc3339")]
        at: OffsetDateTime,
    },
}

/// What a look at an address showed.
#[derive(Debug, Clone, Copy)]
pub struct Observation<'a> {
    /// The address as EC2 describes it.
    pub address: &'a Address,
    /// Its reverse DNS: outer none when it was not asked for.
    pub reverse_dns: Option<Option<&'a str>>,
    /// When the look was taken.
    pub at: OffsetDateTime,
}

impl Snapshot {
    /// The first snapshot of an address that was seen.
    #[must_use]
    pub fn first(observation: Observation<'_>) -> Self {
        let fact = Fact::seen(observation);
        let mut first = Self::blank(&observation.address.allocation, observation.address.ip);
        // No tag is missed by a first look, whichever protects.
        first.apply_fact(&fact, "");
        first.fact_log = FactLog::of(fact);
        first
    }

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

    pub(super) fn at_allocation(allocation: &Allocation, at: OffsetDateTime) -> Self {
        Self {
            pool: allocation.pool.clone(),
            border_group: allocation.border_group.clone(),
            tags: allocation.tags.clone(),
            observed_at: at,
            tags_as_of: at,
            as_of: at,
            ..Self::blank(&allocation.allocation, allocation.ip)
        }
    }

    /// The snapshot of an allocation of which nothing is known.
    pub(super) fn blank(allocation: &AllocationId, ip: Ipv4Addr) -> Self {
        Self {
            allocation: allocation.clone(),
            ip,
            pool: Pool::Amazon,
            border_group: None,
            tags: Tags::new(),
            service_managed: None,
            association: None,
            reverse_dns: None,
            unprotected: None,
            unlocked: Vec::new(),
            transfer_offer: None,
            reclaims: Vec::new(),
            state: AllocationState::Allocated,
            observed_at: NEVER,
            tags_as_of: NEVER,
            as_of: NEVER,
            revision: 0,
            fact_log: FactLog::default(),
        }
    }

    /// This snapshot after a look at the address. None when the look taught nothing: it showed what was
    /// known by then, it is older than all that is kept, or it is younger than the end.
    #[must_use]
    pub fn after_observation(
        &self,
        observation: Observation<'_>,
        protect_tag: &str,
    ) -> Option<Self> {
        self.with_fact(Fact::seen(observation), protect_tag)
    }

    /// Takes over what a look showed. Tags, association and reverse name have times of their own: a look is
    /// younger than some of them, and may be older than others.
    pub(super) fn apply_observation(
        &mut self,
        seen: &ObservedAddress,
        at: OffsetDateTime,
        protect_tag: &str,
    ) {
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

    pub(super) fn association_known_at(&self) -> OffsetDateTime {
        known_at(self.association.as_ref())
    }

    pub(super) fn reverse_name_known_at(&self) -> OffsetDateTime {
        known_at(self.reverse_dns.as_ref())
    }

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
        let mut next = self.clone();
        next.association = next.association.or_else(|| reallocated.association.clone());
        next.reverse_dns = next.reverse_dns.or_else(|| reallocated.reverse_dns.clone());
        if next.reclaims.is_empty() {
            next.reclaims.clone_from(&reallocated.reclaims);
        }
        (next != *self).then_some(next)
    }

    /// Rebuilds an allocation's last state from CloudTrail's records of it, oldest first: its birth and
    /// all that followed. None when the records do not reach back to its birth.
    #[must_use]
    pub fn from_records(
        records: &[Record],
        allocation: &AllocationId,
        protect_tag: &str,
    ) -> Option<Self> {
        let born = records.iter().find_map(|record| match &record.change {
            AddressChange::Allocated(birth) if birth.allocation == *allocation => {
                Some(Self::from_allocation(birth, record.call.at))
            }
            _ => None,
        })?;
        Some(records.iter().fold(born, |snapshot, record| {
            snapshot
                .after_record(record, protect_tag)
                .unwrap_or(snapshot)
        }))
    }

    /// Whether the account still has it, as far as is known.
    #[must_use]
    pub fn is_allocated(&self) -> bool {
        self.state == AllocationState::Allocated
    }
}

impl<T> Dated<T> {
    /// A fact that holds from now on.
    pub fn since(value: T, since: OffsetDateTime) -> Self {
        Self {
            value,
            since,
            until: None,
        }
    }

    /// Whether it held at that moment, or had ended no longer than `window` before it.
    #[must_use]
    pub fn held_within(&self, window: time::Duration, moment: OffsetDateTime) -> bool {
        self.until.is_none_or(|until| moment - until <= window)
    }
}

/// The same tie stays as old as it is known to be; a call may have named less of it than a look shows.
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
pub(super) fn follow<T: Clone + PartialEq>(
    held: &mut Option<Dated<T>>,
    now: Option<&T>,
    at: OffsetDateTime,
) {
    match (held.as_mut(), now) {
        (Some(held), None) if held.until.is_none() => held.until = Some(at),
        (Some(held), Some(value)) if held.value == *value && held.until.is_none() => {}
        (_, Some(value)) => *held = Some(Dated::since(value.clone(), at)),
        (_, None) => {}
    }
}
