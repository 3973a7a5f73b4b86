//! `make demo`: the main job, end to end, with the real binaries. See `holdfast_tests::demo`.

use holdfast_tests::demo;
use std::io::{self, Write};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let shown = match std::env::args().nth(1) {
        Some(path) => demo::own_event(&path).await,
        None => demo::story().await,
    };
    match shown {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            let _ = writeln!(io::stderr(), "\nThe demo stopped: {problem}");
            ExitCode::FAILURE
        }
    }
}
