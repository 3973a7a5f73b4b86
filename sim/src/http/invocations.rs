//! How a function is called: by whoever waits for its answer, by whoever does not, or for show. What it writes goes to its
//! log group; what became of an event that nobody waited for goes to its destinations.
//!
//! The simulator runs no code itself: whoever starts it says who does, by [`Functions`].
//!
//! Races: invocations run side by side, and no lock is held while one runs. What Lambda does between two tries of an event
//! (wait a minute, then two) is left out: one follows the other at once.

use super::front::Front;
use super::lambda::{Found, Refusal, find, parameters_of};
use super::server::Reply;
use crate::services::{FunctionState, LambdaFunction};
use crate::trail::timestamp;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use time::OffsetDateTime;

/// Source: Lambda developer guide, "Lambda quotas": 6 MB where somebody waits, 1 MB where nobody does.
const LARGEST_AWAITED: usize = 6 * 1024 * 1024;
const LARGEST_UNAWAITED: usize = 1024 * 1024;
/// "the last 4 KB of the execution log"
const LOG_TAIL: usize = 4 * 1024;

/// Runs the functions of the simulated account.
pub trait Functions: Debug + Send + Sync {
    /// Runs one invocation to its end.
    fn run(&self, invocation: Invocation) -> Running<'_>;
}

/// A run that is under way.
pub type Running<'a> = Pin<Box<dyn Future<Output = Ran> + Send + 'a>>;

/// One call of a function.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// Which function, as it is set up now.
    pub function: LambdaFunction,
    /// Which version: `$LATEST`, or a number.
    pub version: String,
    /// The id of this invocation.
    pub request_id: String,
    /// The key that its calls are signed with: the simulator takes it for the function's role.
    pub access_key: String,
    /// The event.
    pub payload: Bytes,
}

/// What became of an invocation.
#[derive(Debug, Clone)]
pub struct Ran {
    /// What the function answered, or what Lambda says of its failure, each as JSON.
    pub result: Result<Bytes, Bytes>,
    /// What it wrote, line by line.
    pub log: Vec<String>,
}

