//! What a step makes of a run: before its call is sent, and after its answer. Pure.

use super::decide::{SETTLED_AFTER, Step, after_release, is_late, look_again_at};
use super::run::{Outcome, Phase, RegionRun, Room, Run, Stop, Then, Trial, VoidReason};
use holdfast::cloud::{Allocated, CloudError, Missing};
use holdfast::model::elastic_ip::Address;
use holdfast::model::ids::AllocationId;
use time::{Duration, OffsetDateTime};

/// How long after a refusal the address is asked for again.
const ASK_EVERY: Duration = Duration::seconds(20);

/// How many calls in a row may be throttled or not answered. With the pauses between them, that is a quarter of an hour.
const MAX_UNANSWERED: u32 = 20;

/// The longest pause after a call that was throttled or not answered.
const LONGEST_PAUSE: Duration = Duration::seconds(64);

/// What a call brought.
#[derive(Debug)]
pub enum Answer {
    /// The addresses that carry the tag of the run.
    Found(Vec<Address>),
    /// The free places of the quota, where they could be found out.
    Room(Option<u64>),
    /// An address.
    Allocated(Allocated),
    /// The address is released.
    Released,
    /// No.
    Failed(CloudError),
}

/// What has to be on the disk before the call of a step is sent.
pub fn begin(run: &mut Run, step: &Step, now: OffsetDateTime) {
    match step {
        Step::Allocate { region, wait } => {
            let Some(region) = run.regions.get_mut(region) else {
                return;
            };
            region.last_begun = Some(now);
            region.last_change = Some(now);
            region.trials.push(Trial {
                wait: *wait,
                answers: 0,
                unanswered_at: None,
                release_unanswered_at: None,
                phase: Phase::Allocating { since: now },
            });
        }
        Step::Ask { region, trial, .. } => {
            let Some(region) = run.regions.get_mut(region) else {
                return;
            };
            region.last_change = Some(now);
            let trial = region.trials.get_mut(*trial);
            if let Some(Phase::Waiting {
                ip, released_at, ..
            }) = trial.as_ref().map(|trial| &trial.phase)
            {
                let phase = Phase::Asking {
                    ip: *ip,
                    released_at: *released_at,
                    since: now,
                    refused: false,
                };
                set(trial, phase);
            }
        }
        Step::Release { region, trial, .. } => {
            let Some(region) = run.regions.get_mut(region) else {
                return;
            };
            region.last_change = Some(now);
            let trial = trial.and_then(|trial| region.trials.get_mut(trial));
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

fn set(trial: Option<&mut Trial>, phase: Phase) {
    if let Some(trial) = trial {
        trial.phase = phase;
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

fn void(reason: VoidReason) -> Phase {
    Phase::Over {
        outcome: Outcome::Void { reason },
    }
}

/// What the answer to a step makes of the run.
pub fn apply(run: &mut Run, step: &Step, answer: Answer, now: OffsetDateTime) {
    let (id, patience) = (run.id.clone(), run.settings.patience());
    let (drill_key, trial_key) = (run.settings.drill_key(), run.settings.trial_key());
    let (Step::Look { region }
    | Step::CountRoom { region }
    | Step::Allocate { region, .. }
    | Step::Release { region, .. }
    | Step::Ask { region, .. }) = step
    else {
        return;
    };
    let Some(region) = run.regions.get_mut(region) else {
        return;
    };
    if !matches!(answer, Answer::Failed(_)) {
        region.unanswered = 0;
        region.rests_until = None;
    }
    match (step, answer) {
        (_, Answer::Failed(error)) => failed(region, step, &error, now),
        (Step::Look { .. }, Answer::Found(mut found)) => {
            // EC2 filters by the tag. What it shows without it is not ours all the same.
            found.retain(|address| address.tags.get(&drill_key) == Some(&id));
            looked(
                region,
                &Look {
                    found: &found,
                    trial_key: &trial_key,
                    patience,
                    now,
                },
            );
        }
        (Step::CountRoom { .. }, Answer::Room(free)) => region.room = Some(Room { free, at: now }),
        (Step::Allocate { .. }, Answer::Allocated(allocated)) => {
            set(
                region.trials.last_mut(),
                holding(allocated, now, Then::Wait),
            );
        }
        (Step::Ask { trial, .. }, Answer::Allocated(allocated)) => {
            let Some(trial) = region.trials.get_mut(*trial) else {
                return;
            };
            came_back(trial, allocated, now);
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
            let Some(trial) = region.trials.get_mut(*trial) else {
                return;
            };
            released(trial, now);
        }
        _ => {}
    }
}

fn holding(allocated: Allocated, since: OffsetDateTime, then: Then) -> Phase {
    let Allocated { allocation, ip } = allocated;
    Phase::Holding {
        allocation,
        ip,
        since,
        checked: false,
        then,
    }
}

/// The release is over. Where an earlier one may have done it already, that one counts.
fn released(trial: &mut Trial, answered_at: OffsetDateTime) {
    if let Phase::Releasing { ip, then, .. } = &trial.phase {
        let at = trial.release_unanswered_at.take().unwrap_or(answered_at);
        trial.phase = after_release(trial.wait, *ip, *then, at);
    }
}

/// EC2 has given an address for the one that was asked for.
fn came_back(trial: &mut Trial, allocated: Allocated, now: OffsetDateTime) {
    let Phase::Asking {
        ip,
        released_at,
        since,
        ..
    } = &trial.phase
    else {
        return;
    };
    trial.answers += 1;
    let outcome = if allocated.ip != *ip {
        Outcome::Void {
            reason: VoidReason::WrongAddress,
        }
    } else if trial.answers == 1 && is_late(trial.wait, *released_at, *since) {
        Outcome::Void {
            reason: VoidReason::TooLate,
        }
    } else {
        let after_seconds = (*since - *released_at).whole_seconds();
        Outcome::Recovered {
            after_seconds,
            answers: trial.answers,
        }
    };
    trial.phase = holding(allocated, now, Then::End { outcome });
}

/// One look at what carries the tag of the run.
struct Look<'a> {
    found: &'a [Address],
    trial_key: &'a str,
    patience: Duration,
    now: OffsetDateTime,
}

impl Look<'_> {
    fn allocation(&self, allocation: &AllocationId) -> Option<&Address> {
        self.found
            .iter()
            .find(|address| address.allocation == *allocation)
    }

    fn of_trial(&self, number: usize) -> Option<&Address> {
        let number = number.to_string();
        self.found
            .iter()
            .find(|address| address.tags.get(self.trial_key) == Some(&number))
    }

    fn has_settled(&self, since: OffsetDateTime) -> bool {
        self.now - since >= SETTLED_AFTER
    }
}

fn is_used(address: &Address) -> bool {
    address.association.is_some() || address.service_managed.is_some()
}

fn looked(region: &mut RegionRun, look: &Look<'_>) {
    let had_open_trials = region.has_open_trials();
    let mut left = Vec::new();
    let mut again = false;
    for (number, trial) in region.trials.iter_mut().enumerate() {
        again |= looked_for(trial, number, look, &mut left);
    }
    region.left.extend(left);
    if again {
        region.rests_until = Some(look_again_at(look.now));
    }
    if had_open_trials {
        return;
    }
    let others = look
        .found
        .iter()
        .filter(|address| !region.left.contains(&address.allocation));
    let (used, unused): (Vec<&Address>, Vec<&Address>) =
        others.partition(|address| is_used(address));
    region.strays = unused
        .iter()
        .map(|address| address.allocation.clone())
        .collect();
    let used: Vec<AllocationId> = used
        .iter()
        .map(|address| address.allocation.clone())
        .collect();
    region.left.extend(used);
    region.swept = region.strays.is_empty();
}

/// Whether the look has to be repeated.
fn looked_for(
    trial: &mut Trial,
    number: usize,
    look: &Look<'_>,
    left: &mut Vec<AllocationId>,
) -> bool {
    match trial.phase.clone() {
        Phase::Allocating { since } => match look.of_trial(number) {
            Some(found) => {
                let allocated = Allocated {
                    allocation: found.allocation.clone(),
                    ip: found.ip,
                };
                trial.phase = holding(allocated, look.now, Then::Wait);
                checked(trial, look, left)
            }
            None if look.has_settled(since) => {
                trial.phase = void(VoidReason::NotAllocated);
                false
            }
            None => true,
        },
        Phase::Holding { checked: false, .. } => checked(trial, look, left),
        Phase::Releasing {
            allocation,
            ip,
            since,
            then,
        } => {
            if look.allocation(&allocation).is_some() {
                trial.phase = Phase::Holding {
                    allocation,
                    ip,
                    since,
                    checked: false,
                    then,
                };
                checked(trial, look, left)
            } else {
                released(trial, since);
                false
            }
        }
        Phase::Asking {
            ip,
            released_at,
            since,
            refused,
        } => match look.found.iter().find(|found| found.ip == ip) {
            Some(found) => {
                let allocated = Allocated {
                    allocation: found.allocation.clone(),
                    ip,
                };
                came_back(trial, allocated, look.now);
                checked(trial, look, left)
            }
            None if refused && trial.unanswered_at.is_some_and(|at| !look.has_settled(at)) => true,
            None if refused && since - released_at >= trial.wait.length() + look.patience => {
                let after_seconds = (since - released_at).whole_seconds();
                trial.phase = Phase::Over {
                    outcome: Outcome::Lost {
                        after_seconds,
                        answers: trial.answers,
                    },
                };
                false
            }
            None => {
                let pause = if refused {
                    look.now + ASK_EVERY
                } else {
                    look_again_at(look.now)
                };
                trial.phase = Phase::Waiting {
                    ip,
                    released_at,
                    ask_at: pause,
                };
                false
            }
        },
        Phase::Holding { .. } | Phase::Waiting { .. } | Phase::Over { .. } => false,
    }
}

/// What is held is released only where the look shows it with the tag of this run, and used by nobody.
fn checked(trial: &mut Trial, look: &Look<'_>, left: &mut Vec<AllocationId>) -> bool {
    let Phase::Holding {
        allocation,
        since,
        checked,
        then,
        ..
    } = &mut trial.phase
    else {
        return false;
    };
    match look.allocation(allocation) {
        Some(address) if !is_used(address) => {
            *checked = true;
            false
        }
        None if !look.has_settled(*since) => true,
        _ => {
            left.push(allocation.clone());
            trial.phase = over_unreleased(*then);
            false
        }
    }
}

/// Its address is not this run's to release any more.
fn over_unreleased(then: Then) -> Phase {
    match then {
        Then::Wait => void(VoidReason::TakenOver),
        Then::End { outcome } => Phase::Over { outcome },
    }
}

fn failed(region: &mut RegionRun, step: &Step, error: &CloudError, now: OffsetDateTime) {
    match error {
        CloudError::Throttled(_) | CloudError::Other(_) => not_answered(region, step, error, now),
        CloudError::KeysRefused(_) => {
            not_sent(region, step, now);
            region.stopped = Some(stuck(error));
        }
        _ => refused(region, step, error, now),
    }
}

fn stuck(error: &CloudError) -> Stop {
    Stop::Stuck {
        answer: error.to_string(),
        denied: !error.is_transient(),
    }
}

fn not_answered(region: &mut RegionRun, step: &Step, error: &CloudError, now: OffsetDateTime) {
    region.unanswered += 1;
    let pause = Duration::SECOND * 2_i32.pow((region.unanswered - 1).min(6));
    region.rests_until = Some(now + pause.min(LONGEST_PAUSE));
    if region.unanswered >= MAX_UNANSWERED {
        region.stopped = Some(stuck(error));
    }
    if matches!(error, CloudError::Throttled(_)) {
        not_sent(region, step, now);
        return;
    }
    match step {
        Step::Ask { trial, .. } => {
            if let Some(trial) = region.trials.get_mut(*trial) {
                trial.unanswered_at = Some(now);
            }
        }
        Step::Release {
            trial: Some(trial), ..
        } => {
            if let Some(trial) = region.trials.get_mut(*trial) {
                trial.release_unanswered_at.get_or_insert(now);
            }
        }
        Step::Release { trial: None, .. } => region.strays.clear(),
        _ => {}
    }
}

/// AWS has certainly not carried it out: the trial is where it was before.
fn not_sent(region: &mut RegionRun, step: &Step, now: OffsetDateTime) {
    match step {
        Step::Allocate { .. } => {
            region.trials.pop();
            region.last_begun = None;
        }
        Step::Ask { trial, .. } => {
            let trial = region.trials.get_mut(*trial);
            if let Some(Phase::Asking {
                ip, released_at, ..
            }) = trial.as_ref().map(|trial| &trial.phase)
            {
                let phase = Phase::Waiting {
                    ip: *ip,
                    released_at: *released_at,
                    ask_at: now,
                };
                set(trial, phase);
            }
        }
        Step::Release {
            trial: Some(trial), ..
        } => {
            let trial = region.trials.get_mut(*trial);
            if let Some(Phase::Releasing {
                allocation,
                ip,
                since,
                then,
            }) = trial.as_ref().map(|trial| &trial.phase)
            {
                let (allocation, ip, since, then) = (allocation.clone(), *ip, *since, *then);
                set(
                    trial,
                    Phase::Holding {
                        allocation,
                        ip,
                        since,
                        checked: false,
                        then,
                    },
                );
            }
        }
        Step::Release { trial: None, .. } => region.strays.clear(),
        _ => {}
    }
}

fn refused(region: &mut RegionRun, step: &Step, error: &CloudError, now: OffsetDateTime) {
    let answer = || error.to_string();
    match step {
        Step::Look { .. } => region.stopped = Some(stuck(error)),
        Step::CountRoom { .. } => {
            region.room = Some(Room {
                free: None,
                at: now,
            })
        }
        Step::Allocate { .. } => {
            not_sent(region, step, now);
            region.last_begun = Some(now);
            region.stopped = Some(match error {
                CloudError::LimitExceeded(_) => Stop::QuotaFull { free: 0 },
                _ => Stop::Denied { answer: answer() },
            });
        }
        Step::Ask { trial, .. } => ask_refused(region, *trial, error, now),
        Step::Release {
            allocation, trial, ..
        } => release_refused(region, allocation, *trial, error),
        _ => {}
    }
}

fn ask_refused(region: &mut RegionRun, number: usize, error: &CloudError, now: OffsetDateTime) {
    let Some(trial) = region.trials.get_mut(number) else {
        return;
    };
    match error {
        CloudError::NotFound {
            what: Missing::Address,
            ..
        }
        | CloudError::HeldElsewhere(_) => {
            if let Phase::Asking {
                released_at,
                since,
                refused,
                ..
            } = &mut trial.phase
            {
                *refused = true;
                if trial.answers == 0 && is_late(trial.wait, *released_at, *since) {
                    trial.phase = void(VoidReason::TooLate);
                }
                trial.answers += 1;
            }
        }
        CloudError::LimitExceeded(_) => trial.phase = void(VoidReason::QuotaFull),
        _ => {
            trial.phase = void(VoidReason::GivenUp);
            region.stopped = Some(Stop::Denied {
                answer: error.to_string(),
            });
            region.last_change = Some(now);
        }
    }
}

fn release_refused(
    region: &mut RegionRun,
    allocation: &AllocationId,
    trial: Option<usize>,
    error: &CloudError,
) {
    region.strays.retain(|stray| stray != allocation);
    let trial = trial.and_then(|trial| region.trials.get_mut(trial));
    let gone = error.is_missing(Missing::Allocation);
    if let Some(trial) = trial {
        match &trial.phase {
            Phase::Releasing { then, .. } if gone && trial.release_unanswered_at.is_none() => {
                trial.phase = over_unreleased(*then);
            }
            Phase::Releasing { since, .. } if gone => {
                let since = *since;
                released(trial, since);
            }
            Phase::Releasing {
                allocation,
                ip,
                since,
                then,
            } if matches!(error, CloudError::Denied(_)) => {
                let (allocation, ip, since, then) = (allocation.clone(), *ip, *since, *then);
                trial.phase = Phase::Holding {
                    allocation,
                    ip,
                    since,
                    checked: false,
                    then,
                };
            }
            Phase::Releasing { then, .. } => trial.phase = over_unreleased(*then),
            _ => {}
        }
    }
    if matches!(error, CloudError::Denied(_)) {
        region.stopped = Some(stuck(error));
    } else if !gone {
        region.left.push(allocation.clone());
    }
}
