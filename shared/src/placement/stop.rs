//! An instance that stops or ends, and instances that were left without an address: what is to move on
//! does, what is free is given out.
//!
//! Each run takes what it sees in one look, and looks again for what somebody else was faster with. A run
//! that ends half way leaves a free address, which a further delivery, the next start and reconcile find.

use super::PlacementCloud;
use super::act::{self, End};
use super::decide::{self, Observed, Step};
use super::done::Done;
use super::group::{group_of, on_stop};
use super::observe;
use super::run::last_moment;
use super::words;
use crate::address::Address;
use crate::clock::Clock;
use crate::cloud::CloudError;
use crate::error::Error;
use crate::event::InstanceChange;
use crate::ledger::Ledger;
use crate::ports::{Delivery, Ports};
use crate::report::{Finding, PlacedReport, Report, Stopwatch};
use crate::settings::{OnStop, Settings};
use std::time::Duration;

/// How many addresses one run gives out at the most: the rest is the next run's.
const MOST_AT_ONCE: usize = 10;

/// How many looks one run takes at the most.
const MOST_LOOKS: u32 = 6;

/// The pause before a further look.
const PAUSE: Duration = Duration::from_millis(300);

/// Sees to the addresses of an instance that stops or ends. Those that are to move on go to running
/// instances that have none, and so does what is free in its group.
pub(super) async fn stopped<C: PlacementCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    change: &InstanceChange,
    delivery: Delivery,
) -> Result<Report, Error> {
    let mut watch = Stopwatch::start(&ports.clock);
    let steps = |observed: &Observed| decide::stop(observed, &change.instance, settings);
    let (done, end) = give(ports, settings, delivery, &steps).await;
    watch.lap("hand over", &ports.clock);
    match end {
        Some(Left::Denied(failure)) if !done.placed.is_empty() => {
            let denied = words::not_looked(&failure);
            let mut report = words::handed_over(settings, change, &done, watch);
            report.findings.push(denied);
            Ok(report)
        }
        Some(left) => Err(left.told(words::unmoved(settings, change, &done))),
        None => Ok(words::handed_over(settings, change, &done, watch)),
    }
}

/// What was given to running instances that had been left without an address.
#[derive(Debug, Default)]
pub struct Waiting {
    /// The addresses that are on an instance now.
    pub placed: Vec<PlacedReport>,
    /// In `observe` mode: those that would be.
    pub would: Vec<PlacedReport>,
    /// What a person should know.
    pub findings: Vec<Finding>,
}

/// Gives what is free in every group to running instances that lack an address. Reconcile does this for
/// instances that found the pool empty when they started, or whose event never came. `addresses` are those
/// that are known to be there: when none of them can be had, nothing is asked of EC2.
///
/// # Errors
/// When nothing was given and EC2 did not let the run end: see [`Error`].
pub async fn place_waiting<C: PlacementCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    mut addresses: impl Iterator<Item = &Address>,
    delivery: Delivery,
) -> Result<Waiting, Error> {
    if !addresses.any(|address| may_be_had(address, settings)) {
        return Ok(Waiting::default());
    }
    let steps = |observed: &Observed| decide::waiting(observed, settings);
    let (done, end) = give(ports, settings, delivery, &steps).await;
    let mut waiting = words::waiting(settings, &done);
    match end {
        None => {}
        Some(Left::Denied(failure)) => waiting.findings.push(words::not_looked(&failure)),
        Some(left) => {
            let left = left.told("instances that wait for an address may still lack it".to_owned());
            if done.placed.is_empty() {
                return Err(left);
            }
            waiting.findings.push(words::not_all(&left));
        }
    }
    Ok(waiting)
}

/// Whether an address could go to somebody, as far as it shows by itself.
pub(super) fn may_be_had(address: &Address, settings: &Settings) -> bool {
    let is_of_a_group = group_of(&address.tags, &settings.tags).is_some();
    let is_free = address.association.is_none();
    is_of_a_group && (is_free || on_stop(address, settings) == OnStop::Move)
}

/// Why a run ended before all was given out that could be.
#[derive(Debug)]
enum Left {
    /// IAM or a policy forbids a call.
    Denied(CloudError),
    /// EC2 did not answer.
    Unsure(CloudError),
    /// Somebody was faster each time, or EC2 was too slow.
    Late,
}

impl Left {
    fn told(self, what: String) -> Error {
        match self {
            Self::Denied(source) | Self::Unsure(source) => Error::Unfinished { what, source },
            Self::Late => Error::OutOfTime { what },
        }
    }
}

async fn give<C: PlacementCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    delivery: Delivery,
    decide: &(impl Fn(&Observed) -> Vec<Step> + Sync),
) -> (Done, Option<Left>) {
    let mut done = Done::default();
    loop {
        done.looks += 1;
        match observe::look_at_health(ports, settings).await {
            Ok(observed) => {
                let observed = done.on(observed);
                let mut steps = decide(&observed);
                let ended = done.placed.len() + done.refusals.len();
                steps.truncate(MOST_AT_ONCE.saturating_sub(ended));
                let ends = act::take(ports, settings.mode, observed.at, &steps).await;
                let all_placed = ends.iter().all(|end| matches!(end, End::Placed(_)));
                done.note(&steps, ends);
                if all_placed {
                    return (done, None);
                }
            }
            Err(failure) if failure.is_passing() => done.unsure = Some(failure),
            Err(failure) => done.denied = Some(failure),
        }
        if let Some(failure) = done.denied.take() {
            return (done, Some(Left::Denied(failure)));
        }
        let is_late = ports.clock.now() + PAUSE > last_moment(delivery);
        if is_late || done.looks >= MOST_LOOKS {
            let left = done.unsure.take().map_or(Left::Late, Left::Unsure);
            return (done, Some(left));
        }
        ports.clock.sleep(PAUSE).await;
    }
}
