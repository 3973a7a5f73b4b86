//! `holdfast man`: the manual, a page for the tool and one for each command.

use crate::failure::{Exit, Failure};
use crate::session::Session;
use clap::Args;
use clap_mangen::Man;

const AFTER_HELP: &str = "\
Examples:
  holdfast man | man -l -
  holdfast man status | man -l -";

/// Print a page of the manual
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// The command whose page is printed; else the tool's
    #[arg(value_name = "COMMAND")]
    of: Option<String>,
}

pub(super) fn run(
    asked: &Arguments,
    mut all: clap::Command,
    session: &mut Session,
) -> Result<Exit, Failure> {
    all.build();
    let page = match &asked.of {
        None => all,
        Some(name) => all.find_subcommand(name).cloned().ok_or_else(|| {
            Failure::usage(
                format!("there is no command {name}"),
                "`holdfast --help` lists them.",
            )
        })?,
    };
    let mut text = Vec::new();
    Man::new(page).render(&mut text)?;
    session.terminal.write(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Done)
}
