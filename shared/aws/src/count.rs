//! Counts the calls that go out to AWS, and the tries that follow a first one. Every client of a function
//! carries the same counter; it only adds up, so that calls side by side need no arbiter but the atomic
//! numbers themselves.

use super::connections::opening;
use aws_sdk_ec2::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the calls of every client that it was given to.
#[derive(Debug, Clone, Default)]
pub struct CallCounter(Arc<Tally>);

#[derive(Debug, Default)]
struct Tally {
    calls: AtomicU64,
    retries: AtomicU64,
}

/// How many calls there were up to a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Calls {
    /// Calls that were sent, each counted once however often it was tried.
    pub calls: u64,
    /// Tries after the first one: throttled, refused for the signature, or without an answer.
    pub retries: u64,
}

impl Calls {
    /// What was added after an earlier moment.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            calls: self.calls - earlier.calls,
            retries: self.retries - earlier.retries,
        }
    }
}

impl CallCounter {
    /// One more try that the SDK does not know of.
    pub(super) fn count_a_retry(&self) {
        self.0.retries.fetch_add(1, Ordering::Relaxed);
    }

    /// What was counted so far.
    #[must_use]
    pub fn so_far(&self) -> Calls {
        Calls {
            calls: self.0.calls.load(Ordering::Relaxed),
            retries: self.0.retries.load(Ordering::Relaxed),
        }
    }
}

#[dyn_dispatch_hint]
impl Intercept for CallCounter {
    fn name(&self) -> &'static str {
        "CallCounter"
    }

    /// The SDK numbers the tries of a call from one.
    fn read_before_attempt(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if opening::is_marked(context.request()) {
            return Ok(());
        }
        let is_first = config
            .load::<RequestAttempts>()
            .is_none_or(|tries| tries.attempts() <= 1);
        let tally = if is_first {
            &self.0.calls
        } else {
            &self.0.retries
        };
        tally.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}
