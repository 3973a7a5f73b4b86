//! Instance start on Lambda: an instance that runs gets the address that is its own. All of it is in
//! `holdfast::instance_start`; the settings that it takes are in `holdfast::settings`.

use holdfast::instance_start;
use holdfast::report::Function;
use holdfast_aws::lambda;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::serve(Function::InstanceStart, instance_start::run).await
}
