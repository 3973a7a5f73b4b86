//! Who gets which address when several instances look for one at the same time.
//!
//! Every starter works out the whole distribution, for all that lack an address, and takes its own part
//! of it. All see nearly the same, so all work out nearly the same, and collisions are rare; those that
//! happen are arbitrated by EC2, since no association replaces another. Pairs are formed by falling
//! affinity. So taking away an instance together with the address that it got leaves all other pairs as
//! they were. A starter that looks a little later still agrees with the earlier ones.

use super::group::{Group, Member, Need, Reserved};
use super::plan::BlockedPlacement;
use crate::groups::{TargetChoice, TargetObstacle};
use crate::model::elastic_ip::Address;
use crate::model::ids::{AllocationId, InstanceId};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// One address that one instance lacks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate<'a> {
    pub(super) member: &'a Member<'a>,
    /// Which of its lacks.
    pub(super) number: usize,
}

impl<'a> Candidate<'a> {
    pub(super) fn need(&self) -> &'a Need<'a> {
        &self.member.needs[self.number]
    }

    pub(super) fn id(&self) -> &'a InstanceId {
        &self.member.instance.id
    }

    /// Whether the address is open to it, and EC2 has not refused it to this instance in this run.
    fn is_offered(&self, group: &Group<'a>, address: &'a Address) -> bool {
        group.is_open_to(address, self.need().slot) && !group.is_refused(address, self.id())
    }

    /// The same, and it is known where the address would go.
    pub(super) fn may_have(
        &self,
        group: &Group<'a>,
        address: &'a Address,
        reserved: &Reserved,
    ) -> bool {
        self.is_offered(group, address) && self.choose(group, address, reserved).is_ok()
    }

    /// An address that is open to it and can go nowhere, with why.
    pub(super) fn blocked(
        &self,
        group: &Group<'a>,
        address: &'a Address,
        reserved: &Reserved,
    ) -> Option<BlockedPlacement> {
        let offered = self.is_offered(group, address);
        let chosen = offered.then(|| self.choose(group, address, reserved))?;
        Some(BlockedPlacement {
            ip: address.ip,
            instance: self.id().clone(),
            why: chosen.err()?,
        })
    }

    fn choose(
        &self,
        group: &Group<'a>,
        address: &Address,
        reserved: &Reserved,
    ) -> Result<TargetChoice, TargetObstacle> {
        group.choose(self.member, self.number, address, reserved)
    }

    /// The address goes to it: its private IP is reserved. None where it can go nowhere.
    pub(super) fn take(
        self,
        group: &Group<'a>,
        address: &'a Address,
        reserved: &mut Reserved,
    ) -> Option<Assignment<'a>> {
        let choice = self.choose(group, address, reserved).ok()?;
        let target = &choice.target;
        reserved.insert((target.eni.clone(), target.private_ip));
        Some(Assignment {
            who: self,
            address,
            choice,
        })
    }

    pub(super) fn affinity(&self, address: &Address) -> u64 {
        affinity(self.id(), self.number, &address.allocation)
    }
}

/// Who gets which address, and where.
#[derive(Debug, Clone)]
pub(super) struct Assignment<'a> {
    pub(super) who: Candidate<'a>,
    pub(super) address: &'a Address,
    pub(super) choice: TargetChoice,
}

/// Pairs candidates with addresses, the strongest affinity first; who is paired is no candidate any more.
pub(super) fn assign<'a>(
    group: &Group<'a>,
    addresses: &[&'a Address],
    candidates: &mut Vec<Candidate<'a>>,
    reserved: &mut Reserved,
) -> Vec<Assignment<'a>> {
    let mut pairs: Vec<(u64, Candidate<'a>, &'a Address)> = Vec::new();
    for candidate in candidates.iter() {
        let open = addresses
            .iter()
            .filter(|address| candidate.may_have(group, address, reserved));
        pairs.extend(open.map(|address| (candidate.affinity(address), *candidate, *address)));
    }
    pairs.sort_by_key(|(affinity, candidate, address)| {
        let (id, allocation) = (candidate.id(), &address.allocation);
        (Reverse(*affinity), id, candidate.number, allocation)
    });
    let mut served: BTreeSet<(&InstanceId, usize)> = BTreeSet::new();
    let mut given: BTreeSet<&AllocationId> = BTreeSet::new();
    let mut shared: Vec<Assignment<'a>> = Vec::new();
    for (_, candidate, address) in pairs {
        let who = (candidate.id(), candidate.number);
        if served.contains(&who) || given.contains(&address.allocation) {
            continue;
        }
        let Some(assignment) = candidate.take(group, address, reserved) else {
            continue;
        };
        served.insert(who);
        given.insert(&address.allocation);
        shared.push(assignment);
    }
    candidates.retain(|candidate| !served.contains(&(candidate.id(), candidate.number)));
    shared
}

/// How well an instance and an address go together: a number that is the same wherever it is worked
/// out. Two builds with different standard libraries may disagree; that costs a collision.
fn affinity(instance: &InstanceId, number: usize, allocation: &AllocationId) -> u64 {
    let mut hasher = DefaultHasher::new();
    (instance.as_str(), number, allocation.as_str()).hash(&mut hasher);
    hasher.finish()
}
