//! Which instances and addresses are of one group, and who has an address.

use super::tags::value_of;
use crate::model::elastic_ip::Address;
use crate::model::ids::InstanceId;
use crate::model::instance::Instance;
use crate::model::tags::Tags;
use crate::settings::TagKeys;

/// The group that tags name.
#[must_use]
pub fn group_of<'a>(tags: &'a Tags, keys: &TagKeys) -> Option<&'a str> {
    tags.get(&keys.group)
        .map(|group| group.trim())
        .filter(|group| !group.is_empty())
}

/// Whether tags name this group.
#[must_use]
pub fn is_of_group(tags: &Tags, group: &str, keys: &TagKeys) -> bool {
    group_of(tags, keys) == Some(group)
}

/// The instances of a group, whatever state they are in.
pub fn members_of<'a>(
    group: &str,
    instances: &'a [Instance],
    keys: &TagKeys,
) -> impl Iterator<Item = &'a Instance> {
    let instances = instances.iter();
    instances.filter(move |instance| is_of_group(&instance.tags, group, keys))
}

/// The addresses of a group. One that an AWS service manages is its service's business, whatever its tags.
pub fn addresses_of<'a>(
    group: &str,
    addresses: &'a [Address],
    keys: &TagKeys,
) -> impl Iterator<Item = &'a Address> {
    let addresses = addresses.iter();
    addresses.filter(move |address| {
        is_of_group(&address.tags, group, keys) && address.service_managed.is_none()
    })
}

/// The instance that has an address.
#[must_use]
pub fn holder(address: &Address) -> Option<&InstanceId> {
    address.association.as_ref()?.instance.as_ref()
}

/// The slots that tags name, separated by commas.
pub fn slots_of<'a>(tags: &'a Tags, keys: &TagKeys) -> impl Iterator<Item = &'a str> {
    let named = tags.get(&keys.slot).map_or("", String::as_str);
    named
        .split(',')
        .map(str::trim)
        .filter(|slot| !slot.is_empty())
}

/// Whose turn comes first, lowest first; without the tag, or with one that is no number, last.
#[must_use]
pub fn priority(instance: &Instance, keys: &TagKeys) -> i64 {
    value_of(&instance.tags, &keys.priority).unwrap_or(i64::MAX)
}
