//! The lease of a target: one run at a time gives a private IP an Elastic IP. Pure data; the ledger arbitrates.
//!
//! EC2 may bump off the Elastic IP that a private IP has already (`ec2_sim::doubts::OccupiedTarget`). So a run reads the
//! private IP right before it associates. Two runs that read in the same moment both find it free, and may have chosen
//! two addresses. So a run takes the lease of the target first, in one conditional write.
//!
//! A lease ends by itself. A run for which EC2 has certainly associated nothing there ends its lease at once. Any other
//! leaves it as it is: by the time the lease ends, every look shows the address.

use crate::model::ids::EniId;
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;
use time::{Duration, OffsetDateTime};

/// How long a target is leased.
const LEASED: Duration = Duration::seconds(30);

/// How long one `AssociateAddress` takes at the most, with all its tries: thirteen seconds. And until every read shows it.
const TO_ASSOCIATE: Duration = Duration::seconds(18);

/// A target's row, as its owner asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetLease {
    /// The interface.
    pub eni: EniId,
    /// The private IP.
    pub private_ip: Ipv4Addr,
    /// One run of one delivery, as in [`LeaseHold::owner`].
    ///
    /// [`LeaseHold::owner`]: super::lease::LeaseHold::owner
    pub owner: String,
    /// When it is asked for.
    #[serde(with = "time::serde::rfc3339")]
    pub asked_at: OffsetDateTime,
    /// When it ends by itself.
    #[serde(with = "time::serde::rfc3339")]
    pub until: OffsetDateTime,
}

/// What came of asking for the lease of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[must_use = "whoever does not have the lease does not associate"]
pub enum TargetLeased {
    /// It is the owner's, until it ends.
    Granted,
    /// Another run has it.
    HeldByOther,
}

impl TargetLease {
    /// What a run asks for at this moment.
    #[must_use]
    pub fn new((eni, private_ip): (&EniId, Ipv4Addr), owner: String, now: OffsetDateTime) -> Self {
        Self {
            eni: eni.clone(),
            private_ip,
            owner,
            asked_at: now,
            until: now + LEASED,
        }
    }

    /// The same lease, which ends at this moment.
    #[must_use]
    pub fn ended(&self, now: OffsetDateTime) -> Self {
        Self {
            asked_at: now,
            until: now,
            ..self.clone()
        }
    }

    /// Whether a call that is sent at this moment is answered, and shown, before the lease ends.
    #[must_use]
    pub fn lasts_for_a_call(&self, now: OffsetDateTime) -> bool {
        now + TO_ASSOCIATE <= self.until
    }

    /// Whether another run's lease is to be refused, where this is the row that is there.
    #[must_use]
    pub fn refuses(&self, asked: &Self) -> bool {
        self.owner != asked.owner && self.until > asked.asked_at
    }
}
