//! What a person reads of transfers to another account: an offer is a threat, an accepted one an end.

use super::super::case::FUNCTION;
use super::super::transfer::AcceptedTransfer;
use crate::ledger::Snapshot;
use crate::model::cloudtrail::Actor;
use crate::release_guard::decide::protection;
use crate::report::{AddressReport, Command, Finding, Outcome, Report, Subject};
use crate::settings::{Protection, Settings};
use time::OffsetDateTime;

/// The report on an address that another account accepted.
pub(crate) fn transferred(
    settings: &Settings,
    row: &Snapshot,
    transfer: AcceptedTransfer,
) -> Report {
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
            "ask {whom} to transfer it back, there: {}. Then accept it, here: {}",
            Command::ec2("enable-address-transfer")
                .to_fill_in("allocation-id", "theirs")
                .to_fill_in("transfer-account-id", "this account"),
            Command::ec2("accept-address-transfer").with("address", row.ip)
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
        request_after_ms: None,
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
            "take the offer back: {}",
            Command::ec2("disable-address-transfer").with("allocation-id", &row.allocation)
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
