//! The releases that are open, or may be. Pure.

use super::document::OpenRelease;
use super::known::{Known, RELEASE, SNAPSHOT};
use super::of_group::{Groups, OfGroup};
use holdfast::ledger::snapshot::AllocationState;
use holdfast::ledger::{ReleaseRecord, ReleaseStatus, Snapshot};
use holdfast::model::ids::{AllocationId, EniId};
use holdfast::reconcile::open_releases as due;
use holdfast::reconcile::state::AccountState;
use std::collections::BTreeSet;
use time::OffsetDateTime;

/// The releases that somebody has to follow: what the ledger has as open, what ended and was not dealt with, and what EC2
/// does not show any more. What is only to be recorded is at its end as far as anybody here is concerned. Of which the
/// ledger's row cannot be read, that may be one.
pub(super) fn open_releases(
    account: &AccountState,
    (missing, known): (&[AllocationId], &Known<'_>),
    asked: Option<&str>,
    groups: &Groups<'_>,
    now: OffsetDateTime,
) -> Vec<OpenRelease> {
    let rows = &account.rows;
    // The row has the tags: without it, the release may be of any group.
    let group_of_row = |allocation: &AllocationId| {
        let row = rows.get(allocation);
        row.map_or(OfGroup::NotKnown, |row| {
            groups.of_tags(&row.tags, last_on(row))
        })
    };
    let records = account.releases.values();
    let open = records
        .filter(|release| !release.status.is_final() && release.status != ReleaseStatus::Recorded);
    let open = open.map(of_record);
    let doubtful = doubtful(account, known);
    let is_doubtful = |row: &Snapshot| doubtful.iter().any(|it| it.allocation == row.allocation);
    let due = known
        .the_ledger()
        .then(|| due::open_releases(account, &[], groups.settings, now));
    let due = due.into_iter().flatten();
    let unrecorded = due.filter_map(|release| match release {
        due::OpenRelease::Unrecorded(row) if !is_doubtful(&row) => Some(of_row(
            &row,
            "not-recorded",
            "it has ended, and nobody wrote down what was done about it",
        )),
        _ => None,
    });
    let unseen = missing.iter().filter_map(|it| rows.get(it));
    let unseen = unseen.filter(|row| !is_doubtful(row)).map(|row| {
        let why = "EC2 does not show it, and no release of it is known";
        of_row(row, "not-shown", why)
    });
    let all = unseen.chain(unrecorded).chain(open);
    let all = all.chain(doubtful.iter().cloned());
    let all = all.map(|it| (group_of_row(&it.allocation), it));
    let all = all.filter(|(group, _)| group.may_be(asked));
    all.map(|(group, it)| OpenRelease {
        knows_group: asked.is_none() || group != OfGroup::NotKnown,
        ..it
    })
    .collect()
}

/// What may be an open release, for all that can be read: its record cannot, or EC2 does not show an address whose row
/// cannot.
fn doubtful(account: &AccountState, known: &Known<'_>) -> Vec<OpenRelease> {
    let of_record = known.unreadable(RELEASE).map(|allocation| {
        let why = "its record in the ledger cannot be read";
        match account.rows.get(&allocation) {
            Some(row) => OpenRelease {
                attempts: None,
                ..of_row(row, UNKNOWN, why)
            },
            None => without_row(allocation, why),
        }
    });
    let is_gone = |allocation: &AllocationId| {
        known.addresses()
            && !account.look.addresses.contains_key(allocation)
            && !account.releases.contains_key(allocation)
    };
    let records: BTreeSet<AllocationId> = known.unreadable(RELEASE).collect();
    let of_row = known.unreadable(SNAPSHOT).filter(is_gone);
    let of_row = of_row.filter(|allocation| !records.contains(allocation));
    let of_row = of_row.map(|allocation| {
        let why = "EC2 does not show it, and its row in the ledger cannot be read";
        without_row(allocation, why)
    });
    of_record.chain(of_row).collect()
}

/// The status of what nobody can tell.
const UNKNOWN: &str = "unknown";

fn without_row(allocation: AllocationId, why: &str) -> OpenRelease {
    OpenRelease {
        allocation,
        address: None,
        released_at: None,
        by: None,
        status: UNKNOWN.to_owned(),
        reason: Some(why.to_owned()),
        attempts: None,
        knows_group: true,
    }
}

fn of_row(row: &Snapshot, status: &str, why: &str) -> OpenRelease {
    OpenRelease {
        allocation: row.allocation.clone(),
        address: Some(row.ip),
        released_at: match row.state {
            AllocationState::Released { at } => Some(at),
            AllocationState::Allocated => None,
        },
        by: None,
        status: status.to_owned(),
        reason: Some(why.to_owned()),
        attempts: Some(0),
        knows_group: true,
    }
}

fn last_on(row: &Snapshot) -> Option<&EniId> {
    row.association.as_ref()?.value.eni.as_ref()
}

fn of_record(release: &ReleaseRecord) -> OpenRelease {
    let (status, reason) = status_words(&release.status);
    OpenRelease {
        allocation: release.allocation.clone(),
        address: release.ip,
        released_at: Some(release.released_at),
        by: release.actor.arn.clone(),
        status,
        reason,
        attempts: Some(release.attempts),
        knows_group: true,
    }
}

/// The state of a release as the ledger writes it, and why it is not back.
fn status_words(status: &ReleaseStatus) -> (String, Option<String>) {
    let written = serde_json::to_value(status).unwrap_or_default();
    let word = |key: &str| written[key].as_str().map(str::to_owned);
    let reason = match status {
        ReleaseStatus::Reclaimed {
            restored: false, ..
        } => Some("its association or its reverse DNS is still missing".to_owned()),
        _ => word("reason"),
    };
    (word("is").unwrap_or_else(|| UNKNOWN.to_owned()), reason)
}
