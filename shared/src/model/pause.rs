//! A pause of a group: for maintenance, until a time. Plain data: where it is kept is the ledger's.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

/// Until when nothing of a group is moved, but on a person's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// When it was asked for.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// When it ends by itself.
    #[serde(with = "time::serde::rfc3339")]
    pub until: OffsetDateTime,
    /// Who asked for it, where the command said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

impl Pause {
    /// The longest pause: a group that nobody looks after for longer should not be forgotten.
    pub const LONGEST: Duration = Duration::hours(24);

    /// Whether it lasts at this moment.
    #[must_use]
    pub fn lasts(&self, now: OffsetDateTime) -> bool {
        self.since <= now && now < self.until
    }
}
