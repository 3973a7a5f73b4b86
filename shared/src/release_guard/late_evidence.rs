//! What comes to light about a loss after it was settled: who released it, or that it was meant. The
//! record learns it; the address stays where it is, since Holdfast never releases one.
//!
//! Idempotent: the record says what was said, and says it once. Compare-and-set arbitrates.

use super::execute::Run;
use super::{ReleaseGuardCloud, exemption, messages};
use crate::clock::Clock;
use crate::error::Error;
use crate::ledger::snapshot::AllocationState;
use crate::ledger::{
    AllocationRows, Ledger, ReleaseRecord, ReleaseStatus, Snapshot, update_release, update_snapshot,
};
use crate::report::{Finding, Outcome, Report, Stopwatch};

impl<C: ReleaseGuardCloud, L: Ledger, K: Clock> Run<'_, C, L, K> {
    pub(super) async fn add_late_evidence(
        &self,
        record: &ReleaseRecord,
        watch: Stopwatch,
    ) -> Result<Report, Error> {
        let ledger = &self.ports.ledger;
        let lost = &self.release.allocation;
        let known = self.observed.ledger.clone();
        let unwritten = |source| Error::LedgerUnwritten {
            done: "nothing was to be done in EC2".to_owned(),
            source,
        };
        if record.event_id.is_none() && self.release.call.is_some() {
            let ended = |known: &AllocationRows| self.corrected_end(known.snapshot.as_ref()?);
            update_snapshot(ledger, lost, known.clone(), ended)
                .await
                .map_err(unwritten)?;
        }
        let learnt = update_release(ledger, lost, known, |known| self.with_late_evidence(known))
            .await
            .map_err(unwritten)?;
        let report = messages::already_handled(self, learnt.as_ref().unwrap_or(record), watch);
        Ok(
            match learnt.and_then(|learnt| newly_exempt(record, &learnt)) {
                Some((why, kept)) => Report {
                    outcome: Outcome::LetGo,
                    summary: format!("{}; it would have been let go: {why}", report.summary),
                    findings: vec![kept],
                    ..report
                },
                None => report,
            },
        )
    }

    fn with_late_evidence(&self, known: &AllocationRows) -> Option<ReleaseRecord> {
        let before = known.release.as_ref()?;
        let mut next = before.clone();
        if let (None, Some(call)) = (&before.event_id, &self.release.call) {
            next.event_id = Some(call.event_id.clone());
            next.actor = call.actor.clone();
            next.released_at = self.release.released_at;
            next.border_group.clone_from(&self.release.border_group);
        }
        if let Some(row) = &known.snapshot {
            next.unlocked.clone_from(&row.unlocked);
        }
        let was_reclaimed = matches!(before.status, ReleaseStatus::Reclaimed { .. });
        if was_reclaimed && before.late_exemption.is_none() {
            let snapshot = known.snapshot.as_ref();
            next.late_exemption =
                exemption::intended(self.release, Some(&next), snapshot, self.settings);
        }
        if next == *before {
            return None;
        }
        next.updated_at = self.ports.clock.now();
        Some(next)
    }

    /// The end that was missed took place when the call says.
    fn corrected_end(&self, row: &Snapshot) -> Option<Snapshot> {
        let at = self.release.released_at;
        (row.state != AllocationState::Released { at }).then(|| row.ended(at))
    }
}

fn newly_exempt(before: &ReleaseRecord, after: &ReleaseRecord) -> Option<(String, Finding)> {
    let why = after
        .late_exemption
        .clone()
        .filter(|_| before.late_exemption.is_none())?;
    let ReleaseStatus::Reclaimed { allocation, .. } = &after.status else {
        return None;
    };
    let finding = Finding {
        what: format!("{allocation} was taken back, though its release was meant"),
        why: format!("{why}; that was not known at the time"),
        next: format!(
            "it stays as it is, and costs what an address costs; if it is not wanted: aws ec2 \
             release-address --allocation-id {allocation}"
        ),
    };
    Some((why, finding))
}
