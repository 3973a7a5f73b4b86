//! What a command that reads says when a part cannot be read: the rest is printed, the part is named with why and what to
//! do, and the exit code is that of the worst part. Each call is denied in turn, and throttled in turn.

use crate::account::Account;
use crate::tool::Tool;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use ec2_sim::http::Fault;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The commands that read, each with what it is asked.
pub(crate) const READING: [&[&str]; 4] = [
    &["status"],
    &["readiness"],
    &["history", "web"],
    &["reports"],
];

/// Without it there is nothing to look at.
const FINDS_THE_STACK: &str = "cloudformation:DescribeStacks";

/// More than any command tries.
pub(crate) const EVERY_TRY: u32 = 1_000;

impl Account {
    /// The calls that a command makes when all is well.
    async fn calls_of(&self, command: &[&str]) -> BTreeSet<String> {
        self.simulator.forget_calls();
        let (code, document) = self.tool().json(command).await;
        assert_eq!(
            (code, &document["unread"]),
            (0, &json!([])),
            "{command:?}: {document:#}"
        );
        self.simulator.call_names().into_iter().collect()
    }

    /// The document while each try of a call meets a fault.
    async fn with_fault(&self, action: &str, fault: Fault, command: &[&str]) -> (i32, Value) {
        self.simulator.inject(action, fault, EVERY_TRY);
        let (code, document) = self.tool().json(command).await;
        self.simulator.heal();
        (code, document)
    }
}

/// What is named as not read.
fn unread(document: &Value) -> Vec<&Value> {
    let parts = document["unread"].as_array().unwrap();
    assert!(!parts.is_empty(), "{document:#}");
    for part in parts {
        for field in ["what", "why", "next"] {
            assert_ne!(part[field], "", "{part}");
        }
    }
    parts.iter().collect()
}

/// How many facts a document has, but for what it could not read.
fn facts(document: &Value) -> usize {
    fn count(value: &Value) -> usize {
        match value {
            Value::Null => 0,
            Value::Array(list) => list.iter().map(count).sum(),
            Value::Object(members) => members.values().map(count).sum(),
            _ => 1,
        }
    }
    let others = document.as_object().unwrap().iter();
    others
        .filter(|(key, _)| *key != "unread")
        .map(|(_, value)| count(value))
        .sum()
}

/// The version, the command, and since when: nothing that was read.
const NO_FACT_YET: usize = 4;

#[tokio::test]
async fn a_call_that_is_denied_is_named_and_the_rest_is_printed() {
    let account = Account::swept().await;
    for command in READING {
        let calls = account.calls_of(command).await;
        for action in calls.iter().filter(|it| *it != FINDS_THE_STACK) {
            let refusal = Fault::Refused("AccessDeniedException".to_owned());
            let (code, document) = account.with_fault(action, refusal, command).await;
            let what = format!("{command:?} without {action}: {document:#}");
            assert_eq!(code, 3, "{what}");
            let parts = unread(&document);
            let names = |part: &&Value| part.to_string().contains(action.as_str());
            assert!(parts.iter().any(names), "{what}");
            let reads_one_thing = command[0] == "reports";
            assert!(reads_one_thing || facts(&document) > NO_FACT_YET, "{what}");
        }
    }
}

#[tokio::test]
async fn a_call_that_is_throttled_is_named_and_the_rest_is_printed() {
    let account = Account::swept().await;
    for command in READING {
        let calls = account.calls_of(command).await;
        for action in calls.iter().filter(|it| *it != FINDS_THE_STACK) {
            let (code, document) = account.with_fault(action, Fault::Throttled, command).await;
            let what = format!("{command:?} with {action} throttled: {document:#}");
            assert_eq!(code, 4, "{what}");
            let parts = unread(&document);
            let is_throttled = |part: &&Value| part["next"].to_string().contains("Try again");
            assert!(parts.iter().any(is_throttled), "{what}");
        }
    }
}

