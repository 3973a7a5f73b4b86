//! The server behind the simulator's one URL: it tells the services apart, lets the faults strike
//! that a test ordered, and breaks connections where a fault says so.
//!
//! A broken connection is a real one: the service function fails, and hyper then closes the socket
//! without a byte. An HTTP error would not do, since clients treat it as an answer.

#[cfg(test)]
mod tests;

use super::calls::{Outcome, Service};
use super::cloudwatch::{self, Encoding};
use super::dynamodb::Answer;
use super::faults::Fault;
use super::front::Front;
use super::record::{Answered, Asked};
use super::zonal_shifts;
use super::{auto_scaling, cbor, clock, cloudtrail, control, ec2, json, signing, sts, tagging};
use crate::api::Ec2Error;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Form, Json};
use bytes::Bytes;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};
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

/// One call of any of the services.
#[derive(Debug)]
struct AwsCall {
    service: Service,
    action: String,
    parameters: Value,
    form: Vec<(String, String)>,
    encoding: Encoding,
}

async fn aws_call(State(front): State<Arc<Front>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let headers = parts.headers.clone();
    let Ok(body) = to_bytes(body, LARGEST_REQUEST).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let asked = front.record.asked(parts.uri.path(), &headers, &body);
    let target = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok());
    let operation = rpc_operation(parts.uri.path()).map(str::to_owned);
    let listed = zonal_shifts::action(parts.uri.path());
    let call = match (target, operation) {
        _ if listed.is_some() => Ok(AwsCall {
            service: Service::ZonalShift,
            action: listed.unwrap_or_default().to_owned(),
            parameters: json!({ "query": parts.uri.query() }),
            form: Vec::new(),
            encoding: Encoding::Json,
        }),
        (Some(target), _) => json_call(target, &body),
        (None, Some(operation)) => cbor_call(operation, &body),
        (None, None) => query_call(Request::from_parts(parts, Body::from(body))).await,
    };
    match call {
        Ok(call) => handle(&front, &headers, call, asked).await,
        Err(why) => (StatusCode::BAD_REQUEST, why).into_response(),
    }
}

/// The operation in a path of Smithy's RPC protocol, if it is CloudWatch's: the only service here whose
/// clients speak it.
fn rpc_operation(path: &str) -> Option<&str> {
    let (service, operation) = path.strip_prefix("/service/")?.split_once("/operation/")?;
    (service == cloudwatch::NAMESPACE).then_some(operation)
}

fn cbor_call(operation: String, body: &[u8]) -> Result<AwsCall, String> {
    let parameters = cbor::read(body)
        .map_err(|error| format!("the body of {operation} is not CBOR: {error}\n"))?;
    Ok(AwsCall {
        service: Service::CloudWatch,
        action: operation,
        parameters,
        form: Vec::new(),
        encoding: Encoding::Cbor,
    })
}

fn json_call(target: &str, body: &[u8]) -> Result<AwsCall, String> {
    let (namespace, action) = target.rsplit_once('.').unwrap_or_default();
    let service = if namespace.starts_with("DynamoDB_") {
        Service::DynamoDb
    } else if namespace.ends_with("CloudTrail_20131101") {
        Service::CloudTrail
    } else if namespace == cloudwatch::NAMESPACE {
        Service::CloudWatch
    } else if namespace == tagging::NAMESPACE {
        Service::Tagging
    } else {
        return Err(format!(
            "the simulator has no service behind X-Amz-Target `{target}`\n"
        ));
    };
    let parameters = serde_json::from_slice(body)
        .map_err(|error| format!("the body of {target} is not JSON: {error}\n"))?;
    Ok(AwsCall {
        service,
        action: action.to_owned(),
        parameters,
        form: Vec::new(),
        encoding: Encoding::Json,
    })
}

async fn query_call(request: Request) -> Result<AwsCall, String> {
    let Form(form) = Form::<Vec<(String, String)>>::from_request(request, &())
        .await
        .map_err(|rejection| {
            format!("neither an AWS call nor a path under /_sim/: {rejection}\n")
        })?;
    let action = form
        .iter()
        .find(|(name, _)| name == "Action")
        .map(|(_, action)| action.clone());
    let action = action.ok_or("the form has no Action: not an EC2 call\n")?;
    let parameters = form
        .iter()
        .filter(|(name, _)| name != "Action" && name != "Version")
        .map(|(name, value)| (name.clone(), value.clone().into()))
        .collect();
    let version = form.iter().find(|(name, _)| name == "Version");
    let service = match version.map(|(_, version)| version.as_str()) {
        Some(auto_scaling::VERSION) => Service::AutoScaling,
        Some(sts::VERSION) => Service::Sts,
        _ => Service::Ec2,
    };
    Ok(AwsCall {
        service,
        action,
        parameters: Value::Object(parameters),
        form,
        encoding: Encoding::Json,
    })
}

