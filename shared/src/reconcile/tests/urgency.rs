//! Which releases are taken up, when, and in which order: pure, without an account.

use super::super::fixtures::{
    PENDING, START, address, allocation, installation, protect, reclaimed_as, release_record,
    row_of,
};
use super::super::open_releases::{OpenRelease, is_due, open_releases};
use super::super::state::READ_LAG;
use super::super::state::{AccountState, Look};
use crate::ledger::release::{LostReason, PendingReason};
use crate::ledger::snapshot::Unprotected;
use crate::ledger::{ReleaseRecord, ReleaseStatus, Snapshot};
use crate::model::elastic_ip::Address;
use crate::settings::Settings;
use std::collections::BTreeMap;
use time::{Duration, OffsetDateTime};

fn settings() -> Settings {
    installation().settings
}

fn deadline() -> Duration {
    Duration::try_from(settings().reclaim_deadline).unwrap()
}

fn observed(rows: &[Snapshot], releases: &[ReleaseRecord]) -> AccountState {
    let (rows, releases) = (rows.iter().cloned(), releases.iter().cloned());
    AccountState {
        look: Look {
            at: START,
            addresses: BTreeMap::new(),
            reverse_dns_names: None,
            reverse_dns_names_refused: None,
        },
        rows: rows.map(|row| (row.allocation.clone(), row)).collect(),
        releases: releases.map(|one| (one.allocation.clone(), one)).collect(),
    }
}

/// What is taken up when so much time has passed since the start.
fn taken_up(rows: &[Snapshot], releases: &[ReleaseRecord], later: Duration) -> Vec<OpenRelease> {
    open_releases(&observed(rows, releases), &[], &settings(), START + later)
}

fn is_taken_up(releases: &[ReleaseRecord], later: Duration) -> bool {
    !taken_up(&[], releases, later).is_empty()
}

fn tombstone(number: usize, protection: &str, at: OffsetDateTime) -> Snapshot {
    let address = Address {
        tags: protect(protection),
        ..address(number)
    };
    row_of(&address, START - Duration::HOUR).ended(at)
}

/// Nothing is to be read once more, whenever it is looked at.
fn audited(release: ReleaseRecord) -> ReleaseRecord {
    ReleaseRecord {
        audited: true,
        ..release
    }
}

fn handled() -> [ReleaseStatus; 4] {
    let reason = LostReason::Deadline;
    [
        reclaimed_as(9, true),
        ReleaseStatus::Lost { reason },
        ReleaseStatus::LetGo {
            reason: String::new(),
        },
        ReleaseStatus::Transferred { to_account: None },
    ]
}

#[test]
fn a_pending_release_is_due_after_one_two_four_minutes_and_so_on_up_to_four_hours() {
    for (attempts, minutes) in [
        (0, 1),
        (1, 1),
        (2, 2),
        (3, 4),
        (5, 16),
        (8, 128),
        (9, 240),
        (100, 240),
    ] {
        let release = ReleaseRecord {
            attempts,
            ..release_record(1, PENDING)
        };
        let due_at = START + Duration::minutes(minutes);
        assert!(is_due(&release, &settings(), due_at), "{attempts}");
        let before = due_at - Duration::SECOND;
        assert!(!is_due(&release, &settings(), before), "{attempts}");
    }
}

#[test]
fn an_address_that_cloudtrail_may_still_come_to_know_is_due_each_minute_however_many_events_tried()
{
    let reason = PendingReason::UnknownAddress;
    let unknown = |attempts, updated_at| ReleaseRecord {
        attempts,
        updated_at,
        ..release_record(1, ReleaseStatus::Pending { reason })
    };
    let due = |minutes| {
        let at = START + Duration::minutes(minutes);
        is_due(&unknown(8, at - Duration::minutes(1)), &settings(), at)
    };
    assert!(due(1) && due(39));
    assert!(!due(40), "from then on the spacing doubles as for all");
}

#[test]
fn past_its_deadline_a_pending_release_is_due_at_once() {
    let release = ReleaseRecord {
        attempts: 100,
        updated_at: START + deadline(),
        ..release_record(1, PENDING)
    };
    assert!(!is_due(&release, &settings(), START + deadline()));
    let past = START + deadline() + Duration::SECOND;
    assert!(is_due(&release, &settings(), past));
}

#[test]
fn what_is_half_restored_is_due_and_what_is_settled_or_recorded_is_not() {
    let later = START + Duration::HOUR;
    let half = release_record(1, reclaimed_as(9, false));
    assert!(is_due(&half, &settings(), later));
    for status in handled().into_iter().chain([ReleaseStatus::Recorded]) {
        let release = release_record(1, status);
        assert!(!is_due(&release, &settings(), later), "{release:?}");
    }
}

#[test]
fn a_release_that_another_clock_dates_in_the_future_is_not_due() {
    let ahead = START + Duration::minutes(2);
    let release = ReleaseRecord {
        released_at: ahead,
        updated_at: ahead,
        ..release_record(1, PENDING)
    };
    assert!(!is_due(&release, &settings(), START));
}

