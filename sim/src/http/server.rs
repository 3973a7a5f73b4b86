//! The server behind the simulator's one URL: it tells the services apart, lets the faults strike
//! that a test ordered, and breaks connections where a fault says so.
//!
//! A broken connection is a real one: the service function fails, and hyper then closes the socket
//! without a byte. An HTTP error would not do, since clients treat it as an answer.

use super::calls::Outcome;
use super::cloudwatch;
use super::faults::Fault;
use super::front::Front;
use super::record::{Answered, Asked};
use super::refusals::Refusals;
use super::requests::{self, AwsCall};
use super::services;
use super::{clock, control, signing};
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use bytes::Bytes;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use serde_json::json;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Nothing that the services take is larger.
const LARGEST_REQUEST: usize = 16 * 1024 * 1024;

/// An answer of one of the services.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: Bytes,
    /// The error code, when it is a refusal.
    pub(super) refused: Option<String>,
    /// Beside those that every answer has.
    pub(super) headers: Vec<(&'static str, String)>,
}

/// Marks a response that must not be sent: the connection breaks instead.
#[derive(Debug, Clone, Copy)]
struct Broken;

#[derive(Debug, thiserror::Error)]
#[error("the connection broke, as ordered")]
struct BrokenAsOrdered;

/// Serves until dropped; the connections go down with it.
pub(super) async fn run(listener: TcpListener, front: Arc<Front>) {
    let router = control::routes().fallback(aws_call).with_state(front);
    let mut connections = JoinSet::new();
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            connections.spawn(serve_connection(stream, router.clone()));
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn serve_connection(stream: TcpStream, router: Router) {
    let inner = TowerToHyperService::new(router);
    let service = service_fn(move |request| {
        let answer = inner.call(request);
        async move {
            let Ok(response) = answer.await;
            match response.extensions().get::<Broken>() {
                Some(Broken) => Err(BrokenAsOrdered),
                None => Ok(response),
            }
        }
    });
    // How a connection ends, broken by us or by the client, is nobody's business here.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn aws_call(State(front): State<Arc<Front>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let headers = parts.headers.clone();
    let Ok(body) = to_bytes(body, LARGEST_REQUEST).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let asked = front.record.asked(&parts, &body);
    let call = requests::read(parts, body).await;
    match call {
        Ok(call) => handle(&front, &headers, call, asked).await,
        Err(why) => (StatusCode::BAD_REQUEST, why).into_response(),
    }
}

async fn handle(
    front: &Arc<Front>,
    headers: &HeaderMap,
    call: AwsCall,
    asked: Option<Asked>,
) -> Response {
    let caller = front.state().callers.of(headers);
    let noted = front.note(
        call.service,
        &call.action,
        &caller,
        call.is_mutating(),
        call.parameters.clone(),
    );
    let request_id = format!("00000000-0000-4000-9000-{:012}", noted.number);
    if noted.fault == Some(Fault::Lost) {
        front.record_outcome(noted.number, Outcome::Lost);
        front.record.keep(asked.as_ref(), &Answered::default());
        return broken();
    }
    if noted.fault == Some(Fault::Silent) {
        front.record_outcome(noted.number, Outcome::Lost);
        return std::future::pending().await;
    }
    if let Some(fault) = &noted.fault {
        clock::sleep(fault.delay()).await;
    }
    let clock = front.signing_clock();
    let refusals = Refusals {
        service: call.service,
        encoding: call.encoding,
        request_id: &request_id,
    };
    let reply = match &noted.fault {
        Some(Fault::Throttled) => refusals.throttled(),
        Some(Fault::Refused(code)) => refusals.refused(code, "As ordered."),
        _ if clock.is_some_and(|clock| !clock.takes(headers)) => {
            let (code, message) = signing::refusal(call.service);
            refusals.refused(code, message)
        }
        _ => services::call(front, &caller, call, refusals).await,
    };
    front.record.keep(
        asked.as_ref(),
        &Answered {
            status: reply.status,
            content_type: reply.content_type,
            body: &reply.body,
            is_ordered: matches!(noted.fault, Some(Fault::Refused(_))),
            refused: reply.refused.as_deref(),
        },
    );
    let outcome = reply
        .refused
        .clone()
        .map_or(Outcome::Done, Outcome::Refused);
    if noted.fault == Some(Fault::ReplyLost) {
        front.record_outcome(noted.number, Outcome::ReplyLost(Box::new(outcome)));
        return broken();
    }
    front.record_outcome(noted.number, outcome);
    let mut response = answer(reply, &request_id);
    if let Some(clock) = clock {
        clock.date(response.headers_mut());
    }
    response
}

fn answer(reply: Reply, request_id: &str) -> Response {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
    if reply.content_type == cloudwatch::CBOR {
        headers.insert("smithy-protocol", HeaderValue::from_static("rpc-v2-cbor"));
    }
    for (name, value) in reply.headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert("x-amzn-requestid", id);
    }
    response
}

fn broken() -> Response {
    let mut response = Json(json!({ "broken": "as ordered" })).into_response();
    response.extensions_mut().insert(Broken);
    response
}
