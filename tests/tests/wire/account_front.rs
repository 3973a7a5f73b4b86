//! The account beside EC2, over HTTP: a function that is invoked through Lambda's front is the compiled one, and what it
//! writes is found in its log group.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

use axum::body::Bytes;
use ec2_sim::http::Simulator;
use ec2_sim::services::Declared;
use holdfast::clock::{Clock, WallClock};
use holdfast_tests::runtime::CompiledFunctions;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

const FUNCTION: &str = "holdfast-release-guard";
const RELEASE: &str = include_str!("../../fixtures/events/release-bare.json");
const INVOCATIONS: &str = "/2015-03-31/functions/holdfast-release-guard/invocations";

/// An account with the guard in it, set up in this way.
async fn account(environment: Value) -> Simulator {
    let simulator = Simulator::start().await.unwrap();
    simulator.create_table("ledger").await.unwrap();
    let declared = json!({
        "functions": [{
            "function_name": FUNCTION,
            "code": "release-guard",
            "role": "arn:aws:iam::111122223333:role/holdfast-ReleaseGuardRole",
            "timeout": 30,
            "log_format": "JSON",
            "environment": environment,
        }],
    });
    simulator.declare(Declared::deserialize(&declared).unwrap());
    let functions = CompiledFunctions::new(&simulator.url);
    simulator.run_functions_by(Arc::new(functions));
    simulator
}

fn settings() -> Value {
    json!({ "HOLDFAST_TABLE": "ledger", "HOLDFAST_MODE": "enforce" })
}

async fn send(
    simulator: &Simulator,
    (method, path): (Method, &str),
    headers: &[(&str, &str)],
    body: &Value,
) -> (StatusCode, HeaderMap, Value) {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let request = Request::builder().method(method);
    let mut request = request.uri(format!("{}{path}", simulator.url));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let response = client
        .request(request.body(Full::from(body)).unwrap())
        .await
        .unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (
        status,
        headers,
        serde_json::from_slice(&body).unwrap_or_default(),
    )
}

async fn invoke(simulator: &Simulator, kind: &str) -> (StatusCode, HeaderMap, Value) {
    let event: Value = serde_json::from_str(RELEASE).unwrap();
    let headers = [("x-amz-invocation-type", kind), ("x-amz-log-type", "Tail")];
    send(simulator, (Method::POST, INVOCATIONS), &headers, &event).await
}

async fn logged(simulator: &Simulator) -> Vec<String> {
    let target = [("x-amz-target", "Logs_20140328.FilterLogEvents")];
    let asked = json!({ "logGroupName": format!("/aws/lambda/{FUNCTION}") });
    let (_, _, answer) = send(simulator, (Method::POST, "/"), &target, &asked).await;
    let events = answer["events"].as_array().cloned().unwrap_or_default();
    let messages = events.iter().filter_map(|event| event["message"].as_str());
    messages.map(str::to_owned).collect()
}

#[tokio::test]
async fn an_invocation_runs_the_compiled_function_and_leaves_its_report_in_the_logs() {
    let simulator = account(settings()).await;
    let (status, headers, report) = invoke(&simulator, "RequestResponse").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers.get("x-amz-function-error"), None);
    assert_eq!(report["function"], "release-guard", "{report}");
    assert!(headers.contains_key("x-amz-log-result"));
    let lines = logged(&simulator).await;
    let outcome = format!("\"outcome\":{}", report["outcome"]);
    assert!(
        lines.iter().any(|line| line.contains(&outcome)),
        "{lines:#?}"
    );
}

#[tokio::test]
async fn a_function_that_cannot_start_is_an_error_of_the_function_and_not_of_the_call() {
    let simulator =
        account(json!({ "HOLDFAST_TABLE": "ledger", "HOLDFAST_MODE": "perhaps" })).await;
    let (status, headers, told) = invoke(&simulator, "RequestResponse").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers["x-amz-function-error"], "Unhandled");
    let message = told["errorMessage"].as_str().unwrap_or_default();
    assert!(message.contains("HOLDFAST_MODE"), "{told}");
}

#[tokio::test]
async fn an_event_that_nobody_waits_for_is_taken_and_run() {
    let simulator = account(settings()).await;
    let (status, _, _) = invoke(&simulator, "Event").await;
    assert_eq!(status, StatusCode::ACCEPTED);
    for _ in 0..200 {
        if !logged(&simulator).await.is_empty() {
            return;
        }
        WallClock.sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("it was never run");
}

#[tokio::test]
async fn a_call_for_show_runs_nothing() {
    let simulator = account(settings()).await;
    let (status, _, _) = invoke(&simulator, "DryRun").await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(logged(&simulator).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_function_acts_as_its_own_role() {
    let simulator = account(settings()).await;
    let role = "arn:aws:iam::111122223333:role/holdfast-ReleaseGuardRole";
    simulator.world().deny(role, "dynamodb:*");
    invoke(&simulator, "RequestResponse").await;
    let calls = simulator.calls();
    let own = calls.iter().filter(|call| {
        call.caller
            .contains(":assumed-role/holdfast-ReleaseGuardRole/")
    });
    assert_ne!(own.count(), 0, "{calls:#?}");
}

#[tokio::test]
async fn somebody_who_may_not_invoke_is_refused_in_lambdas_form() {
    let simulator = account(settings()).await;
    simulator.world().deny("*", "lambda:InvokeFunction");
    let (status, headers, told) = invoke(&simulator, "RequestResponse").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(headers["x-amzn-errortype"], "AccessDeniedException");
    let message = told["Message"].as_str().unwrap_or_default();
    assert!(message.contains("lambda:InvokeFunction"), "{told}");
}
