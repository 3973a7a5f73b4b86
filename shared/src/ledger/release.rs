//! The record of one release: who, when, and what became of it. One for each allocation id, since an
//! allocation ends once.

use super::snapshot::{Dated, Unlocked};
use crate::model::cloudtrail::{Actor, Call};
use crate::model::elastic_ip::Association;
use crate::model::ids::{AllocationId, AssociationId, BorderGroup};
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;
use time::OffsetDateTime;

/// How a release was dealt with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseRecord {
    /// The allocation that ended.
    pub allocation: AllocationId,
    /// Its address, once known.
    pub ip: Option<Ipv4Addr>,
    /// The border group that the release named.
    #[serde(default)]
    pub border_group: Option<BorderGroup>,
    /// When it was released, by CloudTrail's clock.
    #[serde(with = "time::serde::rfc3339")]
    pub released_at: OffsetDateTime,
    /// CloudTrail's id of the release, where one told of it.
    pub event_id: Option<String>,
    /// Who released it.
    pub actor: Actor,
    /// Who undid before what kept it from being released, oldest first.
    #[serde(default)]
    pub unlocked: Vec<Unlocked>,
    /// What became of it.
    pub status: ReleaseStatus,
    /// Which association was restored, once the address is back: what comes to light later may tell of another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restoration: Option<RestorationNote>,
    /// Why it would have been let go, had that been known in time: it was taken back.
    #[serde(default)]
    pub late_exemption: Option<String>,
    /// Whether a person asked for it and got it: whether its release was meant counts no more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_asked_for: bool,
    /// Whether CloudTrail's history was read once more, when it was complete.
    #[serde(default)]
    pub audited: bool,
    /// How many runs have tried to get it back.
    pub attempts: u32,
    /// When this row was last written.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
    /// How often this row was written: the compare-and-set token.
    pub revision: u64,
}

impl ReleaseRecord {
    /// The call that this record is of, as far as it was kept; none when no event told of it.
    #[must_use]
    pub fn call(&self, region: &str) -> Option<Call> {
        Some(Call {
            event_id: self.event_id.clone()?,
            name: "ReleaseAddress".to_owned(),
            at: self.released_at,
            region: region.to_owned(),
            account: None,
            request_id: None,
            actor: self.actor.clone(),
        })
    }
}

/// What a restoration went by, and what it made of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestorationNote {
    /// What was known then to be the last association before the release; none where nothing was, or where it had been
    /// given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<KnownAssociation>,
    /// The association that has the address where Holdfast put it. As long as EC2 shows this very one, nobody else has
    /// touched it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<AssociationId>,
}

/// An association of an allocation that ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownAssociation {
    /// Which.
    pub id: AssociationId,
    /// When it was first seen, or told.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
}

impl KnownAssociation {
    /// What the ledger has of it.
    #[must_use]
    pub fn of(held: &Dated<Association>) -> Self {
        Self {
            id: held.value.id.clone(),
            since: held.since,
        }
    }
}

/// What became of a released address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum ReleaseStatus {
    /// It is to be tried again until the deadline.
    Pending {
        /// Why it is not back yet.
        reason: PendingReason,
    },
    /// It is back.
    Reclaimed {
        /// Its new allocation.
        allocation: AllocationId,
        /// Whether all that should follow has followed: association, reverse DNS.
        restored: bool,
    },
    /// It cannot be had back.
    Lost {
        /// Why.
        reason: LostReason,
    },
    /// It was meant to be released.
    LetGo {
        /// Why it was taken for that.
        reason: String,
    },
    /// Another account accepted it as a transfer.
    Transferred {
        /// Which, where it is known.
        to_account: Option<String>,
    },
    /// The policy for it is to record and report only.
    Recorded,
}

impl ReleaseStatus {
    /// Whether nothing more is to be done.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::Pending { .. }
            | Self::Reclaimed {
                restored: false, ..
            }
            | Self::Recorded => false,
            Self::Reclaimed { restored: true, .. }
            | Self::Lost { .. }
            | Self::LetGo { .. }
            | Self::Transferred { .. } => true,
        }
    }
}

impl ReleaseStatus {
    /// Whether this may take the place of `before`: knowledge that the address is back is never given up
    /// for less, and what is final stays.
    #[must_use]
    pub fn may_follow(&self, before: &Self) -> bool {
        !before.is_final() && self.weight() >= before.weight()
    }

    fn weight(&self) -> u8 {
        match self {
            // Its protection is not known either.
            Self::Pending {
                reason: PendingReason::UnknownAddress,
            } => 0,
            Self::Recorded => 1,
            Self::Pending { .. } => 2,
            Self::Reclaimed {
                restored: false, ..
            } => 3,
            Self::Reclaimed { restored: true, .. }
            | Self::Lost { .. }
            | Self::LetGo { .. }
            | Self::Transferred { .. } => 4,
        }
    }
}

/// Why a reclaim is pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PendingReason {
    /// EC2 does not have the address to give; it does not say whether it will.
    NotAvailable,
    /// The account's address quota is full.
    OverQuota,
    /// IAM or a policy forbids the call.
    Denied,
    /// Nothing known says which address the allocation id stood for.
    UnknownAddress,
    /// EC2 refuses the request as it is: a person has to look.
    Refused,
    /// EC2 still shows the allocation that is said to be released.
    NotReleased,
    /// AWS did not answer, or not properly.
    Unreachable,
    /// Another address was given than the one asked for: as long as the account has it, no more are.
    WrongAddress,
}

/// Why an address is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LostReason {
    /// It did not become available before the deadline. Older rows say `another-account` where EC2 had answered so.
    #[serde(alias = "another-account")]
    Deadline,
    /// It was released again and again, more often than it is to be taken back.
    ReclaimLoop,
}
