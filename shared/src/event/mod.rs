//! JSON in, a typed [`Trigger`] out: parse, don't validate. A known event becomes a variant; a known
//! event that does not concern addresses becomes `Ignored` with its reason; anything else is an error
//! that names the field. Nothing here panics, whatever the JSON.

pub mod cloudtrail;

use cloudtrail::Record;
use time::OffsetDateTime;

/// What set a function going.
#[derive(Debug, Clone, PartialEq)]
pub enum Trigger {
    /// Somebody changed an address by an EC2 call, and EC2 did it.
    Call(Box<Record>),
    /// The schedule.
    Schedule {
        /// When the schedule fired.
        at: OffsetDateTime,
    },
    /// A known event that is none of our business.
    Ignored(Ignored),
}

/// An event that is deliberately not acted on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// What came, in a few words: `ReleaseAddress that EC2 refused`.
    pub what: String,
    /// Why nothing is done about it.
    pub why: String,
    /// The event's id, where it has one.
    pub event_id: Option<String>,
}

/// An event that cannot be read. Delivered again it will fail again, and then wait in the failure queue:
/// it is not lost.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the event cannot be read: field `{field}`: {problem}")]
pub struct EventError {
    /// The path of the field: `detail.requestParameters.allocationId`.
    pub field: String,
    /// What is wrong with it, and what was expected.
    pub problem: String,
}
