//! What changes between two looks, and what events tell of it afterwards.

use super::super::fixtures::{
    Installation, START, address, allocation, associated_at, association, association_id,
    installation, protect, unprotected_at,
};
use crate::model::elastic_ip::{Address, Association};
use crate::report::Outcome;

/// Somebody gives it another place and another name, without ending those that it has.
fn move_on(account: &Installation, number: usize) -> Association {
    let place = Association {
        id: association_id(8),
        eni: Some("eni-0b".parse().unwrap()),
        ..association(8)
    };
    account.change(number, |address| address.association = Some(place.clone()));
    let name = "b.example.com".to_owned();
    account.account().names.insert(allocation(number), name);
    place
}

#[tokio::test]
async fn a_place_and_a_name_that_changed_between_two_sweeps_are_those_that_are_restored() {
    let account = installation().with(Address {
        tags: protect("reclaim"),
        association: Some(association(7)),
        ..address(1)
    });
    let name = "a.example.com".to_owned();
    account.account().names.insert(allocation(1), name);
    account.sweep().await;
    account.minutes_later(5);
    let place = move_on(&account, 1);
    account.sweep().await;
    account.minutes_later(5);
    account.release_unheard(1);

    assert_eq!(account.sweep().await.outcome, Outcome::Reclaimed);

    let (back, row) = account.back_as(1).await;
    let now = back.association.unwrap();
    assert_eq!((now.eni, now.private_ip), (place.eni, place.private_ip));
    let named = account.account().names[&back.allocation].clone();
    assert_eq!(named, "b.example.com");
    assert_eq!(row.association.unwrap().value.id, now.id);
}

#[tokio::test]
async fn an_address_that_is_lost_a_second_time_comes_back_a_second_time_with_its_place() {
    let account = installation().knowing(1).await;
    account.hears(&associated_at(1, 7, account.now())).await;
    for times in 1..=2 {
        account.minutes_later(60);
        account.release_unheard(1);
        let report = account.sweep().await;
        assert_eq!(report.outcome, Outcome::Reclaimed, "{times}");
        let (back, row) = account.back_as(1).await;
        let place = association(7).private_ip;
        assert_eq!(back.association.unwrap().private_ip, place, "{times}");
        assert_eq!(row.reclaims.len(), times);
        assert!(row.is_allocated());
    }
    assert_eq!(account.held().len(), 1);
}

#[tokio::test]
async fn an_event_of_another_region_reads_nothing_and_changes_nothing() {
    let account = installation().knowing(1).await;
    let before = account.row(1).await;
    account.calls();
    let mut told = unprotected_at(1, account.now());
    told.call.region = "us-east-1".to_owned();
    assert_eq!(account.hears(&told).await.outcome, Outcome::Ignored);
    assert_eq!(account.row(1).await, before);
    assert!(account.calls().is_empty());
}

#[tokio::test]
async fn a_late_event_and_a_look_that_contradicts_it_end_alike_in_both_orders() {
    for is_heard_first in [true, false] {
        let account = installation().knowing(1).await;
        let late = unprotected_at(1, account.now());
        account.minutes_later(5);
        // By now it is protected again.
        if is_heard_first {
            account.hears(&late).await;
            account.sweep().await;
        } else {
            account.sweep().await;
            account.hears(&late).await;
            account.sweep().await;
        }
        let row = account.row(1).await;
        assert_eq!(row.tags, protect("reclaim"), "{is_heard_first}");
        assert_eq!(row.unprotected, None, "{is_heard_first}");
        assert!(row.observed_at > START);
    }
}
