//! Which addresses have lost their protection by a change of their tags, and which have it back. Pure.
//!
//! Whoever removes the tag first can release the address afterwards, and Holdfast lets it go. So the change itself is
//! news, whoever made it, unless that one is exempt.

use crate::ledger::Snapshot;
use crate::model::cloudtrail::{Actor, AddressChange, Record};
use crate::release_guard::decide::protection;
use crate::release_guard::is_exempt;
use crate::settings::{Protection, Settings};
use time::OffsetDateTime;

/// An address that a release would not bring back any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostProtection {
    /// As it is now.
    pub row: Snapshot,
    /// When, or when it was seen.
    pub at: OffsetDateTime,
    /// By whom, where CloudTrail told.
    pub by: Option<Actor>,
}

/// What a look shows that was protected when it was last seen.
#[must_use]
pub fn seen(
    before: Option<&Snapshot>,
    now: &Snapshot,
    at: OffsetDateTime,
    settings: &Settings,
) -> Option<LostProtection> {
    let was = before.is_some_and(|row| is_protected(row, settings));
    (was && !is_protected(now, settings) && now.is_allocated()).then(|| LostProtection {
        row: now.clone(),
        at,
        by: None,
    })
}

/// What a call on its tags has taken. The same call, delivered again, takes it again: the run before may have ended after
/// it wrote the row.
#[must_use]
pub fn told(
    before: Option<&Snapshot>,
    now: &Snapshot,
    record: &Record,
    settings: &Settings,
) -> Option<LostProtection> {
    let call = &record.call;
    let is_about_tags = matches!(
        record.change,
        AddressChange::Tagged { .. } | AddressChange::Untagged { .. }
    );
    if !is_about_tags || is_exempt(&call.actor, settings) || !now.is_allocated() {
        return None;
    }
    let was = before.is_some_and(|row| is_protected(row, settings));
    let removal = now.unprotected.as_ref();
    let is_removal = removal.is_some_and(|it| it.at == call.at && it.by.is_some());
    (!is_protected(now, settings) && (was || is_removal)).then(|| LostProtection {
        row: now.clone(),
        at: call.at,
        by: Some(call.actor.clone()),
    })
}

/// Whether an address is protected again that was not.
#[must_use]
pub fn is_back(before: Option<&Snapshot>, now: &Snapshot, settings: &Settings) -> bool {
    before.is_some_and(|row| !is_protected(row, settings)) && is_protected(now, settings)
}

fn is_protected(row: &Snapshot, settings: &Settings) -> bool {
    row.service_managed.is_none() && protection(row, settings).0 == Protection::Reclaim
}
