//! A plan that a person asks for: what would be done for each holder of the group if it failed now. Nothing
//! is changed, in EC2 or in the ledger.

use super::FailoverCloud;
use super::audit::{self, Ground};
use super::evidence;
use super::group::Group;
use super::run::Run;
use super::words;
use crate::clock::Clock;
use crate::error::Error;
use crate::event::Wish;
use crate::ledger::Ledger;
use crate::ports::{Delivery, Ports};
use crate::report::Report;
use crate::settings::Settings;

/// Answers `{"holdfast": "plan", "group": "..."}`.
pub(super) async fn asked<C: FailoverCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    wish: &Wish,
    group: &str,
    delivery: Delivery,
) -> Result<Report, Error> {
    let cause = evidence::of_wish(wish, ports.clock.now());
    let run = Run {
        ports,
        settings,
        cause: &cause,
        delivery,
        received: ports.clock.now(),
    };
    let observed = run.first_look().await?;
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
