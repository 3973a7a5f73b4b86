//! The adapters against a wire that is played: requests are read as bytes, answers are AWS's own.

mod absent;
mod alarms;
mod answers;
mod auto_scaling;
mod batches;
mod config;
mod count;
mod enums;
mod health;
mod history;
mod instances;
mod lease;
mod ledger;
mod member_alarms;
mod moves;
mod networks;
mod paging;
mod record;
mod refusals;
mod requests;
mod signatures;
mod status;
mod table;
mod versions;
mod zonal_shifts;

use super::{Aws, DynamoLedger};
use aws_sdk_ec2::config::{BehaviorVersion, Credentials, Region, SharedHttpClient};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// An answer that was written by hand. AWS's own models have to allow it, unless it says why it is wrong.
#[derive(Debug, Clone, Default)]
struct Answer {
    status: u16,
    body: Vec<u8>,
    /// The only path for which it is meant, where two calls are made at once.
    path: Option<&'static str>,
    /// The header in which REST services name a refusal.
    error_type: Option<&'static str>,
    /// Why AWS would never answer so.
    wrong: Option<&'static str>,
}

impl<T: Into<Vec<u8>>> From<(u16, T)> for Answer {
    fn from((status, body): (u16, T)) -> Self {
        Self {
            status,
            body: body.into(),
            ..Self::default()
        }
    }
}

/// Why an answer is wrong on purpose.
const NOVEL: &str = "a word that AWS does not have yet";
const EMPTY: &str = "an empty element, where the model has one of several words";
const PARTIAL: &str = "an answer that lacks what AWS always tells";

/// A wire with AWS at its other end: it gives the answers in the order in which they were put in, and
/// keeps the requests. When it has no answer left, the connection breaks.
#[derive(Debug, Clone, Default)]
struct Wire {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    requests: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let sent = request.body().bytes().unwrap_or_default();
        self.requests.lock().unwrap().push(sent.to_vec());
        let answer = self.next(record::path(request.uri()));
        record::keep(&request, answer.as_ref());
        let Some(Answer {
            status,
            body,
            error_type,
            ..
        }) = answer
        else {
            let broken = std::io::Error::other("connection reset by peer");
            return HttpConnectorFuture::ready(Err(ConnectorError::io(broken.into())));
        };
        let mut answer = HttpResponse::new(status.try_into().unwrap(), body.into());
        answer.headers_mut().insert("x-amzn-requestid", "request-1");
        if let Some(code) = error_type {
            answer.headers_mut().insert("x-amzn-errortype", code);
        }
        HttpConnectorFuture::ready(Ok(answer))
    }
}

macro_rules! client {
    ($service:ident, $wire:expr) => {
        $service::Client::from_conf(
            $service::Config::builder()
                .behavior_version(BehaviorVersion::v2026_01_12())
                .region(Region::from_static("eu-central-1"))
                .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
                .retry_config($service::config::retry::RetryConfig::disabled())
                .http_client($wire.http_client())
                .build(),
        )
    };
}

/// A client that needs no making.
fn made<T>(client: T) -> impl FnOnce() -> T {
    move || client
}

impl Wire {
    /// The first answer that is meant for this path, or for any.
    fn next(&self, path: &str) -> Option<Answer> {
        let mut answers = self.answers.lock().unwrap();
        let is_meant = |answer: &Answer| answer.path.is_none_or(|only| path.starts_with(only));
        let place = answers.iter().position(is_meant)?;
        answers.remove(place)
    }

    fn answering(answers: impl IntoIterator<Item = String>) -> Self {
        Self::with(answers.into_iter().map(|text| (200, text)))
    }

    fn refusing(code: &str) -> Self {
        Self::with([refusal(code)])
    }

    /// DynamoDB's and CloudTrail's way to refuse.
    fn refusing_json(body: &str) -> Self {
        Self::with([(400, body.to_owned())])
    }

    fn with<T: Into<Answer>>(answers: impl IntoIterator<Item = T>) -> Self {
        let wire = Self::default();
        let answers = answers.into_iter().map(Into::into);
        wire.answers.lock().unwrap().extend(answers);
        wire
    }

    /// Each answer that is still to come is wrong on purpose: `tools/models/check` finds a flaw in it, and fails where it
    /// does not.
    fn wrong(self, reason: &'static str) -> Self {
        self.wrong_where("", reason)
    }

    /// The same of those that have this text in them.
    fn wrong_where(self, text: &str, reason: &'static str) -> Self {
        let has = |body: &[u8]| String::from_utf8_lossy(body).contains(text);
        let mut answers = self.answers.lock().unwrap();
        for answer in answers.iter_mut().filter(|answer| has(&answer.body)) {
            answer.wrong = Some(reason);
        }
        drop(answers);
        self
    }

    fn http_client(&self) -> SharedHttpClient {
        let wire = self.clone();
        http_client_fn(move |_, _| SharedHttpConnector::new(wire.clone()))
    }

    fn cloud(&self) -> Aws {
        Aws::new(
            client!(aws_sdk_ec2, self),
            made(client!(aws_sdk_cloudtrail, self)),
            made(client!(aws_sdk_cloudwatch, self)),
            made(client!(aws_sdk_autoscaling, self)),
            made(client!(aws_sdk_arczonalshift, self)),
        )
    }

    fn ledger(&self) -> DynamoLedger {
        let client = client!(aws_sdk_dynamodb, self);
        DynamoLedger::new(client, "ledger".to_owned(), RETENTION)
    }

    fn requests(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        let text = |sent: &Vec<u8>| String::from_utf8_lossy(sent).into_owned();
        requests.iter().map(text).collect()
    }

    /// The members of each EC2 request, sorted, without `Version`.
    fn calls(&self) -> Vec<Vec<String>> {
        let sorted = |request: &String| {
            let members = request.split('&').map(str::to_owned);
            let mut members: Vec<String> = members
                .filter(|member| !member.starts_with("Version="))
                .collect();
            members.sort();
            members
        };
        self.requests().iter().map(sorted).collect()
    }

    /// The members of the only EC2 request, as they were sent, without `Action` and `Version`.
    fn members(&self) -> Vec<String> {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "{requests:?}");
        let members = requests[0].split('&').map(str::to_owned);
        members
            .filter(|member| !member.starts_with("Action=") && !member.starts_with("Version="))
            .collect()
    }
}

const RETENTION: Duration = Duration::from_hours(24);

/// EC2's way to refuse. Source: EC2 API reference, "Error codes", example error response, and each code's status.
fn refusal(code: &str) -> (u16, String) {
    let refusal = format!(
        "<Response><Errors><Error><Code>{code}</Code><Message>because of it</Message></Error>\
         </Errors><RequestID>request-1</RequestID></Response>"
    );
    let status = match code {
        "UnauthorizedOperation" | "SignatureDoesNotMatch" => 403,
        "DryRunOperation" => 412,
        "InternalError" => 500,
        "RequestLimitExceeded" | "Unavailable" => 503,
        _ => 400,
    };
    (status, refusal)
}

/// How services of the query protocol refuse. Source: EC2 Auto Scaling API reference, "Common Error Types".
fn query_refusal(status: u16, code: &str, message: &str) -> (u16, String) {
    let error = format!(
        "<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    let id = "<RequestId>request-1</RequestId>";
    let refusal = format!("<ErrorResponse>{error}{id}</ErrorResponse>");
    (status, refusal)
}

/// An EC2 answer with its namespace.
fn ec2(action: &str, inside: &str) -> String {
    format!(
        "<{action}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
         <requestId>request-1</requestId>{inside}</{action}Response>"
    )
}
