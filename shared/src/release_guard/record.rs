//! Writing down how a release was handled, each row by compare-and-set: the tombstone of the old allocation
//! and the snapshot of the new one at once, then the release record. The record is last because it ends
//! the matter: a further delivery that reads a final one does nothing more.

use super::case::Case;
use crate::error::Error;
use crate::ledger::snapshot::AllocationState;
use crate::ledger::{
    AllocationRows, Ledger, ReleaseRecord, ReleaseStatus, RestorationNote, Snapshot,
    update_release, update_snapshot,
};
use crate::settings::Mode;
use time::OffsetDateTime;

/// Brings the ledger to `status`. A status that is final is never replaced by one that is not. What a person asked for
/// and got takes the place of any other end; what a person asked for and did not get is not written. `back` is the row of an
/// address that is back, and what was restored. `done` is what an error says of the run.
pub(super) async fn write(
    ledger: &impl Ledger,
    case: &Case<'_>,
    now: OffsetDateTime,
    status: ReleaseStatus,
    back: Option<(Snapshot, Option<RestorationNote>)>,
    done: &str,
) -> Result<(), Error> {
    if case.is_asked_for && back.is_none() {
        return Ok(());
    }
    let released = &case.release.allocation;
    let known = &case.observed.ledger;
    let tombstone = update_snapshot(ledger, released, known.clone(), |known| {
        tombstone(case, known)
    });
    let alive = async {
        let Some((reallocated, _)) = &back else {
            return Ok(None);
        };
        update_snapshot(
            ledger,
            &reallocated.allocation,
            AllocationRows::default(),
            |known| match &known.snapshot {
                None => Some(reallocated.clone()),
                Some(row) => row.with_history_of(reallocated),
            },
        )
        .await
    };
    let unwritten = |source| Error::LedgerUnwritten {
        done: done.to_owned(),
        source,
    };
    let (tombstone, alive) = futures_util::join!(tombstone, alive);
    tombstone.and(alive).map_err(unwritten)?;
    update_release(ledger, released, known.clone(), |known| {
        let note = back.as_ref().and_then(|(_, note)| note.as_ref());
        next_release(case, known, &status, note, now)
    })
    .await
    .map_err(unwritten)?;
    Ok(())
}

fn next_release(
    case: &Case<'_>,
    known: &AllocationRows,
    status: &ReleaseStatus,
    note: Option<&RestorationNote>,
    now: OffsetDateTime,
) -> Option<ReleaseRecord> {
    let before = known.release.as_ref();
    if let Some(before) = before
        && ((!status.may_follow(&before.status) && !case.is_asked_for)
            || (before.status == *status && !tried(case)))
    {
        return None;
    }
    let told = case.release.call.is_some();
    let kept = before.filter(|_| !told);
    let call = case.release.call.as_ref();
    let unlocked = known.snapshot.as_ref().or(case.observed.snapshot.as_ref());
    Some(ReleaseRecord {
        allocation: case.release.allocation.clone(),
        ip: case.observed.snapshot.as_ref().map(|snapshot| snapshot.ip),
        border_group: kept.map_or_else(
            || case.release.border_group.clone(),
            |before| before.border_group.clone(),
        ),
        released_at: kept.map_or(case.release.released_at, |before| before.released_at),
        event_id: call.map_or_else(
            || kept?.event_id.clone(),
            |call| Some(call.event_id.clone()),
        ),
        actor: call.map_or_else(
            || kept.map(|before| before.actor.clone()).unwrap_or_default(),
            |call| call.actor.clone(),
        ),
        unlocked: unlocked.map(|row| row.unlocked.clone()).unwrap_or_default(),
        status: status.clone(),
        restoration: note.or_else(|| before?.restoration.as_ref()).cloned(),
        late_exemption: None,
        is_asked_for: case.is_asked_for || before.is_some_and(|before| before.is_asked_for),
        audited: before.is_some_and(|before| before.audited),
        attempts: before.map_or(0, |row| row.attempts) + u32::from(tried(case)),
        updated_at: now,
        revision: 0,
    })
}

/// Only a run that may act counts as an attempt.
fn tried(case: &Case<'_>) -> bool {
    case.settings.mode == Mode::Enforce
}

fn tombstone(case: &Case<'_>, known: &AllocationRows) -> Option<Snapshot> {
    let at = case.release.released_at;
    let (row, told) = (known.snapshot.as_ref(), case.observed.snapshot.as_ref());
    if let (Some(row), Some(told)) = (row, told)
        && row.unconfirmed
        && !told.unconfirmed
    {
        // An event may have come while CloudTrail was asked.
        let has_changed = row.ip == told.ip && known != &case.observed.ledger;
        let last = if has_changed { row } else { told };
        return Some(last.clone().confirmed().ended(at));
    }
    let snapshot = row.or(told)?;
    // An end that was missed at first took place when the call says.
    let is_told_now =
        case.release.call.is_some() && snapshot.state != AllocationState::Released { at };
    (known.snapshot.is_none() || snapshot.is_allocated() || is_told_now).then(|| snapshot.ended(at))
}
