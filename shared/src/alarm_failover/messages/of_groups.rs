//! The report on a cause that concerns several groups: each group's own, the gravest first.

use crate::alarm_failover::case::{Case, FUNCTION};
use crate::error::Error;
use crate::report::{Report, Subject};

/// The report on a cause: that of its one group, or those of all its groups, each whole, the gravest first.
pub(crate) fn of_groups(case: &Case<'_>, mut reports: Vec<Report>) -> Report {
    if reports.is_empty() {
        let why = format!(
            "no member of a group (tag {}) is concerned",
            case.settings.tags.group
        );
        return case.ignored(&why);
    }
    if reports.len() == 1 {
        return reports.remove(0);
    }
    reports.sort_by_key(|report| report.outcome.gravity());
    let mut whole = Report::of(
        FUNCTION,
        case.settings.mode,
        reports[0].outcome,
        summaries(&reports),
    );
    whole.findings = reports
        .iter()
        .flat_map(|each| each.findings.clone())
        .collect();
    whole.would_call = reports
        .iter()
        .flat_map(|each| each.would_call.clone())
        .collect();
    whole.subject = Subject::Failovers(reports);
    whole
}

/// The groups that a run could not see to, and what it did for the others, with a report of each.
pub(crate) fn failure_of_groups(
    case: &Case<'_>,
    failures: Vec<Error>,
    mut reports: Vec<Report>,
) -> Error {
    reports.sort_by_key(|report| report.outcome.gravity());
    let done = summaries(&reports);
    let mode = case.settings.mode;
    let failed = failures.iter().map(|it| it.report_of(FUNCTION, mode));
    let whole = of_groups(case, failed.chain(reports).collect());
    Error::several(done, failures).with_report(whole)
}

fn summaries(reports: &[Report]) -> String {
    let all: Vec<&str> = reports
        .iter()
        .map(|report| report.summary.as_str())
        .collect();
    all.join("; ")
}
