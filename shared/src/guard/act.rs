//! The guard's effects, in their order, and what each leaves behind when the run ends right after it:
//!
//! 1. `AllocateAddress` with the tags: idempotent on the address (EC2 allocates it once); done already:
//!    the look finds our tag. Reply lost: the next request is refused and the look finds it.
//! 2. `AssociateAddress` without reassociation: idempotent on (allocation, private IP); done already:
//!    the scene shows it; reply lost: EC2 says `AlreadyAssociated` or agrees, and a read tells.
//! 3. `ModifyAddressAttribute`: idempotent on (allocation, name).
//! 4. The ledger's rows, each by compare-and-set, the release record last: as long as that one is
//!    missing, a further delivery goes through all of the above, and finds it done.

use super::ask::{Asked, End, ask_back};
use super::decide::{Conclusion, Observed, ReclaimPlan};
use super::ends::{Refusal, refused};
use super::restore::{self, Restoration, Scene};
use super::words::{self, Back};
use super::{GuardCloud, Loss};
use crate::address::{Address, Interface, Tags};
use crate::clock::Clock;
use crate::cloud::{CloudError, Which};
use crate::error::Error;
use crate::ids::AllocationId;
use crate::ledger::release::PendingReason;
use crate::ledger::snapshot::Reclaimed;
use crate::ledger::{Ledger, ReleaseStatus};
use crate::ports::{Delivery, Ports};
use crate::report::{AssociationReport, Finding, Function, PlannedCall, Report, Stopwatch};
use crate::settings::Settings;
use time::OffsetDateTime;

/// One run, from its decision on.
pub(super) struct Run<'a, C, L, K> {
    pub(super) function: Function,
    pub(super) ports: &'a Ports<C, L, K>,
    pub(super) settings: &'a Settings,
    pub(super) loss: &'a Loss,
    pub(super) observed: &'a Observed,
    pub(super) delivery: Delivery,
}

impl<'a, C, L, K> Run<'a, C, L, K> {
    pub(super) const fn new(
        function: Function,
        ports: &'a Ports<C, L, K>,
        settings: &'a Settings,
        loss: &'a Loss,
        observed: &'a Observed,
        delivery: Delivery,
    ) -> Self {
        Self {
            function,
            ports,
            settings,
            loss,
            observed,
            delivery,
        }
    }
}

/// How the asking went, for the report.
#[derive(Debug)]
pub(super) struct Asking {
    pub(super) attempts: u32,
    pub(super) findings: Vec<Finding>,
}

/// What became of the restoration.
#[derive(Debug, Default)]
pub(super) struct Restored {
    pub(super) association: Option<AssociationReport>,
    pub(super) reverse_name: Option<String>,
    pub(super) findings: Vec<Finding>,
    /// A passing failure that keeps it from being complete.
    pub(super) unfinished: Option<CloudError>,
}

