//! One instance that starts, from the first look to the report: look, decide, act, and again as long as
//! something is lacking and there is time. Nothing is kept between two rounds but what was tried.

use super::attempts::{StartEnd, StartProgress};
use super::auto_scaling::{self, MAX_UNANSWERED, with_told_states};
use super::case::{Case, TO_REPORT};
use super::cloud::InstanceStartCloud;
use super::decide;
use super::execute::{self, AssociateOutcome};
use super::messages;
use super::observe::{self, LastHolders};
use super::plan::{Decision, PlacementPlan};
use super::state::Observed;
use crate::clock::Clock;
use crate::cloud::CloudError;
use crate::error::Error;
use crate::ledger::{Ledger, Pauses};
use crate::ports::Ports;
use crate::report::{Report, Stopwatch};
use crate::retry::jitter;
use std::time::Duration;

/// The first pause of one who lost an address to somebody faster; each further one is twice as long.
/// `AssociateAddress` refills at 5 a second for the account (EC2 API reference, "Request throttling").
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_millis(3200);

/// The same for one who waits for an address to become free: an instance takes its time to end.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How many times one run calls `AssociateAddress` at the most.
const MAX_ATTEMPTS: u32 = 16;

/// After how many refusals it is taken for the instance's fault, not the address's.
const MAX_REFUSALS: usize = 3;

/// What comes after a round.
enum NextStep {
    /// The report.
    End(StartEnd),
    /// Somebody was faster, or EC2 did not answer: soon.
    Soon,
    /// There is no address: later.
    Later(PlacementPlan),
}

/// Sees to the addresses of an instance that is said to run.
pub(super) async fn start<C: InstanceStartCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
) -> Result<Report, Error> {
    let (cloud, clock, settings) = (&ports.cloud, &ports.clock, case.settings);
    let mut watch = Stopwatch::start(clock);
    let began = clock.now();
    let deadline = case.delivery.deadline(TO_REPORT);
    let mut progress = StartProgress::default();
    let mut memory: Option<LastHolders> = None;
    let mut own = String::new();
    loop {
        let mut seen = look(ports, case, memory.as_ref()).await;
        if let Ok(Look::Group(observed, group)) = &mut seen {
            let paused = Pauses::read(&ports.ledger, clock.now());
            let paused = if memory.is_none() {
                let first = observe::remember(&ports.ledger, settings, observed, group);
                let (mut first, paused) = futures_util::join!(first, paused);
                observed.last_held.clone_from(&first.last_held);
                observed.last_targets.clone_from(&first.last_targets);
                progress.unread = first.unread.take();
                memory = Some(first);
                own.clone_from(group);
                paused
            } else {
                paused.await
            };
            progress.done.note_pauses(paused);
        }
        watch.lap("look", clock);
        progress.done.looks += 1;
        let seen = match seen {
            Ok(Look::Nobodys) => {
                let end = StartEnd::Left {
                    why: decide::without_group(settings),
                };
                return Ok(messages::started(case, &progress, &end, watch));
            }
            Ok(Look::Group(observed, _)) => match progress.done.pauses.of_group(&own) {
                None => Ok(*observed),
                Some(pause) => {
                    let (group, pause) = (own, pause.clone());
                    let end = StartEnd::Paused { group, pause };
                    return Ok(messages::started(case, &progress, &end, watch));
                }
            },
            Err(failure) => Err(failure),
        };
        let next = round((cloud, clock), case, seen, &mut progress, &mut watch).await;
        let (pause, until, plan) = match next {
            NextStep::End(end) => return Ok(messages::started(case, &progress, &end, watch)),
            NextStep::Soon => (soon(case, &mut progress), deadline, None),
            NextStep::Later(plan) => {
                let until = deadline.or_earlier(began + settings.pool_wait);
                (later(case, &progress), until, Some(plan))
            }
        };
        let is_in_time = until.allows(clock.now(), pause);
        if !is_in_time || progress.done.calls >= MAX_ATTEMPTS {
            return *out_of_time(case, progress, plan, watch);
        }
        clock.sleep(pause).await;
        watch.lap("wait", clock);
    }
}

/// What one look shows of an instance that starts.
enum Look {
    /// It is of no group, so nothing else was looked at.
    Nobodys,
    /// The groups, and its own.
    Group(Box<Observed>, String),
}

/// The first look begins with the instance alone: most that start are nobody's here.
async fn look<C: InstanceStartCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    memory: Option<&LastHolders>,
) -> Result<Look, CloudError> {
    let (cloud, settings, id) = (&ports.cloud, case.settings, &case.change.instance);
    let group = match memory {
        Some(_) => String::new(),
        None => match observe::group_of_instance(cloud, settings, id).await? {
            Some(group) => group,
            None => return Ok(Look::Nobodys),
        },
    };
    let nothing = LastHolders::default();
    let memory = memory.unwrap_or(&nothing);
    let observed = observe::look((cloud, &ports.clock), settings, memory).await?;
    Ok(Look::Group(Box::new(observed), group))
}

