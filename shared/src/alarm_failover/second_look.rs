//! A second look, right before a call that moves: what the move hangs on, and nothing else. So it stays fresh however many
//! alarms and instances the account has.

use super::case::{Cause, CauseKind};
use super::cloud::AlarmFailoverCloud;
use super::plan::Move;
use super::rule;
use super::state::Observed;
use crate::clock::Clock;
use crate::cloud::{AddressFilter, CloudError, InstanceFilter};
use crate::member_alarms::{MAX_ASKED, contributing};
use crate::model::alarm::Alarm;
use crate::model::ids::{AllocationId, InstanceId};
use crate::ports::Ports;
use futures_util::future::try_join_all;
use std::collections::BTreeSet;

/// A second look at what one move hangs on, all at the same time. It reads who has it, who is to get it, and the
/// address. It reads the alarms of the cause and of these two by their names, and for which instances one of many
/// fires. The rest is as it was seen. So the second look stays fresh however many alarms of others fire.
pub(super) async fn refresh<C: AlarmFailoverCloud, L, K: Clock>(
    ports: &Ports<C, L, K>,
    cause: &Cause,
    seen: &Observed,
    one: &Move,
) -> Result<Observed, CloudError> {
    let at = ports.clock.now();
    let cloud = &ports.cloud;
    let members: Vec<InstanceId> = one.from.iter().chain([&one.to]).cloned().collect();
    let allocations: Vec<AllocationId> = one.allocation().into_iter().cloned().collect();
    let which = InstanceFilter::Ids(members.clone());
    let names = alarms_of_the_move(cause, seen, &members);
    let of_many = names.iter().filter(|name| {
        let alarm = seen.alarms.get(*name);
        alarm.is_some_and(|alarm| alarm.contributors.is_some())
    });
    let of_many: Vec<&String> = of_many.take(MAX_ASKED).collect();
    let (instances, addresses, alarms, contributing) = futures_util::join!(
        cloud.instances(&which),
        async {
            if allocations.is_empty() {
                return Ok(Vec::new());
            }
            cloud
                .addresses(&AddressFilter::Allocations(allocations.clone()))
                .await
        },
        cloud.alarms(&names),
        try_join_all(of_many.iter().map(|alarm| contributing(cloud, alarm))),
    );
    let (mut instances, mut addresses, contributing) = (instances?, addresses?, contributing?);
    let mut now = Observed { at, ..seen.clone() };
    now.alarms.retain(|name, _| !names.contains(name));
    let again = alarms?.into_iter();
    now.alarms
        .extend(again.map(|alarm| (alarm.name.clone(), alarm)));
    for (name, instances) in of_many.into_iter().zip(contributing) {
        if let Some(alarm) = now.alarms.get_mut(name) {
            alarm.contributors = Some(instances.unwrap_or_default());
        }
    }
    for each in &instances {
        if let Some(state) = now.others.get_mut(&each.id) {
            *state = each.state;
        }
    }
    let is_meant = |id: &InstanceId| members.contains(id);
    now.instances = replaced(&seen.instances, &mut instances, |it| &it.id, is_meant);
    let is_it = |id: &AllocationId| allocations.contains(id);
    now.addresses = replaced(&seen.addresses, &mut addresses, |it| &it.allocation, is_it);
    Ok(now)
}

/// The alarms that a move hangs on: those of the cause, with all that their rules name, and those that name whoever has
/// it or is to get it.
fn alarms_of_the_move(cause: &Cause, seen: &Observed, members: &[InstanceId]) -> Vec<String> {
    let names_one = |alarm: &Alarm| alarm.instances().any(|id| members.contains(&id));
    let of_members = seen.alarms.values().filter(|alarm| names_one(alarm));
    let mut found: BTreeSet<String> = of_members.map(|alarm| alarm.name.clone()).collect();
    let mut open: Vec<String> = match cause.kind {
        CauseKind::Alarm => cause.alarms.clone(),
        _ => Vec::new(),
    };
    while let Some(name) = open.pop() {
        let rule = seen.alarms.get(&name).and_then(|alarm| alarm.rule.as_ref());
        let children = rule.map(|rule| rule::names(rule)).unwrap_or_default();
        if found.insert(name) {
            open.extend(children);
        }
    }
    found.into_iter().collect()
}

/// What was seen, with what was read again in its place.
pub(super) fn replaced<T: Clone, I: PartialEq>(
    seen: &[T],
    read: &mut Vec<T>,
    id: impl Fn(&T) -> &I,
    is_read: impl Fn(&I) -> bool,
) -> Vec<T> {
    let each = seen.iter().filter_map(|it| {
        if !is_read(id(it)) {
            return Some(it.clone());
        }
        let at = read.iter().position(|new| id(new) == id(it))?;
        Some(read.swap_remove(at))
    });
    each.collect()
}
