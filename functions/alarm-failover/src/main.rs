//! Alarm failover on Lambda: what a failed instance holds moves to a healthy one. All of it is in
//! `holdfast::failover`; the settings that it takes are in `holdfast::settings`.

use holdfast::failover;
use holdfast::report::Function;
use holdfast_aws::lambda;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::serve(Function::AlarmFailover, failover::run).await
}
