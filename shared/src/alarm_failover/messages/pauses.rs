//! What a person is told of a pause: who asks for one, and who meets one.

use crate::alarm_failover::case::{AffectedGroup, Case};
use crate::error::Error;
use crate::model::pause::Pause;
use crate::report::{Finding, Outcome, Report, paused as told, utc};

/// A cause that finds its group paused.
pub(crate) fn paused(case: &Case<'_>, affected: &AffectedGroup, pause: &Pause) -> Report {
    let group = &affected.group;
    let said = format!("nothing was moved, the group {group} is {}", told(pause));
    let mut report = case.report(Outcome::Paused, &said);
    report.findings.push(Finding::paused(group, pause));
    report
}

/// A group that is paused from now on.
pub(crate) fn now_paused(
    case: &Case<'_>,
    group: &str,
    (pause, earlier): (&Pause, Option<&Pause>),
) -> Report {
    let instead = earlier.map_or(String::new(), |earlier| {
        format!(", in the place of the one until {}", utc(earlier.until))
    });
    let said = format!("the group {group} is {}{instead}", told(pause));
    let mut report = case.report(Outcome::Paused, &said);
    report.findings.push(Finding::paused(group, pause));
    report
}

/// A pause that has ended before its time.
pub(crate) fn resumed(case: &Case<'_>, group: &str, pause: &Pause) -> Report {
    let said = format!(
        "the group {group} is paused no more; it was to be until {}",
        utc(pause.until)
    );
    case.report(Outcome::Resumed, &said)
}

/// A group that was not paused.
pub(crate) fn not_paused(case: &Case<'_>, group: &str) -> Report {
    case.ignored(&format!("the group {group} is not paused"))
}

/// The lease ran out before the pause was written.
pub(crate) fn not_noted(case: &Case<'_>) -> Error {
    Error::OutOfTime {
        what: format!("{}: nothing is noted, ask again", case.cause.text),
    }
}
