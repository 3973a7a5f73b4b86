//! Placement. An instance that starts gets the address that is its own, and the address of one that
//! stops goes on, where it is to, to an instance that has none.
//!
//! Order of choice: the address of the instance's own slot, the one that it had before, a free one of
//! its group, one whose holder does not run any more. No address that something running has is ever
//! touched, nor one that a service manages, nor one outside the group. Nor is one on an interface that moves
//! among the group by itself: it is failover's.
//!
//! Who else is at work on the same addresses, and what arbitrates:
//!
//! | actor | what arbitrates |
//! | --- | --- |
//! | other instances of the group that start at the same moment | EC2: an association never replaces another (`AllowReassociation=false`). `assign` keeps them from wanting the same; who loses looks again |
//! | a second delivery of the event, at once or after a crash | the state of EC2: it finds the address there, or makes the same choice; EC2 takes the same association twice |
//! | a stopped holder that is started again | a look, or a read of the holder alone, that is at most `FRESH` old; the association id that was read is no help, it stays the same |
//! | somebody who moves the address by hand | the association id: what is ended is the association that was read, or nothing; then `AllowReassociation=false` |
//! | somebody who gives the private IP another address, another run with another view among them | a read just before; EC2 has no better, the window is one call |
//! | alarm failover, on an address whose holder is down | both end the association by its id and associate without reassociation: one of them wins, the other looks again |

mod assignment;
mod attempts;
mod auto_scaling;
mod case;
mod cloud;
pub mod decide;
mod execute;
pub mod group;
mod messages;
mod observe;
pub mod plan;
mod pool;
mod run;
pub mod state;
mod stop;

#[cfg(test)]
mod tests;

use crate::clock::Clock;
use crate::error::Error;
use crate::events::Trigger;
use crate::ledger::Ledger;
use crate::model::instance::InstanceState;
use crate::ports::{Delivery, Ports};
use crate::report::Report;
use crate::settings::Settings;
use case::{Case, FUNCTION};
pub use cloud::InstanceStartCloud;
pub use messages::{PlacedWaiting, public_dns_name};
pub use observe::{LastTargets, last_targets};
pub use stop::place_waiting;

/// Runs instance-start on one trigger.
///
/// # Errors
/// When the event is to be delivered again: see [`Error`].
pub async fn run<C: InstanceStartCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    trigger: &Trigger,
    delivery: Delivery,
) -> Result<Report, Error> {
    let not_for = |what: &str, why: &str| Report::not_for(FUNCTION, settings.mode, what, why);
    match trigger {
        Trigger::Ignored(ignored) => Ok(Report::ignored(FUNCTION, settings.mode, ignored)),
        Trigger::Schedule { .. } => Ok(not_for("the schedule", "it acts on instances only")),
        Trigger::Alarm(_)
        | Trigger::SpotNotice(_)
        | Trigger::HealthEvent(_)
        | Trigger::LifecycleAction(_) => {
            Ok(not_for(&trigger.to_string(), "alarm-failover acts on it"))
        }
        Trigger::Command(command) => Err(command.for_another().into()),
        Trigger::Call(record) => Ok(not_for(
            &record.call.name,
            "it acts on what instances are, not on what was asked for: EC2 tells when one runs",
        )),
        Trigger::Instance(change) => match &change.region {
            Some(there) if *there != settings.region => {
                let here = &settings.region;
                let why = format!("it is in {there}, and this installation looks after {here}");
                Ok(not_for(&change.to_string(), &why))
            }
            _ => {
                let case = Case {
                    settings,
                    change,
                    delivery,
                };
                changed(ports, &case).await
            }
        },
    }
}

async fn changed<C: InstanceStartCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
) -> Result<Report, Error> {
    match case.change.state {
        InstanceState::Pending | InstanceState::Running => run::start(ports, case).await,
        InstanceState::Stopping
        | InstanceState::Stopped
        | InstanceState::ShuttingDown
        | InstanceState::Terminated => stop::stopped(ports, case).await,
        InstanceState::Unknown => Ok(Report::not_for(
            FUNCTION,
            case.settings.mode,
            &case.change.to_string(),
            "what that means for its address is not known here",
        )),
    }
}
