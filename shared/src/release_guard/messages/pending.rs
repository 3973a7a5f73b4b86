//! What a person reads of an address that is not back yet.

use super::super::case::Case;
use super::super::plan::{Associated, ReclaimPlan, ToLetGo, how_to_ask_by_hand, how_to_let_go};
use super::super::reclaim::{ReclaimAttempts, WrongAddress};
use super::super::stack::{self, Fate};
use super::report::{report, was_released};
use crate::cloud::CloudError;
use crate::error::chain;
use crate::ledger::release::PendingReason;
use crate::report::{Command, Finding, Outcome, Report, Stopwatch};

pub(crate) fn still_pending(
    case: &Case<'_>,
    plan: &ReclaimPlan,
    attempts: ReclaimAttempts,
    (refusal, reason): (&CloudError, PendingReason),
    watch: Stopwatch,
) -> Report {
    let ip = plan.request.ip;
    let (outcome, short, next) = reading_of(case, plan, reason);
    let hours = case.settings.reclaim_deadline.as_secs() / 3600;
    let summary = format!(
        "{}: not back yet: {short}; it stays pending for {hours} hours from its release",
        was_released(case)
    );
    let mut findings = attempts.findings;
    findings.push(Finding {
        what: format!("{ip} is not back yet"),
        why: chain(refusal),
        next,
    });
    let keeper = stack::keeper(case.release, Some(&plan.snapshot));
    findings.extend(keeper.finding((ip, case.release), Fate::AskedFor, case.settings));
    Report {
        findings,
        ..report(case, outcome, summary, attempts.requests, watch)
    }
}

/// What a run did and found that could not finish.
pub(crate) fn unfinished(case: &Case<'_>, attempts: ReclaimAttempts, watch: Stopwatch) -> Report {
    Report {
        findings: attempts.findings,
        ..report(
            case,
            Outcome::Failed,
            String::new(),
            attempts.requests,
            watch,
        )
    }
}

/// The outcome, why in a few words, and what a person can do.
pub(super) fn reading_of(
    case: &Case<'_>,
    plan: &ReclaimPlan,
    reason: PendingReason,
) -> (Outcome, &'static str, String) {
    let by_hand = how_to_ask_by_hand(plan.request.ip, Some(&plan.snapshot), case.settings);
    match reason {
        PendingReason::OverQuota => (
            Outcome::OverQuota,
            "the account's quota of Elastic IPs is full",
            format!(
                "free an address that is not needed, or raise the quota: {}. Then: {by_hand}",
                Command::aws("service-quotas", "request-service-quota-increase")
                    .with("service-code", "ec2")
                    .with("quota-code", "L-0263D0A3")
                    .to_fill_in("desired-value", "more")
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
                "look who has it by now, if anybody: {}",
                Command::ec2("describe-addresses")
                    .filter("public-ip", &plan.request.ip.to_string())
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
    }
}

pub(crate) fn wrong_address(
    case: &Case<'_>,
    plan: &ReclaimPlan,
    attempts: ReclaimAttempts,
    wrong: &WrongAddress,
    watch: Stopwatch,
) -> Report {
    let (wanted, ip, allocation) = (plan.request.ip, wrong.ip, &wrong.allocation);
    let summary = format!(
        "{}: not back yet: {ip} was allocated instead, as {allocation}; no other is asked for as long as \
         the account has that one",
        was_released(case)
    );
    let held = ToLetGo {
        allocation,
        association: Associated::No,
        has_name: false,
    };
    let mut findings = attempts.findings;
    findings.push(Finding {
        what: format!("asked for {wanted}, and got {ip} as {allocation}"),
        why: "EC2 gives the address that is asked for, or none; what answered is something else. It has \
              the tags of the released one, and Holdfast cannot release it"
            .to_owned(),
        next: format!(
            "see which endpoint the function talks to. Then give the address up: {}. After that {wanted} is asked \
             for again",
            how_to_let_go(held, case.settings)
        ),
    });
    Report {
        findings,
        ..report(case, Outcome::Pending, summary, attempts.requests, watch)
    }
}
