//! The calls: the one place where a failover changes something in EC2, and what EC2's refusal of each means. Who races
//! with each call, and what arbitrates, is in `effect`.

use super::result::MoveResult;
use crate::alarm_failover::cloud::AlarmFailoverCloud;
use crate::alarm_failover::effect::{DetachMode, Effect};
use crate::cloud::{Class, CloudError, Missing};

/// Sends the call of an effect.
pub(super) async fn send<C: AlarmFailoverCloud>(
    cloud: &C,
    effect: &Effect,
) -> Result<(), CloudError> {
    match effect {
        Effect::ClearDeleteOnTermination { eni, attachment } => {
            cloud.clear_delete_on_termination(eni, attachment).await
        }
        Effect::Detach {
            attachment, mode, ..
        } => cloud.detach(attachment, *mode == DetachMode::Force).await,
        Effect::Attach {
            eni,
            instance,
            device_index,
        } => cloud.attach(eni, instance, *device_index).await.map(drop),
        Effect::Disassociate { association } => cloud.disassociate(association).await,
        Effect::Associate {
            allocation,
            eni,
            private_ip,
        } => cloud
            .associate(allocation, eni, *private_ip)
            .await
            .map(drop),
        Effect::Reassociate {
            allocation,
            eni,
            private_ip,
        } => cloud
            .reassociate(allocation, eni, *private_ip)
            .await
            .map(drop),
        Effect::AssignPrivateIps { eni, ips } => cloud.assign(eni, ips).await,
        Effect::Stop { instance } => cloud.stop(instance).await,
        Effect::Isolate {
            eni,
            security_group,
            ..
        } => cloud.isolate(eni, security_group).await,
    }
}

/// Whether a refusal says that what was wanted is so already.
pub(super) fn is_done_already(effect: &Effect, failure: &CloudError) -> bool {
    match effect {
        Effect::Detach { .. } => failure.is_missing(Missing::Attachment),
        Effect::Disassociate { .. } => failure.is_missing(Missing::Association),
        _ => false,
    }
}

/// What a refusal means for the move. Of a call that takes something from its holder, no standby is to blame.
pub(super) fn refusal_of(effect: &Effect, failure: CloudError) -> MoveResult {
    match effect {
        Effect::ClearDeleteOnTermination { .. } if failure.is_missing(Missing::Attachment) => {
            MoveResult::Superseded
        }
        Effect::ClearDeleteOnTermination { .. }
        | Effect::Detach { .. }
        | Effect::Disassociate { .. } => match refused(failure) {
            MoveResult::Refused(failure) => MoveResult::HolderRefused(failure),
            end => end,
        },
        _ => refused(failure),
    }
}

/// What a refusal of the call that brings something to a member means.
fn refused(failure: CloudError) -> MoveResult {
    match failure.class() {
        Class::Denied => MoveResult::Denied(failure),
        Class::Transient => MoveResult::Unknown(failure),
        Class::Taken | Class::Missing(Missing::Allocation) => MoveResult::Superseded,
        Class::Missing(_) | Class::Refused => MoveResult::Refused(failure),
    }
}
