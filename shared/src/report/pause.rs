//! What is said of a pause.

use super::finding::Finding;
use super::moment::utc;
use crate::model::pause::Pause;
use serde::Serialize;
use time::OffsetDateTime;

/// A pause, as reports have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PauseReport {
    /// When it was asked for.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// When it ends by itself.
    #[serde(with = "time::serde::rfc3339")]
    pub until: OffsetDateTime,
    /// Who asked for it, where the command said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

impl From<&Pause> for PauseReport {
    fn from(pause: &Pause) -> Self {
        Self {
            since: pause.since,
            until: pause.until,
            by: pause.by.clone(),
        }
    }
}

/// `paused until 2026-03-01T14:30:00Z by anna`.
#[must_use]
pub fn paused(pause: &Pause) -> String {
    let until = utc(pause.until);
    match &pause.by {
        Some(by) => format!("paused until {until} by {by}"),
        None => format!("paused until {until}"),
    }
}

impl Finding {
    /// A group that is paused.
    #[must_use]
    pub fn paused(group: &str, pause: &Pause) -> Self {
        Self {
            what: format!("the group {group} is {}", paused(pause)),
            why: format!(
                "somebody asked for it at {}: until then no alarm, no lost instance and no sweep moves anything of it",
                utc(pause.since)
            ),
            next: format!(
                "nothing: it ends by itself, and what is left to do then is done within one sweep; to end it at once, \
                 resume the group {group} (docs/RUNBOOK.md, Pause)"
            ),
        }
    }
}
