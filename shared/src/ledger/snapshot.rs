//! What the ledger knows of one allocation: its last known state, and the facts that it rests on. Plain data;
//! how states follow each other in time is decided in [`super::fact_log`].

use crate::model::cloudtrail::{Actor, AddressChange, Allocation};
use crate::model::elastic_ip::{Address, Association, Pool};
use crate::model::former_target::FormerTarget;
use crate::model::ids::{AllocationId, AssociationId, BorderGroup};
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
    /// Where that association is, or was: by device index and subnet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_target: Option<NotedTarget>,
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
    /// Whether events alone tell of it. A look at EC2 confirms that it is this account's. So does CloudTrail's event
    /// history, or EC2's answer to a request of Holdfast's own. A row of a version that did not say counts as confirmed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unconfirmed: bool,
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

/// Where an address was with one association, as EC2 showed it while it held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotedTarget {
    /// The association: of another one it says nothing.
    pub association: AssociationId,
    /// Where the address was.
    pub target: FormerTarget,
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
    pub(super) fn at_allocation(allocation: &Allocation, at: OffsetDateTime) -> Self {
        Self {
            pool: allocation.pool.clone(),
            border_group: allocation.border_group.clone(),
            tags: allocation.tags.clone(),
            observed_at: at,
            tags_as_of: at,
            as_of: at,
            unconfirmed: true,
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
            former_target: None,
            reverse_dns: None,
            unprotected: None,
            unlocked: Vec::new(),
            transfer_offer: None,
            reclaims: Vec::new(),
            state: AllocationState::Allocated,
            unconfirmed: false,
            observed_at: NEVER,
            tags_as_of: NEVER,
            as_of: NEVER,
            revision: 0,
            fact_log: FactLog::default(),
        }
    }

    /// Whether the account still has it, as far as is known.
    #[must_use]
    pub fn is_allocated(&self) -> bool {
        self.state == AllocationState::Allocated
    }

    /// This snapshot, with more than an event to tell of it.
    #[must_use]
    pub fn confirmed(self) -> Self {
        Self {
            unconfirmed: false,
            ..self
        }
    }

    /// The row of the same allocation as AWS shows it, where an event told another IP. What events told counts for nothing.
    pub(super) fn replaced_by(&self, shown: Self) -> Self {
        Self {
            state: self.state,
            revision: self.revision,
            ..shown
        }
    }

    /// Whether it had ended before that moment.
    pub(super) fn had_ended_by(&self, moment: OffsetDateTime) -> bool {
        matches!(self.state, AllocationState::Released { at } if moment > at)
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

/// The facts, oldest first, and the row before them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactLog {
    /// The row before the first of the facts; none where they are all there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) before: Option<Box<Snapshot>>,
    pub(super) facts: Vec<Fact>,
}

/// A call or a look, and the moment that it is true of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fact {
    #[serde(with = "time::serde::rfc3339")]
    pub(super) at: OffsetDateTime,
    pub(super) what: FactKind,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum FactKind {
    ApiCall {
        event_id: String,
        by: Actor,
        change: AddressChange,
    },
    Observed(ObservedAddress),
}

/// What a look showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ObservedAddress {
    pub(super) pool: Pool,
    pub(super) border_group: Option<BorderGroup>,
    pub(super) tags: Tags,
    pub(super) association: Option<Association>,
    pub(super) service_managed: Option<String>,
    pub(super) names_were_read: bool,
    pub(super) reverse_dns: Option<String>,
}

impl FactLog {
    pub(super) fn of(fact: Fact) -> Self {
        Self {
            before: None,
            facts: vec![fact],
        }
    }

    /// Whether there is none: the row stands for itself.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.before.is_none() && self.facts.is_empty()
    }
}
