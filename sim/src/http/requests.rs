//! Which service a request is for, which action it names and with what: by its target, its path or its form. Source:
//! Smithy, "AWS protocols".

use super::calls::Service;
use super::cloudwatch::{self, Encoding};
use super::{
    auto_scaling, cbor, cloudformation, cloudwatch_logs, eventbridge, lambda_paths, quotas, sqs,
    sts, tagging,
};
use axum::Form;
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::request::Parts;
use bytes::Bytes;
use serde_json::Value;

/// One call of any of the services.
#[derive(Debug)]
pub(super) struct AwsCall {
    pub(super) service: Service,
    /// As IAM writes it.
    pub(super) action: String,
    pub(super) parameters: Value,
    pub(super) form: Vec<(String, String)>,
    pub(super) encoding: Encoding,
    /// What is handed on as it came.
    pub(super) payload: Bytes,
}

impl AwsCall {
    pub(super) fn of(service: Service, action: impl Into<String>, parameters: Value) -> Self {
        Self {
            service,
            action: action.into(),
            parameters,
            form: Vec::new(),
            encoding: Encoding::Json,
            payload: Bytes::new(),
        }
    }

    /// Whether it asks to change something. A dry run changes nothing, whatever its action.
    pub(super) fn is_mutating(&self) -> bool {
        let reads: &[&str] = match self.service {
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
            Service::CloudTrail => &["Lookup", "Describe", "Get", "List"],
            Service::Sts => &["Get", "Assume"],
            Service::Tagging | Service::Lambda | Service::ServiceQuotas | Service::Sqs => {
                &["Get", "List"]
            }
            Service::CloudFormation | Service::Logs | Service::Events => {
                &["Describe", "Filter", "Get", "List"]
            }
        };
        let parameters = &self.parameters;
        let dry_run = parameters["DryRun"] == "true" || parameters["InvocationType"] == "DryRun";
        !dry_run && !reads.iter().any(|prefix| self.action.starts_with(prefix))
    }
}

/// Reads one call, or says why it is none.
pub(super) async fn read(parts: Parts, body: Bytes) -> Result<AwsCall, String> {
    let target = parts.headers.get("x-amz-target");
    if let Some(target) = target.and_then(|target| target.to_str().ok()) {
        return json_call(target, &body);
    }
    if let Some(operation) = rpc_operation(parts.uri.path()) {
        return cbor_call(operation, &body);
    }
    if let Some(read) = lambda_paths::read(&parts, &body) {
        return read;
    }
    query_call(Request::from_parts(parts, Body::from(body))).await
}

/// The operation in a path of Smithy's RPC protocol, if it is CloudWatch's: the only service here whose
/// clients speak it.
fn rpc_operation(path: &str) -> Option<&str> {
    let (service, operation) = path.strip_prefix("/service/")?.split_once("/operation/")?;
    (service == cloudwatch::NAMESPACE).then_some(operation)
}

fn cbor_call(operation: &str, body: &[u8]) -> Result<AwsCall, String> {
    let parameters = cbor::read(body)
        .map_err(|error| format!("the body of {operation} is not CBOR: {error}\n"))?;
    Ok(AwsCall {
        encoding: Encoding::Cbor,
        ..AwsCall::of(Service::CloudWatch, operation, parameters)
    })
}

fn json_call(target: &str, body: &[u8]) -> Result<AwsCall, String> {
    let (namespace, action) = target.rsplit_once('.').unwrap_or_default();
    let service = match namespace {
        cloudwatch::NAMESPACE => Service::CloudWatch,
        tagging::NAMESPACE => Service::Tagging,
        cloudwatch_logs::NAMESPACE => Service::Logs,
        eventbridge::NAMESPACE => Service::Events,
        sqs::NAMESPACE => Service::Sqs,
        quotas::NAMESPACE => Service::ServiceQuotas,
        _ if namespace.starts_with("DynamoDB_") => Service::DynamoDb,
        _ if namespace.ends_with("CloudTrail_20131101") => Service::CloudTrail,
        _ => {
            return Err(format!(
                "the simulator has no service behind X-Amz-Target `{target}`\n"
            ));
        }
    };
    let parameters = serde_json::from_slice(body)
        .map_err(|error| format!("the body of {target} is not JSON: {error}\n"))?;
    Ok(AwsCall::of(service, action, parameters))
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
        Some(cloudformation::VERSION) => Service::CloudFormation,
        _ => Service::Ec2,
    };
    Ok(AwsCall {
        form,
        ..AwsCall::of(service, action, Value::Object(parameters))
    })
}
