//! How a move may end, and what fences came to.

use crate::alarm_failover::effect::Effect;
use crate::cloud::CloudError;
use crate::model::ids::{AttachmentId, InstanceId};
use std::collections::BTreeSet;

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

/// What fences came to.
#[derive(Debug, Default)]
pub(crate) struct FenceResult {
    /// What was done.
    pub(crate) done: Vec<Effect>,
    /// What was not done, and why not.
    pub(crate) failed: Vec<(Effect, CloudError)>,
    /// Whether somebody is still to be fenced: the lease keeps the note of it.
    pub(crate) is_unfinished: bool,
    /// Those whom an earlier run was to fence, and whose failure is over by now.
    pub(crate) not_fenced: BTreeSet<InstanceId>,
}

impl FenceResult {
    /// Both.
    pub(crate) fn extend(&mut self, other: Self) {
        self.done.extend(other.done);
        self.failed.extend(other.failed);
        self.is_unfinished |= other.is_unfinished;
        self.not_fenced.extend(other.not_fenced);
    }

    /// How many calls were made.
    pub(crate) fn calls(&self) -> u32 {
        u32::try_from(self.done.len() + self.failed.len()).unwrap_or(u32::MAX)
    }
}
