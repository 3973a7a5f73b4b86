//! The commands. A new one is a file here, a variant of [`Command`] and a line in [`Command::run`]. Its file has its
//! arguments, what it reads, its document and a pure function from the one to the other.

mod completions;
mod drill;
mod man;

use crate::failure::{Ending, Failure};
use crate::session::Session;
use clap::Subcommand;

/// What can be asked for. The help of a command is the doc comment of its arguments.
#[derive(Debug, Subcommand)]
#[allow(
    missing_docs,
    reason = "clap takes a comment here for the command's help"
)]
pub enum Command {
    Completions(completions::Arguments),
    Drill(drill::Arguments),
    Man(man::Arguments),
}

impl Command {
    /// Carries it out.
    ///
    /// # Errors
    /// What kept it from ending well.
    pub async fn run(self, session: &mut Session) -> Result<Ending, Failure> {
        match self {
            Self::Completions(arguments) => completions::run(&arguments, session),
            Self::Drill(arguments) => drill::run(arguments, session).await,
            Self::Man(arguments) => man::run(&arguments, session),
        }
    }
}
