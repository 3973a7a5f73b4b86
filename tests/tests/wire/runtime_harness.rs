//! The harness itself, against a function that does nothing: what it reports about a start, an answer,
//! a failure, a crash and a hang must be what Lambda would report.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

use holdfast_tests::runtime::{Environment, Function, StartError, find_binary};
use serde_json::json;
use std::path::PathBuf;
use std::time::Duration;

fn echo_function() -> PathBuf {
    find_binary("echo-function").unwrap_or_else(|missing| panic!("{missing}"))
}

fn environment() -> Environment {
    Environment::new("echo", "http://127.0.0.1:1")
}

async fn started() -> Function {
    Function::start(&echo_function(), &environment())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_function_gets_the_event_and_the_answer_comes_back() {
    let function = started().await;
    let answer = function.invoke(&json!({ "a": 1 })).await;
    let result = answer.result.unwrap();
    assert_eq!(result["event"], json!({ "a": 1 }));
    assert_eq!(result["request_id"], answer.request_id);
}

#[tokio::test]
async fn a_function_is_invoked_again_and_again() {
    let function = started().await;
    for number in 0..10 {
        let answer = function.invoke(&json!(number)).await;
        assert_eq!(answer.result.unwrap()["event"], json!(number));
    }
}

#[tokio::test]
async fn nothing_of_the_tests_own_environment_gets_through() {
    let answer = started().await.invoke(&json!({})).await;
    let variables = answer.result.unwrap()["variables"].to_string();
    assert!(variables.contains("AWS_ENDPOINT_URL"), "{variables}");
    assert!(!variables.contains("CARGO"), "{variables}");
}

#[tokio::test]
async fn a_failure_keeps_its_type_and_message() {
    let error = started()
        .await
        .invoke(&json!({ "do": "fail" }))
        .await
        .result
        .unwrap_err();
    assert!(error.error_message.contains("as asked"), "{error}");
}

#[tokio::test]
async fn an_event_that_is_no_json_is_an_error_and_the_function_lives_on() {
    let function = started().await;
    let error = function
        .invoke_raw(b"not json".to_vec())
        .await
        .result
        .unwrap_err();
    assert!(!error.error_message.is_empty());
    assert!(function.invoke(&json!({})).await.result.is_ok());
}

#[tokio::test]
async fn a_crash_during_an_invocation_is_reported_as_lambda_does() {
    let function = started().await;
    let error = function
        .invoke(&json!({ "do": "crash" }))
        .await
        .result
        .unwrap_err();
    assert_eq!(error.error_type, "Runtime.ExitError");
    assert!(error.error_message.contains("exit code 9"), "{error}");
    assert!(!function.is_running());
}

#[tokio::test]
async fn a_function_can_be_killed_while_it_works() {
    let function = started().await;
    let event = json!({ "do": "hang" });
    let (answer, ()) = tokio::join!(function.invoke(&event), function.kill());
    assert_eq!(answer.result.unwrap_err().error_type, "Runtime.ExitError");
}

#[tokio::test]
async fn a_function_that_hangs_is_stopped_at_its_limit() {
    let environment = environment().timeout(Duration::from_secs(2));
    let function = Function::start(&echo_function(), &environment)
        .await
        .unwrap();
    let error = function
        .invoke(&json!({ "do": "hang" }))
        .await
        .result
        .unwrap_err();
    assert_eq!(error.error_type, "Sandbox.Timedout");
    assert!(!function.is_running());
}

#[tokio::test]
async fn a_function_that_refuses_to_start_says_why_and_with_which_code() {
    let environment = environment().set("HOLDFAST_REFUSE_TO_START", "two keys are bad");
    let error = Function::start(&echo_function(), &environment)
        .await
        .unwrap_err();
    assert_eq!(error.exit_code(), Some(1));
    assert!(error.message().contains("two keys are bad"), "{error}");
}

#[tokio::test]
async fn a_function_that_is_not_there_is_an_error() {
    let error = Function::start(&PathBuf::from("/nowhere/at/all"), &environment()).await;
    assert!(matches!(error, Err(StartError::NotSpawned { .. })));
}
