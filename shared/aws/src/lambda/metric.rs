//! Metrics in `CloudWatch`'s embedded metric format: lines on standard output that Lambda's log becomes
//! metrics by, with no call and no permission. A line has one value for each dimension, so each phase and
//! each group has a line of its own.
//! Source: `CloudWatch` user guide, "Specification: Embedded metric format".

use crate::Calls;
use holdfast::report::{Function, GroupReport, MoveEnd, Phase, Readiness, Report, Subject};
use serde_json::{Map, Value, json};
use std::io::{self, Write};
use time::OffsetDateTime;

/// The namespace that the metrics are in.
const NAMESPACE: &str = "Holdfast";

/// What one event of a function comes to, in plain values.
#[derive(Debug)]
pub(super) struct Measured<'a> {
    /// Who measured.
    pub(super) function: &'a str,
    /// How it ended.
    pub(super) outcome: &'a str,
    /// How long it took.
    pub(super) milliseconds: u64,
    /// What went out to AWS.
    pub(super) calls: Calls,
    /// How long each phase took.
    pub(super) phases: Vec<&'a Phase>,
    /// Whether the event told of another installation with the same tags.
    pub(super) has_rival: bool,
    /// What a look at everything found.
    pub(super) installation: Option<InstallationMetrics<'a>>,
    /// How long people waited for what their event asked for: name, and milliseconds.
    pub(super) delays: Vec<(&'static str, u64)>,
}

/// From a release to the first request for it. From a failure to each address that was verified on another member. Both
/// are of a run that an event started, and that asked or moved. What a sweep takes up is late by its nature, and its
/// report is about the sweep.
pub(super) fn delays(report: &Report) -> Vec<(&'static str, u64)> {
    match &report.subject {
        Subject::Address(address) if report.function == Function::ReleaseGuard => {
            let asked = address.request_after_ms;
            asked
                .map(|ms| ("ReleaseToRequest", ms))
                .into_iter()
                .collect()
        }
        Subject::Failover(failover) if report.function == Function::AlarmFailover => {
            let Some(arrived) = failover.arrived_after_ms else {
                return Vec::new();
            };
            let moved = failover.moves.iter().filter(|it| it.end == MoveEnd::Moved);
            let verified = moved.flat_map(|it| it.phases.iter().filter(|it| it.name == "verified"));
            verified
                .map(|phase| ("FailureToVerified", arrived + phase.ms))
                .collect()
        }
        Subject::Failovers(reports) => reports.iter().flat_map(delays).collect(),
        _ => Vec::new(),
    }
}

/// The phases of a run; of a failover also those of each address, from the event's arrival on.
pub(super) fn phases(report: &Report) -> Vec<&Phase> {
    let own = report.phases.iter();
    match &report.subject {
        Subject::Failover(failover) => {
            let of_moves = failover.moves.iter().flat_map(|each| &each.phases);
            own.chain(of_moves).collect()
        }
        Subject::Failovers(reports) => own.chain(reports.iter().flat_map(phases)).collect(),
        _ => own.collect(),
    }
}

/// The whole of what is held, as a sweep found it.
#[derive(Debug, Clone, Copy)]
pub(super) struct InstallationMetrics<'a> {
    /// Addresses that a reclaim would take back.
    protected: usize,
    /// Changes of which no event has told.
    untold: usize,
    /// Every group.
    groups: &'a [GroupReport],
}

impl<'a> InstallationMetrics<'a> {
    /// Of a sweep. A call that is taken note of looks at its own addresses only, and its report names it.
    pub(super) fn of(report: &'a Report) -> Option<Self> {
        match &report.subject {
            Subject::Sweep(sweep) if report.event.is_none() => Some(Self {
                protected: sweep.protected,
                untold: sweep.untold,
                groups: &sweep.groups,
            }),
            _ => None,
        }
    }

    fn unready(&self) -> usize {
        self.groups
            .iter()
            .filter(|group| group.readiness == Readiness::NotReady)
            .count()
    }
}

/// Writes the metrics of one event.
pub(super) fn publish(measured: &Measured<'_>, at: OffsetDateTime) {
    let mut out = io::stdout().lock();
    for line in lines(measured, at) {
        // A metric that cannot be written must not fail the event that it counts.
        if let Err(failure) = writeln!(out, "{line}") {
            tracing::warn!(%failure, "a metric is lost");
        }
    }
}

