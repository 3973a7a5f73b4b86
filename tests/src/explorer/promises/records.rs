//! The promise that the records of releases keep: what is settled stays settled, and as it was settled.

use holdfast::ledger::{ReleaseRecord, ReleaseStatus};

/// What a write of a release record broke. One thing may open a settled one again: the audit, once, where
/// CloudTrail's history tells of an association that was not restored.
#[must_use]
pub fn broken_by(before: Option<ReleaseRecord>, after: &ReleaseRecord) -> Option<String> {
    let before = before.filter(|before| before.status.is_settled())?;
    let is_opened = match (&before.status, &after.status) {
        (
            ReleaseStatus::Reclaimed {
                allocation: was, ..
            },
            ReleaseStatus::Reclaimed {
                allocation: is,
                restored: false,
            },
        ) => was == is && !before.audited && after.audited,
        _ => false,
    };
    let is_kept = before.status == after.status || is_opened;
    (!is_kept).then(|| {
        format!(
            "promise 5: the release of {} was settled as {:?} and is {:?} now",
            after.allocation, before.status, after.status
        )
    })
}
