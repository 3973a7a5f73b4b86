//! Whom an alarm is about that names no instance: who has what it stands for, and had it when it fired. Pure.

use super::{Cause, Concern, Verdict};
use crate::address::Tags;
use crate::failover::observe::Observed;
use crate::placement::group::group_of;
use crate::settings::Settings;
use std::collections::BTreeSet;
use time::OffsetDateTime;

/// An alarm that names no instance stands for the holder of what names it, or of what its group has.
pub(super) fn judge(
    cause: &Cause,
    alarm: &str,
    observed: &Observed,
    settings: &Settings,
) -> Verdict {
    let names = |tags: &Tags| {
        let named = tags.get(&settings.tags.alarm).map_or("", String::as_str);
        named.split(',').any(|name| name.trim() == alarm)
    };
    let tagged = holders(cause, observed, settings, &names);
    if !tagged.is_empty() {
        return Verdict::Concerns(tagged);
    }
    let Some(group) = &cause.group else {
        return Verdict::NotOurs {
            why: format!(
                "it names no instance, and no address or interface has the tag {} = {alarm}",
                settings.tags.alarm
            ),
        };
    };
    let is_of_group = |tags: &Tags| group_of(tags, &settings.tags) == Some(group);
    let holders = holders(cause, observed, settings, &is_of_group);
    match holders.as_slice() {
        [one] if one.sick.len() <= 1 => Verdict::Concerns(holders),
        [] => Verdict::Concerns(Vec::new()),
        _ => Verdict::Unclear {
            why: format!("it names no instance, and several members of {group} hold addresses"),
        },
    }
}

/// Who holds what is meant, by group. What came to its holder after the cause is not what the cause is about:
/// a person or another run was faster.
fn holders(
    cause: &Cause,
    observed: &Observed,
    settings: &Settings,
    is_meant: &impl Fn(&Tags) -> bool,
) -> Vec<Concern> {
    let interfaces = observed.interfaces.iter().map(|each| {
        let tie = each.attachment.as_ref();
        let tie = tie.filter(|tie| !tie.since.is_some_and(|since| came_after(cause, since)));
        (&each.tags, tie.and_then(|tie| tie.instance.as_ref()))
    });
    let addresses = observed.addresses.iter().map(|each| {
        let held = each.association.as_ref();
        (&each.tags, held.and_then(|held| held.instance.as_ref()))
    });
    let mut concerns: Vec<Concern> = Vec::new();
    for (tags, holder) in interfaces.chain(addresses) {
        let Some(group) = group_of(tags, &settings.tags).filter(|_| is_meant(tags)) else {
            continue;
        };
        let at = concerns.iter().position(|concern| concern.group == group);
        let at = at.unwrap_or_else(|| {
            concerns.push(Concern {
                group: group.to_owned(),
                sick: BTreeSet::new(),
                is_anonymous: true,
            });
            concerns.len() - 1
        });
        concerns[at].sick.extend(holder.cloned());
    }
    concerns
}

/// EC2 tells whole seconds, and what came about in the very second of the alarm is not what it measured.
fn came_after(cause: &Cause, since: OffsetDateTime) -> bool {
    since.unix_timestamp() >= cause.at.unix_timestamp()
}
