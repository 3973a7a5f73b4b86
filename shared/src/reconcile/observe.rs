//! What reconcile reads before it decides. Nothing here changes anything. Everything that can be read
//! at the same time is.

use super::case::{AT_ONCE, Case};
use super::cloud::ReconcileCloud;
use super::decide;
use super::displaced::{Displaced, lost_place};
use super::state::{AccountState, AffectedAddresses, AffectedRows, Look, READ_LAG};
use crate::clock::Clock;
use crate::cloud::{AddressFilter, CloudError, InterfaceFilter, ReadAddresses};
use crate::error::Error;
use crate::ledger::{AllocationRows, Ledger, Snapshot};
use crate::model::cloudtrail::{AddressChange, Record};
use crate::model::ids::AllocationId;
use crate::ports::Ports;
use crate::retry::{self, Backoff};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::time::Duration;

/// The pauses between reads that fail in passing, each twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

pub(super) async fn account_state<C: ReconcileCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
) -> Result<AccountState, Error> {
    let (look, rows, releases) = futures_util::join!(
        look(
            (&ports.cloud, &ports.clock),
            case,
            &AddressFilter::All,
            true
        ),
        ports.ledger.snapshots(),
        ports.ledger.releases(),
    );
    let rows = rows.map_err(Error::LedgerUnread)?.into_iter();
    let releases = releases.map_err(Error::LedgerUnread)?.into_iter();
    Ok(AccountState {
        look: look?,
        rows: rows.map(|row| (row.allocation.clone(), row)).collect(),
        releases: releases.map(|row| (row.allocation.clone(), row)).collect(),
    })
}

/// Which of the missing are missing still when they are asked for by their ids: a list that was stale or
/// cut short is no release.
pub(super) async fn confirmed_missing<C: ReadAddresses, K: Clock>(
    ports: (&C, &K),
    case: &Case<'_>,
    missing: Vec<AllocationId>,
) -> Result<Vec<AllocationId>, Error> {
    if missing.is_empty() {
        return Ok(missing);
    }
    let which = AddressFilter::Allocations(missing.clone());
    let second = look(ports, case, &which, false).await?;
    let is_gone = |allocation: &AllocationId| !second.addresses.contains_key(allocation);
    Ok(missing.into_iter().filter(is_gone).collect())
}

pub(super) async fn affected_rows<C: ReconcileCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    record: &Record,
    affected_addresses: AffectedAddresses,
) -> Result<AffectedRows, Error> {
    let allocations = match affected_addresses {
        AffectedAddresses::Nothing { .. } => Vec::new(),
        AffectedAddresses::Allocations(allocations) => allocations,
        AffectedAddresses::Association(association) => {
            let holder = ports.ledger.allocation_of_association(&association).await;
            holder.map_err(Error::LedgerUnread)?.into_iter().collect()
        }
        AffectedAddresses::Address { ip, received } => {
            let holders = allocations_of(&ports.ledger, ip).await?.into_iter();
            let once: BTreeSet<AllocationId> = holders.chain(received).collect();
            once.into_iter().collect()
        }
    };
    let rows = rows_of(&ports.ledger, allocations).await?;
    let unclear: Vec<AllocationId> = rows
        .iter()
        .filter(|(_, known)| decide::needs_a_look(known, record))
        .map(|(allocation, _)| allocation.clone())
        .collect();
    let look = if unclear.is_empty() {
        Look::at_nothing(ports.clock.now())
    } else {
        let about_names = matches!(
            record.change,
            AddressChange::ReverseDnsSet { .. } | AddressChange::ReverseDnsReset { .. }
        );
        let which = AddressFilter::Allocations(unclear.clone());
        look((&ports.cloud, &ports.clock), case, &which, about_names).await?
    };
    Ok(AffectedRows {
        look,
        looked_at: unclear,
        rows,
    })
}

/// What has the place of an address now that a call associated, and that a look shows with nothing. One read, in that case
/// alone.
pub(super) async fn displaced<C: ReconcileCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    record: &Record,
    (observed, written): (&AffectedRows, &[Snapshot]),
) -> Result<Option<Displaced>, Error> {
    let (clock, cloud) = (&ports.clock, &ports.cloud);
    let before = observed.rows.values().filter_map(|it| it.snapshot.as_ref());
    let mut rows = written.iter().chain(before);
    let Some(place) = rows.find_map(|row| lost_place(&record.change, row)) else {
        return Ok(None);
    };
    let which = match (&place.association.eni, &place.association.instance) {
        (Some(eni), _) => InterfaceFilter::Ids(vec![eni.clone()]),
        (None, Some(instance)) => InterfaceFilter::PrimaryOf(instance.clone()),
        (None, None) => return Ok(None),
    };
    let read = retry_transient(clock, case, || cloud.interfaces(&which)).await;
    let interfaces = read.map_err(|source| Error::Unfinished {
        what: format!("what has the place of {} could not be read", place.row.ip),
        source,
    })?;
    Ok(interfaces.iter().find_map(|it| place.taken_by(it)))
}

/// The allocations under which the ledger has an address, whether they have ended or not.
async fn allocations_of<L: Ledger>(ledger: &L, ip: Ipv4Addr) -> Result<Vec<AllocationId>, Error> {
    let rows = ledger.snapshots().await.map_err(Error::LedgerUnread)?;
    let of_address = rows.into_iter().filter(|row| row.ip == ip);
    Ok(of_address.map(|row| row.allocation).collect())
}

async fn rows_of<L: Ledger>(
    ledger: &L,
    allocations: Vec<AllocationId>,
) -> Result<BTreeMap<AllocationId, AllocationRows>, Error> {
    stream::iter(allocations)
        .map(|allocation| async move {
            let known = ledger.read(&allocation).await?;
            Ok((allocation, known))
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
        .map_err(Error::LedgerUnread)
}

async fn look<C: ReadAddresses, K: Clock>(
    (cloud, clock): (&C, &K),
    case: &Case<'_>,
    which: &AddressFilter,
    with_names: bool,
) -> Result<Look, Error> {
    let at = clock.now() - READ_LAG;
    let names = async {
        if with_names {
            let names = retry_transient(clock, case, || cloud.reverse_dns_names(which));
            names.await.map(Some)
        } else {
            Ok(None)
        }
    };
    let addresses = retry_transient(clock, case, || cloud.addresses(which));
    let (addresses, names) = futures_util::join!(addresses, names);
    let unseen = |source| Error::Unfinished {
        what: "the addresses could not be looked at, nothing was changed in EC2".to_owned(),
        source,
    };
    let addresses = addresses.map_err(unseen)?;
    let (reverse_dns_names, reverse_dns_names_refused) = match names {
        Ok(names) => (names, None),
        Err(failure) if failure.is_transient() => return Err(unseen(failure)),
        Err(refusal) => (None, Some(refusal)),
    };
    Ok(Look {
        at,
        addresses: addresses
            .into_iter()
            .map(|address| (address.allocation.clone(), address))
            .collect(),
        reverse_dns_names,
        reverse_dns_names_refused,
    })
}

/// Reads again while it fails in passing: many runs at once share EC2's allowance of 20 describes a second
/// (EC2 developer guide, "Request throttling").
pub(super) async fn retry_transient<T, K: Clock, F: Future<Output = Result<T, CloudError>>>(
    clock: &K,
    case: &Case<'_>,
    call: impl FnMut() -> F,
) -> Result<T, CloudError> {
    let backoff = Backoff {
        first: FIRST_PAUSE,
        longest: LONGEST_PAUSE,
        limit: case.read_limit(),
    };
    retry::retry_transient(clock, backoff, call).await
}
