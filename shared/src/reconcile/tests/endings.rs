//! How an address ended that is not there any more: by a release, or by a transfer.

use super::super::fixtures::{
    Installation, START, THEIRS, address, allocation, associated_at, association, installation,
    offered_at, protect, protected_at, released, row_of, somebody, swept, withdrawn_at,
};
use super::super::open_releases::{
    AllocationEnd, end_of_allocation, release_in, with_event_history,
};
use crate::ledger::{ReleaseStatus, Snapshot};
use crate::model::cloudtrail::Record;
use crate::model::elastic_ip::Address;
use crate::release_guard::state::Release;
use crate::report::Outcome;
use time::{Duration, OffsetDateTime};

fn day(number: i64) -> OffsetDateTime {
    START + Duration::days(number)
}

/// The row of an address that is protected, after these calls.
fn row(calls: &[Record]) -> Snapshot {
    let address = Address {
        tags: protect("reclaim"),
        ..address(1)
    };
    calls.iter().fold(row_of(&address, START), |row, call| {
        row.after_record(call, "holdfast:protect").unwrap()
    })
}

fn released_at(released_at: OffsetDateTime) -> AllocationEnd {
    AllocationEnd::Released(Release {
        allocation: allocation(1),
        border_group: None,
        released_at,
        call: None,
    })
}

#[test]
fn what_was_offered_and_is_gone_within_seven_days_was_transferred() {
    let offered = row(&[offered_at(1, day(1))]);
    let transferred = AllocationEnd::Transferred {
        to_account: Some(THEIRS.to_owned()),
        offered_by: somebody(),
    };
    assert_eq!(end_of_allocation(&offered, &[], day(8)), transferred);
}

#[test]
fn an_offer_that_expired_is_no_transfer() {
    let offered = row(&[offered_at(1, day(1))]);
    assert_eq!(
        end_of_allocation(&offered, &[], day(9)),
        released_at(day(9))
    );
}

#[test]
fn an_offer_that_was_withdrawn_is_no_transfer() {
    let withdrawn = row(&[offered_at(1, day(1)), withdrawn_at(1, day(2))]);
    assert_eq!(
        end_of_allocation(&withdrawn, &[], day(3)),
        released_at(day(3))
    );
}

#[test]
fn the_trail_has_the_word_although_an_offer_stands() {
    let offered = row(&[offered_at(1, day(1))]);
    let release = released(1, day(2));
    let told = end_of_allocation(&offered, &[offered_at(1, day(1)), release.clone()], day(3));
    let release = Release {
        allocation: allocation(1),
        border_group: None,
        released_at: day(2),
        call: Some(release.call),
    };
    assert_eq!(told, AllocationEnd::Released(release));
}

#[test]
fn the_release_of_another_address_is_not_its_end() {
    let others = released(2, day(2));
    assert_eq!(release_in(&others, &allocation(1)), None);
    assert_eq!(
        end_of_allocation(&row(&[]), &[others], day(3)),
        released_at(day(3))
    );
}

#[test]
fn a_tombstone_ended_when_it_says_and_not_when_it_was_missed() {
    let ended = row(&[]).ended(day(2));
    assert_eq!(end_of_allocation(&ended, &[], day(3)), released_at(day(2)));
}

#[test]
fn the_trail_tells_what_was_before_the_end_and_leaves_the_end_to_others() {
    let settings = installation().settings;
    let told = [associated_at(1, 7, day(1)), released(1, day(2))];
    let next = with_event_history(&row(&[]), &told, &settings).unwrap();
    assert!(next.is_allocated());
    assert_eq!(next.association.unwrap().value, association(7));
    assert_eq!(with_event_history(&row(&[]), &told[1..], &settings), None);
}

/// A protected address that was offered a while ago, and is gone without a trace.
async fn offered_and_gone(days: u64, is_withdrawn: bool) -> Installation {
    let account = installation().knowing(1).await;
    account.hears(&offered_at(1, account.now())).await;
    if is_withdrawn {
        account.minutes_later(1);
        account.hears(&withdrawn_at(1, account.now())).await;
    }
    account.minutes_later(days * 24 * 60);
    account.release(1);
    account
}

#[tokio::test]
async fn an_address_whose_offer_was_withdrawn_comes_back_when_it_is_gone() {
    let account = offered_and_gone(1, true).await;
    assert_eq!(account.sweep().await.outcome, Outcome::Reclaimed);
    assert_eq!(
        account.back_as(1).await.0.tags["holdfast:protect"],
        "reclaim"
    );
}

#[tokio::test]
async fn an_address_whose_offer_has_expired_comes_back_when_it_is_gone() {
    let account = offered_and_gone(8, false).await;
    assert_eq!(account.sweep().await.outcome, Outcome::Reclaimed);
}

#[tokio::test]
async fn an_address_whose_offer_stands_is_with_whoever_took_it() {
    let account = offered_and_gone(1, false).await;
    assert_eq!(account.sweep().await.outcome, Outcome::Transferred);
    assert!(account.held().is_empty());
}

#[tokio::test]
async fn an_offer_that_has_expired_is_a_threat_no_more() {
    let account = installation().knowing(1).await;
    account.hears(&offered_at(1, account.now())).await;
    account.minutes_later(6 * 24 * 60);
    assert_eq!(account.sweep().await.findings.len(), 1);
    account.minutes_later(2 * 24 * 60);
    assert_eq!(account.sweep().await.findings, []);
}

#[tokio::test]
async fn of_two_losses_the_protected_one_is_dealt_with_first_whatever_the_ids() {
    for (protected, other) in [(1, 2), (2, 1)] {
        let account = installation().knowing(protected).await;
        account.put(address(other));
        account.sweep().await;
        account.minutes_later(5);
        account.release(protected);
        account.release(other);
        let report = account.sweep().await;
        let handled = swept(&report).releases.iter().map(|one| one.outcome);
        let order: Vec<Outcome> = handled.collect();
        assert_eq!(order, [Outcome::Reclaimed, Outcome::RecordedOnly]);
    }
}

#[tokio::test]
async fn a_protection_that_the_trail_tells_of_counts_for_an_address_that_is_missing() {
    let account = installation().with(address(1));
    account.sweep().await;
    account.minutes_later(5);
    account.in_the_trail(protected_at(1, account.now()));
    account.minutes_later(1);
    account.release(1);
    assert_eq!(account.sweep().await.outcome, Outcome::Reclaimed);
    let status = account.record(1).await.status;
    assert!(matches!(
        status,
        ReleaseStatus::Reclaimed { restored: true, .. }
    ));
}
