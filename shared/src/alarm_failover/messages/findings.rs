//! What did not go as it should, each with what to do about it.

use super::fences;
use crate::alarm_failover::group::{Group, ResourceId, ResourceKind};
use crate::alarm_failover::held_lease::LeaseEnd;
use crate::alarm_failover::plan::Blocked;
use crate::alarm_failover::progress::Progress;
use crate::alarm_failover::resource_progress::ResourceState;
use crate::alarm_failover::state::Observed;
use crate::cloud::CloudError;
use crate::error::chain;
use crate::groups::UnreadableTag;
use crate::model::ids::InstanceId;
use crate::report::{Finding, MoveEnd, MoveReport};
use crate::settings::Settings;
use std::collections::BTreeSet;

/// What stands in the way, once for each reason.
pub(crate) fn obstacles(
    blocked: &[Blocked],
    group: &Group<'_>,
    settings: &Settings,
) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for one in blocked {
        for why in &one.why {
            let finding = why.finding(&one.resource, group, settings);
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
    findings
}

/// A group in which more stands in the way than is told.
pub(crate) fn more_obstacles(group: &Group<'_>, holders: usize) -> Finding {
    Finding {
        what: format!(
            "what {holders} more holders of the group {} have cannot be moved either",
            group.name
        ),
        why: "more stands in the way of a failover than a report has room for".to_owned(),
        next: "mend what is told; the next run of reconcile tells what is left".to_owned(),
    }
}

/// Interfaces that would end with their instance.
pub(crate) fn flag_findings(group: &Group<'_>) -> Vec<Finding> {
    let detachment = group
        .resources
        .iter()
        .filter_map(|resource| match &resource.cargo {
            ResourceKind::Interface(interface) => {
                let attachment = interface.attachment.as_ref();
                let attachment =
                    attachment.filter(|attachment| attachment.delete_on_termination)?;
                Some((interface.id.clone(), attachment.id.clone()))
            }
            _ => None,
        });
    detachment
        .map(|(eni, attachment)| Finding {
            what: format!("{eni} ends with its instance, and its addresses with it"),
            why: "DeleteOnTermination is set on its attachment; a termination leaves nothing to move"
                .to_owned(),
            next: format!(
                "aws ec2 modify-network-interface-attribute --network-interface-id {eni} --attachment \
                 AttachmentId={attachment},DeleteOnTermination=false"
            ),
        })
        .collect()
}

/// Holders that are no members.
pub(crate) fn untagged_holders(
    group: &Group<'_>,
    observed: &Observed,
    settings: &Settings,
) -> Vec<Finding> {
    let (key, name) = (&settings.tags.group, group.name);
    let no_members = observed.holders_in(name, settings);
    let no_members = no_members.filter(|holder| group.member(holder).is_none());
    let no_members: BTreeSet<&InstanceId> = no_members.collect();
    let finding = |holder: &InstanceId| Finding {
        what: format!("{holder} holds what is of the group {name}, and is no member"),
        why: match observed.state_of(holder) {
            Some(state) => format!("it is {state}, and does not have the tag {key} = {name}"),
            None => "EC2 does not show it: it may be another account's".to_owned(),
        },
        next: format!(
            "aws ec2 create-tags --resources {holder} --tags Key={key},Value={name}, or take what it \
             holds out of the group"
        ),
    };
    no_members.into_iter().map(finding).collect()
}

/// A call that a failover would need.
pub(crate) fn not_permitted(group: &Group<'_>, failure: &CloudError) -> Finding {
    Finding {
        what: format!("a failover of the group {} is not permitted", group.name),
        why: chain(failure),
        next: format!(
            "allow {} to the role of alarm-failover and reconcile, or see which policy denies it",
            failure.failure().action
        ),
    }
}

/// Something that is with nobody, and that no member takes.
pub(crate) fn still_stranded(what: &str) -> Finding {
    Finding {
        what: "an address of a group is with nobody".to_owned(),
        why: what.to_owned(),
        next: "start a member of the group, or mend what is said of each; reconcile goes on then"
            .to_owned(),
    }
}

/// Groups that could not be looked at.
pub(crate) fn not_observed_finding(refusal: &CloudError) -> Finding {
    Finding {
        what: "whether the groups are ready for a failover is not known".to_owned(),
        why: chain(refusal),
        next: format!(
            "allow {} to the role of this function, or see which policy denies it",
            refusal.failure().action
        ),
    }
}

/// Alarms that a sweep did not read: what an earlier one has learnt stays.
pub(crate) fn alarms_unread(read: usize, why: Option<&CloudError>) -> Finding {
    Finding {
        what: format!("not all alarms were read, {read} were"),
        why: why.map_or_else(
            || "the time of the run was over; they are read slowly, so that others are not throttled".to_owned(),
            |failure| chain(failure),
        ),
        next: "nothing, unless it comes again: failovers go on with what an earlier run has learnt. \
               CloudWatch lets an account ask 9 times a second: see who asks"
            .to_owned(),
    }
}

/// Of a tag whose value is none of its kind, or is not allowed: the setting of the stack applies.
pub(crate) fn unreadable_tag(whose: &str, tag: &UnreadableTag) -> Finding {
    Finding {
        what: format!("{whose} has {tag}, which does not count"),
        why: format!("{}; what the stack sets applies", tag.expected),
        next: format!(
            "give it a value that counts: aws ec2 create-tags --resources {whose} --tags Key={},Value=...",
            tag.key
        ),
    }
}

/// What a failover came upon.
pub(super) fn of(
    progress: &Progress,
    lease: &LeaseEnd,
    group: &str,
    settings: &Settings,
) -> Vec<Finding> {
    let last = &progress.last_look;
    let unreadable = last.unreadable_tags.iter();
    let mut findings: Vec<Finding> = unreadable
        .map(|(whose, tag)| unreadable_tag(whose, tag))
        .collect();
    findings.extend(last.gap.as_ref().map(|gap| gap.finding(group)));
    findings.extend(refused(progress));
    for blocked in &last.blocked {
        findings.extend(blocked.why.iter().map(|why| Finding {
            what: format!("{} was not moved", blocked.resource),
            why: why.to_string(),
            next: why.next_in(group, settings),
        }));
    }
    findings.extend(progress.denied.as_ref().map(|failure| Finding {
        what: format!("a failover of the group {group} is not permitted"),
        why: chain(failure),
        next: format!(
            "allow {} to the role of this function, or see which policy denies it",
            failure.failure().action
        ),
    }));
    findings.extend(fences::findings(&progress.fenced));
    for (resource, known) in &progress.resources {
        findings.extend(lost(resource, &known.report(), group));
    }
    if let LeaseEnd::NotReleased(failure) = lease {
        findings.push(Finding {
            what: format!("the lease of the group {group} was not given back"),
            why: chain(failure),
            next: "nothing: it ends by itself, and reconcile brings the ledger up to date"
                .to_owned(),
        });
    }
    findings
}

/// What a standby did not take, and what was not taken from its holder.
fn refused(progress: &Progress) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (resource, known) in &progress.resources {
        findings.extend(known.refusals().map(|(standby, failure)| Finding {
            what: format!("{standby} did not take {resource}"),
            why: chain(failure),
            next: "mend what EC2 says; until then this standby is no standby".to_owned(),
        }));
    }
    for (resource, known) in &progress.resources {
        if let ResourceState::HolderRefused(failure) = &known.state {
            let holder = known.last_source().map_or("nobody", InstanceId::as_str);
            findings.push(Finding {
                what: format!("{resource} was not taken from {holder}"),
                why: chain(failure),
                next: "mend what EC2 says; reconcile goes on while the cause lasts".to_owned(),
            });
        }
    }
    findings
}

/// What is gone: the resource itself, or a public IP that it took the place of.
fn lost(resource: &ResourceId, report: &MoveReport, group: &str) -> Vec<Finding> {
    let is_gone = report.end == MoveEnd::Gone;
    let gone = is_gone.then(|| Finding {
        what: format!("{resource} is gone from the group {group}"),
        why: "it was deleted, or given to somebody else, while it was on its way".to_owned(),
        next: "see in CloudTrail who did it; nothing can be moved in its place".to_owned(),
    });
    let has_moved = matches!(report.end, MoveEnd::Moved | MoveEnd::Returned);
    let displaced = report.displaced.filter(|_| has_moved).map(|ip| Finding {
        what: format!("the public IP {ip} is gone for good"),
        why: "EC2 had assigned it by itself to the private IP that has the Elastic IP now"
            .to_owned(),
        next: "nothing, unless somebody relied on it".to_owned(),
    });
    gone.into_iter().chain(displaced).collect()
}
