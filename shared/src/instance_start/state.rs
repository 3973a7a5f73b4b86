//! What is known of an account when it is decided who gets which address.

use super::plan::PlannedAssociation;
use crate::model::auto_scaling::{LifecycleState, Service};
use crate::model::elastic_ip::Address;
use crate::model::ids::{AllocationId, InstanceId};
use crate::model::instance::Instance;
use crate::model::interface::Interface;
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
    /// The interfaces that have a group tag: with them move the addresses on them.
    pub interfaces: Vec<Interface>,
    /// The instance that last had an address, as the ledger remembers.
    pub last_held: BTreeMap<AllocationId, InstanceId>,
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

    /// The same after steps that a look may not show yet. Where EC2 shows an address with somebody else
    /// meanwhile, that is believed.
    #[must_use]
    pub fn after<'a>(mut self, steps: impl IntoIterator<Item = &'a PlannedAssociation>) -> Self {
        for step in steps {
            let mut addresses = self.addresses.iter_mut();
            let address = addresses.find(|address| address.allocation == step.allocation);
            let Some(address) = address else { continue };
            let shown = address.association.as_ref();
            if shown.is_none_or(|association| step.is_before(association)) {
                address.association = step.association();
            }
        }
        self
    }
}
