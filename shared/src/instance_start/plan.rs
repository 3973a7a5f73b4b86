//! Which address goes to which instance, and why.

use crate::groups::Target;
use crate::model::elastic_ip::Association;
use crate::model::ids::{AllocationId, AssociationId, InstanceId};
use crate::model::instance::InstanceState;
use crate::report::{AssociationReport, PlacementReason};
use std::net::Ipv4Addr;

/// What to do for an instance that is said to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Nothing: it does not concern this installation, or it is over.
    Leave {
        /// Why.
        why: String,
    },
    /// EC2 does not show it running yet, though an event says so: look again.
    NotYet {
        /// What it shows.
        why: String,
    },
    /// See to its addresses.
    Target(PlacementPlan),
}

/// How an instance stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlacementPlan {
    /// Its group.
    pub group: String,
    /// The group's addresses that it has.
    pub already_correct: Vec<PlannedAssociation>,
    /// What can be done now.
    pub steps: Vec<PlannedAssociation>,
    /// How many addresses it lacks for which there is a private IP, and no step.
    pub lacking: usize,
    /// How many addresses it asks for beyond its private IPs.
    pub unplaceable: usize,
}

/// One address to be associated, or that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedAssociation {
    /// The allocation.
    pub allocation: AllocationId,
    /// The address.
    pub ip: Ipv4Addr,
    /// The instance that gets it.
    pub instance: InstanceId,
    /// The private IP that gets it.
    pub target: Target,
    /// Why this one.
    pub reason: PlacementReason,
    /// Whose it still is, and the association that has to end first.
    pub from: Option<PreviousHolder>,
}

/// The association of an address to an instance that does not run any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousHolder {
    /// The association as it was read: ending it by this id does nothing if it is another by now.
    pub association: AssociationId,
    /// The instance.
    pub instance: InstanceId,
    /// The state in which it was seen.
    pub state: InstanceState,
}

/// An address that stays with a holder which was stopped, though a running instance could have it and has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The allocation.
    pub allocation: AllocationId,
    /// The address.
    pub ip: Ipv4Addr,
    /// The instance that has it.
    pub holder: InstanceId,
    /// The instance that runs without one.
    pub waiting: InstanceId,
}

impl PlannedAssociation {
    /// Where the address is once it is taken, or would be; EC2 has not shown it there yet.
    pub(super) fn at(&self, id: Option<AssociationId>) -> AssociationReport {
        AssociationReport {
            id,
            eni: self.target.eni.clone(),
            private_ip: self.target.private_ip,
            instance: Some(self.instance.clone()),
            verified: false,
        }
    }

    /// Whether an association is the one that this step makes.
    pub(super) fn is_at(&self, association: &Association) -> bool {
        association.eni.as_ref() == Some(&self.target.eni)
            && association.private_ip == Some(self.target.private_ip)
    }

    /// Whether an association is the one that this step ends: an answer that lags, from before it.
    pub(super) fn is_before(&self, association: &Association) -> bool {
        let ended = self.from.as_ref().map(|hold| &hold.association);
        ended == Some(&association.id)
    }

    /// The address, and who is to get it.
    pub(super) fn pair(&self) -> (AllocationId, InstanceId) {
        (self.allocation.clone(), self.instance.clone())
    }

    /// The association that it makes, under a name of its own until EC2 shows the real one: what a running instance
    /// has is never let go by its name.
    pub(super) fn association(&self) -> Option<Association> {
        let number = self.allocation.as_str().trim_start_matches("eipalloc-");
        Some(Association {
            id: format!("eipassoc-{number}").parse().ok()?,
            eni: Some(self.target.eni.clone()),
            private_ip: Some(self.target.private_ip),
            instance: Some(self.instance.clone()),
        })
    }
}
