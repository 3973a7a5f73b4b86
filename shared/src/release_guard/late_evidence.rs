//! What comes to light about a release after it was handled: who released it, or that it was meant. The
//! record learns it; the address stays where it is, since Holdfast never releases one.
//!
//! Idempotent: the record says what was said, and says it once. Compare-and-set arbitrates.

use super::case::Case;
use super::exemption;
use crate::error::Error;
use crate::ledger::snapshot::AllocationState;
use crate::ledger::{
    AllocationRows, Ledger, ReleaseRecord, ReleaseStatus, Snapshot, update_release, update_snapshot,
};
use time::OffsetDateTime;

/// Adds to the record what is known now. The record as it is after that; none when it learnt nothing.
pub(super) async fn add(
    ledger: &impl Ledger,
    case: &Case<'_>,
    record: &ReleaseRecord,
    now: OffsetDateTime,
) -> Result<Option<ReleaseRecord>, Error> {
    let released = &case.release.allocation;
    let known = case.observed.ledger.clone();
    let unwritten = |source| Error::LedgerUnwritten {
        done: "nothing was to be done in EC2".to_owned(),
        source,
    };
    if record.event_id.is_none() && case.release.call.is_some() {
        let ended = |known: &AllocationRows| corrected_end(case, known.snapshot.as_ref()?);
        update_snapshot(ledger, released, known.clone(), ended)
            .await
            .map_err(unwritten)?;
    }
    let learnt = |known: &AllocationRows| with_late_evidence(case, known, now);
    update_release(ledger, released, known, learnt)
        .await
        .map_err(unwritten)
}

fn with_late_evidence(
    case: &Case<'_>,
    known: &AllocationRows,
    now: OffsetDateTime,
) -> Option<ReleaseRecord> {
    let before = known.release.as_ref()?;
    let mut next = before.clone();
    if let (None, Some(call)) = (&before.event_id, &case.release.call) {
        next.event_id = Some(call.event_id.clone());
        next.actor = call.actor.clone();
        next.released_at = case.release.released_at;
        next.border_group.clone_from(&case.release.border_group);
    }
    if let Some(row) = &known.snapshot {
        next.unlocked.clone_from(&row.unlocked);
    }
    let was_reclaimed = matches!(before.status, ReleaseStatus::Reclaimed { .. });
    if was_reclaimed && before.late_exemption.is_none() && !before.is_asked_for {
        let snapshot = known.snapshot.as_ref();
        next.late_exemption =
            exemption::intended(case.release, Some(&next), snapshot, case.settings);
    }
    if next == *before {
        return None;
    }
    next.updated_at = now;
    Some(next)
}

/// The end that was missed took place when the call says.
fn corrected_end(case: &Case<'_>, row: &Snapshot) -> Option<Snapshot> {
    let at = case.release.released_at;
    (row.state != AllocationState::Released { at }).then(|| row.ended(at))
}
