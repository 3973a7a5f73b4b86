//! The release guard: a released address that is protected comes back, with its tags, its association
//! and its reverse DNS.
//!
//! Who else is at work on the same address, and what arbitrates:
//!
//! | actor | what arbitrates |
//! | --- | --- |
//! | a second delivery of the event, at once or after a crash | EC2: an address is allocated once. The refused run looks, finds the tag `reclaimed-from` with the released id, and goes on from what EC2 says |
//! | other people's scripts asking for the address | EC2: first come, first served. Hence nothing but one ledger read comes before the request |
//! | somebody of this account who asks it back by hand | EC2 again; an allocation without our tag is left as it is and reported |
//! | somebody who associates the address meanwhile | `AllowReassociation=false`: EC2 refuses, the guard looks and leaves it |
//! | somebody who gives the private IP another address | a read just before; EC2 has no better, the window is one call |
//! | a person who sends `restore` for the same address | EC2 again: whoever is refused looks and finds it |
//! | reconcile, on the same ledger rows | compare-and-set on each row's revision |
//! | reconcile, taking note of the allocation while its release is dealt with | each side writes its row and then looks for the other's: at least one sees both |

pub mod asked;
mod associate;
mod case;
mod cloud;
pub mod decide;
mod execute;
mod exemption;
mod late_evidence;
mod manual_recovery;
mod messages;
mod observe;
pub mod plan;
mod reclaim;
mod record;
pub mod restore;
mod restore_command;
mod retries;
mod run;
mod stack;
pub mod state;

#[cfg(test)]
mod tests;

use crate::clock::Clock;
use crate::error::Error;
use crate::events::{OperatorCommand, Trigger};
use crate::ledger::Ledger;
use crate::model::cloudtrail::AddressChange;
use crate::ports::{Delivery, Ports};
use crate::report::{Function, Report, Stopwatch};
use crate::settings::{Mode, Settings};
use case::Case;
pub use cloud::ReleaseGuardCloud;
pub use exemption::is_exempt;
use plan::{Decision, FirstDecision};
use run::Run;
use state::Release;

/// Runs the release guard on one trigger.
///
/// # Errors
/// When the event is to be delivered again: see [`Error`].
pub async fn run<C: ReleaseGuardCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    trigger: &Trigger,
    delivery: Delivery,
) -> Result<Report, Error> {
    let function = Function::ReleaseGuard;
    match trigger {
        Trigger::Ignored(ignored) => Ok(Report::ignored(function, settings.mode, ignored)),
        Trigger::Instance(_)
        | Trigger::Schedule { .. }
        | Trigger::Alarm(_)
        | Trigger::SpotNotice(_)
        | Trigger::HealthEvent(_)
        | Trigger::LifecycleAction(_) => Ok(Report::not_for(
            function,
            settings.mode,
            &trigger.to_string(),
            "it acts on releases of addresses only",
        )),
        Trigger::Command(OperatorCommand::Restore { what }) => {
            Box::pin(restore_command::answer(ports, settings, what, delivery)).await
        }
        Trigger::Command(command) => Err(command.for_another().into()),
        Trigger::Call(record) => match &record.change {
            AddressChange::Released {
                allocation,
                border_group,
            } => {
                let release = Release {
                    allocation: allocation.clone(),
                    border_group: border_group.clone(),
                    released_at: record.call.at,
                    call: Some(record.call.clone()),
                };
                handle_release(function, ports, settings, &release, delivery).await
            }
            _ => Ok(Report::not_for(
                function,
                settings.mode,
                &record.call.name,
                "it acts on releases of addresses only; reconcile takes note of this one",
            )),
        },
    }
}

/// Handles one release: observe, decide, execute, report. Also what reconcile calls for a release whose event
/// could not be handled at the time.
///
/// # Errors
/// As for [`run`].
pub async fn handle_release<C: ReleaseGuardCloud, L: Ledger, K: Clock>(
    function: Function,
    ports: &Ports<C, L, K>,
    settings: &Settings,
    release: &Release,
    delivery: Delivery,
) -> Result<Report, Error> {
    let (ledger, clock) = (&ports.ledger, &ports.clock);
    let mut watch = Stopwatch::start(clock);
    let read = async || observe::ledger((ledger, clock), release, settings, delivery).await;
    let known = read().await?;
    watch.lap("ledger", clock);
    let mut case = Case::new(function, settings, release, &known, delivery);
    let looked_up;
    let decision = match decide::release(&known, release, settings, clock.now()) {
        FirstDecision::Decided(decision) => decision,
        FirstDecision::LookUpEvents => {
            looked_up = Box::pin(Run { ports, case }.look_up_events()).await?;
            watch.lap("event-history", clock);
            case.observed = &looked_up;
            decide::after_lookup(&looked_up, release, settings, clock.now())
        }
    };
    let run = Run { ports, case };
    match decision {
        Decision::Ignore { why } => Ok(messages::ignored(&case, &why)),
        Decision::RecordUnreadable => Ok(messages::record_unreadable(&case, watch)),
        Decision::AlreadyHandled(record) => {
            let learnt = late_evidence::add(ledger, &case, &record, clock.now()).await?;
            Ok(messages::already_handled(&case, &record, learnt, watch))
        }
        Decision::Conclude(conclusion) => {
            let was_unknown = conclusion.is_unknown_address();
            let report = run.conclude(conclusion, watch).await?;
            if was_unknown && read().await?.snapshot.is_some() {
                return Box::pin(handle_release(function, ports, settings, release, delivery))
                    .await;
            }
            Ok(report)
        }
        Decision::Reclaim(plan) if settings.mode == Mode::Observe => {
            Box::pin(run.would_reclaim(&plan, watch)).await
        }
        Decision::Reclaim(plan) => Box::pin(run.reclaim(&plan, watch)).await,
    }
}
