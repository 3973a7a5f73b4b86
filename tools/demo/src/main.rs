//! What `make demo` shows: the simulator, the real functions, somebody who releases addresses, and what
//! becomes of it. Nothing in it is made up. Tables and reports are read from the simulated account and
//! from the functions, and the demo fails when they are not what it says they are.

mod account;
mod env;
mod failover;
mod operator;
mod own_event;
mod part_two;
mod story;

use holdfast::error::chain;
use std::io::{self, Write};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let shown = match std::env::args().nth(1) {
        Some(path) => own_event::own_event(&path).await,
        None => story::story().await,
    };
    match shown {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            let why = chain(problem.as_ref());
            let _ = writeln!(io::stderr(), "\nThe demo stopped: {why}");
            ExitCode::FAILURE
        }
    }
}
