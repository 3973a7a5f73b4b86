//! What a person reads of a placement: which address, why this one, its stable name, what was displaced,
//! and what to do where something is lacking. Nothing is decided here.

use super::FUNCTION;
use super::decide::{Outlook, Step};
use super::run::{Progress, Run};
use super::stop::{Given, Waiting};
use crate::clock::Clock;
use crate::cloud::CloudError;
use crate::event::InstanceChange;
use crate::report::{
    AssociationReport, Because, Finding, Outcome, PlacedReport, PlacementReport, Report, Stopwatch,
    Subject,
};
use crate::settings::Settings;
use std::net::Ipv4Addr;

const PUBLIC_DNS_NOTE: &str = "inside the VPC this name resolves to the private IP, where DNS \
     resolution and DNS hostnames are on; outside, to the public one";

/// The name that EC2 gives a public address, the same as long as the address is allocated.
/// Source: EC2 user guide, "EC2 instance hostnames and domains", public DNS name.
#[must_use]
pub fn public_dns_name(ip: Ipv4Addr, region: &str) -> String {
    let [a, b, c, d] = ip.octets();
    let host = format!("ec2-{a}-{b}-{c}-{d}");
    match region {
        "us-east-1" => format!("{host}.compute-1.amazonaws.com"),
        china if china.starts_with("cn-") => format!("{host}.{china}.compute.amazonaws.com.cn"),
        region => format!("{host}.{region}.compute.amazonaws.com"),
    }
}

pub(super) fn left<C, L, K: Clock>(
    run: &Run<'_, C, L, K>,
    progress: &Progress,
    why: &str,
    watch: &mut Stopwatch,
) -> Report {
    let summary = format!("ignored {}: {why}", run.change);
    report(run, progress, None, Outcome::Ignored, summary, watch)
}

pub(super) fn placed<C, L, K: Clock>(
    run: &Run<'_, C, L, K>,
    progress: &Progress,
    outlook: &Outlook,
    watch: &mut Stopwatch,
) -> Report {
    let outcome = match (progress.placed.is_empty(), outlook.standing.is_empty()) {
        (false, _) => Outcome::Associated,
        (true, false) => Outcome::AlreadyPlaced,
        (true, true) => Outcome::NotPlaced,
    };
    let all = placed_by(run.settings, progress, outlook);
    let summary = if all.is_empty() {
        format!("{} has no address of its group", run.change.instance)
    } else {
        format!("{} has {}", run.change.instance, listed(&all))
    };
    report(run, progress, Some(outlook), outcome, summary, watch)
}

pub(super) fn pool_empty<C, L, K: Clock>(
    run: &Run<'_, C, L, K>,
    progress: &Progress,
    outlook: &Outlook,
    watch: &mut Stopwatch,
) -> Report {
    let (instance, group) = (&run.change.instance, &outlook.group);
    let summary = format!(
        "{instance} runs without an address: every address of the group `{group}` that it may have is \
         in use; it gets one when one becomes free"
    );
    let mut report = report(
        run,
        progress,
        Some(outlook),
        Outcome::PoolEmpty,
        summary,
        watch,
    );
    let keys = &run.settings.tags;
    report.findings.push(Finding {
        what: format!("the group `{group}` has no address left for {instance}"),
        why: "each one is with an instance that runs, or is kept for another slot".to_owned(),
        next: format!(
            "free one, or add one: aws ec2 allocate-address --domain vpc --tag-specifications \
             'ResourceType=elastic-ip,Tags=[{{Key={},Value={group}}}]'; reconcile gives it to the \
             instance",
            keys.group
        ),
    });
    report
}

pub(super) fn not_placed<C, L, K: Clock>(
    run: &Run<'_, C, L, K>,
    progress: &Progress,
    outlook: &Outlook,
    watch: &mut Stopwatch,
) -> Report {
    let summary = format!(
        "{} runs without an address: EC2 refuses to associate one",
        run.change.instance
    );
    report(
        run,
        progress,
        Some(outlook),
        Outcome::NotPlaced,
        summary,
        watch,
    )
}

pub(super) fn denied<C, L, K: Clock>(
    run: &Run<'_, C, L, K>,
    progress: &Progress,
    failure: &CloudError,
    watch: &mut Stopwatch,
) -> Report {
    let summary = format!(
        "{} runs and may lack its address: Holdfast is not allowed to see to it",
        run.change.instance
    );
    let mut report = report(run, progress, None, Outcome::Denied, summary, watch);
    report.findings.push(not_looked(failure));
    report
}

