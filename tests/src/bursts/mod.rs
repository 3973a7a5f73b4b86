//! Many events at once, on the simulator's clock, with EC2's throttle on and a call on its way for 40 ms. So many
//! processes take one event after the other. A run that fails is delivered again after a minute, twice at most, as
//! Lambda does (Lambda developer guide, "Asynchronous invocation error handling").
//!
//! Races: the runs share one account, and its allowance of calls. EC2 arbitrates.

pub mod happenings;

use crate::client::{Client, TestBed};
use crate::explorer::Run;
use crate::performance::{Burst, HeldUp};
use crate::scenarios::large_account::take_time;
use crate::terminal::Problem;
use ec2_sim::Doubts;
use ec2_sim::throttle::Limit;
use ec2_sim::world::Call;
use holdfast::clock::Clock;
use holdfast::error::Error;
use holdfast::events::Trigger;
use holdfast::report::Report;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::{self, Display};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use time::OffsetDateTime;
use tokio::task::spawn_blocking;

const AT_A_TIME: [usize; 3] = [1, 10, 100];
const AGAIN_AFTER: Duration = Duration::from_mins(1);
const DELIVERIES: u32 = 3;
/// Each run looks at its whole group, so a burst of one group takes this machine the square of its members.
const LARGE_GROUP: usize = 100;

/// One delivery that is to come.
struct Due {
    at: OffsetDateTime,
    came: OffsetDateTime,
    delivery: u32,
    hearer: Hearer,
    trigger: Trigger,
}

/// What the processes of a burst share.
struct Queue {
    due: Mutex<VecDeque<Due>>,
    ends: Mutex<Vec<End>>,
}

struct End {
    outcome: String,
    took: time::Duration,
    at: OffsetDateTime,
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Happening {
    /// On these sides of what nobody knows about EC2.
    #[must_use]
    pub fn doubting(self, doubts: Doubts) -> Self {
        self.bed.world().settings().doubts = doubts;
        self
    }
}

impl fmt::Debug for Happening {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.what)
    }
}

/// The function that is told of an event.
#[derive(Debug, Clone, Copy)]
enum Hearer {
    ReleaseGuard,
    InstanceStart,
    AlarmFailover,
}

/// How one event is worked on.
type Work = Arc<dyn Fn(Client, Hearer, Trigger) -> Run<'static> + Send + Sync>;

/// What has to be so in the end.
type Goal = fn(&TestBed) -> Result<(), Problem>;

/// How much happens, and whether each call and each run is held to the promises.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// How many addresses, or instances.
    count: usize,
    /// Checked, a burst takes time with the square of its size.
    is_checked: bool,
}

impl Size {
    /// So many, each call and each run held to the promises.
    #[must_use]
    pub const fn checked(count: usize) -> Self {
        Self {
            count,
            is_checked: true,
        }
    }

    /// So many, and nothing is checked but how it ends.
    #[must_use]
    pub const fn unchecked(count: usize) -> Self {
        Self {
            count,
            is_checked: false,
        }
    }

    fn prepare(self, bed: &TestBed) {
        if !self.is_checked {
            bed.only_measure();
        }
    }
}

/// What makes it ready to happen.
type Prepare = fn(Size) -> Result<Happening, Problem>;

/// What happens, and who works on it.
pub struct Happening {
    what: String,
    bed: Arc<TestBed>,
    told: Vec<(Hearer, Trigger)>,
    /// The time in which the events come.
    over: Duration,
    work: Work,
    goal: Goal,
}

/// Measures them all. `releases` and `instances` are how many. The clock is the simulator's, so bursts are worked out
/// side by side.
///
/// # Errors
/// A burst does not end as it should.
pub async fn measure(releases: usize, instances: usize) -> Result<Vec<Burst>, Problem> {
    let happenings: [(Prepare, usize); 4] = [
        (happenings::released, releases),
        (happenings::ended, instances),
        (happenings::failed, instances),
        (happenings::replaced, instances.min(LARGE_GROUP)),
    ];
    let mut bursts = Vec::new();
    for (happening, count) in happenings {
        let size = Size::unchecked(count);
        for processes in AT_A_TIME {
            bursts.push(spawn_blocking(move || burst(happening(size)?, processes)));
        }
    }
    let mut measured = Vec::new();
    for burst in bursts {
        measured.push(burst.await??);
    }
    Ok(measured)
}

