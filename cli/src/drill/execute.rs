//! Carries a run out: decide, keep, call, keep, until nothing is left to do. Each region has one call at a time under way,
//! and no region waits for another one: one that does not answer must not make the others late.
//!
//! What races with it: somebody begins to use an address of the drill between the look and `ReleaseAddress`. EC2 refuses
//! that release outside a default VPC. Another process on the same run file: the lock of the file arbitrates. A process
//! with a copy of the file: neither releases what the other has allocated since, for their trials have other marks.

use super::apply::{Answer, apply, begin, without_call};
use super::clocks::BootClock;
use super::decide::{Next, Step, next_in};
use super::ports::{KeepRun, NotKept, Relinquish};
use super::run::Run;
use futures_util::future::{Either, select, select_all};
use holdfast::clock::Clock;
use holdfast::cloud::CloudError;
use holdfast::model::ids::AllocationId;
use holdfast::model::tags::Tags;
use std::net::Ipv4Addr;
use std::pin::{Pin, pin};
use time::{Duration, OffsetDateTime};

/// A rest is cut into pieces of this length, so that the clock of a laptop that slept is read again soon.
const LONGEST_SLEEP: Duration = Duration::minutes(1);

/// Somebody who watches a run.
pub trait Watch: Send {
    /// The run is so far, and rests until this time, if it rests.
    fn see(&mut self, run: &Run, rests_until: Option<OffsetDateTime>);
}

/// Time, as a run needs it.
#[derive(Debug, Clone, Copy)]
pub struct Times<'a, K, B> {
    /// The time of day, and waiting.
    pub clock: &'a K,
    /// What shows that the time of day was set.
    pub boot: &'a B,
}

/// A call under way.
struct Sent<'a> {
    step: Step,
    answer: Pin<Box<dyn Future<Output = Answer> + Send + 'a>>,
}

/// Goes on with a run until nothing is left to do, or nothing can be done any more.
///
/// Each change is kept before it is sent, so a process that is killed at any moment can be started again.
///
/// # Errors
/// The run could not be kept. Nothing more is sent then.
pub async fn carry_out<P: Relinquish, K: Clock, B: BootClock>(
    run: &mut Run,
    ports: &P,
    times: Times<'_, K, B>,
    keeper: &mut impl KeepRun,
    watch: &mut impl Watch,
) -> Result<(), NotKept> {
    let mut sent: Vec<Sent<'_>> = Vec::new();
    loop {
        let now = times.clock.now();
        run.see_clocks(now, times.boot.since_boot());
        let (steps, rests_until) = due(run, &sent, now);
        keeper.keep(run)?;
        for step in steps {
            let answer = Box::pin(asked_for(run, &step).send(ports));
            sent.push(Sent { step, answer });
        }
        let longest = now + LONGEST_SLEEP;
        let nap = rests_until.map_or(longest, |until| until.min(longest)) - now;
        let nap = times.clock.sleep(nap.try_into().unwrap_or_default());
        if sent.is_empty() {
            let Some(until) = rests_until else {
                return Ok(());
            };
            watch.see(run, Some(until));
            nap.await;
        } else if let Some((index, answer)) = first_answer(&mut sent, nap).await {
            let step = sent.swap_remove(index).step;
            apply(run, &step, answer, times.clock.now());
            watch.see(run, None);
        }
    }
}

