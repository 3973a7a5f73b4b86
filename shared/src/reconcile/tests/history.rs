//! What happened to an address.

use super::super::fixtures::{START, address, association, installation, ip, protect};
use crate::ledger::history::State;
use crate::ledger::snapshot::AllocationState;
use crate::ledger::{ReadAddressHistory, ReleaseStatus};
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

    let what = march.iter().map(|entry| match &entry.state {
        State::Snapshot(row) if row.state != AllocationState::Allocated => "ended",
        State::Snapshot(row) if row.association.is_some() => "associated",
        State::Snapshot(_) => "known",
        State::Release(row) if matches!(row.status, ReleaseStatus::Reclaimed { .. }) => "reclaimed",
        State::Release(_) => "released",
    });
    let what: Vec<&str> = what.collect();
    for happened in ["known", "associated", "ended", "reclaimed"] {
        assert!(what.contains(&happened), "{happened} is not in {what:?}");
    }
    let first = &march[0];
    assert_eq!((first.ip, first.at), (ip(1), START - Duration::seconds(5)));
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
