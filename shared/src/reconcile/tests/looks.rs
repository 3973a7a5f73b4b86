//! What a look adds to what is known: for every address of a sweep, and for the one of a call. Pure.

use super::super::decide::{after_call, after_look, sweep};
use super::super::fixtures::{
    PENDING, START, address, allocation, associated_at, association, association_id, installation,
    protect, protected_at, record, release_record, row_of,
};
use super::super::state::{AccountState, Look};
use crate::ledger::snapshot::{AllocationState, Dated};
use crate::ledger::{AllocationRows, Snapshot};
use crate::model::cloudtrail::AddressChange;
use crate::model::elastic_ip::Address;
use std::collections::BTreeMap;
use time::{Duration, OffsetDateTime};

fn minute(number: i64) -> OffsetDateTime {
    START + Duration::minutes(number)
}

fn protected() -> Address {
    Address {
        tags: protect("reclaim"),
        ..address(1)
    }
}

fn look(at: OffsetDateTime, shown: Address) -> Look {
    Look {
        at,
        addresses: [(shown.allocation.clone(), shown)].into(),
        reverse_dns_names: None,
        reverse_dns_names_refused: None,
    }
}

/// A look at an address of which the ledger has this row.
fn everything(look: Look, row: Snapshot) -> AccountState {
    AccountState {
        look,
        rows: [(row.allocation.clone(), row)].into(),
        releases: BTreeMap::new(),
    }
}

#[test]
fn a_protected_address_of_which_a_look_teaches_nothing_is_counted_and_not_written() {
    let row = row_of(&protected(), minute(0));
    let observed = everything(look(minute(5), protected()), row);
    let plan = sweep(&observed, &installation().settings);
    assert_eq!((plan.protected, plan.changed), (1, Vec::new()));
}

#[test]
fn a_protected_address_of_which_a_look_teaches_something_is_counted_and_written() {
    let row = row_of(&address(1), minute(0));
    let observed = everything(look(minute(5), protected()), row);
    let plan = sweep(&observed, &installation().settings);
    assert_eq!((plan.protected, plan.changed), (1, vec![allocation(1)]));
}

/// It ended at minute 3, and its record says that it was released at the start.
fn ended_later_than_recorded() -> AllocationRows {
    AllocationRows {
        snapshot: Some(row_of(&address(1), minute(-5)).ended(minute(3))),
        release: Some(release_record(1, PENDING)),
        ..AllocationRows::default()
    }
}

#[test]
fn an_end_that_is_written_stays_where_it_is() {
    let settings = installation().settings;
    let known = ended_later_than_recorded();
    let at = minute(3);
    let seen = look(minute(1), protected());
    let row = after_look(&known, &seen, &allocation(1), &settings).unwrap();
    assert_eq!(row.state, AllocationState::Released { at });
    let call = protected_at(1, minute(-1));
    let unseen = look(minute(1), address(2));
    let row = after_call(&known, &call, &unseen, &allocation(1), &settings).unwrap();
    assert_eq!(row.state, AllocationState::Released { at });
}

/// An association by a call that named an instance only.
fn by_instance(with: usize) -> AddressChange {
    AddressChange::Associated {
        allocation: allocation(1),
        association: Some(association_id(with)),
        eni: None,
        private_ip: None,
        instance: None,
    }
}

/// The association after that call at minute 9 and a look at minute 5 that lagged less than it was taken to;
/// the one before had ended at minute 8.
fn associated(change: AddressChange) -> Dated<crate::model::elastic_ip::Association> {
    let before = row_of(&address(1), minute(0))
        .after_record(&associated_at(1, 6, minute(1)), "holdfast:protect")
        .unwrap();
    let mut before = before.without_fact_log();
    before.association.as_mut().unwrap().until = Some(minute(8));
    let known = AllocationRows {
        snapshot: Some(before),
        release: None,
        ..AllocationRows::default()
    };
    let shown = Address {
        association: Some(association(7)),
        ..address(1)
    };
    let call = record(minute(9), "AssociateAddress", change);
    let seen = look(minute(5), shown);
    let settings = installation().settings;
    let row = after_call(&known, &call, &seen, &allocation(1), &settings).unwrap();
    row.association.unwrap()
}

#[test]
fn a_call_by_instance_is_completed_from_a_look_that_is_taken_as_older() {
    let held = associated(by_instance(7));
    assert_eq!(held, Dated::since(association(7), minute(9)));
}

#[test]
fn a_call_is_not_completed_from_another_association() {
    let held = associated(by_instance(8)).value;
    assert_eq!(held.id, association_id(8));
    assert_eq!((held.eni, held.private_ip), (None, None));
}
