//! Runs the functions of a simulated account by their compiled binaries: whoever calls one through the Lambda front
//! calls the very file that a deployment ships.
//!
//! Races: several invocations of one function run side by side, each in a process of its own, as on Lambda. A process is
//! kept for the next invocation, until the function is set up in another way.

use super::{Environment, Function, FunctionError, StartError};
use ec2_sim::http::{Functions, Invocation, REGION, Ran, Running};
use holdfast::clock::{Clock, WallClock};
use serde_json::json;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long the last lines of a run may be on their way: what wrote them has answered by then.
const LINES_ARRIVE: Duration = Duration::from_millis(20);

/// Runs each function by the binary that its `code` names.
#[derive(Debug)]
pub struct CompiledFunctions {
    endpoint: String,
    region: String,
    idle: Mutex<HashMap<String, Vec<Function>>>,
}

impl CompiledFunctions {
    /// All AWS calls of the functions go to `endpoint`, the URL of a simulator.
    #[must_use]
    pub fn new(endpoint: &str) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            region: REGION.to_owned(),
            idle: Mutex::default(),
        }
    }

    /// The functions run in this region.
    #[must_use]
    pub fn in_region(self, region: &str) -> Self {
        Self {
            region: region.to_owned(),
            ..self
        }
    }

    fn environment(&self, invocation: &Invocation) -> Environment {
        let function = &invocation.function;
        let fixed = Environment::new(&function.function_name, &self.endpoint)
            .access_key(&invocation.access_key)
            .timeout(Duration::from_secs(function.timeout.into()))
            .set("AWS_REGION", &self.region)
            .set("AWS_DEFAULT_REGION", &self.region)
            .set("AWS_LAMBDA_FUNCTION_VERSION", &invocation.version)
            .set("AWS_LAMBDA_LOG_GROUP_NAME", &function.log_group())
            .set("AWS_LAMBDA_LOG_FORMAT", &function.log_format);
        let own = function.environment.iter();
        own.fold(fixed, |environment, (key, value)| {
            environment.set(key, value)
        })
    }

    /// A process of the function that waits for events: one that is there, or a new one.
    async fn process(&self, key: &str, invocation: &Invocation) -> Result<Function, StartError> {
        let idle = self.idle().get_mut(key).and_then(Vec::pop);
        if let Some(idle) = idle.filter(Function::is_running) {
            Ok(idle)
        } else {
            let environment = self.environment(invocation);
            Function::start_named(&invocation.function.code, &environment).await
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, HashMap<String, Vec<Function>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn run_one(&self, invocation: Invocation) -> Ran {
        let function = &invocation.function;
        let key = format!(
            "{} {:?} {}",
            function.function_name, function.environment, invocation.version
        );
        let process = match self.process(&key, &invocation).await {
            Ok(process) => process,
            Err(error) => return not_started(error),
        };
        let before = process.log().len();
        let payload = invocation.payload.to_vec();
        let done = process.invoke_as(&invocation.request_id, payload).await;
        WallClock.sleep(LINES_ARRIVE).await;
        let log = process.log().split_off(before);
        if process.is_running() {
            self.idle().entry(key).or_default().push(process);
        }
        let result = match done.result {
            Ok(answer) => Ok(answer.to_string().into()),
            Err(error) => Err(told(&error)),
        };
        Ran { result, log }
    }
}

impl Functions for CompiledFunctions {
    fn run(&self, invocation: Invocation) -> Running<'_> {
        Box::pin(self.run_one(invocation))
    }
}

fn not_started(error: StartError) -> Ran {
    let message = error.message();
    let (reported, log) = match error {
        StartError::Failed { error, log, .. } => (error, log),
        StartError::TimedOut { log, .. } => (None, log),
        StartError::NotBuilt(_) | StartError::NotSpawned { .. } => (None, Vec::new()),
    };
    let error = reported.unwrap_or(FunctionError {
        error_type: "Runtime.ExitError".to_owned(),
        error_message: message,
    });
    Ran {
        result: Err(told(&error)),
        log,
    }
}

fn told<T: From<String>>(error: &FunctionError) -> T {
    let body = json!({ "errorType": error.error_type, "errorMessage": error.error_message });
    body.to_string().into()
}
