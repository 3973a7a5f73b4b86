//! Why a run asks for its event to be delivered again. `Ok` means finished, or deliberately ignored or
//! refused; `Err` means: deliver this event again. Nothing else decides on a retry.

use crate::cloud::CloudError;
use crate::events::EventError;

/// A run that could not finish.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The event cannot be read. It ends in the failure queue, where a person finds it.
    #[error(transparent)]
    Event(#[from] EventError),
    /// The ledger did not answer, so nothing was decided and nothing was changed.
    #[error("the ledger could not be read, nothing was changed: {0}")]
    LedgerUnread(#[source] CloudError),
    /// What was done is done, but the ledger does not know it yet.
    #[error("{done}, but the ledger could not be written: {source}")]
    LedgerUnwritten {
        /// What was done before.
        done: String,
        /// Why the ledger could not be written.
        #[source]
        source: CloudError,
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
    #[error("{what}: {source}")]
    Unfinished {
        /// What is done, and what is left.
        what: String,
        /// The answer that stopped it.
        #[source]
        source: CloudError,
    },
    /// A cause concerns several groups, and some of them could not be seen to.
    #[error("{}{}", all_of(failures), beside(done))]
    SomeGroups {
        /// What was done for the others.
        done: String,
        /// Why not, the gravest first.
        failures: Vec<Error>,
    },
}

fn all_of(failures: &[Error]) -> String {
    let all: Vec<String> = failures.iter().map(ToString::to_string).collect();
    all.join("; ")
}

fn beside(done: &str) -> String {
    if done.is_empty() {
        return String::new();
    }
    format!("; what was done for other groups: {done}")
}

impl Error {
    /// Which of several errors a person has to hear of first: the lowest number.
    #[must_use]
    pub fn gravity(&self) -> u8 {
        match self {
            Self::Stranded { .. } => 0,
            Self::OutOfTime { .. } => 1,
            Self::Unfinished { .. } => 2,
            Self::LedgerUnwritten { .. } => 3,
            Self::LedgerUnread(_) => 4,
            Self::Event(_) => 5,
            Self::SomeGroups { failures, .. } => failures.first().map_or(5, Self::gravity),
        }
    }

    /// A stable name, for alarms and for whoever reads the failure queue.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Event(_) => "Holdfast.EventUnreadable",
            Self::LedgerUnread(_) => "Holdfast.LedgerUnread",
            Self::LedgerUnwritten { .. } => "Holdfast.LedgerUnwritten",
            Self::Stranded { .. } => "Holdfast.Stranded",
            Self::OutOfTime { .. } => "Holdfast.OutOfTime",
            Self::Unfinished { .. } => "Holdfast.Unfinished",
            Self::SomeGroups { failures, .. } => {
                failures.first().map_or("Holdfast.Unfinished", Self::name)
            }
        }
    }
}
