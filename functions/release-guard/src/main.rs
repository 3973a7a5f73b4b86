//! The release guard on Lambda: it takes back a protected address that somebody released. All of it is
//! in `holdfast::guard`; the settings that it takes are in `holdfast::settings`.

use holdfast::guard;
use holdfast::report::Function;
use holdfast_aws::lambda;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::serve(Function::ReleaseGuard, guard::run).await
}
