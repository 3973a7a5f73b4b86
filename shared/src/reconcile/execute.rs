//! Reconcile's effects: rows of the ledger, each by compare-and-set and derived anew when another writer
//! came first, some at the same time. Idempotent: deciding on the state after them yields nothing to
//! write. A run that ends half way leaves rows that the next look finds.

use super::case::AT_ONCE;
use super::decide;
use super::state::{AccountState, AffectedRows};
use crate::error::Error;
use crate::ledger::{AllocationRows, Ledger, Snapshot, UpdateError, update_snapshot};
use crate::model::cloudtrail::Record;
use crate::model::ids::AllocationId;
use crate::release_guard::state::Release;
use crate::settings::Settings;
use futures_util::stream::{self, Stream, StreamExt};
use std::pin::pin;

/// Writes the rows that a look at everything changed.
pub(super) async fn write_observation(
    ledger: &impl Ledger,
    settings: &Settings,
    observed: &AccountState,
    plan: &decide::Sweep,
) -> Result<Vec<Snapshot>, Error> {
    let writes = stream::iter(plan.changed.clone())
        .map(|allocation| async move {
            let known = observed.known(&allocation);
            update_snapshot(ledger, &allocation, known, |known| {
                decide::after_look(known, &observed.look, &allocation, settings)
            })
            .await
        })
        .buffer_unordered(AT_ONCE);
    all_written(pin!(writes)).await
}

/// Writes the rows that a call changed.
pub(super) async fn write_call(
    ledger: &impl Ledger,
    settings: &Settings,
    record: &Record,
    observed: &AffectedRows,
) -> Result<Vec<Snapshot>, Error> {
    let rows: Vec<(AllocationId, AllocationRows)> = observed
        .rows
        .iter()
        .map(|(allocation, known)| (allocation.clone(), known.clone()))
        .collect();
    let writes = stream::iter(rows)
        .map(|(allocation, known)| async move {
            update_snapshot(ledger, &allocation, known, |known| {
                decide::after_call(known, record, &observed.look, &allocation, settings)
            })
            .await
        })
        .buffer_unordered(AT_ONCE);
    all_written(pin!(writes)).await
}

/// After the row of an allocation is written: its release, where the ledger has one. What is known now may
/// change how it is handled. Read after the write, since the guard writes its record and then looks for
/// the row.
pub(super) async fn release_to_retry(
    ledger: &impl Ledger,
    settings: &Settings,
    allocation: &AllocationId,
) -> Result<Option<Release>, Error> {
    let known = ledger.read(allocation).await.map_err(Error::LedgerUnread)?;
    let Some(release) = known.release.clone() else {
        return Ok(None);
    };
    let at = release.released_at;
    let ended = |known: &AllocationRows| {
        let row = known.snapshot.as_ref()?;
        row.is_allocated().then(|| row.ended(at))
    };
    update_snapshot(ledger, allocation, known, ended)
        .await
        .map_err(|source| Error::LedgerUnwritten {
            done: format!("{allocation} was allocated and has been released since"),
            source,
        })?;
    Ok(Some(Release::recorded(&release, settings)))
}

/// Every write is tried before one that failed fails the run.
async fn all_written(
    mut writes: impl Stream<Item = Result<Option<Snapshot>, UpdateError>> + Unpin,
) -> Result<Vec<Snapshot>, Error> {
    let (mut rows, mut failure) = (Vec::new(), None);
    while let Some(write) = writes.next().await {
        match write {
            Ok(row) => rows.extend(row),
            Err(source) => failure = Some(source),
        }
    }
    match failure {
        None => Ok(rows),
        Some(source) => Err(Error::LedgerUnwritten {
            done: format!("{} changed rows are written, not all", rows.len()),
            source,
        }),
    }
}
