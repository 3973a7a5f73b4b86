//! What people have been told: one row for each matter, so that one cause is told once, by whatever process. Pure data,
//! and the port to it.
//!
//! Races: two runs of `notify` with reports on the same matter, and a run that is tried again. The ledger arbitrates, by
//! the revision: whoever writes first tells, and the other one counts.

use super::port::Written;
use crate::cloud::CloudError;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// A matter, and how often it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldMatter {
    /// What it is about: [`crate::report::matter::Matter::about`].
    pub about: String,
    /// One more than that of the row it took the place of; 1 for the first.
    pub revision: u64,
    /// How it stood when it was last seen, in the word of reports.
    pub outcome: String,
    /// The line that people read of it.
    pub headline: String,
    /// Since when it stands so.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// When it was last seen to stand so.
    #[serde(with = "time::serde::rfc3339")]
    pub seen_at: OffsetDateTime,
    /// How often it was seen to stand so, or more often: in a storm not each is counted.
    pub seen: u64,
    /// When people were last told that it stands so.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub told_at: Option<OffsetDateTime>,
    /// When it was over.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub ended_at: Option<OffsetDateTime>,
    /// The run that is telling it.
    #[serde(default)]
    pub teller: Option<Teller>,
    /// The last runs that saw it: what one of them reports comes by several ways.
    pub requests: Vec<String>,
    /// The version of Holdfast that wrote it.
    pub written_by: String,
}

/// A run of `notify` that is telling a matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Teller {
    /// Its request id: tried again, it is the same.
    pub request: String,
    /// Until when it has the matter to itself.
    #[serde(with = "time::serde::rfc3339")]
    pub until: OffsetDateTime,
    /// Where it has sent its message already.
    pub sent: Vec<String>,
}

/// The ledger, as `notify` uses it.
pub trait ToldLedger: Send + Sync {
    /// The rows of these matters, read consistently. One of which people were never told is left out.
    ///
    /// # Errors
    /// As for [`super::Ledger::read`].
    fn told(
        &self,
        abouts: &[String],
    ) -> impl Future<Output = Result<Vec<ToldMatter>, CloudError>> + Send;

    /// Stores a row whose `revision` is one more than that of the row that is there (1 when there is none).
    ///
    /// Idempotent on (matter, revision) in effect: repeated after a lost reply it is a conflict, and the row read then
    /// is the very one that was written.
    ///
    /// # Errors
    /// As for [`super::Ledger::read`].
    fn put_told(
        &self,
        row: &ToldMatter,
    ) -> impl Future<Output = Result<Written, CloudError>> + Send;
}
