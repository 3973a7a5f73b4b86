//! What people are told of: one thing, and how it stands with it. A report on a whole sweep is about many things, and
//! each has a beginning and an end of its own. `notify` counts by them.

use super::headline::{headline, of_address, of_failover, of_placement, several};
use super::{
    AddressAlert, Function, GroupReport, Outcome, PlacedReport, Readiness, Report, Subject,
    SweepReport,
};
use crate::model::ids::InstanceId;
use crate::settings::Mode;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How many things a report names one by one: the gravest. The text has the others.
const MAX_MATTERS: usize = 200;

/// One thing, and how it stands with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Matter {
    /// What it is about: `release eipalloc-...`, `group web`. The same thing has the same words in every report.
    pub about: String,
    /// How it stands.
    pub outcome: Outcome,
    /// One line for people. Empty where nothing is to be told but the end of what was told before.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub headline: String,
}

impl Matter {
    /// Nothing to tell, and the end of what may have been told before.
    fn is_well(about: String) -> Self {
        Self {
            about,
            outcome: Outcome::Refreshed,
            headline: String::new(),
        }
    }
}

/// What a report is about, the gravest first. `region` ends each headline.
#[must_use]
pub fn matters(report: &Report, region: &str) -> Vec<Matter> {
    let mut all = found_in(report, region);
    all.sort_by_key(|matter| (matter.outcome.gravity(), matter.about.clone()));
    // One thing has one end: the gravest that a report tells of it.
    let mut seen = BTreeSet::new();
    all.retain(|matter| seen.insert(matter.about.clone()));
    all.truncate(MAX_MATTERS);
    all
}

fn found_in(report: &Report, region: &str) -> Vec<Matter> {
    let told = |about: String, words: String| {
        vec![Matter {
            about,
            outcome: report.outcome,
            headline: headline(&words, region),
        }]
    };
    match &report.subject {
        // It was meant, and there is nothing to say of it.
        Subject::Address(address)
            if report.outcome == Outcome::LetGo && report.findings.is_empty() =>
        {
            vec![Matter {
                about: format!("release {}", address.released_allocation),
                outcome: Outcome::LetGo,
                headline: String::new(),
            }]
        }
        Subject::Address(address) => told(
            format!("release {}", address.released_allocation),
            of_address(address, report.outcome),
        ),
        Subject::Instance(placement) => told(
            format!("instance {}", placement.instance),
            of_placement(placement, report.outcome),
        ),
        Subject::Failover(failover) => told(
            format!("group {}", failover.group),
            of_failover(failover, report.outcome),
        ),
        Subject::Failovers(each) => each.iter().flat_map(|one| found_in(one, region)).collect(),
        Subject::Sweep(sweep) => of_sweep(report, sweep, region),
        Subject::Nothing => told(of_function(report.function), report.summary.clone()),
    }
}

/// What a run of a function is about that is about nothing else.
#[must_use]
pub fn of_function(function: Function) -> String {
    format!("function {}", function.word())
}

fn of_sweep(report: &Report, sweep: &SweepReport, region: &str) -> Vec<Matter> {
    let reports = sweep.releases.iter().chain(&sweep.failovers);
    let mut all: Vec<Matter> = reports.flat_map(|one| found_in(one, region)).collect();
    all.extend(sweep.lost_interfaces.iter().map(|lost| Matter {
        about: format!("interface {}", lost.eni),
        outcome: Outcome::InterfaceLost,
        headline: headline(&format!("{} of {} is gone", lost.eni, lost.group), region),
    }));
    all.extend(sweep.alerts.iter().flat_map(|it| of_alert(it, region)));
    all.extend(placed(report, &sweep.placed, region));
    all.extend(
        sweep
            .groups
            .iter()
            .filter(|it| is_well(it))
            .map(|ready| Matter::is_well(format!("group {}", ready.group))),
    );
    let is_told = all.iter().any(|matter| matter.outcome == report.outcome);
    if !is_told {
        all.push(Matter {
            about: of_function(report.function),
            outcome: report.outcome,
            headline: headline(&report.summary, region),
        });
    }
    all
}

fn is_well(group: &GroupReport) -> bool {
    group.readiness != Readiness::NotReady && !group.holders.is_empty()
}

/// An offer, a protection that is gone, or one that is back. Who took it is news of its own.
fn of_alert(alert: &AddressAlert, region: &str) -> Vec<Matter> {
    let AddressAlert {
        allocation, ip, by, ..
    } = alert;
    let told = |about: String, words: String| Matter {
        about,
        outcome: alert.outcome,
        headline: headline(&words, region),
    };
    match (alert.outcome, by) {
        (Outcome::TransferOffered, _) => vec![told(
            format!("offer {allocation}"),
            format!("{ip} is offered to another account"),
        )],
        (Outcome::Unprotected, Some(by)) => vec![told(
            format!("protection {allocation}, by whom"),
            format!("{ip} has LOST ITS PROTECTION, by {by}"),
        )],
        (Outcome::Unprotected, None) => vec![told(
            format!("protection {allocation}"),
            format!("{ip} has LOST ITS PROTECTION"),
        )],
        _ => ["", ", by whom"]
            .map(|by| Matter::is_well(format!("protection {allocation}{by}")))
            .into(),
    }
}

/// Instances that had waited for an address, and have one; in `observe` mode, would have.
fn placed(report: &Report, all: &[PlacedReport], region: &str) -> Vec<Matter> {
    let mut by_instance: BTreeMap<&InstanceId, Vec<&PlacedReport>> = BTreeMap::new();
    for one in all {
        if let Some(instance) = &one.association.instance {
            by_instance.entry(instance).or_default().push(one);
        }
    }
    let matters = by_instance.into_iter().map(|(instance, placed)| {
        let addresses = several(placed.iter().map(|one| one.ip));
        let (outcome, words) = match report.mode {
            Mode::Enforce => (Outcome::Associated, format!("{addresses} is on {instance}")),
            Mode::Observe => (
                Outcome::WouldAssociate,
                format!("{instance} would get {addresses}"),
            ),
        };
        Matter {
            about: format!("instance {instance}"),
            outcome,
            headline: headline(&words, region),
        }
    });
    matters.collect()
}
