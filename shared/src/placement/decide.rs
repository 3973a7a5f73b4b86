//! Which address goes where: pure, synchronous, the same for a real run, `observe` mode, reconcile and
//! the tests. Deciding on the state after a plan has run yields an empty plan.

use super::group::{Down, Group, Place, group_of, on_stop, priority};
pub use super::observe::Observed;
use super::share::{Contender, share_out};
use crate::address::Address;
use crate::ids::{AllocationId, AssociationId, InstanceId};
use crate::instance::InstanceState;
use crate::report::Because;
use crate::settings::{OnStop, Settings};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// What to do for an instance that is said to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Nothing: it does not concern this installation, or it is over.
    Leave {
        /// Why.
        why: String,
    },
    /// EC2 does not show it running yet, though an event says so: look again.
    NotYet {
        /// What it shows.
        why: String,
    },
    /// See to its addresses.
    Place(Outlook),
}

/// How an instance stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outlook {
    /// Its group.
    pub group: String,
    /// The group's addresses that it has.
    pub standing: Vec<Step>,
    /// What can be done now.
    pub steps: Vec<Step>,
    /// How many addresses it lacks for which there is a private IP, and no step.
    pub lacking: usize,
    /// How many addresses it asks for beyond its private IPs.
    pub homeless: usize,
}

/// One address to be associated, or that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The allocation.
    pub allocation: AllocationId,
    /// The address.
    pub ip: Ipv4Addr,
    /// The instance that gets it.
    pub instance: InstanceId,
    /// The private IP that gets it.
    pub place: Place,
    /// Why this one.
    pub because: Because,
    /// Whose it still is, and the tie that has to end first.
    pub from: Option<Hold>,
}

/// The tie of an address to an instance that does not run any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The tie as it was read: ending it by this id does nothing if it is another by now.
    pub association: AssociationId,
    /// The instance.
    pub instance: InstanceId,
    /// The state in which it was seen.
    pub state: InstanceState,
}

/// What a run has been through.
#[derive(Debug, Clone, Default)]
pub struct Trials {
    /// How many times it looked before.
    pub looks: u32,
    /// The addresses that EC2 refused to associate.
    pub refused: BTreeSet<AllocationId>,
}

/// Decides for an instance that is said to run.
#[must_use]
pub fn start(
    observed: &Observed,
    id: &InstanceId,
    settings: &Settings,
    trials: &Trials,
) -> Decision {
    let keys = &settings.tags;
    let instance = observed.instances.iter().find(|each| each.id == *id);
    let named = instance.and_then(|each| Some((each, group_of(&each.tags, keys)?)));
    let Some((instance, name)) = named else {
        return Decision::Leave {
            why: format!("it has no tag {}, or is gone", keys.group),
        };
    };
    match instance.state {
        InstanceState::Running => {}
        InstanceState::Pending => {
            return Decision::NotYet {
                why: format!("EC2 shows {id} as pending"),
            };
        }
        over => {
            return Decision::Leave {
                why: format!("it is {over} by now"),
            };
        }
    }
    let group = Group::named(name, observed, keys);
    let Some(member) = group.member_named(id) else {
        return Decision::Leave {
            why: format!("it is not in the group {name}"),
        };
    };
    let has_floating = observed
        .interfaces
        .iter()
        .any(|interface| group_of(&interface.tags, keys) == Some(name));
    if group.addresses.is_empty() && has_floating {
        return Decision::Leave {
            why: format!("the addresses of the group {name} move with its interfaces"),
        };
    }
    if let Some(address) = member.unsettled.first() {
        return Decision::NotYet {
            why: format!("EC2 does not agree with itself on where {} is", address.ip),
        };
    }
    let mut steps = Vec::new();
    if !member.lacks.is_empty() {
        let pool = Pool::of(&group, &trials.refused, |_| true);
        steps = pool.shares(&group, observed, trials.looks, Some(id));
    }
    Decision::Place(Outlook {
        group: name.to_owned(),
        standing: member
            .standing
            .iter()
            .filter_map(|address| standing(address, id))
            .collect(),
        lacking: member.lacks.len() - steps.len(),
        homeless: member.homeless,
        steps,
    })
}

