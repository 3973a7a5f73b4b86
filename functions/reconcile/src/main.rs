//! Reconcile on Lambda: it keeps the ledger true and finishes what was left unfinished. All of it is in
//! `holdfast::reconcile`; the settings that it takes are in `holdfast::settings`.

use holdfast::reconcile;
use holdfast::report::Function;
use holdfast_aws::lambda;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::serve(Function::Reconcile, reconcile::run).await
}
