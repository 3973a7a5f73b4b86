//! Why a run asks for its event to be delivered again. `Ok` means finished, or deliberately ignored or
//! refused; `Err` means: deliver this event again. Nothing else decides on a retry.
//!
//! An error says its own part, and keeps what caused it as its source. [`chain`] puts the parts together, and
//! whatever shows an error to people uses it. A run that did something before it failed hands on its report with the
//! error: the worst end has as much to tell as any other.

use crate::cloud::CloudError;
use crate::events::EventError;
use crate::ledger::UpdateError;
use crate::report::{Function, Outcome, Report};
use crate::settings::Mode;
use std::error::Error as StdError;
use std::fmt;

/// An error with everything that caused it, from the outside in: `a: b: c`.
#[must_use]
pub fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut inner = error.source();
    while let Some(cause) = inner {
        text = format!("{text}: {cause}");
        inner = cause.source();
    }
    text
}

/// A run that could not finish.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The event cannot be read. It ends in the failure queue, where a person finds it.
    #[error(transparent)]
    Event(#[from] EventError),
    /// The ledger did not answer, so nothing was decided and nothing was changed.
    #[error("the ledger could not be read, nothing was changed")]
    LedgerUnread(#[source] CloudError),
    /// What was done is done, but the ledger does not know it yet.
    #[error("{done}, but the ledger could not be written")]
    LedgerUnwritten {
        /// What was done before.
        done: String,
        /// Why the ledger could not be written.
        #[source]
        source: UpdateError,
    },
    /// An address is with nobody, and no member of its group takes it.
    #[error("{what}")]
    Stranded {
        /// What is with nobody, and why.
        what: String,
        /// The last answer that stopped it.
        #[source]
        source: Option<CloudError>,
    },
    /// The run is at its end and its work is not.
    #[error("{what}")]
    OutOfTime {
        /// What is done, and what is left.
        what: String,
    },
    /// EC2 or CloudTrail did not answer in a way that lets the run end.
    #[error("{what}")]
    Unfinished {
        /// What is done, and what is left.
        what: String,
        /// The answer that stopped it.
        #[source]
        source: CloudError,
    },
    /// AWS does not take the keys or the clock of this process. It ends, and another one gets the event.
    #[error(
        "AWS does not take the keys or the clock of this process ({refusal}), and signing anew did not help. The process \
         ends, and another one gets the event. This run came to: {run}"
    )]
    KeysRefused {
        /// The call and the code.
        refusal: String,
        /// What the run came to before it was known.
        run: String,
    },
    /// A message could not be sent to people.
    #[error("{what}")]
    NotTold {
        /// What they were not told.
        what: String,
        /// The answer of SNS, where it is that.
        #[source]
        source: Option<CloudError>,
    },
    /// A run was about several things, groups for example, and some of them could not be finished.
    #[error("{}{}", all_of(failures), beside(done))]
    Several {
        /// What was done for other groups; empty where there was none.
        done: String,
        /// Why not, the gravest first.
        failures: Vec<Error>,
    },
    /// One of the others, with the report of what the run did and found until then.
    #[error(transparent)]
    Reported(FailedRun),
}

/// An error and the report of its run. It says what the error says.
#[derive(Debug)]
pub struct FailedRun {
    error: Box<Error>,
    report: Box<Report>,
}

impl fmt::Display for FailedRun {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(formatter)
    }
}

impl StdError for FailedRun {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.error.source()
    }
}

fn all_of(failures: &[Error]) -> String {
    let all: Vec<String> = failures.iter().map(|failure| chain(failure)).collect();
    all.join("; ")
}

fn beside(done: &str) -> String {
    if done.is_empty() {
        return String::new();
    }
    format!("; what was done for other groups: {done}")
}

impl Error {
    /// The error of a run that could not finish these: the only one, or all of them, the gravest first. `done` is what
    /// it did besides; empty where that is nothing.
    #[must_use]
    pub fn several(done: String, mut failures: Vec<Self>) -> Self {
        if done.is_empty() && failures.len() == 1 {
            return failures.remove(0);
        }
        failures.sort_by_key(Self::gravity);
        Self::Several { done, failures }
    }

    /// The same error, with the report of its run. The report's outcome is that the run failed, and its summary is
    /// what the error says. A report that came with the error before is replaced: the one of the whole run has it.
    #[must_use]
    pub fn with_report(self, mut report: Report) -> Self {
        let (error, _) = self.into_parts();
        report.outcome = Outcome::Failed;
        report.error = Some(error.name());
        report.summary = chain(&error);
        Self::Reported(FailedRun {
            error: Box::new(error),
            report: Box::new(report),
        })
    }

    /// The error alone, and the report of its run where there is one.
    #[must_use]
    pub fn into_parts(self) -> (Self, Option<Report>) {
        match self {
            Self::Reported(FailedRun { error, report }) => (*error, Some(*report)),
            error => (error, None),
        }
    }

