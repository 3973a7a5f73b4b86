//! What a person asks of alarm-failover.

use crate::scenarios::placement::GROUP;
use serde_json::{Value, json};

/// What a person asks: everything to a member.
#[must_use]
pub fn switchover(to: Option<&str>) -> Value {
    match to {
        Some(to) => json!({"holdfast": "failover", "group": GROUP.1, "to": to}),
        None => json!({"holdfast": "failover", "group": GROUP.1}),
    }
}

/// What a person asks: what would happen.
#[must_use]
pub fn plan() -> Value {
    json!({"holdfast": "plan", "group": GROUP.1})
}
