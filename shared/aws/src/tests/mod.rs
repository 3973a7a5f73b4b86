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

/// An answer: its status and its body.
type Scripted = (u16, Vec<u8>);

/// A wire with AWS at its other end: it gives the answers in the order in which they were put in, and
/// keeps the requests. When it has no answer left, the connection breaks.
#[derive(Debug, Clone, Default)]
struct Wire {
    answers: Arc<Mutex<VecDeque<Scripted>>>,
    requests: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let sent = request.body().bytes().unwrap_or_default();
        self.requests.lock().unwrap().push(sent.to_vec());
        let Some((status, body)) = self.answers.lock().unwrap().pop_front() else {
            let broken = std::io::Error::other("connection reset by peer");
            return HttpConnectorFuture::ready(Err(ConnectorError::io(broken.into())));
        };
        let mut answer = HttpResponse::new(status.try_into().unwrap(), body.into());
        answer.headers_mut().insert("x-amzn-requestid", "request-1");
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

impl Wire {
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

    fn with(answers: impl IntoIterator<Item = (u16, String)>) -> Self {
        let wire = Self::default();
        let answers = answers.into_iter();
        let bytes = answers.map(|(status, text)| (status, text.into_bytes()));
        wire.answers.lock().unwrap().extend(bytes);
        wire
    }

    fn http_client(&self) -> SharedHttpClient {
        let wire = self.clone();
        http_client_fn(move |_, _| SharedHttpConnector::new(wire.clone()))
    }

    fn cloud(&self) -> Aws {
        Aws::new(
            client!(aws_sdk_ec2, self),
            client!(aws_sdk_cloudtrail, self),
            client!(aws_sdk_cloudwatch, self),
            client!(aws_sdk_autoscaling, self),
            client!(aws_sdk_arczonalshift, self),
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

/// EC2's way to refuse. Source: EC2 API reference, "Error codes", example error response.
fn refusal(code: &str) -> (u16, String) {
    let refusal = format!(
        "<Response><Errors><Error><Code>{code}</Code><Message>because of it</Message></Error>\
         </Errors><RequestID>request-1</RequestID></Response>"
    );
    (400, refusal)
}

/// An EC2 answer with its namespace.
fn ec2(action: &str, inside: &str) -> String {
    format!(
        "<{action}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
         <requestId>request-1</requestId>{inside}</{action}Response>"
    )
}
