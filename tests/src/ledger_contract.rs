//! What every ledger does, whatever it is made of: one check for each rule. Each takes a ledger that is
//! empty, and panics where the rule is broken.
#![expect(
    missing_docs,
    clippy::missing_panics_doc,
    clippy::missing_errors_doc,
    reason = "a check's name is its rule; it panics when the rule is broken, and passes on refusals"
)]

mod interfaces;
mod leases;
mod rows;
mod told;

use futures_util::future::try_join_all;
use futures_util::{StreamExt, TryStreamExt, stream};
use holdfast::cloud::CloudError;
use holdfast::ledger::history::State;
use holdfast::ledger::snapshot::AllocationState;
use holdfast::ledger::{
    AllocationRows, Ledger, ReadAddressHistory, Snapshot, UpdateError, Written, update_release,
    update_snapshot,
};
use holdfast::model::cloudtrail::AddressChange;
use holdfast::model::ids::AllocationId;
pub use interfaces::*;
pub use leases::*;
pub use rows::a_snapshot;
use rows::{
    NOON, PROTECT, a_large_snapshot, a_record, a_release, allocation, association, every_release,
    every_snapshot, tags,
};
use std::collections::BTreeSet;
use time::Duration;
pub use told::*;

/// What a check comes to.
pub type Checked = Result<(), UpdateError>;

/// More rows of the size of [`a_large_snapshot`] than fit into one page of DynamoDB, which is 1 MB.
const MANY: u32 = 130;
const AT_ONCE: usize = 16;

pub async fn what_nobody_wrote_is_not_known<L: Ledger + ReadAddressHistory>(ledger: &L) -> Checked {
    let nothing = AllocationRows {
        snapshot: None,
        release: None,
        ..AllocationRows::default()
    };
    assert_eq!(ledger.read(&allocation(1)).await?, nothing);
    assert_eq!(ledger.snapshots().await?, []);
    assert_eq!(ledger.releases().await?, []);
    assert_eq!(
        ledger.allocation_of_association(&association(1)).await?,
        None
    );
    assert_eq!(ledger.history(a_snapshot(1).ip, NOON, NOON).await?, []);
    Ok(())
}

pub async fn both_rows_of_an_allocation_are_read_at_once<L: Ledger>(ledger: &L) -> Checked {
    let (snapshot, release) = (a_snapshot(1), a_release(1));
    store(ledger, &snapshot).await?;
    assert_eq!(ledger.put_release(&release).await?, Written::Stored);
    let both = AllocationRows {
        snapshot: Some(snapshot),
        release: Some(release),
        ..AllocationRows::default()
    };
    assert_eq!(ledger.read(&allocation(1)).await?, both);
    assert_eq!(ledger.read(&allocation(2)).await?.snapshot, None);
    Ok(())
}

pub async fn a_snapshot_gives_way_to_its_next_revision_only<L: Ledger>(ledger: &L) -> Checked {
    let of_revision = |revision| Snapshot {
        revision,
        ..a_snapshot(1)
    };
    assert_eq!(
        ledger.put_snapshot(&of_revision(2)).await?,
        Written::Conflict
    );
    assert_eq!(ledger.put_snapshot(&of_revision(1)).await?, Written::Stored);
    assert_eq!(
        ledger.put_snapshot(&of_revision(1)).await?,
        Written::Conflict
    );
    assert_eq!(
        ledger.put_snapshot(&of_revision(3)).await?,
        Written::Conflict
    );
    assert_eq!(ledger.put_snapshot(&of_revision(2)).await?, Written::Stored);
    assert_eq!(
        ledger.read(&allocation(1)).await?.snapshot,
        Some(of_revision(2))
    );
    Ok(())
}

