//! Promises that the ledger shows, at every write: what is final stays final, a tombstone is for ever.
//! And one that it shows together with the account: what came back is protected as it was.

use super::view::{AccountView, value_of};
use holdfast::ledger::{ReleaseRecord, ReleaseStatus, Snapshot};

/// What a write of a release record broke.
#[must_use]
pub fn broken_by_record(before: Option<&ReleaseRecord>, after: &ReleaseRecord) -> Option<String> {
    let before = before?;
    let (was, is) = (&before.status, &after.status);
    let is_looked_at_again = !before.audited && after.audited && allocation_of(is).is_some();
    // A restoration that went by too little is done once more.
    let is_corrected = before.restoration.is_some() && is_open(is);
    // What was let go or lost is back on a person's word.
    let is_on_a_persons_word =
        after.is_asked_for && allocation_of(was).is_none() && allocation_of(is).is_some();
    let stays =
        !was.is_final() || was == is || is_looked_at_again || is_corrected || is_on_a_persons_word;
    let is_kept = allocation_of(was).is_none() || allocation_of(was) == allocation_of(is);
    (!stays || !is_kept).then(|| {
        let lost = &after.allocation;
        format!("promise 5: the release of {lost} was {was:?}, and was made {is:?}")
    })
}

/// What a write of a snapshot broke.
#[must_use]
pub fn broken_by_row(before: Option<&Snapshot>, after: &Snapshot) -> Option<String> {
    let came_to_life = before.is_some_and(|before| !before.is_allocated()) && after.is_allocated();
    came_to_life.then(|| format!("promise 5: the tombstone of {} is gone", after.allocation))
}

fn is_open(status: &ReleaseStatus) -> bool {
    let ReleaseStatus::Reclaimed { restored, .. } = status else {
        return false;
    };
    !restored
}

fn allocation_of(status: &ReleaseStatus) -> Option<&str> {
    match status {
        ReleaseStatus::Reclaimed { allocation, .. } => Some(allocation.as_str()),
        _ => None,
    }
}

/// What the account has since a request of Holdfast's for an address, without the protection that the ledger
/// knows of.
#[must_use]
pub fn unprotected_by(before: &AccountView, after: &AccountView, rows: &[Snapshot]) -> Vec<String> {
    let is_new = |(id, _): &(&String, _)| !before.addresses.contains_key(*id);
    let born = after.addresses.iter().filter(is_new);
    born.filter_map(|(_, address)| {
        let tag = |key| value_of(&address.tags, key);
        let ip = &address.public_ip;
        let Some(from) = tag("holdfast:reclaimed-from") else {
            return Some(format!("promise 3: {ip} does not say where it comes from"));
        };
        let row = rows.iter().find(|row| row.allocation.as_str() == from)?;
        let had = row.tags.get("holdfast:protect").map(String::as_str);
        let has = tag("holdfast:protect");
        // The guard has read CloudTrail, which may know of a tag that no event has told of yet.
        let is_more = row.unconfirmed && had.is_none();
        (had != has && !is_more)
            .then(|| format!("{ip} was protected as {had:?}, and came back with {has:?}"))
    })
    .collect()
}
