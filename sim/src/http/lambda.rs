//! Lambda over HTTP: what functions there are, how they are set up, and how to call one. Source of names, limits and
//! errors: Lambda API reference.

use super::front::Front;
use super::invocations;
use super::requests::AwsCall;
use super::server::Reply;
use crate::World;
use crate::services::LambdaFunction;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

const MODIFIED: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]+0000");

/// Why Lambda refuses, and in which words.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { code, message }
    }
}

/// The parameters that name one function, and which version of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct One {
    function_name: String,
    qualifier: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ListFunctions {
    marker: Option<String>,
    max_items: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetAlias {
    function_name: String,
    name: String,
}

/// A function that was found, and which version is meant.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) function: LambdaFunction,
    pub(super) qualifier: Option<String>,
    pub(super) version: String,
}

/// One Lambda call.
pub(super) async fn call(front: &Arc<Front>, call: &AwsCall) -> Reply {
    let answer = if call.action == "InvokeFunction" {
        invocations::call(front, &call.parameters, &call.payload).await
    } else {
        read(&front.world(), &call.action, &call.parameters)
    };
    answer.unwrap_or_else(|refused| refusal(refused.code, &refused.message))
}

fn read(world: &World, action: &str, parameters: &Value) -> Result<Reply, Refusal> {
    let answer = match action {
        "ListFunctions" => list(world, &parameters_of(parameters)?)?,
        "GetAlias" => {
            let GetAlias {
                function_name,
                name,
            } = parameters_of(parameters)?;
            let found = find(world, &function_name, None)?;
            let version = found.function.aliases.get(&name);
            let version = version.ok_or_else(|| not_found(world, &found.function, Some(&name)))?;
            alias(world, &found.function, &name, version)
        }
        other => {
            let One {
                function_name,
                qualifier,
            } = parameters_of(parameters)?;
            let found = find(world, &function_name, qualifier)?;
            of_one(world, other, &found)?
        }
    };
    Ok(reply(200, &answer))
}

fn of_one(world: &World, action: &str, found: &Found) -> Result<Value, Refusal> {
    let function = &found.function;
    let concurrency = match function.reserved_concurrency {
        Some(reserved) => json!({ "ReservedConcurrentExecutions": reserved }),
        None => json!({}),
    };
    Ok(match action {
        "GetFunction" => {
            let mut answer = json!({
                "Configuration": configuration(world, found),
                "Code": { "RepositoryType": "S3" },
                "Tags": function.tags,
            });
            if function.reserved_concurrency.is_some() {
                answer["Concurrency"] = concurrency;
            }
            answer
        }
        "GetFunctionConfiguration" => configuration(world, found),
        "GetFunctionConcurrency" => concurrency,
        "GetPolicy" => {
            let none = || {
                let message = "The resource you requested does not exist.";
                Refusal::new("ResourceNotFoundException", message)
            };
            let policy = function.policy.as_ref().ok_or_else(none)?;
            json!({ "Policy": policy, "RevisionId": "1" })
        }
        "GetFunctionEventInvokeConfig" => json!({
            "FunctionArn": arn(world, function, Some("$LATEST")),
            "MaximumRetryAttempts": function.maximum_retry_attempts,
            "DestinationConfig": {
                "OnSuccess": destination(function.on_success.as_ref()),
                "OnFailure": destination(function.on_failure.as_ref()),
            },
        }),
        "ListAliases" => {
            let aliases = function.aliases.iter();
            let aliases = aliases.map(|(name, version)| alias(world, function, name, version));
            json!({ "Aliases": aliases.collect::<Vec<_>>() })
        }
        other => {
            let message = format!("the simulator does not model {other}");
            return Err(Refusal::new("ServiceException", message));
        }
    })
}

fn destination(arn: Option<&String>) -> Value {
    arn.map_or_else(|| json!({}), |arn| json!({ "Destination": arn }))
}

fn list(world: &World, request: &ListFunctions) -> Result<Value, Refusal> {
    let invalid = |name: &str| {
        Refusal::new(
            "InvalidParameterValueException",
            format!("{name} is not valid"),
        )
    };
    let number = |text: &Option<String>, name: &str| {
        let text = text.as_deref().filter(|text| !text.is_empty());
        text.map(|text| text.parse::<usize>().map_err(|_| invalid(name)))
            .transpose()
    };
    let start = number(&request.marker, "Marker")?.unwrap_or(0);
    // "Note that ListFunctions returns a maximum of 50 items in each response, even if you set the number higher."
    let size = number(&request.max_items, "MaxItems")?
        .unwrap_or(50)
        .min(50);
    let functions: Vec<Value> = world
        .services()
        .functions
        .values()
        .skip(start)
        .take(size)
        .map(|function| {
            let found = Found {
                function: function.clone(),
                qualifier: None,
                version: "$LATEST".to_owned(),
            };
            let mut listed = configuration(world, &found);
            // "The ListFunctions operation returns a subset of the FunctionConfiguration fields."
            if let Some(members) = listed.as_object_mut() {
                for name in ["State", "StateReason", "LastUpdateStatus"] {
                    members.remove(name);
                }
            }
            listed
        })
        .collect();
    let end = start + functions.len();
    let mut answer = json!({ "Functions": functions });
    if end < world.services().functions.len() {
        answer["NextMarker"] = end.to_string().into();
    }
    Ok(answer)
}

