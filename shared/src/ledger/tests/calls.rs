//! Each kind of call: before, at and after what is known, on the row's own allocation and on another.

use super::{
    NOON, PROTECT, actor, address, associated, association_id, association_on, birth, born, call,
    disassociated, foreign, minute, named, offered, own, released, reverse_dns_reset, seen, tagged,
    tags, untagged, withdrawn,
};
use crate::ledger::Snapshot;
use crate::ledger::snapshot::{AllocationState, Dated, Lock, Unlocked, Unprotected};
use crate::model::cloudtrail::AddressChange;

const WEB: &[(&str, &str)] = &[("Name", "web")];
const GONE: &[(&str, Option<&str>)] = &[(PROTECT, None)];

/// A row that has everything that a call can change, known from calls up to minute 9.
fn full() -> Snapshot {
    born()
        .hears(1, associated(own(), 1))
        .hears(2, named(own(), "a.example.com"))
        .hears(3, offered(own(), "444455556666"))
}

fn undone(row: &Snapshot) -> Vec<(Lock, i64)> {
    let told = |it: &Unlocked| (it.what, (it.at - NOON).whole_minutes());
    row.unlocked.iter().map(told).collect()
}

#[test]
fn a_call_on_another_allocation_teaches_nothing() {
    let row = full();
    let birth_of_another = crate::model::cloudtrail::Allocation {
        allocation: foreign(),
        ..birth()
    };
    for change in [
        AddressChange::Allocated(birth_of_another),
        associated(foreign(), 2),
        disassociated(2),
        tagged(foreign(), WEB),
        untagged(foreign(), GONE),
        named(foreign(), "b.example.com"),
        reverse_dns_reset(foreign()),
        offered(foreign(), "777788889999"),
        withdrawn(foreign()),
        released(foreign()),
        AddressChange::TransferAccepted {
            ip: row.ip,
            allocation: Some(own()),
        },
    ] {
        for at in [-1, 0, 2, 10] {
            let record = call(minute(at), "alice", change.clone());
            assert_eq!(
                row.after_record(&record, PROTECT),
                None,
                "{change:?} at {at}"
            );
        }
    }
}

#[test]
fn a_call_that_names_several_allocations_is_about_each_of_them() {
    let both = AddressChange::Tagged {
        allocations: vec![foreign(), own()],
        tags: tags(WEB),
    };
    assert_eq!(born().hears(1, both).tags["Name"], "web");
    let both = AddressChange::Untagged {
        allocations: vec![foreign(), own()],
        tags: Vec::new(),
    };
    assert!(born().hears(1, both).tags.is_empty());
}

#[test]
fn a_call_that_comes_twice_counts_once() {
    for change in [
        associated(own(), 2),
        disassociated(1),
        tagged(own(), WEB),
        untagged(own(), GONE),
        named(own(), "b.example.com"),
        reverse_dns_reset(own()),
        offered(own(), "777788889999"),
        withdrawn(own()),
        released(own()),
    ] {
        let record = call(minute(5), "alice", change);
        let once = full().after_record(&record, PROTECT).unwrap();
        assert_eq!(once.after_record(&record, PROTECT), None, "{record:?}");
        assert_ne!(once.content(), full().content(), "{record:?}");
    }
}

#[test]
fn every_call_that_changes_something_makes_the_row_as_young_as_itself() {
    for (change, changes) in [
        (associated(own(), 2), true),
        (associated(own(), 1), false),
        (disassociated(1), true),
        (tagged(own(), WEB), true),
        (untagged(own(), GONE), true),
        (named(own(), "b.example.com"), true),
        (named(own(), "a.example.com"), false),
        (reverse_dns_reset(own()), true),
        (withdrawn(own()), true),
    ] {
        let row = full().hears(7, change.clone());
        let expected = if changes { minute(7) } else { minute(3) };
        assert_eq!(row.as_of, expected, "{change:?}");
        assert_eq!(row.observed_at, NOON, "{change:?}");
    }
}

