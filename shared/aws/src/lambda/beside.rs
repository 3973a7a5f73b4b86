//! Work that is done beside a run, for as long as the run lasts.

use futures_util::future::{Either, select};
use std::pin::pin;

/// What `run` comes to. `beside` is begun first, and is dropped where the run ends before it.
pub(super) async fn with<T>(beside: impl Future<Output = ()>, run: impl Future<Output = T>) -> T {
    match select(pin!(beside), pin!(run)).await {
        Either::Left(((), run)) => run.await,
        Either::Right((ended, _)) => ended,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};

    #[tokio::test]
    async fn a_run_does_not_wait_for_what_is_beside_it() {
        assert_eq!(with(pending(), ready(1)).await, 1);
    }

    #[tokio::test]
    async fn what_is_beside_a_run_does_not_end_it() {
        let run = async {
            tokio::task::yield_now().await;
            1
        };
        assert_eq!(with(ready(()), run).await, 1);
    }
}
