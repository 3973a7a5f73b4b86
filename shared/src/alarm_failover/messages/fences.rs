//! What is told of fences: what was done, what that does not do, what was not done, and who is left to a person.

use crate::alarm_failover::effect::Effect;
use crate::alarm_failover::execute::FenceResult;
use crate::alarm_failover::group::Group;
use crate::cloud::{Class, CloudError};
use crate::error::chain;
use crate::model::ids::{EniId, InstanceId, SecurityGroupId};
use crate::model::instance::{Instance, StopLimit};
use crate::report::{Command, Finding};
use crate::settings::Fencing;
use std::collections::BTreeSet;

/// What was done, in words.
pub(crate) fn fenced(effects: &[Effect]) -> Vec<String> {
    effects.iter().map(in_words).collect()
}

fn in_words(effect: &Effect) -> String {
    match effect {
        Effect::Stop { instance } => format!("{instance} is being stopped"),
        Effect::Isolate {
            eni,
            instance,
            security_group,
        } => format!(
            "{eni} of {instance} has {security_group} and no other; connections that were open before may go on"
        ),
        other => format!("{other:?}"),
    }
}

/// How a holder would be fenced if it failed now.
pub(crate) fn would_be_fenced(holder: &Instance, how: &Fencing) -> Option<String> {
    let id = &holder.id;
    match (how, holder.stop_limit) {
        (Fencing::None, _) => None,
        (Fencing::Stop, None) => Some(format!("{id} would be stopped")),
        (Fencing::Stop, Some(_)) => Some(format!(
            "{id} would be stopped, which EC2 may refuse: see the findings"
        )),
        (Fencing::Isolate(group), _) => Some(format!(
            "the interfaces of {id} would get {group} and no other; connections that are open then may go on"
        )),
    }
}

/// What EC2 shows already of a stop that it would refuse.
pub(crate) fn stop_limit(holder: &Instance, how: &Fencing) -> Option<Finding> {
    let (id, limit) = (&holder.id, holder.stop_limit?);
    (*how == Fencing::Stop).then(|| match limit {
        StopLimit::InstanceStoreRoot => Finding {
            what: format!("a fence cannot stop {id}"),
            why: "its root device is an instance store, and EC2 stops no such instance".to_owned(),
            next: "take an instance with an EBS root, or fence with a security group: Fence, or the fence tag"
                .to_owned(),
        },
        StopLimit::Spot => Finding {
            what: format!("a fence may not stop {id}"),
            why: "it is a Spot instance, and EC2 stops one only where its Spot request is persistent".to_owned(),
            next: format!(
                "see the type of its request: {}. Where that is one-time, take an On-Demand instance, or fence with a \
                 security group",
                Command::ec2("describe-spot-instance-requests").filter("instance-id", id.as_str())
            ),
        },
    })
}

/// What was not done, what a fence leaves open, and who was not fenced.
pub(crate) fn findings(result: &FenceResult) -> Vec<Finding> {
    let failed = result.failed.iter();
    let failed = failed.map(|(effect, failure)| not_done(effect, failure));
    let isolated: BTreeSet<&InstanceId> = result.done.iter().filter_map(isolated).collect();
    let not_fenced = result.not_fenced.iter().map(|member| Finding {
        what: format!("{member} was not fenced"),
        why: "the run that moved its addresses ended before, and its failure is over by now"
            .to_owned(),
        next: format!(
            "see whether {member} still writes to what it shares, and stop it if so: {}",
            stop(member)
        ),
    });
    let left_open = isolated.into_iter().map(left_open);
    failed.chain(left_open).chain(not_fenced).collect()
}

fn isolated(effect: &Effect) -> Option<&InstanceId> {
    match effect {
        Effect::Isolate { instance, .. } => Some(instance),
        _ => None,
    }
}

/// A security group is looked at when a connection begins. Source: EC2 user guide, "Security group connection
/// tracking". A network ACL has no memory; it stands at the edge of a subnet.
fn left_open(member: &InstanceId) -> Finding {
    Finding {
        what: format!("connections that {member} had open before may go on"),
        why: "EC2 tracks a connection: another security group ends none that has begun".to_owned(),
        next: format!(
            "where its writes must end now: {}, or terminate it where EC2 does not stop it. A network ACL also ends what leaves its subnet, for every instance \
             in that subnet. To have it stopped next time: Fence=stop, or the fence tag with StopByTag=allow",
            stop(member)
        ),
    }
}

