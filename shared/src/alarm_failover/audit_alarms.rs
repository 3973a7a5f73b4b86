//! The alarms of the account, as reconcile reads them: which of them fire now, and for each group, which of them name a
//! member. The failovers to come read those by name.

use super::cloud::AlarmFailoverCloud;
use super::messages;
use super::state::Observed;
use crate::clock::Clock;
use crate::cloud::CloudError;
use crate::error::Error;
use crate::groups::{floating_group, group_of};
use crate::ledger::Ledger;
use crate::member_alarms::{self, AllAlarms, Gap, GroupMembers};
use crate::model::alarm::Alarm;
use crate::model::ids::InstanceId;
use crate::ports::{Delivery, Ports};
use crate::report::Finding;
use crate::settings::Settings;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What has to be left of a run for the audit that comes after the alarms. 10,000 of them take 34 s.
const TO_AUDIT: Duration = Duration::from_mins(1);

/// What was read, and what a person should know of it.
#[derive(Debug, Default)]
pub(super) struct AlarmsRead {
    /// Whether all of them were read: what is not known says nothing for a member.
    pub(super) are_all: bool,
    pub(super) findings: Vec<Finding>,
    pub(super) failure: Option<Error>,
}

/// With the alarms that fire; and what was learnt is written down. Where there are no members, nobody asks.
pub(super) async fn note<C: AlarmFailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    delivery: Delivery,
    mut observed: Observed,
) -> Result<(Observed, AlarmsRead), CloudError> {
    let groups = groups(&observed, settings);
    if groups.is_empty() {
        let nobody = AlarmsRead {
            are_all: true,
            ..AlarmsRead::default()
        };
        return Ok((observed, nobody));
    }
    let (cloud, clock) = (&ports.cloud, &ports.clock);
    let as_of = clock.now();
    let deadline = delivery.deadline(TO_AUDIT);
    let AllAlarms { mut alarms, unread } =
        member_alarms::read_all((cloud, clock), deadline).await?;
    let mut read = AlarmsRead {
        are_all: unread.is_none(),
        ..AlarmsRead::default()
    };
    if !cloud.reads_log_alarms() {
        read.findings.push(messages::no_log_alarms());
    }
    let (not_asked, refused) = member_alarms::ask_all((cloud, clock), &mut alarms, deadline).await;
    if not_asked > 0 {
        let finding = messages::contributors_unread(not_asked, refused.as_ref());
        read.findings.push(finding);
    }
    match unread {
        Some(why) => {
            let finding = messages::alarms_unread(alarms.len(), why.as_ref());
            read.findings.push(finding);
        }
        None => match member_alarms::learn(&ports.ledger, &alarms, &groups, as_of).await {
            Ok(rows) => read.findings.extend(rows.iter().filter_map(|row| {
                let count = row.left_out;
                (count > 0).then(|| Gap::LeftOut { count }.finding(&row.group))
            })),
            Err(source) => {
                read.failure = Some(Error::LedgerUnwritten {
                    done: "the alarms were read".to_owned(),
                    source: source.into(),
                });
            }
        },
    }
    let members: BTreeSet<&InstanceId> = groups.values().flat_map(|it| &it.members).collect();
    let is_of_use = |alarm: &Alarm| {
        let is_member = |id: InstanceId| members.contains(&id);
        let names_one = alarm.instances().next().is_some();
        alarm.fires() && (!names_one || alarm.instances().any(is_member))
    };
    let firing = alarms.into_iter().filter(is_of_use);
    observed.alarms = firing.map(|alarm| (alarm.name.clone(), alarm)).collect();
    Ok((observed, read))
}

/// The members of each group, with whoever else holds something of it, and what EC2 shows of them.
fn groups(observed: &Observed, settings: &Settings) -> BTreeMap<String, GroupMembers> {
    let mut groups: BTreeMap<String, GroupMembers> = BTreeMap::new();
    for instance in &observed.instances {
        if let Some(group) = group_of(&instance.tags, &settings.tags) {
            let group = groups.entry(group.to_owned()).or_default();
            group.members.insert(instance.id.clone());
            let kind = instance.kind.clone();
            let typed = kind.map(|kind| (instance.id.clone(), kind));
            group.shown.types.extend(typed);
        }
    }
    for (group, holder) in observed.holders(settings) {
        if let Some(group) = groups.get_mut(group) {
            group.members.insert(holder.clone());
            group.shown.holders.insert(holder.clone());
        }
    }
    for interface in &observed.interfaces {
        let group = floating_group(interface, &settings.tags);
        let group = group.and_then(|name| groups.get_mut(name));
        if let (Some(group), Some(holder)) = (group, interface.instance()) {
            let floating = &mut group.shown.interfaces;
            floating.insert(interface.id.clone(), holder.clone());
        }
    }
    groups
}

/// The names of all groups.
pub(super) fn group_names(observed: &Observed, settings: &Settings) -> BTreeSet<String> {
    let members = observed.instances.iter().map(|each| &each.tags);
    let interfaces = observed.interfaces.iter().map(|each| &each.tags);
    let tags = members.chain(interfaces);
    tags.filter_map(|tags| group_of(tags, &settings.tags))
        .map(str::to_owned)
        .collect()
}
