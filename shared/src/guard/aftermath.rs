//! What comes to light about a loss after it was settled: who released it, or that it was meant. The
//! record learns it; the address stays where it is, since Holdfast never releases one.
//!
//! Idempotent: the record says what was said, and says it once. Compare-and-set arbitrates.

use super::act::Run;
use super::{GuardCloud, pardon, words};
use crate::clock::Clock;
use crate::error::Error;
use crate::ledger::snapshot::Life;
use crate::ledger::{
    Known, Ledger, ReleaseRecord, ReleaseStatus, Snapshot, update_release, update_snapshot,
};
use crate::report::{Finding, Outcome, Report, Stopwatch};

impl<C: GuardCloud, L: Ledger, K: Clock> Run<'_, C, L, K> {
    pub(super) async fn look_back(
        &self,
        record: &ReleaseRecord,
        watch: Stopwatch,
    ) -> Result<Report, Error> {
        let ledger = &self.ports.ledger;
        let lost = &self.loss.allocation;
        let known = self.observed.ledger.clone();
        let unwritten = |source| Error::LedgerUnwritten {
            done: "nothing was to be done in EC2".to_owned(),
            source,
        };
        if record.event_id.is_none() && self.loss.call.is_some() {
            let ended = |known: &Known| self.told_end(known.snapshot.as_ref()?);
            update_snapshot(ledger, lost, known.clone(), ended)
                .await
                .map_err(unwritten)?;
        }
        let learnt = update_release(ledger, lost, known, |known| self.learning(known))
            .await
            .map_err(unwritten)?;
        let report = words::already_settled(self, learnt.as_ref().unwrap_or(record), watch);
        Ok(
            match learnt.and_then(|learnt| thought_again(record, &learnt)) {
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

    fn learning(&self, known: &Known) -> Option<ReleaseRecord> {
        let before = known.release.as_ref()?;
        let mut next = before.clone();
        if let (None, Some(call)) = (&before.event_id, &self.loss.call) {
            next.event_id = Some(call.event_id.clone());
            next.actor = call.actor.clone();
            next.released_at = self.loss.released_at;
            next.border_group.clone_from(&self.loss.border_group);
        }
        if let Some(row) = &known.snapshot {
            next.story.clone_from(&row.unlocked);
        }
        let was_reclaimed = matches!(before.status, ReleaseStatus::Reclaimed { .. });
        if was_reclaimed && before.second_thought.is_none() {
            let snapshot = known.snapshot.as_ref();
            next.second_thought = pardon::meant(self.loss, Some(&next), snapshot, self.settings);
        }
        if next == *before {
            return None;
        }
        next.updated_at = self.ports.clock.now();
        Some(next)
    }

    /// The end that was missed took place when the call says.
    fn told_end(&self, row: &Snapshot) -> Option<Snapshot> {
        let at = self.loss.released_at;
        (row.life != Life::Released { at }).then(|| row.ended(at))
    }
}

fn thought_again(before: &ReleaseRecord, after: &ReleaseRecord) -> Option<(String, Finding)> {
    let why = after
        .second_thought
        .clone()
        .filter(|_| before.second_thought.is_none())?;
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
