//! A pause that a person asks for, and its end. Nothing is changed in EC2: the group's lease says it from now on.
//!
//! Races: a failover of the group, and another such command. The lease arbitrates: a failover that has begun comes to
//! its end first, and one that comes later finds the pause with the lease. A run that ends between the two writes
//! leaves no pause; the lease ends by itself, and asked again it is the same.

use super::assessment;
use super::case::Case;
use super::cloud::AlarmFailoverCloud;
use super::lease;
use super::messages;
use super::run;
use crate::clock::Clock;
use crate::error::Error;
use crate::events::OperatorCommand;
use crate::ledger::{Lease, Ledger, Written};
use crate::model::pause::Pause;
use crate::ports::{Delivery, Ports};
use crate::report::Report;
use crate::settings::Settings;
use time::Duration;

/// Answers `{"holdfast": "pause", ...}` and `{"holdfast": "resume", ...}`.
pub(super) async fn answer<C: AlarmFailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    command: &OperatorCommand,
    delivery: Delivery,
) -> Result<Report, Error> {
    let asked = assessment::of_command(command, ports.clock.now());
    let case = Case {
        settings,
        cause: &asked,
        delivery,
        received: ports.clock.now(),
    };
    let group = asked.group.clone().unwrap_or_default();
    let OperatorCommand::Pause { minutes, by, .. } = command else {
        return resume(ports, &case, &group).await;
    };
    if run::look_at_group(ports, &case, &group).await?.is_none() {
        return Ok(messages::no_such_group(&case, &group));
    }
    let since = ports.clock.now();
    let pause = Pause {
        since,
        until: since + Duration::minutes((*minutes).into()),
        by: by.clone(),
    };
    let earlier = note(ports, &case, &group, Some(pause.clone())).await?;
    Ok(messages::now_paused(
        &case,
        &group,
        (&pause, earlier.as_ref()),
    ))
}

/// The end of a pause. A group that has none, or is not known at all, is left as it is.
async fn resume<C, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    group: &str,
) -> Result<Report, Error> {
    let leases = ports.ledger.leases().await.map_err(Error::LedgerUnread)?;
    let now = ports.clock.now();
    let lease = leases.iter().find(|lease| lease.group == group);
    if lease.and_then(|lease| lease.pause_at(now)).is_none() {
        return Ok(messages::not_paused(case, group));
    }
    let ended = note(ports, case, group, None).await?;
    Ok(match ended {
        Some(pause) => messages::resumed(case, group, &pause),
        None => messages::not_paused(case, group),
    })
}

/// Writes the pause, or that there is none. The pause that lasted until now, if one did.
async fn note<C, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    group: &str,
    pause: Option<Pause>,
) -> Result<Option<Pause>, Error> {
    let row = lease::acquire_row(ports, case, group).await?.untouched();
    let earlier = row.pause_at(ports.clock.now()).cloned();
    let next = Lease { pause, ..row };
    match ports.ledger.put_lease(&next).await {
        Ok(Written::Stored) => Ok(earlier),
        // The lease was this run's, and has run out.
        Ok(Written::Conflict | Written::Unreadable) => Err(messages::not_noted(case)),
        Err(source) => Err(Error::LedgerUnwritten {
            done: format!("{}: nothing is noted yet", case.cause.text),
            source: source.into(),
        }),
    }
}
