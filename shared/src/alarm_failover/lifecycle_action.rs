//! An instance that Auto Scaling is about to end, or to put into a warm pool, hands on what it has while it still runs.
//!
//! The event is no evidence: whoever may invoke the function can send one like it. So each look asks Auto Scaling where
//! the instance is (`DescribeAutoScalingInstances`), and one that it has in service is stripped of nothing. From
//! `Terminating` no way leads back, so an answer does not grow old.
//!
//! The time of the hook is not read. Anybody may prolong it by a heartbeat, so a computed end would be wrong. What an
//! instance holds that Auto Scaling has begun to end is right to move before and after that moment alike.
//!
//! Races:
//!
//! - A second delivery, and every other failover: the group's lease arbitrates.
//! - Auto Scaling ends the instance when the hook's time is over. Its new state is one more reason to move.
//! - Another team's hook on the same instance: its action has a token of its own, and is never touched.

use super::case::{Case, Cause, CauseKind, cause_of};
use super::cloud::AlarmFailoverCloud;
use super::group::Group;
use super::messages;
use super::run;
use super::state::MemberHealth;
use crate::clock::Clock;
use crate::cloud::lifecycle::CompleteLifecycleAction;
use crate::cloud::{CloudError, Missing};
use crate::error::Error;
use crate::events::LifecycleNotice;
use crate::ledger::Ledger;
use crate::model::auto_scaling::{LifecycleAction, Service};
use crate::model::ids::InstanceId;
use crate::ports::{Delivery, Ports};
use crate::report::Report;
use crate::retry::{Backoff, Limit, SHOWN_PAUSE, retry_transient};
use crate::settings::{Mode, Settings};
use std::collections::BTreeSet;
use std::time::Duration;
use time::OffsetDateTime;

/// The first pause before Auto Scaling is asked again; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(300);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How often the instance is looked at after the move: EC2 shows for a moment what was.
const MAX_LOOKS: u32 = 3;

/// What a look shows of the instance when the move has ended.
enum Left {
    /// It is no member of a group, or Auto Scaling does not wait any more.
    NothingToComplete,
    /// It still holds something of this group.
    Holds(String),
    /// It holds nothing, and Auto Scaling waits.
    Nothing,
}

/// Says to Auto Scaling that it need not wait any longer, where a person has named the hook and the instance has nothing
/// left. What could not be moved leaves the action as it is: the hook's own default decides.
///
/// Once for each action, by its token. A reply that is lost is asked for again, and an action that is over by then was
/// completed.
pub(super) async fn complete<C, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    (why, notice): (&Cause, &LifecycleNotice),
    delivery: Delivery,
    mut report: Report,
) -> Result<Report, Error>
where
    C: AlarmFailoverCloud + CompleteLifecycleAction,
{
    let named = notice.action.as_ref();
    let Some(action) = named.filter(|action| settings.completes(action)) else {
        return Ok(report);
    };
    let case = Case {
        settings,
        cause: why,
        delivery,
        received: ports.clock.now(),
    };
    match left(ports, &case, action).await {
        Err(failure) => Err(failure.with_report(report)),
        Ok(Left::NothingToComplete) => Ok(report),
        Ok(Left::Holds(group)) => {
            report
                .findings
                .push(messages::not_completed(action, &group));
            Ok(report)
        }
        Ok(Left::Nothing) if settings.mode == Mode::Observe => {
            Ok(messages::would_complete(report, action))
        }
        Ok(Left::Nothing) => tell(ports, &case, action, report).await,
    }
}

async fn left<C: AlarmFailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    action: &LifecycleAction,
) -> Result<Left, Error> {
    let scope = run::scope(ports, case).await?;
    if scope.groups.is_empty() {
        return Ok(Left::NothingToComplete);
    }
    let mut looks = 1;
    loop {
        let observed = run::first_look(ports, case, &scope).await?;
        let state = observed.lifecycle.get(&action.instance);
        let still_waits = state.filter(|state| {
            state.waits() && matches!(state.service(), Service::Leaving | Service::Warmed)
        });
        if still_waits.is_none() {
            return Ok(Left::NothingToComplete);
        }
        let mut holders = observed.holders(case.settings);
        let Some((group, _)) = holders.find(|(_, holder)| **holder == action.instance) else {
            return Ok(Left::Nothing);
        };
        if looks == MAX_LOOKS || !case.deadline().allows(ports.clock.now(), SHOWN_PAUSE) {
            return Ok(Left::Holds(group.to_owned()));
        }
        looks += 1;
        ports.clock.sleep(SHOWN_PAUSE).await;
    }
}

async fn tell<C: CompleteLifecycleAction, L, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    action: &LifecycleAction,
    mut report: Report,
) -> Result<Report, Error> {
    let backoff = Backoff {
        first: PAUSE,
        longest: LONGEST_PAUSE,
        limit: Limit::until(case.deadline()),
    };
    let once = || ports.cloud.complete_lifecycle_action(action);
    match retry_transient(&ports.clock, backoff, once).await {
        Ok(()) => Ok(messages::completed(report, action)),
        Err(CloudError::NotFound {
            what: Missing::LifecycleAction,
            ..
        }) => Ok(messages::over(report, action)),
        Err(source) if source.is_transient() => {
            let failure = messages::not_known_to_be_completed(case, action, source);
            Err(failure.with_report(report))
        }
        Err(refusal) => {
            let finding = messages::refused_to_complete(case, action, &refusal);
            report.findings.push(finding);
            Ok(report)
        }
    }
}

/// The holders of a group for which Auto Scaling waits before it ends them: their event may be lost.
pub(super) fn found(
    group: &Group<'_>,
    health: &MemberHealth,
    now: OffsetDateTime,
) -> Option<Cause> {
    let is_ended = |holder: &InstanceId| {
        let state = health.lifecycle.get(holder);
        state.is_some_and(|state| state.waits() && state.service() == Service::Leaving)
    };
    let ended: BTreeSet<InstanceId> = group.holders().into_iter().filter(is_ended).collect();
    let first = ended.first()?;
    let words = format!("Auto Scaling is about to end {first}");
    Some(Cause {
        instances: ended,
        ..cause_of(CauseKind::LifecycleAction, &words, Some(group.name), now)
    })
}
