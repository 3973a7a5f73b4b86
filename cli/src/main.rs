//! `holdfast`, the operator's tool: see [`holdfast_cli`].

use holdfast_cli::output::Terminal;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    holdfast_cli::run(std::env::args_os(), Terminal::of_process).await
}
