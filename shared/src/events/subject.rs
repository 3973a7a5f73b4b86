//! What an event says that it is about, in its own words.

use serde_json::Value;

/// Where an event says so.
const PLACES: [&str; 11] = [
    "/detail/requestParameters/allocationId",
    "/requestParameters/allocationId",
    "/detail/instance-id",
    "/detail/EC2InstanceId",
    "/detail/affectedEntities/0/entityValue",
    "/detail/alarmName",
    "/alarmData/alarmName",
    "/Records/0/Sns/TopicArn",
    "/group",
    "/address",
    "/allocation",
];

/// What it is about, as far as it says so itself: for the log line of one that failed, and for who is told of it.
#[must_use]
pub fn subject_of(event: &Value) -> Option<&str> {
    let mut places = PLACES.iter();
    places.find_map(|place| event.pointer(place)?.as_str())
}
