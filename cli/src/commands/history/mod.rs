//! `holdfast history`: what happened to an address, an interface or a group, who did it, and what Holdfast did, in
//! order. It is put together out of the ledger, the reports and CloudTrail.

mod document;
mod ledger;
mod read;
mod subject;
mod view;

use crate::failure::{Exit, Failure};
use crate::period::Since;
use crate::session::Session;
use clap::Args;
use futures_util::future::join_all;
use holdfast::clock::Clock;
use subject::Subject;

const AFTER_HELP: &str = "\
CloudTrail shows a call some minutes after it was made, and the last 90 days. Reports are kept as long as the logs are.

Examples:
  holdfast history 203.0.113.7
  holdfast history eipalloc-0123456789abcdef0 --since 2h
  holdfast history eni-0123456789abcdef0
  holdfast history web --since 2026-11-27";

/// Tell what happened to an address, an interface or a group, who did it, and what Holdfast did
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// An IP, an allocation id, the id of an interface, or the name of a group
    #[arg(value_name = "IP|ALLOCATION|ENI|GROUP")]
    of: Subject,

    /// Since when: 2h, 7d, 2026-11-27
    #[arg(long, value_name = "TIME", default_value = "7d")]
    since: Since,
}

pub(super) async fn run(asked: &Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let until = session.clock.now();
    let since = asked.since.past(until)?;
    let found = session.found().await?;
    let reads = found
        .deployments
        .iter()
        .map(|deployment| read::look(deployment, &asked.of, since, until));
    let seen = join_all(reads).await;
    let unread = seen.iter().flat_map(|seen| seen.unread.iter().cloned());
    let unread: Vec<_> = found.unread.iter().cloned().chain(unread).collect();
    if unread.is_empty() && seen.iter().all(|seen| !seen.is_known()) {
        return Err(Failure::usage(
            format!("no stack knows {}", asked.of),
            "`holdfast status` shows the addresses and groups that are known. Another region may have it: --region all.",
        ));
    }
    let history = view::history(&asked.of, &seen, (since, until), unread.is_empty());
    session.finish_partial(history, unread)
}
