//! Placement's effects, and what each leaves behind when the run ends right after it:
//!
//! 1. `DisassociateAddress` by the association id that was read, only where an instance that does not
//!    run any more has the address. Idempotent on that id; done already: EC2 says nothing; reply lost:
//!    the next look shows a free address. A run that ends here leaves the address free in its group,
//!    for a further delivery, for the next instance that starts, and for reconcile.
//! 2. A read of the private IP that is to get the address. Another Elastic IP there stays, and the run looks again.
//! 3. `AssociateAddress` without reassociation: idempotent on (allocation, private IP); done already: the
//!    look shows it; reply lost: the next look tells; somebody was faster: EC2 refuses.
//! 4. A read of the address, until EC2 shows who has it: an accepted call is not ownership.
//!
//! What is not arbitrated by EC2, and how small it is kept. The stopped holder may be started again
//! between the look and step 1, which leaves its association id as it is. Starting takes seconds, so
//! step 1 is not taken on a look that is older than [`FRESH`]. In a large account every look at everything is. Then
//! the address and the holder alone are read again before. Somebody may associate another address with the private IP
//! between the second step's answer and the third: nothing but EC2 could refuse that.

use super::cloud::InstanceStartCloud;
use super::plan::{PlannedAssociation, PreviousHolder};
use crate::clock::Clock;
use crate::cloud::{AddressFilter, Class, CloudError, InstanceFilter, Missing};
use crate::groups::occupant;
use crate::model::ids::AssociationId;
use crate::report::AssociationReport;
use crate::retry::{Limit, SHOWN_PAUSE, until_shown};
use crate::settings::Mode;
use futures_util::future::join_all;
use time::OffsetDateTime;

/// How old a look may be for an address to be taken from an instance that it shows as not running.
pub(super) const FRESH: time::Duration = time::Duration::seconds(2);

/// How a step ended.
#[derive(Debug)]
pub(super) enum AssociateOutcome {
    /// The address is where it was to go.
    Placed(AssociationReport),
    /// Somebody else has it, or it is gone, or the look was too old: look again.
    Superseded,
    /// EC2 did not answer in a way that tells: look again.
    Unknown(CloudError),
    /// EC2 does not let this instance have this address.
    Refused(CloudError),
    /// IAM or a policy forbids the call.
    Denied(CloudError),
}

/// Takes all steps, at the same time. In `observe` mode it takes none, and each ends as if EC2 had taken it.
pub(super) async fn take<C: InstanceStartCloud, K: Clock>(
    (cloud, clock): (&C, &K),
    mode: Mode,
    observed_at: OffsetDateTime,
    steps: &[PlannedAssociation],
) -> Vec<AssociateOutcome> {
    if mode == Mode::Observe {
        return steps
            .iter()
            .map(|step| AssociateOutcome::Placed(step.at(None)))
            .collect();
    }
    let each = |step| take_one((cloud, clock), observed_at, step);
    join_all(steps.iter().map(each)).await
}

async fn take_one<C: InstanceStartCloud, K: Clock>(
    (cloud, clock): (&C, &K),
    observed_at: OffsetDateTime,
    step: &PlannedAssociation,
) -> AssociateOutcome {
    if let Some(hold) = &step.from {
        if clock.now() - observed_at > FRESH {
            match is_still_held((cloud, clock), step, hold).await {
                Ok(true) => {}
                Ok(false) => return AssociateOutcome::Superseded,
                Err(failure) => return refused(failure),
            }
        }
        let ended = cloud.disassociate(&hold.association).await;
        if let Err(failure) = ended
            && !failure.is_missing(Missing::Association)
        {
            return refused(failure);
        }
    }
    let target = &step.target;
    match occupant(cloud, &step.allocation, &target.eni, target.private_ip).await {
        Ok(None) => {}
        Ok(Some(_)) => return AssociateOutcome::Superseded,
        Err(failure) => return refused(failure),
    }
    let accepted = cloud
        .associate(&step.allocation, &target.eni, target.private_ip)
        .await;
    match accepted {
        Ok(id) => verified((cloud, clock), step, id).await,
        Err(failure) => refused(failure),
    }
}

/// Whether the address still has the association that was read, with a holder that EC2 shows as not running. Both
/// are read by their ids, at the same time.
async fn is_still_held<C: InstanceStartCloud, K: Clock>(
    (cloud, clock): (&C, &K),
    step: &PlannedAssociation,
    hold: &PreviousHolder,
) -> Result<bool, CloudError> {
    let asked_at = clock.now();
    let address = AddressFilter::Allocations(vec![step.allocation.clone()]);
    let holder = InstanceFilter::Ids(vec![hold.instance.clone()]);
    let (addresses, holders) =
        futures_util::join!(cloud.addresses(&address), cloud.instances(&holder));
    let association = addresses?.into_iter().next().and_then(|it| it.association);
    let is_same = association.is_some_and(|it| it.id == hold.association);
    let is_down = holders?.first().is_some_and(|it| it.state.is_down());
    Ok(is_same && is_down && clock.now() - asked_at <= FRESH)
}

/// Reads until EC2 shows who has the address. An answer from before the step shows nothing yet.
async fn verified<C: InstanceStartCloud, K: Clock>(
    (cloud, clock): (&C, &K),
    step: &PlannedAssociation,
    id: AssociationId,
) -> AssociateOutcome {
    let which = AddressFilter::Allocations(vec![step.allocation.clone()]);
    let shown = until_shown(
        clock,
        Limit::to_be_shown(clock.now()),
        |_| SHOWN_PAUSE,
        || async {
            let shown = cloud.addresses(&which).await?.into_iter().next();
            let now = shown.and_then(|address| address.association);
            Ok(now.filter(|now| step.is_at(now) || !step.is_before(now)))
        },
    );
    match shown.await {
        Ok(Some(now)) if step.is_at(&now) => AssociateOutcome::Placed(AssociationReport {
            verified: true,
            ..step.at(Some(now.id))
        }),
        Ok(Some(_)) => AssociateOutcome::Superseded,
        // EC2 has accepted it, so it counts, and the report says that no read has shown it.
        Ok(None) | Err(_) => AssociateOutcome::Placed(step.at(Some(id))),
    }
}

fn refused(failure: CloudError) -> AssociateOutcome {
    match failure.class() {
        Class::Taken | Class::Missing(_) => AssociateOutcome::Superseded,
        Class::Denied => AssociateOutcome::Denied(failure),
        Class::Transient => AssociateOutcome::Unknown(failure),
        Class::Refused => AssociateOutcome::Refused(failure),
    }
}
