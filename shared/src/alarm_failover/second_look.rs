//! A second look, right before a call that moves: what the move hangs on, and nothing else. So it stays fresh however many
//! alarms and instances the account has.

use super::case::{Cause, CauseKind};
use super::cloud::AlarmFailoverCloud;
use super::observe::contributing;
use super::plan::Move;
use super::rule;
use super::state::Observed;
use crate::clock::Clock;
use crate::cloud::{AddressFilter, CloudError, InstanceFilter};
use crate::model::alarm::{Alarm, AlarmMetric};
use crate::model::ids::{AllocationId, InstanceId};
use crate::ports::Ports;
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
    let of_many = seen.contributors.keys().next();
    let names = alarms_of_the_move(cause, seen, &members);
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
        async {
            match of_many {
                Some(alarm) => contributing(cloud, alarm).await,
                None => Ok(BTreeSet::new()),
            }
        },
    );
    let (mut instances, mut addresses, contributing) = (instances?, addresses?, contributing?);
    let mut now = Observed { at, ..seen.clone() };
    now.alarms.retain(|name, _| !names.contains(name));
    let again = alarms?.into_iter();
    now.alarms
        .extend(again.map(|alarm| (alarm.name.clone(), alarm)));
    for still in now.contributors.values_mut() {
        still.clone_from(&contributing);
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
    let names_one = |alarm: &Alarm| {
        let mut instances = alarm.metrics.iter().filter_map(AlarmMetric::instance);
        instances.any(|id| members.contains(&id))
    };
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
