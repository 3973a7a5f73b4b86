//! Releases that nobody told of, or that are not at their end: which there are, in which order they are
//! taken up, and how each ended. Pure.

use super::corrections;
use super::state::{AccountState, READ_LAG};
use crate::ledger::release::PendingReason;
use crate::ledger::snapshot::AllocationState;
use crate::ledger::{ReleaseRecord, ReleaseStatus, Snapshot};
use crate::model::cloudtrail::{AddressChange, Call, Record};
use crate::model::ids::AllocationId;
use crate::release_guard::decide::protection;
use crate::release_guard::state::Release;
use crate::settings::{Protection, Settings};
use std::time::Duration;
use time::OffsetDateTime;

/// How long CloudTrail may take to show a call, and some more.
/// Source: CloudTrail user guide, "Viewing events with CloudTrail Event history" (15 minutes).
pub const EVENT_HISTORY_DELAY: Duration = Duration::from_mins(20);

const FIRST_SPACING: Duration = Duration::from_mins(1);
const LONGEST_SPACING: Duration = Duration::from_hours(4);

/// Why a release is taken up.
#[derive(Debug, Clone, PartialEq)]
pub enum OpenRelease {
    /// The ledger has it as alive, EC2 does not show it, not even when asked for it by id.
    Missing(Box<Snapshot>),
    /// It has ended, and nobody wrote down how that was dealt with: a run ended half way.
    Unrecorded(Box<Snapshot>),
    /// It is not final, and due to be tried again.
    Pending(Box<ReleaseRecord>),
    /// It was taken back, and is known by now to have been meant.
    Intended(Box<ReleaseRecord>),
    /// It was restored where, by what is known now, it does not belong.
    Misplaced(Box<ReleaseRecord>),
    /// CloudTrail's history of it is complete by now and was not read since.
    Unaudited(Box<ReleaseRecord>),
}

/// All releases that are to be taken up in this run, the most urgent first: what a reclaim takes back,
/// before everybody else's script does.
#[must_use]
pub fn open_releases(
    observed: &AccountState,
    missing: &[AllocationId],
    settings: &Settings,
    now: OffsetDateTime,
) -> Vec<OpenRelease> {
    let missing = missing.iter().filter_map(|id| observed.rows.get(id));
    let missing = missing.map(|row| (row, OpenRelease::Missing(Box::new(row.clone()))));
    let unrecorded = unrecorded(observed, settings, now);
    let unrecorded = unrecorded.map(|row| (row, OpenRelease::Unrecorded(Box::new(row.clone()))));
    let mut lost: Vec<(&Snapshot, OpenRelease)> = missing.chain(unrecorded).collect();
    lost.sort_by_key(|(row, _)| protection(row, settings).0 != Protection::Reclaim);
    let mut open_releases: Vec<OpenRelease> = lost.into_iter().map(|(_, case)| case).collect();
    let releases = || observed.releases.values();
    let due = releases().filter(|release| is_due(release, settings, now));
    open_releases.extend(due.map(|release| OpenRelease::Pending(Box::new(release.clone()))));
    let meant = releases().filter(|release| was_intended(release, observed));
    open_releases.extend(meant.map(|release| OpenRelease::Intended(Box::new(release.clone()))));
    let misplaced = releases().filter(|release| is_misplaced(release, observed, settings, now));
    open_releases
        .extend(misplaced.map(|release| OpenRelease::Misplaced(Box::new(release.clone()))));
    let unaudited = releases().filter(|release| is_unaudited(release, now));
    open_releases
        .extend(unaudited.map(|release| OpenRelease::Unaudited(Box::new(release.clone()))));
    open_releases
}

/// A guard at work writes the tombstone a moment before the record.
fn unrecorded<'a>(
    observed: &'a AccountState,
    settings: &Settings,
    now: OffsetDateTime,
) -> impl Iterator<Item = &'a Snapshot> {
    let is_left = move |row: &&Snapshot| match row.state {
        AllocationState::Allocated => false,
        AllocationState::Released { at } => {
            !observed.releases.contains_key(&row.allocation)
                && (READ_LAG..settings.reclaim_deadline).contains(&elapsed(at, now))
        }
    };
    observed.rows.values().filter(is_left)
}

/// The spacing doubles with each run that tried. It does not while CloudTrail's history may still come to know the address:
/// each event about it tries as well, and nothing was asked of EC2. Past the deadline there is one run more, to end it.
#[must_use]
pub fn is_due(release: &ReleaseRecord, settings: &Settings, now: OffsetDateTime) -> bool {
    match release.status {
        ReleaseStatus::Pending { .. }
        | ReleaseStatus::Reclaimed {
            restored: false, ..
        } => {}
        _ => return false,
    }
    let reason = PendingReason::UnknownAddress;
    let waits_for_history = release.status == ReleaseStatus::Pending { reason }
        && elapsed(release.released_at, now) < EVENT_HISTORY_DELAY * 2;
    let doublings = if waits_for_history {
        0
    } else {
        release.attempts.saturating_sub(1)
    };
    let spacing = (FIRST_SPACING * 2_u32.saturating_pow(doublings)).min(LONGEST_SPACING);
    elapsed(release.updated_at, now) >= spacing
        || elapsed(release.released_at, now) > settings.reclaim_deadline
}

