//! A connection that is open before the first call needs it. The handshake costs two round trips and a good deal of
//! processor: a start has both to spare, an event has not. Nothing is sent on it, so no service's own time is waited for.
//!
//! The SDK is asked for a call as ever, so endpoint, proxy and certificates are those of the calls to come. A mark stops
//! that call where it would be sent. It holds for the first try only: the SDK makes a second one without it. So there is
//! none, see [`once`].
//!
//! Races: the pool tells that a connection is open, and then gives it to the request. A function has one thread, so it
//! hears the news first. An event's call may come while a connection is being opened. The pool gives it whichever is ready
//! first.

use aws_sdk_ec2::config::retry::RetryConfig;
use aws_sdk_ec2::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_ec2::error::SdkError;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use std::error::Error;

#[derive(Debug, Clone, Copy)]
struct OpensOnly;

/// Stops a call before it is sent, when its connection is open.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct OpenOnly;

#[dyn_dispatch_hint]
impl Intercept for OpenOnly {
    fn name(&self) -> &'static str {
        "OpenOnly"
    }

    fn modify_before_retry_loop(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        mark(context.request_mut());
        Ok(())
    }
}

/// How often it is tried. A start has no time for more: the first event opens what is not open.
pub(in super::super) fn once() -> RetryConfig {
    RetryConfig::disabled()
}

pub(super) fn mark(request: &mut HttpRequest) {
    request.add_extension(OpensOnly);
}

/// Whether nothing of this request is to be sent.
pub(in super::super) fn is_marked(request: &HttpRequest) -> bool {
    request.extension::<OpensOnly>().is_some()
}

/// How a call ends whose connection is open. No retry follows: the SDK takes it for a fault of the caller.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the connection is open, and nothing was sent")]
struct Opened;

pub(super) fn opened() -> ConnectorError {
    ConnectorError::user(Opened.into())
}

/// What a call that only opens a connection came to.
pub(in super::super) fn result_of<T, E, R>(
    ended: Result<T, SdkError<E, R>>,
) -> Result<(), SdkError<E, R>>
where
    SdkError<E, R>: Error + 'static,
{
    match ended {
        Err(error) if !is_opened(&error) => Err(error),
        _ => Ok(()),
    }
}

fn is_opened(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(each) = cause {
        if each.is::<Opened>() {
            return true;
        }
        cause = each.source();
    }
    false
}
