//! An instance that stops or ends, and instances that were left without an address: what is to move on
//! does, what is free is given out.
//!
//! Each run takes what it sees in one look, and looks again for what somebody else was faster with. A run
//! that ends half way leaves a free address, which a further delivery, the next start and reconcile find.

use super::attempts::Attempts;
use super::auto_scaling::{self, MAX_UNANSWERED, with_told_states};
use super::case::{Case, TO_REPORT};
use super::cloud::InstanceStartCloud;
use super::decide;
use super::execute::{self, AssociateOutcome};
use super::group::on_stop;
use super::messages::{self, PlacedWaiting};
use super::observe::{self, LastHolders, LastTargets, Memory};
use super::plan::{Kept, Placements};
use super::state::Observed;
use crate::clock::Clock;
use crate::cloud::CloudError;
use crate::error::Error;
use crate::groups::group_of;
use crate::ledger::{Ledger, Pauses};
use crate::model::elastic_ip::Address;
use crate::ports::{Deadline, Delivery, Ports};
use crate::report::{Report, Stopwatch};
use crate::retry::{Backoff, Limit, retry_transient};
use crate::settings::{OnStop, Settings};
use std::time::Duration;

/// How many addresses one run gives out at the most: the rest is the next run's.
const MAX_AT_ONCE: usize = 10;

/// How many looks one run takes at the most.
const MAX_LOOKS: u32 = 6;

/// The pause before a further look, and the first one before a further question whose the instance is.
const PAUSE: Duration = Duration::from_millis(300);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Sees to the addresses of an instance that stops or ends. Those that are to move on go to running
/// instances that have none, and so does what is free in its group.
pub(super) async fn stopped<C: InstanceStartCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
) -> Result<Report, Error> {
    let (settings, instance) = (case.settings, &case.change.instance);
    let clock = &ports.clock;
    let mut watch = Stopwatch::start(clock);
    let deadline = case.delivery.deadline(TO_REPORT);
    // Most instances that stop are nobody's here, and hundreds may stop at once: a throttle is waited for.
    let backoff = Backoff {
        first: PAUSE,
        longest: LONGEST_PAUSE,
        limit: Limit::until(deadline),
    };
    let ask = || observe::group_of_instance(&ports.cloud, settings, instance);
    let own = retry_transient(clock, backoff, ask).await;
    if let Ok(None) = own {
        return Ok(messages::handed_over(case, &Attempts::default(), watch));
    }
    let decide = |observed: &Observed| {
        let placements = decide::stop(observed, instance, settings);
        let after = observed.clone().after(&placements.steps);
        (placements, decide::kept(&after, instance, settings))
    };
    let memory = Memory::Ledger(&ports.ledger);
    let (done, end) = place_all(ports, settings, deadline, &memory, &decide).await;
    watch.lap("hand over", clock);
    if let (Ok(Some(group)), None) = (&own, &end)
        && let Some(pause) = done.pauses.of_group(group)
    {
        return Ok(messages::not_handed_over(case, group, pause));
    }
    match end {
        Some(Unfinished::Denied(failure)) if !done.placed.is_empty() => {
            let denied = messages::not_looked(&failure);
            let mut report = messages::handed_over(case, &done, watch);
            report.findings.push(denied);
            Ok(report)
        }
        Some(left) => Err(left
            .into_error(messages::unmoved(case, &done))
            .with_report(messages::handed_over(case, &done, watch))),
        None => Ok(messages::handed_over(case, &done, watch)),
    }
}

/// Gives what is free in every group to running instances that lack an address. Reconcile does this for
/// instances that found the pool empty when they started, or whose event never came. `addresses` are those
/// that are known to be there: when none of them can be had, nothing is asked of EC2. `last_targets` says where they
/// were last.
///
/// # Errors
/// When nothing was given and EC2 did not let the run end: see [`Error`].
pub async fn place_waiting<C: InstanceStartCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    mut addresses: impl Iterator<Item = &Address>,
    last_targets: &LastTargets,
    delivery: Delivery,
) -> Result<PlacedWaiting, Error> {
    if !addresses.any(|address| may_be_had(address, settings)) {
        return Ok(PlacedWaiting::default());
    }
    let decide = |observed: &Observed| (decide::waiting(observed, settings), Vec::new());
    let deadline = delivery.deadline(TO_REPORT);
    let memory = Memory::<L>::Read(last_targets);
    let (done, end) = place_all(ports, settings, deadline, &memory, &decide).await;
    let mut waiting = messages::waiting(settings, &done);
    match end {
        None => {}
        Some(Unfinished::Denied(failure)) => waiting.findings.push(messages::not_looked(&failure)),
        Some(left) => {
            let left =
                left.into_error("instances that wait for an address may still lack it".to_owned());
            if done.placed.is_empty() {
                return Err(left);
            }
            waiting.findings.push(messages::not_all(&left));
        }
    }
    Ok(waiting)
}

