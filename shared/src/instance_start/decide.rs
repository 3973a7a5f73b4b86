//! Which address goes where: pure, synchronous, the same for a real run, `observe` mode, reconcile and
//! the tests. Deciding on the state after a plan has run yields an empty plan.

use super::assignment::{Assignment, Candidate};
use super::group::{Group, Reserved, StoppedHolder, on_stop};
use super::plan::{Decision, Kept, PlacementPlan, Placements, PlannedAssociation, PreviousHolder};
use super::pool::{Pool, candidates, had_before, may_take_from_others};
use super::state::{Observed, ToldState};
use crate::groups::{Target, group_of, holder, priority};
use crate::model::auto_scaling::Service;
use crate::model::elastic_ip::Address;
use crate::model::ids::InstanceId;
use crate::model::instance::InstanceState;
use crate::report::PlacementReason;
use crate::settings::{OnStop, Settings};
use std::collections::BTreeSet;

/// Decides for an instance that is said to run. Who has `looked_before` takes what others were to have and did
/// not take.
#[must_use]
pub fn start(
    observed: &Observed,
    id: &InstanceId,
    settings: &Settings,
    looked_before: bool,
) -> Decision {
    let name = match group_of_running(observed, id, settings) {
        Ok(name) => name,
        Err(decision) => return decision,
    };
    let group = Group::named(name, observed, &settings.tags);
    let Some(member) = group.member_named(id) else {
        return Decision::Leave {
            why: format!("it is not in the group {name}"),
        };
    };
    if group.addresses.is_empty() && group.has_floating_interface() {
        return Decision::Leave {
            why: format!("the addresses of the group {name} move with its interfaces"),
        };
    }
    if let Some(address) = member.inconsistent.first() {
        return Decision::NotYet {
            why: format!("EC2 does not agree with itself on where {} is", address.ip),
        };
    }
    if let Some(why) = not_in_service(observed, id).filter(|_| !member.needs.is_empty()) {
        return Decision::Leave { why };
    }
    let pool = Pool::of(&group, |_, _| true);
    let mut shares = pool.shares(&group, observed);
    shares.keep(|who| who.id() == id);
    if looked_before {
        pool.add_leftovers(&group, observed, &mut shares);
    }
    let steps = steps_of(&group, observed, &shares.assignments);
    let blocked = pool.blocked(&group, &shares);
    let has = member.already_correct.iter();
    Decision::Target(PlacementPlan {
        group: name.to_owned(),
        already_correct: has
            .filter_map(|address| already_correct(address, id))
            .collect(),
        lacking: member.needs.len() - steps.len(),
        unplaceable: member.unplaceable,
        steps,
        blocked,
    })
}

/// Why an instance without a group is left alone.
#[must_use]
pub fn without_group(settings: &Settings) -> String {
    format!("it has no tag {}, or is gone", settings.tags.group)
}

/// Why an instance that runs is given nothing: Auto Scaling does not have it in service.
fn not_in_service(observed: &Observed, id: &InstanceId) -> Option<String> {
    let Some(ToldState::Told(state)) = observed.told_states.get(id) else {
        return None;
    };
    let then = match state.service() {
        Service::In | Service::Unknown => return None,
        Service::Warmed => {
            "it is in a warm pool. It gets an address when it comes into service: when it is started, or, if it runs \
             already, from reconcile"
        }
        Service::Standby => "it is out of service. Once it is back, reconcile gives it an address",
        Service::Leaving => "it is being ended",
    };
    Some(format!("Auto Scaling has it as `{state}`: {then}"))
}

