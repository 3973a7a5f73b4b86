//! What every function's `main` shares: from Lambda's event to the function's report, and back.
//!
//! Lambda delivers at least once, one event at a time to each process; other processes run beside it.
//! Nothing is kept from one event to the next but settings and connections, so there is nothing to
//! arbitrate here. A process whose keys AWS does not take tells Lambda so and ends.

mod beside;
mod ending;
mod event;
mod log;
mod metric;
pub mod notices;
mod report;
mod start;
mod subscriber;

use crate::{Aws, DynamoLedger, Process};
use ending::ProcessEnd;
use event::Payload;
use holdfast::clock::{Clock, WallClock};
use holdfast::error::{Error, chain};
use holdfast::events::Trigger;
use holdfast::ledger::{Ledger, UnreadableRow};
use holdfast::model::ids::AccountId;
use holdfast::ports::{Delivery, Ports};
use holdfast::report::{Finding, Function, Origin, Report, bounded_text};
use holdfast::settings::Settings;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;
use std::env;
use std::future::ready;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::process::{self, ExitCode};
use std::sync::atomic::{AtomicBool, Ordering};
use time::OffsetDateTime;

/// The outside world of a function that runs on Lambda.
pub type LambdaPorts = Ports<Aws, DynamoLedger, WallClock>;

/// What Lambda tells of a run that ended with an error. Alarms and readers of the failure queue key on the
/// error's name.
fn diagnostic(error: &Error) -> Diagnostic {
    Diagnostic {
        error_type: error.name().to_owned(),
        error_message: bounded_text(chain(error)),
    }
}

/// Runs a function until Lambda ends the process. A start that cannot succeed is reported to Lambda,
/// and logged, with one message that says everything that is wrong.
pub async fn serve<F>(function: Function, run: F) -> ExitCode
where
    F: AsyncFn(&LambdaPorts, &Settings, &Trigger, Delivery) -> Result<Report, Error>,
{
    serve_opened(function, |_, _| ready(()), run).await
}

/// The same for alarm-failover: each failover reads alarms and, where that is wished, zonal shifts. No other function has
/// this in it, since no other role may read both.
pub async fn serve_failover<F>(run: F) -> ExitCode
where
    F: AsyncFn(&LambdaPorts, &Settings, &Trigger, Delivery) -> Result<Report, Error>,
{
    serve_opened(Function::AlarmFailover, start::open_health, run).await
}

/// `open` opens connections beside those that every function needs.
async fn serve_opened<F, O>(
    function: Function,
    open: impl FnOnce(&Settings, Aws) -> O,
    run: F,
) -> ExitCode
where
    F: AsyncFn(&LambdaPorts, &Settings, &Trigger, Delivery) -> Result<Report, Error>,
    O: Future<Output = ()> + Send + 'static,
{
    subscriber::init();
    let settings = match start::settings() {
        Ok(settings) => settings,
        Err(problem) => return start::refused(&problem).await,
    };
    let process = Process::default();
    let running = Running {
        function,
        // Boxed: what a start alone needs is no part of what the process keeps on its stack.
        ports: Box::pin(start::ports(&settings, &process, open)).await,
        settings,
        process,
        end: ProcessEnd::default(),
        is_fresh: AtomicBool::new(true),
    };
    let handler = service_fn(|event: LambdaEvent<Payload>| Box::pin(running.invoke(&run, event)));
    let ended = tokio::select! {
        ended = Box::pin(lambda_runtime::run(handler)) => ended,
        () = running.end.asked_for() => return ExitCode::FAILURE,
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error, "the Lambda runtime ended");
            ExitCode::FAILURE
        }
    }
}

/// What lasts as long as the process does.
struct Running {
    function: Function,
    ports: LambdaPorts,
    settings: Settings,
    process: Process,
    end: ProcessEnd,
    is_fresh: AtomicBool,
}

impl Running {
    /// Has the connection open that the first call to EC2 needs. Where that fails, the call finds out for itself.
    async fn open(&self) {
        if begins_with_a_change(self.function) {
            drop(self.ports.cloud.open().await);
        }
    }

    async fn invoke<F>(&self, run: &F, event: LambdaEvent<Payload>) -> Result<Value, Diagnostic>
    where
        F: AsyncFn(&LambdaPorts, &Settings, &Trigger, Delivery) -> Result<Report, Error>,
    {
        let clock = &self.ports.clock;
        let line = log::EventLine {
            function: self.function,
            request_id: &event.context.request_id,
            trace_id: event.context.xray_trace_id.as_deref(),
            event_id: event.payload.id(),
            subject: event.payload.subject(),
            mode: self.settings.mode,
            is_cold_start: self.is_fresh.swap(false, Ordering::Relaxed),
            began: clock.now(),
        };
        let Process {
            counter,
            signatures,
            arrival,
            ..
        } = &self.process;
        arrival.now();
        // What the start was refused is over: this event shows whether it still is so.
        let _earlier = signatures.take_refusal();
        let before = counter.so_far();
        let delivery = Delivery {
            ends_at: OffsetDateTime::from(event.context.deadline()),
            run: run_number(&event.context.request_id, clock),
        };
        let own = own_account(&event.context.invoked_function_arn);
        let origin = Origin {
            request_id: event.context.request_id.clone(),
            account: own.clone(),
            region: self.settings.region.clone(),
            log_group: env::var("AWS_LAMBDA_LOG_GROUP_NAME").ok(),
            at: line.began,
        };
        let ended = match event.payload.trigger(own.as_ref()) {
            Ok(trigger) => {
                let run = run(&self.ports, &self.settings, &trigger, delivery);
                beside::with(self.open(), run).await
            }
            Err(unreadable) => Err(unreadable.into()),
        };
        let refusal = signatures.take_refusal();
        let is_last = refusal.is_some();
        let mut ended = match refusal {
            Some(refusal) => Err(ending::keys_refused(refusal, ended)),
            None => ended,
        };
        add_unreadable_rows(&mut ended, &self.ports.ledger.take_unreadable());
        line.tell(&ended, counter.so_far().since(before), clock.now());
        let told = report::ReportLog::new(&line, &ended, &origin);
        told.write();
        let ended = ended
            .map(|report| told.answer(&report))
            .map_err(|error| diagnostic(&error));
        if let Err(problem) = &ended
            && is_last
        {
            self.end.after(&event.context.request_id, problem).await;
        }
        ended
    }
}

/// Whether the first call to EC2 changes something. Such a call does not begin on a connection that may have died in a
/// freeze, and a handshake costs two round trips.
const fn begins_with_a_change(function: Function) -> bool {
    matches!(function, Function::ReleaseGuard)
}

/// Rows that could not be read do not end a run, and are told with it, however it ended: the log has a line for each.
fn add_unreadable_rows(ended: &mut Result<Report, Error>, rows: &[UnreadableRow]) {
    let rows: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| (row.name.as_str(), row.why.as_str()))
        .collect();
    if let Ok(report) = ended {
        report.findings.extend(Finding::unreadable_rows(&rows));
    }
}

/// The account of the function: the one that the invoked ARN names, also through a version or an alias. Lambda always
/// sends it; a stand-in for Lambda may not.
fn own_account(invoked_arn: &str) -> Option<AccountId> {
    let own = AccountId::in_arn(invoked_arn);
    if own.is_none() {
        tracing::warn!(
            invoked_arn,
            "the invoked ARN names no account: an event of another account is not told from our own"
        );
    }
    own
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
