//! The release guard on Lambda: it takes back a protected address that somebody released. All of it is
//! in `holdfast::release_guard`; the settings that it takes are in `holdfast::settings`.

use holdfast::release_guard;
use holdfast::report::Function;
use holdfast_aws::lambda;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::serve(Function::ReleaseGuard, release_guard::run).await
}