pub async fn a_release_gives_way_to_its_next_revision_only<L: Ledger>(ledger: &L) -> Checked {
    let of_revision = |revision| {
        let mut release = a_release(1);
        release.revision = revision;
        release
    };
    assert_eq!(
        ledger.put_release(&of_revision(2)).await?,
        Written::Conflict
    );
    assert_eq!(ledger.put_release(&of_revision(1)).await?, Written::Stored);
    assert_eq!(
        ledger.put_release(&of_revision(1)).await?,
        Written::Conflict
    );
    assert_eq!(ledger.put_release(&of_revision(2)).await?, Written::Stored);
    assert_eq!(
        ledger.read(&allocation(1)).await?.release,
        Some(of_revision(2))
    );
    Ok(())
}

/// What a writer sees whose first reply was lost: the row that is there is its own.
pub async fn a_write_that_is_repeated_changes_nothing<L: Ledger + ReadAddressHistory>(
    ledger: &L,
) -> Checked {
    let snapshot = a_snapshot(1);
    store(ledger, &snapshot).await?;
    assert_eq!(ledger.put_snapshot(&snapshot).await?, Written::Conflict);
    assert_eq!(
        ledger.read(&allocation(1)).await?.snapshot,
        Some(snapshot.clone())
    );
    assert_eq!(ledger.history(snapshot.ip, NOON, NOON).await?.len(), 1);
    Ok(())
}

pub async fn every_field_survives<L: Ledger>(ledger: &L) -> Checked {
    for snapshot in every_snapshot() {
        store(ledger, &snapshot).await?;
        assert_eq!(
            ledger.read(&snapshot.allocation).await?.snapshot,
            Some(snapshot)
        );
    }
    for release in every_release() {
        assert_eq!(ledger.put_release(&release).await?, Written::Stored);
        assert_eq!(
            ledger.read(&release.allocation).await?.release,
            Some(release)
        );
    }
    Ok(())
}

pub async fn all_rows_are_listed_tombstones_included<L: Ledger>(ledger: &L) -> Checked {
    let (alive, ended) = (a_snapshot(1), a_snapshot(2).ended(NOON));
    store(ledger, &alive).await?;
    store(ledger, &ended).await?;
    assert_eq!(ledger.put_release(&a_release(2)).await?, Written::Stored);
    assert_eq!(by_allocation(ledger.snapshots().await?), [alive, ended]);
    assert_eq!(ledger.releases().await?, [a_release(2)]);
    Ok(())
}

pub async fn snapshots_of_many_allocations_are_read_and_of_unknown_ones_none<L: Ledger>(
    ledger: &L,
) -> Checked {
    for number in 0..120 {
        store(ledger, &a_snapshot(number)).await?;
    }
    let asked: Vec<AllocationId> = (60..180).map(allocation).collect();
    let found = by_allocation(ledger.snapshots_of(&asked).await?);
    let expected: Vec<Snapshot> = (60..120).map(a_snapshot).collect();
    assert_eq!(found, by_allocation(expected));
    assert_eq!(ledger.snapshots_of(&[]).await?, []);
    Ok(())
}

pub async fn more_rows_than_a_page_holds_come_back_complete<L: Ledger>(ledger: &L) -> Checked {
    stream::iter((0..MANY).map(a_large_snapshot))
        .map(|snapshot| async move { store(ledger, &snapshot).await })
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>()
        .await?;
    let listed = ledger.snapshots().await?;
    assert_eq!(u32::try_from(listed.len()), Ok(MANY));
    let distinct: BTreeSet<AllocationId> = listed.into_iter().map(|row| row.allocation).collect();
    assert_eq!(u32::try_from(distinct.len()), Ok(MANY));
    Ok(())
}

/// A tag at noon, and the release a minute later: whichever is delivered first.
pub async fn the_order_of_arrival_does_not_matter<L: Ledger>(ledger: &L) -> Checked {
    let mut ends = Vec::new();
    for (number, late_tag) in [(1, false), (2, true)] {
        store(ledger, &a_snapshot(number)).await?;
        let tagged = AddressChange::Tagged {
            allocations: vec![allocation(number)],
            tags: tags(&[("late", "1")]),
        };
        let released = AddressChange::Released {
            allocation: allocation(number),
            border_group: None,
        };
        let mut deeds = [(tagged, NOON), (released, NOON + Duration::MINUTE)];
        if late_tag {
            deeds.reverse();
        }
        for (change, at) in deeds {
            let record = a_record(change, at);
            let known = ledger.read(&allocation(number)).await?;
            let change =
                |known: &AllocationRows| known.snapshot.as_ref()?.after_record(&record, PROTECT);
            update_snapshot(ledger, &allocation(number), known, change).await?;
        }
        let end = ledger.read(&allocation(number)).await?.snapshot;
        ends.extend(end.map(|row| (row.state, row.as_of)));
    }
    assert_eq!(ends.len(), 2);
    assert_eq!(ends[0], ends[1]);
    Ok(())
}

