//! The addresses of a group that can be had, and who gets which. Pure.

use super::assignment::{Assignment, Candidate, assign};
use super::group::{Group, Reserved, StoppedHolder};
use super::plan::BlockedPlacement;
use super::state::Observed;
use crate::model::auto_scaling::Service;
use crate::model::elastic_ip::Address;
use crate::model::ids::{AllocationId, InstanceId};
use crate::model::instance::InstanceState;
use std::collections::BTreeSet;

/// Who lacks an address. One that Auto Scaling has set aside, or ends, does not.
pub(super) fn candidates<'a>(
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

/// Whether one who lacks an address may have what another leaves: nobody for whom an alarm fires, or of whom nobody
/// knows whether it serves.
pub(super) fn may_take_from_others(observed: &Observed, candidate: &Candidate<'_>) -> bool {
    !observed.alarming.contains(candidate.id())
        && observed.service_of(candidate.id()) == Service::In
}

/// The addresses of a group that can be had.
pub(super) struct Pool<'a> {
    free: Vec<&'a Address>,
    /// With instances that do not run any more.
    down: Vec<&'a Address>,
}

/// Who gets what, who is left without, and which private IPs are taken then.
pub(super) struct Shares<'a> {
    pub(super) assignments: Vec<Assignment<'a>>,
    pub(super) left: Vec<Candidate<'a>>,
    reserved: Reserved,
}

impl Shares<'_> {
    /// Only what is about these.
    pub(super) fn keep(&mut self, is_meant: impl Fn(&Candidate<'_>) -> bool) {
        self.assignments.retain(|share| is_meant(&share.who));
        self.left.retain(is_meant);
    }

    /// What is given to somebody.
    fn given(&self) -> BTreeSet<AllocationId> {
        let given = self.assignments.iter();
        given.map(|it| it.address.allocation.clone()).collect()
    }
}

impl<'a> Pool<'a> {
    pub(super) fn of(
        group: &Group<'a>,
        takes_from: impl Fn(&Address, StoppedHolder<'a>) -> bool,
    ) -> Self {
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
    pub(super) fn shares(&self, group: &'a Group<'a>, observed: &Observed) -> Shares<'a> {
        let mut free = self.free.clone();
        let mut reserved = Reserved::new();
        let mut left = candidates(group, observed, InstanceState::is_up);
        let mut assignments = last_held(group, observed, &mut free, &mut left, &mut reserved);
        assignments.extend(assign(group, &free, &mut left, &mut reserved));
        // What is free helps whoever gets it; what somebody has left goes to no failed member.
        left.retain(|who| !observed.alarming.contains(who.id()));
        let (mut heirs, others): (Vec<_>, Vec<_>) = left
            .into_iter()
            .partition(|who| may_take_from_others(observed, who));
        assignments.extend(assign(group, &self.down, &mut heirs, &mut reserved));
        Shares {
            assignments,
            left: [heirs, others].concat(),
            reserved,
        }
    }

    /// What is still there for those who got no share: whoever it was meant for did not take it yet, and
    /// may never do. Nobody goes without an address while one lies idle.
    pub(super) fn add_leftovers(
        &self,
        group: &Group<'a>,
        observed: &Observed,
        shares: &mut Shares<'a>,
    ) {
        let mut given = shares.given();
        for who in std::mem::take(&mut shares.left) {
            let rest = self.leftover_for(group, observed, &who, (&given, &shares.reserved));
            let share = rest.and_then(|address| who.take(group, address, &mut shares.reserved));
            match share {
                Some(share) => {
                    given.insert(share.address.allocation.clone());
                    shares.assignments.push(share);
                }
                None => shares.left.push(who),
            }
        }
    }

    fn leftover_for(
        &self,
        group: &Group<'a>,
        observed: &Observed,
        who: &Candidate<'a>,
        (given, reserved): (&BTreeSet<AllocationId>, &Reserved),
    ) -> Option<&'a Address> {
        let best = |addresses: &[&'a Address]| {
            let open = addresses.iter().copied().filter(|address| {
                !given.contains(&address.allocation) && who.may_have(group, address, reserved)
            });
            open.max_by_key(|address| who.affinity(address))
        };
        let may_take = may_take_from_others(observed, who);
        best(&self.free).or_else(|| may_take.then(|| best(&self.down)).flatten())
    }

    /// Who could have what is still there, if it were known on which interface: one word for each instance.
    pub(super) fn blocked(&self, group: &Group<'a>, shares: &Shares<'a>) -> Vec<BlockedPlacement> {
        let mut told: BTreeSet<&InstanceId> = BTreeSet::new();
        let (given, reserved) = (shares.given(), &shares.reserved);
        let first = |who: &Candidate<'a>| {
            let all = self.free.iter().chain(&self.down);
            let mut open = all.filter(|address| !given.contains(&address.allocation));
            let mut same = open.clone();
            if same.any(|address| who.may_have(group, address, reserved)) {
                return None;
            }
            let blocked = open.find_map(|address| who.blocked(group, address, reserved))?;
            told.insert(who.id()).then_some(blocked)
        };
        shares.left.iter().filter_map(first).collect()
    }
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

pub(super) fn had_before(observed: &Observed, id: &InstanceId, address: &Address) -> bool {
    observed
        .last_held
        .get(&address.allocation)
        .is_some_and(|holder| holder == id)
}
