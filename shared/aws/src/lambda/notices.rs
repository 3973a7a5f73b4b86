//! The entry of notify: what a function's `main` shares, for the one that takes reports and gives none.
//!
//! Lambda delivers at least once, and several processes run at the same time. The ledger arbitrates between them: see
//! [`holdfast::notify`].

use super::{diagnostic, own_account, start, subscriber};
use crate::{DynamoLedger, Process, Sns, connect_to_tell};
use holdfast::clock::WallClock;
use holdfast::error::{Error, chain};
use holdfast::model::ids::AccountId;
use holdfast::notify::state::Notified;
use holdfast::ports::Ports;
use holdfast::settings::Settings;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;
use std::process::ExitCode;

/// The outside world of notify.
pub type NotifyPorts = Ports<Sns, DynamoLedger, WallClock>;

/// Runs notify until Lambda ends the process.
pub async fn serve<F>(run: F) -> ExitCode
where
    F: AsyncFn(
        &NotifyPorts,
        &Settings,
        &Value,
        Option<&AccountId>,
        &str,
    ) -> Result<Notified, Error>,
{
    subscriber::init();
    let settings = match start::settings() {
        Ok(settings) => settings,
        Err(problem) => return start::refused(&problem).await,
    };
    let process = Process::default();
    let (cloud, ledger) = connect_to_tell(&settings, &process);
    let ports = Ports {
        cloud,
        ledger,
        clock: WallClock,
    };
    let (run, ports, settings, process) = (&run, &ports, &settings, &process);
    let handler = service_fn(|event: LambdaEvent<Value>| {
        Box::pin(async move {
            process.arrival.now();
            let request = &event.context.request_id;
            let own = own_account(&event.context.invoked_function_arn);
            let ended = run(ports, settings, &event.payload, own.as_ref(), request).await;
            write_line(request, &ended);
            ended.map_err(|error| -> Diagnostic { diagnostic(&error) })
        })
    });
    match Box::pin(lambda_runtime::run(handler)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error, "the Lambda runtime ended");
            ExitCode::FAILURE
        }
    }
}

/// One line for each run: what was told, and what was only counted.
fn write_line(request: &str, ended: &Result<Notified, Error>) {
    match ended {
        Ok(notified) => tracing::info!(
            function = "notify",
            request_id = request,
            told = notified.told.len(),
            counted = notified.counted,
            held_back = notified.held_back,
            "{}",
            notified
                .ignored
                .clone()
                .unwrap_or_else(|| notified.told.join("; "))
        ),
        Err(error) => tracing::error!(
            function = "notify",
            request_id = request,
            error = error.name(),
            "{}",
            chain(error)
        ),
    }
}
