//! What every function's `main` shares: from Lambda's event to the function's report, and back.
//!
//! Lambda delivers at least once, one event at a time to each process; other processes run beside it.
//! Nothing is kept from one event to the next but settings and connections, so there is nothing to
//! arbitrate here.

mod event;
mod log;
mod metric;
mod start;

use crate::aws::{Aws, DynamoLedger};
use crate::clock::{Clock, WallClock};
use crate::error::Error;
use crate::event::Trigger;
use crate::ports::{Delivery, Ports};
use crate::report::{Function, Report};
use crate::settings::Settings;
use event::Payload;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use std::env;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::process::{self, ExitCode};
use time::OffsetDateTime;

/// The outside world of a function that runs on Lambda.
pub type LambdaPorts = Ports<Aws, DynamoLedger, WallClock>;

impl From<Error> for Diagnostic {
    /// The name is what alarms and readers of the failure queue key on.
    fn from(error: Error) -> Self {
        Self {
            error_type: error.name().to_owned(),
            error_message: error.to_string(),
        }
    }
}

/// Runs a function until Lambda ends the process. A start that cannot succeed is reported to Lambda,
/// and logged, with one message that says everything that is wrong.
pub async fn serve<F>(function: Function, run: F) -> ExitCode
where
    F: AsyncFn(&LambdaPorts, &Settings, &Trigger, Delivery) -> Result<Report, Error>,
{
    lambda_runtime::tracing::init_default_subscriber();
    let settings = match start::settings() {
        Ok(settings) => settings,
        Err(problem) => return start::refused(&problem).await,
    };
    let ports = start::ports(&settings).await;
    let handler = service_fn(|event: LambdaEvent<Payload>| {
        Box::pin(invoke(function, &run, &ports, &settings, event))
    });
    match lambda_runtime::run(handler).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error, "the Lambda runtime ended");
            ExitCode::FAILURE
        }
    }
}

async fn invoke<F>(
    function: Function,
    run: &F,
    ports: &LambdaPorts,
    settings: &Settings,
    event: LambdaEvent<Payload>,
) -> Result<Report, Diagnostic>
where
    F: AsyncFn(&LambdaPorts, &Settings, &Trigger, Delivery) -> Result<Report, Error>,
{
    let line = log::Line::start(function, &event.context.request_id, &ports.clock);
    let ends_at = OffsetDateTime::from(event.context.deadline());
    let delivery = Delivery {
        ends_at,
        run: run_number(&event.context.request_id, &ports.clock),
    };
    let ended = match event.payload.trigger() {
        Ok(trigger) => run(ports, settings, &trigger, delivery).await,
        Err(unreadable) => Err(unreadable.into()),
    };
    match &ended {
        Ok(report) => line.reported(report, &ports.clock),
        Err(error) => line.failed(error, &ports.clock),
    }
    ended.map_err(Diagnostic::from)
}

/// The log stream is this process's own, and a process runs one event at a time.
/// Source: Lambda developer guide, "Using Lambda environment variables", `AWS_LAMBDA_LOG_STREAM_NAME`.
fn run_number(request_id: &str, clock: &impl Clock) -> u64 {
    let mut hasher = DefaultHasher::new();
    env::var_os("AWS_LAMBDA_LOG_STREAM_NAME").hash(&mut hasher);
    process::id().hash(&mut hasher);
    (request_id, clock.now().unix_timestamp_nanos()).hash(&mut hasher);
    hasher.finish()
}
