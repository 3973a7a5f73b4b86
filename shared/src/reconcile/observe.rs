//! What reconcile reads before it decides. Nothing here changes anything. Everything that can be read
//! at the same time is.

use super::ReconcileCloud;
use super::decide::Concern;
use crate::address::Address;
use crate::clock::Clock;
use crate::cloud::{CloudError, ReadAddresses, Which};
use crate::error::Error;
use crate::event::cloudtrail::{Deed, Record};
use crate::ids::{AllocationId, AssociationId};
use crate::ledger::snapshot::Sighting;
use crate::ledger::{Known, Ledger, Snapshot};
use crate::ports::Ports;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use std::collections::BTreeMap;
use std::time::Duration;
use time::OffsetDateTime;

/// How far EC2's answers are taken to lag behind its writes. A row that tells of something younger is
/// not changed by a look: else a describe that lags would undo what an event had told, and a protect tag
/// not shown yet would pass for one that was removed.
/// Source: EC2 API reference, "Eventual consistency" (seconds, not promised).
pub const LAG: Duration = Duration::from_secs(5);

/// How many rows are read or written at the same time.
pub(super) const AT_ONCE: usize = 10;

/// A look at addresses.
#[derive(Debug)]
pub struct Look {
    /// The moment that it is true of.
    pub at: OffsetDateTime,
    /// What EC2 showed.
    pub addresses: BTreeMap<AllocationId, Address>,
    /// The reverse DNS names; none when they were not asked for.
    pub reverse_names: Option<BTreeMap<AllocationId, String>>,
    /// Why they could not be read, though asked for.
    pub reverse_names_refused: Option<CloudError>,
}

impl Look {
    /// What it showed of one address.
    #[must_use]
    pub fn of(&self, allocation: &AllocationId) -> Option<Sighting<'_>> {
        let reverse_name = self
            .reverse_names
            .as_ref()
            .map(|names| names.get(allocation).map(String::as_str));
        self.addresses.get(allocation).map(|address| Sighting {
            address,
            reverse_name,
            at: self.at,
        })
    }
}

/// Everything: what EC2 shows and what the ledger has.
#[derive(Debug)]
pub struct Everything {
    /// What EC2 shows.
    pub look: Look,
    /// The ledger's snapshots, tombstones included.
    pub rows: BTreeMap<AllocationId, Snapshot>,
}

/// What one event is about.
#[derive(Debug)]
pub struct Concerned {
    /// What EC2 shows of it.
    pub look: Look,
    /// What the ledger has of it.
    pub rows: BTreeMap<AllocationId, Known>,
}

pub(super) async fn everything<C: ReconcileCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
) -> Result<Everything, Error> {
    let (look, rows) =
        futures_util::join!(look(ports, &Which::All, true), ports.ledger.snapshots());
    let rows = rows.map_err(Error::LedgerUnread)?;
    Ok(Everything {
        look: look?,
        rows: rows
            .into_iter()
            .map(|row| (row.allocation.clone(), row))
            .collect(),
    })
}

pub(super) async fn concerned<C: ReconcileCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    record: &Record,
    concern: Concern,
) -> Result<Concerned, Error> {
    let allocations = match concern {
        Concern::Nothing { .. } => Vec::new(),
        Concern::Allocations(allocations) => allocations,
        Concern::Association(association) => {
            let holder = holder_of(&ports.ledger, &association).await?;
            holder.into_iter().collect()
        }
    };
    if allocations.is_empty() {
        return Ok(Concerned {
            look: Look::at_nothing(ports.clock.now()),
            rows: BTreeMap::new(),
        });
    }
    let about_names = matches!(
        record.deed,
        Deed::ReverseNameSet { .. } | Deed::ReverseNameReset { .. }
    );
    let which = Which::Allocations(allocations.clone());
    let (look, rows) = futures_util::join!(
        look(ports, &which, about_names),
        rows_of(&ports.ledger, allocations)
    );
    Ok(Concerned {
        look: look?,
        rows: rows?,
    })
}

/// The record of a disassociation does not say which address it was.
async fn holder_of<L: Ledger>(
    ledger: &L,
    association: &AssociationId,
) -> Result<Option<AllocationId>, Error> {
    let snapshots = ledger.snapshots().await.map_err(Error::LedgerUnread)?;
    let had_it = |row: &Snapshot| {
        row.association
            .as_ref()
            .is_some_and(|held| held.value.id == *association)
    };
    let holder = snapshots.into_iter().find(had_it);
    Ok(holder.map(|row| row.allocation))
}

async fn rows_of<L: Ledger>(
    ledger: &L,
    allocations: Vec<AllocationId>,
) -> Result<BTreeMap<AllocationId, Known>, Error> {
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

pub(super) async fn look<C: ReadAddresses, L, K: Clock>(
    ports: &Ports<C, L, K>,
    which: &Which,
    with_names: bool,
) -> Result<Look, Error> {
    let at = ports.clock.now() - LAG;
    let names = async {
        if with_names {
            ports.cloud.reverse_names(which).await.map(Some)
        } else {
            Ok(None)
        }
    };
    let (addresses, names) = futures_util::join!(ports.cloud.addresses(which), names);
    let unseen = |source| Error::Unfinished {
        what: "the addresses could not be looked at, nothing was changed".to_owned(),
        source,
    };
    let addresses = addresses.map_err(unseen)?;
    let (reverse_names, reverse_names_refused) = match names {
        Ok(names) => (names, None),
        Err(failure) if failure.is_passing() => return Err(unseen(failure)),
        Err(refusal) => (None, Some(refusal)),
    };
    Ok(Look {
        at,
        addresses: addresses
            .into_iter()
            .map(|address| (address.allocation.clone(), address))
            .collect(),
        reverse_names,
        reverse_names_refused,
    })
}

impl Look {
    fn at_nothing(now: OffsetDateTime) -> Self {
        Self {
            at: now - LAG,
            addresses: BTreeMap::new(),
            reverse_names: None,
            reverse_names_refused: None,
        }
    }
}
