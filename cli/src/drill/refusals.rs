//! What a run makes of a call that AWS refused, throttled, or did not answer. Pure.

use super::decide::{Step, is_late};
use super::look::{holding, over_unreleased, released, void};
use super::run::{RegionRun, Room, Stop, StuckBy, Unreleased};
use super::trial::{Phase, Trial, VoidReason};
use holdfast::cloud::{Allocated, CloudError, Missing};
use holdfast::model::ids::AllocationId;
use time::{Duration, OffsetDateTime};

/// How many calls of one kind in a row may be throttled or not answered. With the pauses between them, that is a quarter
/// of an hour.
const MAX_UNANSWERED: u32 = 20;

/// The longest pause after a call that was throttled or not answered.
const LONGEST_PAUSE: Duration = Duration::seconds(64);

pub(super) fn failed(region: &mut RegionRun, step: &Step, error: &CloudError, now: OffsetDateTime) {
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
    let by = match error {
        CloudError::KeysRefused(_) => StuckBy::Keys,
        CloudError::Throttled(_) => StuckBy::Throttled,
        CloudError::Denied(_) => StuckBy::Denied,
        other if other.failure().code.is_none() => StuckBy::NoAnswer,
        _ => StuckBy::Failing,
    };
    Stop::Stuck {
        answer: error.to_string(),
        by,
    }
}

fn not_answered(region: &mut RegionRun, step: &Step, error: &CloudError, now: OffsetDateTime) {
    if region.unanswered_call.as_deref() != Some(step.call()) {
        region.unanswered = 0;
        region.unanswered_call = Some(step.call().to_owned());
    }
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
            let trial = region.trials.get_mut(*trial);
            if let Some((trial, Phase::Releasing { since, .. })) = trial.map(|trial| {
                let phase = trial.phase.clone();
                (trial, phase)
            }) {
                trial.release_unanswered_at.get_or_insert(since);
            }
        }
        Step::Release { trial: None, .. } => region.strays_seen = None,
        _ => {}
    }
}

/// AWS has certainly not carried it out: the trial is where it was before.
fn not_sent(region: &mut RegionRun, step: &Step, now: OffsetDateTime) {
    match step {
        Step::Allocate { .. } => {
            region.trials.pop();
            region.last_begun = None;
            // Nothing was ever changed here, so nothing has to be waited for.
            if region.trials.is_empty() {
                region.last_change = None;
            }
        }
        Step::Ask { trial, .. } => {
            let trial = region.trials.get_mut(*trial);
            if let Some(Phase::Asking {
                ip, released_at, ..
            }) = trial.as_ref().map(|trial| &trial.phase)
            {
                let (ip, released_at) = (*ip, *released_at);
                set(
                    trial,
                    Phase::Waiting {
                        ip,
                        released_at,
                        ask_at: now,
                    },
                );
            }
        }
        Step::Release {
            trial: Some(trial), ..
        } => hold_again(region, *trial),
        Step::Release { trial: None, .. } => region.strays_seen = None,
        _ => {}
    }
}

/// It was not released. A look comes before the next try.
fn hold_again(region: &mut RegionRun, trial: usize) {
    let trial = region.trials.get_mut(trial);
    if let Some(Phase::Releasing {
        allocation,
        ip,
        since,
        then,
    }) = trial.as_ref().map(|trial| &trial.phase)
    {
        let allocated = Allocated {
            allocation: allocation.clone(),
            ip: *ip,
        };
        let held = holding(allocated, *since, *then);
        set(trial, held);
    }
}

fn refused(region: &mut RegionRun, step: &Step, error: &CloudError, now: OffsetDateTime) {
    match step {
        Step::Look { .. } => region.stopped = Some(stuck(error)),
        Step::CountRoom { .. } => {
            region.room = Some(Room {
                free: None,
                at: now,
            });
        }
        Step::Allocate { .. } => {
            not_sent(region, step, now);
            region.last_begun = Some(now);
            region.stopped = Some(match error {
                CloudError::LimitExceeded(_) => Stop::QuotaFull { free: 0 },
                _ => Stop::Denied {
                    answer: error.to_string(),
                },
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
            let Phase::Asking {
                released_at,
                since,
                refused,
                ..
            } = &mut trial.phase
            else {
                return;
            };
            *refused = true;
            trial.first_no_at.get_or_insert(*since);
            if trial.answers == 0 && is_late(trial.wait, *released_at, now.max(*since)) {
                trial.phase = void(VoidReason::TooLate);
            }
            trial.answers += 1;
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
    if matches!(error, CloudError::Denied(_)) {
        if let Some(trial) = trial {
            hold_again(region, trial);
        }
        region.stopped = Some(stuck(error));
        return;
    }
    let gone = error.is_missing(Missing::Allocation);
    if !gone {
        region.unreleased.push(Unreleased {
            allocation: allocation.clone(),
            answer: error.to_string(),
        });
    }
    let Some(trial) = trial.and_then(|trial| region.trials.get_mut(trial)) else {
        return;
    };
    let Phase::Releasing { since, then, .. } = &trial.phase else {
        return;
    };
    if gone && trial.release_unanswered_at.is_some() {
        let since = *since;
        released(trial, since);
    } else {
        trial.phase = over_unreleased(*then);
    }
}

/// A trial enters a phase.
pub(super) fn set(trial: Option<&mut Trial>, phase: Phase) {
    if let Some(trial) = trial {
        trial.phase = phase;
    }
}
