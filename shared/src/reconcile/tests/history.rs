//! What happened to an address.

use super::super::fixtures::{START, address, association, installation, ip, protect};
use crate::ledger::Ledger;
use crate::ledger::history::tell;
use crate::model::elastic_ip::Address;
use time::Duration;

#[tokio::test]
async fn what_happened_to_an_address_is_one_query() {
    let account = installation().with(Address {
        tags: protect("reclaim"),
        ..address(1)
    });
    account.put(address(2));
    account.sweep().await;
    account.minutes_later(5);
    account.change(1, |address| address.association = Some(association(7)));
    account.sweep().await;
    account.minutes_later(5);
    account.guard_hears(&account.release(1)).await;

    let ledger = &account.ports.ledger;
    let march = ledger
        .history(ip(1), START - Duration::DAY, START + Duration::DAY)
        .await
        .unwrap();

    let told = tell(&march).join("\n");
    for happened in [
        "2026-03-01T11:59:55Z  203.0.113.1  eipalloc-00000001 is known from here on",
        "associated by eipassoc-00000007",
        "eipalloc-00000001 ended",
        "given up by arn:aws:iam::111122223333:user/somebody: back as eipalloc-",
    ] {
        assert!(told.contains(happened), "{happened} is not in\n{told}");
    }
    assert!(march.is_sorted_by_key(|entry| entry.at));
}

#[tokio::test]
async fn a_period_in_which_nothing_changed_is_empty() {
    let account = installation().with(address(1));
    account.sweep().await;
    let ledger = &account.ports.ledger;
    let later = START + Duration::DAY;
    assert!(
        ledger
            .history(ip(1), later, later + Duration::DAY)
            .await
            .unwrap()
            .is_empty()
    );
}
