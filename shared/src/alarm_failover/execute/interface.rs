//! An interface moves: detach, wait, attach, wait.
//!
//! 1. `ModifyNetworkInterfaceAttribute`, only where the interface would end with its instance. Idempotent on
//!    the attachment; a lost reply means: the next look shows it.
//! 2. `DetachNetworkInterface` by the attachment that was read: it ends that one or nothing, so a person or
//!    another run that was faster keeps what they did. Gracefully first; with force at the deadline, and at
//!    once where there is no guest to let go. A lost reply means: read on.
//! 3. `AttachNetworkInterface`: EC2 attaches an interface once. A lost reply means: read the interface.
//! 4. Reads, until the interface and the instance both show it.
//!
//! A run that ends between 2 and 3 leaves the interface with nobody, tagged with its group, for the next
//! delivery and for reconcile.

use super::executor::{
    MoveExecutor, MoveResult, VERIFY_TIMEOUT, holder_refusal, is_missing, refused,
};
use crate::alarm_failover::case::TO_ATTACH;
use crate::alarm_failover::cloud::AlarmFailoverCloud;
use crate::alarm_failover::plan::Detachment;
use crate::clock::Clock;
use crate::cloud::{CloudError, InstanceFilter, Missing};
use crate::model::ids::{AttachmentId, EniId};
use crate::model::instance::Instance;
use crate::model::interface::{Attachment, AttachmentState, Interface};
use std::time::Duration;

/// How often an attachment is asked for when EC2 does not answer.
const MAX_ATTEMPTS: u32 = 4;

