//! `holdfast completions`: what a shell needs to complete the command line.

use crate::failure::{Exit, Failure};
use crate::session::Session;
use clap::Args;
use clap_complete::Shell;

const AFTER_HELP: &str = "\
Examples:
  holdfast completions bash > /etc/bash_completion.d/holdfast
  holdfast completions zsh > ~/.zfunc/_holdfast";

/// Print the completions of a shell
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// The shell
    shell: Shell,
}

pub(super) fn run(
    asked: &Arguments,
    mut all: clap::Command,
    session: &mut Session,
) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(asked.shell, &mut all, "holdfast", &mut script);
    session.terminal.write(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