/// The same before it is done, in `observe` mode.
pub(crate) fn would_leave_open(effects: &[Effect], group: &Group<'_>) -> Vec<Finding> {
    let isolated: BTreeSet<&InstanceId> = effects.iter().filter_map(isolated).collect();
    let stopped = effects.iter().filter_map(|effect| match effect {
        Effect::Stop { instance } => group.member(instance),
        _ => None,
    });
    let refused = stopped.filter_map(|member| stop_limit(member, &Fencing::Stop));
    let left_open = isolated.into_iter().map(|member| Finding {
        what: format!("connections that {member} has open may go on after the fence"),
        ..left_open(member)
    });
    refused.chain(left_open).collect()
}

fn not_done(effect: &Effect, failure: &CloudError) -> Finding {
    let (what, next) = match effect {
        Effect::Stop { instance } => not_stopped(instance, failure),
        Effect::Isolate {
            eni,
            instance,
            security_group,
        } => not_isolated(eni, instance, security_group, failure),
        other => (format!("not done: {other:?}"), "read why".to_owned()),
    };
    let why = chain(failure);
    Finding { what, why, next }
}

const LATER: &str = "nothing yet: a later run asks again as long as the failure lasts";

fn not_stopped(instance: &InstanceId, failure: &CloudError) -> (String, String) {
    let by_hand = stop(instance);
    let next = match (failure, failure.class()) {
        (CloudError::StopProtected(_), _) => format!(
            "it is protected from being stopped. Where its writes must end: {}, and then: {by_hand}",
            Command::ec2("modify-instance-attribute")
                .with("instance-id", instance)
                .flag("no-disable-api-stop")
        ),
        (CloudError::StopUnsupported(_), _) => format!(
            "EC2 stops no one-time Spot instance, and none with an instance store as its root. Where its writes must \
             end, terminate it; what is on its instance store is lost then: {}. A network ACL ends what leaves its \
             subnet, for every instance in that subnet",
            Command::ec2("terminate-instances").with("instance-ids", instance)
        ),
        (_, Class::Transient) => format!("{LATER}; to be sure at once: {by_hand}"),
        (_, Class::Missing(_)) => {
            "nothing: what EC2 does not know any more writes no more".to_owned()
        }
        (_, Class::Denied) => format!(
            "allow ec2:StopInstances on it to the roles of alarm-failover and reconcile, or see which policy denies \
             it; whoever may, now: {by_hand}"
        ),
        _ => format!(
            "see its state: {}; while it runs: {by_hand}",
            Command::ec2("describe-instances").with("instance-ids", instance)
        ),
    };
    let what = if failure.is_transient() {
        format!("whether {instance} is being stopped is not known")
    } else {
        format!("{instance} could not be stopped")
    };
    (what, next)
}

fn not_isolated(
    eni: &EniId,
    instance: &InstanceId,
    group: &SecurityGroupId,
    failure: &CloudError,
) -> (String, String) {
    let by_hand = stop(instance);
    let next = match failure.class() {
        Class::Transient => format!("{LATER}; to be sure at once, stop it: {by_hand}"),
        Class::Denied => format!(
            "name {group} in Fence: Holdfast's roles may give an interface the security group that Fence names, and no \
             other. Or see which policy denies it. Until then, stop it: {by_hand}"
        ),
        _ => format!(
            "name a security group of the VPC of {eni}, in Fence or in the fence tag; until then, stop it: {by_hand}"
        ),
    };
    let what = if failure.is_transient() {
        format!("whether {eni} of {instance} has {group} is not known")
    } else {
        format!("{eni} of {instance} could not be given {group}")
    };
    (what, next)
}

/// `Force` is not waited for by a guest that does not answer.
fn stop(instance: &InstanceId) -> Command {
    Command::ec2("stop-instances")
        .with("instance-ids", instance)
        .flag("force")
}
