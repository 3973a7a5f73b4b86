//! What is read before anything is decided. Nothing here changes anything.
//!
//! 1. At the same time: instances, interfaces, addresses, the alarms that fire, and the alarms of the cause.
//! 2. Only where it is needed: an instance that holds something and was not among them, by its id. Also the
//!    instances for which an alarm on many of them fires.
//! 3. Beside the lease: how well the members are, what their types allow, who may be given which interface, and which
//!    members Auto Scaling has in service.

use super::case::{Case, Cause, CauseKind};
use super::cloud::AlarmFailoverCloud;
use super::group::{Group, Location, Resource, ResourceKind};
use super::plan::Move;
use super::rule;
use super::state::{Look, MemberHealth, Observed};
use crate::clock::Clock;
use crate::cloud::health::{ReadAlarms, ReadFiringAlarms, ReadLifecycleStates};
use crate::cloud::moves::DryRunCall;
use crate::cloud::{AddressFilter, CloudError, InstanceFilter, InterfaceFilter};
use crate::error::chain;
use crate::model::alarm::{Alarm, AlarmMetric, INSTANCE_DIMENSION};
use crate::model::auto_scaling::{GROUP_TAG, LifecycleState};
use crate::model::elastic_ip::Address;
use crate::model::ids::{AllocationId, EniId, InstanceId, InstanceType};
use crate::model::instance::{Instance, InstanceState};
use crate::ports::Ports;
use crate::retry::{Backoff, Limit, retry_transient};
use crate::settings::{Mode, Settings};
use futures_util::future::join_all;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The first pause after a look that EC2 did not answer; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(300);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How many attachments are asked for as a dry run at the most: EC2's limits count them as real ones.
const MAX_DRY_RUNS: usize = 4;

/// A look at EC2 and at the alarms of the cause. It is repeated while EC2 does not answer, as long as there is time
/// to do something with the answer.
pub(super) async fn look<C: AlarmFailoverCloud, L, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
) -> Result<Observed, CloudError> {
    let once = || look_once(ports, case.settings, case.cause);
    retry_transient(&ports.clock, backoff(case), once).await
}

/// A new look at one group, with how well its members are. `sources` says who is to lose what it holds.
pub(super) async fn look_at_group<C: AlarmFailoverCloud, L, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    name: &str,
    sources: impl FnOnce(&Group<'_>) -> BTreeSet<InstanceId>,
) -> Result<Look, CloudError> {
    let observed = look(ports, case).await?;
    let health = {
        let group = Group::named(name, &observed, case.settings, &[]);
        health(ports, case, &group, &sources(&group)).await?
    };
    Ok(Look { observed, health })
}

fn backoff(case: &Case<'_>) -> Backoff {
    Backoff {
        first: PAUSE,
        longest: LONGEST_PAUSE,
        limit: Limit::until(case.look_deadline()),
    }
}

async fn look_once<C: AlarmFailoverCloud, L, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    cause: &Cause,
) -> Result<Observed, CloudError> {
    let at = ports.clock.now();
    let cloud = &ports.cloud;
    let key = &settings.tags.group;
    let tagged = InstanceFilter::TagKey(key.clone());
    let floating = InterfaceFilter::TagKey(key.clone());
    let (instances, interfaces, addresses, alarms) = futures_util::join!(
        cloud.instances(&tagged),
        cloud.interfaces(&floating),
        cloud.addresses(&AddressFilter::All),
        alarms_of(cloud, Some(cause)),
    );
    let observed = Observed {
        at,
        instances: instances?,
        interfaces: interfaces?,
        addresses: addresses?,
        others: BTreeMap::new(),
        contributors: BTreeMap::new(),
        alarms: alarms?,
    };
    let observed = observed.with_contributors(cloud, cause).await?;
    observed.with_others(cloud, settings).await
}

/// A second look at what one move hangs on, all at the same time. It reads who has it, who is to get it, and the
/// address. It reads the alarms of the cause and of the members by their names, and for which instances one of many
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
    let names = alarms_of_the_move(cause, seen);
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

