//! What is read before anything is decided: the addresses, the instances that belong to a group and, the
//! first time, what the ledger remembers; all at the same time. Nothing here changes anything.
//!
//! The two answers of EC2 are of slightly different moments, and both may lag. Who has an address is
//! taken from the addresses alone; an act that follows from an answer that was stale is refused by EC2.

use super::cloud::InstanceStartCloud;
use super::state::Observed;
use crate::cloud::{AddressFilter, CloudError, InstanceFilter, InterfaceFilter};
use crate::ledger::Ledger;
use crate::model::alarm::AlarmMetric;
use crate::model::ids::{AllocationId, InstanceId};
use crate::settings::Settings;
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;

/// What the ledger remembers. It only makes the choice a better one: a ledger that does not answer
/// keeps no instance from its address.
#[derive(Debug, Default)]
pub(super) struct LastHolders {
    pub(super) last_held: BTreeMap<AllocationId, InstanceId>,
    /// Why it could not be read.
    pub(super) unread: Option<CloudError>,
}

/// The first look, with the ledger. `at` is the moment before it.
pub(super) async fn first_look<C: InstanceStartCloud>(
    cloud: &C,
    ledger: &impl Ledger,
    settings: &Settings,
    at: OffsetDateTime,
) -> (Result<Observed, CloudError>, LastHolders) {
    let nothing = LastHolders::default();
    let (observed, memory) =
        futures_util::join!(look(cloud, settings, at, &nothing), remember(ledger));
    let observed = observed.map(|observed| Observed {
        last_held: memory.last_held.clone(),
        ..observed
    });
    (observed, memory)
}

/// A look at EC2. `at` is the moment before it.
pub(super) async fn look<C: InstanceStartCloud>(
    cloud: &C,
    settings: &Settings,
    at: OffsetDateTime,
    memory: &LastHolders,
) -> Result<Observed, CloudError> {
    let tagged = InstanceFilter::TagKey(settings.tags.group.clone());
    let floating = InterfaceFilter::TagKey(settings.tags.group.clone());
    let (addresses, instances, interfaces) = futures_util::join!(
        cloud.addresses(&AddressFilter::All),
        cloud.instances(&tagged),
        cloud.interfaces(&floating)
    );
    Ok(Observed {
        at,
        addresses: addresses?,
        instances: instances?,
        interfaces: interfaces?,
        last_held: memory.last_held.clone(),
        alarming: BTreeSet::new(),
        told_states: BTreeMap::new(),
        refused: BTreeSet::new(),
    })
}

/// The same, and at the same time for which instances an alarm fires.
pub(super) async fn look_at_health<C: InstanceStartCloud>(
    cloud: &C,
    settings: &Settings,
    at: OffsetDateTime,
) -> Result<Observed, CloudError> {
    let nothing = LastHolders::default();
    let (seen, firing) = futures_util::join!(look(cloud, settings, at, &nothing), cloud.firing());
    let firing = firing?;
    let metrics = firing.iter().flat_map(|alarm| &alarm.metrics);
    Ok(Observed {
        alarming: metrics.filter_map(AlarmMetric::instance).collect(),
        ..seen?
    })
}

async fn remember<L: Ledger>(ledger: &L) -> LastHolders {
    match ledger.snapshots().await {
        Ok(rows) => LastHolders {
            last_held: rows
                .into_iter()
                .filter_map(|row| Some((row.allocation, row.association?.value.instance?)))
                .collect(),
            unread: None,
        },
        Err(failure) => LastHolders {
            unread: Some(failure),
            ..LastHolders::default()
        },
    }
}
