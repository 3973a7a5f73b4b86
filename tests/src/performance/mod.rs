//! What `make bench` has measured, and the page that tells of it. The command writes docs/performance/results.json, and
//! from that alone docs/PERFORMANCE.md and its plots. So a test can hold the page to the figures.

mod page;
mod plots;
mod tables;

pub use page::{files, page, sections};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything that one run of the benchmark measured.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Results {
    /// Where it was measured.
    pub machine: Machine,
    /// Starts, without TLS and without a round trip.
    pub starts: Vec<Start>,
    /// From the new process to the call that decides.
    pub paths: Vec<Path>,
    /// Events, without TLS and without a round trip.
    pub events: Vec<Event>,
    /// Scheduled runs of reconcile.
    pub sweeps: Vec<Sweep>,
    /// Many events at once.
    pub bursts: Vec<Burst>,
    /// Failovers, by what EC2 takes to detach and attach.
    pub failovers: Vec<Failover>,
    /// Tables that tests print, by the name of their place in the page.
    pub printed: BTreeMap<String, String>,
}

/// The machine of a measurement.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// The processor's name.
    pub processor: String,
    /// How many of them.
    pub processors: usize,
    /// The kernel.
    pub system: String,
    /// How many processes wanted a processor in the minute before.
    pub load_before: f64,
    /// Whether few rounds were made: such figures are for a look only.
    pub is_quick: bool,
    /// How a process was held to its share of a processor.
    pub held_by: String,
}

/// The same thing, measured several times. Milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// Half of all are not above it.
    pub median: f64,
    /// Nine of ten are not above it.
    pub ninth: f64,
}

/// Starts of one function.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// Which function, or which peer.
    pub function: String,
    /// The size of its binary; none where it is no binary.
    pub binary_bytes: Option<u64>,
    /// From the new process to its first request for an event.
    pub took: Spread,
    /// What it used of a processor until then.
    pub processor: Spread,
    /// The most memory that was its own, in KiB.
    pub peak_kib: u64,
    /// How many starts.
    pub count: usize,
}

/// In which state an event finds a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// The event has caused it.
    Cold,
    /// It has just answered another event.
    Warm,
    /// It stood still since the last event.
    Frozen,
}

/// Over TLS and a round trip, until the call that decides.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Path {
    /// Whose.
    pub function: String,
    /// What for: two that have the same job are compared.
    pub job: String,
    /// The call that decides, as IAM writes it.
    pub decides: String,
    /// The round trip.
    pub round_trip_ms: f64,
    /// How long the ledger takes for a request.
    pub ledger_ms: f64,
    /// How long every other service takes.
    pub service_ms: f64,
    /// Of 1,769 parts of a processor, from the first request for an event on.
    pub share: u32,
    /// In which state the event finds the process.
    pub state: State,
    /// From the new process to its first request for an event.
    pub first_poll: Option<Spread>,
    /// Until the ledger was first asked.
    pub ledger: Option<Spread>,
    /// Until the call that decides was sent.
    pub decided: Spread,
    /// What the process used of a processor from the event until then.
    pub processor: Spread,
    /// What it may take at most: the start, one handshake, the round trips before it, and the processor's share.
    pub bound_ms: Option<f64>,
    /// How many runs.
    pub count: usize,
}

/// Events of one kind.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// What it tells of.
    pub what: String,
    /// The call that decides.
    pub decides: String,
    /// Until then, for the first event of a process.
    pub first_decided: Spread,
    /// Until then, for later ones.
    pub decided: Spread,
    /// Until the report.
    pub reported: Spread,
    /// What the process used of a processor.
    pub processor: Spread,
    /// The calls, in their order.
    pub calls: Vec<String>,
}

/// Runs of reconcile in an account of one size.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sweep {
    /// How many addresses the account has.
    pub addresses: usize,
    /// The first run, which writes all of them: processor.
    pub first_ms: f64,
    /// Nothing has changed: processor.
    pub unchanged: Spread,
    /// Nothing has changed: until the report.
    pub reported: Spread,
    /// The tags of all have changed: processor.
    pub changed: Spread,
    /// The most memory, in KiB.
    pub peak_kib: u64,
    /// How many runs in which nothing has changed.
    pub count: usize,
}

/// Many events at once, on the simulator's clock, with EC2's throttle on.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Burst {
    /// What happens.
    pub what: String,
    /// How many events.
    pub events: usize,
    /// How many processes work at a time.
    pub processes: usize,
    /// From the first event to the last answer, in seconds.
    pub last_answer_s: f64,
    /// From an event to its own answer, in seconds: half are not above it.
    pub median_s: f64,
    /// From an event to its own answer, in seconds: the longest.
    pub longest_s: f64,
    /// How many calls EC2 refused for their rate.
    pub throttled: usize,
    /// The action whose calls EC2 takes longest to admit.
    pub held_up_by: Option<HeldUp>,
    /// How the runs ended, and how many of each.
    pub ends: BTreeMap<String, usize>,
}

/// The calls of one action, at EC2's rate.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldUp {
    /// The EC2 action.
    pub action: String,
    /// How many were admitted.
    pub calls: usize,
    /// How long EC2 takes to admit so many, in seconds.
    pub at_least_s: f64,
}

/// One failover on the simulator's clock.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failover {
    /// Who moves it.
    pub by: String,
    /// What moves.
    pub what: String,
    /// How long EC2 takes to detach, in milliseconds.
    pub detach_ms: u64,
    /// And to attach.
    pub attach_ms: u64,
    /// When each phase was over, in milliseconds from the event.
    pub phases: Vec<(String, u64)>,
    /// When the move was over.
    pub took_ms: u64,
}
