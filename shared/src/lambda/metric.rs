//! One metric for each event, in `CloudWatch`'s embedded metric format: a line on standard output that
//! Lambda's log becomes a metric by, with no call and no permission.
//! Source: `CloudWatch` user guide, "Specification: Embedded metric format".

use serde_json::{Value, json};
use std::io::{self, Write};
use time::OffsetDateTime;

/// The namespace that the metrics are in.
const NAMESPACE: &str = "Holdfast";

/// Counts one event of a function by its outcome, and how long it took.
pub(super) fn count(function: &str, outcome: &str, milliseconds: u64, at: OffsetDateTime) {
    let line = embedded(function, outcome, milliseconds, at);
    // A metric that cannot be written must not fail the event that it counts.
    if let Err(failure) = writeln!(io::stdout().lock(), "{line}") {
        tracing::warn!(%failure, "a metric is lost");
    }
}

fn embedded(function: &str, outcome: &str, milliseconds: u64, at: OffsetDateTime) -> Value {
    json!({
        "_aws": {
            "Timestamp": at.unix_timestamp() * 1000,
            "CloudWatchMetrics": [{
                "Namespace": NAMESPACE,
                "Dimensions": [["Function", "Outcome"]],
                "Metrics": [
                    { "Name": "Events", "Unit": "Count" },
                    { "Name": "Duration", "Unit": "Milliseconds" },
                ],
            }],
        },
        "Function": function,
        "Outcome": outcome,
        "Events": 1,
        "Duration": milliseconds,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_pool_is_a_metric_of_its_own() {
        let line = embedded(
            "instance-start",
            "pool-empty",
            90_000,
            OffsetDateTime::UNIX_EPOCH,
        );
        assert_eq!(line["Outcome"], "pool-empty");
        assert_eq!(line["Events"], 1);
    }

    #[test]
    fn every_metric_and_dimension_that_is_declared_is_there() {
        let line = embedded("reconcile", "refreshed", 12, OffsetDateTime::UNIX_EPOCH);
        let declared = &line["_aws"]["CloudWatchMetrics"][0];
        let dimensions = declared["Dimensions"][0].as_array().unwrap().iter();
        let metrics = declared["Metrics"]
            .as_array()
            .unwrap()
            .iter()
            .map(|metric| &metric["Name"]);
        for key in dimensions.chain(metrics) {
            assert!(
                line.get(key.as_str().unwrap()).is_some(),
                "{key} is declared and missing"
            );
        }
    }
}
