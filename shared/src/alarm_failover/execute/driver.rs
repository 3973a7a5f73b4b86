//! The driver: it carries the effects of a move out in their order, and says how the move ended.
//!
//! An accepted call is not ownership. So the driver reads after each effect that EC2 accepts first and shows later,
//! until EC2 shows it. The last effect counts only when two of EC2's answers agree. Right before an Elastic IP is
//! associated, the driver reads who has the private IP. `effect` says who races with each call, and what arbitrates.

use super::executor::MoveExecutor;
use super::result::MoveResult;
use super::send;
use crate::alarm_failover::cloud::AlarmFailoverCloud;
use crate::alarm_failover::effect::{DetachMode, Effect};
use crate::clock::Clock;
use crate::model::ids::AttachmentId;

impl<C: AlarmFailoverCloud, L: Sync, K: Clock> MoveExecutor<'_, C, L, K> {
    /// Carries the move out.
    pub(crate) async fn run(&mut self) -> MoveResult {
        if !self.is_still_so().await {
            return MoveResult::Superseded;
        }
        if !self.has_time_to_begin() {
            return MoveResult::OutOfTime;
        }
        let mut attachment = None;
        for effect in &self.one.effects {
            match self.carry_out(effect).await {
                Ok(shown) => attachment = shown,
                Err(end) => return end,
            }
        }
        MoveResult::Moved { attachment }
    }

    /// One effect, until EC2 shows it. An interface has an attachment then.
    async fn carry_out(&mut self, effect: &Effect) -> Result<Option<AttachmentId>, MoveResult> {
        match effect {
            Effect::ClearDeleteOnTermination { .. }
            | Effect::Stop { .. }
            | Effect::Isolate { .. } => self.send(effect).await?,
            Effect::Detach {
                eni,
                attachment,
                mode,
            } => {
                if *mode != DetachMode::AlreadyDetaching {
                    self.send(effect).await?;
                }
                self.wait_detached(eni, attachment, *mode).await?;
                self.mark("detached");
            }
            Effect::Attach { eni, .. } => {
                self.attach(effect, eni).await?;
                let attachment = self.wait_attached(eni).await?;
                self.mark("verified");
                return Ok(Some(attachment));
            }
            Effect::Disassociate { .. } => {
                self.send(effect).await?;
                self.mark("detached");
            }
            Effect::Associate {
                allocation,
                eni,
                private_ip,
            }
            | Effect::Reassociate {
                allocation,
                eni,
                private_ip,
            } => {
                self.require_free(allocation, eni, *private_ip).await?;
                self.send(effect).await?;
                self.wait_associated(allocation, eni, *private_ip).await?;
                self.mark("verified");
            }
            Effect::AssignPrivateIps { eni, ips } => {
                self.send(effect).await?;
                self.wait_assigned(eni, ips).await?;
                self.mark("verified");
            }
        }
        Ok(None)
    }

    /// Sends a call once, and says what a refusal of it means.
    pub(super) async fn send(&mut self, effect: &Effect) -> Result<(), MoveResult> {
        self.mutating_calls += 1;
        match send::send(&self.ports.cloud, effect).await {
            Err(failure) if !send::is_done_already(effect, &failure) => {
                Err(send::refusal_of(effect, failure))
            }
            _ => Ok(()),
        }
    }
}
