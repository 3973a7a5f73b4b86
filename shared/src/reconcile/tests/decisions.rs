//! What the ledger is to say: pure, without an account.

use super::super::decide::{
    self, affected_addresses, after_call, after_look, needs_a_look, transferred_row,
};
use super::super::fixtures::{
    PENDING, START, accepted_at, address, allocated, allocation, associated_at, association,
    disassociated_at, installation, ip, offered_at, protect, protected_at, reclaimed_as, record,
    release_record, released, row_of, unprotected_at,
};
use super::super::state::AffectedAddresses;
use super::super::state::{AccountState, AffectedRows, Look};
use crate::ledger::snapshot::{AllocationState, Lock, Observation};
use crate::ledger::{AllocationRows, ReleaseRecord, Snapshot};
use crate::model::cloudtrail::{AddressChange, Record};
use crate::model::elastic_ip::Address;
use crate::model::ids::AllocationId;
use crate::settings::{Protection, Settings};
use std::collections::BTreeMap;
use time::{Duration, OffsetDateTime};

fn minute(number: i64) -> OffsetDateTime {
    START + Duration::minutes(number)
}

fn settings() -> Settings {
    installation().settings
}

fn look(at: OffsetDateTime, shown: &[Address]) -> Look {
    let shown = shown.iter().cloned();
    Look {
        at,
        addresses: shown.map(|one| (one.allocation.clone(), one)).collect(),
        reverse_dns_names: None,
        reverse_dns_names_refused: None,
    }
}

fn known(snapshot: Snapshot) -> AllocationRows {
    AllocationRows {
        snapshot: Some(snapshot),
        release: None,
        ..AllocationRows::default()
    }
}

fn tagged(number: usize, tags: &[&str]) -> Address {
    Address {
        tags: tags
            .iter()
            .map(|key| ((*key).to_owned(), String::new()))
            .collect(),
        ..address(number)
    }
}

fn told(row: Snapshot, record: &Record, look: &Look) -> Option<Snapshot> {
    after_call(&known(row), record, look, &allocation(1), &settings())
}

#[test]
fn a_call_that_names_an_address_twice_concerns_it_once() {
    for change in [
        AddressChange::Tagged {
            allocations: [2, 1, 2].map(allocation).to_vec(),
            tags: protect("reclaim"),
        },
        AddressChange::Untagged {
            allocations: [2, 1, 2].map(allocation).to_vec(),
            tags: Vec::new(),
        },
    ] {
        let both = AffectedAddresses::Allocations(vec![allocation(1), allocation(2)]);
        assert_eq!(
            affected_addresses(&record(START, "CreateTags", change), &settings()),
            both
        );
    }
}

#[test]
fn each_call_concerns_the_address_that_it_names() {
    let by_id = AffectedAddresses::Allocations(vec![allocation(1)]);
    let named = [
        allocated(&address(1), START),
        associated_at(1, 7, START),
        offered_at(1, START),
        unprotected_at(1, START),
    ];
    for call in named {
        assert_eq!(affected_addresses(&call, &settings()), by_id, "{call:?}");
    }
    let by_association = AffectedAddresses::Association(association(7).id);
    assert_eq!(
        affected_addresses(&disassociated_at(7, START), &settings()),
        by_association
    );
    let received = Some(allocation(9));
    let by_address = AffectedAddresses::Address {
        ip: ip(1),
        received: received.clone(),
    };
    assert_eq!(
        affected_addresses(&accepted_at(1, received, START), &settings()),
        by_address
    );
}

#[test]
fn news_of_an_address_that_is_known_needs_no_look() {
    let row = row_of(&address(1), minute(1));
    let news = [
        protected_at(1, minute(2)),
        associated_at(1, 7, minute(2)),
        offered_at(1, minute(2)),
        allocated(&address(1), minute(2)),
    ];
    for call in news {
        assert!(!needs_a_look(&known(row.clone()), &call), "{call:?}");
    }
}

#[test]
fn a_call_that_is_older_than_the_row_needs_a_look() {
    let row = row_of(&address(1), minute(3));
    assert!(needs_a_look(&known(row), &protected_at(1, minute(2))));
}

#[test]
fn an_address_that_nothing_is_known_of_needs_a_look_unless_the_call_is_its_birth() {
    let nothing = AllocationRows::default();
    assert!(needs_a_look(&nothing, &protected_at(1, START)));
    assert!(!needs_a_look(&nothing, &allocated(&address(1), START)));
}

