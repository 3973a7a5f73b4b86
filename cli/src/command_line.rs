//! The command line: the options that every command takes, and the commands.

#![allow(clippy::doc_markdown)] // these comments are the help, printed as they stand

use crate::arguments::Everywhere;
use crate::commands::Command;
use clap::Parser;

const AFTER_HELP: &str = "\
Exit codes:
  0  done, or everything is as it should be.
  1  it ran, and found something.
  2  the command line, the profile or the stack's name is wrong.
  3  AWS refuses: no permission, or no keys that it takes.
  4  AWS did not answer.

Holdfast's documents: docs/CLI.md, docs/RUNBOOK.md";

/// Keeps an AWS workload's fixed IP addresses where they belong: what it knows, what it did, what it would do.
///
/// It reads by itself, and changes by invoking the functions of the stack. Profiles, regions and endpoints are those of
/// the AWS CLI.
#[derive(Debug, Parser)]
#[command(name = "holdfast", version, after_help = AFTER_HELP, propagate_version = false)]
pub struct CommandLine {
    /// What every command takes.
    #[command(flatten)]
    pub everywhere: Everywhere,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn regions_and_stacks_are_lists() {
        let line = "holdfast man --region eu-west-1,us-east-1 --region eu-central-1 --stack a,b";
        let everywhere = CommandLine::parse_from(line.split(' ')).everywhere;
        assert_eq!(
            everywhere.region,
            ["eu-west-1", "us-east-1", "eu-central-1"]
        );
        assert_eq!(everywhere.stacks(), ["a", "b"]);
    }
}
