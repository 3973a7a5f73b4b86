//! What a person reads of ends that hardly ever come.

use super::super::execute::{ReclaimAttempts, Run};
use super::super::plan::ReclaimPlan;
use super::super::reclaim::WrongAddress;
use super::{report, was_released};
use crate::model::ids::AllocationId;
use crate::report::{Finding, Outcome, Report, Stopwatch};

pub(in crate::release_guard) fn released_again<C, L, K>(
    run: &Run<'_, C, L, K>,
    asking: ReclaimAttempts,
    allocation: &AllocationId,
    watch: Stopwatch,
) -> Report {
    let summary = format!(
        "{}: it came back as {allocation}, which was released again: that is dealt with by itself",
        was_released(run)
    );
    Report {
        findings: asking.findings,
        ..report(run, Outcome::AlreadyOurs, summary, asking.attempts, watch)
    }
}

pub(in crate::release_guard) fn wrong_address<C, L, K>(
    run: &Run<'_, C, L, K>,
    plan: &ReclaimPlan,
    asking: ReclaimAttempts,
    wrong: &WrongAddress,
    watch: Stopwatch,
) -> Report {
    let (wanted, ip, allocation) = (plan.request.ip, wrong.ip, &wrong.allocation);
    let summary = format!(
        "{}: not back yet: {ip} was allocated instead, as {allocation}; no other is asked for as long as \
         the account has that one",
        was_released(run)
    );
    let mut findings = asking.findings;
    findings.push(Finding {
        what: format!("asked for {wanted}, and got {ip} as {allocation}"),
        why: "EC2 gives the address that is asked for, or none; what answered is something else. It has \
              the tags of the lost one, and Holdfast cannot release it"
            .to_owned(),
        next: format!(
            "see which endpoint the function talks to. Then give the address up: aws ec2 delete-tags \
             --resources {allocation} --tags Key={}, and: aws ec2 release-address --allocation-id \
             {allocation}; {wanted} is asked for again after that",
            run.settings.tags.protect
        ),
    });
    Report {
        findings,
        ..report(run, Outcome::Pending, summary, asking.attempts, watch)
    }
}