/// The access key of a function.
pub(super) fn access_key(function: &str) -> String {
    let letters = function.chars().filter(char::is_ascii_alphanumeric);
    format!("ASIA{}", letters.collect::<String>().to_ascii_uppercase())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Invoke {
    function_name: String,
    qualifier: Option<String>,
    #[serde(default)]
    invocation_type: Kind,
    #[serde(default)]
    log_type: LogType,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Kind {
    #[default]
    RequestResponse,
    Event,
    DryRun,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
enum LogType {
    #[default]
    None,
    Tail,
}

/// One call of a function over HTTP.
pub(super) async fn call(
    front: &Arc<Front>,
    parameters: &Value,
    payload: &Bytes,
) -> Result<Reply, Refusal> {
    let invoke: Invoke = parameters_of(parameters)?;
    let found = find(&front.world(), &invoke.function_name, invoke.qualifier)?;
    let payload = checked(payload, invoke.invocation_type)?;
    if invoke.invocation_type == Kind::DryRun {
        return Ok(answered(204, Bytes::new(), Vec::new()));
    }
    ready(&found.function)?;
    let Some(functions) = front.state().functions.clone() else {
        let message = "the simulator was not told who runs functions";
        return Err(Refusal::new("ServiceException", message));
    };
    if invoke.invocation_type == Kind::Event {
        let front = Arc::clone(front);
        tokio::spawn(async move { unawaited(&front, functions.as_ref(), &found, payload).await });
        return Ok(answered(202, Bytes::new(), Vec::new()));
    }
    let (ran, lines) = run(front, functions.as_ref(), &found, payload).await;
    let mut headers = vec![("x-amz-executed-version", found.version.clone())];
    if invoke.log_type == LogType::Tail {
        headers.push(("x-amz-log-result", STANDARD.encode(tail(&lines))));
    }
    let body = match ran.result {
        Ok(answer) => answer,
        Err(failure) => {
            headers.push(("x-amz-function-error", "Unhandled".to_owned()));
            failure
        }
    };
    Ok(answered(200, body, headers))
}

fn checked(payload: &Bytes, kind: Kind) -> Result<Bytes, Refusal> {
    let most = match kind {
        Kind::Event => LARGEST_UNAWAITED,
        Kind::RequestResponse | Kind::DryRun => LARGEST_AWAITED,
    };
    if payload.len() > most {
        let message =
            format!("Request must be smaller than {most} bytes for the InvokeFunction operation");
        return Err(Refusal::new("RequestTooLargeException", message));
    }
    if payload.is_empty() {
        return Ok(Bytes::from_static(b"{}"));
    }
    let parsed: Result<serde::de::IgnoredAny, _> = serde_json::from_slice(payload);
    match parsed {
        Ok(_) => Ok(payload.clone()),
        Err(error) => {
            let message = format!("Could not parse request body into json: {error}");
            Err(Refusal::new("InvalidRequestContentException", message))
        }
    }
}

fn ready(function: &LambdaFunction) -> Result<(), Refusal> {
    let name = &function.function_name;
    match function.state {
        FunctionState::Active => {}
        FunctionState::Pending => {
            let message = format!(
                "The operation cannot be performed at this time. The function is currently in the following state: \
                 Pending ({name})"
            );
            return Err(Refusal::new("ResourceConflictException", message));
        }
        FunctionState::Inactive | FunctionState::Failed => {
            let message = format!("The function {name} is not ready to be invoked.");
            return Err(Refusal::new("ResourceNotReadyException", message));
        }
    }
    if function.reserved_concurrency == Some(0) {
        return Err(Refusal::new("TooManyRequestsException", "Rate Exceeded."));
    }
    Ok(())
}

/// An event that nobody waits for: tried again as often as the function is set up for, and told to its destinations.
async fn unawaited(front: &Arc<Front>, functions: &dyn Functions, found: &Found, payload: Bytes) {
    let most = found.function.maximum_retry_attempts + 1;
    let mut count = 1;
    let ran = loop {
        let (ran, _) = run(front, functions, found, payload.clone()).await;
        if ran.result.is_ok() || count == most {
            break ran;
        }
        count += 1;
    };
    let destination = match &ran.result {
        Ok(_) => &found.function.on_success,
        Err(_) => &found.function.on_failure,
    };
    if let Some(arn) = destination {
        let record = record(front, found, &payload, (&ran.result, count));
        tell(front, arn, &record, ran.result.is_ok());
    }
}

/// What a destination is told (Lambda developer guide, "Capturing records of Lambda asynchronous invocations").
fn record(
    front: &Front,
    found: &Found,
    payload: &[u8],
    (result, count): (&Result<Bytes, Bytes>, u32),
) -> Value {
    let parsed = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap_or_default();
    let world = front.world();
    let arn = found.function.arn(world.region(), world.account());
    let mut record = json!({
        "version": "1.0",
        "timestamp": timestamp(world.now()),
        "requestContext": {
            "functionArn": format!("{arn}:{}", found.version),
            "condition": if result.is_ok() { "Success" } else { "RetriesExhausted" },
            "approximateInvokeCount": count,
        },
        "requestPayload": parsed(payload),
        "responseContext": { "statusCode": 200, "executedVersion": found.version },
    });
    match result {
        Ok(answer) => record["responsePayload"] = parsed(answer),
        Err(failure) => {
            record["responseContext"]["functionError"] = "Unhandled".into();
            record["responsePayload"] = parsed(failure);
        }
    }
    record
}

/// To a queue as it is; to a bus as an event.
fn tell(front: &Front, arn: &str, record: &Value, went_well: bool) {
    let mut world = front.world();
    let now = world.now();
    let Some((_, bus)) = arn.split_once(":event-bus/") else {
        world.services_mut().tell(arn, record, now);
        return;
    };
    let how = if went_well { "Success" } else { "Failure" };
    let event = json!({
        "version": "0",
        "source": "lambda",
        "detail-type": format!("Lambda Function Invocation Result - {how}"),
        "account": world.account(),
        "region": world.region(),
        "time": timestamp(now),
        "resources": [arn],
        "detail": record,
    });
    world.services_mut().publish(bus, &event, now);
}

/// One run, and the lines that it left.
async fn run(
    front: &Front,
    functions: &dyn Functions,
    found: &Found,
    payload: Bytes,
) -> (Ran, Vec<String>) {
    let number = front.next_invocation();
    let request_id = format!("00000000-0000-4000-8000-{number:012}");
    let function = &found.function;
    let began = front.now();
    let ran = functions
        .run(Invocation {
            function: function.clone(),
            version: found.version.clone(),
            request_id: request_id.clone(),
            access_key: access_key(&function.function_name),
            payload,
        })
        .await;
    let ended = front.now();
    let lines = lines(found, &request_id, &ran, (began, ended));
    let (group, stream) = (function.log_group(), stream(found, began));
    let mut world = front.world();
    for line in &lines {
        let place = (group.as_str(), stream.as_str());
        world
            .services_mut()
            .logs_mut()
            .write(place, ended, ended, line.clone());
    }
    drop(world);
    (ran, lines)
}

/// One stream a day and version; at AWS each environment has its own.
fn stream(found: &Found, at: OffsetDateTime) -> String {
    let (year, month, day) = at.to_calendar_date();
    format!(
        "{year:04}/{:02}/{day:02}/[{}]{:032x}",
        u8::from(month),
        found.version,
        0
    )
}

/// What the function wrote, between the lines that Lambda itself writes.
fn lines(
    found: &Found,
    request_id: &str,
    ran: &Ran,
    (began, ended): (OffsetDateTime, OffsetDateTime),
) -> Vec<String> {
    let took = (ended - began).whole_milliseconds();
    let version = &found.version;
    let is_json = found.function.log_format == "JSON";
    let time = timestamp(began);
    let status = if ran.result.is_ok() {
        "success"
    } else {
        "error"
    };
    let (before, after) = if is_json {
        let start = json!({ "requestId": request_id, "version": version });
        let report =
            json!({ "requestId": request_id, "status": status, "metrics": { "durationMs": took } });
        (
            json!({ "time": time, "type": "platform.start", "record": start }).to_string(),
            json!({ "time": timestamp(ended), "type": "platform.report", "record": report })
                .to_string(),
        )
    } else {
        (
            format!("START RequestId: {request_id} Version: {version}"),
            format!(
                "END RequestId: {request_id}\nREPORT RequestId: {request_id}\tDuration: {took} ms"
            ),
        )
    };
    let own = ran.log.iter().cloned();
    std::iter::once(before).chain(own).chain([after]).collect()
}

fn tail(lines: &[String]) -> Vec<u8> {
    let mut text = lines.join("\n").into_bytes();
    text.push(b'\n');
    text.split_off(text.len().saturating_sub(LOG_TAIL))
}

fn answered(status: u16, body: Bytes, headers: Vec<(&'static str, String)>) -> Reply {
    Reply {
        status,
        content_type: "application/json",
        body,
        refused: None,
        headers,
    }
}
