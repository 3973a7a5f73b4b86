//! What carries out one move, and how it may end. How much time is left, and whether the look that the move was
//! planned on still holds, is asked here.

use crate::alarm_failover::assessment;
use crate::alarm_failover::case::Case;
use crate::alarm_failover::cloud::AlarmFailoverCloud;
use crate::alarm_failover::observe;
use crate::alarm_failover::plan::{Move, MoveAction};
use crate::alarm_failover::state::Observed;
use crate::clock::Clock;
use crate::cloud::{CloudError, Missing};
use crate::model::ids::{AttachmentId, InstanceId};
use crate::model::instance::Instance;
use crate::ports::Ports;
use crate::report::Phase;
use crate::retry::jitter;
use std::time::Duration;

/// The longest time between two reads while EC2 is at work. The SDK's own waiters sleep for 20 seconds.
const POLL: Duration = Duration::from_millis(250);

/// The part of it by which pauses differ, so that two runs do not keep step.
const JITTER: f64 = 0.2;

/// How old a look may be for something to be moved on it. An Elastic IP and a private IP have no token that
/// would make the move a compare-and-set, and an alarm is evidence of its own moment only.
const FRESH: time::Duration = time::Duration::seconds(2);

/// How long EC2 may take to show what it has accepted, before it is looked at anew.
pub(super) const VERIFY_TIMEOUT: time::Duration = time::Duration::seconds(20);

/// How a move ended.
#[derive(Debug)]
pub(crate) enum MoveResult {
    /// It is there: two of EC2's answers agree.
    Moved {
        /// The attachment, of an interface.
        attachment: Option<AttachmentId>,
    },
    /// The member does not take it.
    Refused(CloudError),
    /// The holder does not give it up.
    HolderRefused(CloudError),
    /// The device index is taken by now, or blocked: another one.
    DeviceIndexTaken(CloudError),
    /// IAM or a policy forbids the call.
    Denied(CloudError),
    /// Somebody else was at it, or the look was too old: look again.
    Superseded,
    /// It does not exist any more.
    Gone,
    /// EC2 did not answer in a way that tells: look again.
    Unknown(CloudError),
    /// The run ends before it does.
    OutOfTime,
}

/// One move on its way.
#[derive(Debug)]
pub(crate) struct MoveExecutor<'a, C, L, K> {
    pub(super) ports: &'a Ports<C, L, K>,
    pub(super) case: Case<'a>,
    /// What it was planned on.
    observed: &'a Observed,
    one: &'a Move,
    pub(super) to: &'a InstanceId,
    /// How many calls it has made that change something.
    pub(crate) mutating_calls: u32,
    pub(crate) phases: Vec<Phase>,
    reads: u32,
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
            mutating_calls: 0,
            phases: Vec::new(),
            reads: 0,
        };
        executor.mark("planned");
        executor
    }

    /// Carries it out.
    pub(crate) async fn run(&mut self) -> MoveResult {
        if !self.is_still_so().await {
            return MoveResult::Superseded;
        }
        match &self.one.action {
            MoveAction::Interface {
                eni,
                from,
                device_index,
            } => self.move_interface(eni, from.as_ref(), *device_index).await,
            MoveAction::PrivateIps { to, ips } => self.reassign(to, ips).await,
            MoveAction::Address {
                allocation,
                eni,
                private_ip,
                association_change,
                ..
            } => {
                self.reassociate(allocation, eni, *private_ip, association_change)
                    .await
            }
        }
    }

    /// Notes the end of a phase, as the time since the event came.
    pub(super) fn mark(&mut self, name: &'static str) {
        let passed = self.ports.clock.now() - self.case.received;
        let ms = u64::try_from(passed.whole_milliseconds()).unwrap_or_default();
        self.phases.push(Phase { name, ms });
    }

    /// Waits for one poll.
    pub(super) async fn pause(&mut self) {
        let shorter = JITTER * jitter(self.to, self.reads);
        self.reads += 1;
        self.ports.clock.sleep(POLL.mul_f64(1.0 - shorter)).await;
    }

    /// How much time is left.
    pub(super) fn left(&self) -> Duration {
        self.case.deadline().left(self.ports.clock.now())
    }

    /// Whether any time is left.
    pub(super) fn has_time(&self) -> bool {
        !self.left().is_zero()
    }

    /// Whether the member that is to have it has failed since that was planned: EC2 shows it as down by now.
    pub(super) fn has_failed(&self, shown: Option<&Instance>) -> bool {
        let is_down = shown.is_some_and(|instance| !instance.state.is_up());
        is_down && !self.observed.is_down(self.to)
    }

    /// Whether what the move was planned on is still so. Where EC2 is slow, no look at everything is ever
    /// fresh: what the move hangs on is read again then, side by side.
    async fn is_still_so(&self) -> bool {
        let clock = &self.ports.clock;
        if clock.now() - self.observed.at <= FRESH {
            return true;
        }
        let (cause, settings) = (self.case.cause, self.case.settings);
        match observe::refresh(self.ports, cause, self.observed, self.one).await {
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

pub(super) fn is_missing(failure: &CloudError, which: Missing) -> bool {
    matches!(failure, CloudError::NotFound { what, .. } if *what == which)
}

/// What a refusal of the call that takes something from its holder means: no standby is to blame.
pub(super) fn holder_refusal(failure: CloudError) -> MoveResult {
    match refused(failure) {
        MoveResult::Refused(failure) => MoveResult::HolderRefused(failure),
        end => end,
    }
}

/// What a refusal of the call that brings something to a member means.
pub(super) fn refused(failure: CloudError) -> MoveResult {
    match failure {
        CloudError::Denied(_) => MoveResult::Denied(failure),
        CloudError::Throttled(_) | CloudError::Other(_) => MoveResult::Unknown(failure),
        CloudError::AlreadyAssociated(_)
        | CloudError::InUse(_)
        | CloudError::NotFound {
            what: Missing::Allocation,
            ..
        } => MoveResult::Superseded,
        CloudError::NotFound { .. }
        | CloudError::HeldElsewhere(_)
        | CloudError::LimitExceeded(_)
        | CloudError::TagsRefused(_)
        | CloudError::Refused(_) => MoveResult::Refused(failure),
    }
}