/// The alarms that a move hangs on: those of the cause, with all that their rules name, and those that name an instance
/// of a group or a holder.
fn alarms_of_the_move(cause: &Cause, seen: &Observed) -> Vec<String> {
    let names_one = |alarm: &Alarm| {
        let mut instances = alarm.metrics.iter().filter_map(AlarmMetric::instance);
        instances.any(|id| seen.state_of(&id).is_some())
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

/// A look at all groups, with the addresses that somebody has read already.
pub(super) async fn groups<C: AlarmFailoverCloud, L, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    addresses: Vec<Address>,
) -> Result<Observed, CloudError> {
    let at = ports.clock.now();
    let tagged = InstanceFilter::TagKey(settings.tags.group.clone());
    let floating = InterfaceFilter::TagKey(settings.tags.group.clone());
    let (instances, interfaces) = futures_util::join!(
        ports.cloud.instances(&tagged),
        ports.cloud.interfaces(&floating)
    );
    let mut observed = Observed {
        at,
        instances: instances?,
        interfaces: interfaces?,
        addresses,
        others: BTreeMap::new(),
        contributors: BTreeMap::new(),
        alarms: BTreeMap::new(),
    };
    // Where there are no members, nobody asks who has failed.
    if !observed.instances.is_empty() {
        observed.alarms = alarms_of(&ports.cloud, None).await?;
    }
    observed.with_others(&ports.cloud, settings).await
}

/// The alarms that fire, whomever they are about, and those of the cause whatever state they are in.
async fn alarms_of<C: ReadAlarms + ReadFiringAlarms>(
    cloud: &C,
    cause: Option<&Cause>,
) -> Result<BTreeMap<String, Alarm>, CloudError> {
    let of_alarms = cause.filter(|cause| cause.kind == CauseKind::Alarm);
    let own = of_alarms.map_or(&[][..], |cause| &cause.alarms);
    let (firing, of_cause) = futures_util::join!(cloud.firing(), cloud.alarms(own));
    let all = firing?.into_iter().chain(of_cause?);
    Ok(all.map(|alarm| (alarm.name.clone(), alarm)).collect())
}

impl Observed {
    /// With the holders that were not among the instances. A member whose tag was taken away, or never
    /// set, runs as well as any other, and is not to be taken for one that is gone.
    async fn with_others<C: AlarmFailoverCloud>(
        mut self,
        cloud: &C,
        settings: &Settings,
    ) -> Result<Self, CloudError> {
        let is_shown = |id: &InstanceId| self.instances.iter().any(|each| each.id == *id);
        let untagged_holders: BTreeSet<InstanceId> = self
            .holders(settings)
            .map(|(_, holder)| holder)
            .filter(|holder| !is_shown(holder))
            .cloned()
            .collect();
        if untagged_holders.is_empty() {
            return Ok(self);
        }
        let named = InstanceFilter::Ids(untagged_holders.into_iter().collect());
        let shown = cloud.instances(&named).await?;
        self.others = shown
            .into_iter()
            .map(|each| (each.id, each.state))
            .collect();
        Ok(self)
    }

    /// With the instances for which an alarm of the cause fires, where it watches many time series of which
    /// one has named an instance. The alarm may go on firing when that one is well again.
    async fn with_contributors<C: ReadAlarms>(
        mut self,
        cloud: &C,
        cause: &Cause,
    ) -> Result<Self, CloudError> {
        let own = cause.alarms.first().filter(|_| !cause.instances.is_empty());
        let alarm = own.and_then(|name| self.alarms.get(name));
        let Some(alarm) = alarm.filter(|alarm| alarm.fires() && alarm.may_have_contributors())
        else {
            return Ok(self);
        };
        let instances = contributing(cloud, &alarm.name).await?;
        // Where none of them is an instance, that is not how the cause came to name one.
        if !instances.is_empty() {
            self.contributors.insert(alarm.name.clone(), instances);
        }
        Ok(self)
    }
}

/// The instances for which an alarm on many time series fires.
async fn contributing<C: ReadAlarms>(
    cloud: &C,
    alarm: &str,
) -> Result<BTreeSet<InstanceId>, CloudError> {
    let firing = cloud.contributors(alarm).await?;
    let instances = firing
        .iter()
        .filter_map(|them| them.get(INSTANCE_DIMENSION)?.parse().ok());
    Ok(instances.collect())
}

/// How well the members of a group are, and which of them may not be given what the sources hold.
pub(super) async fn health<C: AlarmFailoverCloud, L, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    group: &Group<'_>,
    sources: &BTreeSet<InstanceId>,
) -> Result<MemberHealth, CloudError> {
    let once = || health_of(&ports.cloud, &group.members);
    let health = retry_transient(&ports.clock, backoff(case), once);
    let denied = denied(&ports.cloud, case.settings.mode, group, sources);
    let (health, denied) = futures_util::join!(health, denied);
    Ok(MemberHealth { denied, ..health? })
}