/// The group of an instance that runs.
///
/// # Errors
/// What is decided where it does not run, or has no group.
fn group_of_running<'a>(
    observed: &'a Observed,
    id: &InstanceId,
    settings: &Settings,
) -> Result<&'a str, Decision> {
    let keys = &settings.tags;
    let instance = observed.instances.iter().find(|each| each.id == *id);
    let named = instance.and_then(|each| Some((each, group_of(&each.tags, keys)?)));
    let Some((instance, name)) = named else {
        return Err(Decision::Leave {
            why: without_group(settings),
        });
    };
    match instance.state {
        InstanceState::Running => Ok(name),
        InstanceState::Pending => Err(Decision::NotYet {
            why: format!("EC2 shows {id} as pending"),
        }),
        over => Err(Decision::Leave {
            why: format!("it is {over} by now"),
        }),
    }
}

/// Decides for an instance that stops or ends: which of its addresses go to a running instance that
/// has none, and for which no alarm fires. Then comes what is free in its group, for those that still wait.
#[must_use]
pub fn stop(observed: &Observed, id: &InstanceId, settings: &Settings) -> Placements {
    let mut placements = handed_over(observed, id, settings);
    let instance = observed.instances.iter().find(|each| each.id == *id);
    if let Some(name) = instance.and_then(|each| group_of(&each.tags, &settings.tags)) {
        let after = observed.clone().after(&placements.steps);
        placements.add(waiting_in(name, &after, settings));
    }
    placements
}

fn handed_over(observed: &Observed, id: &InstanceId, settings: &Settings) -> Placements {
    let mut placements = Placements::default();
    for name in groups_with(observed, id, settings) {
        let group = Group::named(name, observed, &settings.tags);
        let mut reserved = Reserved::new();
        let mut waiting = candidates(&group, observed, |state| state == InstanceState::Running);
        waiting.retain(|candidate| may_take_from_others(observed, candidate));
        waiting.sort_by_key(|candidate| {
            let instance = candidate.member.instance;
            (priority(instance, &settings.tags), &instance.id)
        });
        for address in &group.addresses {
            let down = group.stopped_holder(address);
            let Some(down) = down.filter(|down| down.instance.id == *id) else {
                continue;
            };
            if !moves_on(observed, address, down, settings) {
                continue;
            }
            let fits = |who: &Candidate<'_>| who.may_have(&group, address, &reserved);
            let to = waiting.iter().position(fits).map(|at| waiting.remove(at));
            let Some(share) = to.and_then(|to| to.take(&group, address, &mut reserved)) else {
                let blocked = |who: &Candidate<'_>| who.blocked(&group, address, &reserved);
                placements.blocked.extend(waiting.iter().find_map(blocked));
                continue;
            };
            let reason = PlacementReason::HandedOver;
            placements.steps.push(step(&share, reason, Some(down)));
        }
    }
    placements
}

/// Whether an address moves on from a holder that does not run. `stay` is for a stop by a person. An instance that is
/// being terminated will not come back, and one that is in a warm pool was stopped by Auto Scaling.
fn moves_on(
    observed: &Observed,
    address: &Address,
    down: StoppedHolder<'_>,
    settings: &Settings,
) -> bool {
    let service = observed.service_of(&down.instance.id);
    down.instance.state.is_terminating()
        || matches!(service, Service::Warmed | Service::Leaving)
        || on_stop(address, settings) == OnStop::Move
}

/// What stays with an instance that was stopped, though a running one could have it and has none: a person is told.
#[must_use]
pub fn kept(observed: &Observed, id: &InstanceId, settings: &Settings) -> Vec<Kept> {
    let mut kept = Vec::new();
    for name in groups_with(observed, id, settings) {
        let group = Group::named(name, observed, &settings.tags);
        let mut waiting = candidates(&group, observed, |state| state == InstanceState::Running);
        waiting.retain(|candidate| may_take_from_others(observed, candidate));
        for address in &group.addresses {
            let down = group.stopped_holder(address);
            let down = down.filter(|down| down.instance.id == *id);
            let stays = down.filter(|down| !moves_on(observed, address, *down, settings));
            let fits = |who: &&Candidate<'_>| who.may_have(&group, address, &Reserved::new());
            if let (Some(down), Some(who)) = (stays, waiting.iter().find(fits)) {
                kept.push(Kept {
                    allocation: address.allocation.clone(),
                    ip: address.ip,
                    holder: down.instance.id.clone(),
                    waiting: who.id().clone(),
                });
            }
        }
    }
    kept
}

