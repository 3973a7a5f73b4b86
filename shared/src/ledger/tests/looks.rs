//! What a look changes in a row: older, equal, younger than what is known of each part.

use super::{
    NOON, PROTECT, address, associated, association_id, association_on, born, foreign, minute,
    named, observation, own, seen, tagged, tags,
};
use crate::ledger::Snapshot;
use crate::ledger::snapshot::{AllocationState, Dated, Observation, Unprotected};
use crate::model::cloudtrail::AddressChange;
use crate::model::elastic_ip::{Address, Association, Pool};
use crate::model::ids::BorderGroup;

fn at(number: u8) -> Address {
    Address {
        association: Some(association_on(number)),
        ..address()
    }
}

fn tagged_with(pairs: &[(&str, &str)]) -> Address {
    Address {
        tags: tags(pairs),
        ..address()
    }
}

#[test]
fn a_first_look_tells_everything() {
    let address = Address {
        service_managed: Some("nlb".to_owned()),
        pool: Pool::Ipam("ipam-pool-1".to_owned()),
        ..at(1)
    };
    let row = seen(3, &address, Some("a.example.com"));
    assert_eq!((&row.allocation, row.ip), (&own(), address.ip));
    assert_eq!((&row.pool, &row.tags), (&address.pool, &address.tags));
    assert_eq!(row.border_group, address.border_group);
    assert_eq!(row.service_managed, address.service_managed);
    assert_eq!(
        row.association,
        Some(Dated::since(association_on(1), minute(3)))
    );
    let name = Dated::since("a.example.com".to_owned(), minute(3));
    assert_eq!(row.reverse_dns, Some(name));
    assert_eq!((row.observed_at, row.tags_as_of), (minute(3), minute(3)));
    assert_eq!(
        (row.as_of, row.state),
        (minute(3), AllocationState::Allocated)
    );
    assert_eq!((row.revision, row.unprotected), (0, None));
}

#[test]
fn a_look_that_shows_what_is_known_teaches_nothing() {
    let row = seen(3, &at(1), Some("a.example.com"));
    for time in [4, 3, 60] {
        let same = observation(time, &at(1), Some("a.example.com"))
            .address
            .clone();
        let look = observation(time, &same, Some("a.example.com"));
        assert_eq!(row.after_observation(look, PROTECT), None, "at {time}");
    }
}

#[test]
fn a_younger_look_takes_over_everything_that_changed() {
    let row = seen(3, &at(1), Some("a.example.com"));
    let now = Address {
        pool: Pool::BringYourOwn("ipv4pool-ec2-1".to_owned()),
        border_group: Some(BorderGroup("eu-west-1-wl1".to_owned())),
        tags: tags(&[(PROTECT, "record")]),
        service_managed: Some("alb".to_owned()),
        ..at(2)
    };
    let next = row.sees(5, &now, Some("b.example.com"));
    assert_eq!((&next.pool, &next.tags), (&now.pool, &now.tags));
    assert_eq!(next.border_group, now.border_group);
    assert_eq!(next.service_managed, now.service_managed);
    assert_eq!(
        next.association,
        Some(Dated::since(association_on(2), minute(5)))
    );
    assert_eq!(next.is_named(), Some("b.example.com"));
    assert_eq!((next.observed_at, next.tags_as_of), (minute(5), minute(5)));
    assert_eq!(next.as_of, minute(5));
}

#[test]
fn each_part_that_changed_is_reason_enough() {
    let row = seen(3, &address(), None);
    let news = [
        at(1),
        tagged_with(&[]),
        Address {
            pool: Pool::CustomerOwned("ipv4pool-coip-1".to_owned()),
            ..address()
        },
        Address {
            border_group: None,
            ..address()
        },
        Address {
            service_managed: Some("rds".to_owned()),
            ..address()
        },
    ];
    for shown in news {
        let next = row.sees(4, &shown, None);
        assert_eq!(
            (next.observed_at, next.as_of),
            (minute(4), minute(4)),
            "{shown:?}"
        );
    }
    let named = row.sees(4, &address(), Some("a.example.com"));
    assert_eq!((named.observed_at, named.as_of), (minute(4), minute(4)));
}

#[test]
fn an_older_look_replaces_nothing_that_a_younger_one_showed() {
    let row = seen(5, &at(2), Some("b.example.com"));
    let older = Address {
        tags: tags(&[("Name", "old")]),
        service_managed: Some("alb".to_owned()),
        ..at(1)
    };
    let next = row.sees(3, &older, Some("a.example.com"));
    assert_eq!(next.is_at(), Some(2));
    assert_eq!(next.is_named(), Some("b.example.com"));
    assert_eq!((&next.tags, &next.service_managed), (&row.tags, &None));
    assert_eq!((next.observed_at, next.as_of), (minute(5), minute(5)));
    let own_row = row.of_an_earlier_version();
    let next = own_row.sees(3, &older, Some("a.example.com"));
    assert_eq!(next.content(), own_row.content());
}

