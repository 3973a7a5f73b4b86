//! One instance that starts, from the first look to the report: look, decide, act, and again as long as
//! something is lacking and there is time. Nothing is kept between two rounds but what was tried.

use super::InstanceStartCloud;
use super::attempts::Attempts;
use super::decide;
use super::execute::{self, AssociateOutcome};
use super::messages;
use super::observe;
use super::plan::{Decision, PlacementPlan};
use super::state::Observed;
use crate::clock::Clock;
use crate::cloud::CloudError;
use crate::error::Error;
use crate::events::InstanceStateChange;
use crate::ledger::Ledger;
use crate::ports::{Delivery, Ports};
use crate::report::{Report, Stopwatch};
use crate::retry::jitter;
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
const MAX_ATTEMPTS: u32 = 16;

/// After how many refusals it is taken for the instance's fault, not the address's.
const MAX_REFUSALS: usize = 3;

/// How far a run has come.
#[derive(Debug, Default)]
pub(super) struct StartProgress {
    pub(super) done: Attempts,
    /// Why nothing could be decided at the last look.
    pub(super) not_yet: Option<String>,
    /// Why the ledger could not be read.
    pub(super) unread: Option<CloudError>,
    races_lost: u32,
}

/// What comes after a round.
enum NextStep {
    /// The report, or the error.
    AssociateOutcome(Box<Result<Report, Error>>),
    /// Somebody was faster, or EC2 did not answer: soon.
    Soon,
    /// There is no address: later.
    Later(PlacementPlan),
}

/// One run for one instance that is said to run.
pub(super) struct Run<'a, C, L, K> {
    pub(super) ports: &'a Ports<C, L, K>,
    pub(super) settings: &'a Settings,
    pub(super) change: &'a InstanceStateChange,
}

/// Sees to the addresses of an instance that is said to run.
pub(super) async fn start<C: InstanceStartCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    settings: &Settings,
    change: &InstanceStateChange,
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
    let mut progress = StartProgress {
        unread: memory.unread.take(),
        ..StartProgress::default()
    };
    loop {
        watch.lap("look", &ports.clock);
        progress.done.looks += 1;
        let next = run.round(seen, &mut progress, &mut watch).await;
        let (pause, until) = match &next {
            NextStep::AssociateOutcome(_) => (Duration::ZERO, began),
            NextStep::Soon => (run.soon(&mut progress), last_moment(delivery)),
            NextStep::Later(_) => {
                let until = (began + settings.pool_wait).min(last_moment(delivery));
                (run.later(&progress), until)
            }
        };
        let is_over = ports.clock.now() + pause > until || progress.done.calls >= MAX_ATTEMPTS;
        match next {
            NextStep::AssociateOutcome(end) => return *end,
            NextStep::Soon if is_over => return *run.out_of_time(progress, None, watch),
            NextStep::Later(plan) if is_over => {
                return *run.out_of_time(progress, Some(plan), watch);
            }
            NextStep::Soon | NextStep::Later(_) => {}
        }
        ports.clock.sleep(pause).await;
        watch.lap("wait", &ports.clock);
        seen = observe::look(ports, settings, &memory).await;
    }
}

impl<C: InstanceStartCloud, L: Ledger, K: Clock> Run<'_, C, L, K> {
    async fn round(
        &self,
        seen: Result<Observed, CloudError>,
        progress: &mut StartProgress,
        watch: &mut Stopwatch,
    ) -> NextStep {
        let observed = match seen {
            Ok(observed) => progress.done.on(observed),
            Err(failure) if failure.is_transient() => {
                progress.done.unknown = Some(failure);
                return NextStep::Soon;
            }
            Err(failure) => {
                return NextStep::end(messages::denied(self, progress, &failure, watch));
            }
        };
        let id = &self.change.instance;
        let plan = match decide::start(&observed, id, self.settings, progress.done.looks > 1) {
            Decision::Leave { why } => {
                return NextStep::end(messages::left(self, progress, &why, watch));
            }
            Decision::NotYet { why } => {
                progress.not_yet = Some(why);
                return NextStep::Soon;
            }
            Decision::Target(plan) => plan,
        };
        progress.not_yet = None;
        if plan.steps.is_empty() {
            return match plan.lacking {
                0 => NextStep::end(messages::placed(self, progress, &plan, watch)),
                _ if progress.done.refusals.is_empty() => NextStep::Later(plan),
                _ => NextStep::end(messages::not_placed(self, progress, &plan, watch)),
            };
        }
        let mode = self.settings.mode;
        let ends = execute::take(self.ports, mode, observed.at, &plan.steps).await;
        watch.lap("associate", &self.ports.clock);
        let all_placed = ends
            .iter()
            .all(|end| matches!(end, AssociateOutcome::Placed(_)));
        progress.done.note(&plan.steps, ends);
        if let Some(failure) = progress.done.denied.take() {
            return NextStep::end(messages::denied(self, progress, &failure, watch));
        }
        if all_placed && plan.lacking == 0 {
            return NextStep::end(messages::placed(self, progress, &plan, watch));
        }
        if progress.done.refusals.len() >= MAX_REFUSALS {
            return NextStep::end(messages::not_placed(self, progress, &plan, watch));
        }
        NextStep::Soon
    }

    fn soon(&self, progress: &mut StartProgress) -> Duration {
        let longer = FIRST_PAUSE * 2_u32.saturating_pow(progress.races_lost);
        progress.races_lost += 1;
        self.jittered(longer.min(LONGEST_PAUSE), progress)
    }

    fn later(&self, progress: &StartProgress) -> Duration {
        let longer = FIRST_WAIT * 2_u32.saturating_pow(progress.done.looks / 2);
        self.jittered(longer.min(LONGEST_WAIT), progress)
    }

    /// Between half of it and one and a half.
    fn jittered(&self, pause: Duration, progress: &StartProgress) -> Duration {
        pause.mul_f64(0.5 + jitter(&self.change.instance, progress.done.looks))
    }

    fn out_of_time(
        &self,
        mut progress: StartProgress,
        plan: Option<PlacementPlan>,
        mut watch: Stopwatch,
    ) -> Box<Result<Report, Error>> {
        Box::new(match (progress.done.unknown.take(), plan) {
            (Some(source), _) => Err(Error::Unfinished {
                what: format!("{} runs and may lack its address", self.change.instance),
                source,
            }),
            (None, Some(plan)) => Ok(messages::no_free_address(
                self, &progress, &plan, &mut watch,
            )),
            (None, None) => Err(Error::OutOfTime {
                what: messages::not_yet(self, &progress),
            }),
        })
    }
}

impl NextStep {
    fn end(report: Report) -> Self {
        Self::AssociateOutcome(Box::new(Ok(report)))
    }
}

/// The moment after which no round is begun any more.
pub(super) fn last_moment(delivery: Delivery) -> OffsetDateTime {
    delivery.ends_at - TO_REPORT
}
