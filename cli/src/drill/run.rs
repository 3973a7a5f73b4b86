//! A run of the drill as data: what is kept in its file, and what each answer makes of it. Pure.
//!
//! A trial allocates an address, releases it, waits, asks for it, and releases what came back. The run is written to
//! its file before each call that changes something. So a run that was killed knows what it may have done, and looks.

use super::settings::{Settings, Wait};
use holdfast::model::ids::AllocationId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use time::OffsetDateTime;

/// The version of the run file. Another one is refused.
pub const FORMAT: u32 = 1;

/// One run of the drill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// [`FORMAT`].
    pub format: u32,
    /// The value of the tag `holdfast:drill` on whatever this run allocates.
    pub id: String,
    /// The account that it runs in, so that no other account's credentials go on with it.
    pub account: String,
    /// What it does.
    pub settings: Settings,
    /// When it was started for the first time.
    #[serde(with = "time::serde::rfc3339")]
    pub begun_at: OffsetDateTime,
    /// How it stands in each region.
    pub regions: BTreeMap<String, RegionRun>,
}

/// How a run stands in one region.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionRun {
    /// The trials that have begun, in their order. Its place is a trial's number.
    pub trials: Vec<Trial>,
    /// When the last trial began, or was put off.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub last_begun: Option<OffsetDateTime>,
    /// When something was last changed in EC2, or may have been.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub last_change: Option<OffsetDateTime>,
    /// How many places of the quota were free, and when.
    pub room: Option<Room>,
    /// No call is made before this time.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub rests_until: Option<OffsetDateTime>,
    /// How many calls of one kind in a row AWS has not answered, or has throttled.
    pub unanswered: u32,
    /// Which kind of call that was. Another kind that succeeds says nothing of it.
    pub unanswered_call: Option<String>,
    /// Why no further trial begins here.
    pub stopped: Option<Stop>,
    /// What carries the tag of the run, and belongs to no trial that is open.
    pub strays: Vec<AllocationId>,
    /// When a look has shown the strays.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub strays_seen: Option<OffsetDateTime>,
    /// What this run allocated and somebody else uses now: it is left to them.
    pub left: Vec<AllocationId>,
    /// The last look has shown that nothing of the run is left.
    pub swept: bool,
}

/// The free places of a quota, at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// How many; `None`: it could not be found out.
    pub free: Option<u64>,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// Why a region begins no further trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Stop {
    /// EC2 refuses to allocate: a policy forbids it, or what was asked is not to be had. What is held is still released.
    Denied {
        /// The answer.
        answer: String,
    },
    /// AWS does not let the run look or release, or has not answered many times in a row. What is held stays held.
    Stuck {
        /// The last answer.
        answer: String,
        /// Whether it was a refusal. Else AWS did not answer.
        denied: bool,
    },
    /// So few places of the quota are free that the drill takes none.
    QuotaFull {
        /// How many.
        free: u64,
    },
    /// Nobody says how many places are free.
    QuotaUnknown,
    /// Too many trials counted for nothing.
    TooManyVoid,
    /// A person has ended the run.
    Ended,
}

impl Stop {
    /// Whether every call here would end alike: what is still held has to stay.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Stuck { .. })
    }
}

/// One trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// How long it waits.
    pub wait: Wait,
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
    /// The region was given up before the trial was over.
    GivenUp,
}

impl Run {
    /// A run that has not begun anything.
    #[must_use]
    pub fn new(
        id: String,
        account: String,
        regions: &[String],
        settings: Settings,
        now: OffsetDateTime,
    ) -> Self {
        let regions = regions
            .iter()
            .map(|region| (region.clone(), RegionRun::default()));
        Self {
            format: FORMAT,
            id,
            account,
            settings,
            begun_at: now,
            regions: regions.collect(),
        }
    }

    /// The run is started again: a region that was given up gets another chance, and what was known of quotas is old. A
    /// run that a person has ended stays ended.
    pub fn resume(&mut self, now: OffsetDateTime) {
        for region in self.regions.values_mut() {
            region.stopped = region.stopped.take().filter(|stop| *stop == Stop::Ended);
            region.unanswered = 0;
            region.unanswered_call = None;
            region.rests_until = None;
            region.room = None;
            region.swept = false;
            region.strays.clear();
            // A clock that went back must not make the run wait for its own past.
            region.last_begun = region.last_begun.map(|at| at.min(now));
            region.last_change = region.last_change.map(|at| at.min(now));
            region.trials.iter_mut().for_each(Trial::resume);
        }
    }

    /// A person ends the run: no trial begins or goes on, and what is held is released.
    pub fn end(&mut self, now: OffsetDateTime) {
        self.resume(now);
        for region in self.regions.values_mut() {
            region.stopped = Some(Stop::Ended);
        }
    }

    /// Whether a last look has shown, in every region, that nothing of the run is left.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.regions.values().all(RegionRun::is_clean)
    }
}

impl Trial {
    /// A process that was killed may have sent what its file names, and what it looked at is old.
    fn resume(&mut self) {
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
}

impl RegionRun {
    /// The trials of a wait that count.
    pub fn counted(&self, wait: Wait) -> impl Iterator<Item = Outcome> {
        let of_wait = self.trials.iter().filter(move |trial| trial.wait == wait);
        of_wait.filter_map(|trial| match trial.phase {
            Phase::Over { outcome } if !matches!(outcome, Outcome::Void { .. }) => Some(outcome),
            _ => None,
        })
    }

    /// How many trials of a wait count already, or may still.
    #[must_use]
    pub fn counting_or_open(&self, wait: Wait) -> usize {
        let of_wait = self.trials.iter().filter(|trial| trial.wait == wait);
        let void = |trial: &&Trial| {
            matches!(
                trial.phase,
                Phase::Over {
                    outcome: Outcome::Void { .. }
                }
            )
        };
        of_wait.filter(|trial| !void(trial)).count()
    }

    /// Whether a last look has shown that nothing of the run is left, and nothing was left to others.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.swept && self.left.is_empty()
    }

    /// Whether a trial may still have something in EC2, or is to ask for it.
    #[must_use]
    pub fn has_open_trials(&self) -> bool {
        self.trials
            .iter()
            .any(|trial| !matches!(trial.phase, Phase::Over { .. }))
    }
}
