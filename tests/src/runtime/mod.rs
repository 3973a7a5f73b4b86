//! Runs a compiled function the way Lambda does. It has a Runtime API of its own on a local port, the binary
//! as a child process with a cleared environment, one event after another. So the tests and the demo
//! exercise the very file that a deployment ships, start-up, settings and all.
//!
//! Two things race here: the child's reply and the child's end. Whichever is seen first decides an
//! invocation; every wait has a limit, so a function that hangs fails a test instead of stopping it.

mod api;
mod binary;
mod environment;
#[cfg(feature = "aws")]
mod functions;
mod process;
mod usage;

pub use binary::{MissingBinary, find_binary};
pub use environment::Environment;
#[cfg(feature = "aws")]
pub use functions::CompiledFunctions;
pub use usage::Usage;

use api::{RuntimeApi, Started};
use process::Process;
use serde_json::Value;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// A compiled function, started and waiting for events. Dropping it kills the process.
#[derive(Debug)]
pub struct Function {
    api: RuntimeApi,
    process: Process,
    limit: Duration,
    began: Instant,
    init: Duration,
}

impl Function {
    /// Starts the binary and waits until it asks for its first event, which is how Lambda tells that
    /// the start has succeeded.
    ///
    /// # Errors
    /// The binary cannot be started, reports an error at start, ends, or does not ask for an event
    /// within the environment's limit.
    pub async fn start(binary: &Path, environment: &Environment) -> Result<Self, StartError> {
        let mut api =
            RuntimeApi::serve(environment)
                .await
                .map_err(|source| StartError::NotSpawned {
                    binary: binary.to_owned(),
                    source,
                })?;
        let began = Instant::now();
        let process = Process::spawn(binary, environment, api.address()).map_err(|source| {
            StartError::NotSpawned {
                binary: binary.to_owned(),
                source,
            }
        })?;
        let limit = environment.limit();
        let first = timeout(limit, async {
            tokio::select! {
                // A process that reports its error and ends at once has reported: look there first.
                biased;
                started = api.started() => Some(started),
                () = process.ended() => None,
            }
        })
        .await;
        match first {
            Ok(Some(Started::Ready)) => Ok(Self {
                api,
                process,
                limit,
                began,
                init: began.elapsed(),
            }),
            Ok(Some(Started::Failed(error))) => {
                // Lambda ends a function that reported an error at start; wait for it to end itself
                // so that its exit code is known.
                let _ = timeout(Duration::from_secs(5), process.ended()).await;
                Err(StartError::Failed {
                    error: Some(error),
                    exit_code: process.exit_code(),
                    log: process.log(),
                })
            }
            Ok(None) => Err(StartError::Failed {
                error: api.start_error(),
                exit_code: process.exit_code(),
                log: process.log(),
            }),
            Err(_) => Err(StartError::TimedOut {
                limit,
                log: process.log(),
            }),
        }
    }

    /// Finds the binary of that name beside the running test and starts it.
    ///
    /// # Errors
    /// As [`Function::start`]; or the binary is not built, and the error says what builds it.
    pub async fn start_named(name: &str, environment: &Environment) -> Result<Self, StartError> {
        let binary = find_binary(name).map_err(StartError::NotBuilt)?;
        Self::start(&binary, environment).await
    }

    /// Hands it one event and waits for the answer.
    pub async fn invoke(&self, event: &Value) -> Invocation {
        self.invoke_raw(event.to_string().into_bytes()).await
    }

    /// Hands it any bytes, JSON or not, and waits for the answer.
    pub async fn invoke_raw(&self, body: Vec<u8>) -> Invocation {
        let request_id = self.api.next_request_id();
        self.invoke_as(&request_id, body).await
    }

    /// The same, by a request id that somebody else gave to it.
    pub async fn invoke_as(&self, request_id: &str, body: Vec<u8>) -> Invocation {
        let began = Instant::now();
        let answer = self.api.hand_out(request_id, body, self.limit);
        let outcome = timeout(self.limit, async {
            tokio::select! {
                biased;
                answer = answer => answer.unwrap_or_else(|_| Err(FunctionError::ended(&self.process))),
                () = self.process.ended() => Err(FunctionError::ended(&self.process)),
            }
        })
        .await;
        let result = if let Ok(result) = outcome {
            result
        } else {
            self.kill().await;
            Err(FunctionError::timed_out(self.limit))
        };
        Invocation {
            request_id: request_id.to_owned(),
            result,
            took: began.elapsed(),
        }
    }