#[test]
fn an_association_is_the_youngest_whenever_it_is_heard() {
    let first = born().hears(5, associated(own(), 1));
    assert_eq!(
        first.association,
        Some(Dated::since(association_on(1), minute(5)))
    );
    assert_eq!(first.hears(4, associated(own(), 2)).is_at(), Some(1));
    assert_eq!(first.hears(6, associated(own(), 2)).is_at(), Some(2));
}

#[test]
fn an_association_without_its_id_is_left_to_a_look() {
    let nameless = AddressChange::Associated {
        allocation: own(),
        association: None,
        eni: association_on(1).eni,
        private_ip: association_on(1).private_ip,
        instance: None,
    };
    assert_eq!(born().hears(1, nameless), born());
}

#[test]
fn of_one_call_heard_twice_the_one_that_says_more_counts() {
    let bare = AddressChange::Associated {
        allocation: own(),
        association: Some(association_id(1)),
        eni: None,
        private_ip: None,
        instance: association_on(1).instance,
    };
    let bare_first = born().hears(1, bare.clone()).hears(1, associated(own(), 1));
    let full_first = born().hears(1, associated(own(), 1)).hears(1, bare);
    assert_eq!(bare_first, full_first);
    assert_eq!(bare_first.association.unwrap().value, association_on(1));
}

#[test]
fn an_association_ends_when_the_call_says_and_not_when_it_was_missed() {
    let missed = born()
        .hears(1, associated(own(), 1))
        .sees(5, &address(), None);
    assert_eq!(missed.association.as_ref().unwrap().until, Some(minute(5)));
    assert!(missed.unlocked.is_empty());
    let told = missed.hears(4, disassociated(1));
    assert_eq!(told.association.as_ref().unwrap().until, Some(minute(4)));
    assert_eq!(undone(&told), [(Lock::Association, 4)]);
    assert_eq!(told.unlocked[0].by, actor("alice"));
}

#[test]
fn the_end_of_an_earlier_association_is_told_and_ends_no_later_one() {
    let row = born()
        .hears(1, associated(own(), 1))
        .hears(3, associated(own(), 2))
        .hears(2, disassociated(1));
    assert_eq!(row.is_at(), Some(2));
    assert_eq!(undone(&row), [(Lock::Association, 2)]);
    let reassociated = row.hears(4, disassociated(1));
    assert_eq!(reassociated.is_at(), Some(2));
}

#[test]
fn an_association_seen_by_a_look_can_end_by_its_id() {
    let there = crate::model::elastic_ip::Address {
        association: Some(association_on(1)),
        ..address()
    };
    let row = born().sees(2, &there, None).hears(3, disassociated(1));
    assert_eq!(row.association.unwrap().until, Some(minute(3)));
}

#[test]
fn tags_of_two_calls_that_arrive_in_reverse_are_both_there() {
    let row = born()
        .hears(2, tagged(own(), WEB))
        .hears(1, tagged(own(), &[("Owner", "network")]));
    assert_eq!(
        row.tags,
        tags(&[(PROTECT, "reclaim"), ("Name", "web"), ("Owner", "network")])
    );
    assert_eq!(row.tags_as_of, minute(2));
}

#[test]
fn a_removal_counts_at_its_time() {
    let row = born().hears(5, tagged(own(), &[(PROTECT, "record")]));
    let older = row.hears(4, untagged(own(), GONE));
    assert_eq!((&older.tags, &older.unprotected), (&row.tags, &None));
    assert_eq!(undone(&older), [(Lock::ProtectTag, 4)]);
    let younger = row.hears(6, untagged(own(), GONE));
    assert!(younger.tags.is_empty());
    let by = Some(actor("alice"));
    assert_eq!(younger.unprotected, Some(Unprotected { at: minute(6), by }));
}

