//! CloudTrail's `LookupEvents`, over what the world has on its trail. Source of names, limits and errors:
//! CloudTrail API reference, `LookupEvents`.
//!
//! New calls are put on the trail between two pages; a page's token therefore names the last event that
//! was shown, and not a position.

use super::json::{refusal, reply};
use super::server::Reply;
use crate::World;
use crate::trail::TrailRecord;
use serde::Deserialize;
use serde_json::{Value, json};

const MAX_RESULTS: usize = 50;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct LookupEvents {
    #[serde(default)]
    lookup_attributes: Vec<LookupAttribute>,
    start_time: Option<f64>,
    end_time: Option<f64>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct LookupAttribute {
    attribute_key: String,
    attribute_value: String,
}

/// One CloudTrail call.
pub(super) fn call(world: &World, action: &str, parameters: &Value) -> Reply {
    if action != "LookupEvents" {
        let message = format!("the simulator does not model {action}");
        return refusal("UnknownOperationException", &message);
    }
    let request = match LookupEvents::deserialize(parameters) {
        Ok(request) => request,
        Err(error) => return refusal("SerializationException", &error.to_string()),
    };
    match look_up(world, &request) {
        Ok(answer) => reply(200, &answer, None),
        Err((code, message)) => refusal(code, message),
    }
}

fn look_up(world: &World, request: &LookupEvents) -> Result<Value, (&'static str, &'static str)> {
    let attribute = match request.lookup_attributes.as_slice() {
        [] => None,
        [one] => Some((one.attribute_key.as_str(), one.attribute_value.as_str())),
        _ => {
            return Err((
                "InvalidLookupAttributesException",
                "You can only have one attribute.",
            ));
        }
    };
    if request
        .start_time
        .zip(request.end_time)
        .is_some_and(|(start, end)| start > end)
    {
        return Err((
            "InvalidTimeRangeException",
            "The start time is after the end time.",
        ));
    }
    let most = request.max_results.unwrap_or(MAX_RESULTS);
    if !(1..=MAX_RESULTS).contains(&most) {
        return Err(("InvalidMaxResultsException", "MaxResults is from 1 to 50."));
    }
    let mut found = world.look_up(attribute);
    found.retain(|record| in_range(record, request));
    let first = match &request.next_token {
        None => 0,
        Some(token) => found
            .iter()
            .position(|record| record.event_id == *token)
            .map(|shown| shown + 1)
            .ok_or((
                "InvalidNextTokenException",
                "The token is not one of this lookup.",
            ))?,
    };
    let page: Vec<_> = found.iter().skip(first).take(most).collect();
    let mut answer = json!({
        "Events": page.iter().map(|record| event(record)).collect::<Vec<_>>(),
    });
    if first + page.len() < found.len()
        && let Some(last) = page.last()
    {
        answer["NextToken"] = last.event_id.as_str().into();
    }
    Ok(answer)
}

/// Times are sent as seconds since 1970; CloudTrail's own are whole seconds.
fn in_range(record: &TrailRecord, request: &LookupEvents) -> bool {
    let at = std::time::Duration::try_from(record.at - time::OffsetDateTime::UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64().floor());
    request.start_time.is_none_or(|start| start <= at)
        && request.end_time.is_none_or(|end| at <= end)
}

fn event(record: &TrailRecord) -> Value {
    let resource =
        |(kind, name): &(&str, String)| json!({ "ResourceType": kind, "ResourceName": name });
    json!({
        "EventId": record.event_id,
        "EventName": record.event_name,
        "ReadOnly": "false",
        "AccessKeyId": record.access_key_id,
        "EventTime": record.at.unix_timestamp(),
        "EventSource": "ec2.amazonaws.com",
        "Username": record.username,
        "Resources": record.resources().iter().map(resource).collect::<Vec<_>>(),
        "CloudTrailEvent": record.detail().to_string(),
    })
}