pub async fn a_tombstone_is_never_raised<L: Ledger>(ledger: &L) -> Checked {
    let alive = a_snapshot(1);
    store(ledger, &alive).await?;
    let knew_it_alive = ledger.read(&allocation(1)).await?;
    let end = |known: &AllocationRows| Some(known.snapshot.as_ref()?.ended(NOON));
    update_snapshot(ledger, &allocation(1), knew_it_alive.clone(), end).await?;

    let tagged = AddressChange::Tagged {
        allocations: vec![allocation(1)],
        tags: tags(&[("new", "1")]),
    };
    let record = a_record(tagged, NOON + Duration::HOUR);
    let follow = |known: &AllocationRows| known.snapshot.as_ref()?.after_record(&record, PROTECT);
    update_snapshot(ledger, &allocation(1), knew_it_alive, follow).await?;
    let row = ledger.read(&allocation(1)).await?.snapshot;
    assert_eq!(
        row.map(|row| row.state),
        Some(AllocationState::Released { at: NOON })
    );
    Ok(())
}

pub async fn changes_at_the_same_moment_all_land<L: Ledger>(ledger: &L) -> Checked {
    store(ledger, &a_snapshot(1)).await?;
    let names = ["a", "b", "c", "d", "e"];
    let first = allocation(1);
    let known = ledger.read(&first).await?;
    let changes = names.iter().map(|name| {
        let change = move |known: &AllocationRows| {
            let mut next = known.snapshot.clone()?;
            next.tags.insert((*name).to_owned(), String::new());
            Some(next)
        };
        update_snapshot(ledger, &first, known.clone(), change)
    });
    try_join_all(changes).await?;
    let row = ledger
        .read(&first)
        .await?
        .snapshot
        .unwrap_or_else(|| a_snapshot(1));
    assert!(
        names.iter().all(|name| row.tags.contains_key(*name)),
        "{row:?}"
    );
    assert_eq!(row.revision, 6);
    Ok(())
}

pub async fn attempts_at_the_same_moment_are_all_counted<L: Ledger>(ledger: &L) -> Checked {
    let count = |known: &AllocationRows| {
        let mut next = known.release.clone().unwrap_or_else(|| a_release(1));
        next.attempts += 1;
        Some(next)
    };
    let first = allocation(1);
    let runs = (0..4).map(|_| update_release(ledger, &first, AllocationRows::default(), count));
    try_join_all(runs).await?;
    let release = ledger.read(&first).await?.release;
    assert_eq!(
        release.map(|row| row.attempts),
        Some(a_release(1).attempts + 4)
    );
    Ok(())
}

pub async fn an_association_leads_to_its_allocation<L: Ledger>(ledger: &L) -> Checked {
    store(ledger, &a_snapshot(1)).await?;
    store(ledger, &a_snapshot(2)).await?;
    assert_eq!(
        ledger.allocation_of_association(&association(2)).await?,
        Some(allocation(2))
    );
    assert_eq!(
        ledger.allocation_of_association(&association(3)).await?,
        None
    );
    Ok(())
}

