//! The commands. A new one is a file here, a variant of [`Command`] and a line in [`Command::run`]. Its file has its
//! arguments, what it reads, its document and a pure function from the one to the other.

mod answer;
mod completions;
mod doctor;
mod drill;
mod explain;
mod guest;
mod history;
mod invocation;
mod man;
mod pause;
mod plan;
mod readiness;
mod record;
mod report;
mod reports;
mod restore;
mod status;
mod switchover;
mod tags;
mod test_notification;

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
    Doctor(doctor::Arguments),
    Explain(explain::Arguments),
    Record(record::Arguments),
    Plan(plan::Arguments),
    Switchover(switchover::Arguments),
    Failback(switchover::FailbackArguments),
    Restore(restore::Arguments),
    Pause(pause::Arguments),
    Resume(pause::ResumeArguments),
    TestNotification(test_notification::Arguments),
    Guest(guest::Arguments),
    Protect(tags::ProtectArguments),
    Unprotect(tags::UnprotectArguments),
    Adopt(tags::AdoptArguments),
    Completions(completions::Arguments),
    Drill(drill::Arguments),
    Man(man::Arguments),
}

impl Command {
    /// Carries it out. `all` is the command line with everything that can be asked for.
    ///
    /// # Errors
    /// What kept it from ending well.
    pub async fn run(self, session: &mut Session, all: clap::Command) -> Result<Exit, Failure> {
        match self {
            Self::Status(arguments) => Box::pin(status::run(&arguments, session)).await,
            Self::Readiness(arguments) => Box::pin(readiness::run(&arguments, session)).await,
            Self::History(arguments) => Box::pin(history::run(&arguments, session)).await,
            Self::Reports(arguments) => Box::pin(reports::run(&arguments, session)).await,
            Self::Report(arguments) => Box::pin(report::run(&arguments, session)).await,
            Self::Doctor(arguments) => Box::pin(doctor::run(&arguments, session)).await,
            Self::Explain(arguments) => Box::pin(explain::run(&arguments, session)).await,
            Self::Record(arguments) => Box::pin(record::run(&arguments, session)).await,
            Self::Plan(arguments) => plan::run(&arguments, session).await,
            Self::Switchover(arguments) => switchover::run(&arguments, session).await,
            Self::Failback(arguments) => switchover::fail_back(&arguments, session).await,
            Self::Restore(arguments) => restore::run(&arguments, session).await,
            Self::Pause(arguments) => pause::run(&arguments, session).await,
            Self::Resume(arguments) => pause::resume(&arguments, session).await,
            Self::TestNotification(arguments) => test_notification::run(&arguments, session).await,
            Self::Guest(arguments) => guest::run(&arguments, session).await,
            Self::Protect(arguments) => tags::protect(&arguments, session).await,
            Self::Unprotect(arguments) => tags::unprotect(&arguments, session).await,
            Self::Adopt(arguments) => tags::adopt(&arguments, session).await,
            Self::Completions(arguments) => completions::run(&arguments, all, session),
            Self::Drill(arguments) => Box::pin(drill::run(arguments, session)).await,
            Self::Man(arguments) => man::run(&arguments, all, session),
        }
    }
}
