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

/// A verdict on what was read one by one. What is wrong with some is wrong, whatever could not be read of others. Nothing
/// is passed where one could not be read.
pub(super) fn on_each<T>(reads: &[Read<T>], judge: impl FnOnce(&[&T]) -> Verdict) -> Verdict {
    let seen: Vec<&T> = reads.iter().filter_map(|read| read.as_ref().ok()).collect();
    let unread = reads.iter().find_map(|read| read.as_ref().err());
    match (judge(&seen), unread) {
        (verdict, None) => verdict,
        (
            Verdict::Failed {
                seen: wrong,
                advice,
            },
            Some(error),
        ) if !seen.is_empty() => Verdict::Failed {
            seen: format!("{wrong}; not all could be read: {}", chain(error)),
            advice,
        },
        (_, Some(error)) => Verdict::unread(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denied() -> CloudError {
        CloudError::Denied(holdfast::cloud::Failure {
            action: "sqs:GetQueueAttributes",
            code: Some("AccessDenied".to_owned()),
            message: None,
            request_id: None,
            source: None,
        })
    }

    /// A queue, by how many wait in it.
    fn judged(reads: &[Read<u32>]) -> Verdict {
        on_each(reads, |queues| {
            if queues.iter().any(|waiting| **waiting > 0) {
                Verdict::failed("somebody waits", "see who")
            } else {
                Verdict::passed("nobody waits")
            }
        })
    }

    #[test]
    fn what_is_wrong_is_told_beside_what_could_not_be_read() {
        let Verdict::Failed { seen, .. } = judged(&[Err(denied()), Ok(1)]) else {
            panic!("it is wrong");
        };
        assert!(
            seen.starts_with("somebody waits; not all could be read: "),
            "{seen}"
        );
    }

    #[test]
    fn nothing_is_passed_where_one_could_not_be_read() {
        for reads in [[Ok(0), Err(denied())], [Err(denied()), Err(denied())]] {
            assert!(matches!(judged(&reads), Verdict::NotMade { .. }));
        }
        assert_eq!(judged(&[Ok(0), Ok(0)]), Verdict::passed("nobody waits"));
    }
}
