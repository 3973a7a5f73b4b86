//! Which address goes where: pure, synchronous, the same for a real run, `observe` mode, reconcile and
//! the tests. Deciding on the state after a plan has run yields an empty plan.

use super::assignment::{Assignment, Candidate, assign};
use super::group::{Group, StoppedHolder, on_stop};
use super::plan::{Decision, Kept, PlacementPlan, PlannedAssociation, PreviousHolder};
use super::state::{Observed, ToldState};
use crate::groups::{Target, group_of, priority};
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
    let (mut assignments, left) = pool.assignments(&group, observed);
    assignments.retain(|(who, _)| who.id() == id);
    if looked_before {
        for who in left.iter().filter(|who| who.id() == id) {
            let rest = pool.leftover_for(&group, observed, who, &assignments);
            assignments.extend(rest.map(|address| (*who, address)));
        }
    }
    let steps = steps_of(&group, observed, &assignments);
    let has = member.already_correct.iter();
    Decision::Target(PlacementPlan {
        group: name.to_owned(),
        already_correct: has
            .filter_map(|address| already_correct(address, id))
            .collect(),
        lacking: member.needs.len() - steps.len(),
        unplaceable: member.unplaceable,
        steps,
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
pub fn stop(observed: &Observed, id: &InstanceId, settings: &Settings) -> Vec<PlannedAssociation> {
    let mut steps = handed_over(observed, id, settings);
    let instance = observed.instances.iter().find(|each| each.id == *id);
    if let Some(name) = instance.and_then(|each| group_of(&each.tags, &settings.tags)) {
        let after = observed.clone().after(&steps);
        steps.extend(waiting_in(name, &after, settings));
    }
    steps
}

fn handed_over(
    observed: &Observed,
    id: &InstanceId,
    settings: &Settings,
) -> Vec<PlannedAssociation> {
    let mut steps = Vec::new();
    for name in groups(observed, settings) {
        let group = Group::named(name, observed, &settings.tags);
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
            let fits = |who: &Candidate<'_>| who.may_have(&group, address);
            if let Some(at) = waiting.iter().position(fits) {
                let to = waiting.remove(at);
                steps.push(step(&to, address, PlacementReason::HandedOver, Some(down)));
            }
        }
    }
    steps
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
    for name in groups(observed, settings) {
        let group = Group::named(name, observed, &settings.tags);
        let mut waiting = candidates(&group, observed, |state| state == InstanceState::Running);
        waiting.retain(|candidate| may_take_from_others(observed, candidate));
        for address in &group.addresses {
            let down = group.stopped_holder(address);
            let down = down.filter(|down| down.instance.id == *id);
            let stays = down.filter(|down| !moves_on(observed, address, *down, settings));
            let fits = |who: &&Candidate<'_>| who.may_have(&group, address);
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

/// Whether one who lacks an address may have what another leaves: nobody for whom an alarm fires, or of whom nobody
/// knows whether it serves.
fn may_take_from_others(observed: &Observed, candidate: &Candidate<'_>) -> bool {
    !observed.alarming.contains(candidate.id())
        && observed.service_of(candidate.id()) == Service::In
}

/// What running instances lack and can have now, in all groups: for whoever comes by later. An address
/// of an instance that does not run is among it only where it is to move on.
#[must_use]
pub fn waiting(observed: &Observed, settings: &Settings) -> Vec<PlannedAssociation> {
    groups(observed, settings)
        .into_iter()
        .flat_map(|name| waiting_in(name, observed, settings))
        .collect()
}

fn waiting_in(name: &str, observed: &Observed, settings: &Settings) -> Vec<PlannedAssociation> {
    let group = Group::named(name, observed, &settings.tags);
    let moves = |address: &Address, down| moves_on(observed, address, down, settings);
    let (mut assignments, _) = Pool::of(&group, moves).assignments(&group, observed);
    assignments.retain(|(who, _)| who.member.instance.state == InstanceState::Running);
    steps_of(&group, observed, &assignments)
}

fn groups<'a>(observed: &'a Observed, settings: &Settings) -> BTreeSet<&'a str> {
    let instances = observed.instances.iter();
    instances
        .filter_map(|instance| group_of(&instance.tags, &settings.tags))
        .collect()
}

/// Who lacks an address. One that Auto Scaling has set aside, or ends, does not.
fn candidates<'a>(
    group: &'a Group<'a>,
    observed: &Observed,
    among: impl Fn(InstanceState) -> bool,
) -> Vec<Candidate<'a>> {
    let serves =
        |id: &InstanceId| matches!(observed.service_of(id), Service::In | Service::Unknown);
    let members = group.members.iter();
    members
        .filter(|member| among(member.instance.state) && serves(&member.instance.id))
        .flat_map(|member| (0..member.needs.len()).map(move |number| Candidate { member, number }))
        .collect()
}

