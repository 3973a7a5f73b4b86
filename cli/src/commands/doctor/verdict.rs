//! What a check came to.

use crate::failure::Failure;
use holdfast::cloud::CloudError;
use holdfast::error::chain;

/// What a check came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All is as it should be.
    Passed {
        /// What was seen.
        seen: String,
    },
    /// Something is wrong.
    Failed {
        /// What was seen.
        seen: String,
        /// What to do.
        advice: String,
    },
    /// It could not be made: nobody knows.
    NotMade {
        /// Why.
        seen: String,
        /// What to do, so that it can be made.
        advice: String,
    },
}

/// A read that may have failed.
pub(super) type Read<T> = Result<T, CloudError>;

impl Verdict {
    /// All is as it should be.
    pub(super) fn passed(seen: impl Into<String>) -> Self {
        Self::Passed { seen: seen.into() }
    }

    /// Something is wrong.
    pub(super) fn failed(seen: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::Failed {
            seen: seen.into(),
            advice: advice.into(),
        }
    }

    /// Nobody knows.
    pub(super) fn not_made(seen: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::NotMade {
            seen: seen.into(),
            advice: advice.into(),
        }
    }

    /// Nobody knows, since AWS did not say.
    pub(super) fn unread(error: &CloudError) -> Self {
        Self::not_made(
            format!("it could not be read: {}", chain(error)),
            Failure::advice_on(error),
        )
    }
}

/// A verdict on what was read, or that it was not.
pub(super) fn on<T>(read: &Read<T>, judge: impl FnOnce(&T) -> Verdict) -> Verdict {
    match read {
        Ok(seen) => judge(seen),
        Err(error) => Verdict::unread(error),
    }
}
