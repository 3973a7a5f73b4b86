//! A call that AWS refuses for its signature, its time or its token is signed anew and sent again, at once. Lambda
//! freezes a process between two events. One that thaws may send what it signed before the freeze, and its clock may be
//! behind. Nothing was done, so any call may be sent again.
//!
//! The SDK signs each try anew, and learns from the `Date` of each answer by how much its clock is off
//! (`aws_runtime::service_clock_skew`). By itself it tries again only where that is more than four minutes. What is
//! here adds the codes that say so without a date.
//!
//! Races: calls side by side share one note of the last refusal; whichever comes last is kept, and any of them says
//! the same.

use super::refusal_code;
use aws_sdk_ec2::config::retry::{ClassifyRetry, RetryAction};
use aws_sdk_ec2::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextMut, FinalizerInterceptorContextRef, InterceptorContext,
};
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::retries::classifiers::RetryClassifierPriority;
use aws_smithy_types::retry::ErrorKind;
use holdfast::cloud::codes::{AUTH_FAILURE, is_about_keys, refuses_keys};
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Sees to it that a refused signature is made anew, for every client that it was given to, and keeps the refusal that
/// no try has cured.
#[derive(Debug, Clone, Default)]
pub struct Signatures(Arc<Mutex<Option<String>>>);

/// Which try of its call an answer belongs to, from one. It travels with the answer, since whoever decides on a retry
/// sees nothing else.
#[derive(Debug, Clone, Copy)]
struct Try(u32);

impl Signatures {
    /// The last call that was refused for its keys in every try, with the code, and none from here on.
    #[must_use]
    pub fn take_refusal(&self) -> Option<String> {
        mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn keep(&self, refusal: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal);
    }
}

#[dyn_dispatch_hint]
impl Intercept for Signatures {
    fn name(&self) -> &'static str {
        "Signatures"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let tries = config
            .load::<RequestAttempts>()
            .map_or(1, RequestAttempts::attempts);
        context.response_mut().add_extension(Try(tries));
        Ok(())
    }

    /// After the last try.
    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let code = context.response().and_then(refusal_code::of);
        if let (Some(code), Some(call)) = (code, config.load::<Metadata>()) {
            let service = call.service().to_lowercase().replace(' ', "");
            let action = format!("{service}:{}", call.name());
            if refuses_keys(&action, &code) {
                self.keep(format!("{action}: {code}"));
            }
        }
        Ok(())
    }
}

impl ClassifyRetry for Signatures {
    /// `AuthFailure` says either that the time of the signature is wrong or that an address is somebody else's. The
    /// second try tells them apart, so there is no third.
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(answer) = context.response().filter(|_| context.is_failed()) else {
            return RetryAction::NoActionIndicated;
        };
        let is_first = answer
            .extension::<Try>()
            .is_some_and(|&Try(number)| number == 1);
        match refusal_code::of(answer).as_deref() {
            Some(AUTH_FAILURE) if is_first => anew(),
            Some(code) if is_about_keys(code) => anew(),
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "Signatures"
    }

    /// The last word: the SDK's own classifiers have none on these codes, but for a clock that is far off.
    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}

/// A pause changes nothing of what is wrong.
fn anew() -> RetryAction {
    RetryAction::retryable_error_with_explicit_delay(ErrorKind::ServerError, Duration::ZERO)
}