/// What running instances lack and can have now, in all groups: for whoever comes by later. An address
/// of an instance that does not run is among it only where it is to move on.
#[must_use]
pub fn waiting(observed: &Observed, settings: &Settings) -> Placements {
    let mut placements = Placements::default();
    for (name, part) in observed.parts(&settings.tags) {
        placements.add(waiting_in(name, &part, settings));
    }
    placements
}

pub(super) fn waiting_in(name: &str, observed: &Observed, settings: &Settings) -> Placements {
    let group = Group::named(name, observed, &settings.tags);
    let moves = |address: &Address, down| moves_on(observed, address, down, settings);
    let pool = Pool::of(&group, moves);
    let mut shares = pool.shares(&group, observed);
    let is_running = |who: &Candidate<'_>| who.member.instance.state == InstanceState::Running;
    shares.left.retain(is_running);
    // One that is stopped would be told the same when it starts.
    let stopped = candidates(&group, observed, |state| state == InstanceState::Stopped);
    shares.left.extend(stopped);
    let blocked = pool.blocked(&group, &shares);
    shares.keep(is_running);
    Placements {
        steps: steps_of(&group, observed, &shares.assignments),
        blocked,
    }
}

/// The groups of what an instance has.
fn groups_with<'a>(
    observed: &'a Observed,
    id: &InstanceId,
    settings: &Settings,
) -> BTreeSet<&'a str> {
    let addresses = observed.addresses.iter();
    let held = addresses.filter(|address| holder(address) == Some(id));
    held.filter_map(|address| group_of(&address.tags, &settings.tags))
        .collect()
}

fn steps_of(
    group: &Group<'_>,
    observed: &Observed,
    assignments: &[Assignment<'_>],
) -> Vec<PlannedAssociation> {
    let each = assignments.iter().map(|share| {
        let down = group.stopped_holder(share.address);
        step(share, reason(group, observed, share), down)
    });
    each.collect()
}

fn reason(group: &Group<'_>, observed: &Observed, share: &Assignment<'_>) -> PlacementReason {
    let (who, address) = (&share.who, share.address);
    let slot = who.need().slot;
    if slot.is_some() && group.slot_of(address) == slot {
        PlacementReason::OwnSlot
    } else if address.association.is_some() {
        PlacementReason::HolderDown
    } else if had_before(observed, who.id(), address) {
        PlacementReason::LastHeld
    } else {
        PlacementReason::Free
    }
}

fn step(
    share: &Assignment<'_>,
    reason: PlacementReason,
    down: Option<StoppedHolder<'_>>,
) -> PlannedAssociation {
    PlannedAssociation {
        allocation: share.address.allocation.clone(),
        ip: share.address.ip,
        instance: share.who.id().clone(),
        target: share.choice.target.clone(),
        chosen_by: Some(share.choice.chosen_by),
        reason,
        from: down.map(|down| PreviousHolder {
            association: down.association.id.clone(),
            instance: down.instance.id.clone(),
            state: down.instance.state,
        }),
    }
}

/// An address that is where it belongs, as if it were a step that was taken.
fn already_correct(address: &Address, id: &InstanceId) -> Option<PlannedAssociation> {
    let association = address.association.as_ref()?;
    Some(PlannedAssociation {
        allocation: address.allocation.clone(),
        ip: address.ip,
        instance: id.clone(),
        target: Target {
            eni: association.eni.clone()?,
            private_ip: association.private_ip?,
            auto_assigned: None,
        },
        chosen_by: None,
        reason: PlacementReason::AlreadyThere,
        from: None,
    })
}
