//! `make bench`: how long the functions take, as they ship. See `holdfast_tests::bench`.

use holdfast_tests::bench;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| PathBuf::from("target/bench"));
    match bench::measure(&folder).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            let _ = writeln!(io::stderr(), "\nThe benchmark stopped: {problem}");
            ExitCode::FAILURE
        }
    }
}
