//! Placement's effects, and what each leaves behind when the run ends right after it:
//!
//! 0. The lease of the private IP that is to get the address. Another run has it: nothing is changed, and the run looks
//!    again. A run that ends here has leased it for half a minute. The ledger does not answer: the run goes on without.
//! 1. `DisassociateAddress` by the association id that was read, only where an instance that does not
//!    run any more has the address. Idempotent on that id; done already: EC2 says nothing; reply lost:
//!    the next look shows a free address. A run that ends here leaves the address free in its group,
//!    for a further delivery, for the next instance that starts, and for reconcile.
//! 2. A read of the private IP that is to get the address, beside step 0 where nothing is taken from anybody. Another Elastic IP there stays, and the run looks again.
//! 3. `AssociateAddress` without reassociation: idempotent on (allocation, private IP); done already: the
//!    look shows it; reply lost: the next look tells; somebody was faster: EC2 refuses.
//! 4. A read of the address, until EC2 shows who has it: an accepted call is not ownership.
//!
//! What is not arbitrated by EC2, and how small it is kept. The stopped holder may be started again
//! between the look and step 1, which leaves its association id as it is. Starting takes seconds, so
//! step 1 is not taken on a look that is older than [`FRESH`]. In a large account every look at everything is. Then
//! the address and the holder alone are read again before. Somebody who takes no lease may associate another address with
//! the private IP between the second step's answer and the third: nothing but EC2 could refuse that.

use super::cloud::InstanceStartCloud;
use super::plan::{PlannedAssociation, PreviousHolder};
use crate::clock::Clock;
use crate::cloud::{AddressFilter, Class, CloudError, InstanceFilter, Missing};
use crate::groups::occupant;
use crate::ledger::{Ledger, TargetLease, TargetLeased};
use crate::model::ids::AssociationId;
use crate::ports::{Delivery, Ports};
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
    /// Another run is about to give the private IP an address: look again.
    TargetLeased,
    /// Somebody else has it, or it is gone, or the look was too old: look again.
    Superseded,
    /// EC2 did not answer in a way that tells: look again.
    Unknown(CloudError),
    /// EC2 does not let this instance have this address.
    Refused(CloudError),
    /// IAM or a policy forbids the call.
    Denied(CloudError),
}

/// How the steps of a plan ended, in their order.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) ends: Vec<AssociateOutcome>,
    /// Why a private IP was given an address without its lease.
    pub(super) unleased: Option<CloudError>,
}

/// What is the same for all steps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taking {
    pub(super) mode: Mode,
    pub(super) delivery: Delivery,
    /// When the look was begun on which the steps were decided.
    pub(super) observed_at: OffsetDateTime,
}

/// Takes all steps, at the same time. In `observe` mode it takes none, and each ends as if EC2 had taken it.
pub(super) async fn take<C: InstanceStartCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    taking: Taking,
    steps: &[PlannedAssociation],
) -> Taken {
    if taking.mode == Mode::Observe {
        let placed = |step: &PlannedAssociation| AssociateOutcome::Placed(step.at(None));
        return Taken {
            ends: steps.iter().map(placed).collect(),
            unleased: None,
        };
    }
    let each = |step| take_one(ports, taking, step);
    let (ends, failures): (_, Vec<_>) = join_all(steps.iter().map(each)).await.into_iter().unzip();
    Taken {
        ends,
        unleased: failures.into_iter().flatten().next(),
    }
}

/// One step, under the lease of its target. Beside its end: why it was taken without the lease.
async fn take_one<C: InstanceStartCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    taking: Taking,
    step: &PlannedAssociation,
) -> (AssociateOutcome, Option<CloudError>) {
    let Ports {
        cloud,
        ledger,
        clock,
    } = ports;
    let (target, now) = (&step.target, clock.now());
    let place = (&target.eni, target.private_ip);
    let lease = TargetLease::new(place, taking.delivery.owner(), now);
    let (leased, is_open) = futures_util::join!(
        ledger.lease_target(&lease),
        is_still_open((cloud, clock), taking.observed_at, step)
    );
    let unleased = match leased {
        Ok(TargetLeased::Granted) => None,
        Ok(TargetLeased::HeldByOther) => return (AssociateOutcome::TargetLeased, None),
        Err(failure) => Some(failure),
    };
    let was_open = is_open.is_ok();
    let end = match is_open {
        Ok(()) => associate((cloud, clock), step, &lease).await,
        Err(end) => end,
    };
    let is_refused = matches!(
        end,
        AssociateOutcome::Superseded | AssociateOutcome::Refused(_) | AssociateOutcome::Denied(_)
    );
    if (is_refused || !was_open) && unleased.is_none() {
        // Who does not get the answer loses nothing: the lease ends by itself.
        drop(ledger.lease_target(&lease.ended(clock.now())).await);
    }
    (end, unleased)
}

/// Reads what a step hangs on, before anything is changed: who has the address, or who has the private IP.
async fn is_still_open<C: InstanceStartCloud, K: Clock>(
    (cloud, clock): (&C, &K),
    observed_at: OffsetDateTime,
    step: &PlannedAssociation,
) -> Result<(), AssociateOutcome> {
    match &step.from {
        None => require_free(cloud, step).await,
        Some(_) if clock.now() - observed_at <= FRESH => Ok(()),
        Some(hold) => match is_still_held((cloud, clock), step, hold).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(AssociateOutcome::Superseded),
            Err(failure) => Err(refused(failure)),
        },
    }
}

async fn require_free<C: InstanceStartCloud>(
    cloud: &C,
    step: &PlannedAssociation,
) -> Result<(), AssociateOutcome> {
    let target = &step.target;
    match occupant(cloud, &step.allocation, &target.eni, target.private_ip).await {
        Ok(None) => Ok(()),
        Ok(Some(_)) => Err(AssociateOutcome::Superseded),
        Err(failure) => Err(refused(failure)),
    }
}

/// The calls that change something, and the reads between them.
async fn associate<C: InstanceStartCloud, K: Clock>(
    (cloud, clock): (&C, &K),
    step: &PlannedAssociation,
    lease: &TargetLease,
) -> AssociateOutcome {
    if let Some(hold) = &step.from {
        let ended = cloud.disassociate(&hold.association).await;
        if let Err(failure) = ended
            && !failure.is_missing(Missing::Association)
        {
            return refused(failure);
        }
        if let Err(end) = require_free(cloud, step).await {
            return end;
        }
    }
    if !lease.lasts_for_a_call(clock.now()) {
        return AssociateOutcome::Superseded;
    }
    let target = &step.target;
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