#[test]
fn an_older_look_tells_since_when() {
    let row = seen(5, &at(1), Some("a.example.com")).sees(3, &at(1), Some("a.example.com"));
    assert_eq!(
        row.association,
        Some(Dated::since(association_on(1), minute(3)))
    );
    assert_eq!(row.observed_at, minute(3));
}

#[test]
fn a_look_between_two_calls_counts_between_them() {
    let row = born().hears(5, tagged(own(), &[("Name", "web")])).sees(
        4,
        &tagged_with(&[("Owner", "network")]),
        None,
    );
    assert_eq!(row.tags, tags(&[("Name", "web"), ("Owner", "network")]));
    assert_eq!((row.observed_at, row.tags_as_of), (minute(4), minute(5)));
    let row = born().hears(5, associated(own(), 2)).sees(4, &at(1), None);
    assert_eq!(row.is_at(), Some(2));
    let row =
        born()
            .hears(5, named(own(), "b.example.com"))
            .sees(4, &address(), Some("a.example.com"));
    assert_eq!(row.is_named(), Some("b.example.com"));
}

#[test]
fn a_look_of_the_same_moment_as_a_call_is_the_later() {
    let bare = tagged_with(&[]);
    let call_first = born()
        .hears(5, tagged(own(), &[("Name", "web")]))
        .sees(5, &bare, None);
    let look_first = born()
        .sees(5, &bare, None)
        .hears(5, tagged(own(), &[("Name", "web")]));
    assert_eq!(call_first, look_first);
    assert!(call_first.tags.is_empty());
}

#[test]
fn what_a_look_of_the_same_moment_shows_of_place_and_name_is_the_later() {
    let row = born().hears(5, associated(own(), 1)).sees(5, &at(2), None);
    assert_eq!(row.is_at(), Some(2));
    let named_a = born().hears(5, named(own(), "a.example.com"));
    let row = named_a.sees(5, &address(), Some("b.example.com"));
    assert_eq!(row.is_named(), Some("b.example.com"));
}

#[test]
fn of_two_looks_of_the_same_moment_the_second_counts() {
    let row = seen(3, &at(1), Some("a.example.com")).sees(3, &at(2), Some("b.example.com"));
    assert_eq!(
        (row.is_at(), row.is_named()),
        (Some(2), Some("b.example.com"))
    );
}

#[test]
fn what_is_not_there_any_more_has_ended_and_is_kept() {
    let row = seen(3, &at(1), Some("a.example.com")).sees(5, &address(), None);
    let held = row.association.as_ref().unwrap();
    assert_eq!(
        (&held.value, held.until),
        (&association_on(1), Some(minute(5)))
    );
    let name = row.reverse_dns.as_ref().unwrap();
    assert_eq!(
        (name.value.as_str(), name.until),
        ("a.example.com", Some(minute(5)))
    );
    let later = row.sees(6, &tagged_with(&[]), None);
    assert_eq!(later.association, row.association);
    assert_eq!(later.reverse_dns, row.reverse_dns);
    let back = later.sees(7, &at(1), Some("a.example.com"));
    assert_eq!(
        back.association,
        Some(Dated::since(association_on(1), minute(7)))
    );
    assert_eq!(back.is_named(), Some("a.example.com"));
}

#[test]
fn names_that_were_not_asked_for_are_not_gone() {
    let row = seen(3, &address(), Some("a.example.com"));
    let shown = at(1);
    let look = Observation {
        address: &shown,
        reverse_dns: None,
        at: minute(5),
    };
    let next = row.after_observation(look, PROTECT).unwrap();
    assert_eq!(next.reverse_dns, row.reverse_dns);
    assert_eq!(next.is_at(), Some(1));
}

#[test]
fn a_look_fills_in_what_a_call_did_not_name() {
    let by_instance = AddressChange::Associated {
        allocation: own(),
        association: Some(association_id(1)),
        eni: None,
        private_ip: None,
        instance: association_on(1).instance,
    };
    let row = born().hears(1, by_instance).sees(5, &at(1), None);
    assert_eq!(
        row.association,
        Some(Dated::since(association_on(1), minute(1)))
    );
}

