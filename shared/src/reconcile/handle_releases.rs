//! Taking up releases: what CloudTrail knows of them is added to the ledger, then the guard deals with them
//! as with any other, or the transfer is recorded.
//!
//! Races with the guard on the same release, and with other runs of reconcile. EC2 arbitrates: an address
//! is allocated once; whoever comes second finds it. The ledger's rows are compare-and-set. A run that
//! ends half way leaves the release record unwritten, or pending: the next run takes it up again.

use super::case::Case;
use super::cloud::ReconcileCloud;
use super::correct;
use super::messages::{self, HandledReleases};
use super::observe::retry_transient;
use super::open_releases::{self, AllocationEnd, OpenRelease};
use super::state::AccountState;
use super::transfer::{self, AcceptedTransfer};
use crate::clock::Clock;
use crate::cloud::CloudError;
use crate::error::Error;
use crate::ledger::{
    AllocationRows, Ledger, ReleaseRecord, ReleaseStatus, Snapshot, UpdateError, update_release,
    update_snapshot,
};
use crate::model::cloudtrail::Record;
use crate::model::ids::AllocationId;
use crate::ports::Ports;
use crate::release_guard::decide::protection;
use crate::release_guard::restore::association_then;
use crate::release_guard::state::Release;
use crate::report::{Outcome, Report};
use crate::settings::{Mode, Protection};
use std::time::Duration;

/// CloudTrail allows two lookups a second (CloudTrail user guide, "Quotas"), and releases wait meanwhile.
const MAX_LOOKUPS: usize = 40;
const BETWEEN_LOOKUPS: Duration = Duration::from_millis(500);

/// A release is not taken up when less than this is left of the run: the next run will.
const TIME_FOR_ONE: Duration = Duration::from_secs(30);

/// The releases of one run, one after the other.
pub(super) struct ReleaseHandler<'a, C, L, K> {
    pub(super) ports: &'a Ports<C, L, K>,
    pub(super) case: Case<'a>,
    pub(super) observed: &'a AccountState,
    pub(super) lookups: usize,
    /// The allocations that were dealt with although CloudTrail's event history of them could not be had, and why.
    pub(super) without_history: Vec<(AllocationId, Option<CloudError>)>,
}

