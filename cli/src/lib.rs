//! The operator's tool. It reads by itself, and changes by invoking the functions of a stack: whoever runs it needs
//! read rights and `lambda:InvokeFunction`.
//!
//! A command goes one way. It reads what AWS and the ledger say ([`aws`], [`deployment`]). A pure function in
//! `commands/<name>` turns that into a document, and [`output`] prints it as a table, JSON or tab-separated lines. A
//! document goes to standard output, everything else to standard error.

// Allowed, each for a reason:
#![allow(
    clippy::result_large_err, // a failure ends the command, and is made once
    clippy::struct_field_names // a field is named as the JSON has it
)]

pub mod arguments;
pub mod aws;
pub mod command_line;
pub mod commands;
pub mod deployment;
pub mod drill;
pub mod exit;
pub mod failure;
pub mod first_round;
pub mod look;
pub mod output;
pub mod parts;
pub mod period;
pub mod read_only;
pub mod reports;
pub mod session;
pub mod unread;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use command_line::CommandLine;
use failure::Failure;
use output::{Shown, Terminal};
use session::Session;
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs one command line, from its arguments to the exit code.
pub async fn run(
    arguments: impl IntoIterator<Item = OsString>,
    terminal: impl FnOnce(bool) -> Terminal,
) -> ExitCode {
    let line = match CommandLine::try_parse_from(arguments) {
        Ok(line) => line,
        Err(refusal) => return refused(&refusal),
    };
    let CommandLine {
        everywhere,
        command,
    } = line;
    let mut session = Session::new(terminal(everywhere.no_color), everywhere);
    match command.run(&mut session, CommandLine::command()).await {
        Ok(exit) => exit.exit_code(),
        // Whoever reads has seen enough.
        Err(Failure::PipeClosed) => ExitCode::SUCCESS,
        Err(failure) => {
            let told: Shown = session.terminal.tell_failure(&failure);
            drop(told);
            failure.exit().exit_code()
        }
    }
}

/// What clap says of a command line that is not one: help and version are no failures.
fn refused(refusal: &clap::Error) -> ExitCode {
    let printed = refusal.print();
    drop(printed);
    match refusal.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
        _ => failure::Exit::Usage.exit_code(),
    }
}
