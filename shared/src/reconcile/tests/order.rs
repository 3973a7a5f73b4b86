//! A release that is delivered before the allocation it ends.

use super::super::execute::release_to_retry;
use super::super::fixtures::{
    Installation, PENDING, START, address, allocated, installation, ip, protect, release_record,
    released, somebody,
};
use crate::ledger::snapshot::AllocationState;
use crate::ledger::{Ledger, ReleaseStatus, Snapshot, Written};
use crate::model::cloudtrail::{AddressChange, Record};
use crate::model::elastic_ip::Address;
use crate::report::{Function, Outcome};
use crate::settings::Mode;
use std::time::Duration;

/// Allocated with a protect tag and released nine seconds later, before anybody looked.
fn short_lived() -> (Installation, Record, Record) {
    let account = installation();
    let address = Address {
        tags: protect("reclaim"),
        ..address(1)
    };
    let birth = allocated(&address, START);
    account.pass(Duration::from_secs(9));
    let release = released(1, account.now());
    account.minutes_later(1);
    (account, birth, release)
}

async fn is_reclaimed_once(account: &Installation) {
    let held: Vec<_> = account.account().addresses.values().cloned().collect();
    let [back] = held.as_slice() else {
        panic!("one address expected: {held:?}")
    };
    assert_eq!(back.ip, ip(1));
    let known = account.known(1).await;
    assert!(!known.snapshot.unwrap().is_allocated());
    let status = known.release.unwrap().status;
    let reclaimed = ReleaseStatus::Reclaimed {
        allocation: back.allocation.clone(),
        restored: true,
    };
    assert_eq!(status, reclaimed);
}

#[tokio::test]
async fn a_release_after_its_allocation_is_reclaimed() {
    let (account, birth, release) = short_lived();
    account.in_the_trail(birth.clone());
    account.hears(&birth).await;
    let report = account.guard_hears(&release).await;
    assert_eq!(report.outcome, Outcome::Reclaimed);
    is_reclaimed_once(&account).await;
}

#[tokio::test]
async fn a_release_before_its_own_allocation_is_reclaimed_when_the_allocation_arrives() {
    let (account, birth, release) = short_lived();
    assert_eq!(
        account.guard_hears(&release).await.outcome,
        Outcome::Pending
    );
    account.in_the_trail(birth.clone());
    let report = account.hears(&birth).await;
    assert_eq!(report.outcome, Outcome::Reclaimed);
    assert_eq!(report.function, Function::Reconcile);
    is_reclaimed_once(&account).await;
    assert_eq!(
        account.row(1).await.revision,
        2,
        "born as a tombstone, then confirmed by the trail"
    );
}

#[tokio::test]
async fn an_allocation_that_is_noted_while_the_guard_writes_its_record_ends_with_the_release() {
    let account = installation().knowing(1).await;
    let release = release_record(1, PENDING);
    let ledger = &account.ports.ledger;
    assert_eq!(ledger.put_release(&release).await.unwrap(), Written::Stored);
    let left = || release_to_retry(ledger, &account.settings, &release.allocation);
    let release = left().await.unwrap().unwrap();
    assert_eq!(
        (release.released_at, release.call.unwrap().actor),
        (START, somebody())
    );
    let row = account.row(1).await;
    assert_eq!(row.state, AllocationState::Released { at: START });
    left().await.unwrap();
    assert_eq!(account.row(1).await, row);
}

#[tokio::test]
async fn an_allocation_whose_run_ended_after_its_tombstone_is_reclaimed_when_it_comes_again() {
    let (account, birth, release) = short_lived();
    account.guard_hears(&release).await;
    let AddressChange::Allocated(allocation) = &birth.change else {
        panic!("no allocation: {birth:?}")
    };
    let tombstone = Snapshot {
        revision: 1,
        ..Snapshot::from_allocation(allocation, START).ended(release.call.at)
    };
    let stored = account.ports.ledger.put_snapshot(&tombstone).await;
    assert_eq!(stored.unwrap(), Written::Stored);
    account.in_the_trail(birth.clone());
    let report = account.hears(&birth).await;
    assert_eq!(report.outcome, Outcome::Reclaimed);
    is_reclaimed_once(&account).await;
}