#[test]
fn nobody_looks_for_an_address_that_has_ended() {
    let row = row_of(&address(1), minute(3)).ended(minute(4));
    for call in [protected_at(1, minute(2)), accepted_at(1, None, minute(5))] {
        assert!(!needs_a_look(&known(row.clone()), &call), "{call:?}");
    }
}

#[test]
fn an_accepted_transfer_needs_a_look() {
    let row = row_of(&address(1), minute(1));
    assert!(needs_a_look(&known(row), &accepted_at(1, None, minute(2))));
}

#[test]
fn an_association_without_its_interface_or_its_private_ip_needs_a_look() {
    let row = row_of(&address(1), minute(1));
    let whole = associated_at(1, 7, minute(2));
    for (has_eni, has_private_ip) in [(false, true), (true, false), (false, false)] {
        let mut partial = whole.clone();
        if let AddressChange::Associated {
            eni, private_ip, ..
        } = &mut partial.change
        {
            *eni = eni.take().filter(|_| has_eni);
            *private_ip = private_ip.take().filter(|_| has_private_ip);
        }
        assert!(needs_a_look(&known(row.clone()), &partial), "{partial:?}");
    }
}

#[test]
fn a_call_before_a_look_is_heard_first_so_who_took_the_tag_away_is_told_though_it_is_back() {
    let protected = Address {
        tags: protect("reclaim"),
        ..address(1)
    };
    let missed = Observation {
        address: &address(1),
        reverse_dns: None,
        at: minute(5),
    };
    let missed = row_of(&protected, minute(0))
        .after_observation(missed, "holdfast:protect")
        .unwrap();

    let next = told(
        missed,
        &unprotected_at(1, minute(3)),
        &look(minute(9), &[protected]),
    )
    .unwrap();

    let unlocked: Vec<(Lock, OffsetDateTime)> =
        next.unlocked.iter().map(|one| (one.what, one.at)).collect();
    assert_eq!(unlocked, [(Lock::ProtectTag, minute(3))]);
    assert_eq!((next.tags, next.unprotected), (protect("reclaim"), None));
}

#[test]
fn a_call_after_a_look_is_added_to_what_the_look_shows() {
    let row = row_of(&tagged(1, &["a"]), minute(0));
    let change = AddressChange::Tagged {
        allocations: vec![allocation(1)],
        tags: tagged(1, &["c"]).tags,
    };
    let call = record(minute(9), "CreateTags", change);
    let next = told(row, &call, &look(minute(8), &[tagged(1, &["a", "b"])])).unwrap();
    assert_eq!(next.tags, tagged(1, &["a", "b", "c"]).tags);
}

#[test]
fn what_a_look_shows_of_another_association_does_not_complete_a_call() {
    let row = row_of(&address(1), minute(0));
    let mut call = associated_at(1, 7, minute(5));
    if let AddressChange::Associated {
        eni, private_ip, ..
    } = &mut call.change
    {
        (*eni, *private_ip) = (None, None);
    }
    let stale = Address {
        association: Some(association(6)),
        ..address(1)
    };
    let next = told(row, &call, &look(minute(4), &[stale])).unwrap();
    let held = next.association.unwrap().value;
    assert_eq!(
        (held.id, held.eni, held.private_ip),
        (association(7).id, None, None)
    );
}

#[test]
fn a_call_that_teaches_nothing_changes_nothing_that_the_row_says() {
    let row = row_of(&address(1), minute(3));
    let nothing = look(minute(9), &[]);
    let next = told(row.clone(), &unprotected_at(1, minute(2)), &nothing);
    assert!(next.is_none_or(|next| next.has_same_content_as(&row)));
}

#[test]
fn a_row_with_a_release_record_is_a_tombstone_whatever_a_look_still_shows() {
    let known = AllocationRows {
        snapshot: None,
        release: Some(release_record(1, PENDING)),
        ..AllocationRows::default()
    };
    let stale = look(minute(1), &[address(1)]);
    let row = after_look(&known, &stale, &allocation(1), &settings()).unwrap();
    assert_eq!(row.state, AllocationState::Released { at: START });
    let call = protected_at(1, minute(-1));
    let row = after_call(&known, &call, &stale, &allocation(1), &settings()).unwrap();
    assert_eq!(row.state, AllocationState::Released { at: START });
}

fn everything(shown: &[Address], rows: Vec<Snapshot>) -> AccountState {
    let rows = rows.into_iter();
    AccountState {
        look: look(minute(9), shown),
        rows: rows.map(|row| (row.allocation.clone(), row)).collect(),
        releases: BTreeMap::new(),
    }
}