fn was_intended(release: &ReleaseRecord, observed: &AccountState) -> bool {
    let removed_before = |row: &Snapshot| {
        let removal = row.unprotected.as_ref();
        removal.is_some_and(|removal| removal.at <= release.released_at)
    };
    release.late_exemption.is_none()
        && !release.is_asked_for
        && matches!(
            release.status,
            ReleaseStatus::Reclaimed { restored: true, .. }
        )
        && observed
            .rows
            .get(&release.allocation)
            .is_some_and(removed_before)
}

/// A run that learnt so may have ended before it did anything about it. One that is open is due by itself.
fn is_misplaced(
    release: &ReleaseRecord,
    observed: &AccountState,
    settings: &Settings,
    now: OffsetDateTime,
) -> bool {
    let known = observed.known(&release.allocation);
    release.status.is_final() && corrections::outdated(&known, settings, now).is_some()
}

fn is_unaudited(release: &ReleaseRecord, now: OffsetDateTime) -> bool {
    let may_change = matches!(
        release.status,
        ReleaseStatus::Reclaimed { restored: true, .. } | ReleaseStatus::Recorded
    );
    let is_untold = release.event_id.is_none();
    !release.audited
        && (may_change || (is_untold && release.status.is_final()))
        && elapsed(release.released_at, now) >= EVENT_HISTORY_DELAY
}

fn elapsed(since: OffsetDateTime, now: OffsetDateTime) -> Duration {
    Duration::try_from(now - since).unwrap_or_default()
}

/// How an allocation ended, as far as it can be known.
#[derive(Debug, Clone, PartialEq)]
pub enum AllocationEnd {
    /// It was released, or it is not known otherwise.
    Released(Release),
    /// Another account accepted a transfer of it.
    Transferred {
        /// Which.
        to_account: Option<String>,
        /// Who had offered it.
        offered_by: crate::model::cloudtrail::Actor,
    },
}

/// How an allocation ended: CloudTrail's word first; a transfer leaves no other trace in this account
/// than its offer. `row` follows the records already.
#[must_use]
pub fn end_of_allocation(
    row: &Snapshot,
    records: &[Record],
    missed_at: OffsetDateTime,
) -> AllocationEnd {
    let told = records
        .iter()
        .find_map(|record| release_in(record, &row.allocation));
    if let Some((call, border_group)) = told {
        return AllocationEnd::Released(Release {
            allocation: row.allocation.clone(),
            border_group,
            released_at: call.at,
            call: Some(call),
        });
    }
    if let Some(transfer_offer) = row
        .transfer_offer
        .as_ref()
        .filter(|transfer_offer| transfer_offer.is_open_at(missed_at))
    {
        return AllocationEnd::Transferred {
            to_account: transfer_offer.to_account.clone(),
            offered_by: transfer_offer.by.clone(),
        };
    }
    let released_at = match row.state {
        AllocationState::Allocated => missed_at,
        AllocationState::Released { at } => at,
    };
    AllocationEnd::Released(Release {
        allocation: row.allocation.clone(),
        border_group: None,
        released_at,
        call: None,
    })
}

/// The release of an allocation, if the record is of it.
#[must_use]
pub fn release_in(
    record: &Record,
    allocation: &AllocationId,
) -> Option<(Call, Option<crate::model::ids::BorderGroup>)> {
    match &record.change {
        AddressChange::Released {
            allocation: released,
            border_group,
        } if released == allocation => Some((record.call.clone(), border_group.clone())),
        _ => None,
    }
}

/// The row after what CloudTrail's history tells of the time before its end; none when it says nothing new.
/// The end itself is written by whoever deals with it.
#[must_use]
pub fn with_event_history(
    row: &Snapshot,
    records: &[Record],
    settings: &Settings,
) -> Option<Snapshot> {
    let before_the_end = records
        .iter()
        .filter(|record| release_in(record, &row.allocation).is_none());
    let protect_tag = &settings.tags.protect;
    let mut next = row.clone().after_records(before_the_end, protect_tag);
    let birth = Snapshot::birth_in(records, &row.allocation);
    if birth.is_some_and(|(birth, _)| birth.ip == row.ip) {
        next = next.confirmed();
    }
    (!next.has_same_content_as(row)).then_some(next)
}
