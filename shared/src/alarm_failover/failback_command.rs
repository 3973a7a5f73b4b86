//! A failback that a person asks for: a switchover to the member that stands first, whom the function names and not the
//! person. It is a person's word like any other switchover, so neither a pause nor a cooldown holds it up.
//!
//! Races: the priority of a member may change between this look and the lease. Then everything goes to who stood first
//! when the person asked. Under the lease, the switchover looks again at all else.

use super::assessment;
use super::case::{Case, Cause, CauseKind};
use super::cloud::AlarmFailoverCloud;
use super::group::Group;
use super::{messages, run};
use crate::clock::Clock;
use crate::error::Error;
use crate::events::OperatorCommand;
use crate::ledger::Ledger;
use crate::ports::{Delivery, Ports};
use crate::report::Report;
use crate::settings::Settings;

/// Answers `{"holdfast": "failback", "group": "..."}`.
pub(super) async fn answer<C: AlarmFailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    command: &OperatorCommand,
    group: &str,
    delivery: Delivery,
) -> Result<Report, Error> {
    let asked = assessment::of_command(command, ports.clock.now());
    let case = Case {
        settings,
        cause: &asked,
        delivery,
        received: ports.clock.now(),
    };
    let observed = run::look_at_group(ports, &case, group).await?;
    let first = observed.and_then(|observed| {
        let known = Group::named(group, &observed, settings, &[]);
        known.members.first().map(|member| member.id.clone())
    });
    let Some(first) = first else {
        return Ok(messages::no_such_group(&case, group));
    };
    let back = Cause {
        text: format!("{command}, whose first member is {first}"),
        kind: CauseKind::Command { to: Some(first) },
        ..asked.clone()
    };
    run::handle_cause(ports, settings, &back, delivery).await
}
