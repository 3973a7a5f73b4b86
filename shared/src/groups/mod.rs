//! Who belongs together, read from tags: once, for every function that asks. Pure reading, nothing is decided here.

mod tags;

use crate::model::instance::Instance;
use crate::model::tags::Tags;
use crate::settings::TagKeys;
pub use tags::{UnreadableTag, unreadable, value_of};

/// The group that tags name.
#[must_use]
pub fn group_of<'a>(tags: &'a Tags, keys: &TagKeys) -> Option<&'a str> {
    tags.get(&keys.group)
        .map(|group| group.trim())
        .filter(|group| !group.is_empty())
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
