//! A plan that a person asks for: what would be done for each holder of the group if it failed now. Nothing
//! is changed, in EC2 or in the ledger.

use super::assessment;
use super::audit::{self, GroupState};
use super::case::Case;
use super::cloud::AlarmFailoverCloud;
use super::group::Group;
use super::messages;
use super::observe;
use super::run;
use crate::clock::Clock;
use crate::error::Error;
use crate::events::OperatorCommand;
use crate::ledger::{Ledger, Pauses};
use crate::ports::{Delivery, Ports};
use crate::report::{Finding, Report};
use crate::settings::Settings;
use std::collections::BTreeSet;

/// Answers `{"holdfast": "plan", "group": "..."}`.
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
    let Some(mut observed) = run::look_at_group(ports, &case, group).await? else {
        return Ok(messages::no_such_group(&case, group));
    };
    let health = {
        let known = Group::named(group, &observed, settings, &[]);
        observe::health(ports, &case, &known, &observed, &BTreeSet::new()).await
    };
    let mut health = health.map_err(|source| messages::not_observed(&asked, source))?;
    observed.note_alarms(&mut health);
    let gap = health.known.gap.take();
    let state = GroupState {
        observed: &observed,
        health: &health,
        alarms: &observed.alarms,
        alarms_are_all: gap.is_none(),
    };
    let known = Group::named(group, &observed, settings, &[]);
    let pauses = Pauses::read(&ports.ledger, ports.clock.now()).await;
    let pauses = pauses.map_err(Error::LedgerUnread)?;
    let (report, moves) = audit::readiness(&state, &known, settings, ports.clock.now());
    let fences = audit::stop_limits(&known, settings);
    let mut report = messages::planned(&case, (&report, fences), &moves);
    let lasting = pauses.of_group(group);
    report
        .findings
        .extend(lasting.map(|pause| Finding::paused(group, pause)));
    report.findings.extend(gap.map(|gap| gap.finding(group)));
    Ok(report)
}
