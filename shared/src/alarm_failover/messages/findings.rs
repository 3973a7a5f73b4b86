//! What did not go as it should, each with what to do about it.

use super::fences;
use super::targets::doubtful_interface;
use super::zones::shifts_not_told;
use crate::alarm_failover::group::{Group, Location, Resource, ResourceId, ResourceKind};
use crate::alarm_failover::held_lease::LeaseEnd;
use crate::alarm_failover::left_behind::{LeftBehind, left_behind};
use crate::alarm_failover::obstacle::Obstacle;
use crate::alarm_failover::plan::Blocked;
use crate::alarm_failover::progress::Progress;
use crate::alarm_failover::resource_progress::ResourceState;
use crate::alarm_failover::state::{MemberHealth, Observed};
use crate::cloud::CloudError;
use crate::error::chain;
use crate::groups::{UnreadableTag, slots_of};
use crate::model::ids::InstanceId;
use crate::model::instance::{Instance, InstanceState};
use crate::report::command;
use crate::report::{Command, Finding, GroupReport, MoveEnd, MoveReport, Readiness};
use crate::settings::Settings;
use std::collections::BTreeSet;

/// How many reasons of one kind are told each by itself, and how many names in one sentence.
const TOLD_ONE_BY_ONE: usize = 3;

/// Why something stays.
const CARRIES_IPV4_ONLY: &str = "the movers `ip` and `eip` carry IPv4 addresses only: EC2 reassigns no IPv6 address \
     and no prefix, and only a whole interface takes them along";

/// What has to be allowed for it to be known who is in service.
const LIFECYCLE: &str = "autoscaling:DescribeAutoScalingInstances";

/// What stands in the way: each reason once, for everything that it keeps from moving. Where a group has more of one
/// kind, as one for each standby of many, the others are counted.
pub(crate) fn obstacles(
    blocked: &[Blocked],
    group: &Group<'_>,
    settings: &Settings,
) -> Vec<Finding> {
    let mut reasons: Vec<Reason<'_>> = Vec::new();
    for one in blocked {
        for why in &one.why {
            note(&mut reasons, why, one.resource.to_string());
        }
    }
    let each = reasons.into_iter();
    each.map(|reason| reason.finding(group.name, settings))
        .collect()
}

/// A reason, what it keeps from moving, and others of its kind that are not told by themselves.
struct Reason<'a> {
    why: &'a Obstacle,
    resources: Vec<String>,
    alike: BTreeSet<String>,
}

fn note<'a>(reasons: &mut Vec<Reason<'a>>, why: &'a Obstacle, resource: String) {
    let kind = std::mem::discriminant(why);
    let is_alike = |reason: &Reason<'_>| std::mem::discriminant(reason.why) == kind;
    let place = match reasons.iter().position(|reason| reason.why == why) {
        Some(same) => Some(same),
        None if reasons.iter().filter(|it| is_alike(it)).count() < TOLD_ONE_BY_ONE => None,
        None => reasons.iter().rposition(is_alike),
    };
    let Some(reason) = place.and_then(|place| reasons.get_mut(place)) else {
        reasons.push(Reason {
            why,
            resources: vec![resource],
            alike: BTreeSet::new(),
        });
        return;
    };
    if reason.why != why {
        reason.alike.insert(why.to_string());
    }
    if !reason.resources.contains(&resource) {
        reason.resources.push(resource);
    }
}

impl Reason<'_> {
    fn finding(self, group: &str, settings: &Settings) -> Finding {
        let alike = match self.alike.len() {
            0 => String::new(),
            more => format!("; {more} more are like that"),
        };
        Finding {
            what: format!("{} cannot move", some_of(&self.resources)),
            why: format!("{}{alike}", self.why),
            next: self.why.next_in(group, settings),
        }
    }
}

/// A few names, and how many more there are.
fn some_of(names: &[String]) -> String {
    let (told, more) = names.split_at(names.len().min(TOLD_ONE_BY_ONE));
    let told = told.join(", ");
    match more.len() {
        0 => told,
        more => format!("{told} and {more} more"),
    }
}

/// A group that is not ready: once, with the first of what stands in its way. The group's own report has the rest.
pub(crate) fn unready(group: &GroupReport) -> Vec<Finding> {
    let [first, others @ ..] = group.obstacles.as_slice() else {
        return Vec::new();
    };
    if others.is_empty() || group.readiness == Readiness::NoStandbyByDesign {
        return group.obstacles.clone();
    }
    vec![Finding {
        what: format!(
            "the group {} is not ready for a failover, for {} reasons",
            group.group,
            group.obstacles.len()
        ),
        why: format!("the first: {}, since {}", first.what, first.why),
        next: format!(
            "{}. For the others see obstacles of the group in the report",
            first.next
        ),
    }]
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
            why:
                "DeleteOnTermination is set on its attachment; a termination leaves nothing to move"
                    .to_owned(),
            next: format!(
                "let it outlive its instance: {}",
                Command::ec2("modify-network-interface-attribute")
                    .with("network-interface-id", &eni)
                    .with(
                        "attachment",
                        format!("AttachmentId={attachment},DeleteOnTermination=false")
                    )
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
        next: match observed.state_of(holder) {
            Some(_) => format!(
                "take what it holds out of the group, or take it in: {}",
                Command::ec2("create-tags")
                    .with("resources", holder)
                    .tags([(key.as_str(), name)])
            ),
            None => {
                "take what it holds out of the group, or see in its account whose it is".to_owned()
            }
        },
    };
    no_members.into_iter().map(finding).collect()
}