    /// Kills the process at once, as a crash would. An invocation under way ends with the error type
    /// `Runtime.ExitError`, as in Lambda.
    pub async fn kill(&self) {
        self.process.kill();
        let _ = timeout(Duration::from_secs(5), self.process.ended()).await;
    }

    /// Whether the process ends by itself within so long.
    pub async fn ends_within(&self, limit: Duration) -> bool {
        timeout(limit, self.process.ended()).await.is_ok()
    }

    /// Whether the process still runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.process.is_running()
    }

    /// How long the start took, from the spawn to the first request for an event: the cold start
    /// without Lambda's own share.
    #[must_use]
    pub fn init_duration(&self) -> Duration {
        self.init
    }

    /// When it asked for its first event.
    #[must_use]
    pub fn started_at(&self) -> Instant {
        self.began + self.init
    }

    /// What the system calls its process.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// What the process has used of the machine so far.
    ///
    /// # Errors
    /// It has ended, or this machine does not tell: only Linux does.
    pub fn usage(&self) -> io::Result<Usage> {
        Usage::of(self.process.id())
    }

    /// What it has written so far, on standard output and standard error, line by line.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        self.process.log()
    }
}

/// One event handed to a function, and what came back.
#[derive(Debug)]
#[must_use]
pub struct Invocation {
    /// The request id that the function saw.
    pub request_id: String,
    /// Its answer, or its error.
    pub result: Result<Value, FunctionError>,
    /// From handing out the event to the answer.
    pub took: Duration,
}

/// What a function reports when it fails, in Lambda's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Deserialize)]
#[error("{error_type}: {error_message}")]
#[serde(rename_all = "camelCase")]
pub struct FunctionError {
    /// The stable name: alarms and retry rules hang on it.
    #[serde(default)]
    pub error_type: String,
    /// For people.
    #[serde(default)]
    pub error_message: String,
}

impl FunctionError {
    /// The process ended without an answer; the error type is Lambda's.
    fn ended(process: &Process) -> Self {
        let exit = process.exit_code().map_or_else(
            || "was killed".to_owned(),
            |code| format!("ended with exit code {code}"),
        );
        Self {
            error_type: "Runtime.ExitError".to_owned(),
            error_message: format!("the function {exit} before it answered"),
        }
    }

    /// No answer within the limit; the error type is Lambda's.
    fn timed_out(limit: Duration) -> Self {
        Self {
            error_type: "Sandbox.Timedout".to_owned(),
            error_message: format!("no answer after {limit:?}; the function was killed"),
        }
    }
}

/// Why a function did not come up.
#[derive(Debug)]
pub enum StartError {
    /// There is no such binary.
    NotBuilt(MissingBinary),
    /// The process, or the Runtime API for it, could not be started.
    NotSpawned {
        /// The file.
        binary: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It reported an error at start, or ended.
    Failed {
        /// What it reported to the Runtime API, if it did.
        error: Option<FunctionError>,
        /// Its exit code; none when a signal ended it, or when it still ran.
        exit_code: Option<i32>,
        /// What it wrote.
        log: Vec<String>,
    },
    /// It neither asked for an event nor failed.
    TimedOut {
        /// How long it had.
        limit: Duration,
        /// What it wrote.
        log: Vec<String>,
    },
}

impl StartError {
    /// Everything that the function said about its failure: the reported error and its log.
    #[must_use]
    pub fn message(&self) -> String {
        self.to_string()
    }

    /// The exit code, when the function ended by itself.
    #[must_use]
    pub fn exit_code(&self) -> Option<i32> {
        match self {
            Self::Failed { exit_code, .. } => *exit_code,
            _ => None,
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotBuilt(missing) => write!(formatter, "{missing}"),
            Self::NotSpawned { binary, source } => {
                write!(formatter, "cannot start {}: {source}", binary.display())
            }
            Self::Failed {
                error,
                exit_code,
                log,
            } => {
                write!(formatter, "the function failed at start")?;
                if let Some(code) = exit_code {
                    write!(formatter, " with exit code {code}")?;
                }
                if let Some(error) = error {
                    write!(formatter, ": {error}")?;
                }
                write!(formatter, "\n{}", log.join("\n"))
            }
            Self::TimedOut { limit, log } => write!(
                formatter,
                "the function asked for no event within {limit:?}; it wrote:\n{}",
                log.join("\n")
            ),
        }
    }
}

impl std::error::Error for StartError {}
