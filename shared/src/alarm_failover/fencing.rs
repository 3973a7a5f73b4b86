//! Fencing: who is kept from writing to what the group shares, how, and when. Pure; `execute` sends the effects, and
//! `messages::fences` words them.
//!
//! - **Who.** A member that an alarm has taken for failed, and that EC2 does not show as down.
//! - **How.** The strongest word of what it holds: the tag of each resource, or the setting of the stack. Whether a
//!   tag may have an instance stopped is up to whoever deploys.
//! - **When.** Once another member has everything that it held, and nothing else of the group is blocked.
//!
//! The lease notes a fence before anything moves. So a run that ends between the move and the fence, or that never
//! hears that the move went through, leaves it to the next look. Nobody is fenced for what is over: where an
//! earlier run has moved everything and the cause is gone by now, a person is told instead.

use super::case::{AffectedGroup, Case};
use super::effect::Effect;
use super::group::{Group, ResourceId};
use super::held_lease::HeldLease;
use super::plan::{Fence, Move, Plan};
use super::progress::Progress;
use super::state::Observed;
use crate::groups::value_of;
use crate::ledger::Lease;
use crate::model::ids::InstanceId;
use crate::model::instance::Instance;
use crate::settings::{Fencing, Settings};
use std::collections::{BTreeMap, BTreeSet};

/// How a member is to be fenced: the strongest word of what it has. A tag that asks for a stop counts only where
/// whoever deploys lets tags do so: the role has no permission otherwise.
fn fencing(group: &Group<'_>, member: &InstanceId, settings: &Settings) -> Fencing {
    let held = group
        .resources
        .iter()
        .filter(|resource| resource.location.instance() == Some(member));
    let words = held.map(|resource| {
        let tagged = value_of(resource.tags, &settings.tags.fence);
        let counts = tagged.filter(|word| *word != Fencing::Stop || settings.tags_may_stop());
        counts.unwrap_or_else(|| settings.fencing.clone())
    });
    words
        .max_by_key(|word| match word {
            Fencing::None => 0,
            Fencing::Isolate(_) => 1,
            Fencing::Stop => 2,
        })
        .unwrap_or(Fencing::None)
}

/// How each member that has something would be fenced if it failed now.
pub(super) fn of_holders<'a>(
    group: &Group<'a>,
    settings: &Settings,
) -> Vec<(&'a Instance, Fencing)> {
    let holders = group.holders().into_iter();
    let members = holders.filter_map(|holder| group.member(&holder));
    members
        .map(|member| (member, fencing(group, &member.id, settings)))
        .collect()
}

/// Whether a member holds nothing any more once these moves are made.
pub(super) fn holds_nothing_after(group: &Group<'_>, member: &InstanceId, moves: &[Move]) -> bool {
    let goes = |id: &ResourceId| moves.iter().any(|one| one.resource == *id);
    let mut held = group
        .resources
        .iter()
        .filter(|resource| resource.location.instance() == Some(member));
    held.all(|resource| goes(&resource.id())) && moves.iter().all(|one| one.to != *member)
}

/// What the lease is to note: how those that lose everything are to be fenced.
pub(super) fn fences_for(
    case: &Case<'_>,
    group: &Group<'_>,
    sources: &BTreeSet<InstanceId>,
    observed: &Observed,
) -> BTreeMap<InstanceId, Fencing> {
    if !case.cause.kind.is_failure() {
        return BTreeMap::new();
    }
    sources
        .iter()
        .filter(|id| !observed.is_down(id))
        .map(|id| (id.clone(), fencing(group, id, case.settings)))
        .filter(|(_, how)| *how != Fencing::None)
        .collect()
}

/// Whether a lease notes a fence of somebody whom a cause is about.
pub(super) fn is_pending(leases: &[Lease], affected: &AffectedGroup) -> bool {
    let noted = leases
        .iter()
        .filter(|lease| lease.group == affected.group)
        .filter_map(|lease| lease.in_progress.as_ref());
    let mut members = noted.flat_map(|record| record.pending_fences.keys());
    members.any(|id| affected.failed_members.contains(id))
}

/// `observe` mode: what would fence who loses everything by the plan. Nobody, while something of it is blocked.
pub(super) fn would_fence(
    case: &Case<'_>,
    group: &Group<'_>,
    sources: &BTreeSet<InstanceId>,
    observed: &Observed,
    plan: &Plan,
) -> Vec<Effect> {
    let moves = plan.moves.as_slice();
    if !plan.blocked.is_empty() {
        return Vec::new();
    }
    let meant = fences_for(case, group, sources, observed).into_iter();
    let due = meant.filter(|(id, _)| !moves.is_empty() && holds_nothing_after(group, id, moves));
    due.filter_map(|(id, how)| Some((group.member(&id)?, how)))
        .flat_map(|(member, how)| effects(member, &how, moves.iter().map(|one| &one.resource)))
        .collect()
}

/// What is to be done about those that the lease notes: by this run, or by an earlier one that did not come to it.
pub(super) fn fences(
    case: &Case<'_>,
    held: &HeldLease,
    group: &Group<'_>,
    observed: &Observed,
    moves: &[Move],
    progress: &Progress,
) -> Vec<Fence> {
    let mut fences = Vec::new();
    for (id, how, is_own) in noted(held, progress) {
        let Some(member) = group.member(&id).filter(|_| !observed.is_down(&id)) else {
            continue;
        };
        if !holds_nothing_after(group, &id, moves) {
            continue;
        }
        let holds = case.cause.kind.is_failure() && progress.last_look.recovered.is_none();
        fences.push(match (is_own, progress.sources.contains(&id)) {
            (false, false) => Fence::Pending,
            (false, true) if !holds => Fence::TooLate(id),
            _ => Fence::Due(effects(member, &how, progress.resources.keys())),
        });
    }
    fences
}

/// What fences a member. It keeps its interfaces, but for those that are elsewhere.
pub(super) fn effects<'a>(
    member: &Instance,
    how: &Fencing,
    gone: impl Iterator<Item = &'a ResourceId>,
) -> Vec<Effect> {
    match how {
        Fencing::Stop if member.state.is_up() => vec![Effect::Stop {
            instance: member.id.clone(),
        }],
        Fencing::None | Fencing::Stop => Vec::new(),
        Fencing::Isolate(security_group) => {
            let gone: BTreeSet<&ResourceId> = gone.collect();
            let own = member.interfaces.iter().map(|each| &each.id);
            own.filter(|eni| !gone.contains(&ResourceId::Interface((*eni).clone())))
                .map(|eni| Effect::Isolate {
                    eni: eni.clone(),
                    instance: member.id.clone(),
                    security_group: security_group.clone(),
                })
                .collect()
        }
    }
}

/// Who is noted, how they are to be fenced, and whether it was this run that noted it.
fn noted(held: &HeldLease, progress: &Progress) -> Vec<(InstanceId, Fencing, bool)> {
    let has_moved = !progress.resources.is_empty();
    let own = has_moved.then_some((&held.own, true));
    let earlier = held.earlier();
    let earlier = earlier.filter(|_| !held.lease.targets_new_holder());
    let earlier = earlier.map(|record| (record, false));
    let mut all: Vec<(InstanceId, Fencing, bool)> = Vec::new();
    for (record, is_own) in own.into_iter().chain(earlier) {
        for (id, how) in &record.pending_fences {
            let is_meant = !is_own || progress.sources.contains(id);
            if is_meant && all.iter().all(|(known, ..)| known != id) {
                all.push((id.clone(), how.clone(), is_own));
            }
        }
    }
    all
}
