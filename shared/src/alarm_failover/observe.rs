//! What is read before anything is decided. First everything that does not depend on anything else, at the
//! same time: instances, interfaces, addresses, the alarms that fire, and those of the cause again. Then, only where it is needed: an
//! instance that has something and was not among them, by its id; for which instances an alarm on many of them
//! fires. Then, beside the lease, how well the members
//! are and what their types allow. Nothing here changes anything.

use super::AlarmFailoverCloud;
use super::assessment::{Cause, CauseKind};
use super::decide::Move;
use super::route::MoveAction;
use crate::clock::Clock;
use crate::cloud::health::{ReadAlarms, ReadFiringAlarms};
use crate::cloud::{AddressFilter, CloudError, InstanceFilter, InterfaceFilter};
use crate::groups::{group_of, holder};
use crate::model::alarm::Alarm;
use crate::model::alarm::{AlarmMetric, INSTANCE_DIMENSION};
use crate::model::elastic_ip::Address;
use crate::model::ids::{AllocationId, EniId, InstanceId, InstanceType};
use crate::model::instance::{Instance, InstanceState, InstanceTypeLimits, StatusChecks};
use crate::model::interface::Interface;
use crate::ports::Ports;
use crate::settings::Settings;
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;

/// What is known of all groups.
#[derive(Debug, Clone)]
pub struct Observed {
    /// When it was asked for: what is true of EC2 is true of this moment at the latest.
    pub at: OffsetDateTime,
    /// The instances that have a group tag.
    pub instances: Vec<Instance>,
    /// The interfaces that have a group tag.
    pub interfaces: Vec<Interface>,
    /// All addresses of the account in this region.
    pub addresses: Vec<Address>,
    /// Who has something of a group and is not among the instances, asked for by id. One that EC2 does
    /// not know here may be another account's.
    pub others: BTreeMap<InstanceId, InstanceState>,
    /// The alarms that the cause names, and all that fire, by name.
    pub alarms: BTreeMap<String, Alarm>,
    /// Of an alarm of the cause that watches many instances: those for which it fires.
    pub contributors: BTreeMap<String, BTreeSet<InstanceId>>,
}

impl Observed {
    /// The state in which EC2 shows an instance, whatever tags it has.
    #[must_use]
    pub fn state_of(&self, id: &InstanceId) -> Option<InstanceState> {
        let mut instances = self.instances.iter();
        match instances.find(|each| each.id == *id) {
            Some(instance) => Some(instance.state),
            None => self.others.get(id).copied(),
        }
    }

    /// An alarm that fires for an instance, if one does. Its state alone counts: an alarm whose actions
    /// are suppressed, or switched off, tells how the instance is like any other.
    #[must_use]
    pub fn firing_for(&self, id: &InstanceId) -> Option<&str> {
        let mut of_many = self.contributors.iter();
        if let Some((alarm, _)) = of_many.find(|(_, instances)| instances.contains(id)) {
            return Some(alarm);
        }
        let is_on_it = |measure: &AlarmMetric| measure.instance().as_ref() == Some(id);
        let mut firing = self.alarms.values().filter(|alarm| alarm.fires());
        let alarm = firing.find(|alarm| alarm.metrics.iter().any(is_on_it))?;
        Some(&alarm.name)
    }

    /// Who has something of the groups, each with the group of what it has.
    fn holders<'a>(
        &'a self,
        settings: &'a Settings,
    ) -> impl Iterator<Item = (&'a str, &'a InstanceId)> {
        let interfaces = self
            .interfaces
            .iter()
            .filter_map(|each| Some((&each.tags, each.instance()?)));
        let addresses = self
            .addresses
            .iter()
            .filter_map(|each| Some((&each.tags, holder(each)?)));
        let held = interfaces.chain(addresses);
        held.filter_map(|(tags, holder)| Some((group_of(tags, &settings.tags)?, holder)))
    }

    /// Who has something of a group, member or not.
    pub(super) fn holders_in<'a>(
        &'a self,
        group: &'a str,
        settings: &'a Settings,
    ) -> impl Iterator<Item = &'a InstanceId> {
        let all = self.holders(settings);
        all.filter(move |(name, _)| *name == group)
            .map(|(_, holder)| holder)
    }

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
}

/// How well the members of a group are, and what they can take.
#[derive(Debug, Clone, Default)]
pub struct MemberHealth {
    /// EC2's own checks.
    pub checks: BTreeMap<InstanceId, StatusChecks>,
    /// What their types allow.
    pub limits: BTreeMap<InstanceType, InstanceTypeLimits>,
    /// Who may not be given which interface, with EC2's answer to a rehearsal.
    pub denied: BTreeMap<(EniId, InstanceId), String>,
}

/// A look at EC2 and at the alarms of the cause.
pub(super) async fn look<C: AlarmFailoverCloud, L, K: Clock>(
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

/// A second look at what one move hangs on, all at the same time. It reads who has it, who is to
/// get it, the address, the alarms, and for which instances one of many fires. The rest is as it was seen.
pub(super) async fn refresh<C: AlarmFailoverCloud, L, K: Clock>(
    ports: &Ports<C, L, K>,
    cause: &Cause,
    seen: &Observed,
    one: &Move,
) -> Result<Observed, CloudError> {
    let at = ports.clock.now();
    let cloud = &ports.cloud;
    let members: Vec<InstanceId> = one.from.iter().chain([&one.to]).cloned().collect();
    let allocations = match &one.action {
        MoveAction::Address { allocation, .. } => vec![allocation.clone()],
        MoveAction::Interface { .. } | MoveAction::PrivateIps { .. } => Vec::new(),
    };
    let which = InstanceFilter::Ids(members.clone());
    let of_many = seen.contributors.keys().next();
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
        alarms_of(cloud, Some(cause)),
        async {
            match of_many {
                Some(alarm) => contributing(cloud, alarm).await,
                None => Ok(BTreeSet::new()),
            }
        },
    );
    let (mut instances, mut addresses, contributing) = (instances?, addresses?, contributing?);
    let mut now = Observed {
        at,
        alarms: alarms?,
        ..seen.clone()
    };
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
    // Where there are no members, nobody asks who is sick.
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

/// How well members are.
pub(super) async fn health<C: AlarmFailoverCloud>(
    cloud: &C,
    members: &[&Instance],
) -> Result<MemberHealth, CloudError> {
    let ids: Vec<InstanceId> = members.iter().map(|member| member.id.clone()).collect();
    let kinds: BTreeSet<InstanceType> = members
        .iter()
        .filter_map(|member| member.kind.clone())
        .collect();
    let kinds: Vec<InstanceType> = kinds.into_iter().collect();
    let (checks, limits) = futures_util::join!(cloud.checks(&ids), cloud.limits(&kinds));
    Ok(MemberHealth {
        checks: checks?,
        limits: limits?,
        denied: BTreeMap::new(),
    })
}
