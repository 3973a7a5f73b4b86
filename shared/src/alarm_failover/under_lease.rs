//! One failover of one group: acquire its lease, plan, execute, look again as long as something is left, and release
//! the lease. `lease` says who races for the lease, `effect` who races with each call.

use super::assessment;
use super::case::{AffectedGroup, Assessment, Case, CauseKind};
use super::cloud::AlarmFailoverCloud;
use super::decide;
use super::execute::{self, MoveExecutor};
use super::fencing;
use super::group::Group;
use super::held_lease::HeldLease;
use super::lease::{self, Acquired};
use super::messages;
use super::observe;
use super::plan::{Move, PlanInput};
use super::progress::{AtRest, LastLook, Noted, Progress, Stop};
use super::state::{Look, Observed};
use crate::clock::Clock;
use crate::cloud::CloudError;
use crate::error::Error;
use crate::ledger::Ledger;
use crate::ports::Ports;
use crate::report::{Finding, Report};
use futures_util::future::join_all;
use std::time::Duration;

/// How often a group is looked at in one run.
const MAX_LOOKS: u32 = 12;

/// The pause before it is looked at again.
const PAUSE: Duration = Duration::from_millis(250);

/// Fails a group over.
pub(super) async fn fail_over<C: AlarmFailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    affected: &AffectedGroup,
    observed: Observed,
) -> Result<Report, Error> {
    let Acquired { held, look, looks } = lease::acquire(ports, case, affected, observed).await?;
    let paused = held.lease.pause_at(ports.clock.now()).cloned();
    if let Some(pause) = &paused
        && !case.cause.kind.is_a_persons_word()
    {
        lease::release(ports, held.put_off()).await;
        return Ok(messages::paused(case, affected, pause));
    }
    let not_told = look.observed.contributors_not_told.clone();
    let mut progress = Progress {
        looks,
        ..Progress::default()
    };
    let failover = Failover {
        ports,
        case,
        affected,
        held: &held,
    };
    let stop = failover.rounds(look, &mut progress).await;
    let lease_number = held.lease.lease_number;
    let row = held.after(case, &progress, &stop, ports.clock.now());
    let released = lease::release(ports, row).await;
    let mut report = messages::report(case, affected, &progress, lease_number, &released);
    let still = paused.map(|pause| Finding::paused(&affected.group, &pause));
    report.findings.extend(still);
    let not_told = not_told.as_deref().map(messages::contributors_not_told);
    report.findings.extend(not_told);
    match messages::failure(case, affected, &mut progress, stop) {
        Some(failure) => Err(failure.with_report(report)),
        None => Ok(report),
    }
}

/// A failover whose lease this run has.
struct Failover<'a, C, L, K> {
    ports: &'a Ports<C, L, K>,
    case: &'a Case<'a>,
    affected: &'a AffectedGroup,
    held: &'a HeldLease,
}

/// What one look led to.
struct Round<'a> {
    group: Group<'a>,
    observed: &'a Observed,
    moves: Vec<Move>,
}

/// How a round ended.
enum RoundEnd {
    /// Each move came to its end.
    Complete,
    /// Something is left. An answer that was none is kept, since it is why.
    Left(Option<CloudError>),
    /// The same, and there is no time.
    OutOfTime(Option<CloudError>),
}

