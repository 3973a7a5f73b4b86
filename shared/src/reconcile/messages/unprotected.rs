//! What a person reads of an address that has lost its protection, and of one that has it back.

use super::super::unprotected::LostProtection;
use crate::ledger::Snapshot;
use crate::model::cloudtrail::Actor;
use crate::report::{AddressAlert, Command, Finding, Outcome, Report, Subject, utc};
use crate::settings::Settings;

pub(super) fn finding(lost: &LostProtection, settings: &Settings) -> Finding {
    let key = &settings.tags.protect;
    let row = &lost.row;
    let at = utc(lost.at);
    let now = match row.tags.get(key) {
        Some(value) => format!("its tag {key} is {value} now"),
        None => format!("it has no tag {key} any more"),
    };
    Finding {
        what: format!(
            "{} ({}) has lost its protection: {now}",
            row.ip, row.allocation
        ),
        why: match lost.by.as_ref().map(name_of) {
            Some(by) => format!("{by} changed it at {at}; a release would not be undone"),
            None => format!(
                "a look showed it at {at}, no event told by whom; a release would not be undone"
            ),
        },
        next: format!(
            "if it was not meant, protect it again: {}",
            Command::ec2("create-tags")
                .with("resources", &row.allocation)
                .tags([(key.as_str(), "reclaim")])
        ),
    }
}

/// What `notify` counts by. Who it was, is news of its own where a look had shown it before.
pub(super) fn alert(lost: &LostProtection) -> AddressAlert {
    AddressAlert {
        allocation: lost.row.allocation.clone(),
        ip: lost.row.ip,
        outcome: Outcome::Unprotected,
        by: lost.by.as_ref().map(|by| name_of(by).to_owned()),
    }
}

pub(super) fn alert_of_one_that_is_back(row: &Snapshot) -> AddressAlert {
    AddressAlert {
        allocation: row.allocation.clone(),
        ip: row.ip,
        outcome: Outcome::Refreshed,
        by: None,
    }
}

/// The report with what it tells of addresses that have lost their protection.
pub(crate) fn with_unprotected(
    mut report: Report,
    lost: &[LostProtection],
    settings: &Settings,
) -> Report {
    let Some(first) = lost.first() else {
        return report;
    };
    let findings: Vec<Finding> = lost.iter().map(|one| finding(one, settings)).collect();
    if Outcome::Unprotected.gravity() < report.outcome.gravity() {
        report.outcome = Outcome::Unprotected;
    }
    let more = match lost.len() {
        1 => String::new(),
        all => format!(", and {} more", all - 1),
    };
    let row = &first.row;
    report.summary = format!(
        "{}; {} ({}) has lost its protection{more}",
        report.summary, row.ip, row.allocation
    );
    report.findings.splice(0..0, findings);
    if let Subject::Sweep(sweep) = &mut report.subject {
        sweep.alerts.extend(lost.iter().map(alert));
    }
    report
}

fn name_of(actor: &Actor) -> &str {
    let names = [&actor.arn, &actor.invoked_by, &actor.source];
    let name = names.into_iter().flatten().next();
    name.map_or("somebody not named", String::as_str)
}
