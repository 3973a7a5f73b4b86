//! `holdfast doctor`: what makes a deployment silently useless, each with what to do. It reads only, and each read is for
//! itself: what could not be read is told as such, and is no pass.
//!
//! Races: with everything that it looks at. What it says was so at the moment when it looked.

mod check;
mod document;
mod installation;
mod network;
mod reads;
mod runs;
mod stack;
mod verdict;

use crate::deployment::Deployment;
use crate::failure::{Exit, Failure};
use crate::session::Session;
use check::Check;
use clap::Args;
use document::{Diagnosis, Doctor, Told};
use futures_util::future::join_all;
use holdfast::clock::Clock;
use reads::Reads;
use verdict::on;

const AFTER_HELP: &str = "\
Examples:
  holdfast doctor
  holdfast doctor --region all --output json

Exit code 0: every check was made, and each was passed.";

/// Look for everything that makes a deployment silently useless
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {}

pub(super) async fn run(_: &Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let (deployments, unread) = session.found().await?.whole_stacks()?;
    let now = session.clock.now();
    let looks = deployments.iter().map(|deployment| look(deployment, now));
    let stacks = join_all(looks).await;
    session.finish_partial(Doctor { stacks }, unread)
}

/// All checks of one stack. What several of them need is read once, everything at the same time.
async fn look(deployment: &Deployment, now: time::OffsetDateTime) -> Diagnosis {
    let reads = Reads::of(deployment, now).await;
    let verdict = |check| match check {
        Check::Clock => stack::clock(reads.time_of_aws, now),
        Check::Stack => stack::state(deployment),
        Check::ManagementEvents => stack::trail(&reads.trails, &deployment.connection.region),
        Check::Rules => on(&reads.resources, |_| stack::rules(&reads.rules)),
        Check::Functions => runs::ready(deployment, &reads.concurrency),
        Check::Runs => runs::last_runs(&reads.runs),
        Check::Schedule => runs::schedule(&reads.sweep, now),
        Check::Permissions => runs::denials(&reads.denials),
        Check::Settings => installation::settings(deployment),
        Check::Modes => installation::modes(deployment),
        Check::Version => installation::version(&reads.written_by),
        Check::Alone => installation::alone(deployment, &reads.stacks),
        Check::Ledger => installation::ledger(&reads.ledger),
        Check::Queues => runs::queues(&reads.queues),
        Check::StackAlarms => on(&reads.resources, |_| {
            runs::stack_alarms(&reads.resources, &reads.stack_alarms)
        }),
        Check::GroupAlarms => {
            network::alarms(&reads.group_alarms, &deployment.settings.alarms_that_move)
        }
        Check::Quota => network::quota(&reads.quota, &reads.addresses),
        Check::DnsNames => on(&reads.addresses, |_| network::names(&reads.vpcs)),
        Check::Releases => on(&reads.addresses, |_| network::releases(&reads.releases)),
    };
    Diagnosis {
        stack: deployment.stack.name.clone(),
        region: deployment.connection.region.clone(),
        checks: Check::ALL
            .iter()
            .map(|check| Told::of(*check, verdict(*check)))
            .collect(),
    }
}
