//! What is known of an account when it is decided who gets which address.

use super::plan::PlannedAssociation;
use crate::groups::{Everything, Part, parts};
use crate::model::auto_scaling::{LifecycleState, Service};
use crate::model::elastic_ip::Address;
use crate::model::former_target::LastTarget;
use crate::model::ids::{AllocationId, InstanceId};
use crate::model::instance::Instance;
use crate::model::interface::Interface;
use crate::settings::TagKeys;
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;

/// What is known of all groups.
#[derive(Debug, Clone)]
pub struct Observed {
    /// When it was asked for: what is true of EC2 is true of this moment at the latest.
    pub at: OffsetDateTime,
    /// The addresses that have a group tag.
    pub addresses: Vec<Address>,
    /// The instances that have a group tag.
    pub instances: Vec<Instance>,
    /// The interfaces that have a group tag, with which the addresses on them move, or the tag of those that take
    /// addresses.
    pub interfaces: Vec<Interface>,
    /// The instance that last had an address, as the ledger remembers.
    pub last_held: BTreeMap<AllocationId, InstanceId>,
    /// Where addresses were last, as the ledger remembers.
    pub last_targets: BTreeMap<AllocationId, LastTarget>,
    /// The instances for which an alarm fires: read where an address goes from one instance to another.
    pub alarming: BTreeSet<InstanceId>,
    /// Where Auto Scaling has the instances of which it was asked. One of its instances that it does not know any
    /// more is left out: it stands alone.
    pub told_states: BTreeMap<InstanceId, ToldState>,
    /// What EC2 has refused in this run: this address to that instance.
    pub refused: BTreeSet<(AllocationId, InstanceId)>,
}

/// What Auto Scaling said of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToldState {
    /// Its lifecycle state.
    Told(LifecycleState),
    /// Nothing: the call was refused, or not answered.
    NotTold,
}

impl Observed {
    /// Whether an instance serves, as far as Auto Scaling has to do with it.
    #[must_use]
    pub fn service_of(&self, id: &InstanceId) -> Service {
        match self.told_states.get(id) {
            None => Service::In,
            Some(ToldState::Told(state)) => state.service(),
            Some(ToldState::NotTold) => Service::Unknown,
        }
    }

    /// The instances that Auto Scaling has in a state which is not known here.
    pub(super) fn unknown_states(&self) -> impl Iterator<Item = (&InstanceId, &LifecycleState)> {
        self.told_states.iter().filter_map(|(id, told)| match told {
            ToldState::Told(state) if state.service() == Service::Unknown => Some((id, state)),
            _ => None,
        })
    }

    /// What EC2 shows of the groups.
    pub(super) fn everything(&self) -> Everything<'_> {
        Everything {
            instances: &self.instances,
            interfaces: &self.interfaces,
            addresses: &self.addresses,
        }
    }

    /// What concerns each group, as a look of its own.
    pub(super) fn parts(&self, keys: &TagKeys) -> impl Iterator<Item = (&str, Self)> {
        let was_on = move |address: &Address| {
            let last = self.last_targets.get(&address.allocation)?;
            last.eni.as_ref()
        };
        let mut refused: BTreeMap<&AllocationId, Vec<&InstanceId>> = BTreeMap::new();
        for (allocation, instance) in &self.refused {
            refused.entry(allocation).or_default().push(instance);
        }
        let parts = parts(self.everything(), keys, was_on);
        parts.map(move |(group, part)| (group, self.part(part, &refused)))
    }

    fn part(&self, part: Part, refused: &BTreeMap<&AllocationId, Vec<&InstanceId>>) -> Self {
        let Part {
            instances,
            interfaces,
            addresses,
        } = part;
        let ids = || instances.iter().map(|each| each.id.clone());
        let allocations = || addresses.iter().map(|each| each.allocation.clone());
        let refused = allocations().flat_map(|allocation| {
            let whom = refused.get(&allocation).into_iter().flatten();
            let whom: Vec<InstanceId> = whom.map(|id| (*id).clone()).collect();
            whom.into_iter().map(move |id| (allocation.clone(), id))
        });
        Self {
            at: self.at,
            last_held: with_keys(&self.last_held, allocations()),
            last_targets: with_keys(&self.last_targets, allocations()),
            alarming: ids().filter(|id| self.alarming.contains(id)).collect(),
            told_states: with_keys(&self.told_states, ids()),
            refused: refused.collect(),
            instances,
            interfaces,
            addresses,
        }
    }

    /// The same after steps that a look may not show yet. Where EC2 shows an address with somebody else
    /// meanwhile, that is believed.
    #[must_use]
    pub fn after<'a>(mut self, steps: impl IntoIterator<Item = &'a PlannedAssociation>) -> Self {
        let addresses = self.addresses.iter_mut();
        let addresses = addresses.map(|address| (address.allocation.clone(), address));
        let mut addresses: BTreeMap<AllocationId, &mut Address> = addresses.collect();
        for step in steps {
            let Some(address) = addresses.get_mut(&step.allocation) else {
                continue;
            };
            let shown = address.association.as_ref();
            if shown.is_none_or(|association| step.is_before(association)) {
                address.association = step.association();
            }
        }
        self
    }
}

fn with_keys<K: Ord, V: Clone>(
    of: &BTreeMap<K, V>,
    keys: impl Iterator<Item = K>,
) -> BTreeMap<K, V> {
    let found = keys.filter_map(|key| {
        let value = of.get(&key)?.clone();
        Some((key, value))
    });
    found.collect()
}
