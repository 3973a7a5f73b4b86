//! Giving the address back to its private IP. An association is believed when a read shows it.
//!
//! Races with whoever else wants the address or the private IP. EC2 arbitrates the first (`AllowReassociation=false`).
//! Whether it arbitrates the second nobody knows, so the private IP is read right before each call. The first call for
//! the former place needs no read of its own: the place was read by the call before.

use super::case::Case;
use super::cloud::ReleaseGuardCloud;
use super::restore::Target;
use super::retries;
use crate::clock::Clock;
use crate::cloud::{AddressFilter, CloudError};
use crate::groups::occupant;
use crate::model::elastic_ip::{Address, Association};
use crate::model::ids::AllocationId;
use crate::model::interface::InterfaceAssociation;
use crate::report::AssociationReport;
use crate::retry::{self, Limit, SHOWN_PAUSE};

/// How associating ended.
#[derive(Debug)]
pub(super) enum AssociateOutcome {
    /// It is where it was. The report says whether EC2 shows it.
    Associated(AssociationReport),
    /// EC2 does not do it.
    Refused(CloudError),
    /// Somebody associated the address with something else a moment before.
    Elsewhere(Association),
    /// The private IP has another Elastic IP by now, which stays.
    Occupied(InterfaceAssociation),
}

/// Associates, and reads until EC2 shows who has the address: an accepted call is not ownership.
pub(super) async fn associate<C: ReleaseGuardCloud, K: Clock>(
    (cloud, clock): (&C, &K),
    case: &Case<'_>,
    (allocation, is_new): (&AllocationId, bool),
    target: &Target,
) -> Result<AssociateOutcome, CloudError> {
    let mut is_read = target.just_read;
    let call = || {
        let is_read = std::mem::take(&mut is_read);
        let (eni, private_ip) = (&target.eni, target.private_ip);
        async move {
            if !is_read && let Some(other) = occupant(cloud, allocation, eni, private_ip).await? {
                return Ok(Err(other));
            }
            let accepted = cloud.associate(allocation, eni, private_ip).await;
            accepted.map(Ok)
        }
    };
    let accepted = match retries::send_on((clock, is_new), case, call).await {
        Ok(Ok(id)) => Ok(id),
        Ok(Err(other)) => return Ok(AssociateOutcome::Occupied(other)),
        Err(refusal @ CloudError::AlreadyAssociated(_)) => Err(refusal),
        Err(failure) if failure.is_transient() => return Err(failure),
        Err(failure) => return Ok(AssociateOutcome::Refused(failure)),
    };
    let report = |id, instance, verified| {
        AssociateOutcome::Associated(AssociationReport {
            id: Some(id),
            eni: target.eni.clone(),
            private_ip: target.private_ip,
            instance,
            verified,
        })
    };
    let Some(now) = shown_association((cloud, clock), case, allocation).await? else {
        // Refused, and EC2 does not show yet with what it is associated: a later delivery will see.
        return Ok(report(accepted?, None, false));
    };
    let place = (now.eni.as_ref(), now.private_ip);
    if place != (Some(&target.eni), Some(target.private_ip)) {
        return Ok(AssociateOutcome::Elsewhere(now));
    }
    Ok(report(now.id, now.instance, true))
}

/// The association that EC2 shows, with a little patience: answers lag behind writes. A read is sent again like any
/// other call, so an answer that fails in passing even then ends the wait.
async fn shown_association<C: ReleaseGuardCloud, K: Clock>(
    (cloud, clock): (&C, &K),
    case: &Case<'_>,
    allocation: &AllocationId,
) -> Result<Option<Association>, CloudError> {
    let which = AddressFilter::Allocations(vec![allocation.clone()]);
    let mut limit = Limit::to_be_shown(clock.now());
    limit.deadline = limit.deadline.or_earlier(case.end().at);
    let association = |shown: Vec<Address>| shown.into_iter().next()?.association;
    let read = || async {
        let read = retries::send(clock, case, || cloud.addresses(&which)).await;
        read.map(association).transpose()
    };
    retry::until(clock, limit, |_| SHOWN_PAUSE, read)
        .await
        .transpose()
}
