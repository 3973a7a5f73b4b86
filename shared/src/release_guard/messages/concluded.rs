//! What a person reads of a release that ends without a change in EC2.

use super::super::case::Case;
use super::super::exemption;
use super::super::manual_recovery;
use super::super::plan::{
    Associated, Conclusion, ToLetGo, how_to_ask_by_hand, how_to_find_the_address, how_to_let_go,
};
use super::super::stack::{self, Fate};
use super::report::{known_ip, report, was_released};
use crate::ledger::release::PendingReason;
use crate::ledger::{ReleaseRecord, ReleaseStatus};
use crate::report::{Finding, Outcome, Report, Stopwatch, Subject};

/// A release that does not concern this installation.
pub(crate) fn ignored(case: &Case<'_>, why: &str) -> Report {
    let what = format!("the release of {}", case.release.allocation);
    Report::not_for(case.function, case.settings.mode, &what, why)
}

/// A release of which the ledger has a record that this version cannot read.
pub(crate) fn record_unreadable(case: &Case<'_>, watch: Stopwatch) -> Report {
    let what = was_released(case);
    let summary = format!("passed by: {what}, and its release record cannot be read");
    let next = match (known_ip(case), &case.observed.snapshot) {
        (Some(ip), snapshot) => format!(
            "deploy the version again that wrote the record; where the address is gone and wanted back at once: {}",
            how_to_ask_by_hand(ip, snapshot.as_ref(), case.settings)
        ),
        (None, _) => how_to_find_the_address(&case.release.allocation),
    };
    let finding = Finding {
        what: format!("nothing was done about the release of {}", case.release.allocation),
        why: "another version of Holdfast has dealt with it or is at it, and this one cannot read how far it came; \
              an address that was let go would come back"
            .to_owned(),
        next,
    };
    let mut report = report(case, Outcome::Refused, summary, 0, watch);
    report.findings.push(finding);
    report
}

pub(crate) fn concluded(case: &Case<'_>, conclusion: Conclusion, watch: Stopwatch) -> Report {
    let Conclusion {
        status,
        outcome,
        why,
        mut findings,
    } = conclusion;
    if matches!(
        status,
        ReleaseStatus::Pending {
            reason: PendingReason::UnknownAddress
        }
    ) {
        findings.push(Finding {
            what: format!(
                "nothing tells for certain which address {} was",
                case.release.allocation
            ),
            why:
                "its release carries no IP, and neither EC2 nor CloudTrail has shown its allocation"
                    .to_owned(),
            next: how_to_find_the_address(&case.release.allocation),
        });
    }
    if let (ReleaseStatus::Lost { .. } | ReleaseStatus::Recorded, Some(ip)) =
        (&status, known_ip(case))
    {
        findings.push(Finding {
            what: format!("{ip} is not this account's any more"),
            why: "EC2 gives a released address to whoever asks for it first".to_owned(),
            next: format!(
                "if it is wanted back, ask at once: {}",
                how_to_ask_by_hand(ip, case.observed.snapshot.as_ref(), case.settings)
            ),
        });
    }
    if let (ReleaseStatus::Lost { .. }, Some(snapshot)) = (&status, &case.observed.snapshot) {
        let record = case.observed.ledger.release.as_ref();
        findings.push(manual_recovery::of(
            (snapshot, case.settings),
            case.release,
            record,
        ));
    }
    if let (Outcome::RecordedOnly | Outcome::WouldReclaim | Outcome::Lost, Some(ip)) =
        (outcome, known_ip(case))
    {
        let keeper = stack::keeper(case.release, case.observed.snapshot.as_ref());
        findings.extend(keeper.finding((ip, case.release), Fate::LeftAlone, case.settings));
    }
    if let (ReleaseStatus::LetGo { .. }, Some(snapshot)) = (&status, &case.observed.snapshot) {
        let record = case.observed.ledger.release.as_ref();
        let without_tag =
            exemption::let_go_without_its_tag(case.release, record, snapshot, case.settings);
        findings.extend(without_tag);
    }
    let summary = format!("{}: {}: {why}", was_released(case), verb(outcome));
    Report {
        findings,
        ..report(case, outcome, summary, 0, watch)
    }
}

fn verb(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::LetGo => "let go",
        Outcome::RecordedOnly => "recorded, not taken back",
        Outcome::Lost => "lost",
        Outcome::Pending => "not taken back yet",
        Outcome::ReclaimLoop => "left",
        _ => "nothing was changed",
    }
}

/// A release with a final record, and what that record has learnt in this run.
pub(crate) fn already_handled(
    case: &Case<'_>,
    record: &ReleaseRecord,
    learnt: Option<ReleaseRecord>,
    watch: Stopwatch,
) -> Report {
    let report = handled_before(case, learnt.as_ref().unwrap_or(record), watch);
    match learnt.and_then(|learnt| newly_exempt(case, record, &learnt)) {
        Some((why, stays)) => Report {
            outcome: Outcome::LetGo,
            summary: format!("{}; it would have been let go: {why}", report.summary),
            findings: vec![stays],
            ..report
        },
        None => report,
    }
}

fn handled_before(case: &Case<'_>, record: &ReleaseRecord, watch: Stopwatch) -> Report {
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
    let summary = format!("{}: dealt with before: {how}", was_released(case));
    let mut report = report(case, outcome, summary, 0, watch);
    if let Subject::Address(address) = &mut report.subject {
        address.allocation = allocation;
    }
    report
}

fn newly_exempt(
    case: &Case<'_>,
    before: &ReleaseRecord,
    after: &ReleaseRecord,
) -> Option<(String, Finding)> {
    let why = after
        .late_exemption
        .clone()
        .filter(|_| before.late_exemption.is_none())?;
    let ReleaseStatus::Reclaimed { allocation, .. } = &after.status else {
        return None;
    };
    let then = case.observed.snapshot.as_ref();
    let held = ToLetGo {
        allocation,
        association: if then.is_some_and(|row| row.association.is_some()) {
            Associated::Perhaps
        } else {
            Associated::No
        },
        has_name: then.is_some_and(|row| row.reverse_dns.is_some()),
    };
    let finding = Finding {
        what: format!("{allocation} was taken back, though its release was meant"),
        why: format!("{why}; that was not known at the time"),
        next: format!(
            "it stays as it is, and costs what an address costs; if it is not wanted: {}",
            how_to_let_go(held, case.settings)
        ),
    };
    Some((why, finding))
}