/// Both ends of a period belong to it; one address has nothing of another's.
pub async fn the_history_of_an_address_is_told_by_period<L: Ledger + ReadAddressHistory>(
    ledger: &L,
) -> Checked {
    let first = a_snapshot(1);
    let half_a_second_later = NOON + Duration::milliseconds(500);
    let second = Snapshot {
        as_of: half_a_second_later,
        revision: 2,
        ..first.clone()
    };
    let ended = Snapshot {
        revision: 3,
        ..second.ended(NOON + Duration::SECOND)
    };
    for row in [&first, &second, &ended, &a_snapshot(2)] {
        store(ledger, row).await?;
    }
    let told = |from, until| async move {
        let entries = ledger.history(a_snapshot(1).ip, from, until).await?;
        let revisions = entries.into_iter().map(|entry| match entry.state {
            State::Snapshot(row) => row.revision,
            State::Release(row) => row.revision,
        });
        Ok::<Vec<u64>, CloudError>(revisions.collect())
    };
    let (before, after) = (NOON - Duration::HOUR, NOON + Duration::HOUR);
    assert_eq!(told(before, after).await?, [1, 2, 3]);
    assert_eq!(told(NOON, half_a_second_later).await?, [1, 2]);
    assert_eq!(told(half_a_second_later, after).await?, [2, 3]);
    assert!(told(before, NOON - Duration::NANOSECOND).await?.is_empty());
    Ok(())
}

pub async fn a_release_is_in_the_history_as_well<L: Ledger + ReadAddressHistory>(
    ledger: &L,
) -> Checked {
    let release = a_release(1);
    assert_eq!(ledger.put_release(&release).await?, Written::Stored);
    let told = ledger.history(a_snapshot(1).ip, NOON, NOON).await?;
    let told: Vec<State> = told.into_iter().map(|entry| entry.state).collect();
    assert_eq!(told, [State::Release(Box::new(release))]);
    Ok(())
}

async fn store<L: Ledger>(ledger: &L, snapshot: &Snapshot) -> Checked {
    assert_eq!(ledger.put_snapshot(snapshot).await?, Written::Stored);
    Ok(())
}

fn by_allocation(mut rows: Vec<Snapshot>) -> Vec<Snapshot> {
    rows.sort_by(|one, other| one.allocation.cmp(&other.allocation));
    rows
}

/// Hands the names of all checks to a macro, which makes a test of each for its own ledger.
#[macro_export]
macro_rules! for_each_check_of_a_ledger {
    ($test:ident) => {
        $test! {
            what_nobody_wrote_is_not_known,
            both_rows_of_an_allocation_are_read_at_once,
            a_snapshot_gives_way_to_its_next_revision_only,
            a_release_gives_way_to_its_next_revision_only,
            a_write_that_is_repeated_changes_nothing,
            every_field_survives,
            all_rows_are_listed_tombstones_included,
            more_rows_than_a_page_holds_come_back_complete,
            the_order_of_arrival_does_not_matter,
            a_tombstone_is_never_raised,
            changes_at_the_same_moment_all_land,
            attempts_at_the_same_moment_are_all_counted,
            an_association_leads_to_its_allocation,
            the_history_of_an_address_is_told_by_period,
            a_release_is_in_the_history_as_well,
            a_lease_that_is_free_is_taken,
            a_lease_that_is_held_is_not_taken,
            a_lease_is_taken_over_at_its_end_and_not_before,
            each_taking_raises_the_fencing_number_by_one,
            what_was_taken_over_cannot_be_stored_by_who_had_it,
            a_lease_that_nobody_took_cannot_be_stored,
            a_failover_in_progress_is_not_replaced,
            a_lease_that_was_given_back_is_free_and_keeps_what_was_done_last,
            the_same_owner_is_granted_it_again,
            the_leases_of_all_groups_are_listed,
            more_leases_than_a_page_holds_come_back_complete,
            the_interfaces_of_all_groups_are_listed_as_they_were_noted,
            a_row_of_interfaces_gives_way_to_its_next_revision_only,
            of_many_claims_at_once_one_is_granted,
            every_field_of_a_lease_survives,
            what_a_sweep_has_learnt_gives_way_to_its_next_revision_only,
            snapshots_of_many_allocations_are_read_and_of_unknown_ones_none,
            what_people_were_told_gives_way_to_its_next_revision_only,
            every_field_of_what_people_were_told_survives,
            matters_are_read_by_the_hundred_and_untold_ones_are_left_out,
            of_many_tellers_at_once_one_tells,
        }
    };
}
