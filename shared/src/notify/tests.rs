use super::decide::MAX_IN_AN_HOUR;
use super::state::Notified;
use super::{Standing, run, standing};
use crate::clock::Clock;
use crate::cloud::publish::PublishNotice;
use crate::cloud::{CloudError, Failure};
use crate::error::Error;
use crate::ledger::{MemoryLedger, ToldLedger};
use crate::model::ids::AccountId;
use crate::ports::Ports;
use crate::report::delivered::FailedRun;
use crate::report::headline::headline;
use crate::report::{Function, Origin, Outcome};
use crate::settings::{Mode, OUTCOMES, Settings};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use time::OffsetDateTime;
use time::macros::datetime;

const START: OffsetDateTime = datetime!(2026-03-07 12:00 UTC);

/// A clock that tests set.
#[derive(Debug, Clone)]
struct Hands(Arc<Mutex<OffsetDateTime>>);

impl Clock for Hands {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, _: Duration) {
        tokio::task::yield_now().await;
    }
}

/// Topic, subject and message.
type Sent = (String, Option<String>, String);

/// SNS as tests see it.
#[derive(Debug, Clone, Default)]
struct Topics {
    sent: Arc<Mutex<Vec<Sent>>>,
    refused: Arc<Mutex<Vec<&'static str>>>,
}

impl PublishNotice for Topics {
    async fn publish(
        &self,
        topic: &str,
        subject: Option<&str>,
        message: &str,
    ) -> Result<(), CloudError> {
        tokio::task::yield_now().await;
        if self.refused.lock().unwrap().contains(&topic) {
            return Err(CloudError::from(Failure {
                action: "sns:Publish",
                code: Some("Throttling".to_owned()),
                message: None,
                request_id: None,
                source: None,
            }));
        }
        let subject = subject.map(str::to_owned);
        let one = (topic.to_owned(), subject, message.to_owned());
        self.sent.lock().unwrap().push(one);
        Ok(())
    }
}

/// An installation with people who read mails and a chat.
struct Bed {
    topics: Topics,
    ledger: MemoryLedger,
    clock: Hands,
    settings: Settings,
}

impl Bed {
    fn new() -> Self {
        Self::with(&[])
    }

    fn with(more: &[(&str, &str)]) -> Self {
        let variables = [
            ("HOLDFAST_TABLE", "ledger"),
            ("AWS_REGION", "eu-west-1"),
            ("HOLDFAST_MAIL_TOPIC", "mail"),
            ("HOLDFAST_CHAT_TOPIC", "chat"),
        ];
        let variables = variables.iter().chain(more);
        let variables = variables.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Self {
            topics: Topics::default(),
            ledger: MemoryLedger::default(),
            clock: Hands(Arc::new(Mutex::new(START))),
            settings: Settings::read(variables).unwrap(),
        }
    }

    /// One run in a process of its own: nothing is shared but the ledger and the topics.
    async fn tell(&self, request: &str, event: &Value) -> Result<Notified, Error> {
        let ports = Ports {
            cloud: self.topics.clone(),
            ledger: self.ledger.clone(),
            clock: self.clock.clone(),
        };
        run(&ports, &self.settings, event, Some(&own()), request).await
    }

    fn later(&self, by: time::Duration) {
        *self.clock.0.lock().unwrap() += by;
    }

    fn mails(&self) -> Vec<String> {
        let sent = self.topics.sent.lock().unwrap();
        let mails = sent.iter().filter(|(topic, ..)| topic == "mail");
        mails
            .map(|(_, subject, _)| subject.clone().unwrap())
            .collect()
    }

    fn bodies(&self, place: &str) -> Vec<String> {
        let sent = self.topics.sent.lock().unwrap();
        let there = sent.iter().filter(|(topic, ..)| topic == place);
        there.map(|(.., body)| body.clone()).collect()
    }
}

fn own() -> AccountId {
    AccountId::in_arn("arn:aws:lambda:eu-west-1:111122223333:function:notify").unwrap()
}

fn matter(about: &str, outcome: &str) -> Value {
    let line = headline(&format!("{about} is {outcome}"), "eu-west-1");
    json!({ "about": about, "outcome": outcome, "headline": line })
}

fn report_of(function: &str, matters: &[Value]) -> Value {
    json!({
        "function": function,
        "outcome": matters[0]["outcome"],
        "headline": matters[0]["headline"],
        "text": "all that there is to say",
        "findings": [{ "what": "a", "why": "b", "next": "do <this>" }],
        "matters": matters,
    })
}

fn result(condition: &str, request: &str, payload: &Value, answer: &Value) -> Value {
    json!({
        "account": "111122223333",
        "source": "lambda",
        "detail-type": format!("Lambda Function Invocation Result - {condition}"),
        "detail": {
            "timestamp": "2026-03-07T12:00:00.000Z",
            "requestContext": {
                "requestId": request,
                "functionArn": "arn:aws:lambda:eu-west-1:111122223333:function:holdfast-AlarmFailover-a1B2:$LATEST",
                "condition": "RetriesExhausted",
                "approximateInvokeCount": 3,
            },
            "requestPayload": payload,
            "responsePayload": answer,
        },
    })
}

fn reported(request: &str, matters: &[Value]) -> Value {
    let report = report_of("reconcile", matters);
    result("Success", request, &json!({}), &report)
}

fn alarm() -> Value {
    json!({ "detail": { "alarmName": "web-down" } })
}

fn stranded() -> Value {
    let origin = Origin {
        request_id: "run-1".to_owned(),
        account: Some(own()),
        region: "eu-west-1".to_owned(),
        log_group: None,
        at: START,
    };
    FailedRun {
        function: Function::AlarmFailover,
        mode: Some(Mode::Enforce),
        error: "Holdfast.Stranded",
        summary: "203.0.113.7 is with nobody",
        subject: Some("web-down"),
        report: None,
    }
    .whole(&origin)
}

fn line(request: &str, report: &Value) -> String {
    json!({
        "holdfast": "report", "function": report["function"], "outcome": report["outcome"],
        "requestId": request, "part": 1, "parts": 1, "report": report,
    })
    .to_string()
}

fn logged(owner: &str, lines: &[String]) -> Value {
    let events: Vec<Value> = lines
        .iter()
        .map(|line| json!({ "id": "1", "timestamp": 1, "message": line }))
        .collect();
    let batch = json!({ "messageType": "DATA_MESSAGE", "owner": owner, "logEvents": events });
    let mut packing = GzEncoder::new(Vec::new(), Compression::fast());
    packing.write_all(batch.to_string().as_bytes()).unwrap();
    json!({ "awslogs": { "data": BASE64_STANDARD.encode(packing.finish().unwrap()) } })
}

mod causes;
mod places;
mod storms;
