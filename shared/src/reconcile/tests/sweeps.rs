//! The schedule.

use super::super::fixtures::{
    START, Trouble, address, allocated, allocation, association, installation, protect, swept,
};
use super::super::state::READ_LAG;
use crate::model::elastic_ip::{Address, Association};
use crate::report::Outcome;
use std::time::Duration;

fn protected(number: usize) -> Address {
    Address {
        tags: protect("reclaim"),
        ..address(number)
    }
}

#[tokio::test]
async fn a_thousand_addresses_cost_one_describe_and_writes_for_changed_rows_only() {
    let account = installation();
    for number in 0..1000 {
        account.put(address(number));
    }
    assert_eq!(swept(&account.sweep().await).written, 1000);
    account.minutes_later(5);
    for number in [17, 400, 999] {
        account.change(number, |address| address.tags = protect("reclaim"));
    }
    account.calls();

    let report = account.sweep().await;

    let swept = swept(&report);
    assert_eq!(
        (swept.addresses, swept.protected, swept.written),
        (1000, 3, 3)
    );
    let calls = account.calls();
    assert_eq!(calls["DescribeAddresses"], 1);
    assert_eq!(calls["DescribeAddressesAttribute"], 1);
    // Whether there are groups: of those there are none, so nothing else is asked.
    assert_eq!(calls["DescribeInstances"], 1);
    assert_eq!(calls["DescribeNetworkInterfaces"], 1);
    assert_eq!(calls.len(), 4);
}

#[tokio::test]
async fn a_sweep_that_finds_nothing_new_writes_nothing() {
    let account = installation().with(protected(1));
    account.sweep().await;
    let before = account.row(1).await;
    account.minutes_later(5);
    let report = account.sweep().await;
    assert_eq!(report.outcome, Outcome::Refreshed);
    assert_eq!(swept(&report).written, 0);
    assert_eq!(account.row(1).await, before);
}

#[tokio::test]
async fn a_sweep_remembers_tags_association_and_reverse_name() {
    let account = installation().with(Address {
        association: Some(association(7)),
        ..protected(1)
    });
    let names = ("a.example.com".to_owned(), allocation(1));
    account.account().names.insert(names.1, names.0.clone());
    account.sweep().await;
    let row = account.row(1).await;
    assert_eq!(row.tags, protect("reclaim"));
    assert_eq!(row.association.unwrap().value, association(7));
    assert_eq!(row.reverse_dns.unwrap().value, names.0);
}

#[tokio::test]
async fn an_association_that_ended_unseen_is_kept_with_the_time_it_was_missed() {
    let account = installation().with(Address {
        association: Some(association(7)),
        ..protected(1)
    });
    account.sweep().await;
    account.minutes_later(5);
    account.change(1, |address| address.association = None);
    account.sweep().await;
    let held = account.row(1).await.association.unwrap();
    assert_eq!(held.value, association(7));
    assert_eq!(held.until, Some(START + Duration::from_mins(5) - READ_LAG));
}

#[tokio::test]
async fn a_look_that_lags_does_not_undo_what_an_event_had_told() {
    let account = installation().with(address(1));
    account.sweep().await;
    account.minutes_later(5);
    let told = allocated(&protected(2), account.now());
    account.hears(&told).await;
    account.pass(Duration::from_secs(2));
    account.put(address(2));
    account.sweep().await;
    let row = account.row(2).await;
    assert_eq!((row.tags, row.unprotected), (protect("reclaim"), None));
}

#[tokio::test]
async fn a_protect_tag_with_an_invalid_value_is_a_finding_with_its_remedy() {
    let account = installation().with(Address {
        tags: protect("always"),
        ..address(1)
    });
    let report = account.sweep().await;
    let [finding] = report.findings.as_slice() else {
        panic!("{:?}", report.findings)
    };
    assert!(
        finding.what.contains("holdfast:protect=`always`"),
        "{finding:?}"
    );
    assert!(
        finding
            .next
            .contains("create-tags --resources eipalloc-00000001"),
        "{finding:?}"
    );
}

#[tokio::test]
async fn an_address_younger_than_the_look_is_not_missing() {
    let account = installation();
    account.hears(&allocated(&address(1), START)).await;
    account.pass(Duration::from_secs(1));
    assert!(swept(&account.sweep().await).missing.is_empty());
}

#[tokio::test]
async fn without_permission_to_read_reverse_names_the_rest_is_refreshed_and_it_is_said() {
    let account = installation().with(protected(1));
    account.in_trouble("DescribeAddressesAttribute", Trouble::Denied);
    let report = account.sweep().await;
    assert_eq!(swept(&report).written, 1);
    assert!(
        report.findings[0]
            .next
            .contains("ec2:DescribeAddressesAttribute")
    );
}

/// What a sweep tells of addresses that lost their place, once the second one was associated so.
async fn told_after(second: Option<Association>, first: Option<Association>) -> Vec<String> {
    let account = installation().with(address(1)).with(address(2));
    account.change(1, |address| address.association = Some(association(1)));
    account.sweep().await;
    account.minutes_later(5);
    account.change(1, |address| address.association = first);
    account.change(2, |address| address.association = second);
    let report = account.sweep().await;
    let again = account.sweep().await;
    assert!(again.findings.is_empty(), "it is told once: {again:?}");
    report.findings.into_iter().map(|it| it.what).collect()
}

#[tokio::test]
async fn an_address_that_lost_its_place_to_another_one_is_told_once() {
    let told = told_after(Some(association(2)), None).await;
    let lost = format!(
        "203.0.113.1 ({}) is associated with nothing: 203.0.113.2 ({}) has its place",
        allocation(1),
        allocation(2)
    );
    assert_eq!(told, [lost]);
}

#[tokio::test]
async fn an_address_that_was_disassociated_or_has_another_place_is_not_said_to_have_lost_it() {
    let elsewhere = |number| {
        let eni = Some("eni-0b".parse().unwrap());
        Some(Association {
            eni,
            ..association(number)
        })
    };
    for (second, first) in [
        (None, None),
        (elsewhere(2), None),
        (Some(association(2)), elsewhere(3)),
    ] {
        assert_eq!(told_after(second, first).await, Vec::<String>::new());
    }
}