impl<C: AlarmFailoverCloud, L: Ledger, K: Clock> Failover<'_, C, L, K> {
    /// Round after round, until nothing is left to do. Why it stops.
    async fn rounds(&self, mut look: Look, progress: &mut Progress) -> Stop {
        loop {
            let round = self.plan(&look, progress);
            let end = self.execute(&round, progress).await;
            // Only the report needs these: they keep no move waiting.
            progress.last_look.at_rest = AtRest::of(&round.group, round.observed);
            progress.last_look.unreadable_tags = round.group.unreadable_tags(self.case.settings);
            let unknown = match end {
                RoundEnd::Complete => return Stop::Complete,
                RoundEnd::OutOfTime(unknown) => return Stop::unfinished(unknown),
                RoundEnd::Left(unknown) => unknown,
            };
            if !self.may_look(progress) {
                return Stop::unfinished(unknown);
            }
            self.ports.clock.sleep(PAUSE).await;
            progress.looks += 1;
            let sources = |_: &Group<'_>| progress.sources.clone();
            let group = &self.affected.group;
            match observe::look_at_group(self.ports, self.case, group, sources).await {
                Ok(seen) => look = seen,
                Err(failure) => return Stop::Unknown(failure),
            }
        }
    }

    fn may_look(&self, progress: &Progress) -> bool {
        let now = self.ports.clock.now();
        self.case.deadline().allows(now, PAUSE) && progress.looks < MAX_LOOKS
    }

    /// Decides what is to be done on a look, and closes what is done by now.
    fn plan<'l>(&'l self, look: &'l Look, progress: &mut Progress) -> Round<'l> {
        let (case, held, observed) = (self.case, self.held, &look.observed);
        let mut free = assessment::pending_reassociation(&held.lease);
        free.extend(progress.addresses());
        let group = Group::named(&self.affected.group, observed, case.settings, &free);
        if progress.sources.is_empty() {
            let own = Some(&held.own);
            let failed = assessment::affected_members(self.affected, case.cause, &held.lease, own);
            progress.sources = assessment::sources(case.cause, &group, &failed);
        }
        progress.add_failed_targets(&group, observed);
        let recovered = self.recovered(observed);
        let mut plan = decide::plan(&PlanInput {
            group: &group,
            observed,
            health: &look.health,
            kind: &case.cause.kind,
            sources: &progress.sources,
            may_begin: case.cause.kind != CauseKind::Resume && recovered.is_none(),
            last_ended_at: held.cooldown_from(&progress.sources),
            excluded: &progress.exclusions(),
            former_targets: &held.former_targets(),
            settings: case.settings,
            now: self.ports.clock.now(),
        });
        plan.moves
            .retain(|one| !progress.has_abandoned(&one.resource));
        progress.last_look = LastLook {
            earlier_failed_hold_nothing: self.earlier_failed_hold_nothing(&group, &plan.moves),
            blocked: plan.blocked,
            stays_on_stop: plan.stays_on_stop,
            gap: look.health.known.gap.clone(),
            recovered,
            lifecycle_not_told: look.health.lifecycle_not_told.clone(),
            shifts_not_told: look.health.shifts_not_told.clone(),
            ..LastLook::default()
        };
        progress.close_finished(&plan.moves, &group);
        Round {
            group,
            observed,
            moves: plan.moves,
        }
    }

    /// Whether the cause is gone, and how that is known: then what is half way is brought to its end, and
    /// nothing else is begun.
    fn recovered(&self, observed: &Observed) -> Option<String> {
        match assessment::assess(self.case.cause, observed, self.case.settings) {
            Assessment::Recovered { why } => Some(why),
            Assessment::Affects(_)
            | Assessment::NotOurs { .. }
            | Assessment::Unclear { .. }
            | Assessment::NotTold { .. } => None,
        }
    }

    /// Whether the members that an earlier run noted as failed hold nothing once these moves are made.
    fn earlier_failed_hold_nothing(&self, group: &Group<'_>, moves: &[Move]) -> bool {
        self.held.earlier().is_some_and(|earlier| {
            let mut failed = earlier.failed_members.iter();
            !earlier.failed_members.is_empty()
                && failed.all(|id| fencing::holds_nothing_after(group, id, moves))
        })
    }

    /// All moves of a plan, at the same time; then the fences, once everything is where it is to be.
    async fn execute(&self, round: &Round<'_>, progress: &mut Progress) -> RoundEnd {
        let executors = round.moves.iter().map(|one| async {
            let mut executor = MoveExecutor::new(self.ports, *self.case, round.observed, one);
            let result = executor.run().await;
            (result, executor.mutating_calls, executor.phases)
        });
        let (mut is_complete, mut is_out_of_time, mut unknown) = (true, false, None);
        for (one, (result, calls, phases)) in round.moves.iter().zip(join_all(executors).await) {
            progress.mutating_calls += calls;
            let noted = progress.note(one, result, phases);
            is_complete &= matches!(noted, Noted::Final);
            match noted {
                Noted::Final | Noted::Open => {}
                Noted::OutOfTime => is_out_of_time = true,
                Noted::Unknown(failure) => unknown = Some(failure),
            }
        }
        if !is_complete {
            return if is_out_of_time {
                RoundEnd::OutOfTime(unknown)
            } else {
                RoundEnd::Left(unknown)
            };
        }
        if progress.last_look.blocked.is_empty() {
            let (group, observed) = (&round.group, round.observed);
            let fences = fencing::fences(
                self.case,
                self.held,
                group,
                observed,
                &round.moves,
                progress,
            );
            progress.note_fences(execute::fence(&self.ports.cloud, fences).await);
        }
        RoundEnd::Complete
    }
}
