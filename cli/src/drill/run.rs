//! A run of the drill as data: what is kept in its file. Pure.
//!
//! The run is written to its file before each call that changes something. So a run that was killed knows what it may have
//! done, and looks.

use super::clocks::{Clocks, SinceBoot};
use super::settings::{Settings, Wait};
use super::trial::{Outcome, Phase, Trial, moved};
use holdfast::model::ids::AllocationId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use time::{Duration, OffsetDateTime};

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
    /// What this machine's clocks said when the run was last kept.
    #[serde(default)]
    pub clocks: Option<Clocks>,
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
    /// No call is made before this time: AWS throttles, or has not answered.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub rests_until: Option<OffsetDateTime>,
    /// No look is made before this time: the last one has not shown yet what it was for.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub looks_again_at: Option<OffsetDateTime>,
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
    /// What EC2 does not release, whatever the permissions.
    pub unreleased: Vec<Unreleased>,
    /// The last look has shown that nothing of the run is left.
    pub swept: bool,
}

/// An address of the run that EC2 refuses to release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unreleased {
    /// Which.
    pub allocation: AllocationId,
    /// What EC2 said.
    pub answer: String,
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
        /// What it means.
        by: StuckBy,
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
    /// A look has shown an address of this run that this file knows nothing of: somebody goes on with a copy of the file.
    AnotherCopy,
    /// A person has ended the run.
    Ended,
}

/// Why a region was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StuckBy {
    /// A permission is missing, or a policy forbids it.
    Denied,
    /// There are no keys, or none that AWS takes: a sign-on has ended, say.
    Keys,
    /// AWS answers that there are too many calls, each time.
    Throttled,
    /// AWS answers with an error each time.
    Failing,
    /// No answer comes.
    NoAnswer,
}

impl Stop {
    /// Whether every call here would end alike: what is still held has to stay.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Stuck { .. })
    }

    /// Whether nothing is asked for any more. What is held is released.
    #[must_use]
    pub fn ends_trials(&self) -> bool {
        matches!(self, Self::Denied { .. } | Self::Ended | Self::AnotherCopy)
    }
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
            clocks: None,
            begun_at: now,
            regions: regions.collect(),
        }
    }

    /// The run is started again: a region that was given up gets another chance, and what was known of quotas is old. A
    /// run that a person has ended stays ended.
    pub fn resume(&mut self) {
        for region in self.regions.values_mut() {
            region.stopped = region.stopped.take().filter(|stop| *stop == Stop::Ended);
            region.unanswered = 0;
            region.unanswered_call = None;
            region.rests_until = None;
            region.looks_again_at = None;
            region.room = None;
            region.swept = false;
            region.strays.clear();
            region.unreleased.clear();
            region.trials.iter_mut().for_each(Trial::resume);
        }
    }

    /// A person ends the run: no trial begins or goes on, and what is held is released.
    pub fn end(&mut self) {
        self.resume();
        for region in self.regions.values_mut() {
            region.stopped = Some(Stop::Ended);
        }
    }

    /// What the clocks say now. Where the time of day has jumped, the times of the run are moved along, and what was being
    /// measured counts for nothing. What a jump ahead of a machine that was off makes late is void anyway.
    pub fn see_clocks(&mut self, wall: OffsetDateTime, since_boot: SinceBoot) {
        let now = Clocks { wall, since_boot };
        let jump = self.clocks.as_ref().and_then(|then| now.jump_since(then));
        self.clocks = Some(now);
        if let Some(jump) = jump {
            self.regions.values_mut().for_each(|it| it.jump(jump));
        }
    }

    /// Whether only the tag of the run is known, and no trial of it.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.settings.waits.is_empty()
    }

    /// Whether a last look has shown, in every region, that nothing of the run is left.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.regions.values().all(RegionRun::is_clean)
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

    /// How many trials are still to begin, for all waits; none where no further one begins.
    #[must_use]
    pub fn lacking(&self, settings: &Settings) -> usize {
        if self.stopped.is_some() {
            return 0;
        }
        let wanted = settings.trials as usize;
        let of_each = settings.waits.iter();
        let of_each = of_each.map(|wait| wanted.saturating_sub(self.counting_or_open(*wait)));
        of_each.sum()
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
        self.swept && self.left.is_empty() && self.unreleased.is_empty()
    }

    /// The wall clock has jumped by so much.
    fn jump(&mut self, by: Duration) {
        for at in [
            &mut self.last_begun,
            &mut self.last_change,
            &mut self.rests_until,
            &mut self.looks_again_at,
        ] {
            *at = at.map(|at| moved(at, by));
        }
        // What was counted or seen is looked for anew.
        self.room = None;
        self.strays_seen = None;
        self.trials.iter_mut().for_each(|trial| trial.jump(by));
    }

    /// Whether a trial may still have something in EC2, or is to ask for it.
    #[must_use]
    pub fn has_open_trials(&self) -> bool {
        self.trials
            .iter()
            .any(|trial| !matches!(trial.phase, Phase::Over { .. }))
    }
}
