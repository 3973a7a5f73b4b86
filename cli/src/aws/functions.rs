//! Lambda: how a function is set up.

use super::actions::GET_FUNCTION_CONFIGURATION;
use super::connection::Connection;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::types::{LastUpdateStatus, State};
use holdfast::cloud::CloudError;
use holdfast_aws::failure;
use std::collections::BTreeMap;

/// How a function is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionConfiguration {
    /// Its ARN.
    pub arn: String,
    /// Its environment variables.
    pub environment: BTreeMap<String, String>,
    /// The log group that it writes to.
    pub log_group: String,
    /// Whether it can run.
    pub state: FunctionState,
    /// How long a run may take, in seconds.
    pub timeout_seconds: u32,
    /// What its code is: equal where the code is.
    pub code_sha256: Option<String>,
}

/// Whether a function can run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FunctionState {
    /// It can.
    Ready,
    /// It cannot, or not as it was last deployed.
    NotReady {
        /// Lambda's words.
        why: String,
    },
}

impl Connection {
    /// How a function is set up, by its name or its ARN.
    ///
    /// # Errors
    /// AWS's answer to `lambda:GetFunctionConfiguration`.
    pub async fn function(&self, name: &str) -> Result<FunctionConfiguration, CloudError> {
        let client = Client::new(self.config());
        let sent = client.get_function_configuration().function_name(name);
        let answer = sent.send().await;
        let answer = answer.map_err(|error| failure::of(GET_FUNCTION_CONFIGURATION, error))?;
        Ok(configuration(name, &answer))
    }
}

fn configuration(asked: &str, answer: &GetFunctionConfigurationOutput) -> FunctionConfiguration {
    let variables = answer.environment().and_then(|it| it.variables());
    let name = answer.function_name().unwrap_or(asked);
    let log_group = answer
        .logging_config()
        .and_then(|logging| logging.log_group());
    FunctionConfiguration {
        arn: answer.function_arn().unwrap_or(asked).to_owned(),
        environment: variables.into_iter().flatten().map(owned).collect(),
        // What a function logs to that names no group. Source: Lambda developer guide, "Configuring log groups".
        log_group: log_group.map_or_else(|| format!("/aws/lambda/{name}"), str::to_owned),
        state: state(answer),
        timeout_seconds: answer
            .timeout()
            .and_then(|it| u32::try_from(it).ok())
            .unwrap_or(3),
        code_sha256: answer.code_sha256().map(str::to_owned),
    }
}

fn owned((key, value): (&String, &String)) -> (String, String) {
    (key.clone(), value.clone())
}

/// A function that Lambda put to sleep (`Inactive`) wakes up with the next event.
fn state(answer: &GetFunctionConfigurationOutput) -> FunctionState {
    let words = |state: &str, reason: Option<&str>| FunctionState::NotReady {
        why: reason.map_or_else(|| state.to_owned(), |reason| format!("{state}: {reason}")),
    };
    match answer.state() {
        Some(State::Active | State::Inactive) | None => {}
        Some(other) => return words(other.as_str(), answer.state_reason()),
    }
    match answer.last_update_status() {
        // While it is updated, it runs as it was.
        Some(LastUpdateStatus::Successful | LastUpdateStatus::InProgress) | None => {
            FunctionState::Ready
        }
        Some(other) => words(other.as_str(), answer.last_update_status_reason()),
    }
}
