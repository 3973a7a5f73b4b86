//! The history of an address: each state that its rows went through, dated, under its IP, so that one
//! query answers what happened to it in a period. An entry is written as one with the row itself and is
//! never changed.

use super::snapshot::{AllocationState, Lock};
use super::{ReleaseRecord, ReleaseStatus, Snapshot};
use crate::model::cloudtrail::Actor;
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// One state of an address, from its moment on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The address.
    pub ip: Ipv4Addr,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// What.
    pub state: State,
}

/// What is known from that moment on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Of an allocation that has the address.
    Snapshot(Box<Snapshot>),
    /// Of a release of it.
    Release(Box<ReleaseRecord>),
}

impl Entry {
    /// The entry of a snapshot: a tombstone counts from the end on.
    #[must_use]
    pub fn of_snapshot(snapshot: &Snapshot) -> Self {
        let at = match snapshot.life {
            AllocationState::Allocated => snapshot.as_of,
            AllocationState::Released { at } => at,
        };
        Self {
            ip: snapshot.ip,
            at,
            state: State::Snapshot(Box::new(snapshot.without_fact_log())),
        }
    }

    /// The entry of a release record; none while its address is not known.
    #[must_use]
    pub fn of_release(release: &ReleaseRecord) -> Option<Self> {
        Some(Self {
            ip: release.ip?,
            at: release.updated_at,
            state: State::Release(Box::new(release.clone())),
        })
    }

    /// What sets it apart from other entries of the same moment.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.state {
            State::Snapshot(row) => format!("snapshot-{}-{:06}", row.allocation, row.revision),
            State::Release(row) => format!("release-{}-{:06}", row.allocation, row.revision),
        }
    }
}

/// Tells a history, a line for each entry: what changed against the one before of the same allocation.
#[must_use]
pub fn tell(entries: &[Entry]) -> Vec<String> {
    let line = |(index, entry): (usize, &Entry)| {
        let at = entry.at.format(&Rfc3339).unwrap_or_default();
        let what = match &entry.state {
            State::Snapshot(row) => changes(row, before(&entries[..index], row)),
            State::Release(row) => settled(row),
        };
        format!("{at}  {}  {what}", entry.ip)
    };
    entries.iter().enumerate().map(line).collect()
}

fn before<'a>(earlier: &'a [Entry], row: &Snapshot) -> Option<&'a Snapshot> {
    earlier.iter().rev().find_map(|entry| match &entry.state {
        State::Snapshot(known) if known.allocation == row.allocation => Some(known.as_ref()),
        _ => None,
    })
}

fn changes(row: &Snapshot, before: Option<&Snapshot>) -> String {
    let Some(before) = before else {
        return format!("{} is known from here on", row.allocation);
    };
    let mut changes = Vec::new();
    if before.life != row.life {
        changes.push(format!("{} ended", row.allocation));
    }
    if before.tags != row.tags {
        changes.push("its tags changed".to_owned());
    }
    if before.association != row.association {
        let what = match &row.association {
            Some(held) if held.until.is_none() => format!("associated by {}", held.value.id),
            _ => "disassociated".to_owned(),
        };
        changes.push(what);
    }
    if before.reverse_dns != row.reverse_dns {
        let what = match &row.reverse_dns {
            Some(held) if held.until.is_none() => format!("its reverse name is {}", held.value),
            _ => "its reverse name was reset".to_owned(),
        };
        changes.push(what);
    }
    if before.transfer_offer != row.transfer_offer {
        let what = match &row.transfer_offer {
            Some(transfer_offer) if transfer_offer.withdrawn_at.is_none() => {
                "offered to another account"
            }
            _ => "the offer to another account was withdrawn",
        };
        changes.push(what.to_owned());
    }
    let newly = row
        .unlocked
        .iter()
        .filter(|unlocked| !before.unlocked.contains(unlocked));
    changes.extend(newly.map(|unlocked| {
        let what = match unlocked.what {
            Lock::ProtectTag => "protect tag removed",
            Lock::ReverseName => "reverse name reset",
            Lock::Association => "disassociated",
        };
        format!("{what} by {}", name_of(&unlocked.by))
    }));
    if changes.is_empty() {
        changes.push("more is known of it".to_owned());
    }
    changes.join(", ")
}

fn settled(release: &ReleaseRecord) -> String {
    let status = match &release.status {
        ReleaseStatus::Pending { .. } => "not back yet".to_owned(),
        ReleaseStatus::Reclaimed { allocation, .. } => format!("back as {allocation}"),
        ReleaseStatus::Lost { .. } => "lost".to_owned(),
        ReleaseStatus::LetGo { reason } => format!("let go: {reason}"),
        ReleaseStatus::Recorded => "recorded only".to_owned(),
        ReleaseStatus::Transferred {
            to_account: Some(account),
        } => {
            format!("transferred to account {account}")
        }
        ReleaseStatus::Transferred { to_account: None } => "transferred".to_owned(),
    };
    let (allocation, by) = (&release.allocation, name_of(&release.actor));
    format!("{allocation} given up by {by}: {status}")
}

fn name_of(actor: &Actor) -> &str {
    let names = [&actor.arn, &actor.invoked_by, &actor.source];
    names
        .into_iter()
        .flatten()
        .next()
        .map_or("somebody not named", String::as_str)
}