    /// What went wrong, without the report.
    #[must_use]
    pub fn without_report(&self) -> &Self {
        match self {
            Self::Reported(failed) => failed.error.without_report(),
            error => error,
        }
    }

    /// What the run did and found until then, where there was anything.
    #[must_use]
    pub fn report(&self) -> Option<&Report> {
        match self {
            Self::Reported(failed) => Some(&failed.report),
            _ => None,
        }
    }

    /// The report of a run that ended so: its own, or one that says what the error says and no more.
    #[must_use]
    pub fn report_of(&self, function: Function, mode: Mode) -> Report {
        self.report().cloned().unwrap_or_else(|| Report {
            error: Some(self.name()),
            ..Report::of(function, mode, Outcome::Failed, chain(self))
        })
    }

    /// Whether an address is with nobody.
    #[must_use]
    pub fn is_stranded(&self) -> bool {
        matches!(self.without_report(), Self::Stranded { .. })
    }

    /// Which of several errors a person has to hear of first: the lowest number.
    #[must_use]
    pub fn gravity(&self) -> u8 {
        match self {
            Self::Reported(failed) => failed.error.gravity(),
            Self::Stranded { .. } => 0,
            Self::OutOfTime { .. } => 1,
            Self::Unfinished { .. } => 2,
            Self::LedgerUnwritten { .. } => 3,
            Self::LedgerUnread(_) | Self::NotTold { .. } => 4,
            Self::KeysRefused { .. } => 5,
            Self::Event(_) => 6,
            Self::Several { failures, .. } => failures.first().map_or(6, Self::gravity),
        }
    }

    /// A stable name, for alarms and for whoever reads the failure queue.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Reported(failed) => failed.error.name(),
            Self::Event(_) => "Holdfast.EventUnreadable",
            Self::LedgerUnread(_) => "Holdfast.LedgerUnread",
            Self::LedgerUnwritten { .. } => "Holdfast.LedgerUnwritten",
            Self::Stranded { .. } => "Holdfast.Stranded",
            Self::OutOfTime { .. } => "Holdfast.OutOfTime",
            Self::NotTold { .. } => "Holdfast.NotTold",
            Self::Unfinished { .. } => "Holdfast.Unfinished",
            Self::KeysRefused { .. } => "Holdfast.KeysRefused",
            Self::Several { failures, .. } => {
                failures.first().map_or("Holdfast.Unfinished", Self::name)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::Failure;

    fn answer(code: Option<&str>, message: &str) -> CloudError {
        CloudError::from(Failure {
            action: "ec2:DescribeAddresses",
            code: code.map(str::to_owned),
            message: Some(message.to_owned()),
            request_id: None,
            source: Some("connection reset by peer".into()),
        })
    }

    #[test]
    fn each_part_of_a_chain_is_said_once() {
        let unfinished = Error::Unfinished {
            what: "nothing was touched".to_owned(),
            source: answer(None, "no answer"),
        };
        assert_eq!(unfinished.to_string(), "nothing was touched");
        assert_eq!(
            chain(&unfinished),
            "nothing was touched: ec2:DescribeAddresses: no answer: connection reset by peer"
        );
    }

    #[test]
    fn what_is_under_a_whole_answer_is_not_said_again() {
        let unread = Error::LedgerUnread(answer(Some("Throttling"), "slow down"));
        assert_eq!(
            chain(&unread),
            "the ledger could not be read, nothing was changed: ec2:DescribeAddresses: Throttling: slow down"
        );
    }

    #[test]
    fn an_error_with_a_report_says_what_it_says_without_one() {
        let unread = || Error::LedgerUnread(answer(Some("Throttling"), "slow down"));
        let told = Report::of(
            Function::AlarmFailover,
            Mode::Enforce,
            Outcome::PartlyMoved,
            "moved one of two".to_owned(),
        );
        let reported = unread().with_report(told);
        assert_eq!(chain(&reported), chain(&unread()));
        assert_eq!(
            (reported.name(), reported.gravity()),
            (unread().name(), unread().gravity())
        );
        let report = reported.report().unwrap();
        assert_eq!(report.outcome, Outcome::Failed);
        assert_eq!(report.error, Some("Holdfast.LedgerUnread"));
        assert_eq!(report.summary, chain(&unread()));
    }

    #[test]
    fn of_several_groups_each_failure_is_said_with_its_cause() {
        let late = Error::OutOfTime {
            what: "b is left".to_owned(),
        };
        let some = Error::Several {
            done: "moved c".to_owned(),
            failures: vec![
                Error::LedgerUnread(answer(Some("Throttling"), "slow down")),
                late,
            ],
        };
        assert_eq!(
            chain(&some),
            "the ledger could not be read, nothing was changed: ec2:DescribeAddresses: Throttling: slow \
             down; b is left; what was done for other groups: moved c"
        );
    }
}
