//! Which loss of an address a person means who asks for it, and what is to be done about it. Pure.
//!
//! A person's word counts for more than what was decided before: the protection, the deadline and an earlier end. It does
//! not count for more than what is so: an address that the account has is left, and one that it never had is not asked
//! for.

use super::decide;
use super::plan::ReclaimPlan;
use super::state::{Observed, Release};
use crate::ledger::snapshot::AllocationState;
use crate::ledger::{ReleaseRecord, ReleaseStatus, Snapshot};
use crate::model::cloudtrail::Allocation;
use crate::model::elastic_ip::{Address, Pool};
use crate::model::tags::Tags;
use crate::report::{Command, Finding};
use crate::settings::{Protection, Settings};
use std::cmp::Reverse;
use time::OffsetDateTime;

/// What a person's word comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum AskedDecision {
    /// The account has it, and nothing of it is left to be restored.
    AlreadyOurs(Box<Address>),
    /// The ledger has a record of its loss that this version cannot read.
    RecordUnreadable,
    /// It is to be asked for; or, where the plan resumes, only what belongs to it is to be restored.
    Ask(Box<ReclaimPlan>),
}

/// The allocation of it that the wish is about: the one that the account's own came back from, or the last one.
#[must_use]
pub fn allocation_meant<'a>(
    rows: &'a [Snapshot],
    held: Option<&Address>,
    settings: &Settings,
) -> Option<&'a Snapshot> {
    if let Some(held) = held {
        let from = held.tags.get(&settings.tags.reclaimed_from)?;
        return rows.iter().find(|row| row.allocation.as_str() == from);
    }
    rows.iter().max_by_key(|row| match row.state {
        AllocationState::Allocated => (true, row.as_of),
        AllocationState::Released { at } => (false, at),
    })
}

/// Those whose word CloudTrail has to confirm, the last one first.
#[must_use]
pub fn last_first(mut rows: Vec<Snapshot>) -> Vec<Snapshot> {
    rows.sort_by_key(|row| (Reverse(row.is_allocated()), Reverse(row.as_of)));
    rows
}

/// The release: as its record has it, or as its row has it. One that nobody has noticed is over by now.
#[must_use]
pub fn release(
    snapshot: &Snapshot,
    record: Option<&ReleaseRecord>,
    settings: &Settings,
    now: OffsetDateTime,
) -> Release {
    if let Some(record) = record {
        return Release::recorded(record, settings);
    }
    Release {
        allocation: snapshot.allocation.clone(),
        border_group: None,
        released_at: match snapshot.state {
            AllocationState::Allocated => now,
            AllocationState::Released { at } => at,
        },
        call: None,
    }
}

/// What is known of an address of which the ledger has a release record alone: that the account had it.
#[must_use]
pub fn from_record(record: &ReleaseRecord) -> Option<Snapshot> {
    let birth = Allocation {
        allocation: record.allocation.clone(),
        ip: record.ip?,
        pool: Pool::Amazon,
        border_group: record.border_group.clone(),
        tags: Tags::new(),
    };
    let at = record.released_at;
    let snapshot = Snapshot::from_allocation(&birth, at).confirmed();
    Some(snapshot.ended(at))
}

/// Decides.
#[must_use]
pub fn decide(
    observed: &Observed,
    snapshot: &Snapshot,
    (release, held): (&Release, Option<&Address>),
    settings: &Settings,
    now: OffsetDateTime,
) -> AskedDecision {
    let record = observed.ledger.release.as_ref();
    if let Some(held) = held {
        let is_restored = record.is_some_and(|record| {
            record.status
                == ReleaseStatus::Reclaimed {
                    allocation: held.allocation.clone(),
                    restored: true,
                }
        });
        if is_restored {
            return AskedDecision::AlreadyOurs(Box::new(held.clone()));
        }
    }
    if observed.ledger.is_release_unreadable {
        return AskedDecision::RecordUnreadable;
    }
    let mut findings = unprotected(snapshot, settings);
    findings.extend(decide::contradiction(observed, snapshot));
    let plan = decide::plan(snapshot, release, record, findings, settings, now);
    AskedDecision::Ask(Box::new(ReclaimPlan {
        resume: held.map(|held| held.allocation.clone()),
        // A wish leaves no word of another address that was given instead.
        check_first: true,
        ..plan
    }))
}

/// It comes back with the tags that it had, and the next release of it counts by them.
fn unprotected(snapshot: &Snapshot, settings: &Settings) -> Vec<Finding> {
    let (protection, mut findings) = decide::protection(snapshot, settings);
    let word = match protection {
        Protection::Reclaim => return findings,
        Protection::Record => "record",
        Protection::None => "none",
    };
    let key = settings.tags.protect.as_str();
    findings.push(Finding {
        what: format!(
            "nothing takes {} back by itself if it is released once more",
            snapshot.ip
        ),
        why: format!("its protection is `{word}`, and a person's word changes no tag"),
        next: format!(
            "to protect it: {}",
            Command::ec2("create-tags")
                .to_fill_in("resources", "its allocation id")
                .tags([(key, "reclaim")])
        ),
    });
    findings
}