#[test]
fn of_a_removal_and_a_setting_in_one_second_the_protection_stays() {
    let (gone, set) = (
        untagged(own(), GONE),
        tagged(own(), &[(PROTECT, "reclaim")]),
    );
    let row = born().hears(5, set.clone()).hears(5, gone.clone());
    assert!(row.tags.contains_key(PROTECT));
    assert_eq!(row, born().hears(5, gone).hears(5, set));
}

#[test]
fn a_removal_takes_what_it_names() {
    let row = born().hears(1, tagged(own(), &[("Name", "web"), ("aws:stack", "s")]));
    let left = |keys| row.hears(2, untagged(own(), keys)).tags;
    let all = tags(&[(PROTECT, "reclaim"), ("Name", "web"), ("aws:stack", "s")]);
    assert_eq!(left(&[("Name", Some("mail"))]), all);
    assert_eq!(left(&[("Other", None)]), all);
    let reverse_dns_reset = tags(&[(PROTECT, "reclaim"), ("aws:stack", "s")]);
    assert_eq!(left(&[("Name", Some("web"))]), reverse_dns_reset);
    assert_eq!(left(&[("Name", None)]), reverse_dns_reset);
    assert_eq!(left(&[]), tags(&[("aws:stack", "s")]));
}

#[test]
fn only_the_removal_of_the_protect_tag_unprotects() {
    let row = born().hears(1, tagged(own(), WEB));
    assert_eq!(row.unprotected, None);
    let other = row.hears(2, untagged(own(), &[("Name", None)]));
    assert_eq!((other.unprotected, other.unlocked), (None, Vec::new()));
}

#[test]
fn who_removed_the_protect_tag_first_is_who_unprotected_it() {
    let row =
        born()
            .hears_of("kim", 1, untagged(own(), GONE))
            .hears_of("lee", 2, untagged(own(), GONE));
    assert_eq!(row.unprotected.as_ref().unwrap().by, Some(actor("kim")));
    assert_eq!(undone(&row), [(Lock::ProtectTag, 1)]);
    assert_eq!(row.tags_as_of, minute(2));
}

#[test]
fn a_protect_tag_that_was_seen_to_be_gone_was_removed_by_whoever_tells_it_next() {
    let bare = crate::model::elastic_ip::Address {
        tags: tags(&[]),
        ..address()
    };
    let seen_gone = born().sees(5, &bare, None);
    let at = minute(5);
    assert_eq!(seen_gone.unprotected, Some(Unprotected { at, by: None }));
    let told = seen_gone.hears(6, untagged(own(), GONE));
    let by = Some(actor("alice"));
    assert_eq!(told.unprotected, Some(Unprotected { at: minute(6), by }));
    assert_eq!(undone(&told), [(Lock::ProtectTag, 6)]);
    let set_again = told.hears(7, tagged(own(), &[(PROTECT, "reclaim")]));
    assert_eq!(set_again.unprotected, None);
}

#[test]
fn of_several_removals_before_a_look_the_last_is_the_one_that_was_seen() {
    let bare = crate::model::elastic_ip::Address {
        tags: tags(&[]),
        ..address()
    };
    let row = born()
        .sees(9, &bare, None)
        .hears_of("kim", 1, untagged(own(), GONE))
        .hears(2, tagged(own(), &[(PROTECT, "reclaim")]))
        .hears_of("lee", 3, untagged(own(), GONE));
    let by = Some(actor("lee"));
    assert_eq!(row.unprotected, Some(Unprotected { at: minute(3), by }));
    assert_eq!(undone(&row), [(Lock::ProtectTag, 1), (Lock::ProtectTag, 3)]);
}

#[test]
fn a_tag_that_was_never_there_was_removed_by_nobody() {
    let bare = crate::model::elastic_ip::Address {
        tags: tags(WEB),
        ..address()
    };
    let row = seen(1, &bare, None).hears(2, untagged(own(), GONE));
    assert_eq!((row.unprotected, row.unlocked), (None, Vec::new()));
}

