//! A plan that a person asks for: what would be done for each holder of the group if it failed now. Nothing
//! is changed, in EC2 or in the ledger.

use super::FailoverCloud;
use super::audit::{self, Ground};
use super::evidence;
use super::group::Group;
use super::words;
use crate::clock::Clock;
use crate::error::Error;
use crate::event::Wish;
use crate::ids::InstanceId;
use crate::ledger::Ledger;
use crate::ports::Ports;
use crate::report::Report;
use crate::settings::{Fencing, Settings};

/// Answers `{"holdfast": "plan", "group": "..."}`.
pub(super) async fn asked<C: FailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    wish: &Wish,
    group: &str,
) -> Result<Report, Error> {
    let cause = evidence::of_wish(wish, ports.clock.now());
    let observed = super::run::look(ports, settings, &cause).await?;
    let ground = Ground::survey(ports, &observed)
        .await
        .map_err(|source| super::run::unseen(&cause, source))?;
    let known = Group::named(group, &observed, settings, &[]);
    if known.members.is_empty() {
        return Ok(words::no_such_group(settings, &cause, group));
    }
    let (report, moves) = audit::readiness(&ground, &known, settings, ports.clock.now());
    Ok(words::planned(settings, &cause, &report, &moves))
}

/// How a member is to be fenced: the strongest word of what it has.
pub(super) fn fencing(group: &Group<'_>, member: &InstanceId, settings: &Settings) -> Fencing {
    let held = group
        .charges
        .iter()
        .filter(|charge| charge.seat.instance() == Some(member));
    let words = held.map(|charge| {
        let own = charge.tags.get(&settings.tags.fence);
        own.and_then(|value| value.trim().parse().ok())
            .unwrap_or_else(|| settings.fencing.clone())
    });
    words
        .max_by_key(|word| match word {
            Fencing::None => 0,
            Fencing::Isolate(_) => 1,
            Fencing::Stop => 2,
        })
        .unwrap_or(Fencing::None)
}
