//! What `make bench` measures: the functions as they ship, for this machine's processor, behind a Lambda
//! Runtime API against the simulator. It measures and asserts no time; it stops when a function does not do
//! what is being measured.
//!
//! The function, the simulator and this program share the machine's processors, so figures of one run are to
//! be compared with each other. What the simulator, a debug build, takes to answer is in the times and not in
//! the processor time.

mod events;
mod figures;
mod starts;
mod sweep;

use ec2_sim::World;
use ec2_sim::http::Simulator;
use holdfast_tests::runtime::{Environment, Function, Invocation};
use holdfast_tests::terminal::{self, Problem};
use serde_json::Value;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

const TABLE: &str = "holdfast-bench";

/// The functions that ship.
const FUNCTIONS: [&str; 4] = [
    "release-guard",
    "instance-start",
    "alarm-failover",
    "reconcile",
];

/// The empty Lambda.
const EMPTY: &str = "echo-function";

#[tokio::main]
async fn main() -> ExitCode {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| PathBuf::from("target/bench"));
    match measure(&folder).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            let _ = writeln!(io::stderr(), "\nThe benchmark stopped: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// Measures everything, on the functions compiled into `folder` by `cargo lambda build`.
///
/// # Errors
/// A function is not there, does not start, or does something else than what is measured.
async fn measure(folder: &Path) -> Result<(), Problem> {
    let built = Built(folder.to_owned());
    terminal::line(
        "Functions as they ship, the simulator of EC2 and DynamoDB on the loopback, without TLS. Milliseconds: \
         median (nine of ten are not worse).",
    )?;
    starts::measure(&built).await?;
    events::measure(&built).await?;
    sweep::measure(&built).await
}

/// The folder of the compiled functions.
#[derive(Debug)]
struct Built(PathBuf);

impl Built {
    fn binary(&self, name: &str) -> Result<PathBuf, Problem> {
        let binary = self.0.join(name).join("bootstrap");
        if binary.is_file() {
            Ok(binary)
        } else {
            let missing = binary.display();
            Err(format!("there is no {missing}: `make bench` compiles it and measures").into())
        }
    }

    /// Starts a function against a simulator, in a region that is the simulator's.
    async fn start(&self, name: &str, simulator: &Simulator) -> Result<Function, Problem> {
        let environment = Environment::new(name, &simulator.url)
            .timeout(Duration::from_mins(5))
            .set("HOLDFAST_TABLE", TABLE)
            .set("HOLDFAST_MODE", "enforce")
            .set("HOLDFAST_COOLDOWN_SECONDS", "0");
        Ok(Function::start(&self.binary(name)?, &environment).await?)
    }
}

/// A simulator of this world, with an empty ledger.
async fn simulated(world: World) -> Result<Simulator, Problem> {
    let simulator = Simulator::serve(world, 0).await?;
    simulator.create_table(TABLE).await?;
    Ok(simulator)
}

/// The report, if it has this outcome.
fn expect(outcome: &str, invocation: Invocation) -> Result<Value, Problem> {
    let report = invocation.result?;
    if report["outcome"] == outcome {
        Ok(report)
    } else {
        Err(format!("expected {outcome}, and the report is {report}").into())
    }
}