/// Decides for an instance that stops or ends: which of its addresses go to a running instance that
/// has none, and for which no alarm fires.
#[must_use]
pub fn stop(observed: &Observed, id: &InstanceId, settings: &Settings) -> Vec<Step> {
    let mut steps = Vec::new();
    for name in groups(observed, settings) {
        let group = Group::named(name, observed, &settings.tags);
        let mut waiting = contenders(&group, |state| state == InstanceState::Running);
        waiting.retain(|contender| !observed.sick.contains(contender.id()));
        waiting.sort_by_key(|contender| {
            let instance = contender.member.instance;
            (priority(instance, &settings.tags), &instance.id)
        });
        for address in &group.addresses {
            let down = group.down_holder(address);
            let Some(down) = down.filter(|down| down.instance.id == *id) else {
                continue;
            };
            if on_stop(address, settings) == OnStop::Stay {
                continue;
            }
            let fits = |who: &Contender<'_>| group.is_open_to(address, who.lack().slot);
            if let Some(at) = waiting.iter().position(fits) {
                let to = waiting.remove(at);
                steps.push(step(&to, address, Because::HandedOver, Some(down)));
            }
        }
    }
    steps
}

/// What running instances lack and can have now, in all groups: for whoever comes by later. An address
/// of an instance that stopped is among it only where it is to move on.
#[must_use]
pub fn waiting(observed: &Observed, settings: &Settings) -> Vec<Step> {
    let mut steps = Vec::new();
    for name in groups(observed, settings) {
        let group = Group::named(name, observed, &settings.tags);
        let moves = |address: &Address| on_stop(address, settings) == OnStop::Move;
        let pool = Pool::of(&group, &BTreeSet::new(), moves);
        steps.extend(pool.shares(&group, observed, 0, None));
    }
    steps
}

fn groups<'a>(observed: &'a Observed, settings: &Settings) -> BTreeSet<&'a str> {
    let instances = observed.instances.iter();
    instances
        .filter_map(|instance| group_of(&instance.tags, &settings.tags))
        .collect()
}

fn contenders<'a>(
    group: &'a Group<'a>,
    among: impl Fn(InstanceState) -> bool,
) -> Vec<Contender<'a>> {
    let members = group.members.iter();
    members
        .filter(|member| among(member.instance.state))
        .flat_map(|member| (0..member.lacks.len()).map(move |number| Contender { member, number }))
        .collect()
}

/// The addresses of a group that can be had.
struct Pool<'a> {
    free: Vec<&'a Address>,
    /// With instances that do not run any more.
    down: Vec<&'a Address>,
}

