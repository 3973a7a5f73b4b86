//! One instance that starts, from the first look to the report: look, decide, act, and again as long as
//! something is lacking and there is time. Nothing is kept between two rounds but what was tried.

use super::PlacementCloud;
use super::act::{self, End};
use super::decide::{self, Decision, Observed, Outlook};
use super::done::Done;
use super::observe;
use super::share::spread;
use super::words;
use crate::clock::Clock;
use crate::cloud::CloudError;
use crate::error::Error;
use crate::event::InstanceChange;
use crate::ledger::Ledger;
use crate::ports::{Delivery, Ports};
use crate::report::{Report, Stopwatch};
use crate::settings::Settings;
use std::time::Duration;
use time::OffsetDateTime;

/// Kept free at the end of a run for its report.
const TO_REPORT: Duration = Duration::from_secs(2);

/// The first pause of one who lost an address to somebody faster; each further one is twice as long.
/// `AssociateAddress` refills at 5 a second for the account (EC2 API reference, "Request throttling").
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_millis(3200);

/// The same for one who waits for an address to become free: an instance takes its time to end.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How many times one run calls `AssociateAddress` at the most.
const MOST_ATTEMPTS: u32 = 16;

/// After how many refusals it is taken for the instance's fault, not the address's.
const MOST_REFUSALS: usize = 3;

/// How far a run has come.
#[derive(Debug, Default)]
pub(super) struct Progress {
    pub(super) done: Done,
    /// Why nothing could be decided at the last look.
    pub(super) not_yet: Option<String>,
    /// Why the ledger could not be read.
    pub(super) unread: Option<CloudError>,
    losses: u32,
}

/// What comes after a round.
enum Next {
    /// The report, or the error.
    End(Box<Result<Report, Error>>),
    /// Somebody was faster, or EC2 did not answer: soon.
    Soon,
    /// There is no address: later.
    Later(Outlook),
}

/// One run for one instance that is said to run.
pub(super) struct Run<'a, C, L, K> {
    pub(super) ports: &'a Ports<C, L, K>,
    pub(super) settings: &'a Settings,
    pub(super) change: &'a InstanceChange,
}

/// Sees to the addresses of an instance that is said to run.
pub(super) async fn start<C: PlacementCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    change: &InstanceChange,
    delivery: Delivery,
) -> Result<Report, Error> {
    let run = Run {
        ports,
        settings,
        change,
    };
    let mut watch = Stopwatch::start(&ports.clock);
    let began = ports.clock.now();
    let (mut seen, mut memory) = observe::first_look(ports, settings).await;
    let mut progress = Progress {
        unread: memory.unread.take(),
        ..Progress::default()
    };
    loop {
        watch.lap("look", &ports.clock);
        progress.done.looks += 1;
        let next = run.round(seen, &mut progress, &mut watch).await;
        let (pause, until) = match &next {
            Next::End(_) => (Duration::ZERO, began),
            Next::Soon => (run.soon(&mut progress), last_moment(delivery)),
            Next::Later(_) => {
                let until = (began + settings.pool_wait).min(last_moment(delivery));
                (run.later(&progress), until)
            }
        };
        let is_over = ports.clock.now() + pause > until || progress.done.attempts >= MOST_ATTEMPTS;
        match next {
            Next::End(end) => return *end,
            Next::Soon if is_over => return *run.out_of_time(progress, None, watch),
            Next::Later(outlook) if is_over => {
                return *run.out_of_time(progress, Some(outlook), watch);
            }
            Next::Soon | Next::Later(_) => {}
        }
        ports.clock.sleep(pause).await;
        watch.lap("wait", &ports.clock);
        seen = observe::look(ports, settings, &memory).await;
    }
}

impl<C: PlacementCloud, L: Ledger, K: Clock> Run<'_, C, L, K> {
    async fn round(
        &self,
        seen: Result<Observed, CloudError>,
        progress: &mut Progress,
        watch: &mut Stopwatch,
    ) -> Next {
        let observed = match seen {
            Ok(observed) => progress.done.on(observed),
            Err(failure) if failure.is_passing() => {
                progress.done.unsure = Some(failure);
                return Next::Soon;
            }
            Err(failure) => return Next::end(words::denied(self, progress, &failure, watch)),
        };
        let id = &self.change.instance;
        let outlook = match decide::start(&observed, id, self.settings, progress.done.looks > 1) {
            Decision::Leave { why } => {
                return Next::end(words::left(self, progress, &why, watch));
            }
            Decision::NotYet { why } => {
                progress.not_yet = Some(why);
                return Next::Soon;
            }
            Decision::Place(outlook) => outlook,
        };
        progress.not_yet = None;
        if outlook.steps.is_empty() {
            return match outlook.lacking {
                0 => Next::end(words::placed(self, progress, &outlook, watch)),
                _ if progress.done.refusals.is_empty() => Next::Later(outlook),
                _ => Next::end(words::not_placed(self, progress, &outlook, watch)),
            };
        }
        let mode = self.settings.mode;
        let ends = act::take(self.ports, mode, observed.at, &outlook.steps).await;
        watch.lap("associate", &self.ports.clock);
        let all_placed = ends.iter().all(|end| matches!(end, End::Placed(_)));
        progress.done.note(&outlook.steps, ends);
        if let Some(failure) = progress.done.denied.take() {
            return Next::end(words::denied(self, progress, &failure, watch));
        }
        if all_placed && outlook.lacking == 0 {
            return Next::end(words::placed(self, progress, &outlook, watch));
        }
        if progress.done.refusals.len() >= MOST_REFUSALS {
            return Next::end(words::not_placed(self, progress, &outlook, watch));
        }
        Next::Soon
    }

    fn soon(&self, progress: &mut Progress) -> Duration {
        let longer = FIRST_PAUSE * 2_u32.saturating_pow(progress.losses);
        progress.losses += 1;
        self.jittered(longer.min(LONGEST_PAUSE), progress)
    }

    fn later(&self, progress: &Progress) -> Duration {
        let longer = FIRST_WAIT * 2_u32.saturating_pow(progress.done.looks / 2);
        self.jittered(longer.min(LONGEST_WAIT), progress)
    }

    /// Between half of it and one and a half.
    fn jittered(&self, pause: Duration, progress: &Progress) -> Duration {
        pause.mul_f64(0.5 + spread(&self.change.instance, progress.done.looks))
    }

    fn out_of_time(
        &self,
        mut progress: Progress,
        outlook: Option<Outlook>,
        mut watch: Stopwatch,
    ) -> Box<Result<Report, Error>> {
        Box::new(match (progress.done.unsure.take(), outlook) {
            (Some(source), _) => Err(Error::Unfinished {
                what: format!("{} runs and may lack its address", self.change.instance),
                source,
            }),
            (None, Some(outlook)) => Ok(words::pool_empty(self, &progress, &outlook, &mut watch)),
            (None, None) => Err(Error::OutOfTime {
                what: words::not_yet(self, &progress),
            }),
        })
    }
}

impl Next {
    fn end(report: Report) -> Self {
        Self::End(Box::new(Ok(report)))
    }
}

/// The moment after which no round is begun any more.
pub(super) fn last_moment(delivery: Delivery) -> OffsetDateTime {
    delivery.ends_at - TO_REPORT
}
