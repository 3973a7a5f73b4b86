//! What a step makes of a run: before its call is sent, and after its answer. Pure.

use super::decide::Step;
use super::look::{Look, came_back, holding, looked, released, void};
use super::refusals::{failed, set};
use super::run::{RegionRun, Room, Run};
use super::trial::{Phase, Then, Trial, VoidReason};
use holdfast::cloud::{Allocated, CloudError};
use holdfast::model::elastic_ip::Address;
use holdfast::model::ids::AllocationId;
use std::collections::BTreeSet;
use time::OffsetDateTime;

/// What a call brought.
#[derive(Debug)]
pub enum Answer {
    /// The addresses that carry the tag of the run.
    Found(Vec<Address>),
    /// The quota, where somebody says it, and what takes its places.
    Room {
        /// How many addresses are allowed.
        quota: Option<u64>,
        /// Those that there are.
        held: BTreeSet<AllocationId>,
    },
    /// An address.
    Allocated(Allocated),
    /// The address is released.
    Released,
    /// No.
    Failed(CloudError),
}

/// What has to be on the disk before the call of a step is sent.
pub fn begin(run: &mut Run, step: &Step, now: OffsetDateTime) {
    let (Step::Allocate { region, .. } | Step::Ask { region, .. } | Step::Release { region, .. }) =
        step
    else {
        return;
    };
    let Some(region) = run.regions.get_mut(region) else {
        return;
    };
    region.last_change = Some(now);
    match step {
        Step::Allocate { wait, .. } => {
            region.last_begun = Some(now);
            take_place(region);
            let number = region.trials.len();
            region.trials.push(Trial {
                wait: *wait,
                mark: format!("{number}-{}", now.unix_timestamp_nanos()),
                clock_jumped: false,
                answers: 0,
                unanswered_at: None,
                first_no_at: None,
                release_unanswered_at: None,
                released: None,
                phase: Phase::Allocating { since: now },
            });
        }
        Step::Ask { trial, .. } => {
            take_place(region);
            let trial = region.trials.get_mut(*trial);
            if let Some(Phase::Waiting {
                ip, released_at, ..
            }) = trial.as_ref().map(|trial| &trial.phase)
            {
                let (ip, released_at) = (*ip, *released_at);
                let phase = Phase::Asking {
                    ip,
                    released_at,
                    since: now,
                    refused: false,
                };
                set(trial, phase);
            }
        }
        Step::Release {
            trial: Some(trial), ..
        } => {
            let trial = region.trials.get_mut(*trial);
            if let Some(Phase::Holding {
                allocation,
                ip,
                then,
                ..
            }) = trial.as_ref().map(|trial| &trial.phase)
            {
                let (allocation, ip, then) = (allocation.clone(), *ip, *then);
                set(
                    trial,
                    Phase::Releasing {
                        allocation,
                        ip,
                        since: now,
                        then,
                    },
                );
            }
        }
        _ => {}
    }
}

/// One place of the quota less, until it is counted again.
fn take_place(region: &mut RegionRun) {
    if let Some(Room {
        free: Some(free), ..
    }) = &mut region.room
    {
        *free = free.saturating_sub(1);
    }
}

fn give_place_back(region: &mut RegionRun) {
    if let Some(Room {
        free: Some(free), ..
    }) = &mut region.room
    {
        *free += 1;
    }
}

/// What a step without a call makes of the run.
pub fn without_call(run: &mut Run, step: &Step) {
    match step {
        Step::GiveUp {
            region,
            trial,
            reason,
        } => {
            let region = run.regions.get_mut(region);
            let trial = region.and_then(|region| region.trials.get_mut(*trial));
            set(trial, void(*reason));
        }
        Step::Stop { region, why } => {
            if let Some(region) = run.regions.get_mut(region) {
                region.stopped = Some(why.clone());
            }
        }
        _ => {}
    }
}

/// What the answer to a step makes of the run.
pub fn apply(run: &mut Run, step: &Step, answer: Answer, now: OffsetDateTime) {
    let (Step::Look { region: name }
    | Step::CountRoom { region: name }
    | Step::Allocate { region: name, .. }
    | Step::Release { region: name, .. }
    | Step::Ask { region: name, .. }) = step
    else {
        return;
    };
    // The look borrows the settings of the run, and changes one region of it.
    let Some(mut region) = run.regions.remove(name) else {
        return;
    };
    match answer {
        Answer::Failed(error) => failed(&mut region, step, &error, now),
        answer => {
            if region.unanswered_call.as_deref() == Some(step.call()) {
                region.unanswered = 0;
                region.unanswered_call = None;
            }
            region.rests_until = None;
            if matches!(step, Step::Look { .. }) {
                region.looks_again_at = None;
            }
            answered(run, &mut region, step, answer, now);
        }
    }
    run.regions.insert(name.clone(), region);
}

fn answered(run: &Run, region: &mut RegionRun, step: &Step, answer: Answer, now: OffsetDateTime) {
    match (step, answer) {
        (Step::Look { .. }, Answer::Found(found)) => looked(region, &Look::of(run, &found, now)),
        (Step::CountRoom { .. }, Answer::Room { quota, held }) => {
            let taken = taken(region, held);
            let free = quota.map(|quota| quota.saturating_sub(taken));
            region.room = Some(Room { free, at: now });
        }
        (Step::Allocate { .. }, Answer::Allocated(allocated)) => {
            allocated_for_trial(region, allocated, now);
        }
        (Step::Ask { trial, .. }, Answer::Allocated(allocated)) => {
            if let Some(trial) = region.trials.get_mut(*trial) {
                came_back(trial, allocated, now);
            }
        }
        (
            Step::Release {
                allocation,
                trial: None,
                ..
            },
            Answer::Released,
        ) => {
            region.strays.retain(|stray| stray != allocation);
        }
        (
            Step::Release {
                trial: Some(trial), ..
            },
            Answer::Released,
        ) => {
            give_place_back(region);
            if let Some(trial) = region.trials.get_mut(*trial) {
                released(trial, now);
            }
        }
        _ => {}
    }
}

/// How many places are taken: what EC2 shows, and what it may not show yet of this run.
fn taken(region: &RegionRun, mut held: BTreeSet<AllocationId>) -> u64 {
    let mut unnamed = 0;
    for trial in &region.trials {
        match &trial.phase {
            Phase::Holding { allocation, .. } | Phase::Releasing { allocation, .. } => {
                held.insert(allocation.clone());
            }
            Phase::Allocating { .. } => unnamed += 1,
            Phase::Asking { .. } if trial.unanswered_at.is_some() => unnamed += 1,
            _ => {}
        }
    }
    held.len() as u64 + unnamed
}

/// By chance, a new address may be one that another trial waits for: that trial cannot be measured any more.
fn allocated_for_trial(region: &mut RegionRun, allocated: Allocated, now: OffsetDateTime) {
    let ip = allocated.ip;
    for trial in region
        .trials
        .iter_mut()
        .filter(|trial| trial.awaits() == Some(ip))
    {
        trial.phase = void(VoidReason::TakenOver);
    }
    set(
        region.trials.last_mut(),
        holding(allocated, now, Then::Wait),
    );
}
