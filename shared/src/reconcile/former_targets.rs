//! Notes in the ledger where addresses are: at which device index, in which subnet. Once the interface is gone, nothing
//! else tells which one of another instance is its counterpart.
//!
//! Read once for each association. Who races: whoever moves the address meanwhile. The note names its association, so
//! of another one it says nothing; and it is made only where the instance shows the address at that private IP.

use super::case::{AT_ONCE, Case};
use super::observe::retry_transient;
use crate::clock::Clock;
use crate::cloud::{CloudError, InstanceFilter, ReadInstances};
use crate::error::Error;
use crate::groups::group_of;
use crate::ledger::{AllocationRows, Ledger, NotedTarget, Snapshot, UpdateError, update_snapshot};
use crate::model::elastic_ip::Association;
use crate::model::former_target::FormerTarget;
use crate::model::ids::{AllocationId, EniId, InstanceId};
use crate::model::instance::{AttachedInterface, Instance};
use crate::ports::Ports;
use crate::release_guard::decide::protection;
use crate::settings::{Protection, Settings};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Notes where the addresses of groups, and those that are to be taken back, are.
pub(super) async fn note<C: ReadInstances, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    rows: &BTreeMap<&AllocationId, &Snapshot>,
) -> Result<(), Error> {
    let open: Vec<&Snapshot> = rows
        .values()
        .copied()
        .filter(|row| is_ours(row, case.settings) && unnoted(row).is_some())
        .collect();
    if open.is_empty() {
        return Ok(());
    }
    let holders = open.iter().filter_map(|row| unnoted(row)?.instance.clone());
    let holders: BTreeSet<InstanceId> = holders.collect();
    let which = InstanceFilter::Ids(holders.into_iter().collect());
    let instances = retry_transient(&ports.clock, case, || ports.cloud.instances(&which)).await;
    let instances = instances.map_err(unread)?;
    let attached = attached(&instances);
    let notes = open.into_iter().filter_map(|row| {
        let noted = noted(row, &attached)?;
        Some((row.clone(), noted))
    });
    let notes: Vec<(Snapshot, NotedTarget)> = notes.collect();
    let written = stream::iter(notes)
        .map(|(row, noted)| async move { write(&ports.ledger, row, &noted).await })
        .buffer_unordered(AT_ONCE)
        .try_collect::<Vec<()>>();
    let all = written.await.map_err(|source| Error::LedgerUnwritten {
        done: "where addresses are is read".to_owned(),
        source,
    });
    all.map(drop)
}

async fn write(
    ledger: &impl Ledger,
    row: Snapshot,
    noted: &NotedTarget,
) -> Result<(), UpdateError> {
    let allocation = row.allocation.clone();
    let known = AllocationRows {
        snapshot: Some(row),
        release: None,
        ..AllocationRows::default()
    };
    let change = |known: &AllocationRows| known.snapshot.as_ref()?.with_target(noted);
    update_snapshot(ledger, &allocation, known, change).await?;
    Ok(())
}

fn is_ours(row: &Snapshot, settings: &Settings) -> bool {
    let is_protected = || protection(row, settings).0 == Protection::Reclaim;
    let is_of_a_group = group_of(&row.tags, &settings.tags).is_some();
    row.is_allocated() && row.service_managed.is_none() && (is_of_a_group || is_protected())
}

/// The association of an address of which it is not noted where it is.
fn unnoted(row: &Snapshot) -> Option<&Association> {
    let held = row
        .association
        .as_ref()
        .filter(|held| held.until.is_none())?;
    let noted = row.former_target.as_ref();
    let is_noted = noted.is_some_and(|noted| noted.association == held.value.id);
    (!is_noted).then_some(&held.value)
}

/// What is attached to instances, by its id.
type Attached<'a> = HashMap<&'a EniId, &'a AttachedInterface>;

fn attached(instances: &[Instance]) -> Attached<'_> {
    let all = instances.iter().flat_map(|each| &each.interfaces);
    all.map(|each| (&each.id, each)).collect()
}

fn noted(row: &Snapshot, attached: &Attached<'_>) -> Option<NotedTarget> {
    let association = unnoted(row)?;
    let interface = attached.get(association.eni.as_ref()?)?;
    let shows = |ip| {
        let mut ips = interface.private_ips.iter();
        ips.any(|each| each.ip == ip && each.public.is_some_and(|public| public.ip == row.ip))
    };
    association
        .private_ip
        .is_some_and(shows)
        .then(|| NotedTarget {
            association: association.id.clone(),
            target: FormerTarget::on(interface, association.private_ip),
        })
}

fn unread(source: CloudError) -> Error {
    Error::Unfinished {
        what: "at which device index and in which subnet addresses are is not noted".to_owned(),
        source,
    }
}
