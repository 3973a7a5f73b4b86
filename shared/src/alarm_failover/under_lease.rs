//! One failover of one group: take its lease while its members' health is read, decide, act, look again as
//! long as something is left, and give the lease back.
//!
//! Two writes to the ledger in all. Who finds the lease taken waits and looks again: by then the work is
//! mostly done. A lease that is not given back ends with the time of its run.

use super::assessment;
use super::case::{AffectedGroup, Assessment, Case, CauseKind};
use super::cloud::AlarmFailoverCloud;
use super::decide;
use super::execute::{self, MoveExecutor};
use super::fencing;
use super::group::{Group, ResourceId, ResourceKind};
use super::messages;
use super::observe;
use super::plan::{Move, PlanInput};
use super::progress::{AtRest, Progress};
use super::state::{MemberHealth, Observed};
use crate::clock::Clock;
use crate::error::Error;
use crate::ledger::lease::{Acquire, Claim, FailoverRecord, Lease, LeaseHold};
use crate::ledger::{Ledger, Written};
use crate::model::ids::{AllocationId, InstanceId};
use crate::ports::Ports;
use crate::report::{MoveEnd, MoveReport, Report};
use futures_util::future::join_all;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How often a group is looked at in one run.
const MAX_LOOKS: u32 = 12;

/// The pause before it is looked at again.
const PAUSE: Duration = Duration::from_millis(250);

/// The first pause before a lease that somebody else has is asked for again; each further one is twice as
/// long.
const WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(8);

/// How often a lease is asked for when the ledger does not answer.
const MAX_CLAIMS: u32 = 3;

/// Fails a group over.
pub(super) async fn fail_over<C: AlarmFailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    affected: &AffectedGroup,
    observed: Observed,
) -> Result<Report, Error> {
    let run = UnderLease { ports, case };
    let mut progress = Progress {
        looks: 1,
        ..Progress::default()
    };
    let (lease, look) = run.claim(affected, observed, &mut progress).await?;
    run.rounds(affected, &lease, look, &mut progress).await;
    run.release_lease(lease, &mut progress).await;
    match messages::failure(case, affected, &mut progress) {
        Some(failure) => Err(failure),
        None => Ok(messages::report(case, affected, &progress)),
    }
}

struct UnderLease<'a, C, L, K> {
    ports: &'a Ports<C, L, K>,
    case: &'a Case<'a>,
}

