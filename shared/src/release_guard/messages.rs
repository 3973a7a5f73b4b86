//! What a person reads of a loss: one line that says what happened, findings that say why and what to
//! do next, and the commands that repair Terraform's state. Nothing is decided here.

mod rare;

use super::execute::{ReclaimAttempts, Restored, Run};
use super::manual_recovery;
use super::plan::{Conclusion, ReclaimPlan};
use super::plan::{how_to_ask_by_hand, how_to_find_the_address};
use super::restore::Target;
use crate::cloud::CloudError;
use crate::error::chain;
use crate::ledger::release::PendingReason;
use crate::ledger::{ReleaseRecord, ReleaseStatus};
use crate::model::cloudtrail::Actor;
use crate::model::elastic_ip::{Address, Association};
use crate::model::ids::{AllocationId, EniId};
use crate::report::{AddressReport, Finding, Outcome, Report, Stopwatch, Subject};
pub(super) use rare::{released_again, wrong_address};
use std::net::Ipv4Addr;
use time::format_description::well_known::Rfc3339;

/// An address that is back.
pub(super) struct ReclaimedAs {
    pub(super) allocation: AllocationId,
    /// This run asked for it; otherwise an earlier one had.
    pub(super) is_new: bool,
}

pub(super) fn concluded<C, L, K>(
    run: &Run<'_, C, L, K>,
    conclusion: Conclusion,
    watch: Stopwatch,
) -> Report {
    let Conclusion {
        status,
        outcome,
        why,
        mut findings,
    } = conclusion;
    let verb = match outcome {
        Outcome::LetGo => "let go",
        Outcome::RecordedOnly => "recorded, not taken back",
        Outcome::Lost => "lost",
        Outcome::Pending => "not taken back yet",
        Outcome::ReclaimLoop => "left",
        _ => "nothing was changed",
    };
    if matches!(
        status,
        ReleaseStatus::Pending {
            reason: PendingReason::UnknownAddress
        }
    ) {
        findings.push(Finding {
            what: format!("nothing tells which address {} was", run.release.allocation),
            why: "its release carries no IP, and no record of its allocation was found".to_owned(),
            next: how_to_find_the_address(&run.release.allocation),
        });
    }
    if let (ReleaseStatus::Lost { .. } | ReleaseStatus::Recorded, Some(ip)) =
        (&status, known_ip(run))
    {
        findings.push(Finding {
            what: format!("{ip} is not this account's any more"),
            why: "EC2 gives a released address to whoever asks for it first".to_owned(),
            next: format!(
                "if it is wanted back, ask at once: {}",
                how_to_ask_by_hand(ip)
            ),
        });
    }
    if let (ReleaseStatus::Lost { .. }, Some(snapshot)) = (&status, &run.observed.snapshot) {
        let record = run.observed.ledger.release.as_ref();
        findings.push(manual_recovery::of(snapshot, run.release, record));
    }
    let summary = format!("{}: {verb}: {why}", was_released(run));
    Report {
        findings,
        ..report(run, outcome, summary, 0, watch)
    }
}

pub(super) fn already_handled<C, L, K>(
    run: &Run<'_, C, L, K>,
    record: &ReleaseRecord,
    watch: Stopwatch,
) -> Report {
    let (outcome, how, allocation) = match &record.status {
        ReleaseStatus::Reclaimed { allocation, .. } => (
            Outcome::AlreadyOurs,
            format!("it is back as {allocation}"),
            Some(allocation.clone()),
        ),
        ReleaseStatus::LetGo { reason } => (Outcome::LetGo, format!("let go: {reason}"), None),
        ReleaseStatus::Lost { .. } => (Outcome::Lost, "it is lost".to_owned(), None),
        ReleaseStatus::Transferred { .. } => {
            (Outcome::Transferred, "it was transferred".to_owned(), None)
        }
        ReleaseStatus::Pending { .. } | ReleaseStatus::Recorded => {
            (Outcome::Pending, "it is pending".to_owned(), None)
        }
    };
    let summary = format!("{}: dealt with before: {how}", was_released(run));
    let mut report = report(run, outcome, summary, 0, watch);
    if let Subject::Address(address) = &mut report.subject {
        address.allocation = allocation;
    }
    report
}

