//! Starting: settings, clients, and connections that are open before the first event comes.

use super::{LambdaPorts, ending};
use crate::{Aws, Process, connect};
use holdfast::clock::WallClock;
use holdfast::cloud::CloudError;
use holdfast::error::chain;
use holdfast::ports::Ports;
use holdfast::settings::{Settings, ZonalShifts};
use lambda_runtime::Diagnostic;
use std::env;
use std::process::ExitCode;
use std::time::Duration;
use tokio::time::timeout;

/// What the start may spend on opening connections. Lambda allows ten seconds for the whole start.
const OPENING: Duration = Duration::from_secs(3);

/// How long it waits for those that not every event needs, once the others are open.
const MOMENT: Duration = Duration::from_millis(50);

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

/// The ports, with the connections open that the first event needs.
pub(super) async fn ports<O>(
    settings: &Settings,
    process: &Process,
    open: impl FnOnce(&Settings, Aws) -> O,
) -> LambdaPorts
where
    O: Future<Output = ()> + Send + 'static,
{
    let (cloud, ledger) = connect(settings, process);
    let ports = Ports {
        cloud,
        ledger,
        clock: WallClock,
    };
    let others = tokio::spawn(open(settings, ports.cloud.clone()));
    futures_util::join!(
        opened("DynamoDB", ports.ledger.open()),
        opened("EC2", ports.cloud.open()),
    );
    // Whoever cannot be reached from here does not hold up the start: the first event may not need them.
    drop(timeout(MOMENT, others).await);
    ports
}

/// What a failover reads of health.
pub(super) fn open_health(
    settings: &Settings,
    cloud: Aws,
) -> impl Future<Output = ()> + Send + use<> {
    let heeds_shifts = settings.zonal_shifts == ZonalShifts::Heed;
    async move {
        let shifts = async {
            if heeds_shifts {
                opened("ARC", cloud.open_shifts()).await;
            }
        };
        futures_util::join!(opened("CloudWatch", cloud.open_alarms()), shifts);
    }
}

async fn opened(service: &'static str, opening: impl Future<Output = Result<(), CloudError>>) {
    match timeout(OPENING, opening).await {
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
