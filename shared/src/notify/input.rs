//! What an event has to say: a report from the bus, a failed run from the bus, lines of a log, or a person's wish.
//! Sources: Lambda developer guide, "Retain records of Lambda asynchronous invocations"; CloudWatch Logs user guide,
//! "Log group-level subscription filters".

use super::log_lines;
use super::reading::{bare, of_report, text, unreadable};
use super::state::{Heard, HeardMatter, News};
use crate::events::{EventError, for_another, subject_of};
use crate::model::ids::AccountId;
use crate::report::delivered::{FAILED, FailedRun, failures_that_are_over};
use crate::report::{Function, Origin};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const TEST: &str = "test-notification";
const SUCCESS: &str = "Lambda Function Invocation Result - Success";
const FAILURE: &str = "Lambda Function Invocation Result - Failure";

/// The functions, by what CloudFormation's names for them have in them.
const FUNCTIONS: [(&str, Function); 4] = [
    ("releaseguard", Function::ReleaseGuard),
    ("instancestart", Function::InstanceStart),
    ("alarmfailover", Function::AlarmFailover),
    ("reconcile", Function::Reconcile),
];

pub(super) fn heard(
    event: &Value,
    own: Option<&AccountId>,
    region: &str,
) -> Result<Heard, EventError> {
    if event.get("holdfast").is_some() {
        return wish(event);
    }
    if let Some(data) = event.pointer("/awslogs/data") {
        return log_lines::heard(data, own, region);
    }
    let account = text(event, "/account");
    if account.is_some_and(|there| own.is_some_and(|own| there != own.as_str())) {
        return Ok(Heard::Nothing {
            why: "it is of another account".to_owned(),
        });
    }
    match text(event, "/detail-type") {
        Some(SUCCESS) => Ok(report(event)),
        Some(FAILURE) => Ok(Heard::News(vec![failure(event, own, region)])),
        _ => Err(unreadable(
            "detail-type",
            "expected the result of a Lambda function, lines of a log, or `{\"holdfast\": \"test-notification\"}`",
        )),
    }
}

fn wish(event: &Value) -> Result<Heard, EventError> {
    match text(event, "/holdfast") {
        Some(TEST) => Ok(Heard::Test),
        word => Err(word
            .and_then(for_another)
            .unwrap_or_else(|| unreadable("holdfast", "expected `test-notification`"))),
    }
}

/// A run that ended well: its report, and the end of the failures that it shows to be over.
fn report(event: &Value) -> Heard {
    let Some(mut news) = event
        .pointer("/detail/responsePayload")
        .and_then(|report| of_report(report, request_of(event)))
    else {
        return Heard::Nothing {
            why: "it is no report of Holdfast".to_owned(),
        };
    };
    let subject = event.pointer("/detail/requestPayload").and_then(subject_of);
    let over = failures_that_are_over(&news.function, subject).into_iter();
    news.matters.extend(over.map(|about| HeardMatter {
        about,
        outcome: "refreshed".to_owned(),
        headline: String::new(),
    }));
    Heard::News(vec![news])
}

fn request_of(event: &Value) -> String {
    let id = text(event, "/detail/requestContext/requestId");
    id.or_else(|| text(event, "/id"))
        .unwrap_or_default()
        .to_owned()
}

/// A run that Lambda gave up: after its last try, or since the function ended without an answer.
fn failure(event: &Value, own: Option<&AccountId>, region: &str) -> News {
    let detail = |pointer: &str| text(event, &format!("/detail{pointer}")).unwrap_or_default();
    let arn = detail("/requestContext/functionArn");
    let name = arn.split(':').nth(6).unwrap_or("a function");
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.to_ascii_lowercase();
    let known = FUNCTIONS.iter().find(|(part, _)| plain.contains(part));
    let error = text(event, "/detail/responsePayload/errorType");
    let error = error.unwrap_or(detail("/requestContext/condition"));
    let summary = text(event, "/detail/responsePayload/errorMessage").unwrap_or(error);
    let at =
        text(event, "/detail/timestamp").and_then(|at| OffsetDateTime::parse(at, &Rfc3339).ok());
    let origin = Origin {
        request_id: request_of(event),
        account: own.cloned(),
        region: region.to_owned(),
        log_group: None,
        at: at.unwrap_or(OffsetDateTime::UNIX_EPOCH),
    };
    let Some((_, function)) = known else {
        return bare(name, FAILED, &origin.request_id, region);
    };
    let failed = FailedRun {
        function: *function,
        mode: None,
        error,
        summary,
        subject: event.pointer("/detail/requestPayload").and_then(subject_of),
        report: None,
    };
    let whole = format!("the log of {}", function.word());
    of_report(&failed.delivered(&origin, &whole), origin.request_id).unwrap_or_default()
}
