//! Writing by compare-and-set, and finding a row by an association.

use super::{associated, association_id, born, own, tagged};
use crate::ledger::{AllocationRows, Ledger, MemoryLedger, UpdateError, Written, update_snapshot};
use futures_util::FutureExt;

#[test]
fn a_change_that_another_write_came_before_is_derived_anew() {
    let ledger = MemoryLedger::default();
    let write = |known: AllocationRows, key: &'static str| {
        let change = move |known: &AllocationRows| {
            let row = known.snapshot.clone().unwrap_or_else(born);
            Some(row.hears(1, tagged(own(), &[(key, "")])))
        };
        let written = update_snapshot(&ledger, &own(), known, change).now_or_never();
        written.unwrap().unwrap().unwrap()
    };
    assert_eq!(write(AllocationRows::default(), "a").revision, 1);
    let second = write(AllocationRows::default(), "b");
    assert_eq!(second.revision, 2);
    assert!(second.tags.contains_key("a") && second.tags.contains_key("b"));
    let stored = ledger.read(&own()).now_or_never().unwrap().unwrap();
    assert_eq!(stored.snapshot, Some(second));
}

#[test]
fn a_row_that_others_change_each_time_is_given_up_and_says_so() {
    let ledger = MemoryLedger::default();
    let others_first = |known: &AllocationRows| {
        let row = known.snapshot.clone().unwrap_or_else(born);
        let mut theirs = row.clone();
        theirs.revision += 1;
        let written = ledger.put_snapshot(&theirs).now_or_never();
        assert_eq!(written.unwrap().unwrap(), Written::Stored);
        Some(row)
    };
    let known = AllocationRows::default();
    let written = update_snapshot(&ledger, &own(), known, others_first).now_or_never();
    let refused = written.unwrap().unwrap_err();
    assert!(
        matches!(&refused, UpdateError::Contention { allocation } if *allocation == own()),
        "{refused:?}"
    );
    assert_eq!(
        refused.to_string(),
        "the row of eipalloc-1 was changed by others 8 times in a row"
    );
}

#[test]
fn every_association_that_a_row_had_leads_to_it() {
    let ledger = MemoryLedger::default();
    for number in [1, 2] {
        let change = |known: &AllocationRows| {
            let row = known.snapshot.clone().unwrap_or_else(born);
            Some(row.hears(i64::from(number), associated(own(), number)))
        };
        let known = ledger.read(&own()).now_or_never().unwrap().unwrap();
        let written = update_snapshot(&ledger, &own(), known, change).now_or_never();
        assert!(written.unwrap().unwrap().is_some());
    }
    for (number, holder) in [(1, Some(own())), (2, Some(own())), (3, None)] {
        let found = ledger
            .allocation_of_association(&association_id(number))
            .now_or_never()
            .unwrap();
        assert_eq!(found.unwrap(), holder);
    }
}
