//! The command line: the options that every command takes, and the commands.

#![allow(clippy::doc_markdown)] // these comments are the help, printed as they stand

use crate::commands::Command;
use crate::output::Form;
use clap::{Args, Parser};

/// What a region is called to mean all of them.
pub const ALL_REGIONS: &str = "all";

/// The stack's name where none is given: the one that the deployment guide uses.
pub const DEFAULT_STACK: &str = "holdfast";

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
pub struct Arguments {
    /// What every command takes.
    #[command(flatten)]
    pub everywhere: Everywhere,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Everywhere {
    /// The profile of ~/.aws/config; else `AWS_PROFILE`
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,

    /// The regions, or `all`; else `AWS_REGION`, or the profile's
    #[arg(
        long,
        alias = "regions",
        global = true,
        value_name = "REGION[,REGION]",
        value_delimiter = ','
    )]
    pub region: Vec<String>,

    /// The CloudFormation stacks of Holdfast [default: holdfast]
    #[arg(
        long,
        global = true,
        value_name = "NAME[,NAME]",
        value_delimiter = ',',
        env = "HOLDFAST_STACK"
    )]
    pub stack: Vec<String>,

    /// Where all calls go; else `AWS_ENDPOINT_URL`
    #[arg(long, global = true, value_name = "URL", value_parser = endpoint)]
    pub endpoint_url: Option<String>,

    /// How the answer is printed
    #[arg(long, global = true, value_enum, default_value_t)]
    pub output: Form,

    /// No colour, as with `NO_COLOR`
    #[arg(long, global = true)]
    pub no_color: bool,
}

impl Everywhere {
    /// The stacks that were asked for.
    #[must_use]
    pub fn stacks(&self) -> Vec<String> {
        if self.stack.is_empty() {
            vec![DEFAULT_STACK.to_owned()]
        } else {
            self.stack.clone()
        }
    }

    /// Whether every region was asked for.
    #[must_use]
    pub fn all_regions(&self) -> bool {
        self.region.iter().any(|region| region == ALL_REGIONS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn regions_and_stacks_are_lists() {
        let line = "holdfast man --region eu-west-1,us-east-1 --region eu-central-1 --stack a,b";
        let arguments = Arguments::parse_from(line.split(' '));
        let everywhere = arguments.everywhere;
        assert_eq!(
            everywhere.region,
            ["eu-west-1", "us-east-1", "eu-central-1"]
        );
        assert_eq!(everywhere.stacks(), ["a", "b"]);
    }
}

/// What is no URL would be told by the first call, in words of the SDK.
fn endpoint(text: &str) -> Result<String, &'static str> {
    let host = text
        .strip_prefix("http://")
        .or_else(|| text.strip_prefix("https://"));
    match host {
        Some(host) if !host.is_empty() => Ok(text.to_owned()),
        _ => Err("expected a URL such as https://vpce-1.example.com or http://127.0.0.1:4566"),
    }
}
