//! The Lambda Runtime API for one function: it asks for the next event, and answers or fails.
//! Source of paths, headers and status codes: Lambda developer guide, "Using the Lambda runtime API".
//!
//! The function polls while the test hands out; a queue stands between them, so neither has to be first.

use super::FunctionError;
use super::environment::Environment;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use holdfast::clock::{Clock, WallClock};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

/// The largest answer that Lambda takes. Source: Lambda developer guide, "Lambda quotas".
const LARGEST_PAYLOAD: usize = 6 * 1024 * 1024;

pub(super) type Answer = Result<Value, FunctionError>;

/// How a start went.
#[derive(Debug, Clone)]
pub(super) enum Started {
    Ready,
    Failed(FunctionError),
}

#[derive(Debug)]
pub(super) struct RuntimeApi {
    address: SocketAddr,
    queue: mpsc::UnboundedSender<Event>,
    shared: Arc<Shared>,
    started: watch::Receiver<Option<Started>>,
    numbers: AtomicU64,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    events: tokio::sync::Mutex<mpsc::UnboundedReceiver<Event>>,
    awaited: Mutex<HashMap<String, oneshot::Sender<Answer>>>,
    started: watch::Sender<Option<Started>>,
    function_arn: String,
}

#[derive(Debug)]
struct Event {
    request_id: String,
    deadline_ms: i128,
    body: Vec<u8>,
}

impl RuntimeApi {
    pub(super) async fn serve(environment: &Environment) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (queue, events) = mpsc::unbounded_channel();
        let (publish, started) = watch::channel(None);
        let shared = Arc::new(Shared {
            events: tokio::sync::Mutex::new(events),
            awaited: Mutex::default(),
            started: publish,
            function_arn: environment.function_arn(),
        });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route(
                "/2018-06-01/runtime/invocation/{id}/response",
                post(response),
            )
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .layer(DefaultBodyLimit::max(LARGEST_PAYLOAD))
            .with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            // It runs until the function is dropped; an accept error shows as a failed invocation.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self {
            address,
            queue,
            shared,
            started,
            numbers: AtomicU64::new(1),
            server,
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Resolves when the function asks for its first event or reports that it cannot.
    pub(super) async fn started(&mut self) -> Started {
        let seen = self.started.wait_for(Option::is_some).await;
        match seen.map(|started| started.clone()) {
            Ok(started) => started.unwrap_or(Started::Ready),
            Err(_) => std::future::pending().await,
        }
    }

    pub(super) fn start_error(&self) -> Option<FunctionError> {
        match &*self.started.borrow() {
            Some(Started::Failed(error)) => Some(error.clone()),
            _ => None,
        }
    }

    /// An id that no invocation of this process has had.
    pub(super) fn next_request_id(&self) -> String {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        format!("00000000-0000-4000-8000-{number:012}")
    }

    /// Queues one event; the receiver gets the function's answer.
    pub(super) fn hand_out(
        &self,
        request_id: &str,
        body: Vec<u8>,
        limit: Duration,
    ) -> oneshot::Receiver<Answer> {
        let (answer, awaited) = oneshot::channel();
        self.shared.awaited().insert(request_id.to_owned(), answer);
        let deadline = WallClock.now() + limit;
        let event = Event {
            request_id: request_id.to_owned(),
            deadline_ms: deadline.unix_timestamp_nanos() / 1_000_000,
            body,
        };
        if let Err(refused) = self.queue.send(event) {
            // The server is gone: drop the sender, so that the waiter sees an end and no hang.
            self.shared.awaited().remove(&refused.0.request_id);
        }
        awaited
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Shared {
    fn awaited(&self) -> std::sync::MutexGuard<'_, HashMap<String, oneshot::Sender<Answer>>> {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn complete(&self, request_id: &str, answer: Answer) -> Response {
        let Some(waiting) = self.awaited().remove(request_id) else {
            let refusal = json!({
                "errorType": "InvalidRequestID",
                "errorMessage": format!("no invocation {request_id} is under way"),
            });
            return (StatusCode::BAD_REQUEST, Json(refusal)).into_response();
        };
        // Nobody waits any more after a timeout: the answer then comes too late, as in Lambda.
        let _ = waiting.send(answer);
        accepted()
    }
}

fn accepted() -> Response {
    (StatusCode::ACCEPTED, Json(json!({ "status": "OK" }))).into_response()
}

async fn next(State(shared): State<Arc<Shared>>) -> Response {
    shared.started.send_if_modified(|started| {
        let first = started.is_none();
        started.get_or_insert(Started::Ready);
        first
    });
    let Some(event) = shared.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", event.request_id),
        ("lambda-runtime-deadline-ms", event.deadline_ms.to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            shared.function_arn.clone(),
        ),
        (
            "lambda-runtime-trace-id",
            "Root=1-5f84c7a5-000000000000000000000000;Parent=0000000000000000;Sampled=0".to_owned(),
        ),
    ];
    (headers, event.body).into_response()
}

async fn response(
    State(shared): State<Arc<Shared>>,
    Path(request_id): Path<String>,
    body: Bytes,
) -> Response {
    let answer = serde_json::from_slice(&body).map_err(|source| FunctionError {
        error_type: "Runtime.InvalidResponse".to_owned(),
        error_message: format!("the answer is not JSON: {source}"),
    });
    shared.complete(&request_id, answer)
}

async fn error(
    State(shared): State<Arc<Shared>>,
    Path(request_id): Path<String>,
    body: Bytes,
) -> Response {
    shared.complete(&request_id, Err(reported(&body)))
}

async fn init_error(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    shared
        .started
        .send_replace(Some(Started::Failed(reported(&body))));
    accepted()
}

fn reported(body: &[u8]) -> FunctionError {
    serde_json::from_slice(body).unwrap_or_else(|_| FunctionError {
        error_type: "Runtime.Unknown".to_owned(),
        error_message: String::from_utf8_lossy(body).into_owned(),
    })
}
