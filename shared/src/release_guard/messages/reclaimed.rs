//! What a person reads of an address that is back, and of what could not be restored.

use super::super::case::Case;
use super::super::execute::{NotRestored, Restored};
use super::super::plan::{ReclaimPlan, ToLetGo};
use super::super::reclaim::ReclaimAttempts;
use super::super::restore::{Restoration, Target};
use super::super::stack::{self, Fate, Keeper};
use super::report::{report, was_released};
use crate::cloud::CloudError;
use crate::error::chain;
use crate::model::elastic_ip::{Address, Association};
use crate::model::ids::{AllocationId, EniId};
use crate::model::interface::InterfaceAssociation;
use crate::report::{
    AssociationReport, Command, Finding, Outcome, PlannedCall, Report, Stopwatch, Subject,
};
use std::net::Ipv4Addr;

/// An address that is back.
pub(crate) struct ReclaimedAs {
    pub(crate) allocation: AllocationId,
    /// This run asked for it; otherwise an earlier one had.
    pub(crate) is_new: bool,
}

pub(crate) fn reclaimed(
    case: &Case<'_>,
    plan: &ReclaimPlan,
    attempts: ReclaimAttempts,
    back: ReclaimedAs,
    restored: Restored,
    watch: Stopwatch,
) -> Report {
    let outcome = if back.is_new {
        Outcome::Reclaimed
    } else {
        Outcome::AlreadyOurs
    };
    let mut summary = format!("{}: it is back as {}", was_released(case), back.allocation);
    if let Some(association) = &restored.association {
        let how = if association.verified {
            "on"
        } else {
            "by EC2's word on"
        };
        let was = plan.snapshot.association.as_ref().map(|held| &held.value);
        let is_where_it_was = was.is_some_and(|was| {
            was.eni.as_ref() == Some(&association.eni)
                && was.private_ip == Some(association.private_ip)
        });
        let again = if is_where_it_was { " again" } else { "" };
        let to = format!(
            ", {how} {} at {}{again}",
            association.private_ip, association.eni
        );
        summary.push_str(&to);
    }
    let mut findings = plan.findings.clone();
    findings.extend(attempts.findings);
    findings.extend(restored.findings);
    let failures = restored.failures.iter();
    findings.extend(failures.map(|failure| not_restored(&back.allocation, failure)));
    let association = restored.association.as_ref();
    findings.extend(association.and_then(|association| not_shown(&back.allocation, association)));
    let id = association.and_then(|association| association.id.as_ref());
    let keeper = keeper_of(case, plan);
    let held = ToLetGo {
        allocation: &back.allocation,
        association: id.into(),
        has_name: restored.reverse_dns.is_some(),
    };
    let ip = plan.request.ip;
    let told = keeper.finding((ip, case.release), Fate::Back(held), case.settings);
    findings.splice(0..0, told);
    let mut report = Report {
        findings,
        repair: keeper.repair(&back.allocation, id),
        ..report(case, outcome, summary, attempts.requests, watch)
    };
    if let Subject::Address(address) = &mut report.subject {
        address.allocation = Some(back.allocation);
        address.association = restored.association;
        address.reverse_dns = restored.reverse_dns;
    }
    report
}

fn keeper_of<'a>(case: &Case<'_>, plan: &'a ReclaimPlan) -> Keeper<'a> {
    stack::keeper(case.release, Some(&plan.snapshot))
}

fn not_shown(allocation: &AllocationId, association: &AssociationReport) -> Option<Finding> {
    (!association.verified).then(|| Finding {
        what: "the association is accepted, but EC2 does not show it yet".to_owned(),
        why: "EC2's answers lag behind its writes".to_owned(),
        next: format!(
            "look again: {}",
            Command::ec2("describe-addresses").with("allocation-ids", allocation)
        ),
    })
}

fn not_restored(allocation: &AllocationId, failure: &NotRestored) -> Finding {
    match failure {
        NotRestored::Association(target, refusal) => not_associated(allocation, target, refusal),
        NotRestored::AssociatedElsewhere(now) => associated_elsewhere(allocation, now),
        NotRestored::TargetOccupied(target, other) => occupied(allocation, target, other),
        NotRestored::ReverseDns(name, refusal) => not_named(allocation, name, refusal),
    }
}

/// The same, with the calls that `enforce` mode would make.
pub(crate) fn with_planned_calls(
    mut report: Report,
    plan: &ReclaimPlan,
    restoration: Restoration,
) -> Report {
    let ip = plan.request.ip;
    let target = restoration.associate.iter();
    let associated = target.map(|to| PlannedCall::associate(&ip, &to.eni, to.private_ip));
    let name = restoration.reverse_dns.iter();
    let named = name.map(|name| PlannedCall::set_reverse_dns(&ip, name));
    if plan.resume.is_none() {
        report.would_call.push(PlannedCall::allocate(ip));
    }
    report.would_call.extend(associated.chain(named));
    report.findings.extend(restoration.findings);
    report
}

