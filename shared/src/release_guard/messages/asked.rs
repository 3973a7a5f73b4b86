//! What a person reads who asked for an address.

use super::super::case::Case;
use super::super::plan::{ReclaimPlan, how_to_ask_by_hand};
use super::super::reclaim::ReclaimAttempts;
use super::pending::reading_of;
use super::report::{report, was_released};
use crate::cloud::CloudError;
use crate::error::chain;
use crate::events::AddressName;
use crate::ledger::ReleaseStatus;
use crate::ledger::release::PendingReason;
use crate::model::ids::AllocationId;
use crate::report::{Finding, Function, Outcome, Report, Stopwatch};
use crate::settings::Settings;
use std::net::Ipv4Addr;

/// Nothing tells that the account ever had it.
pub(crate) fn never_had(settings: &Settings, what: &AddressName, watch: Stopwatch) -> Report {
    let next = match what {
        AddressName::Ip(_) => {
            "look for a slip of the pen; if the address was the account's, ask with its allocation id: CloudTrail's event \
             history of 90 days can be asked by that one"
        }
        AddressName::Allocation(_) => {
            "look for a slip of the pen and the region; if the allocation ended more than 90 days ago, neither the ledger \
             nor CloudTrail may know it any more"
        }
    };
    let finding = Finding {
        what: format!("{what} was not asked for"),
        why: "Holdfast takes no address that was not this account's. No confirmed row and no release record of the ledger \
              says that it was, and CloudTrail's event history does not either"
            .to_owned(),
        next: next.to_owned(),
    };
    Report {
        findings: vec![finding],
        phases: watch.into_phases(),
        ..Report::of(
            Function::ReleaseGuard,
            settings.mode,
            Outcome::Refused,
            format!("refused: nothing says that this account ever had {what}"),
        )
    }
}

/// The account has it.
pub(crate) fn already_ours(
    settings: &Settings,
    ip: Ipv4Addr,
    allocation: &AllocationId,
    watch: Stopwatch,
) -> Report {
    Report {
        phases: watch.into_phases(),
        ..Report::of(
            Function::ReleaseGuard,
            settings.mode,
            Outcome::AlreadyOurs,
            format!("{ip} is this account's already, as {allocation}: nothing was done"),
        )
    }
}

/// EC2 does not give it. Nothing was written, so what went on before goes on.
pub(crate) fn not_given(
    case: &Case<'_>,
    plan: &ReclaimPlan,
    attempts: ReclaimAttempts,
    (refusal, reason): (&CloudError, PendingReason),
    watch: Stopwatch,
) -> Report {
    let record = case.observed.ledger.release.as_ref();
    let goes_on =
        record.is_some_and(|record| matches!(record.status, ReleaseStatus::Pending { .. }));
    let (outcome, short, next) = reading_of(case, plan, reason);
    let (outcome, then) = if goes_on {
        (outcome, "reconcile goes on asking until the deadline")
    } else if outcome == Outcome::Pending {
        (Outcome::Lost, "nothing asks for it again by itself")
    } else {
        (outcome, "nothing asks for it again by itself")
    };
    let ip = plan.request.ip;
    let mut findings = attempts.findings;
    findings.push(Finding {
        what: format!("{ip} is not back"),
        why: chain(refusal),
        next,
    });
    Report {
        findings,
        ..report(
            case,
            outcome,
            format!("{}: not back: {short}; {then}", was_released(case)),
            attempts.requests,
            watch,
        )
    }
}

/// It had come back, and was released again in this very moment.
pub(crate) fn gone_again(
    case: &Case<'_>,
    plan: &ReclaimPlan,
    allocation: &AllocationId,
    watch: Stopwatch,
) -> Report {
    let by_hand = how_to_ask_by_hand(plan.request.ip, Some(&plan.snapshot), case.settings);
    let finding = Finding {
        what: format!("{} is not this account's any more", plan.request.ip),
        why: format!("{allocation} has ended since this run began"),
        next: format!("ask once more, or by hand: {by_hand}"),
    };
    let summary = format!(
        "{}: it had come back as {allocation}, which was released again meanwhile",
        was_released(case)
    );
    Report {
        findings: vec![finding],
        ..report(case, Outcome::Lost, summary, 0, watch)
    }
}
