//! What every report on a release has: the address, and how it was released.

use super::super::case::Case;
use crate::model::cloudtrail::Actor;
use crate::report::{AddressReport, Outcome, Report, Stopwatch, Subject, utc};
use std::net::Ipv4Addr;

pub(super) fn report(
    case: &Case<'_>,
    outcome: Outcome,
    summary: String,
    attempts: u32,
    watch: Stopwatch,
) -> Report {
    let address = AddressReport {
        released_allocation: case.release.allocation.clone(),
        ip: known_ip(case),
        border_group: case.release.border_group.clone(),
        released_at: case.release.released_at,
        allocation: None,
        association: None,
        reverse_dns: None,
        known_from: case.observed.known_from,
        attempts,
        request_after_ms: None,
    };
    Report {
        event: case.release.call.clone(),
        subject: Subject::Address(Box::new(address)),
        phases: watch.into_phases(),
        ..Report::of(case.function, case.settings.mode, outcome, summary)
    }
}

pub(super) fn known_ip(case: &Case<'_>) -> Option<Ipv4Addr> {
    let recorded = || {
        case.observed
            .ledger
            .release
            .as_ref()
            .and_then(|record| record.ip)
    };
    case.observed
        .snapshot
        .as_ref()
        .map(|snapshot| snapshot.ip)
        .or_else(recorded)
}

pub(super) fn was_released(case: &Case<'_>) -> String {
    let at = utc(case.release.released_at);
    let what = match known_ip(case) {
        Some(ip) => format!("{ip} ({})", case.release.allocation),
        None => case.release.allocation.to_string(),
    };
    let lost = match case.release.call.as_ref() {
        Some(call) => format!("{what} was released at {at} by {}", by(&call.actor)),
        None => format!("{what} is gone since about {at}, no event told by whom"),
    };
    if case.is_asked_for {
        format!("{lost}, and a person asks for it")
    } else {
        lost
    }
}

/// Who released it; and through which AWS service, where one called for them.
fn by(actor: &Actor) -> String {
    match (&actor.arn, &actor.invoked_by) {
        (Some(arn), Some(service)) => return format!("{arn} through {service}"),
        (Some(arn), None) => return arn.clone(),
        (None, _) => {}
    }
    let names = [&actor.invoked_by, &actor.source, &actor.kind];
    let name = names.into_iter().flatten().next();
    name.map_or("somebody CloudTrail does not name", String::as_str)
        .to_owned()
}
