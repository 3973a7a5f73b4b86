//! Which calls the guard sends again, and after which pause.

use super::case::Case;
use crate::clock::Clock;
use crate::cloud::{CloudError, Missing};
use crate::ports::Deadline;
use crate::retry::{Backoff, retry_transient, retry_while};
use std::time::Duration;

/// The pause before a call that failed in passing is sent again.
const PAUSE: Duration = Duration::from_millis(300);

/// Sends a call again while it may work a moment later and there is time.
pub(super) async fn send<T, K: Clock, F: Future<Output = Result<T, CloudError>>>(
    clock: &K,
    case: &Case<'_>,
    call: impl FnMut() -> F,
) -> Result<T, CloudError> {
    let backoff = Backoff::steady(PAUSE, case.retry_deadline(clock.now()));
    retry_while(clock, backoff, may_work_later, call).await
}

/// Reads the ledger, again while that fails in passing and there is time.
pub(super) async fn read<T, K: Clock, F: Future<Output = Result<T, CloudError>>>(
    clock: &K,
    deadline: Deadline,
    call: impl FnMut() -> F,
) -> Result<T, CloudError> {
    retry_transient(clock, Backoff::steady(PAUSE, deadline), call).await
}

/// The exception: EC2 may not know an allocation right after giving it.
fn may_work_later(failure: &CloudError) -> bool {
    failure.is_transient() || failure.is_missing(Missing::Allocation)
}
