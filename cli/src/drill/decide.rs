//! What a run does next in a region. Pure: the run and the time alone decide. No region waits for another one.
//!
//! The order inside a region: what is held is released first, which takes two short calls and gives a place back. Then
//! what is due is asked for, and only then a new trial begins. A trial that waits holds nothing, so many may wait at the
//! same time.

use super::run::{RegionRun, Room, Run, Stop};
use super::settings::{Settings, Wait};
use super::trial::{Phase, Then, Trial, VoidReason};
use holdfast::model::ids::AllocationId;
use std::net::Ipv4Addr;
use time::{Duration, OffsetDateTime};

/// For how long EC2's descriptions may lag behind its writes. What a look does not show within this time is not there.
/// Users see seconds (EC2 API reference, "Eventual consistency"); this is generous.
pub const SETTLED_AFTER: Duration = Duration::minutes(2);

/// How long until the next look, while a description may lag.
const LOOK_AGAIN_AFTER: Duration = Duration::seconds(5);

/// How old the knowledge of a quota may be.
const ROOM_HOLDS: Duration = Duration::seconds(5);

/// How late a further request for a refused address may be, beside the grace of its wait.
const ASK_AGAIN_WITHIN: Duration = Duration::minutes(1);

/// How old a look may be for a release that hangs on it.
const LOOK_HOLDS: Duration = Duration::seconds(5);

/// How many trials may begin for one that is wanted.
const MAX_FOR_ONE: usize = 3;

/// The next step of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// `DescribeAddresses` by the tag of the run.
    Look {
        /// Where.
        region: String,
    },
    /// Find out how many places of the quota are free.
    CountRoom {
        /// Where.
        region: String,
    },
    /// Begin a trial: `AllocateAddress` for any address.
    Allocate {
        /// Where.
        region: String,
        /// For which wait.
        wait: Wait,
    },
    /// `ReleaseAddress` for what a look has shown to be this run's own, and unused.
    Release {
        /// Where.
        region: String,
        /// What.
        allocation: AllocationId,
        /// For which trial; `None`: a stray.
        trial: Option<usize>,
    },
    /// `AllocateAddress` for the address of a trial.
    Ask {
        /// Where.
        region: String,
        /// For which trial.
        trial: usize,
        /// The address.
        ip: Ipv4Addr,
    },
    /// End a trial that holds nothing: no call is made.
    GiveUp {
        /// Where.
        region: String,
        /// Which trial.
        trial: usize,
        /// Why.
        reason: VoidReason,
    },
    /// No further trial begins in a region: no call is made.
    Stop {
        /// Where.
        region: String,
        /// Why.
        why: Stop,
    },
}

/// What one region wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// This step.
    Now(Step),
    /// Nothing before this time.
    At(OffsetDateTime),
    /// Nothing any more.
    Never,
}

/// What the run does next in a region.
#[must_use]
pub fn next_in(run: &Run, name: &str, now: OffsetDateTime) -> Next {
    let Some(region) = run.regions.get(name) else {
        return Next::Never;
    };
    let region = OfRegion {
        run,
        name,
        region,
        now,
    };
    region.next()
}

impl Step {
    /// The kind of call that it makes.
    #[must_use]
    pub fn call(&self) -> &'static str {
        match self {
            Self::Look { .. } => "look",
            Self::CountRoom { .. } => "count-room",
            Self::Allocate { .. } => "allocate",
            Self::Release { .. } => "release",
            Self::Ask { .. } => "ask",
            _ => "none",
        }
    }

    /// Where it is.
    #[must_use]
    pub fn region(&self) -> &str {
        match self {
            Self::Look { region }
            | Self::CountRoom { region }
            | Self::Allocate { region, .. }
            | Self::Release { region, .. }
            | Self::Ask { region, .. }
            | Self::GiveUp { region, .. }
            | Self::Stop { region, .. } => region,
        }
    }
}

struct OfRegion<'a> {
    run: &'a Run,
    name: &'a str,
    region: &'a RegionRun,
    now: OffsetDateTime,
}