/// What a failover would leave behind, once for each interface.
pub(crate) fn would_leave(group: &Group<'_>, settings: &Settings) -> Vec<Finding> {
    let each = group.resources.iter();
    let each = each.filter_map(|resource| left_behind(group, resource));
    let mut all: Vec<LeftBehind> = each.collect();
    all.sort_by(|one, other| one.eni.cmp(&other.eni));
    all.dedup_by(|one, other| one.eni == other.eni);
    all.iter().map(|one| would_stay(one, settings)).collect()
}

pub(super) fn would_stay(left: &LeftBehind, settings: &Settings) -> Finding {
    let LeftBehind { resource, eni, ips } = left;
    Finding {
        what: format!("{ips} of {eni} would not move with {resource}"),
        why: CARRIES_IPV4_ONLY.to_owned(),
        next: format!(
            "nothing, where nobody reaches the service by them. Otherwise put it on an interface of its own that \
             moves as a whole: tag that {} = eni",
            settings.tags.mover
        ),
    }
}

/// What stayed where it was, of what moved.
fn stayed(report: &MoveReport, left: &LeftBehind, settings: &Settings) -> Finding {
    let LeftBehind { resource, eni, ips } = left;
    let holder = report
        .from
        .as_ref()
        .map_or("its former holder", InstanceId::as_str);
    let to = report
        .to
        .as_ref()
        .map_or("its new holder", InstanceId::as_str);
    Finding {
        what: format!("{ips} did not move with {resource}, and stay on {eni} of {holder}"),
        why: CARRIES_IPV4_ONLY.to_owned(),
        next: format!(
            "where users reach the service by them: unassign them from {eni} and assign them to an interface of {to}. \
             From now on, let the whole interface move ({} = eni)",
            settings.tags.mover
        ),
    }
}

/// Elastic IPs that wait for a holder that was stopped, while a member runs that has nothing of the group.
pub(crate) fn stays_while_wanted(
    group: &Group<'_>,
    fleet: (&Observed, &MemberHealth),
    settings: &Settings,
) -> Vec<Finding> {
    let (observed, health) = fleet;
    let keys = &settings.tags;
    let holders = group.holders();
    let is_without = |member: &&&Instance| {
        member.state == InstanceState::Running
            && !holders.contains(&member.id)
            && health.not_in_service(&member.id).is_none()
    };
    let without: Vec<&&Instance> = group.members.iter().filter(is_without).collect();
    let waits = |resource: &Resource<'_>| {
        let ResourceKind::Address(address) = resource.cargo else {
            return None;
        };
        let Location::Held(holder) = &resource.location else {
            return None;
        };
        let state = observed.state_of(holder);
        let stays = observed.is_down(holder) && !resource.leaves_holder_in(state, settings);
        let is_terminating = state.is_some_and(InstanceState::is_terminating);
        let slot = slots_of(&address.tags, keys).next();
        let may_have = |member: &&&&Instance| {
            slot.is_none_or(|slot| slots_of(&member.tags, keys).any(|own| own == slot))
        };
        let who = without.iter().find(may_have)?;
        (stays && !is_terminating).then(|| Finding {
            what: format!(
                "{} stays with {holder}, which does not run, while {} runs without an address",
                address.ip, who.id
            ),
            why: "on-stop is `stay`: the address waits for its holder to be started again"
                .to_owned(),
            next: format!(
                "start {holder}, or let reconcile give it to {}: {}",
                who.id,
                Command::let_it_move(&address.allocation, keys)
            ),
        })
    };
    group.resources.iter().filter_map(waits).collect()
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

/// Which members are in service could not be read.
pub(crate) fn lifecycle_not_told(why: &str) -> Finding {
    Finding {
        what: "whether members of an Auto Scaling group are in service is not known".to_owned(),
        why: why.to_owned(),
        next: format!(
            "allow {LIFECYCLE} to the role of this function, or see why it is not answered. Until then a member of a \
             warm pool that runs counts as a standby"
        ),
    }
}

/// Of a tag whose value is none of its kind, or is not allowed: the setting of the stack applies.
pub(crate) fn unreadable_tag(whose: &str, tag: &UnreadableTag) -> Finding {
    Finding {
        what: format!("{whose} has {tag}, which does not count"),
        why: format!("{}; what the stack sets applies", tag.expected),
        next: format!(
            "give it a value that counts, or take it off: {}",
            Command::ec2("delete-tags")
                .with("resources", whose)
                .with("tags", command::key(&tag.key))
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
    findings.extend(last.lifecycle_not_told.as_deref().map(lifecycle_not_told));
    findings.extend(last.shifts_not_told.as_deref().map(shifts_not_told));
    findings.extend(fences::findings(&progress.fenced));
    for (resource, known) in &progress.resources {
        let report = known.report();
        let left = known.left_behind().filter(|_| report.end == MoveEnd::Moved);
        findings.extend(left.map(|left| stayed(&report, left, settings)));
        findings.extend(lost(resource, &report, group));
        let moved = known.move_that_ended();
        findings.extend(moved.and_then(|one| doubtful_interface(one, settings)));
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