/// The addresses of a group that can be had.
struct Pool<'a> {
    free: Vec<&'a Address>,
    /// With instances that do not run any more.
    down: Vec<&'a Address>,
}

impl<'a> Pool<'a> {
    fn of(group: &Group<'a>, takes_from: impl Fn(&Address, StoppedHolder<'a>) -> bool) -> Self {
        let free = |address: &&&Address| group.is_free(address);
        let down = |address: &&&'a Address| {
            let holder = group.stopped_holder(address);
            holder.is_some_and(|holder| takes_from(address, holder))
        };
        let addresses = || group.addresses.iter();
        Self {
            free: addresses().filter(free).copied().collect(),
            down: addresses().filter(down).copied().collect(),
        }
    }

    /// Who gets which, and who is left without. Instances that are about to run are counted in, since they
    /// will ask a moment later.
    fn assignments(
        &self,
        group: &'a Group<'a>,
        observed: &Observed,
    ) -> (Vec<Assignment<'a>>, Vec<Candidate<'a>>) {
        let mut free = self.free.clone();
        let mut left = candidates(group, observed, InstanceState::is_up);
        let mut assignments = last_held(group, observed, &mut free, &mut left);
        assignments.extend(assign(group, &free, &mut left));
        // What is free helps whoever gets it; what somebody has left goes to no failed member.
        left.retain(|who| !observed.alarming.contains(who.id()));
        let (mut heirs, others): (Vec<_>, Vec<_>) = left
            .into_iter()
            .partition(|who| may_take_from_others(observed, who));
        assignments.extend(assign(group, &self.down, &mut heirs));
        let left = [heirs, others].concat();
        (assignments, left)
    }

    /// What is still there for one who got no share: whoever it was meant for did not take it yet, and
    /// may never do. Nobody goes without an address while one lies idle.
    fn leftover_for(
        &self,
        group: &Group<'a>,
        observed: &Observed,
        who: &Candidate<'_>,
        taken: &[Assignment<'a>],
    ) -> Option<&'a Address> {
        let best = |addresses: &[&'a Address]| {
            let open = addresses.iter().copied().filter(|address| {
                let is_taken = taken
                    .iter()
                    .any(|(_, given)| given.allocation == address.allocation);
                !is_taken && who.may_have(group, address)
            });
            open.max_by_key(|address| who.affinity(address))
        };
        let may_take = may_take_from_others(observed, who);
        best(&self.free).or_else(|| may_take.then(|| best(&self.down)).flatten())
    }
}

fn steps_of(
    group: &Group<'_>,
    observed: &Observed,
    assignments: &[Assignment<'_>],
) -> Vec<PlannedAssociation> {
    assignments
        .iter()
        .map(|(who, address)| {
            let down = group.stopped_holder(address);
            step(who, address, reason(group, observed, who, address), down)
        })
        .collect()
}

/// Free addresses that an instance had before, as the ledger remembers.
fn last_held<'a>(
    group: &Group<'a>,
    observed: &Observed,
    free: &mut Vec<&'a Address>,
    candidates: &mut Vec<Candidate<'a>>,
) -> Vec<Assignment<'a>> {
    let mut assignments = Vec::new();
    candidates.retain(|who| {
        let fits = |address: &&'a Address| {
            who.may_have(group, address) && had_before(observed, who.id(), address)
        };
        let Some(at) = free.iter().position(fits) else {
            return true;
        };
        assignments.push((*who, free.remove(at)));
        false
    });
    assignments
}

fn had_before(observed: &Observed, id: &InstanceId, address: &Address) -> bool {
    observed
        .last_held
        .get(&address.allocation)
        .is_some_and(|holder| holder == id)
}

fn reason(
    group: &Group<'_>,
    observed: &Observed,
    who: &Candidate<'_>,
    address: &Address,
) -> PlacementReason {
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
    who: &Candidate<'_>,
    address: &Address,
    reason: PlacementReason,
    down: Option<StoppedHolder<'_>>,
) -> PlannedAssociation {
    PlannedAssociation {
        allocation: address.allocation.clone(),
        ip: address.ip,
        instance: who.id().clone(),
        target: who.need().target.clone(),
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
        reason: PlacementReason::AlreadyThere,
        from: None,
    })
}