#[test]
fn an_interface_that_moved_with_its_association_is_the_same_association() {
    let moved = Address {
        association: Some(Association {
            instance: Some("i-2".parse().unwrap()),
            ..association_on(1)
        }),
        ..address()
    };
    let held = seen(1, &at(1), None)
        .sees(5, &moved, None)
        .association
        .unwrap();
    assert_eq!(held.value.instance, Some("i-2".parse().unwrap()));
    assert_eq!((held.since, held.until), (minute(1), None));
}

#[test]
fn a_protect_tag_that_is_gone_is_noted_at_the_moment_of_the_look() {
    let row = born().sees(5, &tagged_with(&[("Name", "web")]), None);
    let at = minute(5);
    assert_eq!(row.unprotected, Some(Unprotected { at, by: None }));
    assert!(row.unlocked.is_empty());
    let still = row.sees(6, &tagged_with(&[]), None);
    assert_eq!(still.unprotected, row.unprotected);
    assert_eq!(still.sees(7, &address(), None).unprotected, None);
}

#[test]
fn a_look_from_before_the_birth_tells_nothing_of_the_allocation_but_that_it_is_there() {
    let confirmed = || Snapshot {
        unconfirmed: false,
        ..born()
    };
    let look = seen(-1, &tagged_with(&[("Name", "old")]), None);
    let birth = AddressChange::Allocated(super::birth());
    assert_eq!(look.hears(0, birth), confirmed());
    assert_eq!(born().sees(-1, &at(1), None), confirmed());
}

#[test]
fn an_address_that_events_alone_told_of_is_confirmed_by_the_first_look() {
    let told = born().hears(4, tagged(own(), &[("Name", "web")]));
    assert!(told.unconfirmed);
    let looked_at = told.sees(5, &tagged_with(&[("Name", "web")]), None);
    assert!(!looked_at.unconfirmed);
    let tagged_again = looked_at.hears(6, tagged(own(), &[("Name", "api")]));
    assert!(!tagged_again.unconfirmed, "for good");
}

#[test]
fn an_event_that_tells_another_ip_of_an_allocation_changes_nothing() {
    let mut forged = super::birth();
    forged.ip = std::net::Ipv4Addr::new(203, 0, 113, 99);
    let forged = || AddressChange::Allocated(forged.clone());
    let looked_at = seen(1, &at(1), None);
    assert_eq!(looked_at.hears(9, forged()), looked_at);
    assert_eq!(born().hears(9, forged()), born());
    let gone = looked_at.ended(minute(3));
    assert_eq!(gone.hears(2, forged()), gone);
}

#[test]
fn a_look_that_shows_another_ip_than_an_event_told_replaces_the_row() {
    let mut forged = super::birth();
    forged.ip = std::net::Ipv4Addr::new(203, 0, 113, 99);
    let told = Snapshot::from_allocation(&forged, minute(0));
    let row = told.sees(5, &at(1), None);
    assert_eq!((row.ip, row.unconfirmed), (at(1).ip, false));
    let back = seen(6, &at(1), None);
    let merged = told.with_history_of(&back).unwrap();
    assert_eq!((merged.ip, merged.unconfirmed), (at(1).ip, false));
}

#[test]
fn what_is_gone_is_confirmed_by_no_later_look() {
    let gone = born().ended(minute(3));
    assert!(gone.sees(4, &at(1), None).unconfirmed);
    assert!(!gone.sees(2, &at(1), None).unconfirmed);
}

#[test]
fn a_second_look_that_shows_the_same_is_not_written() {
    let looked_at = born().sees(5, &at(1), None);
    let seen = looked_at.sees(6, &at(1), None);
    assert_eq!(seen, looked_at);
}

#[test]
fn what_a_call_changed_is_known_as_of_that_call() {
    let row = born()
        .hears(4, tagged(own(), &[("Name", "web")]))
        .hears(5, associated(own(), 1))
        .hears(6, named(own(), "a.example.com"));
    let is_older = |change: &AddressChange, at| row.is_older_than_known(change, minute(at));
    for (change, known) in [
        (tagged(own(), &[]), 4),
        (super::untagged(own(), &[]), 4),
        (associated(own(), 2), 5),
        (named(own(), "b"), 6),
        (super::reverse_dns_reset(own()), 6),
    ] {
        assert!(is_older(&change, known - 1), "{change:?}");
        assert!(!is_older(&change, known), "{change:?}");
    }
    let ended = row.hears(8, super::disassociated(1));
    assert!(ended.is_older_than_known(&associated(own(), 2), minute(7)));
    assert!(!is_older(&super::disassociated(1), 0));
    assert!(!is_older(&super::offered(foreign(), "1"), 0));
    let looked = row.sees(9, &at(2), None);
    assert!(looked.is_older_than_known(&tagged(own(), &[]), minute(8)));
    assert_eq!(row.observed_at, NOON);
}
