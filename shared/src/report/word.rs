//! The words that reports carry, for texts.

use super::{Function, Outcome};
use serde::Serialize;
use serde_json::Value;

pub(super) fn word(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        other => format!("{other:?}"),
    }
}

impl Outcome {
    /// `failed-over`.
    #[must_use]
    pub fn word(self) -> String {
        word(self)
    }
}

impl Function {
    /// `alarm-failover`.
    #[must_use]
    pub fn word(self) -> String {
        word(self)
    }
}
