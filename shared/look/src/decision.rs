//! What a run decided, without what it says of people and accounts: two looks of one account, one of them redacted, give
//! the same.

use crate::answer::value_of;
use holdfast::error::Error;
use holdfast::report::Report;
use serde_json::{Value, json};

/// What a report has of decisions: the end, the calls in their order, what moves from whom to whom, what is under way.
#[must_use]
pub fn decision(end: &Result<Report, Error>) -> Value {
    let (name, report) = match end {
        Ok(report) => (None, Some(report)),
        Err(error) => (Some(error.name()), error.report()),
    };
    let report = report.map(value_of).unwrap_or_default();
    let each = |list: &Value, parts: &[&str]| -> Vec<Value> {
        let of_one = |one: &Value| parts.iter().map(|part| one[*part].clone()).collect();
        list.as_array().into_iter().flatten().map(of_one).collect()
    };
    json!({
        "error": name,
        "outcome": report["outcome"],
        "calls": each(&report["wouldCall"], &["action"]),
        "moves": each(&report["failover"]["moves"], &["eni", "allocation", "mover", "from", "to", "end"]),
        "allocation": report["allocation"],
        "newAllocation": report["newAllocation"],
        "findings": report["findings"].as_array().map(Vec::len),
    })
}
