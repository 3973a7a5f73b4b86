//! What a run asked, in its order, with what it was answered and when.

use crate::refusal::Refusal;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use time::OffsetDateTime;

/// One call, and its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The call, as its port names it: `addresses`, `put_snapshot`.
    pub call: String,
    /// What was asked for. A row that is written is named by its key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<Value>,
    /// When the answer came. Without it the run gave the call up before there was one.
    #[serde(
        default,
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub at: Option<OffsetDateTime>,
    /// The answer; `null` is one: there is no such interface.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub answer: Option<Value>,
    /// Why there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
}

/// A `null` that stands there is an answer.
fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(Some)
}

impl Entry {
    /// A call that has no answer yet.
    #[must_use]
    pub fn asking(call: &str, asked: Vec<Value>) -> Self {
        Self {
            call: call.to_owned(),
            asked,
            at: None,
            answer: None,
            refusal: None,
        }
    }

    /// The call in words: `addresses ["all"]`.
    #[must_use]
    pub fn in_words(call: &str, asked: &[Value]) -> String {
        let each: Vec<String> = asked.iter().map(ToString::to_string).collect();
        if each.is_empty() {
            call.to_owned()
        } else {
            format!("{call} {}", each.join(", "))
        }
    }
}

/// A tape that is being written. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Tape(Arc<Mutex<Vec<Entry>>>);

impl Tape {
    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a call; gives its place.
    pub(crate) fn note(&self, entry: Entry) -> usize {
        let mut entries = self.entries();
        entries.push(entry);
        entries.len() - 1
    }

    /// Notes how the call at this place ended.
    pub(crate) fn note_end(&self, place: usize, at: OffsetDateTime, end: Result<Value, Refusal>) {
        if let Some(entry) = self.entries().get_mut(place) {
            entry.at = Some(at);
            match end {
                Ok(answer) => entry.answer = Some(answer),
                Err(refusal) => entry.refusal = Some(refusal),
            }
        }
    }

    /// What is on it by now.
    #[must_use]
    pub fn copied(&self) -> Vec<Entry> {
        self.entries().clone()
    }
}
