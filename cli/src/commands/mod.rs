//! The commands. A new one is a file here, a variant of [`Command`] and a line in [`Command::run`]. Its file has its
//! arguments, what it reads, its document and a pure function from the one to the other.

mod completions;
mod drill;
mod history;
mod man;
mod readiness;
mod report;
mod reports;
mod status;

use crate::failure::{Exit, Failure};
use crate::session::Session;
use clap::Subcommand;

/// What can be asked for. The help of a command is the doc comment of its arguments.
#[derive(Debug, Subcommand)]
#[allow(
    missing_docs,
    reason = "clap takes a comment here for the command's help"
)]
pub enum Command {
    Status(status::Arguments),
    Readiness(readiness::Arguments),
    History(history::Arguments),
    Reports(reports::Arguments),
    Report(report::Arguments),
    Completions(completions::Arguments),
    Drill(drill::Arguments),
    Man(man::Arguments),
}

impl Command {
    /// Carries it out.
    ///
    /// # Errors
    /// What kept it from ending well.
    pub async fn run(self, session: &mut Session) -> Result<Exit, Failure> {
        match self {
            Self::Status(arguments) => Box::pin(status::run(&arguments, session)).await,
            Self::Readiness(arguments) => Box::pin(readiness::run(&arguments, session)).await,
            Self::History(arguments) => Box::pin(history::run(&arguments, session)).await,
            Self::Reports(arguments) => Box::pin(reports::run(&arguments, session)).await,
            Self::Report(arguments) => Box::pin(report::run(&arguments, session)).await,
            Self::Completions(arguments) => completions::run(&arguments, session),
            Self::Drill(arguments) => Box::pin(drill::run(arguments, session)).await,
            Self::Man(arguments) => man::run(&arguments, session),
        }
    }
}
