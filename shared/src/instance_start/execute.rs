//! Placement's effects, and what each leaves behind when the run ends right after it:
//!
//! 1. `DisassociateAddress` by the association id that was read, only where an instance that does not
//!    run any more has the address. Idempotent on that id; done already: EC2 says nothing; reply lost:
//!    the next look shows a free address. A run that ends here leaves the address free in its group,
//!    for a further delivery, for the next instance that starts, and for reconcile.
//! 2. `AssociateAddress` without reassociation: idempotent on (allocation, private IP); done already: the
//!    look shows it; reply lost: the next look tells; somebody was faster: EC2 refuses.
//! 3. A read of the address, until EC2 shows who has it: an accepted call is not ownership.
//!
//! What is not arbitrated by EC2, and how small it is kept. The stopped holder may be started again
//! between the look and step 1, which leaves its association id as it is. Starting takes seconds, so
//! step 1 is not taken on a look that is older than [`FRESH`].

use super::InstanceStartCloud;
use super::plan::PlannedAssociation;
use crate::clock::Clock;
use crate::cloud::{AddressFilter, CloudError, Missing};
use crate::model::ids::AssociationId;
use crate::ports::Ports;
use crate::report::AssociationReport;
use crate::settings::Mode;
use futures_util::future::join_all;
use std::time::Duration;
use time::OffsetDateTime;

/// How old a look may be for an address to be taken from an instance that it shows as not running.
pub(super) const FRESH: time::Duration = time::Duration::seconds(2);

/// How often EC2 is asked to show an association that it has accepted.
const MAX_READS: u32 = 3;

/// The pause between two such reads.
const PAUSE: Duration = Duration::from_millis(300);

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
pub(super) async fn take<C: InstanceStartCloud, L: Sync, K: Clock>(
    ports: &Ports<C, L, K>,
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
    join_all(steps.iter().map(|step| take_one(ports, observed_at, step))).await
}

async fn take_one<C: InstanceStartCloud, L, K: Clock>(
    ports: &Ports<C, L, K>,
    observed_at: OffsetDateTime,
    step: &PlannedAssociation,
) -> AssociateOutcome {
    if let Some(hold) = &step.from {
        if ports.clock.now() - observed_at > FRESH {
            return AssociateOutcome::Superseded;
        }
        let ended = ports.cloud.disassociate(&hold.association).await;
        if let Err(failure) = ended
            && !is_missing(&failure, Missing::Association)
        {
            return refused(failure);
        }
    }
    let target = &step.target;
    let accepted = ports
        .cloud
        .associate(&step.allocation, &target.eni, target.private_ip)
        .await;
    match accepted {
        Ok(id) => verified(ports, step, id).await,
        Err(failure) => refused(failure),
    }
}

/// Reads until EC2 shows who has the address.
async fn verified<C: InstanceStartCloud, L, K: Clock>(
    ports: &Ports<C, L, K>,
    step: &PlannedAssociation,
    id: AssociationId,
) -> AssociateOutcome {
    let which = AddressFilter::Allocations(vec![step.allocation.clone()]);
    let mut report = step.at(Some(id));
    for read in 1..=MAX_READS {
        let shown = ports.cloud.addresses(&which).await;
        let shown = shown.unwrap_or_default().into_iter().next();
        match shown.and_then(|address| address.association) {
            Some(now) if step.is_at(&now) => {
                report.id = Some(now.id);
                report.verified = true;
                break;
            }
            Some(now) if step.is_before(&now) => {}
            Some(_) => return AssociateOutcome::Superseded,
            None => {}
        }
        if read < MAX_READS {
            ports.clock.sleep(PAUSE).await;
        }
    }
    AssociateOutcome::Placed(report)
}

fn is_missing(failure: &CloudError, which: Missing) -> bool {
    matches!(failure, CloudError::NotFound { what, .. } if *what == which)
}

fn refused(failure: CloudError) -> AssociateOutcome {
    match failure {
        CloudError::AlreadyAssociated(_) | CloudError::NotFound { .. } => {
            AssociateOutcome::Superseded
        }
        CloudError::Denied(_) => AssociateOutcome::Denied(failure),
        CloudError::Throttled(_) | CloudError::Other(_) => AssociateOutcome::Unknown(failure),
        CloudError::HeldElsewhere(_)
        | CloudError::Refused(_)
        | CloudError::InUse(_)
        | CloudError::DeviceIndexTaken(_)
        | CloudError::LimitExceeded(_)
        | CloudError::TagsRefused(_) => AssociateOutcome::Refused(failure),
    }
}