impl<'a> Pool<'a> {
    fn of(
        group: &Group<'a>,
        refused: &BTreeSet<AllocationId>,
        takes_from_down: impl Fn(&Address) -> bool,
    ) -> Self {
        let open = |address: &&&Address| !refused.contains(&address.allocation);
        let free = |address: &&&Address| group.is_free(address);
        let down = |address: &&&'a Address| {
            takes_from_down(address) && group.down_holder(address).is_some()
        };
        let addresses = || group.addresses.iter().filter(open);
        Self {
            free: addresses().filter(free).copied().collect(),
            down: addresses().filter(down).copied().collect(),
        }
    }

    /// The steps for one instance, or for all that run. Instances that are about to run are counted in,
    /// since they will ask a moment later.
    fn shares(
        self,
        group: &'a Group<'a>,
        observed: &Observed,
        looks: u32,
        only: Option<&InstanceId>,
    ) -> Vec<Step> {
        let (mut free, mut down) = (self.free.clone(), self.down.clone());
        let mut left = contenders(group, InstanceState::is_up);
        let mut shares = last_held(group, observed, &mut free, &mut left);
        shares.extend(share_out(group, &mut free, &mut left));
        // What is free helps whoever gets it; what somebody has left goes to nobody who is sick.
        left.retain(|who| !observed.sick.contains(who.id()));
        shares.extend(share_out(group, &mut down, &mut left));
        let is_concerned = |who: &Contender<'_>| match only {
            Some(id) => who.id() == id,
            None => who.member.instance.state == InstanceState::Running,
        };
        shares.retain(|(who, _)| is_concerned(who));
        if looks > 0 && only.is_some() {
            for who in left.iter().filter(|who| is_concerned(who)) {
                let rest = self.rest_for(group, who, &shares);
                shares.extend(rest.map(|address| (*who, address)));
            }
        }
        shares
            .iter()
            .map(|(who, address)| {
                let down = group.down_holder(address);
                step(who, address, because(group, observed, who, address), down)
            })
            .collect()
    }

    /// What is still there for one who got no share: whoever it was meant for did not take it yet, and
    /// may never do. Nobody goes without an address while one lies idle.
    fn rest_for(
        &self,
        group: &Group<'a>,
        who: &Contender<'_>,
        taken: &[(Contender<'a>, &'a Address)],
    ) -> Option<&'a Address> {
        let best = |addresses: &[&'a Address]| {
            let open = addresses.iter().copied().filter(|address| {
                let is_taken = taken
                    .iter()
                    .any(|(_, given)| given.allocation == address.allocation);
                !is_taken && group.is_open_to(address, who.lack().slot)
            });
            open.max_by_key(|address| who.affinity(address))
        };
        best(&self.free).or_else(|| best(&self.down))
    }
}

/// Free addresses that an instance had before, as the ledger remembers.
fn last_held<'a>(
    group: &Group<'a>,
    observed: &Observed,
    free: &mut Vec<&'a Address>,
    contenders: &mut Vec<Contender<'a>>,
) -> Vec<(Contender<'a>, &'a Address)> {
    let mut shares = Vec::new();
    contenders.retain(|who| {
        let slot = who.lack().slot;
        let fits = |address: &&Address| {
            group.is_open_to(address, slot) && had_before(observed, who.id(), address)
        };
        let Some(at) = free.iter().position(fits) else {
            return true;
        };
        shares.push((*who, free.remove(at)));
        false
    });
    shares
}

fn had_before(observed: &Observed, id: &InstanceId, address: &Address) -> bool {
    observed
        .last_held
        .get(&address.allocation)
        .is_some_and(|holder| holder == id)
}

fn because(
    group: &Group<'_>,
    observed: &Observed,
    who: &Contender<'_>,
    address: &Address,
) -> Because {
    let slot = who.lack().slot;
    if slot.is_some() && group.slot_of(address) == slot {
        Because::OwnSlot
    } else if address.association.is_some() {
        Because::HolderDown
    } else if had_before(observed, who.id(), address) {
        Because::LastHeld
    } else {
        Because::Free
    }
}

fn step(who: &Contender<'_>, address: &Address, because: Because, down: Option<Down<'_>>) -> Step {
    Step {
        allocation: address.allocation.clone(),
        ip: address.ip,
        instance: who.id().clone(),
        place: who.lack().place.clone(),
        because,
        from: down.map(|down| Hold {
            association: down.association.id.clone(),
            instance: down.instance.id.clone(),
            state: down.instance.state,
        }),
    }
}

/// An address that is where it belongs, as if it were a step that was taken.
fn standing(address: &Address, id: &InstanceId) -> Option<Step> {
    let association = address.association.as_ref()?;
    Some(Step {
        allocation: address.allocation.clone(),
        ip: address.ip,
        instance: id.clone(),
        place: Place {
            eni: association.eni.clone()?,
            private_ip: association.private_ip?,
            automatic: None,
        },
        because: Because::AlreadyThere,
        from: None,
    })
}
