//! Transfers to another account.

use super::super::fixtures::{
    Installation, THEIRS, accepted_at, address, allocation, installation, ip, offered_at, protect,
    release_record, swept, withdrawn_at,
};
use super::super::state::READ_LAG;
use super::super::transfer::{AcceptedTransfer, conclude};
use crate::ledger::snapshot::AllocationState;
use crate::ledger::{ReleaseRecord, ReleaseStatus};
use crate::model::cloudtrail::{Actor, Record};
use crate::model::elastic_ip::Address;
use crate::report::{Outcome, Subject};

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
    offered_at(1, account.now())
}

fn withdrawn(account: &Installation) -> Record {
    withdrawn_at(1, account.now())
}

fn accepted(account: &Installation) -> Record {
    account.account().addresses.remove(&allocation(1));
    accepted_at(1, None, account.now())
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
    assert_eq!(report.outcome, Outcome::TransferOffered);
    let undo =
        "take the offer back: aws ec2 disable-address-transfer --allocation-id eipalloc-00000001";
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
    let transfer_offer = offered(&account);
    account.minutes_later(1);
    account.hears(&withdrawn(&account)).await;
    assert_eq!(
        account.hears(&transfer_offer).await.outcome,
        Outcome::Refreshed
    );
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

async fn offered_and_accepted(account: &Installation) -> Record {
    account.hears(&offered(account)).await;
    account.minutes_later(5);
    accepted(account)
}

#[tokio::test]
async fn the_record_of_a_transfer_tells_who_offered_it_to_whom_and_when_it_was_accepted() {
    let account = known_to_the_ledger("reclaim").await;
    let told = offered_and_accepted(&account).await;
    account.minutes_later(1);
    let report = account.hears(&told).await;
    let release = account.record(1).await;
    let wanted = ReleaseRecord {
        border_group: address(1).border_group,
        released_at: told.call.at,
        event_id: Some(told.call.event_id.clone()),
        audited: true,
        attempts: 0,
        updated_at: account.now(),
        ..release_record(1, to_them())
    };
    assert_eq!(release, wanted);
    let at = told.call.at;
    assert_eq!(account.row(1).await.state, AllocationState::Released { at });
    assert_eq!(report.event, Some(told.call));
    let Subject::Address(told) = &report.subject else {
        panic!("it is not about an address: {report:?}")
    };
    assert_eq!((told.ip, told.attempts), (Some(ip(1)), 0));
    let finding = &report.findings[0];
    assert!(finding.what.contains("account 444455556666"), "{finding:?}");
    assert!(finding.why.contains("user/somebody"), "{finding:?}");
    let back = "accept-address-transfer --address 203.0.113.1";
    assert!(finding.next.contains(back), "{finding:?}");
}

#[tokio::test]
async fn a_transfer_that_a_sweep_found_is_dated_by_the_look_and_not_looked_up_again() {
    let account = known_to_the_ledger("reclaim").await;
    offered_and_accepted(&account).await;
    account.minutes_later(5);
    account.sweep().await;
    let at = account.now() - READ_LAG;
    let release = account.record(1).await;
    assert_eq!((release.released_at, release.event_id), (at, None));
    assert_eq!(account.row(1).await.state, AllocationState::Released { at });
    account.minutes_later(60);
    account.calls();
    assert_eq!(account.sweep().await.outcome, Outcome::Refreshed);
    assert!(!account.calls().contains_key("LookupEvents"));
}

#[tokio::test]
async fn a_transfer_is_told_once_however_often_it_is_delivered() {
    let account = known_to_the_ledger("reclaim").await;
    let told = offered_and_accepted(&account).await;
    account.hears(&told).await;
    let before = account.known(1).await;
    account.minutes_later(1);
    assert_eq!(account.hears(&told).await.outcome, Outcome::Refreshed);
    assert_eq!(account.known(1).await, before);
}

#[tokio::test]
async fn a_transfer_of_which_no_offer_is_known_is_to_another_account_by_somebody_not_named() {
    let account = known_to_the_ledger("reclaim").await;
    let report = account.hears(&accepted(&account)).await;
    assert_eq!(report.outcome, Outcome::Transferred);
    let told = "203.0.113.1 (eipalloc-00000001) was transferred to another account, offered by \
                somebody not named";
    assert_eq!(report.summary, told);
    let status = ReleaseStatus::Transferred { to_account: None };
    assert_eq!(account.record(1).await.status, status);
}

#[tokio::test]
async fn who_offered_it_is_named_by_what_is_known_of_them() {
    let service = || Some("a-service.amazonaws.com".to_owned());
    let source = || Some("198.51.100.7".to_owned());
    for (invoked_by, source, name) in [
        (service(), source(), "a-service.amazonaws.com"),
        (None, source(), "198.51.100.7"),
    ] {
        let account = known_to_the_ledger("reclaim").await;
        let mut transfer_offer = offered(&account);
        transfer_offer.call.actor = Actor {
            invoked_by,
            source,
            ..Actor::default()
        };
        let report = account.hears(&transfer_offer).await;
        let why = format!("{name} offered it, and it is protected");
        assert_eq!(report.findings[0].why, why);
    }
}

#[tokio::test]
async fn what_is_settled_does_not_become_a_transfer() {
    let account = known_to_the_ledger("reclaim").await;
    account.guard_hears(&account.release(1)).await;
    let before = account.known(1).await;
    let row = before.snapshot.clone().unwrap();
    let transfer = AcceptedTransfer::accepted(&row, &accepted_at(1, None, account.now()).call);
    let ledger = &account.ports.ledger;
    conclude(ledger, &row, &transfer, account.now())
        .await
        .unwrap();
    assert_eq!(account.known(1).await, before);
}

#[tokio::test]
async fn a_reclaim_that_waits_becomes_a_transfer_with_the_tries_that_it_took() {
    let account = known_to_the_ledger("reclaim").await;
    account.hears(&offered(&account)).await;
    account.minutes_later(5);
    account.account().taken = true;
    account.guard_hears(&account.release(1)).await;
    assert_eq!(account.record(1).await.attempts, 1);
    let report = account.hears(&accepted(&account)).await;
    assert_eq!(report.outcome, Outcome::Transferred);
    let release = account.record(1).await;
    assert_eq!((release.status, release.attempts), (to_them(), 1));
}

#[tokio::test]
async fn an_address_that_has_ended_is_offered_to_nobody() {
    let account = known_to_the_ledger("reclaim").await;
    account.hears(&offered(&account)).await;
    account.account().taken = true;
    account.guard_hears(&account.release(1)).await;
    account.minutes_later(2);
    let findings = account.sweep().await.findings;
    let is_offered = findings.iter().any(|one| one.what.contains("offered"));
    assert!(!is_offered, "{findings:?}");
}

/// Another account had it after we lost it, and gives it back.
#[tokio::test]
async fn an_address_that_another_account_gives_back_is_ours_and_known() {
    let account = known_to_the_ledger("reclaim").await;
    account.account().taken = true;
    account.guard_hears(&account.release(1)).await;
    account.minutes_later(60);
    account.put(Address {
        ip: ip(1),
        ..address(2)
    });
    account.put(address(3));
    account.calls();
    let told = accepted_at(1, Some(allocation(2)), account.now());

    let report = account.hears(&told).await;

    assert_eq!(report.outcome, Outcome::Refreshed);
    assert_eq!(swept(&report).addresses, 1);
    assert!(account.row(2).await.is_allocated());
    let lost = account.record(1).await.status;
    assert!(matches!(lost, ReleaseStatus::Pending { .. }), "{lost:?}");
    assert_eq!(account.calls()["DescribeAddresses"], 1);
    assert_eq!(account.known(3).await.snapshot, None);
}

#[tokio::test]
async fn a_transfer_of_an_address_that_nobody_knows_changes_nothing() {
    let account = known_to_the_ledger("reclaim").await;
    let before = account.known(1).await;
    let theirs = accepted_at(5, Some(allocation(5)), account.now());
    let report = account.hears(&theirs).await;
    assert_eq!(report.outcome, Outcome::Refreshed);
    assert_eq!(swept(&report).written, 0);
    assert_eq!(account.known(1).await, before);
}
