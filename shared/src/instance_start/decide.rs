//! Which address goes where: pure, synchronous, the same for a real run, `observe` mode, reconcile and
//! the tests. Deciding on the state after a plan has run yields an empty plan.

use super::assignment::{Assignment, Candidate, assign};
use super::group::{Group, Reserved, StoppedHolder, on_stop};
use super::plan::{
    BlockedPlacement, Decision, PlacementPlan, Placements, PlannedAssociation, PreviousHolder,
};
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
    let Shares {
        mut assignments,
        mut left,
        mut reserved,
    } = pool.shares(&group, observed);
    assignments.retain(|share| share.who.id() == id);
    left.retain(|who| who.id() == id);
    if looked_before {
        left.retain(|who| {
            let rest = pool.leftover_for(&group, who, &assignments, &reserved);
            let share = rest.and_then(|address| who.take(&group, address, &mut reserved));
            let is_served = share.is_some();
            assignments.extend(share);
            !is_served
        });
    }
    let steps = steps_of(&group, observed, &assignments);
    let blocked = pool.blocked(&group, &left, &assignments, &reserved);
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
            why: format!("it has no tag {}, or is gone", keys.group),
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
    for name in groups(observed, settings) {
        let group = Group::named(name, observed, &settings.tags);
        let mut reserved = Reserved::new();
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
            let fits = |who: &Candidate<'_>| who.may_have(&group, address, &reserved);
            let to = waiting.iter().position(fits).map(|at| waiting.remove(at));
            let Some(share) = to.and_then(|to| to.take(&group, address, &mut reserved)) else {
                let blocked = |who: &Candidate<'_>| blocked(&group, who, address, &reserved);
                placements.blocked.extend(waiting.iter().find_map(blocked));
                continue;
            };
            let reason = PlacementReason::HandedOver;
            placements.steps.push(step(&share, reason, Some(down)));
        }
    }
    placements
}

/// What running instances lack and can have now, in all groups: for whoever comes by later. An address
/// of an instance that stopped is among it only where it is to move on.
#[must_use]
pub fn waiting(observed: &Observed, settings: &Settings) -> Placements {
    let mut placements = Placements::default();
    for name in groups(observed, settings) {
        placements.add(waiting_in(name, observed, settings));
    }
    placements
}

fn waiting_in(name: &str, observed: &Observed, settings: &Settings) -> Placements {
    let group = Group::named(name, observed, &settings.tags);
    let moves = |address: &Address| on_stop(address, settings) == OnStop::Move;
    let pool = Pool::of(&group, moves);
    let Shares {
        mut assignments,
        mut left,
        reserved,
    } = pool.shares(&group, observed);
    let is_running = |who: &Candidate<'_>| who.member.instance.state == InstanceState::Running;
    left.retain(is_running);
    // One that is stopped would be told the same when it starts.
    left.extend(candidates(&group, |state| state == InstanceState::Stopped));
    let blocked = pool.blocked(&group, &left, &assignments, &reserved);
    assignments.retain(|share| is_running(&share.who));
    Placements {
        steps: steps_of(&group, observed, &assignments),
        blocked,
    }
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
    fn shares(&self, group: &'a Group<'a>, observed: &Observed) -> Shares<'a> {
        let mut free = self.free.clone();
        let mut reserved = Reserved::new();
        let mut left = candidates(group, InstanceState::is_up);
        let mut assignments = last_held(group, observed, &mut free, &mut left, &mut reserved);
        assignments.extend(assign(group, &free, &mut left, &mut reserved));
        // What is free helps whoever gets it; what somebody has left goes to no failed member.
        left.retain(|who| !observed.alarming.contains(who.id()));
        assignments.extend(assign(group, &self.down, &mut left, &mut reserved));
        Shares {
            assignments,
            left,
            reserved,
        }
    }

    /// What is still there for one who got no share: whoever it was meant for did not take it yet, and
    /// may never do. Nobody goes without an address while one lies idle.
    fn leftover_for(
        &self,
        group: &Group<'a>,
        who: &Candidate<'a>,
        taken: &[Assignment<'a>],
        reserved: &Reserved,
    ) -> Option<&'a Address> {
        let best = |addresses: &[&'a Address]| {
            let open = addresses.iter().copied().filter(|address| {
                !is_taken(address, taken) && who.may_have(group, address, reserved)
            });
            open.max_by_key(|address| who.affinity(address))
        };
        best(&self.free).or_else(|| best(&self.down))
    }

    /// Who could have what is still there, if it were known on which interface: one word for each instance.
    fn blocked(
        &self,
        group: &Group<'a>,
        left: &[Candidate<'a>],
        taken: &[Assignment<'a>],
        reserved: &Reserved,
    ) -> Vec<BlockedPlacement> {
        let mut told: BTreeSet<&InstanceId> = BTreeSet::new();
        let first = |who: &Candidate<'a>| {
            let all = self.free.iter().chain(&self.down);
            let mut open = all.filter(|address| !is_taken(address, taken));
            if open
                .clone()
                .any(|address| who.may_have(group, address, reserved))
            {
                return None;
            }
            let blocked = open.find_map(|address| blocked(group, who, address, reserved))?;
            told.insert(who.id()).then_some(blocked)
        };
        left.iter().filter_map(first).collect()
    }
}

/// Who gets what, who is left without, and which private IPs are taken then.
struct Shares<'a> {
    assignments: Vec<Assignment<'a>>,
    left: Vec<Candidate<'a>>,
    reserved: Reserved,
}

fn is_taken(address: &Address, taken: &[Assignment<'_>]) -> bool {
    let mut given = taken.iter();
    given.any(|share| share.address.allocation == address.allocation)
}

fn blocked<'a>(
    group: &Group<'a>,
    who: &Candidate<'a>,
    address: &'a Address,
    reserved: &Reserved,
) -> Option<BlockedPlacement> {
    let why = who.obstacle(group, address, reserved)?;
    Some(BlockedPlacement {
        ip: address.ip,
        instance: who.id().clone(),
        why,
    })
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

/// Free addresses that an instance had before, as the ledger remembers.
fn last_held<'a>(
    group: &Group<'a>,
    observed: &Observed,
    free: &mut Vec<&'a Address>,
    candidates: &mut Vec<Candidate<'a>>,
    reserved: &mut Reserved,
) -> Vec<Assignment<'a>> {
    let mut assignments = Vec::new();
    candidates.retain(|who| {
        let fits = |address: &&'a Address| {
            had_before(observed, who.id(), address) && who.may_have(group, address, reserved)
        };
        let Some(at) = free.iter().position(fits) else {
            return true;
        };
        assignments.extend(who.take(group, free.remove(at), reserved));
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
