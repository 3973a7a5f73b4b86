//! What `make bench` measures: the functions as they ship, for this machine's processor, behind a Lambda Runtime API
//! against the simulator, beside an empty function and beside boto3. It measures and asserts no time; it stops when a
//! function does not do what is being measured. A whole run writes docs/performance/results.json and the page.
//!
//! The function, the simulator and this program share the machine's processors, so figures of one run are to
//! be compared with each other. What the simulator, a debug build, takes to answer is in the times and not in
//! the processor time.

mod cases;
mod cold;
mod events;
mod failovers;
mod figures;
mod gate;
mod machine;
mod options;
mod peers;
mod share;
mod starts;
mod sweep;
mod tls;
mod written;

use cold::Lab;
use ec2_sim::World;
use ec2_sim::http::Simulator;
use gate::Room;
use holdfast_tests::bursts;
use holdfast_tests::performance::Results;
use holdfast_tests::runtime::{Environment, Function, Invocation};
use holdfast_tests::terminal::{self, Problem};
use options::{Options, Rounds};
use peers::Peers;
use serde_json::Value;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

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
    let done = match Options::read(std::env::args().skip(1)) {
        Ok(options) => measure(&options).await,
        Err(problem) => Err(problem),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            let _ = writeln!(io::stderr(), "\nThe benchmark stopped: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// # Errors
/// A function is not there, does not start, or does something else than what is measured.
async fn measure(options: &Options) -> Result<(), Problem> {
    let began = Instant::now();
    let rounds = options.rounds();
    let built = Built(options.functions.clone());
    let peers = Peers::new(&options.python)?;
    let room = Room::new()?;
    let mut results = Results {
        machine: machine::this(options.is_quick),
        ..Results::default()
    };
    let part = |name: &str| {
        terminal::heading(&format!(
            "{name}, {:.0} s after the start",
            began.elapsed().as_secs_f64()
        ))
    };
    // The bound of a path counts from these.
    if options.wants("starts") || options.wants("paths") {
        part("starts")?;
        results.starts = starts::measure(&built, &peers, &room, rounds).await?;
    }
    if options.wants("paths") {
        part("paths")?;
        let lab = Lab {
            built: &built,
            peers: &peers,
            room: &room,
            rounds,
            starts: &results.starts,
        };
        results.paths = cold::measure(&lab).await?;
    }
    if options.wants("events") {
        part("events")?;
        results.events = events::measure(&built, rounds).await?;
    }
    if options.wants("sweeps") {
        part("sweeps")?;
        results.sweeps = sweep::measure(&built, rounds).await?;
    }
    // What they measure is on the simulator's clock, but for boto3's waiter, which sleeps: so they go on side by side.
    part("bursts and failovers")?;
    let bursts = options
        .wants("bursts")
        .then(|| tokio::spawn(bursts::measure(rounds.releases, rounds.instances)));
    if options.wants("failovers") {
        results.failovers = failovers::measure(&built, &peers, options.is_quick).await?;
    }
    if let Some(bursts) = bursts {
        results.bursts = bursts.await??;
    }
    part("all of it is measured")?;
    written::write(options, results)
}

/// The folder of the compiled functions.
#[derive(Debug, Clone)]
struct Built(PathBuf);

impl Built {
    /// As `cargo lambda build` puts it, or as `cargo build` does.
    fn binary(&self, name: &str) -> Result<PathBuf, Problem> {
        let both = [self.0.join(name).join("bootstrap"), self.0.join(name)];
        let found = both.iter().find(|path| path.is_file());
        found.cloned().ok_or_else(|| {
            let missing = both[0].display();
            format!("there is no {missing}: `make bench` compiles it and measures").into()
        })
    }

    /// What a function finds when it starts against a simulator, in a region that is the simulator's.
    fn environment(name: &str, simulator: &Simulator) -> Environment {
        Environment::new(name, &simulator.url)
            .timeout(Duration::from_mins(5))
            .set("HOLDFAST_TABLE", TABLE)
            .set("HOLDFAST_MODE", "enforce")
            .set("HOLDFAST_COOLDOWN_SECONDS", "0")
    }

    async fn start(&self, name: &str, simulator: &Simulator) -> Result<Function, Problem> {
        let environment = Self::environment(name, simulator);
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