#[test]
fn a_tombstone_without_a_record_is_taken_up_when_no_guard_can_be_at_work_on_it_until_the_deadline()
{
    let left = [tombstone(1, "reclaim", START)];
    let lag = Duration::try_from(READ_LAG).unwrap();
    let is_taken_up = |later| !taken_up(&left, &[], later).is_empty();
    assert!(!is_taken_up(lag - Duration::MILLISECOND));
    assert!(is_taken_up(lag));
    assert!(is_taken_up(deadline() - Duration::SECOND));
    assert!(!is_taken_up(deadline()));
}

#[test]
fn neither_what_is_alive_nor_what_has_its_record_was_left_half_way() {
    let alive = row_of(&address(1), START);
    let ended = tombstone(2, "reclaim", START);
    let release = audited(release_record(2, reclaimed_as(9, true)));
    let none = taken_up(&[alive, ended], &[release], Duration::HOUR);
    assert_eq!(none, []);
}

#[test]
fn what_is_protected_comes_first_whatever_the_ids_and_what_nobody_waits_for_last() {
    let seen = |number, protection: &str| {
        let address = Address {
            tags: protect(protection),
            ..address(number)
        };
        row_of(&address, START - Duration::HOUR)
    };
    let missing = [seen(1, "record"), seen(3, "reclaim")];
    let left = [
        tombstone(2, "record", START),
        tombstone(4, "reclaim", START),
    ];
    let meant = Snapshot {
        unprotected: Some(Unprotected {
            at: START,
            by: None,
        }),
        ..tombstone(7, "reclaim", START)
    };
    let releases = [
        release_record(5, ReleaseStatus::Recorded),
        release_record(6, PENDING),
        audited(release_record(7, reclaimed_as(9, true))),
    ];
    let rows: Vec<Snapshot> = missing
        .iter()
        .chain(&left)
        .chain([&meant])
        .cloned()
        .collect();
    let ids = [allocation(1), allocation(3)];
    let now = START + Duration::HOUR;

    let order = open_releases(&observed(&rows, &releases), &ids, &settings(), now);

    let [recorded, pending, thought] = releases.map(Box::new);
    let [one, three] = missing.map(Box::new);
    let [two, four] = left.map(Box::new);
    assert_eq!(
        order,
        [
            OpenRelease::Missing(three),
            OpenRelease::Unrecorded(four),
            OpenRelease::Missing(one),
            OpenRelease::Unrecorded(two),
            OpenRelease::Pending(pending),
            OpenRelease::Intended(thought),
            OpenRelease::Unaudited(recorded),
        ]
    );
}

#[test]
fn a_reclaim_was_meant_when_the_tag_was_removed_before_the_release_and_nobody_said_so_yet() {
    let removed = |at| Snapshot {
        unprotected: Some(Unprotected { at, by: None }),
        ..tombstone(1, "reclaim", START)
    };
    let release = audited(release_record(1, reclaimed_as(9, true)));
    let is_meant = |row, release: &ReleaseRecord| {
        let open_releases = taken_up(&[row], std::slice::from_ref(release), Duration::HOUR);
        open_releases
            .iter()
            .any(|case| matches!(case, OpenRelease::Intended(_)))
    };
    assert!(is_meant(removed(START - Duration::SECOND), &release));
    assert!(is_meant(removed(START), &release));
    assert!(!is_meant(removed(START + Duration::SECOND), &release));
    assert!(!is_meant(tombstone(1, "reclaim", START), &release));
    let said = ReleaseRecord {
        late_exemption: Some("it was meant".to_owned()),
        ..release.clone()
    };
    assert!(!is_meant(removed(START), &said));
    let others = handled().into_iter().skip(1);
    for status in others.chain([reclaimed_as(9, false), PENDING]) {
        let release = ReleaseRecord {
            status,
            ..release.clone()
        };
        assert!(!is_meant(removed(START), &release), "{release:?}");
    }
}

#[test]
fn a_record_is_audited_once_and_not_before_the_trail_is_complete() {
    let release = release_record(1, reclaimed_as(9, true));
    let complete = Duration::minutes(20);
    assert!(!is_taken_up(
        std::slice::from_ref(&release),
        complete - Duration::SECOND
    ));
    assert!(is_taken_up(std::slice::from_ref(&release), complete));
    assert!(!is_taken_up(&[audited(release)], complete));
}

#[test]
fn audited_is_what_may_change_by_it_and_what_nobody_is_named_for() {
    let later = Duration::HOUR;
    let untold = |status| ReleaseRecord {
        event_id: None,
        ..release_record(1, status)
    };
    let may_change = [reclaimed_as(9, true), ReleaseStatus::Recorded];
    for status in may_change {
        assert!(is_taken_up(&[release_record(1, status)], later));
    }
    for status in handled() {
        assert!(is_taken_up(&[untold(status)], later));
    }
    for status in handled().into_iter().skip(1) {
        assert!(!is_taken_up(&[release_record(1, status)], later));
    }
    for status in [PENDING, reclaimed_as(9, false)] {
        let open_releases = taken_up(&[], &[untold(status)], later);
        assert!(
            matches!(open_releases.as_slice(), [OpenRelease::Pending(_)]),
            "{open_releases:?}"
        );
    }
}
