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

/// Rows of the ledger that cannot be read, in words.
pub(super) fn rows_in_words(names: &[String]) -> String {
    format!("rows that cannot be read: {}", names.join(", "))
}

/// What to do about such rows.
pub(super) const MEND_ROWS: &str = "Deploy the version that wrote them again, or repair them: docs/UPGRADE.md, A row \
                                    that cannot be read.";

/// What is passed by the rows that were read is passed only where there is no other.
pub(super) fn if_all_rows(unreadable: &[String], verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Passed { .. } if !unreadable.is_empty() => {
            Verdict::not_made(rows_in_words(unreadable), MEND_ROWS)
        }
        _ => verdict,
    }
}

/// A verdict on what was read, or that it was not.
pub(super) fn on<T>(read: &Read<T>, judge: impl FnOnce(&T) -> Verdict) -> Verdict {
    match read {
        Ok(seen) => judge(seen),
        Err(error) => Verdict::unread(error),
    }
}
