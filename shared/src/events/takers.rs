//! Which function takes which command of a person: in one place, so that each function can name the right one.

use super::error::EventError;

/// The field by which such an event is known.
pub(super) const FIELD: &str = "holdfast";

/// Every command, and the function that takes it.
pub(super) const COMMANDS: [(&str, &str); 7] = [
    ("plan", ALARM_FAILOVER),
    ("failover", ALARM_FAILOVER),
    ("failback", ALARM_FAILOVER),
    ("pause", ALARM_FAILOVER),
    ("resume", ALARM_FAILOVER),
    ("restore", "release-guard"),
    ("test-notification", "notify"),
];

const ALARM_FAILOVER: &str = "alarm-failover";

/// What to say of a command that another function takes; none where nobody does.
pub(crate) fn for_another(word: &str) -> Option<EventError> {
    let (_, function) = COMMANDS.iter().find(|(known, _)| *known == word)?;
    Some(EventError {
        field: FIELD.to_owned(),
        problem: format!("`{word}` is a command of {function}: send it to that function"),
    })
}