impl<C: GuardCloud, L: Ledger, K: Clock> Run<'_, C, L, K> {
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
        Ok(words::concluded(self, conclusion, watch))
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
        let address = newborn(
            plan,
            plan.request.tags.clone(),
            self.loss.allocation.clone(),
        );
        let restoration = match self.scene(plan, &address, true).await {
            Ok(scene) => restore::decide(&plan.snapshot, self.loss, &scene, self.settings),
            Err(failure) => Restoration {
                findings: vec![words::place_unread(ip, &failure)],
                ..Restoration::default()
            },
        };
        let target = restoration.associate.iter();
        let associated = target.map(|to| PlannedCall::associate(&ip, &to.eni, to.private_ip));
        let name = restoration.reverse_name.iter();
        let named = name.map(|name| PlannedCall::set_reverse_name(&ip, name));
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
            None => ask_back(self.ports, self.settings, self.loss, plan, self.delivery).await,
        };
        watch.lap("reclaim", &self.ports.clock);
        let asked = match asked {
            Ok(asked) => asked,
            Err(source) => return Err(self.unfinished(plan, source).await),
        };
        let Asked {
            attempts,
            tags,
            findings,
            end,
        } = asked;
        let asking = Asking { attempts, findings };
        match end {
            End::Allocated(allocation) => {
                let address = newborn(plan, tags, allocation);
                self.restore(plan, asking, address, true, watch).await
            }
            End::FoundOurs(address) => self.restore(plan, asking, address, false, watch).await,
            End::ReleasedAgain(allocation) => self.released_again(asking, &allocation, watch).await,
            End::FoundOther(address) => self.held_by_other(plan, asking, &address, watch).await,
            End::StillThere(refusal) => {
                self.not_back(plan, asking, &refusal, PendingReason::StillThere, watch)
                    .await
            }
            End::Refused(refusal) => match refused(&refusal) {
                Refusal::Pending(reason) => {
                    self.not_back(plan, asking, &refusal, reason, watch).await
                }
                Refusal::Unanswered => Err(self.unfinished(plan, refusal).await),
            },
            End::Another(another) => self.given_another(plan, asking, &another, watch).await,
        }
    }

    /// An earlier run got it back under `allocation` and could not restore everything.
    async fn resumed(
        &self,
        plan: &ReclaimPlan,
        allocation: &AllocationId,
    ) -> Result<Asked, CloudError> {
        let which = Which::Allocations(vec![allocation.clone()]);
        let live = self.ports.cloud.addresses(&which).await?.into_iter().next();
        let end = match live {
            Some(address) => End::FoundOurs(address),
            None if self.has_ended(allocation).await? => End::ReleasedAgain(allocation.clone()),
            None => {
                let tags = plan.request.tags.clone();
                End::FoundOurs(newborn(plan, tags, allocation.clone()))
            }
        };
        Ok(Asked {
            attempts: 0,
            tags: Tags::new(),
            findings: Vec::new(),
            end,
        })
    }

    async fn has_ended(&self, allocation: &AllocationId) -> Result<bool, CloudError> {
        let known = self.ports.ledger.read(allocation).await?;
        Ok(known.snapshot.is_some_and(|row| !row.is_alive()))
    }

    async fn restore(
        &self,
        plan: &ReclaimPlan,
        asking: Asking,
        address: Address,
        is_new: bool,
        mut watch: Stopwatch,
    ) -> Result<Report, Error> {
        let mut restored = match self.scene(plan, &address, is_new).await {
            Ok(scene) => {
                let restoration = restore::decide(&plan.snapshot, self.loss, &scene, self.settings);
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
        let reborn = plan
            .snapshot
            .reborn(&address, restored.association.as_ref(), now)
            .counting(self.one_more(now));
        let done = format!("{} is back as {}", address.ip, address.allocation);
        self.record(status, Some(reborn), &done).await?;
        watch.lap("record", &self.ports.clock);
        if let Some(source) = restored.unfinished.take() {
            return Err(Error::Unfinished {
                what: format!("{done}, not all that belongs to it is"),
                source,
            });
        }
        let back = Back {
            allocation: address.allocation,
            is_new,
        };
        Ok(words::back(self, plan, asking, back, restored, watch))
    }

    fn one_more(&self, at: OffsetDateTime) -> Reclaimed {
        let call = self.loss.call.as_ref();
        let released_by = call.map(|call| call.actor.clone()).unwrap_or_default();
        Reclaimed { at, released_by }
    }

    async fn scene(
        &self,
        plan: &ReclaimPlan,
        address: &Address,
        is_new: bool,
    ) -> Result<Scene, CloudError> {
        let then = restore::association_then(&plan.snapshot, self.loss, self.settings);
        let eni = then.and_then(|association| association.eni.as_ref());
        let name = restore::reverse_name_then(&plan.snapshot, self.loss, self.settings);
        let interface = async {
            match eni {
                Some(eni) => self.patiently(|| self.ports.cloud.interface(eni)).await,
                None => Ok(None::<Interface>),
            }
        };
        let published = async {
            let which = Which::Allocations(vec![address.allocation.clone()]);
            match name {
                Some(_) if !is_new => {
                    let names = self
                        .patiently(|| self.ports.cloud.reverse_names(&which))
                        .await?;
                    Ok::<_, CloudError>(names.get(&address.allocation).cloned())
                }
                _ => Ok(None),
            }
        };
        let (interface, reverse_name) = futures_util::join!(interface, published);
        Ok(Scene {
            allocation: address.allocation.clone(),
            association: address.association.clone(),
            interface: interface?,
            reverse_name: reverse_name?,
        })
    }

    async fn carry_out(&self, address: &Address, restoration: Restoration) -> Restored {
        let mut restored = Restored {
            association: restoration.standing,
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
            let name = restoration.reverse_name.as_deref()?;
            Some((
                name,
                self.patiently(|| self.ports.cloud.set_reverse_name(&address.allocation, name))
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
            Some((name, Ok(()))) => restored.reverse_name = Some(name.to_owned()),
            Some((_, Err(failure))) if failure.is_passing() => restored.unfinished = Some(failure),
            Some((name, Err(failure))) => {
                restored
                    .findings
                    .push(words::not_named(&address.allocation, name, &failure));
            }
            None => {}
        }
        restored
    }
}

fn newborn(plan: &ReclaimPlan, tags: Tags, allocation: AllocationId) -> Address {
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