pub(super) fn would_place<C, L, K: Clock>(
    run: &Run<'_, C, L, K>,
    progress: &Progress,
    outlook: &Outlook,
    watch: &mut Stopwatch,
) -> Report {
    let instance = &run.change.instance;
    let would: Vec<PlacedReport> = outlook
        .steps
        .iter()
        .map(|step| would_be(run.settings, step))
        .collect();
    let (outcome, summary) = if !would.is_empty() {
        let summary = format!("in `enforce` mode {instance} would get {}", listed(&would));
        (Outcome::WouldAssociate, summary)
    } else if outlook.lacking > 0 {
        let group = &outlook.group;
        let summary = format!("{instance} lacks an address, and none of `{group}` is free");
        (Outcome::PoolEmpty, summary)
    } else {
        return placed(run, progress, outlook, watch);
    };
    let mut report = report(run, progress, Some(outlook), outcome, summary, watch);
    if let Subject::Instance(subject) = &mut report.subject {
        subject.placed.extend(would);
    }
    report
}

pub(super) fn would_hand_over(
    settings: &Settings,
    change: &InstanceChange,
    steps: &[Step],
    watch: Stopwatch,
) -> Report {
    let would: Vec<PlacedReport> = steps.iter().map(|step| would_be(settings, step)).collect();
    let (outcome, summary) = if would.is_empty() {
        (Outcome::Ignored, nothing_moves(change))
    } else {
        let summary = format!("{change}: in `enforce` mode {}", listed(&would));
        (Outcome::WouldAssociate, summary)
    };
    of_stop(settings, change, outcome, summary, would, watch)
}

pub(super) fn handed_over(
    settings: &Settings,
    change: &InstanceChange,
    given: Given,
    watch: Stopwatch,
) -> Report {
    let placed: Vec<PlacedReport> = given
        .placed
        .iter()
        .map(|(step, at)| placed_at(settings, step, at.clone()))
        .collect();
    let (outcome, summary) = match (placed.is_empty(), given.refusals.is_empty()) {
        (false, _) => (
            Outcome::HandedOver,
            format!("{change}: {}", listed(&placed)),
        ),
        (true, false) => {
            let summary = format!("{change}: EC2 refuses to let its address move on");
            (Outcome::NotPlaced, summary)
        }
        (true, true) => (Outcome::Ignored, nothing_moves(change)),
    };
    let findings = findings_of(&placed, &given.refusals);
    let mut report = of_stop(settings, change, outcome, summary, placed, watch);
    report.findings = findings;
    if let Subject::Instance(subject) = &mut report.subject {
        (subject.looks, subject.attempts) = (given.looks, given.attempts);
    }
    report
}

pub(super) fn waiting(settings: &Settings, given: Given) -> Waiting {
    let placed: Vec<PlacedReport> = given
        .placed
        .into_iter()
        .map(|(step, at)| placed_at(settings, &step, at))
        .collect();
    Waiting {
        findings: findings_of(&placed, &given.refusals),
        placed,
    }
}

pub(super) fn not_looked(failure: &CloudError) -> Finding {
    Finding {
        what: "instances may lack their addresses".to_owned(),
        why: failure.to_string(),
        next: "mend the function's role, or the policy that denies it; reconcile does the rest at its \
               next run"
            .to_owned(),
    }
}

fn nothing_moves(change: &InstanceChange) -> String {
    format!("ignored {change}: no address of its is to move on, or no running instance lacks one")
}

fn of_stop(
    settings: &Settings,
    change: &InstanceChange,
    outcome: Outcome,
    summary: String,
    placed: Vec<PlacedReport>,
    watch: Stopwatch,
) -> Report {
    Report {
        subject: Subject::Instance(Box::new(PlacementReport {
            instance: change.instance.clone(),
            group: None,
            placed,
            lacking: 0,
            looks: 1,
            attempts: 0,
        })),
        phases: watch.into_phases(),
        ..Report::of(FUNCTION, settings.mode, outcome, summary)
    }
}

fn report<C, L, K: Clock>(
    run: &Run<'_, C, L, K>,
    progress: &Progress,
    outlook: Option<&Outlook>,
    outcome: Outcome,
    summary: String,
    watch: &mut Stopwatch,
) -> Report {
    let none = Outlook::default();
    let outlook = outlook.unwrap_or(&none);
    let placed = placed_by(run.settings, progress, outlook);
    let refusals: Vec<_> = progress.refusal.iter().collect();
    let mut findings: Vec<Finding> = placed.iter().flat_map(about).collect();
    findings.extend(
        refusals
            .iter()
            .map(|(step, failure)| refused(step, failure)),
    );
    if outlook.homeless > 0 {
        findings.push(homeless(run.change, outlook.homeless));
    }
    if let Some(failure) = &progress.unread {
        findings.push(unread(failure));
    }
    let watch = std::mem::replace(watch, Stopwatch::start(&run.ports.clock));
    let lacking = match outcome {
        Outcome::Associated | Outcome::AlreadyPlaced | Outcome::Ignored => outlook.homeless,
        _ => outlook.lacking + outlook.homeless,
    };
    Report {
        subject: Subject::Instance(Box::new(PlacementReport {
            instance: run.change.instance.clone(),
            group: Some(outlook.group.clone()).filter(|group| !group.is_empty()),
            placed,
            lacking,
            looks: progress.trials.looks + 1,
            attempts: progress.attempts,
        })),
        findings,
        phases: watch.into_phases(),
        ..Report::of(FUNCTION, run.settings.mode, outcome, summary)
    }
}

