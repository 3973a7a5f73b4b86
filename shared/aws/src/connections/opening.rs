//! A connection that is open before the first call needs it. The handshake costs two round trips and a good deal of
//! processor: a start has both to spare, an event has not. Nothing is sent on it, so no service's own time is waited for.
//!
//! The SDK is asked for a call as ever, so endpoint and proxy are those of the calls to come. The call is stopped before it
//! is signed, on each of its tries. What goes out instead is a request of our own that has a mark: only its connection is
//! opened, see [`super::Connections`].
//!
//! Races: the pool tells that a connection is open, and then gives it to the request. A function has one thread, so it
//! hears the news first. An event's call may come while a connection is being opened. The pool gives it whichever is ready
//! first.

use aws_sdk_ec2::config::timeout::TimeoutConfig;
use aws_sdk_ec2::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_ec2::error::SdkError;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The mark of a request that is not to be sent.
#[derive(Debug, Clone, Copy)]
struct OpensOnly;

/// Stops a call before it is signed, and keeps where it would have gone until that is taken: it is part of the call's
/// components, and they of the destination.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct OpenOnly(Arc<Mutex<Option<Destination>>>);

/// Where a call would have gone, and with what.
#[derive(Debug)]
struct Destination {
    uri: String,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
}

#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the call is stopped: only its connection is wanted")]
struct Stopped;

#[dyn_dispatch_hint]
impl Intercept for OpenOnly {
    fn name(&self) -> &'static str {
        "OpenOnly"
    }

    /// So that nobody counts it as a call.
    fn modify_before_retry_loop(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        mark(context.request_mut());
        Ok(())
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let connecting = config
            .load::<TimeoutConfig>()
            .and_then(TimeoutConfig::connect_timeout);
        let mut settings = HttpConnectorSettings::builder();
        settings.set_connect_timeout(connecting);
        *self.destination() = Some(Destination {
            uri: context.request().uri().to_owned(),
            settings: settings.build(),
            components: components.clone(),
        });
        Err(Stopped.into())
    }
}

impl OpenOnly {
    /// Has a connection open to where a call that it stopped would have gone. A call that did not come so far tells why.
    pub(in super::super) async fn open<T, E>(
        &self,
        stopped: Result<T, SdkError<E, HttpResponse>>,
    ) -> Result<(), SdkError<E, HttpResponse>> {
        let destination = self.destination().take();
        let Some(destination) = destination else {
            return stopped.map(drop);
        };
        match destination.open().await {
            Err(error) if !is_opened(&error) => Err(SdkError::dispatch_failure(error)),
            _ => Ok(()),
        }
    }

    fn destination(&self) -> MutexGuard<'_, Option<Destination>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Has a connection open to where this call would go, and makes none: each SDK crate has a type of its own for its calls.
macro_rules! open {
    ($call:expr) => {{
        let opening = $crate::connections::opening::OpenOnly::default();
        let stopped = $call.customize().interceptor(opening.clone()).send().await;
        opening.open(stopped).await
    }};
}
pub(in super::super) use open;

impl Destination {
    async fn open(&self) -> Result<HttpResponse, ConnectorError> {
        let Self {
            uri,
            settings,
            components,
        } = self;
        let mut request = HttpRequest::empty();
        request
            .set_uri(uri.as_str())
            .map_err(|error| ConnectorError::user(error.into()))?;
        mark(&mut request);
        let client = components
            .http_client()
            .ok_or_else(|| ConnectorError::user(Stopped.into()))?;
        let connector = client.http_connector(settings, components);
        connector.call(request).await
    }
}

pub(super) fn mark(request: &mut HttpRequest) {
    request.add_extension(OpensOnly);
}

/// Whether nothing of this request is to be sent.
pub(in super::super) fn is_marked(request: &HttpRequest) -> bool {
    request.extension::<OpensOnly>().is_some()
}

/// How a request ends that only opens a connection.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the connection is open, and nothing was sent")]
struct Opened;

pub(super) fn opened() -> ConnectorError {
    ConnectorError::user(Opened.into())
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
