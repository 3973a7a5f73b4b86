//! A trial of the drill as data: how far it is, and how it ended. Pure.
//!
//! A trial allocates an address, releases it, waits, asks for it, and releases what came back.

use super::settings::Wait;
use holdfast::model::ids::AllocationId;
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;
use time::{Duration, OffsetDateTime};

/// One trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// How long it waits.
    pub wait: Wait,
    /// The value of the tag `holdfast:drill-trial` on its addresses. No other trial has it, of whatever copy of the file.
    pub mark: String,
    /// This machine's clock jumped while the trial was being measured, so it counts for nothing.
    #[serde(default)]
    pub clock_jumped: bool,
    /// How many of its requests EC2 has answered with yes or no.
    pub answers: u32,
    /// When a request for its address was sent that may have been carried out without an answer.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub unanswered_at: Option<OffsetDateTime>,
    /// When EC2 first said no to a request for its address.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub first_no_at: Option<OffsetDateTime>,
    /// When its first release was sent that may have been carried out without an answer.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub release_unanswered_at: Option<OffsetDateTime>,
    /// The allocation that was released last. A description that lags may still show it.
    #[serde(default)]
    pub released: Option<AllocationId>,
    /// How far it is.
    pub phase: Phase,
}

/// How far a trial is. A phase that ends in `-ing` and names a call was written before that call was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Phase {
    /// `AllocateAddress` for any address may have been sent.
    Allocating {
        /// Since when.
        #[serde(with = "time::serde::rfc3339")]
        since: OffsetDateTime,
    },
    /// The run has the address.
    Holding {
        /// Its allocation.
        allocation: AllocationId,
        /// The address.
        ip: Ipv4Addr,
        /// Since when.
        #[serde(with = "time::serde::rfc3339")]
        since: OffsetDateTime,
        /// When a look has last shown it with the tags of this run, and used by nobody.
        #[serde(with = "time::serde::rfc3339::option", default)]
        checked: Option<OffsetDateTime>,
        /// What comes after its release.
        then: Then,
    },
    /// `ReleaseAddress` may have been sent.
    Releasing {
        /// The allocation.
        allocation: AllocationId,
        /// The address.
        ip: Ipv4Addr,
        /// Since when.
        #[serde(with = "time::serde::rfc3339")]
        since: OffsetDateTime,
        /// What comes after it.
        then: Then,
    },
    /// The address is released, and is to be asked for.
    Waiting {
        /// The address.
        ip: Ipv4Addr,
        /// When EC2 had answered the release, or when it was sent where no answer came.
        #[serde(with = "time::serde::rfc3339")]
        released_at: OffsetDateTime,
        /// When it is to be asked for.
        #[serde(with = "time::serde::rfc3339")]
        ask_at: OffsetDateTime,
    },
    /// `AllocateAddress` for this address may have been sent.
    Asking {
        /// The address.
        ip: Ipv4Addr,
        /// When it was released.
        #[serde(with = "time::serde::rfc3339")]
        released_at: OffsetDateTime,
        /// Since when.
        #[serde(with = "time::serde::rfc3339")]
        since: OffsetDateTime,
        /// EC2 has said no: a look has to show that the run does not have it already.
        refused: bool,
    },
    /// The trial is over, and the run has nothing of it.
    Over {
        /// How it ended.
        outcome: Outcome,
    },
}

/// What comes after the release of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "then", rename_all = "kebab-case")]
pub enum Then {
    /// The wait.
    Wait,
    /// Nothing: the trial is over.
    End {
        /// How it ended.
        outcome: Outcome,
    },
}

/// How a trial ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// The address came back.
    Recovered {
        /// How many seconds after its release the request was sent that brought it.
        after_seconds: i64,
        /// How many answers it took.
        answers: u32,
    },
    /// EC2 did not give it, until the patience was over.
    Lost {
        /// How many seconds after its release the last request was sent.
        after_seconds: i64,
        /// How many answers said no.
        answers: u32,
    },
    /// It counts for nothing.
    Void {
        /// Why.
        reason: VoidReason,
    },
}

/// Why a trial counts for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VoidReason {
    /// No address was allocated for it.
    NotAllocated,
    /// The request came too late to count under this wait: the run was not running, or AWS was throttling.
    TooLate,
    /// The address went away, or somebody began to use it, before the run had released it.
    TakenOver,
    /// So few places of the quota were free that the request was not sent, or EC2 said that the quota is full.
    QuotaFull,
    /// Nobody said how many places of the quota were free when the request was due.
    QuotaUnknown,
    /// EC2 gave another address than the one that was asked for.
    WrongAddress,
    /// This machine's clock jumped while the trial was being measured.
    ClockJumped,
    /// The region was given up before the trial was over.
    GivenUp,
}

impl Trial {
    /// A process that was killed may have sent what its file names, and what it looked at is old.
    pub(super) fn resume(&mut self) {
        match &mut self.phase {
            Phase::Holding { checked, .. } => *checked = None,
            Phase::Asking {
                since,
                refused: false,
                ..
            } => self.unanswered_at = Some(*since),
            Phase::Releasing { since, .. } => {
                self.release_unanswered_at.get_or_insert(*since);
            }
            _ => {}
        }
    }

    /// The address that it waits for or asks for.
    #[must_use]
    pub fn awaits(&self) -> Option<Ipv4Addr> {
        match self.phase {
            Phase::Waiting { ip, .. } | Phase::Asking { ip, .. } => Some(ip),
            _ => None,
        }
    }

    /// This machine's clock has jumped by so much: what was written by it is moved along.
    pub(super) fn jump(&mut self, by: Duration) {
        let later = |at: &mut OffsetDateTime| *at = moved(*at, by);
        for at in [
            &mut self.unanswered_at,
            &mut self.first_no_at,
            &mut self.release_unanswered_at,
        ] {
            at.iter_mut().for_each(later);
        }
        match &mut self.phase {
            Phase::Allocating { since } => later(since),
            Phase::Holding { since, checked, .. } => {
                later(since);
                *checked = None;
            }
            Phase::Releasing { since, then, .. } => {
                later(since);
                self.clock_jumped |= *then == Then::Wait;
            }
            Phase::Waiting {
                released_at,
                ask_at,
                ..
            } => {
                later(released_at);
                later(ask_at);
                self.clock_jumped = true;
            }
            Phase::Asking {
                released_at, since, ..
            } => {
                later(released_at);
                later(since);
                self.clock_jumped = true;
            }
            Phase::Over { .. } => {}
        }
    }
}

/// A time so much later; itself where no year has a name there.
pub(super) fn moved(at: OffsetDateTime, by: Duration) -> OffsetDateTime {
    at.checked_add(by).unwrap_or(at)
}
