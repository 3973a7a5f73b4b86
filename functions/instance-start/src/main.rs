//! Instance start on Lambda: an instance that runs gets the address that is its own. All of it is in
//! `holdfast::placement`; the settings that it takes are in `holdfast::settings`.

use holdfast::placement;
use holdfast::report::Function;
use holdfast_aws::lambda;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::serve(Function::InstanceStart, placement::run).await
}
