//! The compiled notify, against DynamoDB as the simulator has it and a stand-in for SNS: what goes over the wire when
//! people are told.

use axum::body::{Body, Bytes};
use axum::extract::{Form, FromRequest, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use ec2_sim::http::Simulator;
use holdfast_tests::runtime::{Environment, Function};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

const TABLE: &str = "ledger";
const MAIL: &str = "arn:aws:sns:us-east-1:111122223333:mail";
const FORM: &str = "application/x-www-form-urlencoded";
const CHAT: &str = "arn:aws:sns:us-east-1:111122223333:chat";

/// What SNS was asked to publish, and whether it refuses.
#[derive(Debug, Clone, Default)]
struct Topics {
    published: Arc<Mutex<Vec<BTreeMap<String, String>>>>,
    refuses: Arc<Mutex<bool>>,
}

async fn publish(
    State(topics): State<Topics>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let call = Request::builder().method("POST").header(CONTENT_TYPE, FORM);
    let call = call.body(Body::from(body.clone())).unwrap();
    let Form(call) = Form::from_request(call, &()).await.unwrap();
    let (status, answer) = answer(&topics, call);
    ec2_sim::http::keep_call("/", &headers, &body, status.as_u16(), answer.as_bytes());
    (status, answer)
}

/// Source: SNS API reference, `Publish`, example response; common errors.
fn answer(topics: &Topics, call: BTreeMap<String, String>) -> (StatusCode, String) {
    if *topics.refuses.lock().unwrap() {
        let refused = "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>Sender</Type>\
                       <Code>AuthorizationError</Code><Message>no permission</Message></Error>\
                       <RequestId>1</RequestId></ErrorResponse>";
        return (StatusCode::FORBIDDEN, refused.to_owned());
    }
    topics.published.lock().unwrap().push(call);
    let done = "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult>\
                <MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId></PublishResult>\
                <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></PublishResponse>";
    (StatusCode::OK, done.to_owned())
}

struct Installation {
    simulator: Simulator,
    topics: Topics,
    sns: String,
}

impl Installation {
    async fn start() -> Self {
        let simulator = Simulator::start().await.unwrap();
        simulator.create_table(TABLE).await.unwrap();
        let topics = Topics::default();
        let router = axum::Router::new()
            .route("/", post(publish))
            .with_state(topics.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sns = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            simulator,
            topics,
            sns,
        }
    }

    /// A new process.
    async fn notify(&self) -> Function {
        let environment = Environment::new("notify", &self.simulator.url)
            .set("HOLDFAST_TABLE", TABLE)
            .set("HOLDFAST_MAIL_TOPIC", MAIL)
            .set("HOLDFAST_CHAT_TOPIC", CHAT)
            .set("AWS_ENDPOINT_URL_SNS", &self.sns);
        Function::start_named("notify", &environment)
            .await
            .unwrap_or_else(|error| panic!("{error}"))
    }

    fn published(&self, topic: &str) -> Vec<BTreeMap<String, String>> {
        let published = self.topics.published.lock().unwrap();
        let there = published.iter().filter(|call| call["TopicArn"] == topic);
        there.cloned().collect()
    }
}

fn lost(request: &str) -> Value {
    let line = "Holdfast: 203.0.113.7 is LOST (us-east-1)";
    json!({
        "account": "111122223333",
        "source": "lambda",
        "detail-type": "Lambda Function Invocation Result - Success",
        "detail": {
            "requestContext": { "requestId": request, "approximateInvokeCount": 1 },
            "requestPayload": {},
            "responsePayload": {
                "function": "release-guard", "mode": "enforce", "outcome": "lost",
                "headline": line, "text": "203.0.113.7 was released: it is lost",
                "findings": [{ "what": "a", "why": "b", "next": "tell those who send to it" }],
                "matters": [{ "about": "release eipalloc-1", "outcome": "lost", "headline": line }],
            },
        },
    })
}

#[tokio::test]
async fn two_processes_tell_one_cause_once_with_a_subject_and_in_the_form_of_a_chat() {
    let installation = Installation::start().await;
    for request in ["r1", "r2", "r2"] {
        let notify = installation.notify().await;
        notify.invoke(&lost(request)).await.result.unwrap();
    }
    let mails = installation.published(MAIL);
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert_eq!(
        mails[0]["Subject"],
        "Holdfast: 203.0.113.7 is LOST (us-east-1)"
    );
    assert_eq!(mails[0]["Message"], "203.0.113.7 was released: it is lost");
    let chat = installation.published(CHAT);
    let told: Value = serde_json::from_str(&chat[0]["Message"]).unwrap();
    assert_eq!(
        told["content"]["title"],
        "Holdfast: 203.0.113.7 is LOST (us-east-1)"
    );
    assert!(!chat[0].contains_key("Subject"));
    let calls = installation.simulator.call_names();
    assert!(
        calls.iter().all(|call| call.starts_with("dynamodb:")),
        "{calls:?}"
    );
}

#[tokio::test]
async fn two_processes_at_the_same_moment_tell_it_once() {
    let installation = Installation::start().await;
    let (one, other) = (installation.notify().await, installation.notify().await);
    // Each stand-in for Lambda numbers its requests by itself; Lambda gives each its own id.
    drop(one.invoke(&json!({})).await);
    let (first, second) = (lost("r1"), lost("r2"));
    let (one, other) = tokio::join!(one.invoke(&first), other.invoke(&second));
    assert!(one.result.is_ok() && other.result.is_ok());
    assert_eq!(installation.published(MAIL).len(), 1);
}

#[tokio::test]
async fn what_sns_refuses_fails_the_run_so_that_lambda_tries_again() {
    let installation = Installation::start().await;
    *installation.topics.refuses.lock().unwrap() = true;
    let notify = installation.notify().await;
    let error = notify.invoke(&lost("r1")).await.result.unwrap_err();
    assert_eq!(error.error_type, "Holdfast.NotTold");
    assert!(
        error.error_message.contains("AuthorizationError"),
        "{error}"
    );
    assert!(installation.published(MAIL).is_empty());
}

#[tokio::test]
async fn a_test_message_reaches_each_place() {
    let installation = Installation::start().await;
    let asked = json!({ "holdfast": "test-notification" });
    let told = installation
        .notify()
        .await
        .invoke(&asked)
        .await
        .result
        .unwrap();
    assert_eq!(told["told"].as_array().unwrap().len(), 2);
    assert_eq!(
        (
            installation.published(MAIL).len(),
            installation.published(CHAT).len()
        ),
        (1, 1)
    );
}

#[tokio::test]
async fn what_is_no_event_of_notify_is_an_error_that_says_so() {
    let installation = Installation::start().await;
    for event in [json!({}), json!([]), json!({ "awslogs": { "data": "x" } })] {
        let error = installation
            .notify()
            .await
            .invoke(&event)
            .await
            .result
            .unwrap_err();
        assert_eq!(error.error_type, "Holdfast.EventUnreadable");
    }
}
