//! A transfer that another account accepted is an end of its own. The address is not released, so it cannot be
//! asked back: never 'reclaimed'.
//!
//! Effects: the ledger's rows only, by compare-and-set. Races with the guard, should it take the same
//! address for released; the record that is final first stays.

use crate::error::Error;
use crate::ledger::{
    AllocationRows, Ledger, ReleaseRecord, ReleaseStatus, Snapshot, update_release, update_snapshot,
};
use crate::model::cloudtrail::{Actor, Call};
use time::OffsetDateTime;

/// An address given away.
#[derive(Debug, Clone)]
pub(super) struct AcceptedTransfer {
    pub(super) to_account: Option<String>,
    pub(super) offered_by: Actor,
    pub(super) at: OffsetDateTime,
    pub(super) call: Option<Call>,
}

impl AcceptedTransfer {
    /// As the call tells by which it was accepted; who had offered it, the ledger knows.
    pub(super) fn accepted(row: &Snapshot, call: &Call) -> Self {
        let transfer_offer = row.transfer_offer.as_ref();
        Self {
            to_account: transfer_offer.and_then(|transfer_offer| transfer_offer.to_account.clone()),
            offered_by: transfer_offer
                .map(|transfer_offer| transfer_offer.by.clone())
                .unwrap_or_default(),
            at: call.at,
            call: Some(call.clone()),
        }
    }
}

/// Writes down that an address was given away.
pub(super) async fn conclude(
    ledger: &impl Ledger,
    row: &Snapshot,
    transfer: &AcceptedTransfer,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let allocation = &row.allocation;
    let unwritten = |source| Error::LedgerUnwritten {
        done: format!("{} was transferred", row.ip),
        source,
    };
    let known = ledger.read(allocation).await.map_err(Error::LedgerUnread)?;
    let ended = |known: &AllocationRows| {
        let row = known.snapshot.as_ref()?;
        row.is_allocated().then(|| row.ended(transfer.at))
    };
    update_snapshot(ledger, allocation, known.clone(), ended)
        .await
        .map_err(unwritten)?;
    update_release(ledger, allocation, known, |known| {
        record_of(row, transfer, known, now)
    })
    .await
    .map_err(unwritten)?;
    Ok(())
}

fn record_of(
    row: &Snapshot,
    transfer: &AcceptedTransfer,
    known: &AllocationRows,
    now: OffsetDateTime,
) -> Option<ReleaseRecord> {
    let status = ReleaseStatus::Transferred {
        to_account: transfer.to_account.clone(),
    };
    let before = known.release.as_ref();
    if before.is_some_and(|before| !status.may_follow(&before.status)) {
        return None;
    }
    Some(ReleaseRecord {
        allocation: row.allocation.clone(),
        ip: Some(row.ip),
        border_group: row.border_group.clone(),
        released_at: transfer.at,
        event_id: transfer.call.as_ref().map(|call| call.event_id.clone()),
        actor: transfer.offered_by.clone(),
        unlocked: row.unlocked.clone(),
        status,
        restoration: None,
        late_exemption: None,
        is_asked_for: false,
        audited: true,
        attempts: before.map_or(0, |before| before.attempts),
        updated_at: now,
        revision: 0,
    })
}