impl<C: AlarmFailoverCloud, L: Ledger, K: Clock> UnderLease<'_, C, L, K> {
    /// The lease, together with a look that is no older than it.
    async fn claim(
        &self,
        affected: &AffectedGroup,
        observed: Observed,
        progress: &mut Progress,
    ) -> Result<(Lease, (Observed, MemberHealth)), Error> {
        let (claim, claimed, health) = {
            let group = Group::named(&affected.group, &observed, self.case.settings, &[]);
            let sources = assessment::sources(self.case.cause, &group, &affected.failed_members);
            let claim = self.claim_of(affected, &group, &observed, &sources);
            let (claimed, health) = futures_util::join!(
                self.take(&claim),
                observe::health(self.ports, self.case, &group, &sources)
            );
            (claim, claimed?, health)
        };
        progress.own = Some(claim.record.clone());
        let (lease, has_waited) = match claimed {
            Acquire::Granted(lease) => (lease, false),
            Acquire::HeldBy(lease) => (self.wait_for(affected, claim, lease).await?, true),
        };
        let last = lease.last.as_ref().and_then(|last| last.ended_at);
        let is_old = has_waited || last.is_some_and(|ended_at| ended_at >= observed.at);
        progress.lease = Some(lease.clone());
        if let Ok(health) = health
            && !is_old
        {
            return Ok((lease, (observed, health)));
        }
        progress.looks += 1;
        match self.look_again(affected).await {
            Ok(look) => Ok((lease, look)),
            Err(failure) => {
                self.release_lease(lease, progress).await;
                Err(failure)
            }
        }
    }

    /// Asks for the lease; a claim whose answer was lost is granted to the same owner again.
    async fn take(&self, claim: &Claim) -> Result<Acquire, Error> {
        let mut tries = 1;
        loop {
            match self.ports.ledger.acquire_lease(claim).await {
                Ok(taken) => return Ok(taken),
                Err(failure) if failure.is_transient() && tries < MAX_CLAIMS => {
                    self.ports.clock.sleep(PAUSE * tries).await;
                    tries += 1;
                }
                Err(failure) => return Err(Error::LedgerUnread(failure)),
            }
        }
    }

    /// Waits until whoever has the lease gives it back, or has had its time.
    async fn wait_for(
        &self,
        affected: &AffectedGroup,
        mut claim: Claim,
        mut lease: Lease,
    ) -> Result<Lease, Error> {
        let mut wait = WAIT;
        loop {
            let now = self.ports.clock.now();
            let ends = lease.held.as_ref().map_or(now, |held| held.until);
            let left = Duration::try_from(ends - now).unwrap_or(Duration::ZERO);
            let pause = wait.min(left.max(PAUSE));
            if !self.case.deadline().allows(now, pause) {
                return Err(messages::lease_taken(affected, &lease));
            }
            self.ports.clock.sleep(pause).await;
            wait = (wait * 2).min(LONGEST_WAIT);
            claim.now = self.ports.clock.now();
            match self.take(&claim).await? {
                Acquire::Granted(lease) => return Ok(lease),
                Acquire::HeldBy(still) => lease = still,
            }
        }
    }

    /// A new look under a lease that is ours already.
    async fn look_again(
        &self,
        affected: &AffectedGroup,
    ) -> Result<(Observed, MemberHealth), Error> {
        let observed = observe::look(self.ports, self.case)
            .await
            .map_err(|source| messages::not_observed(self.case.cause, source))?;
        let health = {
            let group = Group::named(&affected.group, &observed, self.case.settings, &[]);
            let sources = assessment::sources(self.case.cause, &group, &affected.failed_members);
            observe::health(self.ports, self.case, &group, &sources).await
        };
        match health {
            Ok(health) => Ok((observed, health)),
            Err(source) => Err(messages::not_observed(self.case.cause, source)),
        }
    }

    fn claim_of(
        &self,
        affected: &AffectedGroup,
        group: &Group<'_>,
        observed: &Observed,
        sources: &BTreeSet<InstanceId>,
    ) -> Claim {
        let now = self.ports.clock.now();
        let pending_reassociation: Vec<AllocationId> = group
            .resources
            .iter()
            .filter_map(|resource| match &resource.cargo {
                ResourceKind::Address(address) => Some((address, resource.location.instance()?)),
                _ => None,
            })
            .filter(|(_, holder)| sources.contains(*holder) && observed.is_down(holder))
            .map(|(address, _)| address.allocation.clone())
            .collect();
        Claim {
            group: affected.group.clone(),
            hold: LeaseHold {
                owner: format!("{:016x}", self.case.delivery.run),
                until: self.case.delivery.ends_at,
            },
            now,
            record: FailoverRecord {
                cause: self.case.cause.text.clone(),
                alarms: self.case.cause.alarms.clone(),
                fired_at: self.case.cause.at,
                failed_members: sources.clone(),
                pending_reassociation,
                pending_fences: fencing::fences_for(self.case, group, sources, observed),
                began_at: now,
                ended_at: None,
                to: None,
            },
        }
    }

    fn may_look(&self, progress: &Progress) -> bool {
        let is_time = self.case.deadline().allows(self.ports.clock.now(), PAUSE);
        is_time && progress.looks < MAX_LOOKS
    }

    /// Round after round, until nothing is left to do.
    async fn rounds(
        &self,
        affected: &AffectedGroup,
        lease: &Lease,
        (mut observed, mut health): (Observed, MemberHealth),
        progress: &mut Progress,
    ) {
        loop {
            if !self
                .round(affected, lease, (&observed, &health), progress)
                .await
            {
                return;
            }
            if !self.may_look(progress) {
                return;
            }
            self.ports.clock.sleep(PAUSE).await;
            progress.looks += 1;
            let again = match observe::look(self.ports, self.case).await {
                Ok(seen) => {
                    let health = {
                        let group = Group::named(&affected.group, &seen, self.case.settings, &[]);
                        observe::health(self.ports, self.case, &group, &progress.sources).await
                    };
                    health.map(|health| (seen, health))
                }
                Err(failure) => Err(failure),
            };
            match again {
                Ok(seen) => (observed, health) = seen,
                Err(failure) => {
                    progress.unknown = Some(failure);
                    return;
                }
            }
        }
    }

    /// Decides and acts. Whether it is to be looked at again.
    async fn round(
        &self,
        affected: &AffectedGroup,
        lease: &Lease,
        (observed, health): (&Observed, &MemberHealth),
        progress: &mut Progress,
    ) -> bool {
        let mut free = assessment::pending_reassociation(lease);
        free.extend(progress.moves.keys().filter_map(|resource| match resource {
            ResourceId::Address(allocation) => Some(allocation.clone()),
            _ => None,
        }));
        let group = Group::named(&affected.group, observed, self.case.settings, &free);
        if progress.sources.is_empty() {
            let failed_members = assessment::affected_members(
                affected,
                self.case.cause,
                lease,
                progress.own.as_ref(),
            );
            progress.sources = assessment::sources(self.case.cause, &group, &failed_members);
        }
        progress.add_failed_targets(&group, observed);
        // What an earlier run of the same failover moved is no reason to wait with the rest of it.
        let in_progress = lease.in_progress.as_ref();
        let earlier = in_progress.filter(|record| Some(*record) != progress.own.as_ref());
        let is_the_rest = earlier
            .zip(lease.last.as_ref())
            .is_some_and(|(record, last)| {
                record.cause == last.cause
                    && record.fired_at == last.fired_at
                    && progress.sources.is_subset(&record.failed_members)
                    && last
                        .to
                        .as_ref()
                        .is_none_or(|to| !last.failed_members.contains(to))
            });
        let last = lease.last.as_ref().and_then(|last| last.ended_at);
        progress.recovered = self.is_over(observed);
        let mut plan = decide::plan(&PlanInput {
            group: &group,
            observed,
            health,
            kind: &self.case.cause.kind,
            sources: &progress.sources,
            may_begin: self.case.cause.kind != CauseKind::Resume && progress.recovered.is_none(),
            last_ended_at: last.filter(|_| !is_the_rest),
            excluded: &progress.excluded,
            settings: self.case.settings,
            now: self.ports.clock.now(),
        });
        plan.moves
            .retain(|one| !progress.abandoned.contains(&one.resource));
        progress.has_decided = true;
        (progress.blocked, progress.stays_on_stop) = (plan.blocked, plan.kept);
        progress.close_finished(&plan.moves, &group);
        let is_final =
            plan.moves.is_empty() || self.carry_out(&plan.moves, observed, progress).await;
        progress.earlier_failed_hold_nothing = earlier.is_some_and(|earlier| {
            let mut failed = earlier.failed_members.iter();
            !earlier.failed_members.is_empty()
                && failed.all(|id| fencing::holds_nothing_after(&group, id, &plan.moves))
        });
        if is_final && progress.blocked.is_empty() {
            let fences = fencing::fences(self.case, &group, observed, &plan.moves, progress);
            progress.note_fences(execute::fence(&self.ports.cloud, fences).await);
        }
        // Only the report needs these: they keep no move waiting.
        progress.at_rest = AtRest::of(&group, observed);
        progress.unreadable_tags = group.unreadable_tags(self.case.settings);
        !is_final && !progress.is_out_of_time
    }

    /// Whether the cause is gone, and how that is known: then what is half way is brought to its end, and
    /// nothing else is begun.
    fn is_over(&self, observed: &Observed) -> Option<String> {
        match assessment::assess(self.case.cause, observed, self.case.settings) {
            Assessment::Recovered { why } => Some(why),
            Assessment::Affects(_) | Assessment::NotOurs { .. } | Assessment::Unclear { .. } => {
                None
            }
        }
    }

    /// All moves of a plan, at the same time. Whether each came to its end.
    async fn carry_out(
        &self,
        moves: &[Move],
        observed: &Observed,
        progress: &mut Progress,
    ) -> bool {
        let executors = moves.iter().map(|one| async {
            let mut executor = MoveExecutor::new(self.ports, *self.case, observed, one);
            let end = executor.run().await;
            (end, executor.mutating_calls, executor.phases)
        });
        let mut is_final = true;
        for (one, (end, calls, phases)) in moves.iter().zip(join_all(executors).await) {
            progress.mutating_calls += calls;
            is_final &= progress.note(one, end, phases);
        }
        is_final
    }

    /// Gives the lease back, with what was done. What is not done stays noted, for the next delivery and for
    /// reconcile.
    async fn release_lease(&self, mut lease: Lease, progress: &mut Progress) {
        let now = self.ports.clock.now();
        let moved = |report: &&MoveReport| {
            matches!(
                report.end,
                MoveEnd::Moved | MoveEnd::AlreadyThere | MoveEnd::Returned
            )
        };
        let to = progress
            .moves
            .values()
            .find(moved)
            .and_then(|report| report.to.clone());
        let has_moved = to.is_some();
        if let (Some(to), Some(own)) = (to, progress.own.clone()) {
            lease.last = Some(FailoverRecord {
                failed_members: progress.sources.clone(),
                pending_reassociation: Vec::new(),
                pending_fences: BTreeMap::new(),
                began_at: self.case.received,
                ended_at: Some(now),
                to: Some(to),
                ..own
            });
            lease.failback_target_healthy_since = None;
        }
        // Before anything was decided, what an earlier run noted is all that is known of what it left.
        if progress.has_decided
            && progress.is_complete()
            && progress.unknown.is_none()
            && !progress.fenced.is_unfinished
        {
            let ended = lease
                .in_progress
                .take_if(|record| !is_still_open(record, progress));
            let earlier = ended.filter(|record| Some(record) != progress.own.as_ref());
            // Its run died after the move: that it failed over is known from here on only.
            if let Some(earlier) =
                earlier.filter(|_| progress.earlier_failed_hold_nothing && !has_moved)
            {
                lease.last = Some(FailoverRecord {
                    pending_reassociation: Vec::new(),
                    pending_fences: BTreeMap::new(),
                    ended_at: Some(now),
                    ..earlier
                });
            }
        }
        lease.held = None;
        match self.ports.ledger.put_lease(&lease).await {
            Ok(Written::Stored | Written::Conflict) => {}
            Err(failure) => progress.lease_left = Some(failure),
        }
    }
}

/// Whether what is noted as in progress is another alarm's, and is still to be done. It is about members that this
/// run is not about, and they still hold something. The end of this run says nothing of them.
fn is_still_open(noted: &FailoverRecord, progress: &Progress) -> bool {
    let own = progress.own.as_ref();
    let is_anothers = own.is_some_and(|own| own.alarms != noted.alarms);
    is_anothers
        && !noted.alarms.is_empty()
        && !noted.failed_members.is_subset(&progress.sources)
        && !progress.earlier_failed_hold_nothing
}