async fn handle(
    front: &Front,
    headers: &HeaderMap,
    call: AwsCall,
    asked: Option<Asked>,
) -> Response {
    let caller = front.state().callers.of(headers);
    let noted = front.note(
        call.service,
        &call.action,
        &caller,
        is_mutating(&call),
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
    let reply = match (&noted.fault, call.service) {
        (Some(Fault::Throttled), service) => throttled(service, call.encoding, &request_id),
        (Some(Fault::Refused(code)), service) => {
            let refusal = (code.as_str(), "As ordered.");
            refused(service, call.encoding, &request_id, refusal)
        }
        (_, service) if clock.is_some_and(|clock| !clock.takes(headers)) => {
            let refusal = signing::refusal(service);
            refused(service, call.encoding, &request_id, refusal)
        }
        (_, Service::Ec2) => ec2::call(
            &mut front.world(),
            &caller,
            &call.action,
            call.form,
            &request_id,
        ),
        (_, Service::AutoScaling) => auto_scaling::call(
            &mut front.world(),
            &caller,
            &call.action,
            call.form,
            &request_id,
        ),
        (_, Service::ZonalShift) => zonal_shifts::call(&front.world(), &caller, &call.action),
        (_, Service::Sts) => sts::call(&caller, &call.action, call.form, &request_id),
        (_, Service::Tagging) => {
            tagging::call(&front.world(), &caller, &call.action, &call.parameters)
        }
        (_, Service::DynamoDb) => {
            let page = front.state().page;
            dynamodb_reply(
                front
                    .dynamodb
                    .call(&call.action, &call.parameters, page)
                    .await,
            )
        }
        (_, Service::CloudTrail) if !front.admit_lookup() => {
            throttled(Service::CloudTrail, call.encoding, &request_id)
        }
        (_, Service::CloudTrail) => {
            cloudtrail::call(&front.world(), &call.action, &call.parameters)
        }
        (_, Service::CloudWatch) => cloudwatch::call(
            &mut front.world(),
            &caller,
            &call.action,
            &call.parameters,
            call.encoding,
        ),
    };
    front.record.keep(
        asked.as_ref(),
        &Answered {
            status: reply.status,
            content_type: reply.content_type,
            body: &reply.body,
            is_ordered: matches!(noted.fault, Some(Fault::Refused(_))),
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

/// A dry run changes nothing, whatever its action.
fn is_mutating(call: &AwsCall) -> bool {
    let reads: &[&str] = match call.service {
        Service::Ec2 | Service::CloudWatch | Service::AutoScaling => &["Describe"],
        Service::DynamoDb => &[
            "Get",
            "Query",
            "Scan",
            "BatchGet",
            "TransactGet",
            "Describe",
            "List",
        ],
        Service::CloudTrail => &["Lookup"],
        Service::Sts | Service::Tagging => &["Get"],
        Service::ZonalShift => &["List"],
    };
    let dry_run = call.parameters["DryRun"]
        .as_str()
        .is_some_and(|value| value == "true");
    !dry_run && !reads.iter().any(|prefix| call.action.starts_with(prefix))
}

/// Each service has its own word for one call too many.
fn throttled(service: Service, encoding: Encoding, request_id: &str) -> Reply {
    match service {
        Service::Ec2 => {
            let error = Ec2Error::new("RequestLimitExceeded", "Request limit exceeded.");
            ec2::refusal(request_id, &error)
        }
        Service::DynamoDb => dynamodb_reply(Answer::error(
            400,
            "ThrottlingException",
            "Throughput exceeds the current capacity of your table or index.",
        )),
        Service::CloudTrail | Service::ZonalShift => {
            json::refusal("ThrottlingException", "Rate exceeded")
        }
        Service::AutoScaling => {
            auto_scaling::refusal(request_id, &Ec2Error::new("Throttling", "Rate exceeded"))
        }
        Service::Sts => sts::refusal(request_id, &Ec2Error::new("Throttling", "Rate exceeded")),
        Service::Tagging => json::refusal("ThrottledException", "Rate exceeded"),
        Service::CloudWatch => {
            cloudwatch::refusal(&Ec2Error::new("Throttling", "Rate exceeded"), encoding)
        }
    }
}

/// Keys that EC2 does not take are refused with 401, as users saw it (hashicorp/terraform, issue 17273). Of a resource
/// that is somebody else's, the same code has 400.
fn of_the_caller(code: &str, message: &str) -> Ec2Error {
    let refusal = Ec2Error::new(code, message);
    match code {
        "AuthFailure" => Ec2Error {
            http_status: 401,
            ..refusal
        },
        _ => refusal,
    }
}

/// A refusal in the form of the service.
fn refused(
    service: Service,
    encoding: Encoding,
    request_id: &str,
    (code, message): (&str, &str),
) -> Reply {
    match service {
        Service::Ec2 => ec2::refusal(request_id, &of_the_caller(code, message)),
        Service::DynamoDb => dynamodb_reply(Answer::error(400, code, message)),
        Service::AutoScaling => auto_scaling::refusal(request_id, &Ec2Error::new(code, message)),
        Service::CloudWatch => cloudwatch::refusal(&Ec2Error::new(code, message), encoding),
        Service::Sts => sts::refusal(request_id, &Ec2Error::new(code, message)),
        Service::CloudTrail | Service::Tagging | Service::ZonalShift => {
            json::refusal(code, message)
        }
    }
}

fn dynamodb_reply(answer: Answer) -> Reply {
    let refused = answer.code();
    let Answer { status, body } = answer;
    Reply {
        status,
        content_type: "application/x-amz-json-1.0",
        body,
        refused,
    }
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
