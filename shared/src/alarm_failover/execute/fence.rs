//! Keeping a failed member from writing to what it shares with the others, after its addresses have moved.
//!
//! `StopInstances` is idempotent on the instance, `ModifyNetworkInterfaceAttribute` on interface and security
//! group: done already, EC2 takes them again; a lost reply means the same. Nothing waits for either, and one
//! that fails does not undo the failover: it is a finding, and one that EC2 did not answer is for the next look.

use crate::alarm_failover::cloud::AlarmFailoverCloud;
use crate::cloud::CloudError;
use crate::model::ids::{EniId, InstanceId};
use crate::model::instance::Instance;
use crate::settings::Fencing;
use std::collections::BTreeSet;

/// What a fence came to.
#[derive(Debug, Default)]
pub(crate) struct FenceResult {
    /// What was done, in words.
    pub(crate) done: Vec<String>,
    /// What was not done, and why not.
    pub(crate) failed: Vec<(String, CloudError)>,
    /// Whether somebody is still to be fenced: the lease keeps the note of it.
    pub(crate) is_unfinished: bool,
    /// Those whom an earlier run was to fence, and whose failure is over by now.
    pub(crate) not_fenced: BTreeSet<InstanceId>,
    /// How many calls it took.
    pub(crate) mutating_calls: u32,
}

/// Fences a member. `kept` are the interfaces that it keeps.
pub(crate) async fn fence<C: AlarmFailoverCloud>(
    cloud: &C,
    member: &Instance,
    kept: &[EniId],
    how: &Fencing,
) -> FenceResult {
    let mut fenced = FenceResult::default();
    match how {
        Fencing::None => {}
        Fencing::Stop if !member.state.is_up() => {}
        Fencing::Stop => {
            let stopped = cloud.stop(&member.id).await;
            fenced.note(format!("{} is being stopped", member.id), stopped);
        }
        Fencing::Isolate(group) => {
            for eni in kept {
                let isolated = cloud.isolate(eni, group).await;
                let what = format!("{eni} of {} has {group} and no other", member.id);
                fenced.note(what, isolated);
            }
        }
    }
    fenced
}

impl FenceResult {
    /// Both.
    pub(crate) fn extend(&mut self, other: Self) {
        self.done.extend(other.done);
        self.failed.extend(other.failed);
        self.is_unfinished |= other.is_unfinished;
        self.not_fenced.extend(other.not_fenced);
        self.mutating_calls += other.mutating_calls;
    }

    fn note(&mut self, what: String, outcome: Result<(), CloudError>) {
        self.mutating_calls += 1;
        match outcome {
            Ok(()) => self.done.push(what),
            Err(failure) => {
                self.is_unfinished |= failure.is_transient();
                self.failed.push((what, failure));
            }
        }
    }
}
