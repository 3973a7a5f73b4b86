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

use crate::deployment::{Deployment, Found, Function};
use crate::failure::{Exit, Failure};
use crate::session::Session;
use check::Check;
use clap::Args;
use document::{Diagnosis, Doctor, Told};
use futures_util::future::join_all;
use holdfast::clock::Clock;
use holdfast::report::Finding;
use reads::Reads;
use verdict::{Verdict, on};

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
    let Found {
        deployments,
        unread,
        ..
    } = session.found().await?;
    let now = session.clock.now();
    let looks = deployments.iter().map(|deployment| look(deployment, now));
    let stacks = join_all(looks).await;
    session.finish_partial(Doctor { stacks }, unread)
}

/// All checks of one stack. What several of them need is read once, everything at the same time.
async fn look(deployment: &Deployment, now: time::OffsetDateTime) -> Diagnosis {
    let reads = Reads::of(deployment, now).await;
    let of_all = |verdict| if_read(deployment, &Function::ALL, verdict);
    let verdict = |check| match check {
        Check::Clock => stack::clock(&reads.identity, reads.time_of_aws, now),
        Check::Stack => stack::state(deployment),
        Check::ManagementEvents => stack::trail(&reads.trails, &deployment.connection.region),
        Check::Rules => on(&reads.resources, |_| stack::rules(&reads.rules)),
        Check::Functions => of_all(runs::ready(deployment, &reads.concurrency)),
        Check::Runs => of_all(runs::last_runs(&reads.runs)),
        Check::Schedule => schedule(deployment, &reads, now),
        Check::Permissions => of_all(runs::denials(&reads.denials)),
        Check::Settings => of_all(installation::settings(deployment)),
        Check::Modes => if_read(
            deployment,
            &Function::ACTING,
            installation::modes(deployment),
        ),
        Check::Version => installation::version(&reads.written_by),
        Check::Alone => installation::alone(deployment, &reads.stacks),
        Check::Ledger => installation::ledger(&reads.ledger),
        Check::Queues => runs::queues(&reads.queues),
        Check::StackAlarms => on(&reads.resources, |_| {
            runs::stack_alarms(&reads.resources, &reads.stack_alarms)
        }),
        Check::GroupAlarms => group_alarms(deployment, &reads, now),
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

/// A check that looks at these functions is passed only where the set-up of each could be read. What is wrong with the
/// others is wrong all the same.
fn if_read(deployment: &Deployment, functions: &[Function], verdict: Verdict) -> Verdict {
    let unread = functions.iter();
    let unread = unread.filter_map(|function| deployment.unread_functions.get(function));
    let unread: Vec<_> = unread.collect();
    match (unread.first(), &verdict) {
        (Some(first), Verdict::Passed { .. }) => {
            let seen: Vec<String> = unread
                .iter()
                .map(|part| format!("{}: {}", part.what, part.why))
                .collect();
            Verdict::not_made(seen.join("; "), first.next.as_str())
        }
        _ => verdict,
    }
}

/// Where reconcile logs is not known where its set-up is not: then nobody knows when it ran.
fn schedule(deployment: &Deployment, reads: &Reads, now: time::OffsetDateTime) -> Verdict {
    match deployment.unread_functions.get(&Function::Reconcile) {
        Some(part) => Verdict::not_made(format!("{}: {}", part.what, part.why), part.next.as_str()),
        None => runs::schedule(&reads.sweep, now),
    }
}

/// Which alarms may move anything is a setting of the functions: by its default nothing is passed and nothing is wrong.
fn group_alarms(deployment: &Deployment, reads: &Reads, now: time::OffsetDateTime) -> Verdict {
    let that_move = &deployment.settings.alarms_that_move;
    match deployment.defaults_finding() {
        Some(Finding { what, why, next }) => Verdict::not_made(format!("{what}: {why}"), next),
        None => network::alarms(&reads.group_alarms, that_move, now),
    }
}
