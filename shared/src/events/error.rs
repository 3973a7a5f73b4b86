//! Why an event cannot be read: which field of it, and what was expected there.

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

impl EventError {
    /// The name of the field when it is the event as a whole that is wrong.
    pub const WHOLE: &str = "(the whole event)";
}
