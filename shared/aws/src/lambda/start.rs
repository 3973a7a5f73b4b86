//! Starting: settings, clients, and connections that are open before the first event comes.

use super::{LambdaPorts, ending};
use crate::{Process, connect};
use holdfast::clock::WallClock;
use holdfast::error::chain;
use holdfast::ports::Ports;
use holdfast::settings::Settings;
use lambda_runtime::Diagnostic;
use std::env;
use std::process::ExitCode;
use std::time::Duration;
use tokio::time::timeout;

/// What the start may spend on opening connections. Lambda allows ten seconds for the whole start.
const OPENING: Duration = Duration::from_secs(3);

const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";

/// What the Lambda runtime needs. Lambda sets all of it.
const SET_BY_LAMBDA: [&str; 4] = [
    RUNTIME_API,
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
];

/// Reads the settings, or says everything that is wrong with them.
pub(super) fn settings() -> Result<Settings, Diagnostic> {
    let missing: Vec<&str> = SET_BY_LAMBDA
        .into_iter()
        .filter(|key| env::var_os(key).is_none())
        .collect();
    if !missing.is_empty() {
        return Err(Diagnostic {
            error_type: "Holdfast.NotOnLambda".to_owned(),
            error_message: format!(
                "this program is an AWS Lambda function and cannot run by itself: {} not set; \
                 `make demo` runs it on your machine, without an AWS account",
                missing.join(", ")
            ),
        });
    }
    let variables = env::vars_os().map(|(key, value)| {
        (
            key.to_string_lossy().into_owned(),
            value.to_string_lossy().into_owned(),
        )
    });
    Settings::read(variables).map_err(|bad| Diagnostic {
        error_type: "Holdfast.BadSettings".to_owned(),
        error_message: bad.to_string(),
    })
}

/// Tells Lambda and the log why the function does not start.
pub(super) async fn refused(problem: &Diagnostic) -> ExitCode {
    tracing::error!(error = problem.error_type, "{}", problem.error_message);
    if env::var_os(RUNTIME_API).is_some()
        && let Err(error) = ending::tell("init/error", problem).await
    {
        tracing::warn!(
            error,
            "Lambda could not be told why the function does not start"
        );
    }
    ExitCode::FAILURE
}

/// The ports, with a connection to EC2 and one to DynamoDB open, so that the first event does not wait
/// for either.
pub(super) async fn ports(settings: &Settings, process: &Process) -> LambdaPorts {
    let (cloud, ledger) = connect(settings, process);
    let ports = Ports {
        cloud,
        ledger,
        clock: WallClock,
    };
    let opened = futures_util::join!(
        timeout(OPENING, ports.ledger.open()),
        timeout(OPENING, ports.cloud.open()),
    );
    for (service, opened) in [("DynamoDB", opened.0), ("EC2", opened.1)] {
        match opened {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(
                service,
                error = chain(&error),
                "no connection could be opened; the first event will show"
            ),
            Err(_) => tracing::warn!(
                service,
                limit = ?OPENING,
                "a connection took too long to open and was left; the first event will show"
            ),
        }
    }
    ports
}
