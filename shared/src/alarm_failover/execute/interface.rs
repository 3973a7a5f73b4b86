//! An interface ends one attachment and begins another: how long a guest is given, how both are waited for, and what
//! an attachment without an answer means.
//!
//! Who races with the calls, and what arbitrates, is with `Effect::Detach` and `Effect::Attach`.

use super::executor::{MoveExecutor, shown};
use super::result::MoveResult;
use super::send;
use crate::alarm_failover::case::TO_ATTACH;
use crate::alarm_failover::cloud::AlarmFailoverCloud;
use crate::alarm_failover::effect::{DetachMode, Effect};
use crate::clock::Clock;
use crate::cloud::{CloudError, Missing};
use crate::model::ids::{AttachmentId, EniId};
use crate::model::instance::Instance;
use crate::model::interface::{Attachment, AttachmentState, Interface};
use crate::ports::Deadline;
use std::time::Duration;
use time::OffsetDateTime;

/// How often an attachment is asked for when EC2 does not answer.
const MAX_ATTEMPTS: u32 = 4;

impl<C: AlarmFailoverCloud, L: Sync, K: Clock> MoveExecutor<'_, C, L, K> {
    /// Whether the run has time to begin the move. A later run brings an interface that is attached to nothing to its
    /// end, whatever time this one has left, so that is begun at any time.
    pub(super) fn has_time_to_begin(&mut self) -> bool {
        let mode = self.one.effects.iter().find_map(|effect| match effect {
            Effect::Detach { mode, .. } => Some(*mode),
            _ => None,
        });
        if let Some(mode) = mode {
            let timeout = self.guest_timeout(mode);
            self.guest_timeout = timeout.unwrap_or_default();
            return timeout.is_some();
        }
        let is_unattached = matches!(self.one.effects.first(), Some(Effect::Attach { .. }));
        is_unattached || self.has_time()
    }

    /// How long the guest is given: what the settings say, or what is left but for the attachment. None where
    /// that is too little to begin with; a run of its own has more.
    fn guest_timeout(&self, mode: DetachMode) -> Option<Duration> {
        let deadline = self.case.settings.detach_deadline;
        let spare = self.left().checked_sub(TO_ATTACH)?;
        let whole = Duration::try_from(self.case.delivery.ends_at - self.case.received);
        let enough = deadline.min(whole.unwrap_or(Duration::ZERO) / 2);
        let is_quick = mode != DetachMode::Graceful;
        (is_quick || spare >= enough).then(|| deadline.min(spare))
    }

    /// Reads until the attachment is over. A guest that does not let go in time is forced to.
    pub(super) async fn wait_detached(
        &mut self,
        eni: &EniId,
        attachment: &AttachmentId,
        mode: DetachMode,
    ) -> Result<(), MoveResult> {
        let deadline = self.case.deadline();
        if mode != DetachMode::Force {
            let forced_from = self.ports.clock.now() + self.guest_timeout;
            let in_time = deadline.or_earlier(forced_from);
            if self.is_detached(eni, attachment, in_time).await? {
                return Ok(());
            }
            if self.ports.clock.now() < forced_from {
                return Err(MoveResult::OutOfTime);
            }
            let force = Effect::Detach {
                eni: eni.clone(),
                attachment: attachment.clone(),
                mode: DetachMode::Force,
            };
            // It is on its way out: what EC2 refuses now, the next look shows.
            self.send(&force).await.map_err(|end| match end {
                MoveResult::HolderRefused(failure) | MoveResult::Denied(failure) => {
                    MoveResult::Unknown(failure)
                }
                end => end,
            })?;
            if !self.has_time() {
                return Err(MoveResult::OutOfTime);
            }
        }
        if self.is_detached(eni, attachment, deadline).await? {
            return Ok(());
        }
        Err(MoveResult::OutOfTime)
    }

    /// Whether the attachment is over by that time.
    async fn is_detached(
        &self,
        eni: &EniId,
        attachment: &AttachmentId,
        deadline: Deadline,
    ) -> Result<bool, MoveResult> {
        let cloud = &self.ports.cloud;
        let read = || async {
            match shown(cloud.interface(eni).await)? {
                Some(None) => Err(MoveResult::Gone),
                Some(Some(shown)) => match shown.attachment {
                    Some(now) if now.id != *attachment => Err(MoveResult::Superseded),
                    Some(now) if now.state != AttachmentState::Detached => Ok(None),
                    _ => Ok(Some(())),
                },
                None => Ok(None),
            }
        };
        self.pause().await;
        let over = self.until(deadline, read).await?;
        Ok(over.is_some())
    }

    /// Sends the attachment. An answer that does not tell is looked into before the call is sent again.
    pub(super) async fn attach(&mut self, effect: &Effect, eni: &EniId) -> Result<(), MoveResult> {
        let mut attempts = 0;
        loop {
            self.mutating_calls += 1;
            attempts += 1;
            let failure = match send::send(&self.ports.cloud, effect).await {
                Ok(()) => return Ok(()),
                Err(failure @ CloudError::DeviceIndexTaken(_)) => {
                    return Err(MoveResult::DeviceIndexTaken(failure));
                }
                Err(failure) if failure.is_missing(Missing::Interface) => {
                    return Err(MoveResult::Superseded);
                }
                Err(failure) => failure,
            };
            let is_unclear = failure.is_transient() || matches!(failure, CloudError::InUse(_));
            if !is_unclear {
                return Err(send::refusal_of(effect, failure));
            }
            self.pause().await;
            match self.ports.cloud.interface(eni).await {
                Ok(None) => return Err(MoveResult::Gone),
                Ok(Some(shown)) if shown.instance() == Some(self.to) => return Ok(()),
                Ok(Some(shown)) if shown.instance().is_some() => {
                    return Err(MoveResult::Superseded);
                }
                _ if attempts >= MAX_ATTEMPTS || !self.has_time() => {
                    return Err(MoveResult::Unknown(failure));
                }
                _ => {}
            }
        }
    }

    /// Reads until the interface shows the attachment, and then until the instance shows it too.
    pub(super) async fn wait_attached(&mut self, eni: &EniId) -> Result<AttachmentId, MoveResult> {
        let accepted_at = self.ports.clock.now();
        self.pause().await;
        let (attachment, is_shown) = self.until_attached(eni, accepted_at, false).await?;
        self.mark("attached");
        if is_shown {
            return Ok(attachment);
        }
        if !self.has_time() {
            return Err(MoveResult::OutOfTime);
        }
        self.pause().await;
        let (attachment, _) = self.until_attached(eni, accepted_at, true).await?;
        Ok(attachment)
    }

    /// The attachment, and whether the instance shows it, which is waited for where both are asked for.
    async fn until_attached(
        &self,
        eni: &EniId,
        accepted_at: OffsetDateTime,
        both: bool,
    ) -> Result<(AttachmentId, bool), MoveResult> {
        let target = self.target_filter();
        let cloud = &self.ports.cloud;
        let read = || async {
            let (interface, instances) =
                futures_util::join!(cloud.interface(eni), cloud.instances(&target));
            let instance = instances.ok().and_then(|found| found.into_iter().next());
            let attachment = match shown(interface)? {
                Some(None) => return Err(MoveResult::Gone),
                Some(Some(shown)) => attachment_at(shown, self),
                None => None,
            };
            if self.has_failed(instance.as_ref()) {
                return Err(MoveResult::Superseded);
            }
            let is_shown = instance.as_ref().is_some_and(|instance| has(instance, eni));
            match attachment {
                Some(now) if now.state == AttachmentState::Attached => {
                    Ok((is_shown || !both).then_some((now.id, is_shown)))
                }
                // EC2 is at it, however long that takes.
                Some(now) if now.state == AttachmentState::Attaching => Ok(None),
                _ => self.not_yet(accepted_at),
            }
        };
        self.until_verified(read).await
    }
}

/// The attachment to the member that is to have it.
fn attachment_at<C, L, K>(
    shown: Interface,
    executor: &MoveExecutor<'_, C, L, K>,
) -> Option<Attachment> {
    let attachment = shown.attachment?;
    (attachment.instance.as_ref() == Some(executor.to)).then_some(attachment)
}

fn has(instance: &Instance, eni: &EniId) -> bool {
    let mut interfaces = instance.interfaces.iter();
    interfaces.any(|each| each.id == *eni && each.state == Some(AttachmentState::Attached))
}
