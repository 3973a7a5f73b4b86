//! Failover: what a failed member of a group has goes to a healthy one, seconds after an alarm fires, or a
//! report says exactly why not.
//!
//! What moves is what carries the group's tag. It is an interface with everything on it (`eni`), the secondary
//! private IPs of an interface with their Elastic IPs (`ip`), or an Elastic IP alone (`eip`).
//!
//! Who else is at work on the same addresses, and what arbitrates:
//!
//! | actor | what arbitrates |
//! | --- | --- |
//! | another alarm of the same group, a second delivery, reconcile | the group's lease: one at a time; who comes second waits, looks again, and finds it done |
//! | a run that died | its lease ends with its time; what it noted there tells whom an alarm without an instance was about, and which addresses it may have left free |
//! | a person who moves the interface | the attachment id: what is detached is the attachment that was read, or nothing; EC2 attaches once |
//! | instance-start, on the address of a holder that is down | the association id, and no reassociation: one of them wins, the other looks again |
//! | a person who moves an Elastic IP of a running holder, or a private IP, by hand | nothing in EC2: a look that is at most two seconds old; the window is one call |
//! | a holder that recovers | the alarm is read again with everything else, a call before anything is touched |

mod ahead;
pub mod assessment;
mod attach_dry_runs;
mod audit;
mod audit_alarms;
mod audit_result;
mod by_design;
pub mod case;
mod cloud;
pub mod decide;
mod early;
mod early_answers;
pub mod effect;
mod execute;
mod failback_command;
mod fencing;
mod fresh;
pub mod group;
mod health_event;
mod held_lease;
mod lease;
pub mod left_behind;
mod lifecycle_action;
mod messages;
pub mod observe;
mod obstacle;
mod overview;
mod pause_command;
mod permissions;
pub mod plan;
mod plan_command;
mod planned_target;
mod progress;
mod resource_progress;
pub mod route;
pub mod rule;
mod run;
mod scope;
mod second_look;
pub mod state;
mod under_lease;
mod zonal_shifts;

#[cfg(test)]
mod tests;

use crate::clock::Clock;
use crate::cloud::lifecycle::CompleteLifecycleAction;
use crate::error::Error;
use crate::events::{OperatorCommand, Trigger};
use crate::ledger::Ledger;
use crate::ports::{Delivery, Ports};
use crate::report::Report;
use crate::settings::Settings;
pub use audit::audit;
pub use audit_result::{Additions, Audit};
use case::FUNCTION;
pub use cloud::{AlarmFailoverCloud, ReadFleet};
pub use obstacle::Obstacle;
pub use overview::{Glance, Overview, glance};
pub use planned_target::PlannedTarget;

/// Runs alarm-failover on one trigger.
///
/// # Errors
/// When the event is to be delivered again: see [`Error`].
pub async fn run<C: AlarmFailoverCloud + CompleteLifecycleAction, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    trigger: &Trigger,
    delivery: Delivery,
) -> Result<Report, Error> {
    match trigger {
        Trigger::Command(command @ OperatorCommand::Plan { group }) => {
            return plan_command::answer(ports, settings, command, group, delivery).await;
        }
        Trigger::Command(
            command @ (OperatorCommand::Pause { .. } | OperatorCommand::Resume { .. }),
        ) => return pause_command::answer(ports, settings, command, delivery).await,
        Trigger::Command(command @ OperatorCommand::Failback { group }) => {
            return failback_command::answer(ports, settings, command, group, delivery).await;
        }
        Trigger::Command(command @ OperatorCommand::Restore { .. }) => {
            return Err(command.for_another().into());
        }
        _ => {}
    }
    match assessment::accept(trigger, settings, ports.clock.now()) {
        Ok(cause) => {
            let report = run::handle_cause(ports, settings, &cause, delivery).await?;
            let Trigger::LifecycleAction(notice) = trigger else {
                return Ok(report);
            };
            let told = (&cause, notice);
            lifecycle_action::complete(ports, settings, told, delivery, report).await
        }
        Err(why) => Ok(Report::not_for(
            FUNCTION,
            settings.mode,
            &trigger.to_string(),
            &why,
        )),
    }
}
