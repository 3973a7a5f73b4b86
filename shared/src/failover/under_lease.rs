//! One failover of one group: take its lease while its members' health is read, decide, act, look again as
//! long as something is left, and give the lease back.
//!
//! Two writes to the ledger in all. Who finds the lease taken waits and looks again: by then the work is
//! mostly done. A lease that is not given back ends with the time of its run.

use super::FailoverCloud;
use super::act::{Errand, TO_REPORT};
use super::decide::{self, Move, Question};
use super::evidence::{self, Concern, Kind, Verdict, is_down};
use super::fencing;
use super::group::{Cargo, ChargeId, Group};
use super::observe::{Fitness, Observed};
use super::progress::Progress;
use super::run::{Run, loosened, unseen};
use super::words;
use crate::clock::Clock;
use crate::error::Error;
use crate::ids::{AllocationId, InstanceId};
use crate::ledger::lease::{Claim, Episode, Held, Lease, Taken};
use crate::ledger::{Ledger, Written};
use crate::report::{MoveEnd, MoveReport, Report};
use futures_util::future::join_all;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How often a group is looked at in one run.
const MOST_LOOKS: u32 = 12;

/// The pause before it is looked at again.
const PAUSE: Duration = Duration::from_millis(250);

/// The first pause before a lease that somebody else has is asked for again; each further one is twice as
/// long.
const WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(8);

/// How often a lease is asked for when the ledger does not answer.
const MOST_CLAIMS: u32 = 3;

/// Fails a group over.
pub(super) async fn fail_over<C: FailoverCloud, L: Ledger, K: Clock>(
    run: &Run<'_, C, L, K>,
    concern: &Concern,
    observed: Observed,
) -> Result<Report, Error> {
    let mut progress = Progress {
        looks: 1,
        ..Progress::default()
    };
    let (lease, look) = run.claim(concern, observed, &mut progress).await?;
    run.rounds(concern, &lease, look, &mut progress).await;
    run.give_back(lease, &mut progress).await;
    match words::failure(run, concern, &mut progress) {
        Some(failure) => Err(failure),
        None => Ok(words::report(run, concern, &progress)),
    }
}

