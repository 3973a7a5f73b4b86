//! The options that every command takes.

#![allow(clippy::doc_markdown)] // these comments are the help, printed as they stand

use crate::output::Form;
use clap::Args;

/// What a region is called to mean all of them.
pub const ALL_REGIONS: &str = "all";

/// The stack's name where none is given: the one that the deployment guide uses.
pub const DEFAULT_STACK: &str = "holdfast";

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