#[tokio::test]
async fn a_release_and_its_allocation_delivered_at_once_end_reclaimed() {
    let (account, birth, release) = short_lived();
    account.in_the_trail(birth.clone());
    futures_util::join!(account.guard_hears(&release), account.hears(&birth));
    is_reclaimed_once(&account).await;
    let (account, birth, release) = short_lived();
    account.in_the_trail(birth.clone());
    futures_util::join!(account.hears(&birth), account.guard_hears(&release));
    is_reclaimed_once(&account).await;
}

#[tokio::test]
async fn every_redelivery_of_both_leaves_one_address() {
    let (account, birth, release) = short_lived();
    account.in_the_trail(birth.clone());
    for _ in 0..5 {
        account.guard_hears(&release).await;
        account.hears(&birth).await;
    }
    is_reclaimed_once(&account).await;
}

#[tokio::test]
async fn an_address_of_events_alone_comes_back_when_the_history_has_caught_up() {
    let (account, birth, release) = short_lived();
    account.hears(&birth).await;
    let report = account.guard_hears(&release).await;
    assert_eq!(report.outcome, Outcome::Pending);
    assert!(
        report.summary.contains("an event alone"),
        "{}",
        report.summary
    );
    account.in_the_trail(birth);
    account.minutes_later(5);
    account.sweep().await;
    is_reclaimed_once(&account).await;
}

#[tokio::test]
async fn an_address_that_the_account_never_had_is_never_asked_for_whatever_events_say() {
    let (account, birth, release) = short_lived();
    account.hears(&birth).await;
    account.guard_hears(&release).await;
    account.hears(&birth).await;
    for _ in 0..12 {
        account.minutes_later(5);
        account.sweep().await;
    }
    account.guard_hears(&release).await;
    assert!(!account.calls().contains_key("AllocateAddress"));
    assert!(account.held().is_empty());
}

#[tokio::test]
async fn a_forged_allocation_does_not_give_an_address_that_is_held_another_ip() {
    let account = installation().with(Address {
        tags: protect("reclaim"),
        ..address(1)
    });
    account.sweep().await;
    account.minutes_later(1);
    let mut forged = Address {
        tags: protect("reclaim"),
        ..address(1)
    };
    forged.ip = ip(9);
    account.hears(&allocated(&forged, account.now())).await;
    account.guard_hears(&account.release(1)).await;
    let held = account.held();
    assert_eq!(held.len(), 1);
    assert_eq!(held[0].ip, ip(1));
}

#[tokio::test]
async fn a_forged_allocation_alone_leads_to_no_request_when_no_look_finds_it() {
    let (account, birth, _) = short_lived();
    account.hears(&birth).await;
    for _ in 0..12 {
        account.minutes_later(5);
        account.sweep().await;
    }
    assert!(!account.calls().contains_key("AllocateAddress"));
}

#[tokio::test]
async fn the_first_sweep_confirms_an_address_that_an_event_told_of_and_writes_it_once() {
    let account = installation().with(address(1));
    let birth = allocated(&account.held()[0], account.now());
    account.hears(&birth).await;
    assert!(account.row(1).await.unconfirmed);
    account.minutes_later(1);
    account.sweep().await;
    assert!(!account.row(1).await.unconfirmed);
    let revision = account.row(1).await.revision;
    account.minutes_later(5);
    account.sweep().await;
    assert_eq!(account.row(1).await.revision, revision, "written once");
}

#[tokio::test]
async fn a_late_allocation_does_not_resurrect_what_was_let_go() {
    let (mut account, birth, release) = short_lived();
    let pattern = "arn:aws:iam::111122223333:user/some*".parse().unwrap();
    account.settings.exempt_principals = vec![pattern];
    assert_eq!(account.guard_hears(&release).await.outcome, Outcome::LetGo);
    let report = account.hears(&birth).await;
    assert_eq!(report.outcome, Outcome::LetGo);
    assert!(!account.row(1).await.is_allocated());
    assert!(account.account().addresses.is_empty());
}

#[tokio::test]
async fn in_observe_mode_the_ledger_is_kept_and_nothing_is_allocated() {
    let (mut account, birth, release) = short_lived();
    account.settings.mode = Mode::Observe;
    account.guard_hears(&release).await;
    account.in_the_trail(birth.clone());
    let report = account.hears(&birth).await;
    assert_eq!(report.outcome, Outcome::WouldReclaim);
    assert!(!account.row(1).await.is_allocated());
    assert!(account.account().addresses.is_empty());
    assert!(!account.calls().contains_key("AllocateAddress"));
}
