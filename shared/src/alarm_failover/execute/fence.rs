//! Fences are sent one by one. Nothing waits for what they lead to. One that fails does not undo the failover: it is
//! a finding. A later run takes up one that EC2 did not answer.
//! Who races with the calls, and what arbitrates, is with `Effect::Stop` and `Effect::Isolate`.

use super::result::FenceResult;
use super::send::send;
use crate::alarm_failover::cloud::AlarmFailoverCloud;
use crate::alarm_failover::plan::Fence;

/// Sends what fences members, and says what is left to others.
pub(crate) async fn fence<C: AlarmFailoverCloud>(cloud: &C, fences: Vec<Fence>) -> FenceResult {
    let mut result = FenceResult::default();
    for fence in fences {
        let effects = match fence {
            Fence::Due(effects) => effects,
            Fence::Pending => {
                result.is_unfinished = true;
                continue;
            }
            Fence::TooLate(member) => {
                result.not_fenced.insert(member);
                continue;
            }
        };
        for effect in effects {
            match send(cloud, &effect).await {
                Ok(()) => result.done.push(effect),
                Err(failure) => {
                    result.is_unfinished |= failure.is_transient();
                    result.failed.push((effect, failure));
                }
            }
        }
    }
    result
}
