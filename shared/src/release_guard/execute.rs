//! The guard's effects, in their order, and what each leaves behind when the run ends right after it:
//!
//! 1. `AllocateAddress` with the tags: idempotent on the address (EC2 allocates it once); done already:
//!    the look finds our tag. Reply lost: the next request is refused and the look finds it.
//! 2. `AssociateAddress` without reassociation: idempotent on (allocation, private IP); done already:
//!    the scene shows it; reply lost: EC2 says `AlreadyAssociated` or agrees, and a read tells.
//! 3. `ModifyAddressAttribute`: idempotent on (allocation, name).
//! 4. The ledger's rows, each by compare-and-set, the release record last: as long as that one is
//!    missing, a further delivery goes through all of the above, and finds it done.

use super::messages::{self, ReclaimedAs};
use super::outcomes::{Refusal, refused};
use super::plan::{Conclusion, ReclaimPlan};
use super::reclaim::{ReclaimOutcome, ReclaimResult, reclaim_address};
use super::restore::{self, CurrentState, Restoration};
use super::state::Observed;
use super::{Release, ReleaseGuardCloud};
use crate::clock::Clock;
use crate::cloud::{AddressFilter, CloudError};
use crate::error::Error;
use crate::ledger::release::PendingReason;
use crate::ledger::snapshot::Reclaimed;
use crate::ledger::{Ledger, ReleaseStatus};
use crate::model::elastic_ip::Address;
use crate::model::ids::AllocationId;
use crate::model::interface::Interface;
use crate::model::tags::Tags;
use crate::ports::{Delivery, Ports};
use crate::report::{AssociationReport, Finding, Function, PlannedCall, Report, Stopwatch};
use crate::settings::Settings;
use time::OffsetDateTime;

/// One run, from its decision on.
pub(super) struct Run<'a, C, L, K> {
    pub(super) function: Function,
    pub(super) ports: &'a Ports<C, L, K>,
    pub(super) settings: &'a Settings,
    pub(super) release: &'a Release,
    pub(super) observed: &'a Observed,
    pub(super) delivery: Delivery,
}

impl<'a, C, L, K> Run<'a, C, L, K> {
    pub(super) const fn new(
        function: Function,
        ports: &'a Ports<C, L, K>,
        settings: &'a Settings,
        release: &'a Release,
        observed: &'a Observed,
        delivery: Delivery,
    ) -> Self {
        Self {
            function,
            ports,
            settings,
            release,
            observed,
            delivery,
        }
    }
}

/// How the asking went, for the report.
#[derive(Debug)]
pub(super) struct ReclaimAttempts {
    pub(super) attempts: u32,
    pub(super) findings: Vec<Finding>,
}

/// What became of the restoration.
#[derive(Debug, Default)]
pub(super) struct Restored {
    pub(super) association: Option<AssociationReport>,
    pub(super) reverse_dns: Option<String>,
    pub(super) findings: Vec<Finding>,
    /// A passing failure that keeps it from being complete.
    pub(super) unfinished: Option<CloudError>,
}

