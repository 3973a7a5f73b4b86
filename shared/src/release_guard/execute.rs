//! The guard's effects, in their order, and what each leaves behind when the run ends right after it:
//!
//! 1. `AllocateAddress` with the tags: idempotent on the address (EC2 allocates it once); done already:
//!    the look finds our tag. Reply lost: the next request is refused and the look finds it.
//! 2. `AssociateAddress` without reassociation: idempotent on (allocation, private IP); done already:
//!    the current state shows it; reply lost: EC2 says `AlreadyAssociated` or agrees, and a read tells.
//! 3. `ModifyAddressAttribute`: idempotent on (allocation, name).
//! 4. The ledger's rows, each by compare-and-set, the release record last: as long as that one is
//!    missing, a further delivery goes through all of the above, and finds it done.
//!
//! The third is here; `reclaim` has the first, `associate` the second, `record` the last.

use super::associate::{AssociateOutcome, associate};
use super::case::Case;
use super::cloud::ReleaseGuardCloud;
use super::restore::{Restoration, Target};
use super::retries;
use crate::clock::Clock;
use crate::cloud::CloudError;
use crate::ledger::RestorationNote;
use crate::model::elastic_ip::Association;
use crate::model::ids::AllocationId;
use crate::model::interface::InterfaceAssociation;
use crate::report::{AssociationReport, Finding};

/// What became of the restoration.
#[derive(Debug, Default)]
pub(super) struct Restored {
    pub(super) association: Option<AssociationReport>,
    pub(super) reverse_dns: Option<String>,
    /// What could not be restored, as it was decided.
    pub(super) findings: Vec<Finding>,
    /// What EC2 did not let be restored.
    pub(super) failures: Vec<NotRestored>,
    /// A passing failure that keeps it from being complete.
    pub(super) unfinished: Option<CloudError>,
    /// What the release record is to say of it.
    pub(super) note: Option<RestorationNote>,
}

/// Something that was tried and is not restored.
#[derive(Debug)]
pub(super) enum NotRestored {
    Association(Target, CloudError),
    AssociatedElsewhere(Association),
    TargetOccupied(Target, InterfaceAssociation),
    ReverseDns(String, CloudError),
}

/// Carries out a restoration: the association and the name at the same time. `is_new`: this run allocated the address.
pub(super) async fn restore<C: ReleaseGuardCloud, K: Clock>(
    (cloud, clock): (&C, &K),
    case: &Case<'_>,
    (allocation, is_new): (&AllocationId, bool),
    restoration: Restoration,
) -> Restored {
    let mut restored = Restored {
        association: restoration.already_correct,
        findings: restoration.findings,
        note: Some(restoration.note),
        ..Restored::default()
    };
    let associating = async {
        let target = restoration.associate?;
        let end = associate((cloud, clock), case, (allocation, is_new), &target).await;
        Some((target, end))
    };
    let naming = async {
        let name = restoration.reverse_dns?;
        let call = || cloud.set_reverse_dns(allocation, &name);
        let end = retries::send_on((clock, is_new), case, call).await;
        Some((name, end))
    };
    let (associated, named) = futures_util::join!(associating, naming);
    if let Some((target, end)) = associated {
        match end {
            Ok(AssociateOutcome::Associated(report)) => restored.association = Some(report),
            Ok(AssociateOutcome::Refused(refusal)) => restored
                .failures
                .push(NotRestored::Association(target, refusal)),
            Ok(AssociateOutcome::Elsewhere(now)) => restored
                .failures
                .push(NotRestored::AssociatedElsewhere(now)),
            Ok(AssociateOutcome::Occupied(other)) => restored
                .failures
                .push(NotRestored::TargetOccupied(target, other)),
            Err(failure) => restored.unfinished = Some(failure),
        }
    }
    if let Some((name, end)) = named {
        match end {
            Ok(()) => restored.reverse_dns = Some(name),
            Err(failure) if failure.is_transient() => restored.unfinished = Some(failure),
            Err(refusal) => restored
                .failures
                .push(NotRestored::ReverseDns(name, refusal)),
        }
    }
    if let (Some(association), Some(note)) = (&restored.association, &mut restored.note) {
        note.made.clone_from(&association.id);
    }
    restored
}