impl OfRegion<'_> {
    fn next(&self) -> Next {
        let region = self.region;
        if region.swept || region.stopped.as_ref().is_some_and(Stop::is_final) {
            return Next::Never;
        }
        if let Some(until) = region.rests_until.filter(|until| *until > self.now) {
            return Next::At(until);
        }
        let mut times = Vec::new();
        let trials = || region.trials.iter().enumerate();
        // What waits holds nothing, so it comes second.
        let waits = |trial: &Trial| matches!(trial.phase, Phase::Waiting { .. });
        let holding = trials().filter(|(_, trial)| !waits(trial));
        for (number, trial) in holding.chain(trials().filter(|(_, trial)| waits(trial))) {
            match self.of_trial(number, trial) {
                Next::Now(step) => return Next::Now(step),
                Next::At(time) => times.push(time),
                Next::Never => {}
            }
        }
        if let Some(allocation) = region.strays.first() {
            return if self.holds(region.strays_seen) {
                Next::Now(self.release(allocation, None))
            } else {
                self.look()
            };
        }
        match self.new_trial() {
            Next::Now(step) => return Next::Now(step),
            Next::At(time) => times.push(time),
            Next::Never if times.is_empty() => return self.sweep(),
            Next::Never => {}
        }
        times.into_iter().min().map_or(Next::Never, Next::At)
    }

    fn of_trial(&self, number: usize, trial: &Trial) -> Next {
        match &trial.phase {
            Phase::Allocating { .. } | Phase::Asking { .. } | Phase::Releasing { .. } => {
                self.look()
            }
            Phase::Holding {
                allocation,
                checked,
                ..
            } if self.holds(*checked) => Next::Now(self.release(allocation, Some(number))),
            Phase::Holding { .. } => self.look(),
            Phase::Waiting {
                ip,
                released_at,
                ask_at,
            } => self.ask(number, trial, *ip, *released_at, *ask_at),
            Phase::Over { .. } => Next::Never,
        }
    }

    /// Whether a look of this time may still be gone by.
    fn holds(&self, seen: Option<OffsetDateTime>) -> bool {
        seen.is_some_and(|at| at <= self.now && self.now - at < LOOK_HOLDS)
    }

    /// The first look comes at once, the others after a pause.
    fn look(&self) -> Next {
        let pause = self.region.looks_again_at;
        match pause.filter(|until| *until > self.now) {
            Some(until) => Next::At(until),
            None => Next::Now(Step::Look {
                region: self.name.to_owned(),
            }),
        }
    }

    fn release(&self, allocation: &AllocationId, trial: Option<usize>) -> Step {
        Step::Release {
            region: self.name.to_owned(),
            allocation: allocation.clone(),
            trial,
        }
    }

    fn ask(
        &self,
        number: usize,
        trial: &Trial,
        ip: Ipv4Addr,
        released_at: OffsetDateTime,
        ask_at: OffsetDateTime,
    ) -> Next {
        let region = self.name.to_owned();
        let give_up = |reason| {
            Next::Now(Step::GiveUp {
                region: self.name.to_owned(),
                trial: number,
                reason,
            })
        };
        if self.region.stopped.as_ref().is_some_and(Stop::ends_trials) {
            return give_up(VoidReason::GivenUp);
        }
        if trial.clock_jumped {
            return give_up(VoidReason::ClockJumped);
        }
        if ask_at > self.now {
            return Next::At(ask_at);
        }
        if trial.answers == 0 && is_late(trial.wait, released_at, self.now) {
            return give_up(VoidReason::TooLate);
        }
        // The run was not running while it should have asked again.
        let last = trial
            .first_no_at
            .map(|at| at + self.settings().patience() + trial.wait.grace());
        if last.is_some_and(|last| self.now > last + ASK_AGAIN_WITHIN) {
            return give_up(VoidReason::TooLate);
        }
        match self.room().map(|room| room.free) {
            None => Next::Now(Step::CountRoom { region }),
            Some(None) => give_up(VoidReason::QuotaUnknown),
            Some(Some(free)) if free <= self.settings().keep_free => give_up(VoidReason::QuotaFull),
            Some(_) => Next::Now(Step::Ask {
                region,
                trial: number,
                ip,
            }),
        }
    }

    fn new_trial(&self) -> Next {
        let Some(wait) = self.next_wait() else {
            return Next::Never;
        };
        let wanted = self.settings().waits.len() * self.settings().trials as usize;
        let region = self.name.to_owned();
        if self.region.trials.len() >= wanted * MAX_FOR_ONE {
            return Next::Now(Step::Stop {
                region,
                why: Stop::TooManyVoid,
            });
        }
        let due = self
            .region
            .last_begun
            .map(|begun| begun + self.settings().between_trials());
        if let Some(due) = due.filter(|due| *due > self.now) {
            return Next::At(due);
        }
        match self.room().map(|room| room.free) {
            None => Next::Now(Step::CountRoom { region }),
            Some(None) => Next::Now(Step::Stop {
                region,
                why: Stop::QuotaUnknown,
            }),
            Some(Some(free)) if free <= self.settings().keep_free => Next::Now(Step::Stop {
                region,
                why: Stop::QuotaFull { free },
            }),
            Some(Some(_)) => Next::Now(Step::Allocate { region, wait }),
        }
    }

    /// The wait that has the fewest trials; among equals the longest, since it takes longest.
    fn next_wait(&self) -> Option<Wait> {
        if self.region.stopped.is_some() {
            return None;
        }
        let has = |wait: &Wait| self.region.counting_or_open(*wait);
        let lacking = self.settings().waits.iter().copied();
        let lacking = lacking.filter(|wait| has(wait) < self.settings().trials as usize);
        lacking.min_by_key(|wait| (has(wait), std::cmp::Reverse(*wait)))
    }

    /// Once EC2's answers cannot lag behind the last change any more, a look has to show nothing.
    fn sweep(&self) -> Next {
        let shown_by = self.region.last_change.map(|change| change + SETTLED_AFTER);
        match shown_by.filter(|time| *time > self.now) {
            Some(time) => Next::At(time),
            None => self.look(),
        }
    }

    /// The last count, while it holds.
    fn room(&self) -> Option<&Room> {
        let room = self.region.room.as_ref()?;
        let holds = room.at <= self.now && self.now - room.at < ROOM_HOLDS;
        holds.then_some(room)
    }

    fn settings(&self) -> &Settings {
        &self.run.settings
    }
}

/// Whether a request at this time does not count under the wait any more.
#[must_use]
pub fn is_late(wait: Wait, released_at: OffsetDateTime, asked_at: OffsetDateTime) -> bool {
    asked_at - released_at > wait.length() + wait.grace()
}

/// When to look again, after a look that has not shown what it was for.
#[must_use]
pub fn look_again_at(now: OffsetDateTime) -> OffsetDateTime {
    now + LOOK_AGAIN_AFTER
}

/// What comes after a release, at this time.
#[must_use]
pub fn after_release(wait: Wait, ip: Ipv4Addr, then: Then, released_at: OffsetDateTime) -> Phase {
    match then {
        Then::Wait => Phase::Waiting {
            ip,
            released_at,
            ask_at: released_at + wait.length(),
        },
        Then::End { outcome } => Phase::Over { outcome },
    }
}