pub(super) fn reclaimed<C, L, K>(
    run: &Run<'_, C, L, K>,
    plan: &ReclaimPlan,
    asking: ReclaimAttempts,
    back: ReclaimedAs,
    restored: Restored,
    watch: Stopwatch,
) -> Report {
    let outcome = if back.is_new {
        Outcome::Reclaimed
    } else {
        Outcome::AlreadyOurs
    };
    let mut summary = format!("{}: it is back as {}", was_released(run), back.allocation);
    if let Some(association) = &restored.association {
        let how = if association.verified {
            "on"
        } else {
            "by EC2's word on"
        };
        let to = format!(
            ", {how} {} at {} again",
            association.private_ip, association.eni
        );
        summary.push_str(&to);
    }
    let attempts = asking.attempts;
    let mut findings = plan.findings.clone();
    findings.extend(asking.findings);
    findings.extend(restored.findings);
    if restored
        .association
        .as_ref()
        .is_some_and(|association| !association.verified)
    {
        findings.push(Finding {
            what: "the association is accepted, but EC2 does not show it yet".to_owned(),
            why: "EC2's answers lag behind its writes".to_owned(),
            next: format!(
                "aws ec2 describe-addresses --allocation-ids {}",
                back.allocation
            ),
        });
    }
    let repair = terraform(
        &back.allocation,
        restored
            .association
            .as_ref()
            .and_then(|now| now.id.as_ref()),
    );
    let mut report = Report {
        findings,
        repair,
        ..report(run, outcome, summary, attempts, watch)
    };
    if let Subject::Address(address) = &mut report.subject {
        address.allocation = Some(back.allocation);
        address.association = restored.association;
        address.reverse_dns = restored.reverse_dns;
    }
    report
}

pub(super) fn held_by_account<C, L, K>(
    run: &Run<'_, C, L, K>,
    plan: &ReclaimPlan,
    asking: ReclaimAttempts,
    address: &Address,
    watch: Stopwatch,
) -> Report {
    let summary = format!(
        "{}: the account holds it already, as {}, and not by Holdfast: left as it is",
        was_released(run),
        address.allocation
    );
    let mut findings = asking.findings;
    findings.push(Finding {
        what: format!(
            "{} may lack its former tags, association and reverse DNS",
            address.allocation
        ),
        why: "somebody else of this account allocated it; Holdfast changes nothing on it"
            .to_owned(),
        next: restore_tags_by_hand(plan, &address.allocation),
    });
    let mut report = Report {
        findings,
        ..report(run, Outcome::AlreadyOurs, summary, asking.attempts, watch)
    };
    report.repair = terraform(&address.allocation, None);
    if let Subject::Address(subject) = &mut report.subject {
        subject.allocation = Some(address.allocation.clone());
    }
    report
}

pub(super) fn still_pending<C, L, K>(
    run: &Run<'_, C, L, K>,
    plan: &ReclaimPlan,
    asking: ReclaimAttempts,
    refusal: &CloudError,
    reason: PendingReason,
    watch: Stopwatch,
) -> Report {
    let ip = plan.request.ip;
    let by_hand = how_to_ask_by_hand(ip);
    let (outcome, short, next) = match reason {
        PendingReason::OverQuota => (
            Outcome::OverQuota,
            "the account's quota of Elastic IPs is full",
            format!(
                "free an address that is not needed, or raise the quota (aws service-quotas \
                 request-service-quota-increase --service-code ec2 --quota-code L-0263D0A3 \
                 --desired-value <more>), then: {by_hand}"
            ),
        ),
        PendingReason::Denied => (
            Outcome::Denied,
            "Holdfast is not allowed to allocate it",
            format!(
                "mend the function's role, or the SCP that denies it; whoever has the right can do it \
                 now: {by_hand}"
            ),
        ),
        PendingReason::NotReleased => (
            Outcome::Pending,
            "EC2 still shows the allocation that is said to be released",
            format!(
                "look: aws ec2 describe-addresses --allocation-ids {}",
                run.release.allocation
            ),
        ),
        PendingReason::Refused => (
            Outcome::Pending,
            "EC2 refuses the request",
            format!("read why above, then: {by_hand}"),
        ),
        _ => (
            Outcome::Pending,
            "EC2 does not have it to give; it does not say whether it is not free yet or another \
             account's already",
            format!("nothing yet; to try by hand: {by_hand}"),
        ),
    };
    let hours = run.settings.reclaim_deadline.as_secs() / 3600;
    let summary = format!(
        "{}: not back yet: {short}; it stays pending for {hours} hours from its release",
        was_released(run)
    );
    let mut findings = asking.findings;
    findings.push(Finding {
        what: format!("{ip} is not back yet"),
        why: chain(refusal),
        next,
    });
    Report {
        findings,
        ..report(run, outcome, summary, asking.attempts, watch)
    }
}

