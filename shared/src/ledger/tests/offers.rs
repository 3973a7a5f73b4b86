//! Offers to transfer an address to another account: which one is open, and until when.

use super::*;
use crate::ledger::snapshot::TransferOffer;

#[test]
fn an_offer_that_is_withdrawn_in_its_own_second_is_withdrawn() {
    let offer = || offered(own(), "444455556666");
    let in_order = born().hears(5, offer()).hears(5, withdrawn(own()));
    let reversed = born().hears(5, withdrawn(own())).hears(5, offer());
    assert_eq!(in_order.content(), reversed.content());
    assert!(!in_order.transfer_offer.unwrap().is_open_at(minute(6)));
}

#[test]
fn the_last_offer_stands_until_its_own_withdrawal() {
    let transfer_offer = |at, account: &str, withdrawn_at| TransferOffer {
        to_account: Some(account.to_owned()),
        at: minute(at),
        by: actor("alice"),
        withdrawn_at,
    };
    let calls = [
        (1, offered(own(), "444455556666")),
        (2, withdrawn(own())),
        (3, offered(own(), "777788889999")),
        (4, withdrawn(own())),
    ];
    let all = |range: &[usize]| {
        let told = range.iter().map(|&index| &calls[index]);
        let row = told.fold(born(), |row, (at, change)| row.hears(*at, change.clone()));
        row.transfer_offer
    };
    let first = |end| Some(transfer_offer(1, "444455556666", end));
    let second = |end| Some(transfer_offer(3, "777788889999", end));
    assert_eq!(all(&[0]), first(None));
    assert_eq!(all(&[0, 1]), first(Some(minute(2))));
    assert_eq!(all(&[1, 0]), first(Some(minute(2))));
    assert_eq!(all(&[1]), None);
    assert_eq!(all(&[2, 1, 0]), second(None));
    assert_eq!(all(&[3, 2, 1, 0]), second(Some(minute(4))));
    assert_eq!(all(&[0, 3, 1]), first(Some(minute(2))));
}

#[test]
fn an_offer_stands_for_seven_days_unless_it_is_withdrawn() {
    let transfer_offer = TransferOffer {
        to_account: None,
        at: NOON,
        by: actor("alice"),
        withdrawn_at: None,
    };
    assert!(transfer_offer.is_open_at(NOON));
    assert!(transfer_offer.is_open_at(NOON + Duration::days(7)));
    assert!(!transfer_offer.is_open_at(NOON + Duration::days(7) + Duration::SECOND));
    let withdrawn = TransferOffer {
        withdrawn_at: Some(minute(5)),
        ..transfer_offer
    };
    assert!(withdrawn.is_open_at(minute(4)));
    assert!(!withdrawn.is_open_at(minute(5)));
    assert!(!withdrawn.is_open_at(minute(6)));
}