/// What stands, and what this run placed: each address once.
fn placed_by(settings: &Settings, progress: &Progress, outlook: &Outlook) -> Vec<PlacedReport> {
    let mut all: Vec<PlacedReport> = progress
        .placed
        .iter()
        .map(|(step, at)| placed_at(settings, step, at.clone()))
        .collect();
    for standing in &outlook.standing {
        if all
            .iter()
            .all(|each| each.allocation != standing.allocation)
        {
            let mut report = would_be(settings, standing);
            report.association.verified = true;
            all.push(report);
        }
    }
    all
}

fn would_be(settings: &Settings, step: &Step) -> PlacedReport {
    let at = AssociationReport {
        id: None,
        eni: step.place.eni.clone(),
        private_ip: step.place.private_ip,
        instance: Some(step.instance.clone()),
        verified: false,
    };
    placed_at(settings, step, at)
}

fn placed_at(settings: &Settings, step: &Step, association: AssociationReport) -> PlacedReport {
    PlacedReport {
        allocation: step.allocation.clone(),
        ip: step.ip,
        association,
        because: step.because,
        public_dns_name: public_dns_name(step.ip, &settings.region),
        public_dns_note: PUBLIC_DNS_NOTE,
        displaced: step.place.automatic,
        taken_from: step.from.as_ref().map(|hold| hold.instance.clone()),
    }
}

fn listed(placed: &[PlacedReport]) -> String {
    let each = placed.iter().map(|placed| {
        let at = &placed.association;
        let on = at
            .instance
            .as_ref()
            .map_or("", |instance| instance.as_str());
        format!(
            "{} ({}) on {on} at {}, {}",
            placed.ip,
            placed.public_dns_name,
            at.private_ip,
            reason(placed)
        )
    });
    each.collect::<Vec<_>>().join("; ")
}

fn reason(placed: &PlacedReport) -> String {
    let from = placed.taken_from.as_ref();
    let from = from.map_or_else(String::new, |from| {
        format!(", taken from {from}, which does not run")
    });
    let why = match placed.because {
        Because::AlreadyThere => "where it was",
        Because::OwnSlot => "its own slot",
        Because::LastHeld => "the one it had before",
        Because::Free => "free in its group",
        Because::HolderDown => "the last that could be had",
        Because::HandedOver => "handed over",
    };
    format!("{why}{from}")
}

fn findings_of(placed: &[PlacedReport], refusals: &[(Step, CloudError)]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = placed.iter().flat_map(about).collect();
    findings.extend(
        refusals
            .iter()
            .map(|(step, failure)| refused(step, failure)),
    );
    findings
}

fn about(placed: &PlacedReport) -> Vec<Finding> {
    let at = &placed.association;
    let displaced = placed.displaced.map(|ip| Finding {
        what: format!(
            "the public IP {ip} that EC2 had assigned to {} is gone for good",
            at.eni
        ),
        why: format!(
            "a private IP has one public IP, and {} took its place",
            placed.ip
        ),
        next:
            "nothing, unless something relied on that address; a subnet that assigns none saves it"
                .to_owned(),
    });
    let is_new = placed.because != Because::AlreadyThere;
    let unseen = (is_new && !at.verified && at.id.is_some()).then(|| Finding {
        what: format!(
            "the association of {} is accepted, but EC2 does not show it yet",
            placed.ip
        ),
        why: "EC2's answers lag behind its writes".to_owned(),
        next: format!(
            "aws ec2 describe-addresses --allocation-ids {}",
            placed.allocation
        ),
    });
    displaced.into_iter().chain(unseen).collect()
}

fn refused(step: &Step, failure: &CloudError) -> Finding {
    Finding {
        what: format!("{} cannot be associated with {}", step.ip, step.instance),
        why: failure.to_string(),
        next: format!(
            "read why, mend it, then: aws ec2 associate-address --allocation-id {} \
             --network-interface-id {} --private-ip-address {} --no-allow-reassociation",
            step.allocation, step.place.eni, step.place.private_ip
        ),
    }
}

fn homeless(change: &InstanceChange, count: usize) -> Finding {
    Finding {
        what: format!(
            "{} asks for {count} more addresses than it can take",
            change.instance
        ),
        why: "each of its private IPs has an Elastic IP already, or belongs to an AWS service"
            .to_owned(),
        next: "give it a secondary private IP or another network interface, or name fewer slots"
            .to_owned(),
    }
}

fn unread(failure: &CloudError) -> Finding {
    Finding {
        what: "the address that the instance had before was not looked for".to_owned(),
        why: format!("the ledger could not be read: {failure}"),
        next: "nothing: the choice was made without it".to_owned(),
    }
}
