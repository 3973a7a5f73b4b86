//! How long a function takes to start, beside an empty one and beside boto3. It counts from the new process to its first
//! request for an event, which is what a cold start adds to Lambda's own share.

use super::figures::Series;
use super::gate::{self, Room};
use super::peers::{PEERS, Peers};
use super::share::WHOLE;
use super::{Built, EMPTY, FUNCTIONS, Rounds, simulated};
use ec2_sim::World;
use holdfast_tests::performance::Start;
use holdfast_tests::runtime::Environment;
use holdfast_tests::terminal::Problem;
use std::fs;
use std::path::PathBuf;

/// All starts of one function.
struct Starts {
    name: String,
    binary: PathBuf,
    environment: Environment,
    binary_bytes: Option<u64>,
    took: Series,
    processor: Series,
    peak_kib: u64,
}

pub(super) async fn measure(
    built: &Built,
    peers: &Peers,
    room: &Room,
    rounds: Rounds,
) -> Result<Vec<Start>, Problem> {
    let simulator = simulated(World::new()).await?;
    let mut all = Vec::new();
    for name in [EMPTY].into_iter().chain(FUNCTIONS) {
        let binary = built.binary(name)?;
        let size = fs::metadata(&binary)?.len();
        let environment = Built::environment(name, &simulator);
        all.push(Starts::of(name, binary, environment, Some(size)));
    }
    for peer in PEERS {
        let environment = peers.environment(peer, Built::environment(peer.name, &simulator));
        all.push(Starts::of(peer.name, peers.bootstrap(), environment, None));
    }
    // Round about, so that what the machine does meanwhile is spread over all of them; the first is for the disk.
    for round in 0..=rounds.starts {
        for starts in &mut all {
            let is_kept = round > 0;
            if starts.binary_bytes.is_some() || round <= rounds.peers {
                starts.start(room, is_kept).await?;
            }
        }
    }
    Ok(all.into_iter().map(Starts::told).collect())
}

impl Starts {
    fn of(name: &str, binary: PathBuf, environment: Environment, size: Option<u64>) -> Self {
        Self {
            name: name.to_owned(),
            binary,
            environment,
            binary_bytes: size,
            took: Series::default(),
            processor: Series::default(),
            peak_kib: 0,
        }
    }

    async fn start(&mut self, room: &Room, is_kept: bool) -> Result<(), Problem> {
        let started = gate::start(room, &self.binary, self.environment.clone(), WHOLE).await?;
        let used = started.function.usage()?;
        started.function.kill().await;
        if is_kept {
            self.took.add(started.first_poll);
            self.processor
                .add(used.processor.saturating_sub(started.spent_before));
            self.peak_kib = self.peak_kib.max(used.peak_memory);
        }
        Ok(())
    }

    fn told(self) -> Start {
        Start {
            function: self.name,
            binary_bytes: self.binary_bytes,
            took: self.took.spread().unwrap_or_default(),
            processor: self.processor.spread().unwrap_or_default(),
            peak_kib: self.peak_kib,
            count: self.took.count(),
        }
    }
}