#[test]
fn what_a_service_manages_and_what_has_ended_does_not_count_as_protected() {
    let mut settings = settings();
    settings.default_protection = Protection::Reclaim;
    let managed = Address {
        service_managed: Some("alb".to_owned()),
        ..address(2)
    };
    let ended = row_of(&address(3), minute(1)).ended(minute(2));
    let observed = everything(&[address(1), managed, address(3)], vec![ended]);
    assert_eq!(decide::sweep(&observed, &settings).protected, 1);
}

#[test]
fn missing_is_what_is_alive_older_than_the_look_and_not_shown() {
    let old = |number| row_of(&address(number), minute(1));
    let rows = vec![
        old(1),
        old(2),
        old(3).ended(minute(2)),
        row_of(&address(4), minute(10)),
    ];
    let plan = decide::sweep(&everything(&[address(1)], rows), &settings());
    assert_eq!(plan.missing, [allocation(2)]);
}

/// What an accepted transfer of the first address is about.
fn concerned(shown: &[Address], rows: Vec<(Snapshot, Option<ReleaseRecord>)>) -> AffectedRows {
    let rows: BTreeMap<AllocationId, AllocationRows> = rows
        .into_iter()
        .map(|(snapshot, release)| {
            let known = AllocationRows {
                release,
                ..known(snapshot)
            };
            (known.snapshot.as_ref().unwrap().allocation.clone(), known)
        })
        .collect();
    AffectedRows {
        look: look(minute(9), shown),
        looked_at: rows.keys().cloned().collect(),
        rows,
    }
}

fn of_first_ip(number: usize, at: OffsetDateTime) -> Snapshot {
    let same = Address {
        ip: ip(1),
        ..address(number)
    };
    row_of(&same, at)
}

fn transfer(observed: &AffectedRows, received: Option<usize>) -> Option<AllocationId> {
    let received = received.map(allocation);
    transferred_row(observed, received.as_ref()).map(|row| row.allocation.clone())
}

#[test]
fn of_two_allocations_of_one_address_the_one_that_is_alive_was_given_away() {
    for (alive, ended) in [(1, 2), (2, 1)] {
        let tombstone = of_first_ip(ended, minute(5)).ended(minute(6));
        let rows = vec![(tombstone, None), (of_first_ip(alive, minute(1)), None)];
        assert_eq!(
            transfer(&concerned(&[], rows), None),
            Some(allocation(alive))
        );
    }
}

#[test]
fn of_two_tombstones_of_one_address_the_younger_was_given_away() {
    for (younger, older) in [(1, 2), (2, 1)] {
        let ended = |number, at| of_first_ip(number, minute(at)).ended(minute(at + 1));
        let rows = vec![(ended(younger, 5), None), (ended(older, 2), None)];
        assert_eq!(
            transfer(&concerned(&[], rows), None),
            Some(allocation(younger))
        );
    }
}

#[test]
fn an_address_whose_end_is_settled_is_not_given_away_once_more() {
    let row = of_first_ip(1, minute(1)).ended(START);
    let handled = release_record(1, reclaimed_as(9, true));
    let rows = vec![(row.clone(), Some(handled))];
    assert_eq!(transfer(&concerned(&[], rows), None), None);
    let rows = vec![(row, Some(release_record(1, PENDING)))];
    assert_eq!(transfer(&concerned(&[], rows), None), Some(allocation(1)));
}

#[test]
fn an_address_that_ec2_still_shows_is_not_given_away() {
    let observed = concerned(&[address(1)], vec![(of_first_ip(1, minute(1)), None)]);
    assert_eq!(transfer(&observed, None), None);
}

#[test]
fn an_address_that_was_received_is_not_given_away() {
    let lost = (
        of_first_ip(1, minute(1)).ended(START),
        Some(release_record(1, PENDING)),
    );
    let received = Address {
        ip: ip(1),
        ..address(2)
    };
    let shown = concerned(&[received], vec![lost.clone()]);
    assert_eq!(transfer(&shown, Some(2)), None);
    let noted = concerned(&[], vec![lost.clone(), (of_first_ip(2, minute(8)), None)]);
    assert_eq!(transfer(&noted, Some(2)), None);
    let theirs = concerned(&[], vec![lost]);
    assert_eq!(transfer(&theirs, Some(2)), Some(allocation(1)));
}

#[test]
fn a_release_concerns_the_guard_alone() {
    let nothing = affected_addresses(&released(1, START), &settings());
    assert!(matches!(nothing, AffectedAddresses::Nothing { why } if why.contains("guard")));
}
