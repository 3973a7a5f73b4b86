//! From the decision to the report: carry it out, write it down, tell it.
//!
//! Nothing races here that `execute`, `reclaim` and `record` do not name. A run that ends between two steps leaves a
//! release without a final record, and reconcile and the next delivery go on with that.

use super::case::Case;
use super::cloud::ReleaseGuardCloud;
use super::execute::Restored;
use super::messages::{self, ReclaimedAs};
use super::plan::{Conclusion, ReclaimPlan};
use super::reclaim::{
    ReclaimAttempts, ReclaimOutcome, ReclaimResult, WrongAddress, reclaim_address, resumed,
};
use super::restore::{self, Restoration};
use super::state::Observed;
use super::{decide, execute, observe, record};
use crate::clock::Clock;
use crate::cloud::{AddressFilter, CloudError};
use crate::error::Error;
use crate::ledger::release::PendingReason;
use crate::ledger::snapshot::Reclaimed;
use crate::ledger::{Ledger, ReleaseStatus, Snapshot};
use crate::model::elastic_ip::Address;
use crate::model::ids::AllocationId;
use crate::ports::Ports;
use crate::report::{AssociationReport, Report, Stopwatch, Subject};
use time::OffsetDateTime;

/// One run, with its way to the outside.
pub(super) struct Run<'a, C, L, K> {
    pub(super) ports: &'a Ports<C, L, K>,
    pub(super) case: Case<'a>,
}

