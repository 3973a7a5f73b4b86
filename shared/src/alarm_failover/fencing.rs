//! Which members are to be fenced, and when: after everything that they had is with another one.
//!
//! The lease notes it before anything moves. So a run that ends between the move and the fence, or that never
//! hears that the move went through, leaves it to the next look. Nobody is fenced for what is over: where an
//! earlier run has moved everything and the cause is gone by now, a person is told instead.

use super::case::{AffectedGroup, Case};
use super::cloud::AlarmFailoverCloud;
use super::execute;
use super::group::{Group, ResourceId};
use super::plan::Move;
use super::progress::Progress;
use super::state::Observed;
use crate::groups::value_of;
use crate::ledger::Lease;
use crate::model::ids::{EniId, InstanceId};
use crate::model::instance::Instance;
use crate::report::PlannedCall;
use crate::settings::{Fencing, Settings};
use std::collections::{BTreeMap, BTreeSet};

/// How a member is to be fenced: the strongest word of what it has.
fn fencing(group: &Group<'_>, member: &InstanceId, settings: &Settings) -> Fencing {
    let held = group
        .resources
        .iter()
        .filter(|resource| resource.location.instance() == Some(member));
    let words = held.map(|resource| {
        value_of(resource.tags, &settings.tags.fence).unwrap_or_else(|| settings.fencing.clone())
    });
    words
        .max_by_key(|word| match word {
            Fencing::None => 0,
            Fencing::Isolate(_) => 1,
            Fencing::Stop => 2,
        })
        .unwrap_or(Fencing::None)
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

/// `observe` mode: the calls that would fence who loses everything by these moves.
pub(super) fn would_fence(
    case: &Case<'_>,
    group: &Group<'_>,
    sources: &BTreeSet<InstanceId>,
    observed: &Observed,
    moves: &[Move],
) -> Vec<PlannedCall> {
    let meant = fences_for(case, group, sources, observed).into_iter();
    let due_fences =
        meant.filter(|(id, _)| !moves.is_empty() && holds_nothing_after(group, id, moves));
    due_fences
        .flat_map(|(id, how)| match (how, group.member(&id)) {
            (Fencing::Stop, Some(_)) => vec![PlannedCall::stop(&id)],
            (Fencing::Isolate(security_group), Some(member)) => {
                let kept = remaining_interfaces(member, moves.iter().map(|one| &one.resource));
                let isolated = kept
                    .iter()
                    .map(|eni| PlannedCall::isolate(eni, &security_group));
                isolated.collect()
            }
            _ => Vec::new(),
        })
        .collect()
}

/// Fences who has lost everything: by this run, or by an earlier one that did not come to it.
pub(super) async fn fence<C: AlarmFailoverCloud>(
    cloud: &C,
    case: &Case<'_>,
    group: &Group<'_>,
    observed: &Observed,
    moves: &[Move],
    progress: &mut Progress,
) {
    for (id, how, is_own) in due_fences(progress) {
        let Some(member) = group.member(&id).filter(|_| !observed.is_down(&id)) else {
            continue;
        };
        if !holds_nothing_after(group, &id, moves) {
            continue;
        }
        let holds = case.cause.kind.is_failure() && progress.recovered.is_none();
        if !is_own && !progress.sources.contains(&id) {
            progress.fenced.is_unfinished = true;
            continue;
        }
        if !is_own && !holds {
            progress.fenced.not_fenced.insert(id);
            continue;
        }
        let kept = remaining_interfaces(member, progress.moves.keys());
        let fenced = execute::fence(cloud, member, &kept, &how).await;
        progress.mutating_calls += fenced.mutating_calls;
        progress.fenced.extend(fenced);
    }
}

/// The interfaces that a member still has when these resources are elsewhere.
fn remaining_interfaces<'a>(
    member: &Instance,
    gone: impl Iterator<Item = &'a ResourceId>,
) -> Vec<EniId> {
    let gone: BTreeSet<&ResourceId> = gone.collect();
    let all = member.interfaces.iter().map(|each| each.id.clone());
    all.filter(|eni| !gone.contains(&ResourceId::Interface(eni.clone())))
        .collect()
}

/// Who is to be fenced, how, and whether it was this run that moved what they had.
fn due_fences(progress: &Progress) -> Vec<(InstanceId, Fencing, bool)> {
    let own = progress.own.as_ref();
    let noted = progress.lease.as_ref();
    let noted = noted.filter(|lease| !lease.targets_new_holder());
    let noted = noted.and_then(|lease| lease.in_progress.as_ref());
    let earlier = noted.filter(|record| Some(*record) != own);
    let own = own.filter(|_| !progress.moves.is_empty());
    let mut due_fences: Vec<(InstanceId, Fencing, bool)> = Vec::new();
    for (record, is_own) in own
        .map(|it| (it, true))
        .into_iter()
        .chain(earlier.map(|it| (it, false)))
    {
        for (id, how) in &record.pending_fences {
            let is_meant = !is_own || progress.sources.contains(id);
            if is_meant && due_fences.iter().all(|(known, ..)| known != id) {
                due_fences.push((id.clone(), how.clone(), is_own));
            }
        }
    }
    due_fences
}
