//! How long a function takes to start, beside an empty one. It counts from the new process to its first
//! request for an event, which is what a cold start adds to Lambda's own share.

use super::figures::Series;
use super::{Built, EMPTY, FUNCTIONS, simulated};
use ec2_sim::World;
use ec2_sim::http::Simulator;
use holdfast_tests::terminal::{self, Problem};
use std::fs;
use std::time::Duration;

const ROUNDS: usize = 30;

/// All starts of one function.
#[derive(Default)]
struct Starts {
    took: Series,
    processor: Series,
    peak_memory: u64,
}

pub(super) async fn measure(built: &Built) -> Result<(), Problem> {
    terminal::heading("Start: from the new process to its first request for an event")?;
    let simulator = simulated(World::new()).await?;
    let names: Vec<&str> = [EMPTY].into_iter().chain(FUNCTIONS).collect();
    let mut all: Vec<Starts> = names.iter().map(|_| Starts::default()).collect();
    // Round about, so that what the machine does meanwhile is spread over all of them; the first is for the disk.
    for round in 0..=ROUNDS {
        for (name, starts) in names.iter().zip(&mut all) {
            let started = start(built, name, &simulator).await?;
            if round > 0 {
                starts.add(started);
            }
        }
    }
    let mut rows = Vec::new();
    for (name, starts) in names.iter().zip(&all) {
        let size = fs::metadata(built.binary(name)?)?.len();
        rows.push(starts.row(name, size));
    }
    terminal::markdown(
        &[
            "function",
            "binary, MB",
            "start, ms",
            "processor, ms",
            "peak memory, MB",
        ],
        rows,
    )?;
    terminal::line(&format!(
        "{ROUNDS} starts each, in turn; echo-function does nothing but answer"
    ))
}

async fn start(
    built: &Built,
    name: &str,
    simulator: &Simulator,
) -> Result<(Duration, Duration, u64), Problem> {
    let function = built.start(name, simulator).await?;
    let used = function.usage()?;
    let took = function.init_duration();
    function.kill().await;
    Ok((took, used.processor, used.peak_memory))
}

impl Starts {
    fn add(&mut self, (took, processor, peak_memory): (Duration, Duration, u64)) {
        self.took.add(took);
        self.processor.add(processor);
        self.peak_memory = self.peak_memory.max(peak_memory);
    }

    fn row(&self, name: &str, size: u64) -> Vec<String> {
        vec![
            name.to_owned(),
            megabytes(size),
            self.took.told(),
            self.processor.told(),
            megabytes(self.peak_memory * 1024),
        ]
    }
}

/// Millions of bytes, with one digit.
pub(super) fn megabytes(bytes: u64) -> String {
    format!("{}.{}", bytes / 1_000_000, bytes % 1_000_000 / 100_000)
}
