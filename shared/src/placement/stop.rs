//! An instance that stops or ends, and instances that were left without an address: what is to move on
//! does, what is free is given out.
//!
//! Each run takes what it sees in one look, and looks again for what somebody else was faster with. A run
//! that ends half way leaves a free address, which a further delivery, the next start and reconcile find.

use super::PlacementCloud;
use super::act::{self, End};
use super::decide::{self, Observed, Step};
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
use crate::report::{AssociationReport, Finding, PlacedReport, Report, Stopwatch};
use crate::settings::{Mode, OnStop, Settings};
use std::collections::BTreeSet;
use std::time::Duration;

/// How many addresses one run gives out at the most: the rest is the next run's.
const MOST_AT_ONCE: usize = 10;

/// How many looks one run takes at the most.
const MOST_LOOKS: u32 = 6;

/// The pause before a further look.
const PAUSE: Duration = Duration::from_millis(300);

/// What a hand-over has done so far.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub(super) placed: Vec<(Step, AssociationReport)>,
    pub(super) refusals: Vec<(Step, CloudError)>,
    pub(super) attempts: u32,
    pub(super) looks: u32,
    unsure: Option<CloudError>,
}

/// Sees to the addresses of an instance that stops or ends: those that are to move on go to running
/// instances that have none, and so does what is free in its group.
pub(super) async fn stopped<C: PlacementCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    change: &InstanceChange,
    delivery: Delivery,
) -> Result<Report, Error> {
    let mut watch = Stopwatch::start(&ports.clock);
    let steps = |observed: &Observed| {
        let mut steps = decide::stop(observed, &change.instance, settings);
        steps.extend(left_over(observed, settings, change, &steps));
        steps
    };
    if settings.mode == Mode::Observe {
        let seen = observe::look_at_health(ports, settings).await;
        let observed = seen.map_err(|source| unseen(change, source))?;
        watch.lap("look", &ports.clock);
        let steps = steps(&observed);
        return Ok(words::would_hand_over(settings, change, &steps, watch));
    }
    let given = give(ports, settings, delivery, &steps).await;
    let given = given.map_err(|source| unseen(change, source))?;
    watch.lap("hand over", &ports.clock);
    Ok(words::handed_over(settings, change, &given, watch))
}

/// What waits in the group of the instance, apart from what the instance itself leaves.
fn left_over(
    observed: &Observed,
    settings: &Settings,
    change: &InstanceChange,
    steps: &[Step],
) -> Vec<Step> {
    let mut instances = observed.instances.iter();
    let instance = instances.find(|each| each.id == change.instance);
    let Some(group) = instance.and_then(|each| group_of(&each.tags, &settings.tags)) else {
        return Vec::new();
    };
    let is_of_group = |step: &Step| {
        let mut addresses = observed.addresses.iter();
        let address = addresses.find(|address| address.allocation == step.allocation);
        address.and_then(|address| group_of(&address.tags, &settings.tags)) == Some(group)
    };
    let is_new = |step: &Step| {
        !steps
            .iter()
            .any(|other| other.allocation == step.allocation || other.place == step.place)
    };
    let mut waiting = decide::waiting(observed, settings);
    waiting.retain(|step| is_of_group(step) && is_new(step));
    waiting
}

/// What was given to running instances that had been left without an address.
#[derive(Debug, Default)]
pub struct Waiting {
    /// The addresses that are on an instance now; in `observe` mode, those that would be.
    pub placed: Vec<PlacedReport>,
    /// What a person should know.
    pub findings: Vec<Finding>,
}

/// Gives what is free in every group to running instances that lack an address: what reconcile does for
/// instances that found the pool empty when they started, or whose event never came. `addresses` are those
/// that are known to be there: when none of them can be had, nothing is asked of EC2.
///
/// # Errors
/// `Unfinished` when EC2 did not answer in a way that lets the run end.
pub async fn place_waiting<C: PlacementCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    mut addresses: impl Iterator<Item = &Address>,
    delivery: Delivery,
) -> Result<Waiting, Error> {
    let may_be_had = |address: &Address| {
        let is_of_a_group = group_of(&address.tags, &settings.tags).is_some();
        let is_free = address.association.is_none();
        is_of_a_group && (is_free || on_stop(address, settings) == OnStop::Move)
    };
    if !addresses.any(may_be_had) {
        return Ok(Waiting::default());
    }
    let steps = |observed: &Observed| decide::waiting(observed, settings);
    let waiting = async {
        if settings.mode == Mode::Observe {
            let mut steps = steps(&observe::look_at_health(ports, settings).await?);
            steps.truncate(MOST_AT_ONCE);
            return Ok::<_, CloudError>(words::would_give(settings, &steps));
        }
        let given = give(ports, settings, delivery, &steps).await?;
        Ok(words::waiting(settings, given))
    };
    match waiting.await {
        Ok(waiting) => Ok(waiting),
        Err(source) if source.is_passing() => Err(Error::Unfinished {
            what: "instances that wait for an address may still lack it".to_owned(),
            source,
        }),
        Err(refusal) => Ok(Waiting {
            placed: Vec::new(),
            findings: vec![words::not_looked(&refusal)],
        }),
    }
}

async fn give<C: PlacementCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    delivery: Delivery,
    decide: &(impl Fn(&Observed) -> Vec<Step> + Sync),
) -> Result<Given, CloudError> {
    let mut given = Given::default();
    let mut done = BTreeSet::new();
    loop {
        given.looks += 1;
        let seen = observe::look_at_health(ports, settings).await;
        let mut is_settled = false;
        match seen {
            Ok(observed) => {
                given.unsure = None;
                let mut steps = decide(&observed);
                steps.retain(|step| !done.contains(&step.allocation));
                steps.truncate(MOST_AT_ONCE - done.len().min(MOST_AT_ONCE));
                is_settled = steps.is_empty();
                let ends = act::take(ports, observed.at, &steps).await;
                for (step, end) in steps.into_iter().zip(ends) {
                    given.attempts += 1;
                    given.note(step, end, &mut done)?;
                }
            }
            Err(failure) if failure.is_passing() => given.unsure = Some(failure),
            Err(failure) => return Err(failure),
        }
        let is_late = ports.clock.now() + PAUSE > last_moment(delivery);
        if is_settled || is_late || given.looks >= MOST_LOOKS {
            return match given.unsure.take() {
                Some(failure) => Err(failure),
                None => Ok(given),
            };
        }
        if given.is_clear() {
            return Ok(given);
        }
        ports.clock.sleep(PAUSE).await;
    }
}

impl Given {
    fn note(
        &mut self,
        step: Step,
        end: End,
        done: &mut BTreeSet<crate::ids::AllocationId>,
    ) -> Result<(), CloudError> {
        match end {
            End::Placed(association) => {
                done.insert(step.allocation.clone());
                self.placed.push((step, association));
            }
            End::Lost => {}
            End::Unsure(failure) => self.unsure = Some(failure),
            End::Refused(failure) => {
                done.insert(step.allocation.clone());
                self.refusals.push((step, failure));
            }
            End::Denied(failure) => return Err(failure),
        }
        Ok(())
    }

    /// Every call of this run went through.
    fn is_clear(&self) -> bool {
        let ended = self.placed.len() + self.refusals.len();
        self.unsure.is_none() && usize::try_from(self.attempts).is_ok_and(|tried| tried == ended)
    }
}

fn unseen(change: &InstanceChange, source: CloudError) -> Error {
    Error::Unfinished {
        what: format!("{change}, and its addresses may not have moved on"),
        source,
    }
}