async fn round<C: InstanceStartCloud, K: Clock>(
    ports: (&C, &K),
    case: &Case<'_>,
    seen: Result<Observed, CloudError>,
    progress: &mut StartProgress,
    watch: &mut Stopwatch,
) -> NextStep {
    let id = &case.change.instance;
    let observed = match seen {
        Ok(observed) => progress.done.on(observed),
        Err(failure) if failure.is_transient() => {
            progress.done.unknown = Some(failure);
            return NextStep::Soon;
        }
        Err(failure) => return NextStep::End(StartEnd::Denied(failure)),
    };
    let asked = auto_scaling::asked_for_start(&observed, id, case.settings);
    let may_look_again = progress.done.looks < MAX_UNANSWERED;
    let observed = match with_told_states(ports.0, observed, asked, may_look_again).await {
        Ok((observed, not_told)) => {
            progress.done.note_told_states(&observed, not_told);
            observed
        }
        Err(failure) => {
            progress.done.unknown = Some(failure);
            return NextStep::Soon;
        }
    };
    let looked_before = progress.done.looks > 1;
    let plan = match decide::start(&observed, id, case.settings, looked_before) {
        Decision::Leave { why } => return NextStep::End(StartEnd::Left { why }),
        Decision::NotYet { why } => {
            progress.not_yet = Some(why);
            return NextStep::Soon;
        }
        Decision::Target(plan) => plan,
    };
    progress.not_yet = None;
    if plan.steps.is_empty() {
        return match plan.lacking {
            0 => NextStep::End(StartEnd::Placed(plan)),
            _ if progress.done.refusals.is_empty() && plan.blocked.is_empty() => {
                NextStep::Later(plan)
            }
            _ => NextStep::End(StartEnd::NotPlaced(plan)),
        };
    }
    let ends = execute::take(ports, case.settings.mode, observed.at, &plan.steps).await;
    watch.lap("associate", ports.1);
    after_steps(plan, ends, progress)
}

fn after_steps(
    plan: PlacementPlan,
    ends: Vec<AssociateOutcome>,
    progress: &mut StartProgress,
) -> NextStep {
    let is_placed = |end: &AssociateOutcome| matches!(end, AssociateOutcome::Placed(_));
    let all_placed = ends.iter().all(is_placed);
    progress.done.note(&plan.steps, ends);
    if let Some(failure) = progress.done.denied.take() {
        return NextStep::End(StartEnd::Denied(failure));
    }
    if all_placed && plan.lacking == 0 {
        return NextStep::End(StartEnd::Placed(plan));
    }
    if progress.done.refusals.len() >= MAX_REFUSALS {
        return NextStep::End(StartEnd::NotPlaced(plan));
    }
    NextStep::Soon
}

fn soon(case: &Case<'_>, progress: &mut StartProgress) -> Duration {
    let longer = FIRST_PAUSE * 2_u32.saturating_pow(progress.races_lost);
    progress.races_lost += 1;
    jittered(case, longer.min(LONGEST_PAUSE), progress)
}

fn later(case: &Case<'_>, progress: &StartProgress) -> Duration {
    let longer = FIRST_WAIT * 2_u32.saturating_pow(progress.done.looks / 2);
    jittered(case, longer.min(LONGEST_WAIT), progress)
}

/// Between half of it and one and a half.
fn jittered(case: &Case<'_>, pause: Duration, progress: &StartProgress) -> Duration {
    pause.mul_f64(0.5 + jitter(&case.change.instance, progress.done.looks))
}

fn out_of_time(
    case: &Case<'_>,
    mut progress: StartProgress,
    plan: Option<PlacementPlan>,
    watch: Stopwatch,
) -> Box<Result<Report, Error>> {
    let failed = |error: Error, progress: &StartProgress, watch| {
        error.with_report(messages::unfinished(case, progress, watch))
    };
    Box::new(match (progress.done.unknown.take(), plan) {
        (Some(source), _) => {
            let what = format!("{} runs and may lack its address", case.change.instance);
            Err(failed(Error::Unfinished { what, source }, &progress, watch))
        }
        (None, Some(plan)) => {
            let end = StartEnd::NoFreeAddress(plan);
            Ok(messages::started(case, &progress, &end, watch))
        }
        (None, None) => {
            let what = messages::not_yet(case, &progress);
            Err(failed(Error::OutOfTime { what }, &progress, watch))
        }
    })
}
