//! Notify on Lambda: it tells people what the other functions report. All of it is in `holdfast::notify`; the settings
//! that it takes are in `holdfast::settings`.

use holdfast::notify;
use holdfast_aws::lambda::notices;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    notices::serve(notify::run).await
}
