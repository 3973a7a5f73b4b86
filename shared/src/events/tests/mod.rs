//! Golden tests of the events, by what they are about.

mod accounts;
mod alarms;
mod any_json;
mod calls;
mod commands;
mod envelopes;
mod fallbacks;
mod health_events;
mod instances;
mod lifecycle_actions;
mod shapes;
mod tags;

use super::samples::Sample;
use super::{Ignored, Trigger, parse};
use crate::model::cloudtrail::{AddressChange, Record};
use serde_json::Value;

/// The record of an event that is a call.
fn record(event: &Value) -> Record {
    match parse(event) {
        Ok(Trigger::Call(record)) => *record,
        other => panic!("expected a call, got {other:?}"),
    }
}

/// What a call did.
fn change(sample: Sample) -> AddressChange {
    record(&sample.in_envelope()).change
}

/// The event that is known and passed by.
fn ignored(event: &Value) -> Ignored {
    match parse(event) {
        Ok(Trigger::Ignored(ignored)) => ignored,
        other => panic!("expected an ignored event, got {other:?}"),
    }
}

/// The field and the words of an event that cannot be read.
fn wrong(event: &Value) -> (String, String) {
    let error = parse(event).expect_err("the event is wrong");
    (error.field, error.problem)
}