pub(super) fn not_named(allocation: &AllocationId, name: &str, failure: &CloudError) -> Finding {
    Finding {
        what: format!("the reverse DNS name {name} is not restored"),
        why: chain(failure),
        next: format!(
            "make {name} resolve to the address, then: aws ec2 modify-address-attribute \
             --allocation-id {allocation} --domain-name {name}"
        ),
    }
}

/// `observe` mode: the former place of the address could not be read.
pub(super) fn place_unread(ip: Ipv4Addr, failure: &CloudError) -> Finding {
    Finding {
        what: format!("whether the association of {ip} could be restored is not known"),
        why: chain(failure),
        next: "in `enforce` mode it is read again: allow ec2:DescribeNetworkInterfaces".to_owned(),
    }
}

pub(super) fn not_associated(
    allocation: &AllocationId,
    target: &Target,
    failure: &CloudError,
) -> Finding {
    Finding {
        what: format!(
            "the association with {} on {} is not restored",
            target.private_ip, target.eni
        ),
        why: chain(failure),
        next: format!(
            "aws ec2 associate-address --allocation-id {allocation} --network-interface-id {} \
             --private-ip-address {} --no-allow-reassociation",
            target.eni, target.private_ip
        ),
    }
}

pub(super) fn associated_elsewhere(allocation: &AllocationId, now: &Association) -> Finding {
    let holder = now.eni.as_ref().map_or("something else", EniId::as_str);
    Finding {
        what: "the association is not restored".to_owned(),
        why: format!("somebody associated it with {holder} a moment before; it was left there"),
        next: format!(
            "if that is wrong: aws ec2 disassociate-address --association-id {}, then associate \
             {allocation} where it belongs",
            now.id
        ),
    }
}

fn report<C, L, K>(
    run: &Run<'_, C, L, K>,
    outcome: Outcome,
    summary: String,
    attempts: u32,
    watch: Stopwatch,
) -> Report {
    let address = AddressReport {
        released_allocation: run.release.allocation.clone(),
        ip: known_ip(run),
        border_group: run.release.border_group.clone(),
        released_at: run.release.released_at,
        allocation: None,
        association: None,
        reverse_dns: None,
        known_from: run.observed.known_from,
        attempts,
    };
    Report {
        event: run.release.call.clone(),
        subject: Subject::Address(Box::new(address)),
        phases: watch.into_phases(),
        ..Report::of(run.function, run.settings.mode, outcome, summary)
    }
}

fn known_ip<C, L, K>(run: &Run<'_, C, L, K>) -> Option<std::net::Ipv4Addr> {
    let recorded = || {
        run.observed
            .ledger
            .release
            .as_ref()
            .and_then(|record| record.ip)
    };
    run.observed
        .snapshot
        .as_ref()
        .map(|snapshot| snapshot.ip)
        .or_else(recorded)
}

fn was_released<C, L, K>(run: &Run<'_, C, L, K>) -> String {
    let at = run.release.released_at.format(&Rfc3339).unwrap_or_default();
    let what = match known_ip(run) {
        Some(ip) => format!("{ip} ({})", run.release.allocation),
        None => run.release.allocation.to_string(),
    };
    match run.release.call.as_ref() {
        Some(call) => format!("{what} was released at {at} by {}", by(&call.actor)),
        None => format!("{what} is gone since about {at}, no event told by whom"),
    }
}

fn by(actor: &Actor) -> &str {
    [&actor.arn, &actor.invoked_by, &actor.source, &actor.kind]
        .into_iter()
        .flatten()
        .next()
        .map_or("somebody CloudTrail does not name", String::as_str)
}

fn restore_tags_by_hand(plan: &ReclaimPlan, allocation: &AllocationId) -> String {
    let tags: Vec<String> = plan
        .request
        .tags
        .iter()
        .map(|(key, value)| format!("'Key={key},Value={value}'"))
        .collect();
    format!(
        "aws ec2 create-tags --resources {allocation} --tags {}",
        tags.join(" ")
    )
}

/// Terraform knows an address by its allocation id, and that is a new one.
fn terraform(
    allocation: &AllocationId,
    association: Option<&crate::model::ids::AssociationId>,
) -> Vec<String> {
    let mut lines = vec![
        "terraform state rm aws_eip.<name>".to_owned(),
        format!("terraform import aws_eip.<name> {allocation}"),
    ];
    if let Some(association) = association {
        lines.push("terraform state rm aws_eip_association.<name>".to_owned());
        lines.push(format!(
            "terraform import aws_eip_association.<name> {association}"
        ));
    }
    lines
}
