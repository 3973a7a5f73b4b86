//! How a run ends that leaves the address where it is, or cannot tell where that is. The one effect is the
//! release record, by compare-and-set; a record that is not settled is taken up again by reconcile.

use super::execute::{ReclaimAttempts, Run};
use super::plan::ReclaimPlan;
use super::reclaim::WrongAddress;
use super::state::Observed;
use super::{ReleaseGuardCloud, messages, observe};
use crate::clock::Clock;
use crate::cloud::CloudError;
use crate::error::Error;
use crate::ledger::release::PendingReason;
use crate::ledger::{Ledger, ReleaseStatus};
use crate::model::elastic_ip::Address;
use crate::model::ids::AllocationId;
use crate::report::{Report, Stopwatch};

impl<C: ReleaseGuardCloud, L: Ledger, K: Clock> Run<'_, C, L, K> {
    pub(super) async fn held_by_account(
        &self,
        plan: &ReclaimPlan,
        asking: ReclaimAttempts,
        address: &Address,
        mut watch: Stopwatch,
    ) -> Result<Report, Error> {
        let allocation = address.allocation.clone();
        let status = ReleaseStatus::Reclaimed {
            allocation,
            restored: true,
        };
        self.record(status, None, "the account holds the address")
            .await?;
        watch.lap("record", &self.ports.clock);
        Ok(messages::held_by_account(
            self, plan, asking, address, watch,
        ))
    }

    /// It came back, and its new allocation has ended: a loss of its own, with an event of its own.
    pub(super) async fn released_again(
        &self,
        asking: ReclaimAttempts,
        allocation: &AllocationId,
        mut watch: Stopwatch,
    ) -> Result<Report, Error> {
        let status = ReleaseStatus::Reclaimed {
            allocation: allocation.clone(),
            restored: true,
        };
        self.record(status, None, "it had come back").await?;
        watch.lap("record", &self.ports.clock);
        Ok(messages::released_again(self, asking, allocation, watch))
    }

    pub(super) async fn still_pending(
        &self,
        plan: &ReclaimPlan,
        asking: ReclaimAttempts,
        refusal: &CloudError,
        reason: PendingReason,
        mut watch: Stopwatch,
    ) -> Result<Report, Error> {
        self.record(
            ReleaseStatus::Pending { reason },
            None,
            "the address is not back yet",
        )
        .await?;
        watch.lap("record", &self.ports.clock);
        Ok(messages::still_pending(
            self, plan, asking, refusal, reason, watch,
        ))
    }

    /// The address that was given instead is left as it is: nothing of the lost one belongs to it, and
    /// Holdfast cannot release it.
    pub(super) async fn wrong_address(
        &self,
        plan: &ReclaimPlan,
        asking: ReclaimAttempts,
        wrong: &WrongAddress,
        mut watch: Stopwatch,
    ) -> Result<Report, Error> {
        let reason = PendingReason::WrongAddress;
        let done = format!("{} was given as {}", wrong.ip, wrong.allocation);
        self.record(ReleaseStatus::Pending { reason }, None, &done)
            .await?;
        watch.lap("record", &self.ports.clock);
        Ok(messages::wrong_address(self, plan, asking, wrong, watch))
    }

    /// AWS did not answer properly: leave word for reconcile, if that works, and ask for redelivery.
    pub(super) async fn unfinished(&self, plan: &ReclaimPlan, source: CloudError) -> Error {
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
    }

    /// What CloudTrail knows of the address. When it does not answer, word is left for reconcile, too:
    /// nothing else tells of a release whose address the ledger does not have.
    pub(super) async fn look_up_events(&self) -> Result<Observed, Error> {
        let asked =
            observe::event_history(self.ports, self.settings, self.release, self.observed).await;
        let source = match asked {
            Ok(observed) => return Ok(observed),
            Err(source) => source,
        };
        let and = self.noted(PendingReason::UnknownAddress).await;
        Err(Error::Unfinished {
            what: format!(
                "{} was released, the ledger does not know its address, and CloudTrail could not be \
                 asked; {and}",
                self.release.allocation
            ),
            source,
        })
    }

    async fn noted(&self, reason: PendingReason) -> &'static str {
        let status = ReleaseStatus::Pending { reason };
        match self.record(status, None, "nothing is certain").await {
            Ok(()) => "noted as pending",
            Err(_) => "not even noted",
        }
    }
}

/// What a refusal leads to.
pub(super) enum Refusal {
    Pending(PendingReason),
    Unanswered,
}

/// `AuthFailure` is no proof that another account has the address: it is also what EC2 answers when it
/// cannot validate the credentials, and nowhere documented for a taken address.
/// Source: EC2 API reference, "Error codes for the Amazon EC2 API", `AuthFailure`.
pub(super) fn refused(refusal: &CloudError) -> Refusal {
    match refusal {
        CloudError::LimitExceeded(_) => Refusal::Pending(PendingReason::OverQuota),
        CloudError::Denied(_) => Refusal::Pending(PendingReason::Denied),
        CloudError::NotFound { .. } | CloudError::HeldElsewhere(_) => {
            Refusal::Pending(PendingReason::NotAvailable)
        }
        CloudError::Refused(_)
        | CloudError::InUse(_)
        | CloudError::DeviceIndexTaken(_)
        | CloudError::TagsRefused(_)
        | CloudError::AlreadyAssociated(_) => Refusal::Pending(PendingReason::Refused),
        CloudError::Throttled(_) | CloudError::Other(_) => Refusal::Unanswered,
    }
}