pub(super) fn parameters_of<T: DeserializeOwned>(parameters: &Value) -> Result<T, Refusal> {
    T::deserialize(parameters)
        .map_err(|error| Refusal::new("InvalidParameterValueException", error.to_string()))
}

/// A function by what a call names it: its name, its ARN or a part of that, each with a qualifier behind a colon or not.
pub(super) fn find(world: &World, name: &str, qualifier: Option<String>) -> Result<Found, Refusal> {
    let (prefix, named) = name.rsplit_once("function:").unwrap_or(("", name));
    let (own, behind) = match named.split_once(':') {
        Some((own, behind)) => (own, Some(behind.to_owned())),
        None => (named, None),
    };
    if qualifier.is_some() && behind.is_some() && qualifier != behind {
        let message =
            "The derived qualifier from the function name does not match the specified qualifier.";
        return Err(Refusal::new("InvalidParameterValueException", message));
    }
    let qualifier = qualifier.or(behind);
    let elsewhere = prefix.starts_with("arn:")
        && !prefix.ends_with(&format!(":{}:{}:", world.region(), world.account()));
    let function = world.services().function(own).filter(|_| !elsewhere);
    let Some(function) = function else {
        let arn = format!(
            "arn:aws:lambda:{}:{}:function:{own}",
            world.region(),
            world.account()
        );
        let message = format!("Function not found: {arn}");
        return Err(Refusal::new("ResourceNotFoundException", message));
    };
    let version = function.version_of(qualifier.as_deref());
    let version = version.ok_or_else(|| not_found(world, function, qualifier.as_deref()))?;
    Ok(Found {
        function: function.clone(),
        qualifier,
        version,
    })
}

fn not_found(world: &World, function: &LambdaFunction, qualifier: Option<&str>) -> Refusal {
    let message = format!("Function not found: {}", arn(world, function, qualifier));
    Refusal::new("ResourceNotFoundException", message)
}

fn arn(world: &World, function: &LambdaFunction, qualifier: Option<&str>) -> String {
    let arn = function.arn(world.region(), world.account());
    qualifier.map_or(arn.clone(), |qualifier| format!("{arn}:{qualifier}"))
}

fn alias(world: &World, function: &LambdaFunction, name: &str, version: &str) -> Value {
    json!({
        "AliasArn": arn(world, function, Some(name)),
        "Name": name,
        "FunctionVersion": version,
        "Description": "",
    })
}

fn configuration(world: &World, found: &Found) -> Value {
    let function = &found.function;
    let modified = function.last_modified.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let mut answer = json!({
        "FunctionName": function.function_name,
        "FunctionArn": arn(world, function, found.qualifier.as_deref()),
        "Runtime": "provided.al2023",
        "Role": function.role,
        "Handler": "bootstrap",
        "Description": function.description,
        "Timeout": function.timeout,
        "MemorySize": function.memory_size,
        "LastModified": modified.format(MODIFIED).unwrap_or_default(),
        "CodeSha256": function.code_sha256,
        "Version": found.version,
        "State": function.state.name(),
        "LastUpdateStatus": function.last_update_status,
        "PackageType": "Zip",
        "Architectures": [function.architecture],
        "TracingConfig": { "Mode": "PassThrough" },
        "LoggingConfig": { "LogFormat": function.log_format, "LogGroup": function.log_group() },
    });
    if !function.environment.is_empty() {
        answer["Environment"] = json!({ "Variables": function.environment });
    }
    if let Some(reason) = &function.state_reason {
        answer["StateReason"] = reason.as_str().into();
    }
    answer
}

/// A refusal in Lambda's form: its code stands in a header.
pub(super) fn refusal(code: &str, message: &str) -> Reply {
    let status = match code {
        "AccessDeniedException"
        | "InvalidSignatureException"
        | "ExpiredTokenException"
        | "UnrecognizedClientException" => 403,
        "ResourceNotFoundException" => 404,
        "ResourceConflictException" => 409,
        "RequestTooLargeException" => 413,
        "TooManyRequestsException" => 429,
        "ServiceException" => 500,
        "ResourceNotReadyException" => 502,
        _ => 400,
    };
    // The model's members begin with a capital letter, but for two errors.
    let mut body = Map::from_iter([("Type".to_owned(), "User".into())]);
    let named = if matches!(
        code,
        "TooManyRequestsException" | "InvalidParameterValueException"
    ) {
        "message"
    } else {
        "Message"
    };
    body.insert(named.to_owned(), message.into());
    Reply {
        refused: Some(code.to_owned()),
        headers: vec![("x-amzn-errortype", code.to_owned())],
        ..reply(status, &Value::Object(body))
    }
}

fn reply(status: u16, body: &Value) -> Reply {
    Reply {
        status,
        content_type: "application/json",
        body: body.to_string().into(),
        refused: None,
        headers: Vec::new(),
    }
}