/// The calls that are due where none is under way, as begun, and when the next one is due.
fn due(
    run: &mut Run,
    sent: &[Sent<'_>],
    now: OffsetDateTime,
) -> (Vec<Step>, Option<OffsetDateTime>) {
    let names: Vec<String> = run.regions.keys().cloned().collect();
    let is_idle = |name: &&String| sent.iter().all(|sent| sent.step.region() != *name);
    let (mut steps, mut rests_until) = (Vec::new(), None);
    for name in names.iter().filter(is_idle) {
        loop {
            match next_in(run, name, now) {
                Next::Now(step @ (Step::GiveUp { .. } | Step::Stop { .. })) => {
                    without_call(run, &step);
                }
                Next::Now(step) => {
                    begin(run, &step, now);
                    steps.push(step);
                    break;
                }
                Next::At(time) => {
                    rests_until =
                        Some(rests_until.map_or(time, |until: OffsetDateTime| until.min(time)));
                    break;
                }
                Next::Never => break,
            }
        }
    }
    (steps, rests_until)
}

/// The first answer that comes, and of which call; none within the nap.
async fn first_answer(
    sent: &mut [Sent<'_>],
    nap: impl Future<Output = ()>,
) -> Option<(usize, Answer)> {
    let first = select_all(sent.iter_mut().map(|sent| &mut sent.answer));
    match select(first, pin!(nap)).await {
        Either::Left(((answer, index, _), _)) => Some((index, answer)),
        Either::Right(_) => None,
    }
}

/// What is asked of AWS, with all that it takes.
enum Asked {
    Look {
        region: String,
        key: String,
        id: String,
    },
    Room {
        region: String,
        quota: Option<u64>,
    },
    Allocate {
        region: String,
        ip: Option<Ipv4Addr>,
        tags: Tags,
    },
    Release {
        region: String,
        allocation: AllocationId,
    },
    Nothing,
}

fn asked_for(run: &Run, step: &Step) -> Asked {
    let region = step.region().to_owned();
    match step {
        Step::Look { .. } => Asked::Look {
            region,
            key: run.settings.drill_key(),
            id: run.id.clone(),
        },
        Step::CountRoom { .. } => Asked::Room {
            region,
            quota: run.settings.quota,
        },
        Step::Allocate { .. } => {
            let trials = run.regions.get(&region).map_or(0, |it| it.trials.len());
            let tags = tags(run, &region, trials.saturating_sub(1));
            Asked::Allocate {
                region,
                ip: None,
                tags,
            }
        }
        Step::Ask { trial, ip, .. } => {
            let tags = tags(run, &region, *trial);
            Asked::Allocate {
                region,
                ip: Some(*ip),
                tags,
            }
        }
        Step::Release { allocation, .. } => Asked::Release {
            region,
            allocation: allocation.clone(),
        },
        Step::GiveUp { .. } | Step::Stop { .. } => Asked::Nothing,
    }
}

impl Asked {
    async fn send<P: Relinquish>(self, ports: &P) -> Answer {
        let answer = match self {
            Self::Look { region, key, id } => {
                let found = ports.tagged(&region, &key, &id).await;
                found.map(Answer::Found)
            }
            Self::Room { region, quota } => room(&region, quota, ports).await,
            Self::Allocate { region, ip, tags } => {
                let allocated = ports.allocate(&region, ip, &tags).await;
                allocated.map(Answer::Allocated)
            }
            Self::Release { region, allocation } => {
                let released = ports.release(&region, &allocation).await;
                released.map(|()| Answer::Released)
            }
            Self::Nothing => Ok(Answer::Released),
        };
        answer.unwrap_or_else(Answer::Failed)
    }
}

/// The quota comes from whoever started the run, or from AWS.
async fn room<P: Relinquish>(
    region: &str,
    quota: Option<u64>,
    ports: &P,
) -> Result<Answer, CloudError> {
    let quota = match quota {
        Some(quota) => Some(quota),
        None => ports.quota(region).await?,
    };
    let held = ports.held(region).await?;
    Ok(Answer::Room { quota, held })
}

/// What an address of the drill carries from its first moment: whose it is, and that it is not to be protected.
fn tags(run: &Run, region: &str, trial: usize) -> Tags {
    let settings = &run.settings;
    let region = run.regions.get(region);
    let trial = region.and_then(|region| region.trials.get(trial));
    let mark = trial.map(|trial| trial.mark.clone()).unwrap_or_default();
    Tags::from([
        (settings.drill_key(), run.id.clone()),
        (settings.trial_key(), mark),
        (settings.protect_key(), "none".to_owned()),
    ])
}
