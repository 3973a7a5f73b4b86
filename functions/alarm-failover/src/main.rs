//! Alarm failover on Lambda: what a failed instance holds moves to a healthy one. All of it is in
//! `holdfast::alarm_failover`; the settings that it takes are in `holdfast::settings`.

use holdfast::alarm_failover;
use holdfast_aws::lambda;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::serve_failover(alarm_failover::run).await
}
