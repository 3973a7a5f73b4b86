//! The lease of a group: one failover at a time. Pure data; the ledger arbitrates.
//!
//! A lease is taken in one conditional write, which also notes what is about to be done, and given back
//! in another. It is free when nobody holds it or its holder's time is up. Each taking raises the lease
//! number, so that one who lost it without noticing cannot give back, or overwrite, what is another's.

use crate::model::former_target::FormerTarget;
use crate::model::ids::{AllocationId, InstanceId};
use crate::model::pause::Pause;
use crate::settings::Fencing;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;

/// A group's row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The group.
    pub group: String,
    /// Grows by one with each taking.
    pub lease_number: u64,
    /// Who has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<LeaseHold>,
    /// A failover that was begun and is not known to have ended. It stays until one has: a run that takes
    /// the lease over finds it here, and does not replace it by its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_progress: Option<FailoverRecord>,
    /// The last failover that moved something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<FailoverRecord>,
    /// Since when the member to which the addresses are to return looks healthy, run by run.
    #[serde(
        default,
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub failback_target_healthy_since: Option<OffsetDateTime>,
    /// Until when nothing of the group is moved by itself; kept when it is over, until the next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<Pause>,
    /// Whether it is the row beside the group's own, which cannot be read: what that one says of earlier failovers is
    /// not known.
    #[serde(skip)]
    pub is_beside: bool,
}

impl Lease {
    /// The row of a group that never had one.
    #[must_use]
    pub fn new(group: &str) -> Self {
        Self {
            group: group.to_owned(),
            lease_number: 0,
            held: None,
            in_progress: None,
            last: None,
            failback_target_healthy_since: None,
            pause: None,
            is_beside: false,
        }
    }

    /// Whether somebody other than `owner` has it at this moment.
    #[must_use]
    pub fn is_held_by_other(&self, owner: &str, now: OffsetDateTime) -> bool {
        let held = self.held.as_ref();
        held.is_some_and(|held| held.owner != owner && held.until > now)
    }

    /// Whether what is noted as under way takes the member that took over for the failed one. A run notes whom
    /// an alarm without an instance is about before it knows of earlier failovers. A further delivery of an
    /// event that has been dealt with finds the healthy member as the holder, and may end before it learns so.
    #[must_use]
    pub fn targets_new_holder(&self) -> bool {
        let (Some(noted), Some(last)) = (&self.in_progress, &self.last) else {
            return false;
        };
        let is_same = noted.cause == last.cause && noted.fired_at == last.fired_at;
        let is_later = last.began_at <= noted.began_at;
        let mut failed_members = noted.failed_members.iter();
        let is_who_took_over =
            failed_members.next() == last.to.as_ref() && failed_members.next().is_none();
        is_same && is_later && is_who_took_over && last.to.is_some()
    }

    /// The row after a claim that is granted.
    #[must_use]
    pub fn granted(self, claim: &Claim) -> Self {
        Self {
            lease_number: self.lease_number + 1,
            held: Some(claim.hold.clone()),
            in_progress: self.in_progress.or_else(|| Some(claim.record.clone())),
            ..self
        }
    }
}

/// Who has a lease, and for how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseHold {
    /// One run of one delivery: a second delivery of the same event is another owner.
    pub owner: String,
    /// When it ends by itself.
    #[serde(with = "time::serde::rfc3339")]
    pub until: OffsetDateTime,
}

/// One failover of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailoverRecord {
    /// What caused it, in words: `alarm web-1-status`.
    pub cause: String,
    /// The alarms that have to be firing for it to go on; none where the cause is something else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alarms: Vec<String>,
    /// When the cause came about.
    #[serde(with = "time::serde::rfc3339")]
    pub fired_at: OffsetDateTime,
    /// The members that it is about.
    pub failed_members: BTreeSet<InstanceId>,
    /// The addresses that a run which ends half way may leave associated with nothing: how they are told
    /// from those that are free on purpose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending_reassociation: Vec<AllocationId>,
    /// Where the addresses of the failed members were: which interface of another member is their counterpart.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub former_targets: BTreeMap<AllocationId, FormerTarget>,
    /// How members are to be fenced once everything that they had is elsewhere: a run that ends between the
    /// move and the fence leaves that to the next.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pending_fences: BTreeMap<InstanceId, Fencing>,
    /// When it was begun.
    #[serde(with = "time::serde::rfc3339")]
    pub began_at: OffsetDateTime,
    /// When it ended.
    #[serde(
        default,
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub ended_at: Option<OffsetDateTime>,
    /// The member that took over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<InstanceId>,
}

impl FailoverRecord {
    /// Whether it names nobody and nothing: whoever drops it loses nothing.
    #[must_use]
    pub fn is_about_nothing(&self) -> bool {
        self.failed_members.is_empty()
            && self.alarms.is_empty()
            && self.pending_reassociation.is_empty()
            && self.former_targets.is_empty()
            && self.pending_fences.is_empty()
    }
}

/// What a run asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The group.
    pub group: String,
    /// Who asks, and until when it would have it.
    pub hold: LeaseHold,
    /// Now: a lease whose time is up is free.
    pub now: OffsetDateTime,
    /// What it is about to do: noted in the same write, unless an earlier one is under way.
    pub record: FailoverRecord,
}

/// What became of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a lease that is another's is not to be acted under"]
pub enum Acquire {
    /// The lease is the claimant's, as it is now in the ledger.
    Granted(Lease),
    /// Somebody else has it, as it is now in the ledger.
    HeldBy(Lease),
}
