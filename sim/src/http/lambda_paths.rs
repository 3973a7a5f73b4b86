//! Lambda's protocol on the way in: an operation is a method and a path, and its parameters stand in the path, behind the
//! question mark and in headers. Source: Lambda API reference.

use super::calls::Service;
use super::requests::AwsCall;
use axum::http::Method;
use axum::http::request::Parts;
use bytes::Bytes;
use serde_json::{Map, Value};

/// The headers of an invocation, and what they are as parameters.
const HEADERS: [(&str, &str); 3] = [
    ("x-amz-invocation-type", "InvocationType"),
    ("x-amz-log-type", "LogType"),
    ("x-amz-client-context", "ClientContext"),
];

/// The call of a path of Lambda's; none where the path is not one.
pub(super) fn read(parts: &Parts, body: &Bytes) -> Option<Result<AwsCall, String>> {
    let path = parts.uri.path().trim_start_matches('/');
    let (version, rest) = path.split_once('/')?;
    let is_dated = version.len() == 10 && version.starts_with("20");
    let rest = rest.strip_prefix("functions").filter(|_| is_dated)?;
    let rest = rest.trim_matches('/');
    let mut parameters = Map::new();
    let segments: Vec<String> = rest.split('/').map(decoded).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let action = match (&parts.method, version, segments.as_slice()) {
        (&Method::GET, "2015-03-31", [""]) => "ListFunctions",
        (&Method::GET, "2015-03-31", [_]) => "GetFunction",
        (&Method::GET, "2015-03-31", [_, "configuration"]) => "GetFunctionConfiguration",
        (&Method::GET, "2015-03-31", [_, "aliases"]) => "ListAliases",
        (&Method::GET, "2015-03-31", [_, "policy"]) => "GetPolicy",
        (&Method::GET, "2015-03-31", [_, "aliases", alias]) => {
            parameters.insert("Name".to_owned(), (*alias).into());
            "GetAlias"
        }
        (&Method::GET, "2019-09-30", [_, "concurrency"]) => "GetFunctionConcurrency",
        (&Method::GET, "2019-09-25", [_, "event-invoke-config"]) => "GetFunctionEventInvokeConfig",
        (&Method::POST, "2015-03-31", [_, "invocations"]) => "InvokeFunction",
        _ => {
            return Some(Err(format!(
                "the simulator does not model {} {}\n",
                parts.method,
                parts.uri.path()
            )));
        }
    };
    if let Some(name) = segments.first().filter(|name| !name.is_empty()) {
        parameters.insert("FunctionName".to_owned(), (*name).into());
    }
    let query = parts.uri.query().unwrap_or_default();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        parameters.insert(decoded(name), decoded(&value.replace('+', " ")).into());
    }
    for (header, name) in HEADERS {
        let value = parts.headers.get(header);
        if let Some(value) = value.and_then(|value| value.to_str().ok()) {
            parameters.insert(name.to_owned(), value.into());
        }
    }
    Some(Ok(AwsCall {
        payload: body.clone(),
        ..AwsCall::of(Service::Lambda, action, Value::Object(parameters))
    }))
}

/// A part of a path or a query, with its `%3A` and the like read.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, escaped)) = rest.split_once('%') {
        bytes.extend_from_slice(plain.as_bytes());
        let digits = escaped.get(..2);
        if let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            bytes.push(byte);
            rest = &escaped[2..];
        } else {
            bytes.push(b'%');
            rest = escaped;
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;
    use serde_json::json;

    fn call(method: &str, uri: &str) -> Result<AwsCall, String> {
        let request = Request::builder().method(method).uri(uri);
        let (parts, ()) = request
            .header("x-amz-invocation-type", "Event")
            .body(())
            .expect("a request")
            .into_parts();
        read(&parts, &Bytes::new()).expect("a path of Lambda's")
    }

    #[test]
    fn a_path_says_operation_function_and_qualifier() {
        let uri = "/2015-03-31/functions/arn%3Aaws%3Alambda/invocations?Qualifier=live";
        let call = call("POST", uri).expect("known");
        assert_eq!(call.action, "InvokeFunction");
        assert_eq!(
            call.parameters,
            json!({ "FunctionName": "arn:aws:lambda", "Qualifier": "live", "InvocationType": "Event" })
        );
    }

    #[test]
    fn an_operation_that_is_not_modelled_is_refused_by_its_path() {
        let refused = call("PUT", "/2015-03-31/functions/guard/code").unwrap_err();
        assert!(refused.contains("PUT /2015-03-31/functions/guard/code"));
    }
}
