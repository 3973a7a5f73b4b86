//! JSON in, a typed [`Trigger`] out: parse, don't validate. A known event becomes a variant; a known
//! event that does not concern addresses becomes `Ignored` with its reason; anything else is an error
//! that names the field. Nothing here panics, whatever the JSON.

mod account;
mod action;
pub mod alarm;
mod command;
mod envelope;
mod error;
mod event_bridge;
mod health_event;
mod lifecycle_action;
mod notification;
mod parameters;
mod record;
mod serialisation;
mod state_change;
mod subject;
mod takers;
mod trigger;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

use crate::model::ids::AccountId;
pub use error::EventError;
pub use record::from_lookup;
use serde_json::Value;
pub use subject::subject_of;
pub(crate) use takers::for_another;
pub use trigger::{
    AddressName, HealthEvent, Ignored, InstanceStateChange, LifecycleNotice, OperatorCommand,
    SpotNotice, SpotNoticeKind, Trigger,
};

/// Reads what set a function going: an event in EventBridge's envelope, a bare CloudTrail record, a
/// CloudWatch alarm, directly or from an SNS topic, or what a person asks for.
///
/// # Errors
/// When the event is none of these, or a field that is needed is missing or is not what it should be;
/// the error names the field.
pub fn parse(event: &Value) -> Result<Trigger, EventError> {
    let has = |field: &str| event.get(field).is_some();
    if has(takers::FIELD) {
        command::parse(event).map(Trigger::Command)
    } else if has("detail-type") || has("detail") {
        event_bridge::parse(event)
    } else if has("eventSource") || has("eventName") {
        record::parse(event, "")
    } else if has("alarmData") {
        state_change::action(event).map(Trigger::from)
    } else if has("Records") {
        notification::topic(event)
    } else if event.is_object() {
        Err(EventError {
            field: "detail-type".to_owned(),
            problem: format!("missing: expected {}", envelope::KNOWN_SHAPES),
        })
    } else {
        Err(EventError {
            field: EventError::WHOLE.to_owned(),
            problem: format!("not an object: expected {}", envelope::KNOWN_SHAPES),
        })
    }
}

/// Reads an event as [`parse`] does, if it is of the account `own`. One of another account is ignored, whether it can be
/// read or not.
///
/// # Errors
/// As for [`parse`].
pub fn parse_of_account(event: &Value, own: &AccountId) -> Result<Trigger, EventError> {
    let read = parse(event);
    let Some(there) = account::other_account(event, own) else {
        return read;
    };
    if let Ok(Trigger::Ignored(_)) = read {
        return read;
    }
    Ok(Trigger::Ignored(Ignored {
        what: read.map_or_else(|_| "an event".to_owned(), |trigger| trigger.to_string()),
        why: format!("it is of account {there}, and this installation looks after account {own}"),
    }))
}