impl<C: ReconcileCloud, L: Ledger, K: Clock> ReleaseHandler<'_, C, L, K> {
    pub(super) async fn all(&mut self, open_releases: Vec<OpenRelease>) -> HandledReleases {
        let mut handled = HandledReleases::default();
        let deadline = self.case.delivery.deadline(TIME_FOR_ONE);
        for open_release in open_releases {
            if !deadline.allows(self.ports.clock.now(), Duration::ZERO) {
                handled.left += 1;
                continue;
            }
            let was_told = matches!(open_release, OpenRelease::Pending(_));
            match Box::pin(self.one(open_release)).await {
                Ok(report) => {
                    let news = report.as_ref().map(|report| report.outcome);
                    let is_news = |outcome: &Outcome| !(was_told && is_still_open(*outcome));
                    handled.news.extend(news.filter(is_news));
                    handled.reports.extend(report);
                }
                Err(failure) => handled.failures.push(failure),
            }
        }
        handled.without_history = std::mem::take(&mut self.without_history);
        handled
    }

    async fn one(&mut self, open_release: OpenRelease) -> Result<Option<Report>, Error> {
        match open_release {
            OpenRelease::Missing(row) | OpenRelease::Unrecorded(row) => {
                self.lost(&row).await.map(Some)
            }
            OpenRelease::Pending(release)
            | OpenRelease::Intended(release)
            | OpenRelease::Misplaced(release) => self
                .guard(&Release::recorded(&release, self.case.settings))
                .await
                .map(Some),
            OpenRelease::Unaudited(release) => self.audit(&release).await,
        }
    }

    async fn lost(&mut self, row: &Snapshot) -> Result<Report, Error> {
        let records = match self.event_history(&row.allocation).await {
            Ok(records) => records,
            Err(why) => {
                self.without_history.push((row.allocation.clone(), why));
                Vec::new()
            }
        };
        let row = self
            .add_event_history(row, &records)
            .await?
            .unwrap_or_else(|| row.clone());
        match open_releases::end_of_allocation(&row, &records, self.observed.look.at) {
            AllocationEnd::Released(release) => self.guard(&release).await,
            AllocationEnd::Transferred {
                to_account,
                offered_by,
            } => {
                let at = self.observed.look.at;
                let transfer = AcceptedTransfer {
                    to_account,
                    offered_by,
                    at,
                    call: None,
                };
                let (ledger, now) = (&self.ports.ledger, self.ports.clock.now());
                transfer::conclude(ledger, &row, &transfer, now).await?;
                Ok(messages::transferred(self.case.settings, &row, transfer))
            }
        }
    }

    /// Reads CloudTrail's history of a release once more, now that it is complete: the guard decided on what
    /// was known then.
    async fn audit(&mut self, record: &ReleaseRecord) -> Result<Option<Report>, Error> {
        let allocation = &record.allocation;
        let Ok(records) = self.event_history(allocation).await else {
            return Ok(None);
        };
        let known = self.observed.known(allocation);
        let learnt = match &known.snapshot {
            Some(row) => self.add_event_history(row, &records).await?,
            None => None,
        };
        let told = records
            .iter()
            .find_map(|told| open_releases::release_in(told, allocation));
        let is_named_now = record.event_id.is_none() && told.is_some();
        let row = learnt.as_ref().or(known.snapshot.as_ref());
        let is_open_again = row.is_some_and(|row| {
            let release = Release::recorded(record, self.case.settings);
            association_then(row, &release, self.case.settings).is_some()
                && self.is_unassociated(record)
        });
        if is_open_again {
            self.audited(record, true).await?;
        }
        let says_more = learnt.is_some() || is_named_now || is_open_again;
        if !says_more && !self.is_still_to_be_asked_for(record, row) {
            self.audited(record, false).await?;
            return Ok(None);
        }
        let mut release = Release::recorded(record, self.case.settings);
        if let Some((call, border_group)) = told {
            release.released_at = call.at;
            release.border_group = border_group;
            release.call = Some(call);
        }
        let report = self.guard(&release).await?;
        // Last: a run that ends before this is audited again, so that nothing it learnt is lost with it.
        self.audited(record, false).await?;
        Ok(Some(report))
    }

    /// Whether the address was only recorded, and its row says by now that it was to be taken back. A run that
    /// learnt so may have ended before it did anything about it.
    fn is_still_to_be_asked_for(&self, release: &ReleaseRecord, row: Option<&Snapshot>) -> bool {
        let is_meant =
            |row: &Snapshot| protection(row, self.case.settings).0 == Protection::Reclaim;
        self.case.settings.mode == Mode::Enforce
            && release.status == ReleaseStatus::Recorded
            && row.is_some_and(is_meant)
    }

    /// Whether the address is back, and was not associated with anything since.
    fn is_unassociated(&self, release: &ReleaseRecord) -> bool {
        let ReleaseStatus::Reclaimed {
            allocation,
            restored: true,
        } = &release.status
        else {
            return false;
        };
        let shown = self.observed.look.addresses.get(allocation);
        let row = self.observed.rows.get(allocation);
        shown.is_some_and(|address| address.association.is_none())
            && row.is_some_and(|row| row.association.is_none())
    }

    async fn audited(&self, release: &ReleaseRecord, is_open_again: bool) -> Result<(), Error> {
        let known = self.observed.known(&release.allocation);
        let now = self.ports.clock.now();
        let change = |known: &AllocationRows| {
            let mut next = known.release.clone().filter(|release| !release.audited)?;
            next.audited = true;
            next.updated_at = now;
            if let (true, ReleaseStatus::Reclaimed { restored, .. }) =
                (is_open_again, &mut next.status)
            {
                *restored = false;
            }
            Some(next)
        };
        update_release(&self.ports.ledger, &release.allocation, known, change)
            .await
            .map_err(unwritten)?;
        Ok(())
    }

    async fn guard(&self, release: &Release) -> Result<Report, Error> {
        correct::handle_release(self.ports, self.case, release).await
    }

    /// What CloudTrail tells. The error is its answer; none where this run has asked often enough.
    async fn event_history(
        &mut self,
        allocation: &AllocationId,
    ) -> Result<Vec<Record>, Option<CloudError>> {
        if self.lookups >= MAX_LOOKUPS {
            return Err(None);
        }
        if self.lookups > 0 {
            self.ports.clock.sleep(BETWEEN_LOOKUPS).await;
        }
        self.lookups += 1;
        let (clock, cloud) = (&self.ports.clock, &self.ports.cloud);
        let history = retry_transient(clock, &self.case, || cloud.event_history(allocation)).await;
        history.map_err(Some)
    }

    async fn add_event_history(
        &self,
        row: &Snapshot,
        records: &[Record],
    ) -> Result<Option<Snapshot>, Error> {
        let known = self.observed.known(&row.allocation);
        let with_event_history = |known: &AllocationRows| {
            open_releases::with_event_history(known.snapshot.as_ref()?, records, self.case.settings)
        };
        update_snapshot(
            &self.ports.ledger,
            &row.allocation,
            known,
            with_event_history,
        )
        .await
        .map_err(unwritten)
    }
}

/// Said when it became so, and not again with each further try.
fn is_still_open(outcome: Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Pending | Outcome::OverQuota | Outcome::Denied | Outcome::WouldReclaim
    )
}

fn unwritten(source: UpdateError) -> Error {
    Error::LedgerUnwritten {
        done: "nothing was changed in EC2".to_owned(),
        source,
    }
}
