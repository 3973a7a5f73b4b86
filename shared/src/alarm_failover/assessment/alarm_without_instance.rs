//! Whom an alarm is about that names no instance: who has what it stands for, and had it when it fired. Pure.

use crate::alarm_failover::case::{AffectedGroup, Assessment, Cause};
use crate::alarm_failover::state::Observed;
use crate::groups::group_of;
use crate::model::tags::Tags;
use crate::settings::Settings;
use std::collections::BTreeSet;
use time::OffsetDateTime;

/// An alarm that names no instance stands for the holder of what names it, or of what its group has.
pub(super) fn assess(
    cause: &Cause,
    alarm: &str,
    observed: &Observed,
    settings: &Settings,
) -> Assessment {
    let names = |tags: &Tags| {
        let named = tags.get(&settings.tags.alarm).map_or("", String::as_str);
        named.split(',').any(|name| name.trim() == alarm)
    };
    let tagged = holders(cause, observed, settings, &names);
    if !tagged.is_empty() {
        return Assessment::Affects(tagged);
    }
    let Some(group) = &cause.group else {
        return Assessment::NotOurs {
            why: format!(
                "it names no instance, and no address or interface has the tag {} = {alarm}",
                settings.tags.alarm
            ),
        };
    };
    let is_of_group = |tags: &Tags| group_of(tags, &settings.tags) == Some(group);
    let holders = holders(cause, observed, settings, &is_of_group);
    match holders.as_slice() {
        [one] if one.failed_members.len() <= 1 => Assessment::Affects(holders),
        [] => Assessment::Affects(Vec::new()),
        _ => Assessment::Unclear {
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
) -> Vec<AffectedGroup> {
    let interfaces = observed.interfaces.iter().map(|each| {
        let attachment = each.attachment.as_ref();
        let attachment = attachment.filter(|attachment| {
            !attachment
                .since
                .is_some_and(|since| came_after(cause, since))
        });
        (
            &each.tags,
            attachment.and_then(|attachment| attachment.instance.as_ref()),
        )
    });
    let addresses = observed.addresses.iter().map(|each| {
        let held = each.association.as_ref();
        (&each.tags, held.and_then(|held| held.instance.as_ref()))
    });
    let mut concerns: Vec<AffectedGroup> = Vec::new();
    for (tags, holder) in interfaces.chain(addresses) {
        let Some(group) = group_of(tags, &settings.tags).filter(|_| is_meant(tags)) else {
            continue;
        };
        let at = concerns.iter().position(|affected| affected.group == group);
        let at = at.unwrap_or_else(|| {
            concerns.push(AffectedGroup {
                group: group.to_owned(),
                failed_members: BTreeSet::new(),
                names_no_instance: true,
            });
            concerns.len() - 1
        });
        concerns[at].failed_members.extend(holder.cloned());
    }
    concerns
}

/// EC2 tells whole seconds, and what came about in the very second of the alarm is not what it measured.
fn came_after(cause: &Cause, since: OffsetDateTime) -> bool {
    since.unix_timestamp() >= cause.at.unix_timestamp()
}