fn lines(measured: &Measured<'_>, at: OffsetDateTime) -> Vec<Value> {
    let mut lines = vec![event(measured).at(at)];
    let function = ("Function", measured.function);
    lines.extend(measured.phases.iter().map(|phase| {
        MetricLine::default()
            .by(&[function, ("Phase", phase.name)])
            .counting(&[("PhaseDuration", "Milliseconds", phase.ms)])
            .at(at)
    }));
    lines.extend(measured.delays.iter().map(|(name, ms)| {
        MetricLine::default()
            .by(&[function])
            .counting(&[(name, "Milliseconds", *ms)])
            .at(at)
    }));
    let groups = measured
        .installation
        .map_or(&[][..], |installation| installation.groups);
    lines.extend(groups.iter().map(|group| of_group(group).at(at)));
    lines
}

/// Free addresses are counted without the group, too: the least of them is that of the group that is
/// nearest to running out, whatever its name.
fn of_group(group: &GroupReport) -> MetricLine {
    let line = MetricLine::default().by(&[("Group", group.group.as_str())]);
    // Of a group that is not meant to be ready, there is nothing to be counted.
    let line = match group.readiness {
        Readiness::NoStandbyByDesign => line,
        Readiness::Ready | Readiness::NotReady => {
            line.counting(&[("GroupReady", "Count", u64::from(group.ready))])
        }
    };
    // Only while it lasts: whoever pauses nothing pays for no metric.
    let line = match group.pause {
        None => line,
        Some(_) => line.counting(&[("GroupPaused", "Count", 1)]),
    };
    line.and_in_all()
        .counting(&[("FreeAddresses", "Count", count(group.free_addresses))])
}

fn event(measured: &Measured<'_>) -> MetricLine {
    let function = ("Function", measured.function);
    let line = MetricLine::default()
        .by(&[function, ("Outcome", measured.outcome)])
        .counting(&[
            ("Events", "Count", 1),
            ("Duration", "Milliseconds", measured.milliseconds),
        ])
        .by(&[function])
        .counting(&[
            ("Calls", "Count", measured.calls.calls),
            ("Retries", "Count", measured.calls.retries),
        ]);
    let line = if measured.has_rival {
        line.by(&[]).counting(&[("OtherInstallations", "Count", 1)])
    } else {
        line
    };
    match measured.installation {
        None => line,
        Some(installation) => line.by(&[]).counting(&[
            ("ProtectedAddresses", "Count", count(installation.protected)),
            ("GroupsNotReady", "Count", count(installation.unready())),
            ("UntoldChanges", "Count", count(installation.untold)),
        ]),
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// A line that is being put together: what it declares, and the values of all that.
#[derive(Debug, Default)]
struct MetricLine {
    directives: Vec<Value>,
    dimensions: Vec<Vec<String>>,
    values: Map<String, Value>,
}

impl MetricLine {
    /// The dimensions of what is counted next; none: one metric for the whole installation.
    fn by(mut self, dimensions: &[(&str, &str)]) -> Self {
        let keys = dimensions.iter().map(|(key, _)| (*key).to_owned());
        self.dimensions = vec![keys.collect()];
        for (key, value) in dimensions {
            self.values.insert((*key).to_owned(), json!(value));
        }
        self
    }

    /// What is counted next counts without these dimensions, too.
    fn and_in_all(mut self) -> Self {
        self.dimensions.push(Vec::new());
        self
    }

    fn counting(mut self, metrics: &[(&str, &str, u64)]) -> Self {
        let declared: Vec<Value> = metrics
            .iter()
            .map(|(name, unit, _)| json!({ "Name": name, "Unit": unit }))
            .collect();
        self.directives.push(json!({
            "Namespace": NAMESPACE,
            "Dimensions": self.dimensions,
            "Metrics": declared,
        }));
        for (name, _, value) in metrics {
            self.values.insert((*name).to_owned(), json!(value));
        }
        self
    }

    fn at(mut self, at: OffsetDateTime) -> Value {
        let milliseconds = at.unix_timestamp_nanos() / 1_000_000;
        let declared = json!({
            "Timestamp": i64::try_from(milliseconds).unwrap_or(i64::MAX),
            "CloudWatchMetrics": self.directives,
        });
        self.values.insert("_aws".to_owned(), declared);
        Value::Object(self.values)
    }
}

#[cfg(test)]
mod tests;
