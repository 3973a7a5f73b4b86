//! CloudWatch Logs' reads by JSON 1.1: `DescribeLogGroups`, `DescribeLogStreams`, `GetLogEvents`, `FilterLogEvents`. Source
//! of names, limits and errors: CloudWatch Logs API reference.
//!
//! New events are written between two pages: a token of `FilterLogEvents` names the last event that was looked at.

use super::json::{refusal, reply};
use super::server::Reply;
use crate::World;
use crate::services::{LogEvent, LogGroup, LogPattern};
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

/// What `X-Amz-Target` begins with.
pub(super) const NAMESPACE: &str = "Logs_20140328";
/// "The maximum number of events to return. The default is 10,000 events."
const EVENTS: usize = 10_000;
/// "If you don't specify a value, the default is up to 50 items", and 50 is the most.
const ITEMS: usize = 50;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DescribeLogGroups {
    log_group_name_prefix: Option<String>,
    log_group_name_pattern: Option<String>,
    next_token: Option<String>,
    limit: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DescribeLogStreams {
    #[serde(alias = "logGroupIdentifier")]
    log_group_name: String,
    log_stream_name_prefix: Option<String>,
    order_by: Option<String>,
    #[serde(default)]
    descending: bool,
    next_token: Option<String>,
    limit: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GetLogEvents {
    #[serde(alias = "logGroupIdentifier")]
    log_group_name: String,
    log_stream_name: String,
    start_time: Option<i64>,
    end_time: Option<i64>,
    next_token: Option<String>,
    limit: Option<usize>,
    #[serde(default)]
    start_from_head: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FilterLogEvents {
    #[serde(alias = "logGroupIdentifier")]
    log_group_name: String,
    #[serde(default)]
    log_stream_names: Vec<String>,
    log_stream_name_prefix: Option<String>,
    start_time: Option<i64>,
    end_time: Option<i64>,
    filter_pattern: Option<String>,
    next_token: Option<String>,
    limit: Option<usize>,
    /// "Starting on June 17, 2019, this parameter is ignored and the value is assumed to be true."
    #[serde(rename = "interleaved")]
    _interleaved: Option<bool>,
}

type Refusal = (&'static str, String);
type Answer = Result<Value, Refusal>;

/// One call. `looked_at` is how many events one page of `FilterLogEvents` looks at. CloudWatch Logs may stop before it has
/// found as many as were asked for: a page then has few events or none, and a token.
pub(super) fn call(
    world: &World,
    action: &str,
    parameters: &Value,
    looked_at: Option<u32>,
) -> Reply {
    let answer = match action {
        "DescribeLogGroups" => read(parameters).and_then(|asked| groups(world, &asked)),
        "DescribeLogStreams" => read(parameters).and_then(|asked| streams(world, &asked)),
        "GetLogEvents" => read(parameters).and_then(|asked| events(world, &asked)),
        "FilterLogEvents" => read(parameters).and_then(|asked| filter(world, &asked, looked_at)),
        other => Err((
            "UnknownOperationException",
            format!("the simulator does not model {other}"),
        )),
    };
    match answer {
        Ok(answer) => reply(200, &answer, None),
        Err((code, message)) => refusal(code, &message),
    }
}

fn read<'a, T: Deserialize<'a>>(parameters: &'a Value) -> Result<T, Refusal> {
    T::deserialize(parameters).map_err(|error| invalid(&error.to_string()))
}

fn invalid(message: &str) -> Refusal {
    ("InvalidParameterException", message.to_owned())
}

fn arn(world: &World, group: &str) -> String {
    let (region, account) = (world.region(), world.account());
    format!("arn:aws:logs:{region}:{account}:log-group:{group}")
}

/// A group by its name or its ARN.
fn group<'a>(world: &'a World, name: &str) -> Result<(String, &'a LogGroup), Refusal> {
    let own = name.rsplit_once(":log-group:").map_or(name, |(_, own)| own);
    let own = own.trim_end_matches(":*");
    let found = world.services().logs().group(own);
    let found = found.ok_or_else(|| {
        let message = "The specified log group does not exist.";
        ("ResourceNotFoundException", message.to_owned())
    })?;
    Ok((own.to_owned(), found))
}

fn milliseconds(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

/// The place that a token of ours stands for.
fn place(token: Option<&str>) -> Result<usize, Refusal> {
    let digits = token.map(|token| token.rsplit('/').next().unwrap_or(token));
    digits.map_or(Ok(0), |digits| {
        digits
            .parse()
            .map_err(|_| invalid("The specified nextToken is invalid."))
    })
}

fn size(limit: Option<usize>, most: usize) -> Result<usize, Refusal> {
    let size = limit.unwrap_or(most);
    (1..=most).contains(&size).then_some(size).ok_or_else(|| {
        invalid(&format!(
            "Value '{size}' at 'limit' failed to satisfy constraint: from 1 to {most}"
        ))
    })
}

fn page(items: Vec<Value>, name: &str, token: Option<&str>, limit: Option<usize>) -> Answer {
    let (start, size) = (place(token)?, size(limit, ITEMS)?);
    let next = start + size;
    let is_last = next >= items.len();
    let items: Vec<Value> = items.into_iter().skip(start).take(size).collect();
    let mut answer = json!({ (name): items });
    if !is_last {
        answer["nextToken"] = next.to_string().into();
    }
    Ok(answer)
}

fn groups(world: &World, asked: &DescribeLogGroups) -> Answer {
    let (prefix, pattern) = (&asked.log_group_name_prefix, &asked.log_group_name_pattern);
    if prefix.is_some() && pattern.is_some() {
        return Err(invalid(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
        ));
    }
    let wanted = |name: &str| {
        prefix
            .as_ref()
            .is_none_or(|prefix| name.starts_with(prefix))
            && pattern.as_ref().is_none_or(|part| name.contains(part))
    };
    let groups = world.services().logs().groups();
    let groups = groups
        .filter(|(name, _)| wanted(name))
        .map(|(name, group)| {
            let stored = group.events(|_| true);
            let stored: usize = stored.iter().map(|(_, event)| event.message.len()).sum();
            let mut described = json!({
                "logGroupName": name,
                "creationTime": milliseconds(group.created),
                "metricFilterCount": 0,
                "arn": format!("{}:*", arn(world, name)),
                "logGroupArn": arn(world, name),
                "storedBytes": stored,
                "logGroupClass": "STANDARD",
            });
            if let Some(days) = group.retention_in_days {
                described["retentionInDays"] = days.into();
            }
            described
        });
    page(
        groups.collect(),
        "logGroups",
        asked.next_token.as_deref(),
        asked.limit,
    )
}

fn streams(world: &World, asked: &DescribeLogStreams) -> Answer {
    let (name, group) = group(world, &asked.log_group_name)?;
    let prefix = asked.log_stream_name_prefix.as_ref();
    let by_time = match asked.order_by.as_deref() {
        None | Some("LogStreamName") => false,
        Some("LastEventTime") if prefix.is_none() => true,
        Some("LastEventTime") => {
            return Err(invalid(
                "Cannot order by LastEventTime with a logStreamNamePrefix.",
            ));
        }
        Some(other) => return Err(invalid(&format!("`{other}` is no orderBy"))),
    };
    let streams = group.streams.iter();
    let mut streams: Vec<_> = streams
        .filter(|(name, _)| prefix.is_none_or(|prefix| name.starts_with(prefix)))
        .collect();
    if by_time {
        streams.sort_by_key(|(_, stream)| stream.events.last().map(|event| event.at));
    }
    if asked.descending {
        streams.reverse();
    }
    let described = streams.into_iter().map(|(stream_name, stream)| {
        let mut described = json!({
            "logStreamName": stream_name,
            "creationTime": milliseconds(stream.created),
            "arn": format!("{}:log-stream:{stream_name}", arn(world, &name)),
        });
        if let (Some(first), Some(last)) = (stream.events.first(), stream.events.last()) {
            described["firstEventTimestamp"] = milliseconds(first.at).into();
            described["lastEventTimestamp"] = milliseconds(last.at).into();
            described["lastIngestionTime"] = milliseconds(last.ingested).into();
        }
        described
    });
    page(
        described.collect(),
        "logStreams",
        asked.next_token.as_deref(),
        asked.limit,
    )
}

fn is_within(event: &LogEvent, start: Option<i64>, end: Option<i64>, includes_end: bool) -> bool {
    let at = milliseconds(event.at);
    start.is_none_or(|start| start <= at)
        && end.is_none_or(|end| at < end || (includes_end && at == end))
}

/// "Events with a timestamp equal to or later than [the end time] are not included."
fn events(world: &World, asked: &GetLogEvents) -> Answer {
    let (_, group) = group(world, &asked.log_group_name)?;
    let stream = group.streams.get(&asked.log_stream_name).ok_or_else(|| {
        let message = "The specified log stream does not exist.";
        ("ResourceNotFoundException", message.to_owned())
    })?;
    let size = size(asked.limit, EVENTS)?;
    let events: Vec<&LogEvent> = stream
        .events
        .iter()
        .filter(|event| is_within(event, asked.start_time, asked.end_time, false))
        .collect();
    let token = asked.next_token.as_deref();
    let (start, end) = match token.and_then(|token| token.split_once('/')) {
        Some(("f", _)) => {
            let start = place(token)?.min(events.len());
            (start, events.len().min(start + size))
        }
        Some(("b", _)) => {
            let end = place(token)?.min(events.len());
            (end.saturating_sub(size), end)
        }
        Some(_) => return Err(invalid("The specified nextToken is invalid.")),
        None if token.is_some() => {
            return Err(invalid("The specified nextToken is invalid."));
        }
        None if asked.start_from_head => (0, events.len().min(size)),
        None => (events.len().saturating_sub(size), events.len()),
    };
    let shown = events[start..end].iter().map(|event| {
        json!({
            "timestamp": milliseconds(event.at),
            "message": event.message,
            "ingestionTime": milliseconds(event.ingested),
        })
    });
    Ok(json!({
        "events": shown.collect::<Vec<_>>(),
        "nextForwardToken": format!("f/{end}"),
        "nextBackwardToken": format!("b/{start}"),
    }))
}

/// "Events with a timestamp later than [the end time] are not returned."
fn filter(world: &World, asked: &FilterLogEvents, looked_at: Option<u32>) -> Answer {
    let (_, group) = group(world, &asked.log_group_name)?;
    let (names, prefix) = (&asked.log_stream_names, &asked.log_stream_name_prefix);
    if !names.is_empty() && prefix.is_some() {
        return Err(invalid(
            "logStreamNamePrefix and logStreamNames are mutually exclusive parameters.",
        ));
    }
    let pattern = asked.filter_pattern.as_deref().unwrap_or_default();
    let pattern = LogPattern::read(pattern).ok_or_else(|| {
        invalid(&format!(
            "Invalid filter pattern, or not modelled: {pattern}"
        ))
    })?;
    let size = size(asked.limit, EVENTS)?;
    let all = group.events(|stream| {
        (names.is_empty() || names.iter().any(|name| name == stream))
            && prefix
                .as_ref()
                .is_none_or(|prefix| stream.starts_with(prefix))
    });
    let all: Vec<_> = all
        .into_iter()
        .filter(|(_, event)| is_within(event, asked.start_time, asked.end_time, true))
        .collect();
    let start = match asked.next_token.as_deref() {
        None => 0,
        Some(token) => {
            let seen = all.iter().position(|(_, event)| event.event_id == token);
            seen.map(|seen| seen + 1)
                .ok_or_else(|| invalid("The specified nextToken is invalid."))?
        }
    };
    let most = looked_at.map_or(usize::MAX, |most| {
        usize::try_from(most).unwrap_or(usize::MAX)
    });
    let mut found = Vec::new();
    let mut end = start;
    while end < all.len() && end - start < most && found.len() < size {
        let (stream, event) = all[end];
        if pattern.fits(&event.message) {
            found.push(json!({
                "logStreamName": stream,
                "timestamp": milliseconds(event.at),
                "message": event.message,
                "ingestionTime": milliseconds(event.ingested),
                "eventId": event.event_id,
            }));
        }
        end += 1;
    }
    let mut answer = json!({ "events": found, "searchedLogStreams": [] });
    if end < all.len() && end > start {
        answer["nextToken"] = all[end - 1].1.event_id.as_str().into();
    }
    Ok(answer)
}
