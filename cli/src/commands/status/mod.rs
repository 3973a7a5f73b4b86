//! `holdfast status`: everything at a glance. One look at each stack: its addresses, interfaces, instances, the ledger
//! and the queues are read at the same time, however many there are.

mod document;
mod page;
mod read;
mod view;

use crate::arguments::Everywhere;
use crate::deployment::Deployment;
use crate::failure::{Exit, Failure};
use crate::session::Session;
use clap::Args;
use document::Status;
use futures_util::future::try_join_all;
use holdfast::clock::Clock;
pub(crate) use page::{listed, put_finding, readiness_cell, readiness_word};
use std::time::Duration;

const AFTER_HELP: &str = "\
Exit code 1: a group is not ready, a release is open, an event has failed, or a function cannot run.

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

    /// Look again and again, with so many seconds in between
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        default_missing_value = "5",
        value_parser = clap::value_parser!(u64).range(1..=3600)
    )]
    watch: Option<u64>,
}

pub(super) async fn run(asked: &Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let deployments = session.deployments().await?;
    let group = asked.group.as_deref();
    let Some(seconds) = asked.watch else {
        let status = look(&deployments, group, session).await?;
        check_known(&status, group, &session.asked)?;
        return session.finish(&status);
    };
    loop {
        let status = look(&deployments, group, session).await?;
        check_known(&status, group, &session.asked)?;
        let form = session.asked.output;
        session.terminal.print_anew(&status, form)?;
        session.clock.sleep(Duration::from_secs(seconds)).await;
    }
}

async fn look(
    deployments: &[Deployment],
    group: Option<&str>,
    session: &Session,
) -> Result<Status, Failure> {
    let looks = deployments
        .iter()
        .map(|deployment| read::look(deployment, group, session.clock));
    let seen = try_join_all(looks).await?;
    Ok(view::status(&seen, group, session.clock.now()))
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