#[test]
fn a_name_is_the_youngest_whenever_it_is_heard() {
    let row = born().hears(5, named(own(), "a.example.com"));
    let a = Dated::since("a.example.com".to_owned(), minute(5));
    assert_eq!(row.reverse_dns, Some(a));
    let older = row.hears(4, named(own(), "b.example.com"));
    assert_eq!(older.is_named(), Some("a.example.com"));
    let younger = row.hears(6, named(own(), "b.example.com"));
    assert_eq!(younger.is_named(), Some("b.example.com"));
}

#[test]
fn a_reset_that_arrives_before_its_name_ends_it() {
    let row = born()
        .hears(5, reverse_dns_reset(own()))
        .hears(4, named(own(), "a.example.com"));
    let held = row.reverse_dns.as_ref().unwrap();
    assert_eq!((held.since, held.until), (minute(4), Some(minute(5))));
    assert_eq!(undone(&row), [(Lock::ReverseDns, 5)]);
    let again = row.hears(6, named(own(), "a.example.com"));
    assert_eq!(again.is_named(), Some("a.example.com"));
}

#[test]
fn a_name_that_was_missed_ended_when_the_reset_says() {
    let row = seen(1, &address(), Some("a.example.com")).sees(5, &address(), None);
    assert_eq!(row.reverse_dns.as_ref().unwrap().until, Some(minute(5)));
    let told = row.hears(4, reverse_dns_reset(own()));
    assert_eq!(told.reverse_dns.as_ref().unwrap().until, Some(minute(4)));
    assert_eq!(undone(&told), [(Lock::ReverseDns, 4)]);
    assert_eq!(told.unlocked[0].by, actor("alice"));
}

#[test]
fn a_reset_of_no_name_undoes_nothing() {
    let row = born().hears(1, reverse_dns_reset(own()));
    assert_eq!((row.reverse_dns, row.unlocked), (None, Vec::new()));
}

#[test]
fn a_release_ends_the_row_and_keeps_what_it_knew() {
    let row = full().hears(9, released(own()));
    assert_eq!(row.state, AllocationState::Released { at: minute(9) });
    assert_eq!(
        Snapshot {
            state: AllocationState::Allocated,
            ..row.clone()
        },
        full()
    );
    assert_eq!(row.hears(8, released(own())), row);
}

#[test]
fn a_tombstone_learns_what_was_before_its_end_and_nothing_of_later() {
    let ended = born().hears(5, released(own()));
    assert_eq!(ended.hears(6, associated(own(), 1)), ended);
    for at in [4, 5] {
        let row = ended.hears(at, associated(own(), 1));
        assert_eq!(row.is_at(), Some(1));
        assert_eq!(row.state, ended.state);
    }
    let there = crate::model::elastic_ip::Address {
        association: Some(association_on(1)),
        ..address()
    };
    assert_eq!(ended.sees(6, &there, None), ended);
    assert_eq!(ended.sees(5, &there, None).is_at(), Some(1));
}

#[test]
fn the_four_youngest_unlockings_are_remembered_oldest_first() {
    let name = |at| named(own(), &format!("{at}.example.com"));
    let row = (1..=6).rev().fold(born(), |row, at| {
        row.hears(2 * at, reverse_dns_reset(own()))
            .hears(2 * at - 1, name(at))
    });
    let times = [6, 8, 10, 12].map(|at| (Lock::ReverseDns, at));
    assert_eq!(undone(&row), times);
}

#[test]
fn what_is_undone_in_one_second_is_told_in_one_order() {
    let row = born()
        .hears(1, associated(own(), 1))
        .hears(1, named(own(), "a.example.com"));
    let row = [
        reverse_dns_reset(own()),
        disassociated(1),
        untagged(own(), GONE),
    ]
    .into_iter()
    .fold(row, |row, change| row.hears(2, change));
    let order = [Lock::ProtectTag, Lock::ReverseDns, Lock::Association];
    assert_eq!(undone(&row), order.map(|lock| (lock, 2)));
}
