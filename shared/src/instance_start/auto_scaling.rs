//! Whether instances are in service. Only Auto Scaling tells, so it is asked of those alone that carry its tag, and
//! only where an address could go to one of them, or from one. Nothing here changes anything.
//!
//! Auto Scaling moves instances on at any moment. One that comes into service after it was asked for is served by
//! its start, or by reconcile. One that leaves service keeps what it was given until it does not run any more.

use super::group::Group;
use super::state::{Observed, ToldState};
use crate::cloud::CloudError;
use crate::cloud::health::ReadLifecycleStates;
use crate::groups::group_of;
use crate::model::auto_scaling::GROUP_TAG;
use crate::model::ids::InstanceId;
use crate::model::instance::Instance;
use crate::settings::Settings;
use std::collections::BTreeSet;

/// In how many looks of a run Auto Scaling may fail to answer. After that an instance has its address sooner than
/// Auto Scaling its say.
pub(super) const MAX_UNANSWERED: u32 = 3;

/// How many instances a call of Auto Scaling's can name: one that starts makes one call.
const MAX_BESIDE: usize = 49;

/// The instances of which Auto Scaling has to be asked for one that starts: it, and whoever else of its group lacks an
/// address. None where it lacks none itself. Of a large group not all are asked for. One that is left out may be thought
/// to take an address that it does not take: a second look gives that away.
pub(super) fn asked_for_start(
    observed: &Observed,
    id: &InstanceId,
    settings: &Settings,
) -> BTreeSet<InstanceId> {
    let mut instances = observed.instances.iter();
    let instance = instances.find(|each| each.id == *id);
    let name = instance.and_then(|each| group_of(&each.tags, &settings.tags));
    let Some(name) = name else {
        return BTreeSet::new();
    };
    let mut asked = needy(&Group::named(name, observed, &settings.tags));
    if !asked.remove(id) {
        return BTreeSet::new();
    }
    let beside = asked.into_iter().take(MAX_BESIDE);
    beside.chain([id.clone()]).collect()
}

/// The same for addresses that are to be given out in all groups. It is whoever lacks one where there is one to be
/// had, and who has one and does not run.
pub(super) fn asked_for_all(observed: &Observed, settings: &Settings) -> BTreeSet<InstanceId> {
    let mut asked = BTreeSet::new();
    for (name, part) in observed.parts(&settings.tags) {
        let group = Group::named(name, &part, &settings.tags);
        let addresses = || group.addresses.iter().copied();
        let stopped: Vec<&Instance> = addresses()
            .filter_map(|address| Some(group.stopped_holder(address)?.instance))
            .collect();
        let lacks = |state_is_up: bool, needs: usize| state_is_up && needs > 0;
        let mut members = group.members.iter();
        let is_wanted = members.any(|it| lacks(it.instance.state.is_up(), it.needs.len()));
        let is_there = !stopped.is_empty() || addresses().any(|address| group.is_free(address));
        if is_wanted && is_there {
            asked.extend(needy(&group));
            asked.extend(tagged(stopped.into_iter()));
        }
    }
    asked
}

fn needy(group: &Group<'_>) -> BTreeSet<InstanceId> {
    let lacking = group
        .members
        .iter()
        .filter(|member| member.instance.state.is_up() && !member.needs.is_empty());
    tagged(lacking.map(|member| member.instance)).collect()
}

fn tagged<'a>(instances: impl Iterator<Item = &'a Instance>) -> impl Iterator<Item = InstanceId> {
    let of_auto_scaling = instances.filter(|each| each.tags.contains_key(GROUP_TAG));
    of_auto_scaling.map(|each| each.id.clone())
}

/// What was observed, with where Auto Scaling has these instances. Where it does not say, none of them is known to be
/// in service, and why is told beside it.
///
/// # Errors
/// An answer that a moment may mend, while there `may` be `another_look`.
pub(super) async fn with_told_states<C: ReadLifecycleStates>(
    cloud: &C,
    mut observed: Observed,
    asked: BTreeSet<InstanceId>,
    may_look_again: bool,
) -> Result<(Observed, Option<CloudError>), CloudError> {
    if asked.is_empty() {
        return Ok((observed, None));
    }
    let ids: Vec<InstanceId> = asked.iter().cloned().collect();
    match cloud.lifecycle_states(&ids).await {
        Ok(states) => {
            let states = states.into_iter();
            observed.told_states = states
                .map(|(id, state)| (id, ToldState::Told(state)))
                .collect();
            Ok((observed, None))
        }
        Err(failure) if failure.is_transient() && may_look_again => Err(failure),
        Err(failure) => {
            observed.told_states = asked
                .into_iter()
                .map(|id| (id, ToldState::NotTold))
                .collect();
            Ok((observed, Some(failure)))
        }
    }
}
