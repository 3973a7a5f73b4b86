//! What the row of a new allocation carries over from the one before.

use super::{actor, address, associated, association_on, born, foreign, minute, named, own, tags};
use crate::ledger::Snapshot;
use crate::ledger::snapshot::{AllocationState, Dated, Reclaimed};
use crate::model::elastic_ip::Address;
use crate::report::AssociationReport;
use time::Duration;

/// The address, back under another allocation.
fn back() -> Address {
    Address {
        allocation: foreign(),
        tags: tags(&[("Name", "web")]),
        ..address()
    }
}

fn lost() -> Snapshot {
    born()
        .hears(1, associated(own(), 1))
        .hears(2, named(own(), "a.example.com"))
        .hears(3, super::offered(own(), "444455556666"))
        .hears(4, super::untagged(own(), &[("holdfast:protect", None)]))
        .ended(minute(5))
}

fn reclaim(at: i64) -> Reclaimed {
    Reclaimed {
        at: minute(at),
        released_by: actor("alice"),
    }
}

#[test]
fn what_comes_back_is_a_new_allocation_with_the_old_memories() {
    let lost = lost().with_reclaim(reclaim(6));
    let row = lost.reallocated(&back(), None, minute(6));
    assert_eq!((row.allocation, row.ip), (foreign(), lost.ip));
    assert_eq!(
        (row.tags, row.state),
        (back().tags, AllocationState::Allocated)
    );
    let ended = Dated {
        value: association_on(1),
        since: minute(1),
        until: Some(minute(5)),
    };
    assert_eq!(row.association, Some(ended));
    assert_eq!(
        (row.reverse_dns, row.reclaims),
        (lost.reverse_dns, lost.reclaims)
    );
    assert_eq!((row.unprotected, row.transfer_offer), (None, None));
    assert!(row.unlocked.is_empty());
    assert_eq!((row.observed_at, row.tags_as_of), (minute(6), minute(6)));
    assert_eq!((row.as_of, row.revision), (minute(6), 0));
    assert!(row.fact_log.is_empty());
}

#[test]
fn an_association_that_was_restored_holds_from_then_on() {
    let mut restored = AssociationReport {
        id: Some(association_on(2).id),
        eni: association_on(2).eni.unwrap(),
        private_ip: association_on(2).private_ip.unwrap(),
        instance: association_on(2).instance,
        verified: true,
    };
    let row = lost().reallocated(&back(), restored.known(), minute(6));
    assert_eq!(
        row.association,
        Some(Dated::since(association_on(2), minute(6)))
    );
    restored.id = None;
    let row = lost().reallocated(&back(), restored.known(), minute(6));
    let held = row.association.unwrap();
    assert_eq!(
        (held.value, held.until),
        (association_on(1), Some(minute(5)))
    );
}

#[test]
fn an_association_that_had_ended_before_keeps_its_end() {
    let gone = born()
        .hears(1, associated(own(), 1))
        .hears(2, super::disassociated(1))
        .ended(minute(5));
    let row = gone.reallocated(&back(), None, minute(6));
    assert_eq!(row.association.unwrap().until, Some(minute(2)));
    let not_known_to_be_gone = born().hears(1, associated(own(), 1));
    let row = not_known_to_be_gone.reallocated(&back(), None, minute(6));
    assert_eq!(row.association.unwrap().until, Some(minute(6)));
}

#[test]
fn a_row_that_a_sweep_was_first_to_write_learns_what_went_before() {
    let reallocated = lost()
        .with_reclaim(reclaim(6))
        .reallocated(&back(), None, minute(6));
    let by_the_sweep = Snapshot::first(super::observation(7, &back(), None));
    let row = by_the_sweep.with_history_of(&reallocated).unwrap();
    assert_eq!(row.association, reallocated.association);
    assert_eq!(row.reverse_dns, reallocated.reverse_dns);
    assert_eq!(row.reclaims, reallocated.reclaims);
    assert_eq!(
        (&row.tags, row.observed_at),
        (&by_the_sweep.tags, minute(7))
    );
    assert_eq!(row.with_history_of(&reallocated), None);
    let heard = row.hears(8, super::tagged(foreign(), &[("Owner", "network")]));
    assert_eq!(
        (heard.association, heard.reclaims),
        (row.association, row.reclaims)
    );
}

#[test]
fn what_a_row_knows_itself_is_not_replaced_by_a_memory() {
    let reallocated = lost()
        .with_reclaim(reclaim(6))
        .reallocated(&back(), None, minute(6));
    let there = Address {
        association: Some(association_on(2)),
        ..back()
    };
    let own = Snapshot::first(super::observation(7, &there, Some("b.example.com")))
        .with_reclaim(reclaim(7));
    assert_eq!(own.with_history_of(&reallocated), None);
}

#[test]
fn reclaims_of_a_day_are_counted() {
    let day = 24 * 60;
    let row = born().with_reclaim(reclaim(0)).with_reclaim(reclaim(1));
    assert_eq!(row.reclaims, [reclaim(0), reclaim(1)]);
    let next_day = row.with_reclaim(reclaim(day));
    assert_eq!(next_day.reclaims, [reclaim(1), reclaim(day)]);
}

#[test]
fn a_fact_held_within_a_window_before_a_moment() {
    let hour = Duration::HOUR;
    let mut held = Dated::since("a.example.com", minute(0));
    assert!(held.held_within(Duration::ZERO, minute(600)));
    held.until = Some(minute(10));
    assert!(held.held_within(hour, minute(10)));
    assert!(held.held_within(hour, minute(70)));
    assert!(!held.held_within(hour, minute(71)));
}
