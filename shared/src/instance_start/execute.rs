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
use crate::model::ids::{AssociationId, EniId};
use crate::ports::{Delivery, Ports};
use crate::report::AssociationReport;
use crate::retry::{Limit, SHOWN_PAUSE, until_shown};
use crate::settings::Mode;
use futures_util::future::join_all;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use time::OffsetDateTime;

/// How old a look may be for an address to be taken from an instance that it shows as not running.
pub(super) const FRESH: time::Duration = time::Duration::seconds(2);

/// How long before `AssociateAddress` the private IP may have been read.
const READ_AGE: time::Duration = time::Duration::milliseconds(500);

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

/// Which private IP a target is.
pub(super) type TargetKey = (EniId, Ipv4Addr);

/// How the steps of a plan ended, in their order.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) ends: Vec<AssociateOutcome>,
    /// Where EC2 may have associated an address.
    pub(super) sent: Vec<TargetKey>,
    /// Why a private IP was given an address without its lease.
    pub(super) unleased: Option<CloudError>,
}

/// What is the same for all steps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taking<'a> {
    pub(super) mode: Mode,
    pub(super) delivery: Delivery,
    /// When the look was begun on which the steps were decided.
    pub(super) observed_at: OffsetDateTime,
    /// Where EC2 may have associated an address for this run before.
    pub(super) sent: &'a BTreeSet<TargetKey>,
}

/// How one step ended.
struct Ended {
    outcome: AssociateOutcome,
    /// Whether EC2 may have associated the address.
    is_sent: bool,
}

impl Ended {
    fn unsent(outcome: AssociateOutcome) -> Self {
        Self {
            outcome,
            is_sent: false,
        }
    }
}

/// Takes all steps, at the same time. In `observe` mode it takes none, and each ends as if EC2 had taken it.
pub(super) async fn take<C: InstanceStartCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    taking: Taking<'_>,
    steps: &[PlannedAssociation],
) -> Taken {
    let mut taken = Taken::default();
    if taking.mode == Mode::Observe {
        let placed = |step: &PlannedAssociation| AssociateOutcome::Placed(step.at(None));
        taken.ends.extend(steps.iter().map(placed));
        return taken;
    }
    let each = |step| take_one(ports, taking, step);
    let ends = join_all(steps.iter().map(each)).await;
    for (step, (ended, unleased)) in steps.iter().zip(ends) {
        let target = &step.target;
        let place = ended
            .is_sent
            .then(|| (target.eni.clone(), target.private_ip));
        taken.sent.extend(place);
        taken.ends.push(ended.outcome);
        taken.unleased = unleased.or_else(|| taken.unleased.take());
    }
    taken
}

/// One step, under the lease of its target. Beside its end: why it was taken without the lease.
async fn take_one<C: InstanceStartCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    taking: Taking<'_>,
    step: &PlannedAssociation,
) -> (Ended, Option<CloudError>) {
    let Ports {
        cloud,
        ledger,
        clock,
    } = ports;
    let (target, asked_at) = (&step.target, clock.now());
    let place = (target.eni.clone(), target.private_ip);
    let lease = TargetLease::new((&place.0, place.1), taking.delivery.owner(), asked_at);
    let (leased, is_free) = if step.from.is_none() {
        futures_util::join!(ledger.lease_target(&lease), require_free(cloud, step))
    } else {
        (ledger.lease_target(&lease).await, Ok(()))
    };
    let (lease, unleased) = match leased {
        Ok(TargetLeased::Granted) => (Some(lease), None),
        Ok(TargetLeased::HeldByOther) => {
            return (Ended::unsent(AssociateOutcome::TargetLeased), None);
        }
        Err(failure) => (None, Some(failure)),
    };
    // A lease that took its time leaves an old read.
    let is_old = step.from.is_none() && clock.now() - asked_at > READ_AGE;
    let is_free = if is_old && is_free.is_ok() {
        require_free(cloud, step).await
    } else {
        is_free
    };
    let ended = match is_free {
        Ok(()) => associate((cloud, clock), taking.observed_at, step, lease.as_ref()).await,
        Err(end) => Ended::unsent(end),
    };
    if let Some(lease) = lease.filter(|_| !ended.is_sent && !taking.sent.contains(&place)) {
        // Who does not get the answer loses nothing: the lease ends by itself.
        drop(ledger.lease_target(&lease.ended(clock.now())).await);
    }
    (ended, unleased)
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

/// The calls that change something, and the reads between them. A lease that is about to end is asked for again first, by
/// the next round.
async fn associate<C: InstanceStartCloud, K: Clock>(
    (cloud, clock): (&C, &K),
    observed_at: OffsetDateTime,
    step: &PlannedAssociation,
    lease: Option<&TargetLease>,
) -> Ended {
    let is_ending = || lease.is_some_and(|lease| !lease.lasts_for_a_call(clock.now()));
    if is_ending() {
        return Ended::unsent(AssociateOutcome::Superseded);
    }
    if let Some(hold) = &step.from {
        let ended = end_hold((cloud, clock), observed_at, step, hold).await;
        if let Err(end) = ended {
            return Ended::unsent(end);
        }
        if let Err(end) = require_free(cloud, step).await {
            return Ended::unsent(end);
        }
        if is_ending() {
            return Ended::unsent(AssociateOutcome::Superseded);
        }
    }
    let target = &step.target;
    let accepted = cloud
        .associate(&step.allocation, &target.eni, target.private_ip)
        .await;
    match accepted {
        Ok(id) => Ended {
            outcome: verified((cloud, clock), step, id).await,
            is_sent: true,
        },
        Err(failure) => {
            let outcome = refused(failure);
            Ended {
                is_sent: matches!(outcome, AssociateOutcome::Unknown(_)),
                outcome,
            }
        }
    }
}

/// Ends the association of a holder that does not run. Where the look is old, both are read once more before.
async fn end_hold<C: InstanceStartCloud, K: Clock>(
    (cloud, clock): (&C, &K),
    observed_at: OffsetDateTime,
    step: &PlannedAssociation,
    hold: &PreviousHolder,
) -> Result<(), AssociateOutcome> {
    if clock.now() - observed_at > FRESH {
        match is_still_held((cloud, clock), step, hold).await {
            Ok(true) => {}
            Ok(false) => return Err(AssociateOutcome::Superseded),
            Err(failure) => return Err(refused(failure)),
        }
    }
    match cloud.disassociate(&hold.association).await {
        Err(failure) if !failure.is_missing(Missing::Association) => Err(refused(failure)),
        Ok(()) | Err(_) => Ok(()),
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