/// How well instances are, and what their types allow.
pub(super) async fn health_of<C: AlarmFailoverCloud>(
    cloud: &C,
    members: &[&Instance],
) -> Result<MemberHealth, CloudError> {
    let ids: Vec<InstanceId> = members.iter().map(|member| member.id.clone()).collect();
    let kinds: BTreeSet<InstanceType> = members
        .iter()
        .filter_map(|member| member.kind.clone())
        .collect();
    let kinds: Vec<InstanceType> = kinds.into_iter().collect();
    let (checks, limits, lifecycle) = futures_util::join!(
        cloud.checks(&ids),
        cloud.limits(&kinds),
        lifecycle_of(cloud, members)
    );
    let (lifecycle, lifecycle_not_told) = match lifecycle {
        Ok(lifecycle) => (lifecycle, None),
        Err(failure) => (BTreeMap::new(), Some(chain(&failure))),
    };
    Ok(MemberHealth {
        checks: checks?,
        limits: limits?,
        lifecycle,
        lifecycle_not_told,
        denied: BTreeMap::new(),
    })
}

/// Where Auto Scaling has the members that carry its tag and run. A failover waits for nothing else than its answer,
/// and moves without it: whoever is only warmed is no better than nobody, and no worse.
async fn lifecycle_of<C: ReadLifecycleStates>(
    cloud: &C,
    members: &[&Instance],
) -> Result<BTreeMap<InstanceId, LifecycleState>, CloudError> {
    let running = members
        .iter()
        .filter(|member| member.state == InstanceState::Running);
    let tagged = running.filter(|member| member.tags.contains_key(GROUP_TAG));
    let ids: Vec<InstanceId> = tagged.map(|member| member.id.clone()).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    cloud.lifecycle_states(&ids).await
}

/// Which interfaces of the sources which standbys may not be given. It is asked before an interface is detached that
/// nobody may attach. It is asked beside other reads, so it takes no time of its own.
async fn denied<C: AlarmFailoverCloud>(
    cloud: &C,
    mode: Mode,
    group: &Group<'_>,
    sources: &BTreeSet<InstanceId>,
) -> BTreeMap<(EniId, InstanceId), String> {
    let is_standby = |member: &&&Instance| {
        member.state == InstanceState::Running && !sources.contains(&member.id)
    };
    let held = |resource: &Resource<'_>| match (&resource.cargo, &resource.location) {
        (ResourceKind::Interface(interface), Location::Held(holder))
            if sources.contains(holder) =>
        {
            Some(interface.id.clone())
        }
        _ => None,
    };
    let standbys = group.members.iter().filter(is_standby);
    let pairs = standbys.flat_map(|member| {
        let held = group.resources.iter().filter_map(held);
        held.map(|eni| (eni, member.id.clone()))
    });
    let is_enforced = mode == Mode::Enforce;
    let asked = pairs.filter(|_| is_enforced).take(MAX_DRY_RUNS);
    let answers = join_all(asked.map(|(eni, instance)| async {
        let call = DryRunCall::Attach {
            eni: eni.clone(),
            instance: instance.clone(),
            device_index: 1,
        };
        match cloud.dry_run(&call).await {
            Err(denied @ CloudError::Denied(_)) => Some(((eni, instance), chain(&denied))),
            _ => None,
        }
    }));
    answers.await.into_iter().flatten().collect()
}
