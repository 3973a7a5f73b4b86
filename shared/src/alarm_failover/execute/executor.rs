//! One move on its way: how much time is left for it, whether the look that it was planned on still holds, and how it
//! waits until EC2 shows something.

use super::super::fresh::FRESH;
use super::result::MoveResult;
use crate::alarm_failover::assessment;
use crate::alarm_failover::case::Case;
use crate::alarm_failover::cloud::AlarmFailoverCloud;
use crate::alarm_failover::plan::Move;
use crate::alarm_failover::second_look;
use crate::alarm_failover::state::Observed;
use crate::clock::Clock;
use crate::cloud::{CloudError, InstanceFilter};
use crate::model::ids::InstanceId;
use crate::model::instance::Instance;
use crate::ports::{Deadline, Ports};
use crate::report::Phase;
use crate::retry::{self, Limit, jitter};
use std::time::Duration;
use time::OffsetDateTime;

/// The longest time between two reads while EC2 is at work. The SDK's own waiters sleep for 20 seconds.
const POLL: Duration = Duration::from_millis(250);

/// The part of it by which pauses differ, so that two runs do not keep step.
const JITTER: f64 = 0.2;

/// How long EC2 may take to show what it has accepted, before it is looked at anew.
const VERIFY_TIMEOUT: time::Duration = time::Duration::seconds(20);

/// One move on its way.
#[derive(Debug)]
pub(crate) struct MoveExecutor<'a, C, L, K> {
    pub(super) ports: &'a Ports<C, L, K>,
    pub(super) case: Case<'a>,
    /// What it was planned on.
    observed: &'a Observed,
    pub(super) one: &'a Move,
    pub(super) to: &'a InstanceId,
    /// How long a guest is given to let go of an interface, as far as there was time for it at the beginning.
    pub(super) guest_timeout: Duration,
    /// How many calls it has made that change something.
    pub(crate) mutating_calls: u32,
    pub(crate) phases: Vec<Phase>,
}

impl<'a, C: AlarmFailoverCloud, L: Sync, K: Clock> MoveExecutor<'a, C, L, K> {
    pub(crate) fn new(
        ports: &'a Ports<C, L, K>,
        case: Case<'a>,
        observed: &'a Observed,
        one: &'a Move,
    ) -> Self {
        let mut executor = Self {
            ports,
            case,
            observed,
            one,
            to: &one.to,
            guest_timeout: Duration::ZERO,
            mutating_calls: 0,
            phases: Vec::new(),
        };
        executor.mark("planned");
        executor
    }

    /// Notes the end of a phase, as the time since the event came.
    pub(super) fn mark(&mut self, name: &'static str) {
        let passed = self.ports.clock.now() - self.case.received;
        let ms = u64::try_from(passed.whole_milliseconds()).unwrap_or_default();
        self.phases.push(Phase { name, ms });
    }

    /// How much time is left.
    pub(super) fn left(&self) -> Duration {
        self.case.deadline().left(self.ports.clock.now())
    }

    /// Whether any time is left.
    pub(super) fn has_time(&self) -> bool {
        !self.left().is_zero()
    }

    /// Waits before a first read.
    pub(super) async fn pause(&self) {
        self.ports.clock.sleep(self.poll(0)).await;
    }

    /// The pause after so many reads.
    fn poll(&self, reads: u32) -> Duration {
        POLL.mul_f64(1.0 - JITTER * jitter(self.to, reads))
    }

    /// Reads until `read` gives something, or an end of the move. None: the time is over.
    pub(super) async fn until<T, F>(
        &self,
        deadline: Deadline,
        mut read: impl FnMut() -> F,
    ) -> Result<Option<T>, MoveResult>
    where
        F: Future<Output = Result<Option<T>, MoveResult>>,
    {
        // The last read is the first one after the deadline.
        let last = Deadline {
            at: deadline.at + POLL,
        };
        let clock = &self.ports.clock;
        let read = || {
            let reading = read();
            async { reading.await.transpose() }
        };
        let pause = |reads| self.poll(reads);
        let shown = retry::until(clock, Limit::until(last), pause, read);
        shown.await.transpose()
    }

    /// Reads until EC2 shows what it has accepted, as long as there is time.
    pub(super) async fn until_verified<T, F>(
        &self,
        read: impl FnMut() -> F,
    ) -> Result<T, MoveResult>
    where
        F: Future<Output = Result<Option<T>, MoveResult>>,
    {
        let shown = self.until(self.case.deadline(), read).await?;
        shown.ok_or(MoveResult::OutOfTime)
    }

    /// Nothing is shown yet: that is so for a while after a call, and a reason to look anew after that.
    pub(super) fn not_yet<T>(&self, accepted_at: OffsetDateTime) -> Result<Option<T>, MoveResult> {
        if self.ports.clock.now() - accepted_at > VERIFY_TIMEOUT {
            return Err(MoveResult::Superseded);
        }
        Ok(None)
    }

    /// The member that is to have it.
    pub(super) fn target_filter(&self) -> InstanceFilter {
        InstanceFilter::Ids(vec![self.to.clone()])
    }

    /// Whether the member that is to have it has failed since that was planned: EC2 shows it as down by now.
    pub(super) fn has_failed(&self, shown: Option<&Instance>) -> bool {
        let is_down = shown.is_some_and(|instance| instance.state.is_down());
        is_down && !self.observed.is_down(self.to)
    }

    /// Whether what the move was planned on is still so. Where EC2 is slow, no look at everything is ever
    /// fresh: what the move hangs on is read again then, side by side.
    pub(super) async fn is_still_so(&self) -> bool {
        let clock = &self.ports.clock;
        if clock.now() - self.observed.at <= FRESH {
            return true;
        }
        let (cause, settings) = (self.case.cause, self.case.settings);
        match second_look::refresh(self.ports, cause, self.observed, self.one).await {
            Ok(now) => {
                clock.now() - now.at <= FRESH
                    && assessment::assess(cause, &now, settings)
                        == assessment::assess(cause, self.observed, settings)
                    && now.instances == self.observed.instances
                    && now.others == self.observed.others
                    && now.addresses == self.observed.addresses
            }
            Err(_) => false,
        }
    }
}

/// An answer that a moment may cure shows nothing yet; any other ends the move.
pub(super) fn shown<T>(answer: Result<T, CloudError>) -> Result<Option<T>, MoveResult> {
    match answer {
        Ok(shown) => Ok(Some(shown)),
        Err(failure) if failure.is_transient() => Ok(None),
        Err(failure) => Err(MoveResult::Unknown(failure)),
    }
}
