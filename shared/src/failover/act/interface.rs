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

use super::super::FailoverCloud;
use super::super::route::Ending;
use super::{End, Errand, LAG, TO_ATTACH, is_missing, not_given_up, refused};
use crate::address::{Attachment, AttachmentState, Interface};
use crate::clock::Clock;
use crate::cloud::{CloudError, Missing, WhichInstances};
use crate::ids::{AttachmentId, EniId};
use crate::instance::Instance;
use std::time::Duration;

/// How often an attachment is asked for when EC2 does not answer.
const MOST_ATTEMPTS: u32 = 4;

impl<C: FailoverCloud, L: Sync, K: Clock> Errand<'_, C, L, K> {
    pub(super) async fn carry(
        &mut self,
        eni: &EniId,
        from: Option<&Ending>,
        device_index: i32,
    ) -> End {
        if let Some(ending) = from {
            match self.detach(eni, ending).await {
                Ok(()) => self.mark("detached"),
                Err(end) => return end,
            }
        }
        match self.attach(eni, device_index).await {
            Ok(()) => self.arrive(eni).await,
            Err(end) => end,
        }
    }

    async fn detach(&mut self, eni: &EniId, ending: &Ending) -> Result<(), End> {
        let mut may_force = ending.is_leaving || !ending.by_force;
        let Some(patience) = self.patience(ending) else {
            return Err(End::OutOfTime);
        };
        if !ending.is_leaving {
            if ending.ends_with_instance {
                self.outlive(eni, &ending.attachment).await?;
            }
            self.let_go(&ending.attachment, ending.by_force).await?;
        }
        let forced_from = self.ports.clock.now() + patience;
        loop {
            self.pause().await;
            match self.ports.cloud.interface(eni).await {
                Ok(None) => return Err(End::Gone),
                Ok(Some(shown)) => match shown.attachment {
                    None => return Ok(()),
                    Some(now) if now.id != ending.attachment => return Err(End::Lost),
                    Some(now) if now.state == AttachmentState::Detached => return Ok(()),
                    Some(_) => {}
                },
                Err(failure) if failure.is_passing() => {}
                Err(failure) => return Err(End::Unsure(failure)),
            }
            let is_due = self.ports.clock.now() >= forced_from;
            if is_due && may_force {
                may_force = false;
                // It is on its way out: what EC2 refuses now, the next look shows.
                let forced = self.let_go(&ending.attachment, true).await;
                forced.map_err(|end| match end {
                    End::Kept(failure) => End::Unsure(failure),
                    end => end,
                })?;
            }
            if !self.has_time() {
                return Err(End::OutOfTime);
            }
        }
    }

    /// How long the guest is given: what the settings say, or what is left but for the attachment. None where
    /// that is too little to begin with; a run of its own has more.
    fn patience(&self, ending: &Ending) -> Option<Duration> {
        let deadline = self.run.settings.detach_deadline;
        let spare = self.left().checked_sub(TO_ATTACH)?;
        let whole = Duration::try_from(self.run.delivery.ends_at - self.run.received);
        let enough = deadline.min(whole.unwrap_or(Duration::ZERO) / 2);
        let is_quick = ending.by_force || ending.is_leaving;
        (is_quick || spare >= enough).then(|| deadline.min(spare))
    }

    async fn outlive(&mut self, eni: &EniId, attachment: &AttachmentId) -> Result<(), End> {
        self.mutating_calls += 1;
        match self.ports.cloud.outlive_instance(eni, attachment).await {
            Ok(()) => Ok(()),
            Err(failure) if is_missing(&failure, Missing::Attachment) => Err(End::Lost),
            Err(failure) => Err(not_given_up(failure)),
        }
    }

    /// One that is over already is what was wanted.
    async fn let_go(&mut self, attachment: &AttachmentId, by_force: bool) -> Result<(), End> {
        self.mutating_calls += 1;
        match self.ports.cloud.detach(attachment, by_force).await {
            Ok(()) => Ok(()),
            Err(failure) if is_missing(&failure, Missing::Attachment) => Ok(()),
            Err(failure) => Err(not_given_up(failure)),
        }
    }

    async fn attach(&mut self, eni: &EniId, device_index: i32) -> Result<(), End> {
        let mut attempts = 0;
        loop {
            self.mutating_calls += 1;
            attempts += 1;
            let attached = self.ports.cloud.attach(eni, self.to, device_index).await;
            let failure = match attached {
                Ok(_) => return Ok(()),
                Err(failure) if is_slot_taken(&failure) => return Err(End::SlotTaken(failure)),
                Err(failure) if is_missing(&failure, Missing::Interface) => return Err(End::Lost),
                Err(failure) => failure,
            };
            let is_unclear = failure.is_passing() || matches!(failure, CloudError::InUse(_));
            if !is_unclear {
                return Err(refused(failure));
            }
            self.pause().await;
            match self.ports.cloud.interface(eni).await {
                Ok(None) => return Err(End::Gone),
                Ok(Some(shown)) if shown.instance() == Some(self.to) => return Ok(()),
                Ok(Some(shown)) if shown.instance().is_some() => return Err(End::Lost),
                _ if attempts >= MOST_ATTEMPTS || !self.has_time() => {
                    return Err(End::Unsure(failure));
                }
                _ => {}
            }
        }
    }

    /// Reads until the interface and the instance agree.
    async fn arrive(&mut self, eni: &EniId) -> End {
        let to = self.to.clone();
        let which = WhichInstances::Named(vec![to.clone()]);
        let mut is_marked = false;
        let accepted_at = self.ports.clock.now();
        loop {
            self.pause().await;
            let cloud = &self.ports.cloud;
            let (interface, instances) =
                futures_util::join!(cloud.interface(eni), cloud.instances(&which));
            let instance = instances.ok().and_then(|found| found.into_iter().next());
            let shown = match interface {
                Ok(None) => return End::Gone,
                Ok(Some(shown)) => attachment_at(&shown, self).cloned(),
                Err(failure) if failure.is_passing() => None,
                Err(failure) => return End::Unsure(failure),
            };
            if self.has_failed(instance.as_ref()) {
                return End::Lost;
            }
            match shown {
                Some(attachment) if attachment.state == AttachmentState::Attached => {
                    if !is_marked {
                        is_marked = true;
                        self.mark("attached");
                    }
                    if instance.as_ref().is_some_and(|instance| has(instance, eni)) {
                        self.mark("verified");
                        return End::Moved {
                            attachment: Some(attachment.id),
                        };
                    }
                }
                // EC2 is at it, however long that takes.
                Some(attachment) if attachment.state == AttachmentState::Attaching => {}
                _ if self.ports.clock.now() - accepted_at > LAG => return End::Lost,
                _ => {}
            }
            if !self.has_time() {
                return End::OutOfTime;
            }
        }
    }
}

/// The attachment to the member that is to have it.
fn attachment_at<'s, C, L, K>(
    shown: &'s Interface,
    errand: &Errand<'_, C, L, K>,
) -> Option<&'s Attachment> {
    let attachment = shown.attachment.as_ref()?;
    (attachment.instance.as_ref() == Some(errand.to)).then_some(attachment)
}

fn has(instance: &Instance, eni: &EniId) -> bool {
    let mut interfaces = instance.interfaces.iter();
    interfaces.any(|each| each.id == *eni && each.state == Some(AttachmentState::Attached))
}

/// EC2 says this only in the message of `InvalidParameterValue`:
/// "already has an interface attached at device index".
fn is_slot_taken(failure: &CloudError) -> bool {
    let answer = failure.failure();
    answer.code.as_deref() == Some("InvalidParameterValue")
        && answer
            .message
            .as_deref()
            .is_some_and(|message| message.contains("device index"))
}