impl<C: ReleaseGuardCloud, L: Ledger, K: Clock> Run<'_, C, L, K> {
    /// What CloudTrail knows of the address. When it does not answer, word is left for reconcile, too:
    /// nothing else tells of a release whose address the ledger does not have.
    pub(super) async fn look_up_events(&self) -> Result<Observed, Error> {
        let source = match observe::event_history(&self.ports.cloud, &self.case).await {
            Ok(observed) => return Ok(observed),
            Err(source) => source,
        };
        let and = self.noted(PendingReason::UnknownAddress).await;
        Err(Error::Unfinished {
            what: format!(
                "{} was released, the ledger does not know its address for certain, and CloudTrail could not be \
                 asked; {and}",
                self.case.release.allocation
            ),
            source,
        })
    }

    pub(super) async fn conclude(
        &self,
        conclusion: Conclusion,
        mut watch: Stopwatch,
    ) -> Result<Report, Error> {
        let status = conclusion.status.clone();
        let done = "nothing was to be done in EC2";
        let written = self.record(status, done, &mut watch).await;
        *told(
            written.err(),
            messages::concluded(&self.case, conclusion, watch),
        )
    }

    /// `observe` mode: what would be done, down to the calls. Nothing waits for this run, so it looks at the
    /// former place of the address as a real one does.
    pub(super) async fn would_reclaim(
        &self,
        plan: &ReclaimPlan,
        watch: Stopwatch,
    ) -> Result<Report, Error> {
        let report = self
            .conclude(Conclusion::would_reclaim(plan), watch)
            .await?;
        let restoration = self.planned_restoration(plan).await;
        let restoration = restoration.unwrap_or_else(|failure| Restoration {
            findings: vec![messages::place_unread(plan.request.ip, &failure)],
            ..Restoration::default()
        });
        Ok(messages::with_planned_calls(report, plan, restoration))
    }

    async fn planned_restoration(&self, plan: &ReclaimPlan) -> Result<Restoration, CloudError> {
        let back = match &plan.resume {
            None => None,
            Some(allocation) => {
                let which = AddressFilter::Allocations(vec![allocation.clone()]);
                self.ports.cloud.addresses(&which).await?.into_iter().next()
            }
        };
        if let Some(address) = back {
            return self.restoration(plan, &address, false).await;
        }
        let released = self.case.release.allocation.clone();
        let address = plan.expected_address(plan.request.tags.clone(), released);
        self.restoration(plan, &address, true).await
    }

    pub(super) async fn reclaim(
        &self,
        plan: &ReclaimPlan,
        mut watch: Stopwatch,
    ) -> Result<Report, Error> {
        let Ports {
            cloud,
            ledger,
            clock,
        } = self.ports;
        let result = match &plan.resume {
            Some(allocation) => resumed((cloud, ledger), plan, allocation).await,
            None => reclaim_address((cloud, clock), &self.case, plan).await,
        };
        watch.lap("reclaim", clock);
        match result {
            Ok(result) => {
                let first_at = result.attempts.first_at;
                let ended = self.after_reclaim(plan, result, watch).await;
                *self.timed(ended, first_at)
            }
            Err(source) => {
                let attempts = ReclaimAttempts::default();
                Err(self.unfinished(plan, source, attempts, watch).await)
            }
        }
    }

    /// With the time from the release to the first request for it.
    fn timed(
        &self,
        ended: Result<Report, Error>,
        first_at: Option<OffsetDateTime>,
    ) -> Box<Result<Report, Error>> {
        let timed = |mut report: Report| {
            if let Subject::Address(address) = &mut report.subject {
                address.request_after_ms = self.case.request_after_ms(first_at);
            }
            report
        };
        Box::new(match ended.map_err(Error::into_parts) {
            Ok(report) => Ok(timed(report)),
            Err((error, Some(report))) => Err(error.with_report(timed(report))),
            Err((error, None)) => Err(error),
        })
    }

    async fn after_reclaim(
        &self,
        plan: &ReclaimPlan,
        result: ReclaimResult,
        mut watch: Stopwatch,
    ) -> Result<Report, Error> {
        let (case, attempts, tags) = (&self.case, result.attempts, result.tags);
        match result.end {
            ReclaimOutcome::Allocated(allocation) => {
                let address = plan.expected_address(tags, allocation);
                self.restore(plan, attempts, address, true, watch).await
            }
            ReclaimOutcome::AlreadyReclaimed(address) => {
                self.restore(plan, attempts, address, false, watch).await
            }
            ReclaimOutcome::HeldByAccount(address) => {
                let status = back_as(&address.allocation);
                let done = "the account holds the address";
                let written = self.record(status, done, &mut watch).await;
                let report = messages::held_by_account(case, plan, attempts, &address, watch);
                *told(written.err(), report)
            }
            // Its new allocation has ended: a release of its own, with an event of its own.
            ReclaimOutcome::ReleasedAgain(allocation) if case.is_asked_for => {
                Ok(messages::gone_again(case, plan, &allocation, watch))
            }
            ReclaimOutcome::ReleasedAgain(allocation) => {
                let status = back_as(&allocation);
                let written = self.record(status, "it had come back", &mut watch).await;
                let report = messages::released_again(case, attempts, &allocation, watch);
                *told(written.err(), report)
            }
            ReclaimOutcome::WrongAddress(wrong) => {
                self.wrong_address(plan, attempts, &wrong, watch).await
            }
            ReclaimOutcome::NotReleased(_) if case.is_asked_for => {
                let (ip, allocation) = (plan.request.ip, &case.release.allocation);
                let report = messages::already_ours(case.settings, ip, allocation, watch);
                Ok(report)
            }
            ReclaimOutcome::NotReleased(refusal) => {
                let reason = PendingReason::NotReleased;
                self.still_pending(plan, attempts, (&refusal, reason), watch)
                    .await
            }
            ReclaimOutcome::Refused(refusal) => match decide::pending_reason(&refusal) {
                Some(reason) => {
                    self.still_pending(plan, attempts, (&refusal, reason), watch)
                        .await
                }
                None => Err(self.unfinished(plan, refusal, attempts, watch).await),
            },
            ReclaimOutcome::Unanswered(source) => {
                Err(self.unfinished(plan, source, attempts, watch).await)
            }
        }
    }

    /// The address that was given instead is left as it is: nothing of the released one belongs to it, and
    /// Holdfast cannot release it.
    async fn wrong_address(
        &self,
        plan: &ReclaimPlan,
        attempts: ReclaimAttempts,
        wrong: &WrongAddress,
        mut watch: Stopwatch,
    ) -> Result<Report, Error> {
        let reason = PendingReason::WrongAddress;
        let done = format!("{} was given as {}", wrong.ip, wrong.allocation);
        let status = ReleaseStatus::Pending { reason };
        let written = self.record(status, &done, &mut watch).await;
        let report = messages::wrong_address(&self.case, plan, attempts, wrong, watch);
        *told(written.err(), report)
    }

    async fn still_pending(
        &self,
        plan: &ReclaimPlan,
        attempts: ReclaimAttempts,
        (refusal, reason): (&CloudError, PendingReason),
        mut watch: Stopwatch,
    ) -> Result<Report, Error> {
        if self.case.is_asked_for {
            let why = (refusal, reason);
            return Ok(messages::not_given(&self.case, plan, attempts, why, watch));
        }
        let status = ReleaseStatus::Pending { reason };
        let done = "the address is not back yet";
        let written = self.record(status, done, &mut watch).await;
        let why = (refusal, reason);
        let report = messages::still_pending(&self.case, plan, attempts, why, watch);
        *told(written.err(), report)
    }

    async fn restore(
        &self,
        plan: &ReclaimPlan,
        attempts: ReclaimAttempts,
        address: Address,
        is_new: bool,
        mut watch: Stopwatch,
    ) -> Result<Report, Error> {
        let Ports {
            cloud,
            ledger,
            clock,
        } = self.ports;
        let mut restored = match self.restoration(plan, &address, is_new).await {
            Ok(restoration) => {
                let which = (&address.allocation, is_new);
                execute::restore((cloud, clock), &self.case, which, restoration).await
            }
            Err(failure) => Restored {
                unfinished: Some(failure),
                ..Restored::default()
            },
        };
        watch.lap("restore", clock);
        let status = ReleaseStatus::Reclaimed {
            allocation: address.allocation.clone(),
            restored: restored.unfinished.is_none(),
        };
        let now = clock.now();
        let association = restored.association.as_ref();
        let reallocated = self.reallocated(plan, &address, association, now);
        let done = format!("{} is back as {}", address.ip, address.allocation);
        let back = Some((reallocated, restored.note.take()));
        let written = record::write(ledger, &self.case, now, status, back, &done).await;
        watch.lap("record", clock);
        let unfinished = restored.unfinished.take().map(|source| Error::Unfinished {
            what: format!("{done}, not all that belongs to it is"),
            source,
        });
        let back = ReclaimedAs {
            allocation: address.allocation,
            is_new,
        };
        let report = messages::reclaimed(&self.case, plan, attempts, back, restored, watch);
        *told(written.err().or(unfinished), report)
    }

    /// What is to be restored, on what the address and its former place look like now.
    async fn restoration(
        &self,
        plan: &ReclaimPlan,
        address: &Address,
        is_new: bool,
    ) -> Result<Restoration, CloudError> {
        let ports = (&self.ports.cloud, &self.ports.clock);
        let current = observe::current_state(ports, &self.case, plan, address, is_new).await?;
        let (release, settings) = (self.case.release, self.case.settings);
        Ok(restore::decide(&plan.snapshot, release, &current, settings))
    }

    /// The row of the new allocation, with this reclaim in it.
    fn reallocated(
        &self,
        plan: &ReclaimPlan,
        address: &Address,
        association: Option<&AssociationReport>,
        at: OffsetDateTime,
    ) -> Snapshot {
        let call = self.case.release.call.as_ref();
        let released_by = call.map(|call| call.actor.clone()).unwrap_or_default();
        let association = association.and_then(AssociationReport::known);
        let row = plan.snapshot.reallocated(address, association, at);
        if self.case.is_asked_for {
            // A person is none of two automations that undo each other.
            return row;
        }
        row.with_reclaim(Reclaimed { at, released_by })
    }

    /// AWS did not answer properly: leave word for reconcile, if that works, and ask for redelivery.
    async fn unfinished(
        &self,
        plan: &ReclaimPlan,
        source: CloudError,
        attempts: ReclaimAttempts,
        watch: Stopwatch,
    ) -> Error {
        let reason = if plan.check_first {
            PendingReason::WrongAddress
        } else {
            PendingReason::Unreachable
        };
        let and = self.noted(reason).await;
        Error::Unfinished {
            what: format!("{} may not be back yet, {and}", plan.request.ip),
            source,
        }
        .with_report(messages::unfinished(&self.case, attempts, watch))
    }

    async fn noted(&self, reason: PendingReason) -> &'static str {
        if self.case.is_asked_for {
            return "a person asked for it, so nothing is noted: send the same wish again";
        }
        let Ports { ledger, clock, .. } = self.ports;
        let (now, status) = (clock.now(), ReleaseStatus::Pending { reason });
        let done = "nothing is certain";
        match record::write(ledger, &self.case, now, status, None, done).await {
            Ok(()) => "noted as pending",
            Err(_) => "not even noted",
        }
    }

    async fn record(
        &self,
        status: ReleaseStatus,
        done: &str,
        watch: &mut Stopwatch,
    ) -> Result<(), Error> {
        let Ports { ledger, clock, .. } = self.ports;
        record::write(ledger, &self.case, clock.now(), status, None, done).await?;
        watch.lap("record", clock);
        Ok(())
    }
}

/// The report, where the run could finish; else the error with it.
fn told(failure: Option<Error>, report: Report) -> Box<Result<Report, Error>> {
    Box::new(match failure {
        None => Ok(report),
        Some(failure) => Err(failure.with_report(report)),
    })
}

/// The address is with the account, and nothing is to be restored.
fn back_as(allocation: &AllocationId) -> ReleaseStatus {
    ReleaseStatus::Reclaimed {
        allocation: allocation.clone(),
        restored: true,
    }
}
