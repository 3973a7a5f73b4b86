//! `holdfast restore`: release-guard asks for an address that the account has lost. Nobody is asked before: everybody
//! else's script wants the address too, and the function takes none that was not the account's.

use super::answer::{AnswerDocument, Asked};
use super::invocation;
use crate::deployment::Function;
use crate::failure::{Exit, Failure};
use crate::session::Session;
use clap::Args;
use holdfast::model::ids::AllocationId;
use serde_json::{Value, json};
use std::net::Ipv4Addr;

const AFTER_HELP: &str = "\
Examples:
  holdfast restore 203.0.113.10
  holdfast restore eipalloc-0123456789abcdef0

It comes back with its tags, its association and its reverse DNS name. An address that this account never had is refused.
Exit code 0: the account has it. 1: it has not, and the report says why.";

/// Ask for an address now that the account has lost
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// The address, or an allocation that it had
    #[arg(value_name = "IP|ALLOCATION")]
    what: String,
}

/// The answer to `restore`.
#[derive(Debug)]
pub(super) struct Restore;

impl Asked for Restore {
    const COMMAND: &'static str = "restore";
    const IS_ABOUT_MOVES: bool = false;
    const DONE: &'static [&'static str] = &["reclaimed", "already-ours"];
}

fn event(what: &str) -> Result<Value, Failure> {
    if let Ok(ip) = what.parse::<Ipv4Addr>() {
        return Ok(json!({"holdfast": "restore", "address": ip}));
    }
    match what.parse::<AllocationId>() {
        Ok(allocation) => Ok(json!({"holdfast": "restore", "allocation": allocation})),
        Err(_) => Err(Failure::usage(
            format!("`{what}` is neither an IPv4 address nor an allocation id"),
            "Name the address, such as 203.0.113.10, or an allocation that it had, such as eipalloc-0123456789abcdef0.",
        )),
    }
}

pub(super) async fn run(asked: &Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let event = event(&asked.what)?;
    let deployment = session.deployment().await?;
    let function = Function::ReleaseGuard;
    let report = invocation::ask(session, &deployment, function, &event).await?;
    let document = AnswerDocument::<Restore>::of(&deployment, function, report)?;
    session.finish(&document)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_neither_an_address_nor_an_allocation_is_refused_before_any_call() {
        for wrong in ["web", "2001:db8::1", "203.0.113", "eni-1", ""] {
            assert_eq!(
                event(wrong).map_err(|it| it.exit()),
                Err(Exit::Usage),
                "{wrong}"
            );
        }
    }
}
