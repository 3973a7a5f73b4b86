//! Which address goes where: pure, synchronous, the same for a real run, `observe` mode, reconcile and
//! the tests. Deciding on the state after a plan has run yields an empty plan.

use super::assignment::{Assignment, Candidate, assign};
use super::group::{Group, StoppedHolder, on_stop};
use super::plan::{Decision, PlacementPlan, PlannedAssociation, PreviousHolder};
use super::state::Observed;
use crate::groups::{Target, group_of, priority};
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
    let pool = Pool::of(&group, |_| true);
    let (mut assignments, left) = pool.assignments(&group, observed);
    assignments.retain(|(who, _)| who.id() == id);
    if looked_before {
        for who in left.iter().filter(|who| who.id() == id) {
            let rest = pool.leftover_for(&group, who, &assignments);
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
        let mut waiting = candidates(&group, |state| state == InstanceState::Running);
        waiting.retain(|candidate| !observed.alarming.contains(candidate.id()));
        waiting.sort_by_key(|candidate| {
            let instance = candidate.member.instance;
            (priority(instance, &settings.tags), &instance.id)
        });
        for address in &group.addresses {
            let down = group.stopped_holder(address);
            let Some(down) = down.filter(|down| down.instance.id == *id) else {
                continue;
            };
            if on_stop(address, settings) == OnStop::Stay {
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

/// What running instances lack and can have now, in all groups: for whoever comes by later. An address
/// of an instance that stopped is among it only where it is to move on.
#[must_use]
pub fn waiting(observed: &Observed, settings: &Settings) -> Vec<PlannedAssociation> {
    groups(observed, settings)
        .into_iter()
        .flat_map(|name| waiting_in(name, observed, settings))
        .collect()
}

fn waiting_in(name: &str, observed: &Observed, settings: &Settings) -> Vec<PlannedAssociation> {
    let group = Group::named(name, observed, &settings.tags);
    let moves = |address: &Address| on_stop(address, settings) == OnStop::Move;
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

fn candidates<'a>(
    group: &'a Group<'a>,
    among: impl Fn(InstanceState) -> bool,
) -> Vec<Candidate<'a>> {
    let members = group.members.iter();
    members
        .filter(|member| among(member.instance.state))
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
    fn of(group: &Group<'a>, takes_from_down: impl Fn(&Address) -> bool) -> Self {
        let free = |address: &&&Address| group.is_free(address);
        let down = |address: &&&'a Address| {
            takes_from_down(address) && group.stopped_holder(address).is_some()
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
        let mut left = candidates(group, InstanceState::is_up);
        let mut assignments = last_held(group, observed, &mut free, &mut left);
        assignments.extend(assign(group, &free, &mut left));
        // What is free helps whoever gets it; what somebody has left goes to no failed member.
        left.retain(|who| !observed.alarming.contains(who.id()));
        assignments.extend(assign(group, &self.down, &mut left));
        (assignments, left)
    }

    /// What is still there for one who got no share: whoever it was meant for did not take it yet, and
    /// may never do. Nobody goes without an address while one lies idle.
    fn leftover_for(
        &self,
        group: &Group<'a>,
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
        best(&self.free).or_else(|| best(&self.down))
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
