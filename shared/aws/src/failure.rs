//! From an SDK error to a [`CloudError`]: code, message and request id are taken out, the error itself
//! stays underneath. Where no answer came, it alone says why: a timeout, a refused connection, a name that does
//! not resolve. Which variant it becomes is decided in [`holdfast::cloud`], by the code alone. The operator's tool reads
//! the answers of its own clients by it, too.

use aws_sdk_ec2::error::ProvideErrorMetadata;
use aws_sdk_ec2::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use holdfast::cloud::{CloudError, Failure};
use std::error::Error as StdError;
use std::fmt;

/// The failure of a call. Every client of the SDK has the same form of error, so it serves whatever client there is.
pub fn of<E>(action: &'static str, error: SdkError<E, HttpResponse>) -> CloudError
where
    E: StdError + ProvideErrorMetadata + Send + Sync + 'static,
{
    let said = error.message().map(str::to_owned);
    let is_answered = error.raw_response().is_some();
    CloudError::from(Failure {
        action,
        code: error.code().map(str::to_owned),
        message: said.or_else(|| (!is_answered).then(|| "no answer".to_owned())),
        request_id: error.request_id().map(str::to_owned),
        source: Some(Box::new(error)),
    })
}

/// A request that cannot be made of what is known: nothing was sent.
pub(super) fn unsent(
    action: &'static str,
    what: impl fmt::Display,
    source: Option<Box<dyn StdError + Send + Sync>>,
) -> CloudError {
    without_code(
        action,
        format!("the request cannot be made: {what}"),
        source,
    )
}

/// An answer that came and is not what AWS documents.
pub fn unreadable(
    action: &'static str,
    what: impl fmt::Display,
    source: Option<Box<dyn StdError + Send + Sync>>,
) -> CloudError {
    without_code(action, format!("the answer cannot be read: {what}"), source)
}

fn without_code(
    action: &'static str,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
) -> CloudError {
    CloudError::Other(Failure {
        action,
        code: None,
        message: Some(message),
        request_id: None,
        source,
    })
}
