//! Releases that no event told of, and releases that are not at their end.

use super::super::fixtures::{
    Installation, address, allocation, association, installation, ip, protect, record, somebody,
    swept,
};
use crate::ledger::ReleaseStatus;
use crate::ledger::release::LostReason;
use crate::model::cloudtrail::{AddressChange, Record};
use crate::model::elastic_ip::Address;
use crate::report::Outcome;
use crate::settings::Mode;
use std::time::Duration;

fn protected(number: usize) -> Address {
    Address {
        tags: protect("reclaim"),
        ..address(number)
    }
}

/// One protected address that a sweep has seen, a few minutes ago.
async fn known_to_the_ledger() -> Installation {
    let account = installation().with(protected(1));
    account.sweep().await;
    account.minutes_later(5);
    account
}

async fn status(account: &Installation) -> ReleaseStatus {
    account.known(1).await.release.unwrap().status
}

#[tokio::test]
async fn a_release_that_no_event_told_of_is_found_and_taken_back() {
    let account = known_to_the_ledger().await;
    account.in_the_trail(account.release(1));
    account.minutes_later(5);
    let report = account.sweep().await;
    assert_eq!(report.outcome, Outcome::Reclaimed);
    assert_eq!(swept(&report).missing, [allocation(1)]);
    assert_eq!(account.held()[0].ip, ip(1));
    assert_eq!(account.known(1).await.release.unwrap().actor, somebody());
}

#[tokio::test]
async fn it_is_taken_back_when_not_even_the_trail_tells_who_did_it() {
    let account = known_to_the_ledger().await;
    account.release(1);
    let report = account.sweep().await;
    assert_eq!(report.outcome, Outcome::Reclaimed);
    assert!(
        report.summary.contains("no event told by whom"),
        "{}",
        report.summary
    );
}

#[tokio::test]
async fn an_exempt_principal_found_in_the_trail_is_let_go() {
    let mut account = known_to_the_ledger().await;
    account.settings.exempt_principals =
        vec!["arn:aws:iam::111122223333:user/some*".parse().unwrap()];
    account.in_the_trail(account.release(1));
    assert_eq!(account.sweep().await.outcome, Outcome::LetGo);
    assert!(account.held().is_empty());
}

#[tokio::test]
async fn a_describe_that_was_cut_short_is_no_loss() {
    let account = known_to_the_ledger().await;
    account.account().cut_short = true;
    let report = account.sweep().await;
    assert_eq!(report.outcome, Outcome::Refreshed);
    assert!(swept(&report).missing.is_empty());
    assert!(account.row(1).await.is_allocated());
}

#[tokio::test]
async fn who_did_it_is_added_when_the_event_comes_after_all() {
    let account = known_to_the_ledger().await;
    let late = account.release(1);
    account.minutes_later(5);
    account.sweep().await;
    account.guard_hears(&late).await;
    let release = account.known(1).await.release.unwrap();
    assert_eq!(
        (release.actor, release.released_at),
        (somebody(), late.call.at)
    );
    assert_eq!(account.held().len(), 1);
}

#[tokio::test]
async fn who_did_it_is_added_when_the_trail_has_caught_up() {
    let account = known_to_the_ledger().await;
    let release = account.release(1);
    account.sweep().await;
    account.in_the_trail(release);
    account.minutes_later(30);
    account.sweep().await;
    assert_eq!(account.known(1).await.release.unwrap().actor, somebody());
}

#[tokio::test]
async fn a_pending_reclaim_is_tried_with_growing_spacing_and_comes_back_when_it_can() {
    let account = known_to_the_ledger().await;
    account.account().taken = true;
    account.guard_hears(&account.release(1)).await;
    let mut tries = Vec::new();
    for minute in 0..60 {
        account.calls();
        account.sweep().await;
        if account.calls().contains_key("AllocateAddress") {
            tries.push(minute);
        }
        account.minutes_later(1);
    }
    let gaps: Vec<i32> = tries.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps.len() >= 3, "{tries:?}");
    assert!(gaps.is_sorted() && gaps.last() > gaps.first(), "{tries:?}");

    account.account().taken = false;
    account.minutes_later(240);
    assert_eq!(account.sweep().await.outcome, Outcome::Reclaimed);
}

#[tokio::test]
async fn past_its_deadline_it_is_lost_with_all_that_a_person_needs() {
    let account = installation().with(Address {
        association: Some(association(7)),
        ..protected(1)
    });
    account.sweep().await;
    account.minutes_later(5);
    account.account().taken = true;
    account.guard_hears(&account.release(1)).await;
    account.minutes_later(72 * 60 + 1);
    let report = account.sweep().await;
    assert_eq!(report.outcome, Outcome::Lost);
    let reason = LostReason::Deadline;
    assert_eq!(status(&account).await, ReleaseStatus::Lost { reason });
    let told = format!("{:?}", report.findings);
    let wanted = [
        "203.0.113.1",
        "holdfast:protect=reclaim",
        "10.0.0.5 on eni-0a",
        "allocate-address --domain vpc --address 203.0.113.1",
    ];
    for needed in wanted {
        assert!(told.contains(needed), "{needed} is not in {told}");
    }
    account.minutes_later(60);
    assert_eq!(account.sweep().await.outcome, Outcome::Refreshed);
}

