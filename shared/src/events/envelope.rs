//! EventBridge's envelope, read into the type that `aws_lambda_events` has for it.
//!
//! That type is stricter than a decision: it refuses an event without a `source`, and one whose `time` is none, even
//! where nobody asks for them. So it gets the fields that the caller needs, and no others.

use super::error::EventError;
use super::serialisation::{located, not_a_time, not_null, require};
use aws_lambda_events::eventbridge::EventBridgeEvent;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::de::value::MapDeserializer;
use serde_json::Value;
use time::{Duration, OffsetDateTime};

/// What a function understands, for the error of an event that is none of it.
pub(super) const KNOWN_SHAPES: &str = "an EventBridge event (`AWS API Call via CloudTrail`, `Scheduled \
     Event`, `CloudWatch Alarm State Change`, ...), a CloudTrail record, a CloudWatch alarm, or \
     `{\"holdfast\": \"plan\", \"group\": \"...\"}`";

/// The detail of an envelope, where it is read by itself.
pub(super) type Unread = Option<()>;

const TIME: &str = "time";

static NO_SOURCE: Value = Value::String(String::new());

/// The detail type and the source of an event, and of its other fields those in `needed`. A source that is missing is
/// empty: it tells a schedule from an event that only calls itself one, and matters for no other event that is acted on.
pub(super) fn read<T>(event: &Value, needed: &[&str]) -> Result<EventBridgeEvent<T>, EventError>
where
    T: DeserializeOwned + Serialize,
{
    let detail_type = not_null(event, "detail-type");
    let detail_type = require(detail_type, "", "detail-type", KNOWN_SHAPES)?;
    let source = not_null(event, "source").unwrap_or(&NO_SOURCE);
    let more = needed
        .iter()
        .filter_map(|field| Some((*field, not_null(event, field)?)));
    let fields = [("detail-type", detail_type), ("source", source)];
    let fields = MapDeserializer::<_, serde_json::Error>::new(fields.into_iter().chain(more));
    serde_path_to_error::deserialize(fields).map_err(|error| quoting(event, located(&error, "")))
}

/// The error. A time that is none is quoted, which the type's own error does not do.
fn quoting(event: &Value, error: EventError) -> EventError {
    match event.get(TIME) {
        Some(Value::String(text)) if error.field == TIME => EventError {
            problem: not_a_time(text, &error.problem),
            ..error
        },
        _ => error,
    }
}

/// When the event was sent, where `time` was asked for and is there.
pub(super) fn sent_at<T>(
    envelope: &EventBridgeEvent<T>,
) -> Result<Option<OffsetDateTime>, EventError>
where
    T: DeserializeOwned + Serialize,
{
    let Some(time) = envelope.time else {
        return Ok(None);
    };
    let second = OffsetDateTime::from_unix_timestamp(time.timestamp()).ok();
    let fraction = Duration::nanoseconds(time.timestamp_subsec_nanos().into());
    let at = second.and_then(|second| second.checked_add(fraction));
    let at = at.ok_or_else(|| EventError {
        field: TIME.to_owned(),
        problem: format!("`{time}` is out of range: expected a year of four digits"),
    });
    at.map(Some)
}
