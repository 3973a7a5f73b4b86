//! The one place that asks the machine for the time: the world itself runs on what it is told.

use std::time::Duration;
use time::OffsetDateTime;

/// The time now.
#[expect(clippy::disallowed_methods, reason = "this is where time comes in")]
pub(super) fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// Waits.
#[expect(clippy::disallowed_methods, reason = "this is where waiting is done")]
pub(super) async fn sleep(how_long: Duration) {
    tokio::time::sleep(how_long).await;
}
