//! AWS Health tells of members of a group. Its event is no evidence: whoever may invoke the function can send one like
//! it. So EC2 is asked what it has planned, and the rule of `ahead` decides, as in a sweep.
//!
//! Races with reconcile, which finds the same by itself, and with a failover: the group's lease arbitrates.

use super::ahead;
use super::case::{AffectedGroup, Case, Cause};
use super::cloud::AlarmFailoverCloud;
use super::group::Group;
use super::messages;
use super::observe;
use super::state::Observed;
use crate::clock::Clock;
use crate::error::Error;
use crate::ports::Ports;
use crate::report::Report;

/// What EC2 tells of a group of which AWS Health tells.
pub(super) enum Found {
    /// A person has asked that something leaves a holder before what is planned, and it is time.
    Due(Cause),
    /// Nothing is due.
    NotDue(Box<Report>),
}

/// Asks EC2.
pub(super) async fn look<C: AlarmFailoverCloud, L, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    affected: &AffectedGroup,
    observed: &Observed,
) -> Result<Found, Error> {
    let group = Group::named(&affected.group, observed, case.settings, &[]);
    let health = observe::told_of(ports, case, &group.members).await;
    let health = health.map_err(|source| messages::not_observed(case.cause, source))?;
    let planned = ahead::cause(&group, &health, case.settings, ports.clock.now());
    Ok(planned.map_or_else(
        || Found::NotDue(Box::new(messages::not_due(case, affected, &group, &health))),
        Found::Due,
    ))
}