#[tokio::test]
async fn what_a_run_left_half_way_is_taken_up() {
    let account = known_to_the_ledger().await;
    account.release(1);
    let row = account.row(1).await;
    let ended = crate::ledger::Snapshot {
        revision: 2,
        ..row.ended(account.now())
    };
    let stored = crate::ledger::Ledger::put_snapshot(&account.ports.ledger, &ended).await;
    assert_eq!(stored.unwrap(), crate::ledger::Written::Stored);
    account.minutes_later(5);
    assert_eq!(account.sweep().await.outcome, Outcome::Reclaimed);
}

#[tokio::test]
async fn in_observe_mode_a_missed_release_is_reported_and_nothing_allocated() {
    let mut account = known_to_the_ledger().await;
    account.settings.mode = Mode::Observe;
    account.release(1);
    let report = account.sweep().await;
    assert_eq!(report.outcome, Outcome::WouldReclaim);
    assert!(account.held().is_empty());
}

#[tokio::test]
async fn an_address_released_again_and_again_is_left_and_the_fight_named() {
    let account = known_to_the_ledger().await;
    let mut last = allocation(1);
    for _ in 0..3 {
        account.minutes_later(30);
        let report = account.guard_hears(&release_of(&account, &last)).await;
        assert_eq!(report.outcome, Outcome::Reclaimed);
        last = account.held()[0].allocation.clone();
    }
    account.minutes_later(30);
    let report = account.guard_hears(&release_of(&account, &last)).await;
    assert_eq!(report.outcome, Outcome::ReclaimLoop);
    assert!(
        report.summary.contains("user/somebody, 4 times"),
        "{}",
        report.summary
    );
    assert!(account.held().is_empty());
    account.minutes_later(300);
    assert_eq!(account.sweep().await.outcome, Outcome::Refreshed);
}

#[tokio::test]
async fn a_fight_of_yesterday_is_forgotten() {
    let account = known_to_the_ledger().await;
    let mut last = allocation(1);
    for _ in 0..6 {
        account.pass(Duration::from_hours(9));
        let report = account.guard_hears(&release_of(&account, &last)).await;
        assert_eq!(report.outcome, Outcome::Reclaimed);
        last = account.held()[0].allocation.clone();
    }
}

fn release_of(account: &Installation, allocation: &crate::model::ids::AllocationId) -> Record {
    account.account().addresses.remove(allocation);
    let change = AddressChange::Released {
        allocation: allocation.clone(),
        border_group: None,
    };
    record(account.now(), "ReleaseAddress", change)
}

#[tokio::test]
async fn a_protection_that_only_the_trail_knew_of_is_honoured_afterwards() {
    let account = installation().with(address(1));
    account.sweep().await;
    account.minutes_later(5);
    let change = AddressChange::Tagged {
        allocations: vec![allocation(1)],
        tags: protect("reclaim"),
    };
    account.in_the_trail(record(account.now(), "CreateTags", change));
    account.minutes_later(1);
    let release = account.in_the_trail(account.release(1));
    assert_eq!(
        account.guard_hears(&release).await.outcome,
        Outcome::RecordedOnly
    );
    account.minutes_later(30);
    assert_eq!(account.sweep().await.outcome, Outcome::Reclaimed);
    account.minutes_later(30);
    account.calls();
    account.sweep().await;
    assert!(
        !account.calls().contains_key("LookupEvents"),
        "each release is audited once"
    );
}

#[tokio::test]
async fn an_association_that_only_the_trail_knew_of_is_restored_afterwards() {
    let account = known_to_the_ledger().await;
    let change = AddressChange::Associated {
        allocation: allocation(1),
        association: Some(association(7).id),
        eni: association(7).eni,
        private_ip: association(7).private_ip,
        instance: None,
    };
    account.in_the_trail(record(account.now(), "AssociateAddress", change));
    account.minutes_later(1);
    let release = account.in_the_trail(account.release(1));
    account.guard_hears(&release).await;
    assert_eq!(account.held()[0].association, None);
    account.minutes_later(30);
    account.sweep().await;
    let restored = account.held()[0].association.clone().unwrap();
    assert_eq!(restored.private_ip, association(7).private_ip);
}

#[tokio::test]
async fn nothing_is_taken_up_twice() {
    let account = known_to_the_ledger().await;
    account.release(1);
    account.sweep().await;
    for _ in 0..5 {
        account.minutes_later(30);
        account.calls();
        account.sweep().await;
        assert!(!account.calls().contains_key("AllocateAddress"));
    }
    assert_eq!(account.held().len(), 1);
}