/// Lets it happen, with so many processes at a time.
///
/// # Errors
/// It does not end as it should, or breaks a promise.
pub fn burst(happening: Happening, processes: usize) -> Result<Burst, Problem> {
    let Happening {
        what,
        bed,
        told,
        over,
        work,
        goal,
    } = happening;
    let bed = &bed;
    bed.world().throttle(true);
    take_time(bed);
    let began = bed.world().now();
    let calls_before = bed.world().calls().len();
    let events = told.len();
    let between = over / u32::try_from(events.max(1))?;
    let due = (0..).zip(told).map(|(number, (hearer, trigger))| {
        let at = began + between * number;
        Due {
            at,
            came: at,
            delivery: 1,
            hearer,
            trigger,
        }
    });
    let queue = Arc::new(Queue {
        due: Mutex::new(due.collect()),
        ends: Mutex::default(),
    });
    let mut runs: Vec<Run<'static>> = Vec::new();
    for _ in 0..processes {
        let first = locked(&queue.due).pop_front();
        if let Some(first) = first {
            runs.push(Box::pin(process(
                Arc::clone(bed),
                Arc::clone(&queue),
                Arc::clone(&work),
                first,
            )));
        }
    }
    bed.drive(runs)?;
    let wrong = |problem: &dyn Display| format!("{what}, {processes} at a time: {problem}");
    goal(bed).map_err(|problem| wrong(&problem))?;
    let broken = bed.broken();
    if let Some(first) = broken.first() {
        let count = broken.len();
        return Err(wrong(&format!("{count} are broken, first {first}")).into());
    }
    let ends = std::mem::take(&mut *locked(&queue.ends));
    let mut took: Vec<f64> = ends.iter().map(|end| end.took.as_seconds_f64()).collect();
    took.sort_by(f64::total_cmp);
    let mut outcomes = BTreeMap::new();
    for end in &ends {
        *outcomes.entry(end.outcome.clone()).or_default() += 1;
    }
    let last = ends.iter().map(|end| end.at).max().unwrap_or(began);
    let calls = Calls::of(&bed.world().calls()[calls_before..]);
    Ok(Burst {
        what,
        events,
        processes,
        last_answer_s: tenths((last - began).as_seconds_f64()),
        median_s: tenths(took.get(took.len() / 2).copied().unwrap_or_default()),
        longest_s: tenths(took.last().copied().unwrap_or_default()),
        throttled: calls.refused,
        held_up_by: calls.slowest(),
        ends: outcomes,
    })
}

/// One event after the other, until there is none any more; gives the last answer.
async fn process(
    bed: Arc<TestBed>,
    queue: Arc<Queue>,
    work: Work,
    first: Due,
) -> Result<Report, Error> {
    let mut due = first;
    loop {
        let client = bed.client("holdfast");
        let early = due.at - client.now();
        if early.is_positive() {
            client.sleep(early.unsigned_abs()).await;
        }
        let answer = work(client.clone(), due.hearer, due.trigger.clone()).await;
        let now = client.now();
        if answer.is_err() && due.delivery < DELIVERIES {
            let at = now + AGAIN_AFTER;
            let mut waiting = locked(&queue.due);
            let place = waiting.partition_point(|other| other.at <= at);
            waiting.insert(
                place,
                Due {
                    at,
                    delivery: due.delivery + 1,
                    ..due
                },
            );
        } else {
            let outcome = told(&answer);
            locked(&queue.ends).push(End {
                outcome,
                took: now - due.came,
                at: now,
            });
        }
        match locked(&queue.due).pop_front() {
            Some(next) => due = next,
            None => return answer,
        }
    }
}

/// How a run ended, in the report's own word.
fn told(answer: &Result<Report, Error>) -> String {
    let outcome = answer
        .as_ref()
        .ok()
        .and_then(|report| serde_json::to_value(report.outcome).ok());
    let word = outcome.as_ref().and_then(serde_json::Value::as_str);
    word.unwrap_or("failed").to_owned()
}

/// The calls of a burst.
#[derive(Debug, Default)]
struct Calls {
    /// How many EC2 has refused for their rate.
    refused: usize,
    /// How many it has admitted, by action, and what it admits.
    admitted: BTreeMap<&'static str, (usize, Limit)>,
}

impl Calls {
    fn of(calls: &[Call]) -> Self {
        let mut counted = Self::default();
        for call in calls {
            if call.error_code.as_deref() == Some("RequestLimitExceeded") {
                counted.refused += 1;
                continue;
            }
            let limit = Limit::of(&call.request);
            let admitted = counted.admitted.entry(call.action()).or_insert((0, limit));
            admitted.0 += 1;
        }
        counted
    }

    /// The action whose calls EC2 takes longest to admit.
    fn slowest(&self) -> Option<HeldUp> {
        let all = self.admitted.iter().map(|(action, (count, limit))| HeldUp {
            action: (*action).to_owned(),
            calls: *count,
            at_least_s: tenths(limit.takes(*count)),
        });
        all.max_by(|one, other| one.at_least_s.total_cmp(&other.at_least_s))
    }
}

fn tenths(seconds: f64) -> f64 {
    (seconds * 10.0).round() / 10.0
}
