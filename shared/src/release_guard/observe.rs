//! What the guard reads: the ledger before it decides, CloudTrail only when the ledger does not know the address,
//! and what an address that is back looks like. Nothing here changes anything.

use super::case::{self, Case};
use super::cloud::ReleaseGuardCloud;
use super::plan::ReclaimPlan;
use super::restore::{self, CurrentState, FormerHolder};
use super::retries;
use super::state::{Observed, Release};
use crate::clock::Clock;
use crate::cloud::{AddressFilter, CloudError, InstanceFilter, InterfaceFilter};
use crate::error::{Error, chain};
use crate::ledger::{Ledger, Snapshot};
use crate::model::elastic_ip::Address;
use crate::model::ids::InstanceId;
use crate::model::instance::{Instance, InstanceState};
use crate::ports::Delivery;
use crate::report::KnownFrom;
use crate::settings::Settings;

/// The rows of the address, asked for again while the ledger fails in passing. The address lies free meanwhile, and a
/// redelivery comes after a minute.
pub(super) async fn ledger<L: Ledger, K: Clock>(
    (ledger, clock): (&L, &K),
    release: &Release,
    settings: &Settings,
    delivery: Delivery,
) -> Result<Observed, Error> {
    let deadline = case::retry_deadline(settings, delivery, clock.now());
    let rows = retries::read(clock, deadline, || ledger.read(&release.allocation))
        .await
        .map_err(Error::LedgerUnread)?;
    // What an event alone told is not known: a person is not sent after it either.
    let snapshot = rows.snapshot.clone().filter(|row| !row.unconfirmed);
    let known_from = snapshot.as_ref().map(|_| KnownFrom::Ledger);
    Ok(Observed {
        ledger: rows,
        snapshot,
        known_from,
    })
}

/// Rebuilds the address from what CloudTrail recorded of it: its allocation, and all that followed.
pub(super) async fn event_history<C: ReleaseGuardCloud>(
    cloud: &C,
    case: &Case<'_>,
) -> Result<Observed, CloudError> {
    let allocation = &case.release.allocation;
    let records = cloud.event_history(allocation).await?;
    let protect_tag = &case.settings.tags.protect;
    let told = Snapshot::from_records(&records, allocation, protect_tag);
    // The history lags behind the events that the ledger has had.
    let snapshot = told.map(|told| match &case.observed.ledger.snapshot {
        Some(row) if row.ip == told.ip => {
            let row = row.clone().after_records(&records, protect_tag);
            row.confirmed()
        }
        _ => told,
    });
    let known_from = snapshot.as_ref().map(|_| KnownFrom::EventHistory);
    Ok(Observed {
        ledger: case.observed.ledger.clone(),
        snapshot,
        known_from,
    })
}

/// The former place of an address that is back, and its reverse DNS name. A new allocation has none yet.
pub(super) async fn current_state<C: ReleaseGuardCloud, K: Clock>(
    (cloud, clock): (&C, &K),
    case: &Case<'_>,
    plan: &ReclaimPlan,
    address: &Address,
    is_new: bool,
) -> Result<CurrentState, CloudError> {
    let then = restore::association_then(&plan.snapshot, case.release, case.settings);
    let eni = then.and_then(|association| association.eni.as_ref());
    let instance = then.and_then(|association| association.instance.as_ref());
    let name = restore::reverse_name_then(&plan.snapshot, case.release, case.settings);
    let interface = async {
        match (eni, instance) {
            (Some(eni), _) => retries::send(clock, case, || cloud.interface(eni)).await,
            // A call that names an instance only is refused for one that has several interfaces.
            (None, Some(instance)) => {
                let which = InterfaceFilter::PrimaryOf(instance.clone());
                let found = retries::send(clock, case, || cloud.interfaces(&which)).await?;
                Ok(found.into_iter().next())
            }
            (None, None) => Ok(None),
        }
    };
    let published = async {
        if is_new || name.is_none() {
            return Ok::<_, CloudError>(None);
        }
        let which = AddressFilter::Allocations(vec![address.allocation.clone()]);
        let names = retries::send(clock, case, || cloud.reverse_dns_names(&which)).await?;
        Ok(names.get(&address.allocation).cloned())
    };
    let (interface, reverse_dns) = futures_util::join!(interface, published);
    let mut current = CurrentState {
        allocation: address.allocation.clone(),
        association: address.association.clone(),
        note: case
            .observed
            .ledger
            .release
            .as_ref()
            .and_then(|record| record.restoration.clone()),
        interface: interface?,
        former_holder: FormerHolder::None,
        reverse_dns: reverse_dns?,
    };
    let holder = then.and_then(|then| restore::holder_to_ask_for(then, &current));
    if let Some(holder) = holder {
        current.former_holder = former_holder((cloud, clock), case, holder).await?;
    }
    Ok(current)
}

/// The instance that had the address, with the tags of its interfaces. Asked for only where the address cannot go back
/// to its place. What EC2 refuses to show keeps nothing else from being restored.
async fn former_holder<C: ReleaseGuardCloud, K: Clock>(
    (cloud, clock): (&C, &K),
    case: &Case<'_>,
    holder: &InstanceId,
) -> Result<FormerHolder, CloudError> {
    let which = InstanceFilter::Ids(vec![holder.clone()]);
    let shown = retries::send(clock, case, || cloud.instances(&which)).await;
    let shown = shown.map(|shown| shown.into_iter().find(takes_addresses));
    let instance = match shown {
        Ok(Some(instance)) => instance,
        Ok(None) => return Ok(FormerHolder::None),
        Err(failure) if failure.is_transient() => return Err(failure),
        Err(refusal) => return Ok(FormerHolder::Refused(chain(&refusal))),
    };
    let attached = instance.interfaces.iter().map(|each| each.id.clone());
    let which = InterfaceFilter::Ids(attached.collect());
    let interfaces = retries::send(clock, case, || cloud.interfaces(&which)).await?;
    Ok(FormerHolder::Found {
        instance: Box::new(instance),
        interfaces,
    })
}

fn takes_addresses(instance: &Instance) -> bool {
    matches!(
        instance.state,
        InstanceState::Running | InstanceState::Stopping | InstanceState::Stopped
    )
}
