//! Transfers to another account: an offer is a threat, an accepted one is an end of its own. The address
//! is not released, so it cannot be asked back: never 'reclaimed'.
//!
//! Effects: the ledger's rows only, by compare-and-set. Races with the guard, should it take the same
//! address for released; the record that is settled first stays.

use super::FUNCTION;
use crate::clock::Clock;
use crate::error::Error;
use crate::ledger::{
    AllocationRows, Ledger, ReleaseRecord, ReleaseStatus, Snapshot, update_release, update_snapshot,
};
use crate::model::cloudtrail::{Actor, Call};
use crate::ports::Ports;
use crate::release_guard::decide::protection;
use crate::report::{AddressReport, Finding, Outcome, Report, Subject};
use crate::settings::{Protection, Settings};
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
pub(super) async fn conclude<C, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    row: &Snapshot,
    transfer: AcceptedTransfer,
) -> Result<Report, Error> {
    let (ledger, allocation) = (&ports.ledger, &row.allocation);
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
    let now = ports.clock.now();
    update_release(ledger, allocation, known, |known| {
        record_of(row, &transfer, known, now)
    })
    .await
    .map_err(unwritten)?;
    Ok(report(settings, row, transfer))
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
        late_exemption: None,
        audited: true,
        attempts: before.map_or(0, |before| before.attempts),
        updated_at: now,
        revision: 0,
    })
}

fn report(settings: &Settings, row: &Snapshot, transfer: AcceptedTransfer) -> Report {
    let to = transfer.to_account.as_ref();
    let whom = to.map_or("another account".to_owned(), |account| {
        format!("account {account}")
    });
    let by = name_of(&transfer.offered_by);
    let finding = Finding {
        what: format!("{} belongs to {whom} now", row.ip),
        why: format!(
            "{by} offered it, and it was accepted; it was not released, so AWS does not give \
                      it back"
        ),
        next: format!(
            "ask {whom} to transfer it back: there, aws ec2 enable-address-transfer --allocation-id \
             <theirs> --transfer-account-id <this account>; here, aws ec2 accept-address-transfer \
             --address {}",
            row.ip
        ),
    };
    let address = AddressReport {
        released_allocation: row.allocation.clone(),
        ip: Some(row.ip),
        border_group: row.border_group.clone(),
        released_at: transfer.at,
        allocation: None,
        association: None,
        reverse_dns: None,
        known_from: None,
        attempts: 0,
    };
    let summary = format!(
        "{} ({}) was transferred to {whom}, offered by {by}",
        row.ip, row.allocation
    );
    Report {
        event: transfer.call,
        subject: Subject::Address(Box::new(address)),
        findings: vec![finding],
        ..Report::of(FUNCTION, settings.mode, Outcome::Transferred, summary)
    }
}

/// What there is to say about an offer that stands at that moment.
pub(super) fn open_transfer_offer(
    row: &Snapshot,
    settings: &Settings,
    moment: OffsetDateTime,
) -> Option<Finding> {
    let transfer_offer = row
        .transfer_offer
        .as_ref()
        .filter(|transfer_offer| transfer_offer.is_open_at(moment))?;
    if !row.is_allocated() || protection(row, settings).0 != Protection::Reclaim {
        return None;
    }
    let to = transfer_offer
        .to_account
        .as_deref()
        .unwrap_or("another account");
    Some(Finding {
        what: format!(
            "{} is offered to {to}, which can take it within seven days",
            row.ip
        ),
        why: format!(
            "{} offered it, and it is protected",
            name_of(&transfer_offer.by)
        ),
        next: format!(
            "aws ec2 disable-address-transfer --allocation-id {}",
            row.allocation
        ),
    })
}

fn name_of(actor: &Actor) -> &str {
    let names = [&actor.arn, &actor.invoked_by, &actor.source];
    names
        .into_iter()
        .flatten()
        .next()
        .map_or("somebody not named", String::as_str)
}
