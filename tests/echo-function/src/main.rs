//! The smallest function there is, for the tests of the runtime harness and as the empty Lambda of the
//! benchmark. It answers with its event and the settings it was given, or fails when the event says so, or
//! never answers when the event says so.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};
use std::future::pending;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    if let Ok(problem) = std::env::var("HOLDFAST_REFUSE_TO_START") {
        return Err(problem.into());
    }
    lambda_runtime::run(service_fn(answer)).await
}

async fn answer(event: LambdaEvent<Value>) -> Result<Value, Error> {
    match event.payload["do"].as_str() {
        Some("fail") => Err("as asked".into()),
        Some("hang") => pending().await,
        Some("crash") => std::process::exit(9),
        _ => Ok(json!({
            "event": event.payload,
            "request_id": event.context.request_id,
            "variables": std::env::vars().map(|(name, _)| name).collect::<Vec<_>>(),
        })),
    }
}