impl<C: FailoverCloud, L: Ledger, K: Clock> Run<'_, C, L, K> {
    /// The lease, together with a look that is no older than it.
    async fn claim(
        &self,
        concern: &Concern,
        observed: Observed,
        progress: &mut Progress,
    ) -> Result<(Lease, (Observed, Fitness)), Error> {
        let (claim, claimed, fitness) = {
            let group = Group::named(&concern.group, &observed, self.settings, &[]);
            let leaving = self.leaving(&group, &concern.sick);
            let claim = self.claim_of(concern, &group, &observed, &leaving);
            let (claimed, fitness) =
                futures_util::join!(self.take(&claim), self.fitness(&group, &leaving));
            (claim, claimed?, fitness)
        };
        progress.own = Some(claim.episode.clone());
        let (lease, has_waited) = match claimed {
            Taken::Ours(lease) => (lease, false),
            Taken::Others(lease) => (self.wait_for(concern, claim, lease).await?, true),
        };
        let last = lease.last.as_ref().and_then(|last| last.ended_at);
        let is_old = has_waited || last.is_some_and(|ended_at| ended_at >= observed.at);
        progress.lease = Some(lease.clone());
        if let Ok(fitness) = fitness
            && !is_old
        {
            return Ok((lease, (observed, fitness)));
        }
        progress.looks += 1;
        match self.look_again(concern).await {
            Ok(look) => Ok((lease, look)),
            Err(failure) => {
                self.give_back(lease, progress).await;
                Err(failure)
            }
        }
    }

    /// Asks for the lease; a claim whose answer was lost is granted to the same owner again.
    async fn take(&self, claim: &Claim) -> Result<Taken, Error> {
        let mut tries = 1;
        loop {
            match self.ports.ledger.take_lease(claim).await {
                Ok(taken) => return Ok(taken),
                Err(failure) if failure.is_passing() && tries < MOST_CLAIMS => {
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
        concern: &Concern,
        mut claim: Claim,
        mut lease: Lease,
    ) -> Result<Lease, Error> {
        let mut wait = WAIT;
        loop {
            let now = self.ports.clock.now();
            let ends = lease.held.as_ref().map_or(now, |held| held.until);
            let left = Duration::try_from(ends - now).unwrap_or(Duration::ZERO);
            let pause = wait.min(left.max(PAUSE));
            if now + pause + TO_REPORT > self.delivery.ends_at {
                return Err(words::lease_taken(concern, &lease));
            }
            self.ports.clock.sleep(pause).await;
            wait = (wait * 2).min(LONGEST_WAIT);
            claim.now = self.ports.clock.now();
            match self.take(&claim).await? {
                Taken::Ours(lease) => return Ok(lease),
                Taken::Others(still) => lease = still,
            }
        }
    }

    /// A new look under a lease that is ours already.
    async fn look_again(&self, concern: &Concern) -> Result<(Observed, Fitness), Error> {
        let observed = self.first_look().await?;
        let fitness = {
            let group = Group::named(&concern.group, &observed, self.settings, &[]);
            let leaving = self.leaving(&group, &concern.sick);
            self.fitness(&group, &leaving).await
        };
        match fitness {
            Ok(fitness) => Ok((observed, fitness)),
            Err(source) => Err(unseen(self.cause, source)),
        }
    }

    fn claim_of(
        &self,
        concern: &Concern,
        group: &Group<'_>,
        observed: &Observed,
        leaving: &BTreeSet<InstanceId>,
    ) -> Claim {
        let now = self.ports.clock.now();
        let loosened: Vec<AllocationId> = group
            .charges
            .iter()
            .filter_map(|charge| match &charge.cargo {
                Cargo::Address(address) => Some((address, charge.seat.instance()?)),
                _ => None,
            })
            .filter(|(_, holder)| leaving.contains(*holder) && is_down(holder, observed))
            .map(|(address, _)| address.allocation.clone())
            .collect();
        Claim {
            group: concern.group.clone(),
            hold: Held {
                owner: format!("{:016x}", self.delivery.run),
                until: self.delivery.ends_at,
            },
            now,
            episode: Episode {
                cause: self.cause.words.clone(),
                alarms: self.cause.alarms.clone(),
                fired_at: self.cause.at,
                sick: leaving.clone(),
                loosened,
                fences: self.fences_of(group, leaving, observed),
                began_at: now,
                ended_at: None,
                to: None,
            },
        }
    }

    fn may_look(&self, progress: &Progress) -> bool {
        let is_time = self.ports.clock.now() + PAUSE + TO_REPORT < self.delivery.ends_at;
        is_time && progress.looks < MOST_LOOKS
    }

    /// Round after round, until nothing is left to do.
    async fn rounds(
        &self,
        concern: &Concern,
        lease: &Lease,
        (mut observed, mut fitness): (Observed, Fitness),
        progress: &mut Progress,
    ) {
        loop {
            if !self
                .round(concern, lease, (&observed, &fitness), progress)
                .await
            {
                return;
            }
            if !self.may_look(progress) {
                return;
            }
            self.ports.clock.sleep(PAUSE).await;
            progress.looks += 1;
            let again = match self.look().await {
                Ok(seen) => {
                    let fitness = {
                        let group = Group::named(&concern.group, &seen, self.settings, &[]);
                        self.fitness(&group, &progress.leaving).await
                    };
                    fitness.map(|fitness| (seen, fitness))
                }
                Err(failure) => Err(failure),
            };
            match again {
                Ok(seen) => (observed, fitness) = seen,
                Err(failure) => {
                    progress.unsure = Some(failure);
                    return;
                }
            }
        }
    }

    /// Decides and acts. Whether it is to be looked at again.
    async fn round(
        &self,
        concern: &Concern,
        lease: &Lease,
        (observed, fitness): (&Observed, &Fitness),
        progress: &mut Progress,
    ) -> bool {
        let mut free = loosened(lease);
        free.extend(progress.moves.keys().filter_map(|charge| match charge {
            ChargeId::Address(allocation) => Some(allocation.clone()),
            _ => None,
        }));
        let group = Group::named(&concern.group, observed, self.settings, &free);
        if progress.leaving.is_empty() {
            let sick = evidence::corrected(concern, self.cause, lease, progress.own.as_ref());
            progress.leaving = self.leaving(&group, &sick);
        }
        progress.follow(&group, observed);
        // What an earlier run of the same failover moved is no reason to wait with the rest of it.
        let under_way = lease.under_way.as_ref();
        let earlier = under_way.filter(|episode| Some(*episode) != progress.own.as_ref());
        let is_the_rest = earlier
            .zip(lease.last.as_ref())
            .is_some_and(|(episode, last)| {
                episode.cause == last.cause
                    && episode.fired_at == last.fired_at
                    && progress.leaving.is_subset(&episode.sick)
                    && last.to.as_ref().is_none_or(|to| !last.sick.contains(to))
            });
        let last = lease.last.as_ref().and_then(|last| last.ended_at);
        progress.recovered = self.is_over(observed);
        let mut plan = decide::plan(&Question {
            group: &group,
            observed,
            fitness,
            kind: &self.cause.kind,
            leaving: &progress.leaving,
            may_begin: self.cause.kind != Kind::LeftOver && progress.recovered.is_none(),
            last_ended_at: last.filter(|_| !is_the_rest),
            refused: &progress.refused,
            settings: self.settings,
            now: self.ports.clock.now(),
        });
        plan.moves
            .retain(|one| !progress.given_up.contains(&one.charge));
        progress.has_decided = true;
        (progress.blocked, progress.staying) = (plan.blocked, plan.kept);
        progress.settle(&plan.moves, &group);
        let is_final =
            plan.moves.is_empty() || self.carry_out(&plan.moves, observed, progress).await;
        progress.has_emptied = earlier.is_some_and(|earlier| {
            let mut sick = earlier.sick.iter();
            !earlier.sick.is_empty()
                && sick.all(|id| fencing::is_left_with_nothing(&group, id, &plan.moves))
        });
        if is_final && progress.blocked.is_empty() {
            self.fence(&group, observed, &plan.moves, progress).await;
        }
        !is_final && !progress.is_out_of_time
    }

    /// Whether the cause is gone, and how that is known: then what is half way is brought to its end, and
    /// nothing else is begun.
    fn is_over(&self, observed: &Observed) -> Option<String> {
        match evidence::judge(self.cause, observed, self.settings) {
            Verdict::Recovered { why } => Some(why),
            Verdict::Concerns(_) | Verdict::NotOurs { .. } | Verdict::Unclear { .. } => None,
        }
    }

    /// All moves of a plan, at the same time. Whether each came to its end.
    async fn carry_out(
        &self,
        moves: &[Move],
        observed: &Observed,
        progress: &mut Progress,
    ) -> bool {
        let errands = moves.iter().map(|one| async {
            let mut errand = Errand::new(self, observed, one);
            let end = errand.run().await;
            (end, errand.mutating_calls, errand.phases)
        });
        let mut is_final = true;
        for (one, (end, calls, phases)) in moves.iter().zip(join_all(errands).await) {
            progress.mutating_calls += calls;
            is_final &= progress.note(one, end, phases);
        }
        is_final
    }

    /// Gives the lease back, with what was done. What is not done stays noted, for the next delivery and for
    /// reconcile.
    async fn give_back(&self, mut lease: Lease, progress: &mut Progress) {
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
            lease.last = Some(Episode {
                sick: progress.leaving.clone(),
                loosened: Vec::new(),
                fences: BTreeMap::new(),
                began_at: self.received,
                ended_at: Some(now),
                to: Some(to),
                ..own
            });
            lease.home_fit_since = None;
        }
        // Before anything was decided, what an earlier run noted is all that is known of what it left.
        if progress.has_decided
            && words::is_complete(&progress.moves, &progress.blocked)
            && progress.unsure.is_none()
            && !progress.fenced.has_more
        {
            let ended = lease
                .under_way
                .take_if(|episode| !is_still_open(episode, progress));
            let earlier = ended.filter(|episode| Some(episode) != progress.own.as_ref());
            // Its run died after the move: that it failed over is known from here on only.
            if let Some(earlier) = earlier.filter(|_| progress.has_emptied && !has_moved) {
                lease.last = Some(Episode {
                    loosened: Vec::new(),
                    fences: BTreeMap::new(),
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

/// Whether what is noted as under way is another alarm's, about members that this run is not about and that
/// still have something: its end says nothing of them.
fn is_still_open(noted: &Episode, progress: &Progress) -> bool {
    let own = progress.own.as_ref();
    let is_anothers = own.is_some_and(|own| own.alarms != noted.alarms);
    is_anothers
        && !noted.alarms.is_empty()
        && !noted.sick.is_subset(&progress.leaving)
        && !progress.has_emptied
}
