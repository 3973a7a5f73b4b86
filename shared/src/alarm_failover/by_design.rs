//! Groups that have no standby, and are not meant to have one: by a tag, or by how they are built. Pure.
//!
//! Nothing of this keeps a failover from happening where it can: it only says whether readiness is asked for.

use super::group::{Group, Resource, ResourceId, ResourceKind};
use crate::groups::{slots_of, value_of};
use crate::model::instance::Instance;
use crate::settings::{OnStop, Settings, Standby};
use std::collections::BTreeSet;

/// Auto Scaling's own tag on its instances. Source: Auto Scaling user guide, "Tag lifecycle".
const AUTO_SCALING_GROUP: &str = "aws:autoscaling:groupName";

/// Why a group has no standby by design, where that is so.
#[must_use]
pub(super) fn why(group: &Group<'_>, settings: &Settings) -> Option<&'static str> {
    let resources = group.resources.as_slice();
    let says = |standby: Standby| {
        let mut words = resources.iter().map(|resource| word(resource, settings));
        !resources.is_empty() && words.all(|word| word == Some(standby))
    };
    if says(Standby::None) {
        return Some("its standby tag is none");
    }
    if resources
        .iter()
        .any(|resource| is_wanted(resource, settings))
    {
        return None;
    }
    if is_one_of_auto_scaling(group) {
        return Some("its one instance is replaced by Auto Scaling");
    }
    has_a_slot_for_each(group, settings).then_some("each member has the address of its own slot")
}

/// Whether a standby is asked for, for this resource.
#[must_use]
pub(super) fn needs_standby(group: &Group<'_>, id: &ResourceId, settings: &Settings) -> bool {
    let mut own = group
        .resources
        .iter()
        .filter(|resource| resource.id() == *id);
    own.all(|resource| word(resource, settings) != Some(Standby::None))
}

fn word(resource: &Resource<'_>, settings: &Settings) -> Option<Standby> {
    value_of(resource.tags, &settings.tags.standby)
}

/// A tag that makes sense only where something fails over.
fn is_wanted(resource: &Resource<'_>, settings: &Settings) -> bool {
    let (tags, keys) = (resource.tags, &settings.tags);
    let has = |key: &String| tags.contains_key(key);
    word(resource, settings) == Some(Standby::Wanted)
        || [&keys.mover, &keys.alarm, &keys.failback]
            .into_iter()
            .any(has)
        || value_of(tags, &keys.on_stop) == Some(OnStop::Move)
}

fn is_one_of_auto_scaling(group: &Group<'_>) -> bool {
    let [member] = group.members.as_slice() else {
        return false;
    };
    member.tags.contains_key(AUTO_SCALING_GROUP)
}

/// Every address is kept for a member by its slot, and no member is without one.
fn has_a_slot_for_each(group: &Group<'_>, settings: &Settings) -> bool {
    let keys = &settings.tags;
    let held = group
        .resources
        .iter()
        .map(|resource| match &resource.cargo {
            ResourceKind::Address(address) => slots_of(&address.tags, keys).next(),
            ResourceKind::Interface(_) | ResourceKind::PrivateIps { .. } => None,
        });
    let free = group.free.iter();
    let free = free.map(|address| slots_of(&address.tags, keys).next());
    let slots: Option<BTreeSet<&str>> = held.chain(free).collect();
    let Some(slots) = slots.filter(|slots| !slots.is_empty()) else {
        return false;
    };
    let keeps_one = |member: &&Instance| {
        let mut own = slots_of(&member.tags, keys);
        own.any(|slot| slots.contains(slot))
    };
    !group.members.is_empty() && group.members.iter().all(keeps_one)
}
