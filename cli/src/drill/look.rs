//! What a look at EC2 makes of a run: what its trials have, what is stray, and what is left to others. Pure.

use super::decide::{SETTLED_AFTER, after_release, is_late, look_again_at};
use super::run::{RegionRun, Run, Stop};
use super::trial::{Outcome, Phase, Then, Trial, VoidReason};
use holdfast::cloud::Allocated;
use holdfast::model::elastic_ip::Address;
use holdfast::model::ids::AllocationId;
use time::{Duration, OffsetDateTime};

/// How long after a refusal the address is asked for again.
const ASK_EVERY: Duration = Duration::seconds(20);

/// The end of the tag key that a release guard puts on what it has taken back, whatever its prefix.
const RECLAIMED_FROM: &str = ":reclaimed-from";

/// One look at what carries the tag of the run.
pub(super) struct Look<'a> {
    found: Vec<&'a Address>,
    trial_key: String,
    protect_key: String,
    is_of_lost_run: bool,
    patience: Duration,
    now: OffsetDateTime,
}

impl<'a> Look<'a> {
    /// EC2 filters by the tag. What it shows without it is not the run's all the same.
    pub(super) fn of(run: &Run, found: &'a [Address], now: OffsetDateTime) -> Self {
        let settings = &run.settings;
        let is_tagged =
            |address: &&Address| address.tags.get(&settings.drill_key()) == Some(&run.id);
        Self {
            found: found.iter().filter(is_tagged).collect(),
            trial_key: settings.trial_key(),
            protect_key: settings.protect_key(),
            is_of_lost_run: run.is_lost(),
            patience: settings.patience(),
            now,
        }
    }

    fn allocation(&self, allocation: &AllocationId) -> Option<&Address> {
        let mut found = self.found.iter();
        found
            .find(|address| address.allocation == *allocation)
            .copied()
    }

    fn of_trial(&self, mark: String) -> impl Iterator<Item = &Address> {
        let found = self.found.iter().copied();
        found.filter(move |address| address.tags.get(&self.trial_key) == Some(&mark))
    }

    /// Whether the address is of a trial of this file. Of a lost run no trial is known, and its tag is enough.
    fn is_known(&self, address: &Address, region: &RegionRun) -> bool {
        let mark = address.tags.get(&self.trial_key);
        let is_of = |trial: &Trial| Some(&trial.mark) == mark;
        self.is_of_lost_run || region.trials.iter().any(is_of)
    }

    fn has_settled(&self, since: OffsetDateTime) -> bool {
        self.now - since >= SETTLED_AFTER
    }

    /// Whether the run may release it: nobody uses it, nobody has protected it, and no guard has taken it back.
    fn is_ours(&self, address: &Address) -> bool {
        let is_used = address.association.is_some() || address.service_managed.is_some();
        let protection = address.tags.get(&self.protect_key).map(String::as_str);
        !is_used && !is_reclaimed(address) && protection == Some("none")
    }
}

fn is_reclaimed(address: &Address) -> bool {
    address.tags.keys().any(|key| key.ends_with(RECLAIMED_FROM))
}

/// What the look makes of a region.
pub(super) fn looked(region: &mut RegionRun, look: &Look<'_>) {
    let had_open_trials = region.has_open_trials();
    let mut left = Vec::new();
    let mut again = false;
    for trial in &mut region.trials {
        again |= looked_for(trial, look, &mut left);
    }
    let (known, unknown): (Vec<&Address>, Vec<&Address>) =
        look.found.iter().partition(|it| look.is_known(it, region));
    // Whoever took an address back has its tags from a trial. A tag that no trial has is another file's.
    if !unknown.is_empty() {
        region.stopped.get_or_insert(Stop::AnotherCopy);
        left.extend(unknown.iter().map(|it| it.allocation.clone()));
    }
    leave(region, left);
    if again {
        region.looks_again_at = Some(look_again_at(look.now));
    }
    if had_open_trials {
        return;
    }
    let (ours, others): (Vec<&Address>, Vec<&Address>) =
        known.into_iter().partition(|it| look.is_ours(it));
    leave(
        region,
        others.iter().map(|it| it.allocation.clone()).collect(),
    );
    // What does not carry the tag any more is somebody else's matter, and what is free again is the run's.
    let unreleased = |it: &AllocationId| region.unreleased.iter().any(|one| one.allocation == *it);
    let ours: Vec<AllocationId> = ours.iter().map(|it| it.allocation.clone()).collect();
    region.strays = ours.iter().filter(|it| !unreleased(it)).cloned().collect();
    region.left.retain(|left| !ours.contains(left));
    region.strays_seen = Some(look.now);
    region.swept = region.strays.is_empty();
}

fn leave(region: &mut RegionRun, left: Vec<AllocationId>) {
    for allocation in left {
        if !region.left.contains(&allocation) {
            region.left.push(allocation);
        }
    }
}