#[tokio::test]
async fn a_stack_that_cannot_be_found_ends_the_command() {
    let account = Account::swept().await;
    for command in READING {
        let refusal = Fault::Refused("AccessDenied".to_owned());
        account
            .simulator
            .inject(FINDS_THE_STACK, refusal, EVERY_TRY);
        let ran = account.tool().run(command).await;
        account.simulator.heal();
        assert_eq!((ran.code, ran.out.as_str()), (3, ""), "{ran:?}");
        assert!(ran.err.contains(FINDS_THE_STACK), "{ran:?}");
    }
}

#[tokio::test]
async fn what_was_not_read_is_taken_neither_for_well_nor_for_gone() {
    let account = Account::swept().await;
    let refusal = || Fault::Refused("AccessDeniedException".to_owned());
    let stack = |document: &Value| document["deployments"][0].clone();

    let (_, status) = account
        .with_fault("sqs:GetQueueAttributes", refusal(), &["status"])
        .await;
    assert_eq!(stack(&status)["failedEvents"], Value::Null);
    assert_eq!(stack(&status)["groups"][0]["readiness"], "ready");

    // The ledger knows the address, and EC2 does not tell of it: it is not gone.
    let (_, status) = account
        .with_fault("ec2:DescribeAddresses", refusal(), &["status"])
        .await;
    assert_eq!(stack(&status)["openReleases"], json!([]), "{status:#}");
    assert_eq!(stack(&status)["failedEvents"], 0);

    let (_, status) = account
        .with_fault("dynamodb:Query", refusal(), &["status"])
        .await;
    let address = &stack(&status)["addresses"][0];
    assert_eq!(address["address"], account.ip.as_str(), "{status:#}");
    assert_eq!(address["inLedger"], Value::Null);

    let action = "lambda:GetFunctionConfiguration";
    let (_, status) = account.with_fault(action, refusal(), &["status"]).await;
    assert_eq!(stack(&status)["modes"], json!({}), "no mode is known");
    assert_eq!(stack(&status)["groups"][0]["readiness"], "ready");

    let action = "logs:FilterLogEvents";
    let (_, readiness) = account.with_fault(action, refusal(), &["readiness"]).await;
    assert_eq!(
        stack(&readiness)["hindrances"],
        json!([]),
        "no sweep is not said to be missing"
    );
}