impl<C: AlarmFailoverCloud, L: Sync, K: Clock> MoveExecutor<'_, C, L, K> {
    pub(super) async fn move_interface(
        &mut self,
        eni: &EniId,
        from: Option<&Detachment>,
        device_index: i32,
    ) -> MoveResult {
        if let Some(detachment) = from {
            match self.detach(eni, detachment).await {
                Ok(()) => self.mark("detached"),
                Err(end) => return end,
            }
        }
        match self.attach(eni, device_index).await {
            Ok(()) => self.wait_attached(eni).await,
            Err(end) => end,
        }
    }

    async fn detach(&mut self, eni: &EniId, detachment: &Detachment) -> Result<(), MoveResult> {
        let mut may_force = detachment.is_detaching || !detachment.force;
        let Some(detach_timeout) = self.detach_timeout(detachment) else {
            return Err(MoveResult::OutOfTime);
        };
        if !detachment.is_detaching {
            if detachment.delete_on_termination {
                self.clear_delete_on_termination(eni, &detachment.attachment)
                    .await?;
            }
            self.request_detach(&detachment.attachment, detachment.force)
                .await?;
        }
        let forced_from = self.ports.clock.now() + detach_timeout;
        loop {
            self.pause().await;
            match self.ports.cloud.interface(eni).await {
                Ok(None) => return Err(MoveResult::Gone),
                Ok(Some(shown)) => match shown.attachment {
                    None => return Ok(()),
                    Some(now) if now.id != detachment.attachment => {
                        return Err(MoveResult::Superseded);
                    }
                    Some(now) if now.state == AttachmentState::Detached => return Ok(()),
                    Some(_) => {}
                },
                Err(failure) if failure.is_transient() => {}
                Err(failure) => return Err(MoveResult::Unknown(failure)),
            }
            let is_due = self.ports.clock.now() >= forced_from;
            if is_due && may_force {
                may_force = false;
                // It is on its way out: what EC2 refuses now, the next look shows.
                let forced = self.request_detach(&detachment.attachment, true).await;
                forced.map_err(|end| match end {
                    MoveResult::HolderRefused(failure) => MoveResult::Unknown(failure),
                    end => end,
                })?;
            }
            if !self.has_time() {
                return Err(MoveResult::OutOfTime);
            }
        }
    }

    /// How long the guest is given: what the settings say, or what is left but for the attachment. None where
    /// that is too little to begin with; a run of its own has more.
    fn detach_timeout(&self, detachment: &Detachment) -> Option<Duration> {
        let deadline = self.case.settings.detach_deadline;
        let spare = self.left().checked_sub(TO_ATTACH)?;
        let whole = Duration::try_from(self.case.delivery.ends_at - self.case.received);
        let enough = deadline.min(whole.unwrap_or(Duration::ZERO) / 2);
        let is_quick = detachment.force || detachment.is_detaching;
        (is_quick || spare >= enough).then(|| deadline.min(spare))
    }

    async fn clear_delete_on_termination(
        &mut self,
        eni: &EniId,
        attachment: &AttachmentId,
    ) -> Result<(), MoveResult> {
        self.mutating_calls += 1;
        match self
            .ports
            .cloud
            .clear_delete_on_termination(eni, attachment)
            .await
        {
            Ok(()) => Ok(()),
            Err(failure) if is_missing(&failure, Missing::Attachment) => {
                Err(MoveResult::Superseded)
            }
            Err(failure) => Err(holder_refusal(failure)),
        }
    }

    /// One that is over already is what was wanted.
    async fn request_detach(
        &mut self,
        attachment: &AttachmentId,
        force: bool,
    ) -> Result<(), MoveResult> {
        self.mutating_calls += 1;
        match self.ports.cloud.detach(attachment, force).await {
            Ok(()) => Ok(()),
            Err(failure) if is_missing(&failure, Missing::Attachment) => Ok(()),
            Err(failure) => Err(holder_refusal(failure)),
        }
    }

    async fn attach(&mut self, eni: &EniId, device_index: i32) -> Result<(), MoveResult> {
        let mut attempts = 0;
        loop {
            self.mutating_calls += 1;
            attempts += 1;
            let attached = self.ports.cloud.attach(eni, self.to, device_index).await;
            let failure = match attached {
                Ok(_) => return Ok(()),
                Err(failure) if is_device_index_taken(&failure) => {
                    return Err(MoveResult::DeviceIndexTaken(failure));
                }
                Err(failure) if is_missing(&failure, Missing::Interface) => {
                    return Err(MoveResult::Superseded);
                }
                Err(failure) => failure,
            };
            let is_unclear = failure.is_transient() || matches!(failure, CloudError::InUse(_));
            if !is_unclear {
                return Err(refused(failure));
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

    /// Reads until the interface and the instance agree.
    async fn wait_attached(&mut self, eni: &EniId) -> MoveResult {
        let to = self.to.clone();
        let which = InstanceFilter::Ids(vec![to.clone()]);
        let mut is_marked = false;
        let accepted_at = self.ports.clock.now();
        loop {
            self.pause().await;
            let cloud = &self.ports.cloud;
            let (interface, instances) =
                futures_util::join!(cloud.interface(eni), cloud.instances(&which));
            let instance = instances.ok().and_then(|found| found.into_iter().next());
            let shown = match interface {
                Ok(None) => return MoveResult::Gone,
                Ok(Some(shown)) => attachment_at(&shown, self).cloned(),
                Err(failure) if failure.is_transient() => None,
                Err(failure) => return MoveResult::Unknown(failure),
            };
            if self.has_failed(instance.as_ref()) {
                return MoveResult::Superseded;
            }
            match shown {
                Some(attachment) if attachment.state == AttachmentState::Attached => {
                    if !is_marked {
                        is_marked = true;
                        self.mark("attached");
                    }
                    if instance.as_ref().is_some_and(|instance| has(instance, eni)) {
                        self.mark("verified");
                        return MoveResult::Moved {
                            attachment: Some(attachment.id),
                        };
                    }
                }
                // EC2 is at it, however long that takes.
                Some(attachment) if attachment.state == AttachmentState::Attaching => {}
                _ if self.ports.clock.now() - accepted_at > VERIFY_TIMEOUT => {
                    return MoveResult::Superseded;
                }
                _ => {}
            }
            if !self.has_time() {
                return MoveResult::OutOfTime;
            }
        }
    }
}

/// The attachment to the member that is to have it.
fn attachment_at<'s, C, L, K>(
    shown: &'s Interface,
    executor: &MoveExecutor<'_, C, L, K>,
) -> Option<&'s Attachment> {
    let attachment = shown.attachment.as_ref()?;
    (attachment.instance.as_ref() == Some(executor.to)).then_some(attachment)
}

fn has(instance: &Instance, eni: &EniId) -> bool {
    let mut interfaces = instance.interfaces.iter();
    interfaces.any(|each| each.id == *eni && each.state == Some(AttachmentState::Attached))
}

/// EC2 says this only in the message of `InvalidParameterValue`:
/// "already has an interface attached at device index".
fn is_device_index_taken(failure: &CloudError) -> bool {
    let answer = failure.failure();
    answer.code.as_deref() == Some("InvalidParameterValue")
        && answer
            .message
            .as_deref()
            .is_some_and(|message| message.contains("device index"))
}