/// Whether the look has to be repeated.
fn looked_for(trial: &mut Trial, look: &Look<'_>, left: &mut Vec<AllocationId>) -> bool {
    match trial.phase.clone() {
        Phase::Allocating { since } => match look.of_trial(trial.mark.clone()).next() {
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
        Phase::Holding { .. } => checked(trial, look, left),
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
                    checked: None,
                    then,
                };
                checked(trial, look, left)
            } else if look.has_settled(since) {
                released(trial, since);
                false
            } else {
                // One look without it may be an old one.
                true
            }
        }
        Phase::Asking { .. } => asked(trial, look, left),
        Phase::Waiting { .. } | Phase::Over { .. } => false,
    }
}

/// An address was asked for, and no answer came, or EC2 said no. An earlier request may have brought it all the same: only
/// where one had no answer, what the look shows is what the run asked for.
fn asked(trial: &mut Trial, look: &Look<'_>, left: &mut Vec<AllocationId>) -> bool {
    let Phase::Asking {
        ip,
        released_at,
        since,
        refused,
    } = trial.phase
    else {
        return false;
    };
    let is_new = |it: &&Address| it.ip == ip && Some(&it.allocation) != trial.released.as_ref();
    let found = look.of_trial(trial.mark.clone()).find(is_new);
    let unanswered_at = trial.unanswered_at;
    if let Some((found, at)) = found.filter(|it| !is_reclaimed(it)).zip(unanswered_at) {
        let allocated = Allocated {
            allocation: found.allocation.clone(),
            ip,
        };
        came_back(trial, allocated, at);
        return checked(trial, look, left);
    }
    if let Some(found) = found {
        // Somebody has taken it back with all its tags: a guard of another installation does.
        left.push(found.allocation.clone());
        trial.phase = void(VoidReason::TakenOver);
        return false;
    }
    if !refused {
        trial.phase = Phase::Waiting {
            ip,
            released_at,
            ask_at: look_again_at(look.now),
        };
        return false;
    }
    if trial.unanswered_at.is_some_and(|at| !look.has_settled(at)) {
        return true;
    }
    let first_no = trial.first_no_at.unwrap_or(since);
    if since - first_no >= look.patience {
        let lost = Outcome::Lost {
            after_seconds: (since - released_at).whole_seconds(),
            answers: trial.answers,
        };
        trial.phase = Phase::Over {
            outcome: if trial.clock_jumped {
                Outcome::Void {
                    reason: VoidReason::ClockJumped,
                }
            } else {
                lost
            },
        };
    } else {
        trial.phase = Phase::Waiting {
            ip,
            released_at,
            ask_at: look.now + ASK_EVERY,
        };
    }
    false
}

/// What is held is released only where the look shows it with the tags of this run, and used by nobody.
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
        Some(address) if look.is_ours(address) => {
            *checked = Some(look.now);
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

pub(super) fn void(reason: VoidReason) -> Phase {
    Phase::Over {
        outcome: Outcome::Void { reason },
    }
}

pub(super) fn holding(allocated: Allocated, since: OffsetDateTime, then: Then) -> Phase {
    let Allocated { allocation, ip } = allocated;
    Phase::Holding {
        allocation,
        ip,
        since,
        checked: None,
        then,
    }
}

/// Its address is not this run's to release any more.
pub(super) fn over_unreleased(then: Then) -> Phase {
    match then {
        Then::Wait => void(VoidReason::TakenOver),
        Then::End { outcome } => Phase::Over { outcome },
    }
}

/// The release is over. Where an earlier one may have done it already, that one counts. The trial cannot be measured where
/// a long time lies between the two.
pub(super) fn released(trial: &mut Trial, answered_at: OffsetDateTime) {
    if let Phase::Releasing {
        allocation,
        ip,
        then,
        since,
    } = &trial.phase
    {
        trial.released = Some(allocation.clone());
        let unanswered_at = trial.release_unanswered_at.take();
        let earliest = unanswered_at.unwrap_or(*since);
        let is_known = answered_at - earliest <= trial.wait.grace();
        trial.phase = if *then == Then::Wait && !is_known {
            void(VoidReason::TooLate)
        } else {
            let at = unanswered_at.unwrap_or(answered_at);
            after_release(trial.wait, *ip, *then, at)
        };
    }
}

/// EC2 has given an address for the one that was asked for, at this time at the latest.
pub(super) fn came_back(trial: &mut Trial, allocated: Allocated, given_at: OffsetDateTime) {
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
    } else if trial.clock_jumped {
        Outcome::Void {
            reason: VoidReason::ClockJumped,
        }
    } else if trial.answers == 1 && is_late(trial.wait, *released_at, given_at.max(*since)) {
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
    trial.phase = holding(allocated, given_at, Then::End { outcome });
}
