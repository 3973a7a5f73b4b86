//! Reconcile, in sentences.
#![expect(
    clippy::large_futures,
    reason = "the future of a test lives as long as the test"
)]

mod audits;
mod calls;
mod changes;
mod corrections;
mod decisions;
mod endings;
mod former_targets;
mod history;
mod limits;
mod looks;
mod open_releases;
mod order;
mod reachability;
mod rivals;
mod severity;
mod sweeps;
mod transfers;
mod unlocking;
mod unprotected;
mod urgency;

use super::fixtures::installation;

/// Only the compiler can fail it: a run may be moved between threads while it waits.
#[tokio::test]
async fn a_run_can_be_moved_between_threads() {
    fn moved<F: Future + Send>(run: F) -> F {
        run
    }
    let account = installation();
    let report = moved(account.try_sweep()).await;
    assert!(report.is_ok());
}
