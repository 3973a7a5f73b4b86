//! Address events.

use super::super::fixtures::{
    START, address, allocation, association, association_id, installation, protect, record,
    released, somebody, swept,
};
use crate::model::cloudtrail::{AddressChange, Record};
use crate::model::elastic_ip::Address;
use crate::report::Outcome;
use std::time::Duration;
use time::OffsetDateTime;

fn associated_by_instance(number: usize, at: OffsetDateTime) -> Record {
    let change = AddressChange::Associated {
        allocation: allocation(number),
        association: Some(association_id(7)),
        eni: None,
        private_ip: None,
        instance: Some("i-0a".parse().unwrap()),
    };
    record(at, "AssociateAddress", change)
}

fn disassociated(at: OffsetDateTime) -> Record {
    let association = association_id(7);
    record(
        at,
        "DisassociateAddress",
        AddressChange::Disassociated { association },
    )
}

fn untagged(number: usize, at: OffsetDateTime) -> Record {
    let change = AddressChange::Untagged {
        allocations: vec![allocation(number)],
        tags: vec![("holdfast:protect".to_owned(), None)],
    };
    record(at, "DeleteTags", change)
}

fn protected(number: usize) -> Address {
    Address {
        tags: protect("reclaim"),
        ..address(number)
    }
}

#[tokio::test]
async fn an_event_that_leaves_something_open_asks_for_its_own_address_only() {
    let account = installation();
    for number in 0..1000 {
        account.put(protected(number));
    }
    account.sweep().await;
    account.minutes_later(5);
    account.calls();
    account.change(3, |address| address.association = Some(association(7)));
    let report = account
        .hears(&associated_by_instance(3, account.now()))
        .await;
    assert_eq!(swept(&report).written, 1);
    assert_eq!(swept(&report).addresses, 1);
    assert_eq!(
        account.calls().into_iter().collect::<Vec<_>>(),
        [("DescribeAddresses", 1)]
    );
}

#[tokio::test]
async fn an_association_by_instance_is_completed_from_what_ec2_shows() {
    let account = installation().with(Address {
        association: Some(association(7)),
        ..protected(1)
    });
    account.hears(&associated_by_instance(1, START)).await;
    assert_eq!(
        account.row(1).await.association.unwrap().value,
        association(7)
    );
}

#[tokio::test]
async fn a_disassociation_finds_its_address_by_the_association() {
    let account = installation().with(Address {
        association: Some(association(7)),
        ..protected(1)
    });
    account.sweep().await;
    account.minutes_later(1);
    account.change(1, |address| address.association = None);
    account.hears(&disassociated(account.now())).await;
    let held = account.row(1).await.association.unwrap();
    assert_eq!(held.until, Some(account.now()));
}

#[tokio::test]
async fn a_disassociation_of_something_unknown_changes_nothing() {
    let account = installation().with(protected(1));
    let report = account.hears(&disassociated(START)).await;
    assert_eq!(report.outcome, Outcome::Refreshed);
    assert_eq!(swept(&report).written, 0);
    assert!(account.calls().is_empty());
}

#[tokio::test]
async fn who_removed_the_protect_tag_is_remembered() {
    let account = installation().with(protected(1));
    account.sweep().await;
    account.minutes_later(1);
    account.change(1, |address| address.tags.clear());
    let at = account.now();
    account.hears(&untagged(1, at)).await;
    let removal = account.row(1).await.unprotected.unwrap();
    assert_eq!((removal.at, removal.by), (at, Some(somebody())));
}

#[tokio::test]
async fn who_removed_the_protect_tag_is_remembered_when_the_event_comes_after_the_look() {
    let account = installation().with(protected(1));
    account.sweep().await;
    account.minutes_later(1);
    account.change(1, |address| address.tags.clear());
    let at = account.now();
    account.minutes_later(1);
    account.sweep().await;
    account.minutes_later(1);
    account.hears(&untagged(1, at)).await;
    let removal = account.row(1).await.unprotected.unwrap();
    assert_eq!((removal.at, removal.by), (at, Some(somebody())));
}

#[tokio::test]
async fn an_event_of_an_older_truth_changes_nothing() {
    let account = installation().with(protected(1));
    account.minutes_later(5);
    account.sweep().await;
    let before = account.row(1).await;
    account.hears(&untagged(1, START)).await;
    assert_eq!(account.row(1).await.content(), before.content());
}

#[tokio::test]
async fn an_event_delivered_ten_times_writes_once() {
    let account = installation().with(protected(1));
    account.sweep().await;
    account.minutes_later(1);
    account.change(1, |address| address.tags.clear());
    let told = untagged(1, account.now());
    for _ in 0..10 {
        account.hears(&told).await;
    }
    assert_eq!(account.row(1).await.revision, 2);
}

#[tokio::test]
async fn an_event_that_tells_everything_costs_no_ec2_call() {
    let account = installation().with(protected(1));
    account.sweep().await;
    account.minutes_later(1);
    account.calls();
    let report = account.hears(&untagged(1, account.now())).await;
    assert_eq!(swept(&report).written, 1);
    assert!(account.calls().is_empty());
}

#[tokio::test]
async fn a_reverse_name_is_read_when_the_event_is_about_it() {
    let account = installation().with(protected(1));
    let name = "a.example.com".to_owned();
    account.account().names.insert(allocation(1), name.clone());
    let change = AddressChange::ReverseDnsSet {
        allocation: allocation(1),
        name: Some(name.clone()),
    };
    account
        .hears(&record(START, "ModifyAddressAttribute", change))
        .await;
    assert_eq!(account.row(1).await.reverse_dns.unwrap().value, name);
    assert_eq!(account.calls()["DescribeAddressesAttribute"], 1);
}

#[tokio::test]
async fn tags_of_an_address_that_nothing_knows_any_more_are_no_error() {
    let account = installation();
    let report = account.hears(&untagged(1, START)).await;
    assert_eq!(swept(&report).written, 0);
    assert_eq!(account.known(1).await.snapshot, None);
}

#[tokio::test]
async fn a_release_is_left_to_the_guard() {
    let account = installation();
    let report = account.hears(&released(1, START)).await;
    assert_eq!(report.outcome, Outcome::Ignored);
    assert!(
        report.summary.contains("release guard"),
        "{}",
        report.summary
    );
}

#[tokio::test]
async fn an_event_of_another_region_is_ignored_with_its_reason() {
    let account = installation();
    let mut told = untagged(1, START);
    told.call.region = "us-east-1".to_owned();
    let report = account.hears(&told).await;
    assert_eq!(report.outcome, Outcome::Ignored);
    assert!(report.summary.contains("us-east-1"), "{}", report.summary);
}

#[tokio::test]
async fn a_stale_look_after_a_tag_event_does_not_pass_for_a_removal() {
    let account = installation().with(address(1));
    account.sweep().await;
    account.minutes_later(1);
    let change = AddressChange::Tagged {
        allocations: vec![allocation(1)],
        tags: protect("reclaim"),
    };
    let told = record(account.now(), "CreateTags", change);
    account.pass(Duration::from_secs(1));
    account.hears(&told).await;
    let row = account.row(1).await;
    assert_eq!((row.tags, row.unprotected), (protect("reclaim"), None));
}