#[tokio::test]
async fn a_terminal_and_rows_name_what_was_not_read() {
    let account = Account::swept().await;
    let refusal = Fault::Refused("AccessDenied".to_owned());
    account
        .simulator
        .inject("sqs:GetQueueAttributes", refusal, EVERY_TRY);
    let table = account.tool().run(&["status"]).await;
    assert_eq!((table.code, table.err.as_str()), (3, ""), "{table:?}");
    let rows = account.tool().run(&["status", "--output", "tsv"]).await;
    assert_eq!(rows.code, 3, "{rows:?}");
    assert!(rows.out.contains(&account.ip), "{rows:?}");
    for told in [&table.out, &rows.err] {
        for part in [
            "the queue of failed events of holdfast in us-east-1 could not be read",
            "sqs:GetQueueAttributes",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
    }
    assert!(table.out.contains("failed events: not known"), "{table:?}");
}

/// The region in which the door is shut.
const SHUT: &str = "eu-west-1";

/// A way to the simulator on which each answer of one region breaks off.
async fn shut(simulator: &str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let door = Router::new()
        .fallback(pass)
        .with_state(simulator.to_owned());
    tokio::spawn(async { axum::serve(listener, door).await });
    url
}

async fn pass(
    State(to): State<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let signed = headers
        .get("authorization")
        .map(|it| it.to_str().unwrap().to_owned());
    if signed.is_some_and(|it| it.contains(SHUT)) {
        let broken =
            futures_util::stream::once(async { Err::<Bytes, _>(std::io::Error::other("shut")) });
        return Response::new(Body::from_stream(broken));
    }
    let mut request = http::Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = format!("{to}{uri}").parse().unwrap();
    *request.headers_mut() = headers;
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    client.request(request).await.unwrap().map(Body::new)
}

#[tokio::test]
async fn a_region_that_does_not_answer_is_named_and_the_other_one_is_printed() {
    let account = Account::swept().await;
    let tool = Tool::at(&shut(&account.simulator.url).await);
    let with_doctor = READING.iter().copied().chain([&["doctor"][..]]);
    for command in with_doctor {
        let regions = ["--region", "eu-west-1,us-east-1"];
        let line: Vec<&str> = command.iter().copied().chain(regions).collect();
        let (code, document) = tool.json(&line).await;
        assert_eq!(code, 4, "{command:?}: {document:#}");
        let parts = unread(&document);
        assert_eq!(parts.len(), 1, "{document:#}");
        assert_eq!(parts[0]["region"], SHUT);
        assert!(facts(&document) > NO_FACT_YET, "{command:?}: {document:#}");
    }
    let ran = tool.run(&["status", "--region", SHUT]).await;
    assert_eq!((ran.code, ran.out.as_str()), (4, ""), "{ran:?}");
}

#[tokio::test]
async fn a_stack_that_is_missing_keeps_the_other_one_from_nothing() {
    let account = Account::swept().await;
    let (code, status) = account
        .tool()
        .json(&["status", "--stack", "holdfast,steadfast"])
        .await;
    assert_eq!(code, 2, "{status:#}");
    assert_eq!(status["deployments"][0]["groups"][0]["readiness"], "ready");
    let parts = unread(&status);
    assert_eq!(parts[0]["stack"], "steadfast");
    assert!(
        parts[0]["what"]
            .to_string()
            .contains("there is no stack steadfast"),
        "{parts:?}"
    );
}

impl Account {
    /// What a terminal shows while each try of a call is refused.
    async fn shown_without(&self, action: &str, command: &[&str]) -> String {
        let refusal = Fault::Refused("AccessDenied".to_owned());
        self.simulator.inject(action, refusal, EVERY_TRY);
        let ran = self.tool().run(command).await;
        self.simulator.heal();
        assert_eq!(ran.code, 3, "{ran:?}");
        ran.out
    }
}

#[tokio::test]
async fn default_settings_are_told_where_no_functions_own_could_be_read() {
    let account = Account::swept().await;
    let action = "lambda:GetFunctionConfiguration";
    for (command, field) in [("status", "notKnown"), ("readiness", "hindrances")] {
        let refusal = Fault::Refused("AccessDeniedException".to_owned());
        let (_, document) = account.with_fault(action, refusal, &[command]).await;
        let told = document["deployments"][0][field].to_string();
        let words = "the settings of the functions of holdfast in us-east-1 are not known";
        assert!(told.contains(words), "{document:#}");
        assert!(told.contains(action), "{document:#}");
    }
}

#[tokio::test]
async fn addresses_that_were_not_read_are_not_counted() {
    let account = Account::swept().await;
    let shown = account.shown_without("ec2:DescribeAddresses", &["status"]);
    let shown = shown.await;
    assert!(shown.contains("addresses: not known"), "{shown}");
    assert!(!shown.contains("0 addresses"), "{shown}");
}

#[tokio::test]
async fn an_address_whose_interface_was_not_read_is_shown_for_each_group() {
    let account = Account::swept().await;
    let action = "ec2:DescribeNetworkInterfaces";
    let shown = account.shown_without(action, &["status", "web"]).await;
    let row = shown.lines().find(|it| it.starts_with(&account.ip));
    assert!(row.is_some_and(|it| it.contains("not known")), "{shown}");
}

#[tokio::test]
async fn no_report_and_no_history_is_told_only_of_what_could_be_read() {
    let account = Account::swept().await;
    let unknown: &[&str] = &["history", "eni-0123456789abcdef0"];
    for command in [&["reports"][..], unknown] {
        let shown = account.shown_without("logs:FilterLogEvents", command);
        let shown = shown.await;
        assert!(shown.contains(", in what could be read"), "{shown}");
    }
}

#[tokio::test]
async fn a_stack_that_is_missing_hides_nothing_that_was_found_of_the_other_one() {
    let account = Account::swept().await;
    account.fail_an_event().await;
    let both = ["status", "--stack", "holdfast,steadfast"];
    let (code, status) = account.tool().json(&both).await;
    assert_eq!(code, 1, "{status:#}");
    assert_eq!(unread(&status)[0]["stack"], "steadfast");
}
