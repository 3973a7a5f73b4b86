//! What can be seen of an account by whoever looks at everything: addresses, instances, interfaces, and who
//! is not well.

use ec2_sim::World;
use ec2_sim::alarms::AlarmState;
use ec2_sim::api::{
    Address, Caller, DescribeAddresses, DescribeInstanceStatus, DescribeInstances,
    DescribeNetworkInterfaces, Instance, InstanceState, NetworkInterface, Request, Response, Tag,
};
use ec2_sim::auto_scaling::DescribeAutoScalingInstances;
use ec2_sim::world::ACCOUNT;
use std::collections::{BTreeMap, BTreeSet};

/// The account as it is, without read lag and without a trace.
#[derive(Debug, Clone, Default)]
pub struct AccountView {
    /// Its addresses, by allocation.
    pub addresses: Addresses,
    /// Its instances, by id.
    pub instances: BTreeMap<String, Instance>,
    /// Its interfaces, by id.
    pub interfaces: BTreeMap<String, NetworkInterface>,
    /// The instances that are not well: their status checks fail, or an alarm on them fires. And those that Auto Scaling
    /// is ending, or has put to sleep.
    pub may_lose: BTreeSet<String>,
    /// The associations that Holdfast made in the wrong place, by what its ledger knows now.
    pub misplaced: BTreeSet<String>,
}

impl AccountView {
    /// Looks at a world.
    #[must_use]
    pub fn of(world: &World) -> Self {
        let auditor = Caller::user(ACCOUNT, "auditor");
        let request = Request::DescribeInstances(DescribeInstances::default());
        let reservations = match world.inspect(&auditor, &request) {
            Ok(Response::DescribeInstances { reservations, .. }) => reservations,
            _ => Vec::new(),
        };
        Self {
            addresses: addresses(world),
            instances: reservations
                .into_iter()
                .flat_map(|reservation| reservation.instances)
                .map(|instance| (instance.instance_id.clone(), instance))
                .collect(),
            interfaces: interfaces(world, &auditor),
            may_lose: may_lose(world, &auditor),
            misplaced: BTreeSet::new(),
        }
    }

    pub(super) fn holder(&self, address: &Address) -> Option<&Instance> {
        let association = address.association.as_ref()?;
        self.instances.get(association.instance_id.as_ref()?)
    }

    /// Whether an address may be taken from whoever has it: an instance that does not run, or is not well, or one that
    /// has it by mistake.
    pub(super) fn may_lose(&self, address: &Address) -> bool {
        self.is_misplaced(address)
            || self
                .holder(address)
                .is_some_and(|instance| self.has_failed(&instance.instance_id))
    }

    /// Whether Holdfast itself has put it there by mistake.
    pub(super) fn is_misplaced(&self, address: &Address) -> bool {
        let association = address.association.as_ref();
        association.is_some_and(|it| self.misplaced.contains(&it.association_id))
    }

    /// Whether the instance that has an address runs.
    pub(super) fn runs(&self, address: &Address) -> bool {
        let is_up = |state| matches!(state, InstanceState::Pending | InstanceState::Running);
        self.holder(address)
            .is_some_and(|holder| is_up(holder.state))
    }

    /// Whether an instance does not run, or is not well.
    pub(super) fn has_failed(&self, instance: &str) -> bool {
        let is_up = |state| matches!(state, InstanceState::Pending | InstanceState::Running);
        let state = self.instances.get(instance).map(|instance| instance.state);
        !state.is_some_and(is_up) || self.may_lose.contains(instance)
    }

    /// The group of an instance.
    pub(super) fn group_of(&self, instance: &str) -> Option<&str> {
        let instance = self.instances.get(instance)?;
        value_of(&instance.tags, "holdfast:group")
    }

    /// Taken back by Holdfast; or of a group, and free or with an instance of that group.
    pub(super) fn is_ours(&self, address: &Address) -> bool {
        let group = value_of(&address.tags, "holdfast:group");
        let stays_in_its_group = match (&address.association, self.holder(address)) {
            (None, _) => true,
            (Some(_), Some(holder)) => value_of(&holder.tags, "holdfast:group") == group,
            (Some(_), None) => false,
        };
        let is_of_a_group = group.is_some() && address.service_managed.is_none();
        value_of(&address.tags, "holdfast:reclaimed-from").is_some()
            || (is_of_a_group && stays_in_its_group)
    }
}

pub(super) fn value_of<'a>(tags: &'a [Tag], key: &str) -> Option<&'a str> {
    tags.iter()
        .find(|tag| tag.key == key)
        .map(|tag| tag.value.as_str())
}

/// Addresses by allocation.
pub type Addresses = BTreeMap<String, Address>;

/// The account's addresses as they are, without read lag and without a trace.
#[must_use]
pub fn addresses(world: &World) -> Addresses {
    let auditor = Caller::user(ACCOUNT, "auditor");
    let request = Request::DescribeAddresses(DescribeAddresses::default());
    let by_id = |address: Address| (address.allocation_id.clone(), address);
    match world.inspect(&auditor, &request) {
        Ok(Response::DescribeAddresses(addresses)) => addresses.into_iter().map(by_id).collect(),
        _ => Addresses::new(),
    }
}

fn interfaces(world: &World, auditor: &Caller) -> BTreeMap<String, NetworkInterface> {
    let request = Request::DescribeNetworkInterfaces(DescribeNetworkInterfaces::default());
    let by_id = |each: NetworkInterface| (each.network_interface_id.clone(), each);
    match world.inspect(auditor, &request) {
        Ok(Response::DescribeNetworkInterfaces { interfaces, .. }) => {
            interfaces.into_iter().map(by_id).collect()
        }
        _ => BTreeMap::new(),
    }
}

fn may_lose(world: &World, auditor: &Caller) -> BTreeSet<String> {
    let request = Request::DescribeInstanceStatus(DescribeInstanceStatus::default());
    let statuses = match world.inspect(auditor, &request) {
        Ok(Response::DescribeInstanceStatus { statuses, .. }) => statuses,
        _ => Vec::new(),
    };
    let is_impaired = |word: &str| word == "impaired";
    let impaired = statuses
        .into_iter()
        .filter(|each| is_impaired(&each.instance_status) || is_impaired(&each.system_status))
        .map(|each| each.instance_id);
    let firing = world
        .alarms()
        .filter(|alarm| alarm.state == AlarmState::Alarm);
    let measured = firing
        .flat_map(ec2_sim::alarms::Alarm::metrics)
        .filter_map(|metric| metric.dimensions.get("InstanceId").cloned());
    let contributing = world.alarms().flat_map(|alarm| &alarm.contributors);
    let contributing = contributing
        .filter(|(_, state)| **state == AlarmState::Alarm)
        .filter_map(|(attributes, _)| attributes.get("InstanceId").cloned());
    let asked = DescribeAutoScalingInstances::default();
    let scaled = world.describe_auto_scaling_instances(auditor, &asked);
    let (scaled, _) = scaled.unwrap_or_default();
    let leaving = scaled.into_iter().filter(|it| {
        let state = it.lifecycle_state.split(':').next();
        matches!(state, Some("Terminating" | "Warmed"))
    });
    let leaving = leaving.map(|it| it.instance_id);
    let unwell = impaired.chain(measured).chain(contributing);
    unwell.chain(leaving).collect()
}
