//! `holdfast status`: everything at a glance. One look at each stack: its functions, addresses, interfaces, instances, the
//! ledger and the queues are read at the same time, however many there are.

mod cells;
mod document;
mod known;
mod of_group;
mod page;
mod read;
mod releases;
mod view;

use crate::arguments::Everywhere;
use crate::deployment::Found;
use crate::failure::{Exit, Failure};
use crate::output::{Partial, Shown};
use crate::session::Session;
use crate::unread::Unread;
pub(crate) use cells::{listed, put_finding, readiness_cell, readiness_word};
use clap::Args;
use document::Status;
use holdfast::clock::Clock;
use std::time::Duration;

const AFTER_HELP: &str = "\
Exit code 1: a group is not ready, a release is open, an event has failed, or a function cannot run. So it is too when the
stack's last change did not end well, or a row or a setting cannot be read. Where AWS refuses a call it is 3, and where AWS
does not answer one it is 4. It is 2 where a stack that is named is not there, and all else is well.

Examples:
  holdfast status
  holdfast status web
  holdfast status --region all
  holdfast status --watch 10
  holdfast status --output json | jq '.deployments[].groups[] | select(.ready | not)'";

/// Show addresses, holders, standbys, protection, readiness, open releases and failed events at a glance
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// One group only
    #[arg(value_name = "GROUP")]
    group: Option<String>,

    /// Look again and again, with so many seconds in between: 5 or more, since the functions share EC2's rate of calls
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        default_missing_value = "10",
        value_parser = clap::value_parser!(u64).range(5..=3600)
    )]
    watch: Option<u64>,
}

pub(super) async fn run(asked: &Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let group = asked.group.as_deref();
    let Some(seconds) = asked.watch else {
        let (status, unread) = look(group, session).await?;
        if unread.is_empty() {
            check_known(&status, group, &session.asked)?;
        }
        return session.finish_partial(status, unread);
    };
    let mut is_first = true;
    loop {
        match look(group, session).await {
            Ok((status, unread)) => {
                if std::mem::take(&mut is_first) && unread.is_empty() {
                    check_known(&status, group, &session.asked)?;
                }
                let form = session.asked.output;
                let document = Partial::new(status, unread);
                session.terminal.print_anew(&document, form)?;
            }
            // Whoever watches wants to see it come back.
            Err(failure) if failure.exit() == Exit::NoAnswer => {
                let _: Shown = session.terminal.tell_failure(&failure);
            }
            Err(failure) => return Err(failure),
        }
        session.clock.sleep(Duration::from_secs(seconds)).await;
    }
}

/// The stacks are read anew each time: a mode may change, and a function may break.
async fn look(group: Option<&str>, session: &Session) -> Result<(Status, Vec<Unread>), Failure> {
    let clock = session.clock;
    let found = session
        .looked_at(async |stack, coming| Box::pin(read::look(stack, coming, group, clock)).await);
    let Found {
        deployments,
        looks: seen,
        unread: of_stacks,
    } = found.await?;
    let unread = seen.iter().flat_map(|seen| seen.unread.iter().cloned());
    let unread = of_stacks.into_iter().chain(unread).collect();
    let stacks: Vec<_> = deployments.iter().zip(&seen).collect();
    Ok((view::status(&stacks, group, clock.now()), unread))
}

/// A group that nobody belongs to is a slip of the pen.
fn check_known(status: &Status, group: Option<&str>, asked: &Everywhere) -> Result<(), Failure> {
    let Some(group) = group.filter(|_| status.is_empty()) else {
        return Ok(());
    };
    Err(Failure::usage(
        format!("no stack knows a group {group}"),
        format!(
            "`holdfast status` without a name shows all groups of {}. A group is where a tag names it: docs/GLOSSARY.md, Group.",
            asked.stacks().join(", ")
        ),
    ))
}