impl<C: ReleaseGuardCloud, L: Ledger, K: Clock> Run<'_, C, L, K> {
    pub(super) async fn conclude(
        &self,
        conclusion: Conclusion,
        mut watch: Stopwatch,
    ) -> Result<Report, Error> {
        self.record(
            conclusion.status.clone(),
            None,
            "nothing was to be done in EC2",
        )
        .await?;
        watch.lap("record", &self.ports.clock);
        Ok(messages::concluded(self, conclusion, watch))
    }

    /// `observe` mode: what would be done, down to the calls. Nothing waits for this run, so it looks at the
    /// former place of the address as a real one does.
    pub(super) async fn would_reclaim(
        &self,
        plan: &ReclaimPlan,
        watch: Stopwatch,
    ) -> Result<Report, Error> {
        let conclusion = Conclusion::would_reclaim(plan);
        let mut report = self.conclude(conclusion, watch).await?;
        let ip = plan.request.ip;
        report.would_call.push(PlannedCall::allocate(ip));
        let address = expected_address(
            plan,
            plan.request.tags.clone(),
            self.release.allocation.clone(),
        );
        let restoration = match self.current(plan, &address, true).await {
            Ok(current) => restore::decide(&plan.snapshot, self.release, &current, self.settings),
            Err(failure) => Restoration {
                findings: vec![messages::place_unread(ip, &failure)],
                ..Restoration::default()
            },
        };
        let target = restoration.associate.iter();
        let associated = target.map(|to| PlannedCall::associate(&ip, &to.eni, to.private_ip));
        let name = restoration.reverse_dns.iter();
        let named = name.map(|name| PlannedCall::set_reverse_dns(&ip, name));
        report.would_call.extend(associated.chain(named));
        report.findings.extend(restoration.findings);
        Ok(report)
    }

    pub(super) async fn reclaim(
        &self,
        plan: &ReclaimPlan,
        mut watch: Stopwatch,
    ) -> Result<Report, Error> {
        let asked = match &plan.resume {
            Some(allocation) => self.resumed(plan, allocation).await,
            None => {
                reclaim_address(self.ports, self.settings, self.release, plan, self.delivery).await
            }
        };
        watch.lap("reclaim", &self.ports.clock);
        let asked = match asked {
            Ok(asked) => asked,
            Err(source) => return Err(self.unfinished(plan, source).await),
        };
        let ReclaimResult {
            attempts,
            tags,
            findings,
            end,
        } = asked;
        let asking = ReclaimAttempts { attempts, findings };
        match end {
            ReclaimOutcome::Allocated(allocation) => {
                let address = expected_address(plan, tags, allocation);
                self.restore(plan, asking, address, true, watch).await
            }
            ReclaimOutcome::AlreadyReclaimed(address) => {
                self.restore(plan, asking, address, false, watch).await
            }
            ReclaimOutcome::ReleasedAgain(allocation) => {
                self.released_again(asking, &allocation, watch).await
            }
            ReclaimOutcome::HeldByAccount(address) => {
                self.held_by_account(plan, asking, &address, watch).await
            }
            ReclaimOutcome::NotReleased(refusal) => {
                self.still_pending(plan, asking, &refusal, PendingReason::NotReleased, watch)
                    .await
            }
            ReclaimOutcome::Refused(refusal) => match refused(&refusal) {
                Refusal::Pending(reason) => {
                    self.still_pending(plan, asking, &refusal, reason, watch)
                        .await
                }
                Refusal::Unanswered => Err(self.unfinished(plan, refusal).await),
            },
            ReclaimOutcome::WrongAddress(wrong) => {
                self.wrong_address(plan, asking, &wrong, watch).await
            }
        }
    }

    /// An earlier run got it back under `allocation` and could not restore everything.
    async fn resumed(
        &self,
        plan: &ReclaimPlan,
        allocation: &AllocationId,
    ) -> Result<ReclaimResult, CloudError> {
        let which = AddressFilter::Allocations(vec![allocation.clone()]);
        let live = self.ports.cloud.addresses(&which).await?.into_iter().next();
        let end = match live {
            Some(address) => ReclaimOutcome::AlreadyReclaimed(address),
            None if self.has_ended(allocation).await? => {
                ReclaimOutcome::ReleasedAgain(allocation.clone())
            }
            None => {
                let tags = plan.request.tags.clone();
                ReclaimOutcome::AlreadyReclaimed(expected_address(plan, tags, allocation.clone()))
            }
        };
        Ok(ReclaimResult {
            attempts: 0,
            tags: Tags::new(),
            findings: Vec::new(),
            end,
        })
    }

    async fn has_ended(&self, allocation: &AllocationId) -> Result<bool, CloudError> {
        let known = self.ports.ledger.read(allocation).await?;
        Ok(known.snapshot.is_some_and(|row| !row.is_allocated()))
    }

    async fn restore(
        &self,
        plan: &ReclaimPlan,
        asking: ReclaimAttempts,
        address: Address,
        is_new: bool,
        mut watch: Stopwatch,
    ) -> Result<Report, Error> {
        let mut restored = match self.current(plan, &address, is_new).await {
            Ok(current) => {
                let restoration =
                    restore::decide(&plan.snapshot, self.release, &current, self.settings);
                self.carry_out(&address, restoration).await
            }
            Err(failure) => Restored {
                unfinished: Some(failure),
                ..Restored::default()
            },
        };
        watch.lap("restore", &self.ports.clock);
        let status = ReleaseStatus::Reclaimed {
            allocation: address.allocation.clone(),
            restored: restored.unfinished.is_none(),
        };
        let now = self.ports.clock.now();
        let reallocated = plan
            .snapshot
            .reallocated(
                &address,
                restored
                    .association
                    .as_ref()
                    .and_then(AssociationReport::known),
                now,
            )
            .with_reclaim(self.reclaim_entry(now));
        let done = format!("{} is back as {}", address.ip, address.allocation);
        self.record(status, Some(reallocated), &done).await?;
        watch.lap("record", &self.ports.clock);
        if let Some(source) = restored.unfinished.take() {
            return Err(Error::Unfinished {
                what: format!("{done}, not all that belongs to it is"),
                source,
            });
        }
        let back = ReclaimedAs {
            allocation: address.allocation,
            is_new,
        };
        Ok(messages::reclaimed(
            self, plan, asking, back, restored, watch,
        ))
    }

    fn reclaim_entry(&self, at: OffsetDateTime) -> Reclaimed {
        let call = self.release.call.as_ref();
        let released_by = call.map(|call| call.actor.clone()).unwrap_or_default();
        Reclaimed { at, released_by }
    }

    async fn current(
        &self,
        plan: &ReclaimPlan,
        address: &Address,
        is_new: bool,
    ) -> Result<CurrentState, CloudError> {
        let then = restore::association_then(&plan.snapshot, self.release, self.settings);
        let eni = then.and_then(|association| association.eni.as_ref());
        let name = restore::reverse_name_then(&plan.snapshot, self.release, self.settings);
        let interface = async {
            match eni {
                Some(eni) => {
                    self.retry_transient(|| self.ports.cloud.interface(eni))
                        .await
                }
                None => Ok(None::<Interface>),
            }
        };
        let published = async {
            let which = AddressFilter::Allocations(vec![address.allocation.clone()]);
            match name {
                Some(_) if !is_new => {
                    let names = self
                        .retry_transient(|| self.ports.cloud.reverse_dns_names(&which))
                        .await?;
                    Ok::<_, CloudError>(names.get(&address.allocation).cloned())
                }
                _ => Ok(None),
            }
        };
        let (interface, reverse_dns) = futures_util::join!(interface, published);
        Ok(CurrentState {
            allocation: address.allocation.clone(),
            association: address.association.clone(),
            interface: interface?,
            reverse_dns: reverse_dns?,
        })
    }

    async fn carry_out(&self, address: &Address, restoration: Restoration) -> Restored {
        let mut restored = Restored {
            association: restoration.already_correct,
            findings: restoration.findings,
            ..Restored::default()
        };
        let associating = async {
            match &restoration.associate {
                Some(target) => Some(self.associate(&address.allocation, target).await),
                None => None,
            }
        };
        let naming = async {
            let name = restoration.reverse_dns.as_deref()?;
            Some((
                name,
                self.retry_transient(|| {
                    self.ports.cloud.set_reverse_dns(&address.allocation, name)
                })
                .await,
            ))
        };
        let (associated, named) = futures_util::join!(associating, naming);
        match associated {
            Some(Ok(Ok(association))) => restored.association = Some(association),
            Some(Ok(Err(finding))) => restored.findings.push(finding),
            Some(Err(failure)) => restored.unfinished = Some(failure),
            None => {}
        }
        match named {
            Some((name, Ok(()))) => restored.reverse_dns = Some(name.to_owned()),
            Some((_, Err(failure))) if failure.is_transient() => {
                restored.unfinished = Some(failure);
            }
            Some((name, Err(failure))) => {
                restored
                    .findings
                    .push(messages::not_named(&address.allocation, name, &failure));
            }
            None => {}
        }
        restored
    }
}

fn expected_address(plan: &ReclaimPlan, tags: Tags, allocation: AllocationId) -> Address {
    Address {
        allocation,
        ip: plan.request.ip,
        pool: plan.request.pool.clone(),
        border_group: plan.request.border_group.clone(),
        tags,
        association: None,
        service_managed: None,
    }
}
