//! What a run has shown: for each wait and region, how many addresses came back. Pure; the JSON of the drill.

use super::run::{RegionRun, Run, Stop, Unreleased};
use super::settings::Wait;
use super::statistics::wilson;
use super::trial::{Outcome, Phase, VoidReason};
use serde::Serialize;
use std::collections::BTreeMap;

/// The name of a row over all regions.
const ALL: &str = "all";

/// What a run has shown so far.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Curve {
    /// The id of the run: the value of the tag on its addresses.
    pub run: String,
    /// The account.
    pub account: String,
    /// When it began, as RFC 3339.
    pub begun_at: String,
    /// Whether every trial that was asked for counts. Of a run whose file is lost, nobody knows that.
    pub complete: bool,
    /// Whether the last look has shown that nothing of the run is left, in every region.
    pub clean: bool,
    /// A point for each wait and region, then one for each wait over all regions.
    pub points: Vec<Point>,
    /// How each region ended.
    pub regions: Vec<RegionEnd>,
}

/// How often the address came back after one wait.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Point {
    /// The region, or `all`.
    pub region: String,
    /// The wait, in its shortest words.
    pub wait: String,
    /// The wait in seconds.
    pub wait_seconds: u32,
    /// How many trials count.
    pub trials: u32,
    /// How many addresses came back.
    pub recovered: u32,
    /// How many of them at the first request that EC2 answered.
    pub at_first_request: u32,
    /// How many did not.
    pub lost: u32,
    /// The share that was lost, between 0 and 1; nothing where no trial counts.
    pub lost_share: Option<f64>,
    /// The lower end of its 95 % interval (Wilson).
    pub lost_low: Option<f64>,
    /// The upper end.
    pub lost_high: Option<f64>,
}

/// How a region ended, or stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RegionEnd {
    /// The region.
    pub region: String,
    /// How many trials have begun.
    pub begun: usize,
    /// How many are not over.
    pub open: usize,
    /// How many counted for nothing, for each reason.
    pub void: BTreeMap<VoidReason, usize>,
    /// Why no further trial begins.
    pub stopped: Option<Stop>,
    /// Whether nothing of the run is left.
    pub clean: bool,
    /// Allocations of this run that somebody else uses now, or that do not carry its tag any more: they are left alone.
    pub left: Vec<String>,
    /// Allocations of this run that EC2 refuses to release, and why.
    pub unreleased: Vec<Unreleased>,
}

/// The curve of a run.
#[must_use]
pub fn of(run: &Run) -> Curve {
    let waits = &run.settings.waits;
    let by_region = run.regions.iter().flat_map(|(name, region)| {
        waits
            .iter()
            .map(|wait| Point::of(name, *wait, region.counted(*wait)))
    });
    let over_all = waits.iter().map(|wait| {
        let outcomes = run
            .regions
            .values()
            .flat_map(|region| region.counted(*wait));
        Point::of(ALL, *wait, outcomes)
    });
    let wanted = run.settings.trials;
    let regions = run.regions.iter();
    Curve {
        run: run.id.clone(),
        account: run.account.clone(),
        begun_at: holdfast::report::utc(run.begun_at),
        complete: !run.is_lost() && by_region.clone().all(|point| point.trials >= wanted),
        clean: run.is_clean(),
        points: by_region.chain(over_all).collect(),
        regions: regions
            .map(|(name, region)| RegionEnd::of(name, region))
            .collect(),
    }
}

impl Point {
    fn of(region: &str, wait: Wait, outcomes: impl Iterator<Item = Outcome>) -> Self {
        let (mut recovered, mut at_first_request, mut lost) = (0, 0, 0);
        for outcome in outcomes {
            match outcome {
                Outcome::Recovered { answers, .. } => {
                    recovered += 1;
                    at_first_request += u32::from(answers == 1);
                }
                Outcome::Lost { .. } => lost += 1,
                Outcome::Void { .. } => {}
            }
        }
        let trials = recovered + lost;
        let interval = wilson(lost, trials);
        Self {
            region: region.to_owned(),
            wait: wait.to_string(),
            wait_seconds: wait.seconds(),
            trials,
            recovered,
            at_first_request,
            lost,
            lost_share: interval.map(|_| f64::from(lost) / f64::from(trials)),
            lost_low: interval.map(|interval| interval.low),
            lost_high: interval.map(|interval| interval.high),
        }
    }

    /// Whether it is over all regions.
    #[must_use]
    pub fn is_over_all(&self) -> bool {
        self.region == ALL
    }
}

impl RegionEnd {
    fn of(name: &str, region: &RegionRun) -> Self {
        let mut void = BTreeMap::new();
        for trial in &region.trials {
            if let Phase::Over {
                outcome: Outcome::Void { reason },
            } = trial.phase
            {
                *void.entry(reason).or_default() += 1;
            }
        }
        let open = region
            .trials
            .iter()
            .filter(|trial| !matches!(trial.phase, Phase::Over { .. }));
        Self {
            region: name.to_owned(),
            begun: region.trials.len(),
            open: open.count(),
            void,
            stopped: region.stopped.clone(),
            clean: region.is_clean(),
            left: region.left.iter().map(ToString::to_string).collect(),
            unreleased: region.unreleased.clone(),
        }
    }
}
