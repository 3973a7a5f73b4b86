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

/// How long a denial counts as passing for an address that this run allocated. The permission hangs on a tag that the
/// allocation wrote, and nobody has measured how soon IAM sees it.
const UNTIL_TAGS_ARE_SEEN: Duration = Duration::from_secs(5);

/// The same for a call on an address that may be new: its permission hangs on the address's own tag.
pub(super) async fn send_on<T, K: Clock, F: Future<Output = Result<T, CloudError>>>(
    (clock, is_new): (&K, bool),
    case: &Case<'_>,
    mut call: impl FnMut() -> F,
) -> Result<T, CloudError> {
    let seen_by = case
        .retry_deadline(clock.now())
        .or_earlier(clock.now() + UNTIL_TAGS_ARE_SEEN);
    loop {
        let end = send(clock, case, &mut call).await;
        let is_denied = matches!(end, Err(CloudError::Denied(_)));
        if !(is_new && is_denied && seen_by.allows(clock.now(), PAUSE)) {
            return end;
        }
        clock.sleep(PAUSE).await;
    }
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
