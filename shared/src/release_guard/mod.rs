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
//! | reconcile, on the same ledger rows | compare-and-set on each row's revision |
//! | reconcile, taking note of the allocation while its release is dealt with | each side writes its row and then looks for the other's: at least one sees both |

mod associate;
pub mod decide;
mod execute;
mod exemption;
mod late_evidence;
mod manual_recovery;
mod messages;
mod observe;
mod outcomes;
pub mod plan;
mod reclaim;
mod record;
pub mod restore;
pub mod state;

#[cfg(test)]
mod tests;

use crate::clock::Clock;
use crate::cloud::{
    Allocate, Associate, ReadAddresses, ReadEventHistory, ReadInterfaces, SetReverseDns,
};
use crate::error::Error;
use crate::events::Trigger;
use crate::ledger::Ledger;
use crate::model::cloudtrail::{AddressChange, Call};
use crate::model::ids::{AllocationId, BorderGroup};
use crate::ports::{Delivery, Ports};
use crate::report::{Function, Report, Stopwatch};
use crate::settings::{Mode, Settings};
use plan::Decision;
use time::OffsetDateTime;

/// What the guard asks of EC2 and CloudTrail. Releasing is not among it.
pub trait ReleaseGuardCloud:
    ReadAddresses + Allocate + Associate + SetReverseDns + ReadInterfaces + ReadEventHistory
{
}

impl<T> ReleaseGuardCloud for T where
    T: ReadAddresses + Allocate + Associate + SetReverseDns + ReadInterfaces + ReadEventHistory
{
}

/// One allocation that ended, however that became known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The allocation.
    pub allocation: AllocationId,
    /// The border group that the release named.
    pub border_group: Option<BorderGroup>,
    /// When it ended.
    pub released_at: OffsetDateTime,
    /// The call that ended it, where one is known.
    pub call: Option<Call>,
}

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
        | Trigger::Command(_) => Ok(Report::not_for(
            function,
            settings.mode,
            &trigger.to_string(),
            "it acts on releases of addresses only",
        )),
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

/// Settles one loss: observe, decide, act, report. Also what reconcile calls for a release whose event
/// could not be dealt with at the time.
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
    let mut watch = Stopwatch::start(&ports.clock);
    let mut observed = observe::ledger(ports, release).await?;
    watch.lap("ledger", &ports.clock);
    let mut decision = decide::release(&observed, release, settings, ports.clock.now());
    if decision == Decision::LookUpEvents {
        let run = execute::Run::new(function, ports, settings, release, &observed, delivery);
        let asked = Box::pin(run.look_up_events()).await?;
        observed = asked;
        watch.lap("trail", &ports.clock);
        decision = decide::release(&observed, release, settings, ports.clock.now());
    }
    let run = execute::Run::new(function, ports, settings, release, &observed, delivery);
    match decision {
        Decision::Ignore { why } => {
            let what = format!("the release of {}", release.allocation);
            Ok(Report::not_for(function, settings.mode, &what, &why))
        }
        Decision::AlreadyHandled(record) => run.add_late_evidence(&record, watch).await,
        Decision::LookUpEvents => {
            run.conclude(plan::Conclusion::unknown_address(), watch)
                .await
        }
        Decision::Conclude(conclusion) => {
            let was_unknown = conclusion.is_unknown_address();
            let report = run.conclude(conclusion, watch).await?;
            if was_unknown && observe::ledger(ports, release).await?.snapshot.is_some() {
                return Box::pin(handle_release(function, ports, settings, release, delivery))
                    .await;
            }
            Ok(report)
        }
        Decision::Reclaim(plan) if settings.mode == Mode::Observe => {
            run.would_reclaim(&plan, watch).await
        }
        Decision::Reclaim(plan) => run.reclaim(&plan, watch).await,
    }
}
