//! What a run has done so far, and what that adds to a further look: EC2's answers lag behind its writes.

use super::execute::AssociateOutcome;
use super::plan::{BlockedPlacement, Kept, PlacementPlan, PlannedAssociation};
use super::state::Observed;
use crate::cloud::CloudError;
use crate::groups::group_of;
use crate::ledger::Pauses;
use crate::member_alarms::Gap;
use crate::model::auto_scaling::LifecycleState;
use crate::model::elastic_ip::Address;
use crate::model::ids::InstanceId;
use crate::model::pause::Pause;
use crate::report::AssociationReport;
use crate::settings::TagKeys;
use std::collections::BTreeMap;

/// What a run has done so far.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    /// What is where its step put it; in `observe` mode, what would be.
    pub(super) placed: Vec<(PlannedAssociation, AssociationReport)>,
    /// What EC2 refused, and why.
    pub(super) refusals: Vec<(PlannedAssociation, CloudError)>,
    /// What could be placed at the last look, if it were known on which interface.
    pub(super) blocked: Vec<BlockedPlacement>,
    /// What IAM or a policy forbids.
    pub(super) denied: Option<CloudError>,
    /// The last answer that was none.
    pub(super) unknown: Option<CloudError>,
    /// By group: why an alarm on one of its members may not be known.
    pub(super) gaps: BTreeMap<String, Gap>,
    /// Why Auto Scaling did not tell who is in service.
    pub(super) lifecycle_not_told: Option<CloudError>,
    /// The instances that Auto Scaling has in a state which is not known here.
    pub(super) unknown_states: BTreeMap<InstanceId, LifecycleState>,
    /// What stays with a holder that was stopped, though a running instance lacks an address: see [`decide::kept`].
    ///
    /// [`decide::kept`]: super::decide::kept
    pub(super) kept: Vec<Kept>,
    /// The groups that were paused at the last look.
    pub(super) pauses: Pauses,
    /// Why it is not known which groups are paused.
    pub(super) pauses_unread: Option<CloudError>,
    /// How many steps were tried.
    pub(super) calls: u32,
    /// How many looks were taken.
    pub(super) looks: u32,
}

/// How far the run for an instance that starts has come.
#[derive(Debug, Default)]
pub(super) struct StartProgress {
    pub(super) done: Attempts,
    /// Why nothing could be decided at the last look.
    pub(super) not_yet: Option<String>,
    /// Why the ledger could not be read.
    pub(super) unread: Option<CloudError>,
    /// How many times somebody was faster.
    pub(super) races_lost: u32,
}

/// How the run for an instance that starts ended.
#[derive(Debug)]
pub(super) enum StartEnd {
    /// It does not concern this installation, or it is over.
    Left { why: String },
    /// It has what it asks for.
    Placed(PlacementPlan),
    /// EC2 refuses to associate an address.
    NotPlaced(PlacementPlan),
    /// Every address that it may have is in use.
    NoFreeAddress(PlacementPlan),
    /// IAM or a policy forbids a call.
    Denied(CloudError),
    /// Its group is paused.
    Paused { group: String, pause: Pause },
}

impl Attempts {
    /// A ledger that does not answer keeps no instance from its address: then no group counts as paused, and a finding
    /// says so.
    pub(super) fn note_pauses(&mut self, read: Result<Pauses, CloudError>) {
        match read {
            Ok(pauses) => (self.pauses, self.pauses_unread) = (pauses, None),
            Err(failure) => self.pauses_unread = Some(failure),
        }
    }

    /// The same look without the addresses of groups that are paused: nobody gets one, and nobody loses one.
    pub(super) fn without_paused(&self, mut observed: Observed, keys: &TagKeys) -> Observed {
        let is_paused = |address: &Address| {
            let group = group_of(&address.tags, keys);
            group.is_some_and(|group| self.pauses.of_group(group).is_some())
        };
        observed.addresses.retain(|address| !is_paused(address));
        observed
    }

    /// A look, with what this run knows better. What it placed and EC2 has not shown there yet counts as there,
    /// unless EC2 shows it with somebody else. What EC2 has shown there, and shows no more, was taken away.
    pub(super) fn on(&mut self, observed: Observed) -> Observed {
        self.unknown = None;
        self.placed.retain_mut(|(step, at)| {
            let mut addresses = observed.addresses.iter();
            let address = addresses.find(|address| address.allocation == step.allocation);
            match address.and_then(|address| address.association.as_ref()) {
                Some(association) if step.is_at(association) => {
                    at.verified = true;
                    true
                }
                Some(association) if !step.is_before(association) => false,
                _ => !at.verified,
            }
        });
        Observed {
            refused: self.refusals.iter().map(|(step, _)| step.pair()).collect(),
            ..observed.after(self.placed.iter().map(|(step, _)| step))
        }
    }

    /// Takes note of what Auto Scaling said, or why it said nothing. Where it was not asked, what is known stays so.
    pub(super) fn note_told_states(&mut self, observed: &Observed, not_told: Option<CloudError>) {
        if observed.told_states.is_empty() && not_told.is_none() {
            return;
        }
        let unknown = observed.unknown_states();
        self.unknown_states = unknown
            .map(|(id, state)| (id.clone(), state.clone()))
            .collect();
        self.lifecycle_not_told = not_told;
    }

    /// Takes note of how steps ended.
    pub(super) fn note(&mut self, steps: &[PlannedAssociation], ends: Vec<AssociateOutcome>) {
        for (step, end) in steps.iter().cloned().zip(ends) {
            self.calls += 1;
            match end {
                AssociateOutcome::Placed(association) => self.placed.push((step, association)),
                AssociateOutcome::Superseded => {}
                AssociateOutcome::Unknown(failure) => self.unknown = Some(failure),
                AssociateOutcome::Denied(failure) => self.denied = Some(failure),
                AssociateOutcome::Refused(failure) => self.refusals.push((step, failure)),
            }
        }
    }
}
