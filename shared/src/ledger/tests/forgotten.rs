//! Rows that know less than all: of an earlier version, changed by something else than facts, or longer than
//! a row keeps.

use super::{
    NOON, PROTECT, Snapshot, associated, birth, born, call, disassociated, minute, named, offered,
    own, reverse_dns_reset, tagged, tags, untagged, withdrawn,
};
use crate::ledger::fact_log::MAX_FACTS;
use crate::model::cloudtrail::AddressChange;
use time::Duration;

/// A row as an earlier version left it at minute 5.
fn old() -> Snapshot {
    born()
        .hears(5, tagged(own(), &[("Name", "web")]))
        .hears(5, associated(own(), 1))
        .hears(5, named(own(), "a.example.com"))
        .hears(5, offered(own(), "444455556666"))
        .of_an_earlier_version()
}

fn facts_of(row: &Snapshot) -> usize {
    let written = serde_json::to_value(row).unwrap();
    let facts = written["fact_log"]["facts"].as_array();
    facts.map_or(0, Vec::len)
}

#[test]
fn what_is_younger_than_an_old_row_counts() {
    let row = old()
        .hears(6, tagged(own(), &[("Name", "mail")]))
        .hears(6, disassociated(1))
        .hears(6, reverse_dns_reset(own()))
        .hears(6, withdrawn(own()));
    assert_eq!(row.tags["Name"], "mail");
    assert_eq!((row.is_at(), row.is_named()), (None, None));
    assert_eq!(row.transfer_offer.unwrap().withdrawn_at, Some(minute(6)));
    assert_eq!(row.unlocked.len(), 2);
}

#[test]
fn what_is_older_than_an_old_row_changes_nothing_that_it_says() {
    for change in [
        tagged(own(), &[("Name", "mail")]),
        untagged(own(), &[(PROTECT, None)]),
        associated(own(), 2),
        named(own(), "b.example.com"),
        reverse_dns_reset(own()),
        offered(own(), "777788889999"),
        withdrawn(own()),
        AddressChange::Allocated(birth()),
    ] {
        let row = old().hears(4, change.clone());
        assert_eq!(row.content(), old().content(), "{change:?}");
    }
}

#[test]
fn an_offer_that_is_told_again_after_its_facts_were_forgotten_stays_withdrawn() {
    let row = born()
        .hears(5, offered(own(), "444455556666"))
        .hears(6, withdrawn(own()))
        .of_an_earlier_version();
    let again = row.hears(5, offered(own(), "444455556666"));
    assert_eq!(again.content(), row.content());
    assert!(!again.transfer_offer.unwrap().is_open_at(minute(7)));
}

#[test]
fn a_row_changed_by_something_else_stands_for_itself() {
    let changed = Snapshot {
        tags: tags(&[("Owner", "network")]),
        ..born()
    };
    let row = changed.hears(1, tagged(own(), &[("Name", "web")]));
    assert_eq!(row.tags, tags(&[("Owner", "network"), ("Name", "web")]));
    let later = row.hears(2, associated(own(), 1));
    assert_eq!((later.tags.len(), later.is_at()), (2, Some(1)));
}

#[test]
fn an_end_and_a_reclaim_leave_the_facts_as_they_are() {
    let ended = Snapshot {
        revision: 7,
        ..born().ended(minute(9))
    };
    let row = ended.hears(1, associated(own(), 1));
    assert_eq!(
        (row.is_at(), row.state, row.revision),
        (Some(1), ended.state, 7)
    );
    assert_eq!(facts_of(&row), 2);
}

#[test]
fn a_row_keeps_the_youngest_facts() {
    let name = |at: i64| tagged(own(), &[("Name", &at.to_string())]);
    let most = i64::try_from(MAX_FACTS).unwrap();
    let full = (1..most).fold(born(), |row, at| row.hears(at, name(at)));
    assert_eq!(facts_of(&full), MAX_FACTS);
    let over = full.hears(most, name(most));
    assert_eq!(facts_of(&over), MAX_FACTS);
    assert_eq!(over.tags["Name"], most.to_string());
    assert_eq!(over.hears(0, AddressChange::Allocated(birth())), over);
    let once_more = over.hears(most + 1, tagged(own(), &[("Owner", "network")]));
    assert_eq!(once_more.tags[PROTECT], "reclaim");
}

#[test]
fn a_row_keeps_the_facts_of_a_day() {
    let after = |pause: Duration| {
        let record = call(NOON + pause, "alice", tagged(own(), &[("Name", "web")]));
        born().after_record(&record, PROTECT).unwrap()
    };
    assert_eq!(facts_of(&after(Duration::DAY)), 2);
    let later = after(Duration::DAY + Duration::SECOND);
    assert_eq!(facts_of(&later), 1);
    assert_eq!(later.tags, tags(&[(PROTECT, "reclaim"), ("Name", "web")]));
    assert_eq!(later.hears(0, AddressChange::Allocated(birth())), later);
}

#[test]
fn a_row_is_written_with_its_facts_and_read_without_them() {
    let row = old()
        .hears(6, reverse_dns_reset(own()))
        .hears(7, disassociated(1));
    let written = serde_json::to_value(&row).unwrap();
    assert_eq!(
        serde_json::from_value::<Snapshot>(written.clone()).unwrap(),
        row
    );
    let mut of_earlier = written;
    of_earlier.as_object_mut().unwrap().remove("fact_log");
    let read: Snapshot = serde_json::from_value(of_earlier).unwrap();
    assert_eq!(read, row.without_fact_log());
    let again = serde_json::to_value(&read).unwrap();
    assert!(again.get("fact_log").is_none());
}

#[test]
fn two_rows_say_the_same_whenever_it_was_seen() {
    let row = old();
    let later = old().sees(9, &super::address(), None);
    assert!(!later.has_same_content_as(&row));
    let mut moved = row.clone();
    moved.observed_at = minute(9);
    moved.tags_as_of = minute(9);
    moved.as_of = minute(9);
    moved.association.as_mut().unwrap().since = minute(1);
    moved.reverse_dns.as_mut().unwrap().since = minute(1);
    assert!(moved.has_same_content_as(&row));
    moved.association.as_mut().unwrap().until = Some(minute(9));
    assert!(!moved.has_same_content_as(&row));
}
