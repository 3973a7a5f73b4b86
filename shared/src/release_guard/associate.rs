//! Giving the address back to its private IP, and waiting where EC2 needs a moment. Calls that fail in
//! passing are sent again, and an association is believed when a read shows it.
//!
//! Races with whoever else wants the address or the private IP; EC2 arbitrates the first
//! (`AllowReassociation=false`), nobody the second, which is why it was read just before.

use super::ReleaseGuardCloud;
use super::execute::Run;
use super::messages;
use super::reclaim::last_moment;
use super::restore::Target;
use crate::clock::Clock;
use crate::cloud::{AddressFilter, CloudError, Missing};
use crate::ledger::Ledger;
use crate::model::elastic_ip::Association;
use crate::model::ids::AllocationId;
use crate::report::{AssociationReport, Finding};
use std::time::Duration;

/// The pause before a call that failed in passing is sent again.
const PAUSE: Duration = Duration::from_millis(300);

/// How often EC2 is asked to show an association that it has accepted.
const MAX_READS: usize = 3;

impl<C: ReleaseGuardCloud, L: Ledger, K: Clock> Run<'_, C, L, K> {
    /// Associates, and reads until EC2 shows who has the address: an accepted call is not ownership.
    pub(super) async fn associate(
        &self,
        allocation: &AllocationId,
        target: &Target,
    ) -> Result<Result<AssociationReport, Finding>, CloudError> {
        let cloud = &self.ports.cloud;
        let answer = self
            .retry_transient(|| cloud.associate(allocation, &target.eni, target.private_ip))
            .await;
        let accepted = match answer {
            Ok(id) => Ok(id),
            Err(refusal @ CloudError::AlreadyAssociated(_)) => Err(refusal),
            Err(failure) if failure.is_transient() => return Err(failure),
            Err(failure) => return Ok(Err(messages::not_associated(allocation, target, &failure))),
        };
        let report = |id, instance, verified| AssociationReport {
            id: Some(id),
            eni: target.eni.clone(),
            private_ip: target.private_ip,
            instance,
            verified,
        };
        let Some(now) = self.shown_association(allocation).await? else {
            // Refused, and EC2 does not show yet with what it is associated: a later delivery will see.
            return Ok(Ok(report(accepted?, None, false)));
        };
        let place = (now.eni.as_ref(), now.private_ip);
        if place != (Some(&target.eni), Some(target.private_ip)) {
            return Ok(Err(messages::associated_elsewhere(allocation, &now)));
        }
        Ok(Ok(report(now.id, now.instance, true)))
    }

    /// The association that EC2 shows, with a little patience: answers lag behind writes.
    async fn shown_association(
        &self,
        allocation: &AllocationId,
    ) -> Result<Option<Association>, CloudError> {
        let which = AddressFilter::Allocations(vec![allocation.clone()]);
        let mut reads = 0;
        loop {
            let shown = self
                .retry_transient(|| self.ports.cloud.addresses(&which))
                .await?;
            let association = shown
                .into_iter()
                .next()
                .and_then(|address| address.association);
            reads += 1;
            if association.is_some() || reads == MAX_READS {
                return Ok(association);
            }
            self.ports.clock.sleep(PAUSE).await;
        }
    }

    /// Sends a call again while it fails in passing and there is time. An allocation that EC2 does not
    /// know right after giving it is such a failure too.
    pub(super) async fn retry_transient<T, F: Future<Output = Result<T, CloudError>>>(
        &self,
        call: impl Fn() -> F,
    ) -> Result<T, CloudError> {
        let until =
            last_moment(self.delivery).min(self.ports.clock.now() + self.settings.retry_for);
        loop {
            let failure = match call().await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let not_yet = matches!(
                failure,
                CloudError::NotFound {
                    what: Missing::Allocation,
                    ..
                }
            );
            let too_late = self.ports.clock.now() + PAUSE > until;
            if too_late || !(failure.is_transient() || not_yet) {
                return Err(failure);
            }
            self.ports.clock.sleep(PAUSE).await;
        }
    }
}
