//! What was undone before a release, and by whom; and a release that was meant.

use super::super::fixtures::{
    Installation, address, allocation, association, installation, protect, record, somebody,
};
use crate::ledger::ReleaseStatus;
use crate::ledger::snapshot::Lock;
use crate::model::cloudtrail::{AddressChange, Record};
use crate::model::elastic_ip::Address;
use crate::report::Outcome;

async fn known_to_the_ledger() -> Installation {
    let account = installation().with(Address {
        tags: protect("reclaim"),
        association: Some(association(7)),
        ..address(1)
    });
    let name = "a.example.com".to_owned();
    account.account().names.insert(allocation(1), name);
    account.sweep().await;
    account.minutes_later(5);
    account
}

fn untagged(account: &Installation) -> Record {
    let change = AddressChange::Untagged {
        allocations: vec![allocation(1)],
        tags: vec![("holdfast:protect".to_owned(), None)],
    };
    record(account.now(), "DeleteTags", change)
}

fn unnamed(account: &Installation) -> Record {
    let change = AddressChange::ReverseDnsReset {
        allocation: allocation(1),
    };
    record(account.now(), "ResetAddressAttribute", change)
}

fn disassociated(account: &Installation) -> Record {
    let change = AddressChange::Disassociated {
        association: association(7).id,
    };
    record(account.now(), "DisassociateAddress", change)
}

#[tokio::test]
async fn the_release_record_tells_who_undid_what_before() {
    let account = known_to_the_ledger().await;
    for undone in [unnamed, disassociated] {
        account.minutes_later(1);
        account.hears(&undone(&account)).await;
    }
    account.minutes_later(1);
    account.guard_hears(&account.release(1)).await;
    let unlocked = account.known(1).await.release.unwrap().unlocked;
    let told: Vec<Lock> = unlocked.iter().map(|unlocked| unlocked.what).collect();
    assert_eq!(told, [Lock::ReverseDns, Lock::Association]);
    assert!(unlocked.iter().all(|unlocked| unlocked.by == somebody()));
}

#[tokio::test]
async fn the_record_learns_of_an_unlocking_whose_event_comes_after_the_release() {
    let account = known_to_the_ledger().await;
    let late = disassociated(&account);
    account.minutes_later(1);
    account.guard_hears(&account.release(1)).await;
    account.hears(&late).await;
    let unlocked = account.known(1).await.release.unwrap().unlocked;
    assert_eq!(unlocked[0].what, Lock::Association);
}

#[tokio::test]
async fn a_tag_removed_before_the_release_lets_it_go() {
    let account = known_to_the_ledger().await;
    account.hears(&untagged(&account)).await;
    account.minutes_later(1);
    let report = account.guard_hears(&account.release(1)).await;
    assert_eq!(report.outcome, Outcome::LetGo);
    assert!(
        report.summary.contains("user/somebody"),
        "{}",
        report.summary
    );
    assert!(account.held().is_empty());
}

#[tokio::test]
async fn a_removal_told_after_a_reclaim_is_said_and_the_address_left() {
    let account = known_to_the_ledger().await;
    let late = untagged(&account);
    account.minutes_later(1);
    let reclaimed = account.guard_hears(&account.release(1)).await;
    assert_eq!(reclaimed.outcome, Outcome::Reclaimed);
    let held = account.held();

    let report = account.hears(&late).await;

    assert_eq!(report.outcome, Outcome::LetGo);
    assert!(
        report.findings[0].next.contains("aws ec2 release-address"),
        "{report:?}"
    );
    assert_eq!(account.held(), held);
    let release = account.known(1).await.release.unwrap();
    assert!(matches!(release.status, ReleaseStatus::Reclaimed { .. }));
    assert!(release.late_exemption.unwrap().contains("user/somebody"));
    let again = account.hears(&late).await;
    assert_ne!(again.outcome, Outcome::LetGo, "it is said once");
}

#[tokio::test]
async fn a_removal_told_while_the_reclaim_is_pending_lets_it_go() {
    let account = known_to_the_ledger().await;
    let late = untagged(&account);
    account.minutes_later(1);
    account.account().taken = true;
    account.guard_hears(&account.release(1)).await;
    account.account().taken = false;
    assert_eq!(account.hears(&late).await.outcome, Outcome::LetGo);
    account.minutes_later(300);
    account.sweep().await;
    assert!(account.held().is_empty());
}