pub(crate) fn held_by_account(
    case: &Case<'_>,
    plan: &ReclaimPlan,
    attempts: ReclaimAttempts,
    address: &Address,
    watch: Stopwatch,
) -> Report {
    let summary = format!(
        "{}: the account holds it already, as {}, and not by Holdfast: left as it is",
        was_released(case),
        address.allocation
    );
    let mut findings = attempts.findings;
    findings.push(Finding {
        what: format!(
            "{} may lack its former tags, association and reverse DNS",
            address.allocation
        ),
        why: "somebody else of this account allocated it; Holdfast changes nothing on it"
            .to_owned(),
        next: restore_tags_by_hand(case, plan, &address.allocation),
    });
    let mut report = Report {
        findings,
        ..report(
            case,
            Outcome::AlreadyOurs,
            summary,
            attempts.requests,
            watch,
        )
    };
    report.repair = keeper_of(case, plan).repair(&address.allocation, None);
    if let Subject::Address(subject) = &mut report.subject {
        subject.allocation = Some(address.allocation.clone());
    }
    report
}

pub(crate) fn released_again(
    case: &Case<'_>,
    attempts: ReclaimAttempts,
    allocation: &AllocationId,
    watch: Stopwatch,
) -> Report {
    let summary = format!(
        "{}: it came back as {allocation}, which was released again: that is dealt with by itself",
        was_released(case)
    );
    Report {
        findings: attempts.findings,
        ..report(
            case,
            Outcome::AlreadyOurs,
            summary,
            attempts.requests,
            watch,
        )
    }
}

fn not_named(allocation: &AllocationId, name: &str, failure: &CloudError) -> Finding {
    Finding {
        what: format!("the reverse DNS name {name} is not restored"),
        why: chain(failure),
        next: format!(
            "make {name} resolve to the address, then: {}",
            Command::ec2("modify-address-attribute")
                .with("allocation-id", allocation)
                .with("domain-name", name)
        ),
    }
}

/// `observe` mode: the former place of the address could not be read.
pub(crate) fn place_unread(ip: Ipv4Addr, failure: &CloudError) -> Finding {
    Finding {
        what: format!("whether the association of {ip} could be restored is not known"),
        why: chain(failure),
        next: "in `enforce` mode it is read again: allow ec2:DescribeNetworkInterfaces".to_owned(),
    }
}

fn not_associated(allocation: &AllocationId, target: &Target, failure: &CloudError) -> Finding {
    Finding {
        what: format!(
            "the association with {} on {} is not restored",
            target.private_ip, target.eni
        ),
        why: chain(failure),
        next: format!(
            "read why, mend it, then: {}",
            Command::associate(allocation, &target.eni, target.private_ip)
        ),
    }
}

fn associated_elsewhere(allocation: &AllocationId, now: &Association) -> Finding {
    let holder = now.eni.as_ref().map_or("something else", EniId::as_str);
    Finding {
        what: "the association is not restored".to_owned(),
        why: format!("somebody associated it with {holder} a moment before; it was left there"),
        next: format!(
            "if that is wrong: {}, then associate {allocation} where it belongs",
            Command::ec2("disassociate-address").with("association-id", &now.id)
        ),
    }
}

fn occupied(allocation: &AllocationId, target: &Target, other: &InterfaceAssociation) -> Finding {
    let (eni, private_ip) = (&target.eni, target.private_ip);
    let held = other.allocation.as_ref().map_or("?", AllocationId::as_str);
    let associate = Command::ec2("associate-address")
        .with("allocation-id", allocation)
        .to_fill_in("network-interface-id", &format!("instead of {eni}"))
        .to_fill_in("private-ip-address", &format!("instead of {private_ip}"));
    Finding {
        what: format!("the association with {private_ip} on {eni} is not restored"),
        why: format!(
            "somebody associated {} ({held}) with it a moment before; it was left there",
            other.ip
        ),
        next: format!(
            "associate the returned address where it belongs now: {}",
            associate.flag("no-allow-reassociation")
        ),
    }
}

/// Its own tags: ours would say that Holdfast has taken it back.
fn restore_tags_by_hand(case: &Case<'_>, plan: &ReclaimPlan, allocation: &AllocationId) -> String {
    let keys = &case.settings.tags;
    let ours = [&keys.reclaimed_from, &keys.reclaimed_at];
    let tags = plan.request.tags.iter();
    let tags = tags.filter(|(key, _)| !ours.contains(key));
    let tags: Vec<(&str, &str)> = tags
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    if tags.is_empty() {
        return "associate it where it belongs, if it is not there".to_owned();
    }
    let command = Command::ec2("create-tags").with("resources", allocation);
    format!("to give it its tags: {}", command.tags(tags))
}