/// Whether an address could go to somebody, as far as it shows by itself.
pub(super) fn may_be_had(address: &Address, settings: &Settings) -> bool {
    let is_of_a_group = group_of(&address.tags, &settings.tags).is_some();
    let is_free = address.association.is_none();
    is_of_a_group && (is_free || on_stop(address, settings) == OnStop::Move)
}

/// Why a run ended before all was given out that could be.
#[derive(Debug)]
enum Unfinished {
    /// IAM or a policy forbids a call.
    Denied(CloudError),
    /// EC2 did not answer.
    Unknown(CloudError),
    /// Somebody was faster each time, or EC2 was too slow.
    Late,
}

impl Unfinished {
    fn into_error(self, what: String) -> Error {
        match self {
            Self::Denied(source) | Self::Unknown(source) => Error::Unfinished { what, source },
            Self::Late => Error::OutOfTime { what },
        }
    }
}

async fn place_all<C: InstanceStartCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    deadline: Deadline,
    memory: &Memory<'_, L>,
    decide: &(impl Fn(&Observed) -> (Placements, Vec<Kept>) + Sync),
) -> (Attempts, Option<Unfinished>) {
    let (cloud, clock) = (&ports.cloud, &ports.clock);
    let mut done = Attempts::default();
    loop {
        done.looks += 1;
        match look(ports, settings, (memory, decide), &mut done).await {
            Ok(observed) => {
                let (placements, kept) = decide(&observed);
                let Placements { mut steps, blocked } = placements;
                (done.blocked, done.kept) = (blocked, kept);
                let ended = done.placed.len() + done.refusals.len();
                steps.truncate(MAX_AT_ONCE.saturating_sub(ended));
                let (mode, at) = (settings.mode, observed.at);
                let ends = execute::take((cloud, clock), mode, at, &steps).await;
                let all_placed = ends
                    .iter()
                    .all(|end| matches!(end, AssociateOutcome::Placed(_)));
                done.note(&steps, ends);
                if all_placed {
                    return (done, None);
                }
            }
            Err(failure) if failure.is_transient() => done.unknown = Some(failure),
            Err(failure) => done.denied = Some(failure),
        }
        if let Some(failure) = done.denied.take() {
            return (done, Some(Unfinished::Denied(failure)));
        }
        if done.looks >= MAX_LOOKS || !deadline.allows(clock.now(), PAUSE) {
            let left = done
                .unknown
                .take()
                .map_or(Unfinished::Late, Unfinished::Unknown);
            return (done, Some(left));
        }
        clock.sleep(PAUSE).await;
    }
}

/// A look, with what this run knows better, with who is in service, and with who is well.
async fn look<C: InstanceStartCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    (memory, decide): (
        &Memory<'_, L>,
        &(impl Fn(&Observed) -> (Placements, Vec<Kept>) + Sync),
    ),
    done: &mut Attempts,
) -> Result<Observed, CloudError> {
    let (cloud, clock) = (&ports.cloud, &ports.clock);
    let nothing = LastHolders::default();
    let (seen, paused) = futures_util::join!(
        observe::look((cloud, clock), settings, &nothing),
        Pauses::read(&ports.ledger, clock.now())
    );
    done.note_pauses(paused);
    let observed = done.on(seen?);
    let observed = done.without_paused(observed, &settings.tags);
    let asked = auto_scaling::asked_for_all(&observed, settings);
    let may_look_again = done.looks < MAX_UNANSWERED;
    let (observed, not_told) = with_told_states(cloud, observed, asked, may_look_again).await?;
    done.note_told_states(&observed, not_told);
    let observed = memory.add_to(observed, settings).await;
    let steps = |observed: &Observed| decide(observed).0.steps;
    let (observed, gaps) = observe::with_alarms(ports, settings, observed, &steps).await?;
    done.gaps = gaps;
    Ok(observed)
}
