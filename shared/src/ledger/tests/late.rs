//! Facts that come late, twice or from elsewhere: what is known of a later moment stays.

use super::{
    PROTECT, Snapshot, address, associated, association_on, birth, born, call, disassociated,
    foreign, minute, observation, own, seen, tagged, untagged,
};
use crate::ledger::fact_log::MAX_FACTS;
use crate::model::cloudtrail::{AddressChange, Allocation};
use crate::model::elastic_ip::Address;

fn placed(number: u8) -> Address {
    Address {
        association: Some(association_on(number)),
        ..address()
    }
}

/// A row of one fact more than it keeps: its birth, and a tag each minute.
fn long() -> (Snapshot, i64) {
    let most = i64::try_from(MAX_FACTS).unwrap();
    let tag = |at: i64| tagged(own(), &[(format!("key-{at}").as_str(), "")]);
    let row = (1..=most).fold(born(), |row, at| row.hears(at, tag(at)));
    (row, most)
}

#[test]
fn what_is_forgotten_stays_in_the_row_and_what_is_late_still_counts_in_its_place() {
    let (row, most) = long();
    let again = untagged(own(), &[(format!("key-{most}").as_str(), None)]);
    let late = tagged(own(), &[("late", "")]);
    let row = row.hears(most - 1, late).hears(most - 1, again);
    assert!(row.tags.contains_key("late"));
    assert!(row.tags.contains_key("key-1"));
    assert!(row.tags.contains_key(&format!("key-{most}")));
    assert_eq!(row.tags[PROTECT], "reclaim");
}

#[test]
fn a_look_that_shows_what_an_earlier_version_wrote_teaches_nothing() {
    let row = seen(3, &placed(1), None).of_an_earlier_version();
    assert_eq!(
        row.after_observation(observation(4, &placed(1), None), PROTECT),
        None
    );
}

#[test]
fn tags_that_a_later_look_showed_are_younger_than_a_call_before_it() {
    let row = seen(3, &address(), None).sees(9, &placed(1), None);
    assert_eq!(row.tags_as_of, minute(3));
    assert!(row.is_older_than_known(&tagged(own(), &[]), minute(8)));
    assert!(!row.is_older_than_known(&tagged(own(), &[]), minute(9)));
}

#[test]
fn an_association_that_a_later_look_showed_is_younger_than_a_call_before_it() {
    let bare = Address {
        tags: super::tags(&[]),
        ..placed(1)
    };
    let row = seen(3, &placed(1), None).sees(9, &bare, None);
    assert!(row.is_older_than_known(&associated(own(), 2), minute(8)));
    assert!(!row.is_older_than_known(&associated(own(), 2), minute(9)));
}

#[test]
fn a_look_from_before_an_association_does_not_end_it() {
    let row = seen(3, &address(), None).hears(8, associated(own(), 1));
    let row = row.of_an_earlier_version().sees(5, &address(), None);
    assert_eq!(row.is_at(), Some(1));
}

#[test]
fn an_end_that_is_told_again_is_remembered_once() {
    let row = born()
        .hears(1, associated(own(), 1))
        .hears(5, disassociated(1));
    let again = row.of_an_earlier_version().hears(5, disassociated(1));
    assert_eq!(again.unlocked, row.unlocked);
    assert_eq!(again.unlocked.len(), 1);
}

#[test]
fn who_ended_an_association_is_remembered_where_a_look_missed_it_in_the_same_moment() {
    let missed = seen(1, &placed(1), None).sees(5, &address(), None);
    let told = missed.of_an_earlier_version().hears(5, disassociated(1));
    assert_eq!(told.unlocked.len(), 1);
}

#[test]
fn tags_that_are_removed_by_one_call_are_all_gone() {
    let row = born()
        .hears(1, tagged(own(), &[("Name", "web"), ("Owner", "network")]))
        .hears(2, untagged(own(), &[("Name", None), ("Owner", None)]));
    assert_eq!(row.tags, address().tags);
}

#[test]
fn a_history_that_begins_with_another_address_tells_of_the_one_that_is_asked_for() {
    let theirs = Allocation {
        allocation: foreign(),
        tags: super::tags(&[("Name", "theirs")]),
        ..birth()
    };
    let births = [theirs, birth()].map(AddressChange::Allocated);
    let records = births.map(|change| call(minute(0), "alice", change));
    assert_eq!(
        Snapshot::from_records(&records, &own(), PROTECT),
        Some(Snapshot {
            unconfirmed: false,
            ..born()
        })
    );
    assert_eq!(Snapshot::from_records(&records[..1], &own(), PROTECT), None);
}
