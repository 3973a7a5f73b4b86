//! Transfers to another account.

use super::super::fixtures::{
    Installation, address, allocation, installation, ip, protect, record, swept,
};
use crate::address::Address;
use crate::event::cloudtrail::{Deed, Record};
use crate::ledger::ReleaseStatus;
use crate::report::Outcome;

const THEIRS: &str = "444455556666";

async fn known_to_the_ledger(protection: &str) -> Installation {
    let account = installation().with(Address {
        tags: protect(protection),
        ..address(1)
    });
    account.sweep().await;
    account.minutes_later(5);
    account
}

fn offered(account: &Installation) -> Record {
    let deed = Deed::TransferEnabled {
        allocation: allocation(1),
        to_account: Some(THEIRS.to_owned()),
    };
    record(account.now(), "EnableAddressTransfer", deed)
}

fn withdrawn(account: &Installation) -> Record {
    let deed = Deed::TransferDisabled {
        allocation: allocation(1),
    };
    record(account.now(), "DisableAddressTransfer", deed)
}

fn accepted(account: &Installation) -> Record {
    account.account().addresses.remove(&allocation(1));
    let deed = Deed::TransferAccepted {
        ip: ip(1),
        allocation: None,
    };
    record(account.now(), "AcceptAddressTransfer", deed)
}

fn to_them() -> ReleaseStatus {
    ReleaseStatus::Transferred {
        to_account: Some(THEIRS.to_owned()),
    }
}

#[tokio::test]
async fn an_offer_of_a_protected_address_is_a_threat_with_the_command_that_undoes_it() {
    let account = known_to_the_ledger("reclaim").await;
    let report = account.hears(&offered(&account)).await;
    assert_eq!(report.outcome, Outcome::Threatened);
    let undo = "aws ec2 disable-address-transfer --allocation-id eipalloc-00000001";
    assert_eq!(report.findings[0].next, undo);
    assert!(report.summary.contains(THEIRS), "{}", report.summary);
}

#[tokio::test]
async fn an_offer_that_stands_is_repeated_by_every_sweep_until_it_is_withdrawn() {
    let account = known_to_the_ledger("reclaim").await;
    account.hears(&offered(&account)).await;
    account.minutes_later(5);
    assert_eq!(account.sweep().await.findings.len(), 1);
    account.hears(&withdrawn(&account)).await;
    account.minutes_later(5);
    assert!(account.sweep().await.findings.is_empty());
}

#[tokio::test]
async fn an_offer_that_arrives_after_its_withdrawal_is_no_threat() {
    let account = known_to_the_ledger("reclaim").await;
    let offer = offered(&account);
    account.minutes_later(1);
    account.hears(&withdrawn(&account)).await;
    assert_eq!(account.hears(&offer).await.outcome, Outcome::Refreshed);
}

#[tokio::test]
async fn an_offer_of_an_unprotected_address_is_none_of_our_business() {
    let account = known_to_the_ledger("record").await;
    assert_eq!(
        account.hears(&offered(&account)).await.outcome,
        Outcome::Refreshed
    );
}

#[tokio::test]
async fn an_accepted_transfer_is_transferred_and_never_asked_back() {
    let account = known_to_the_ledger("reclaim").await;
    account.hears(&offered(&account)).await;
    account.minutes_later(5);
    let report = account.hears(&accepted(&account)).await;
    assert_eq!(report.outcome, Outcome::Transferred);
    assert_eq!(account.known(1).await.release.unwrap().status, to_them());
    account.minutes_later(60);
    account.sweep().await;
    assert!(!account.calls().contains_key("AllocateAddress"));
}

#[tokio::test]
async fn a_transfer_whose_acceptance_no_event_told_of_is_transferred_too() {
    let account = known_to_the_ledger("reclaim").await;
    account.hears(&offered(&account)).await;
    accepted(&account);
    account.minutes_later(5);
    let report = account.sweep().await;
    assert_eq!(report.outcome, Outcome::Transferred);
    assert_eq!(swept(&report).missing, [allocation(1)]);
    assert_eq!(account.known(1).await.release.unwrap().status, to_them());
    assert!(!account.calls().contains_key("AllocateAddress"));
}

#[tokio::test]
async fn a_transfer_that_only_the_trail_knows_of_is_transferred_too() {
    let account = known_to_the_ledger("reclaim").await;
    account.in_the_trail(offered(&account));
    accepted(&account);
    account.minutes_later(5);
    assert_eq!(account.sweep().await.outcome, Outcome::Transferred);
}

#[tokio::test]
async fn a_release_after_an_offer_is_a_release() {
    let account = known_to_the_ledger("reclaim").await;
    account.hears(&offered(&account)).await;
    account.minutes_later(1);
    account.hears(&withdrawn(&account)).await;
    account.in_the_trail(account.release(1));
    account.minutes_later(5);
    assert_eq!(account.sweep().await.outcome, Outcome::Reclaimed);
}
