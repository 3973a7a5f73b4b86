//! Lambda: calling a function, and waiting for what it answers.
//!
//! A call is sent once. Lambda runs the function once for each call that it takes, and a call whose answer is lost may
//! have been taken: sent again, it would run beside the first. So the SDK repeats nothing here, and neither does the tool.
//! Source: Lambda developer guide, "Understanding retry behavior in Lambda".

use super::actions::INVOKE_FUNCTION;
use super::connection::Connection;
use super::credentials;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::Builder;
use aws_sdk_lambda::primitives::Blob;
use holdfast::cloud::{Class, CloudError};
use holdfast_aws::failure;
use serde_json::Value;
use std::time::Duration;

const CONNECTING: Duration = Duration::from_secs(4);
/// Beside the run itself: a start, the way there and back.
const AROUND_THE_RUN: Duration = Duration::from_secs(15);

/// What a function answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// What it returned.
    Returned(Value),
    /// It ended with an error: its own, or Lambda's for it.
    Failed {
        /// The error's name: `Holdfast.Stranded`, `Sandbox.Timedout`.
        name: String,
        /// The error in words.
        message: String,
    },
}

impl Connection {
    /// Calls a function and waits for its answer, for as long as its runs may take and some seconds more.
    ///
    /// # Errors
    /// AWS's answer to `lambda:InvokeFunction`. Whether the function runs all the same, [`may_run`] says.
    pub async fn invoke(
        &self,
        function: &str,
        event: &Value,
        longest_run: Duration,
    ) -> Result<Answer, CloudError> {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECTING)
            .operation_attempt_timeout(longest_run + AROUND_THE_RUN)
            .operation_timeout(longest_run + AROUND_THE_RUN)
            .build();
        let once = Builder::from(self.config())
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts)
            .build();
        let client = Client::from_conf(once);
        let sent = client
            .invoke()
            .function_name(function)
            .payload(Blob::new(event.to_string()))
            .send()
            .await;
        let answer = sent.map_err(|error| failure::of(INVOKE_FUNCTION, error))?;
        let payload = answer.payload().map(Blob::as_ref).unwrap_or_default();
        let said = serde_json::from_slice(payload);
        let said = said.unwrap_or_else(|_| Value::from(String::from_utf8_lossy(payload)));
        Ok(match answer.function_error() {
            None => Answer::Returned(said),
            Some(kind) => failed(kind, &said),
        })
    }
}

fn failed(kind: &str, said: &Value) -> Answer {
    let text = |key: &str| said.get(key).and_then(Value::as_str).map(str::to_owned);
    Answer::Failed {
        name: text("errorType").unwrap_or_else(|| kind.to_owned()),
        message: text("errorMessage").unwrap_or_else(|| said.to_string()),
    }
}

/// Whether a call that failed so may have been taken, so that the function runs: its answer is lost, or Lambda failed.
#[must_use]
pub fn may_run(refusal: &CloudError) -> bool {
    let is_throttled = matches!(refusal, CloudError::Throttled(_));
    let had_keys = credentials::cause_of(refusal.failure()).is_none();
    refusal.class() == Class::Transient && !is_throttled && had_keys
}
