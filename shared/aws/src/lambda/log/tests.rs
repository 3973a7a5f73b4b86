//! The line as Lambda's log gets it, key by key.

use super::*;
use holdfast::events::EventError;
use holdfast::report::Outcome;
use lambda_runtime::tracing::subscriber;
use serde_json::json;
use std::io;
use std::sync::{Arc, Mutex};
use time::macros::datetime;

/// Where the log goes.
#[derive(Debug, Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl io::Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The line of an event that ended so, as JSON.
fn written(ended: &Result<Report, Error>) -> Value {
    let line = EventLine {
        function: Function::Reconcile,
        request_id: "request-1",
        trace_id: Some("Root=1-2"),
        event_id: Some("event-1"),
        subject: Some("eipalloc-1"),
        mode: Mode::Enforce,
        is_cold_start: true,
        began: datetime!(2026-01-01 00:00 UTC),
    };
    let calls = Calls {
        calls: 3,
        retries: 1,
    };
    let paper = Paper::default();
    let copy = paper.clone();
    let log = subscriber::fmt()
        .json()
        .without_time()
        .with_target(false)
        .with_writer(move || copy.clone())
        .finish();
    let now = datetime!(2026-01-01 00:00:01.5 UTC);
    tracing::subscriber::with_default(log, || line.tell(ended, calls, now));
    let bytes = paper.0.lock().unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn the_line_of_a_report_says_all_there_is_to_search_for() {
    let report = Report::of(
        Function::Reconcile,
        Mode::Enforce,
        Outcome::AlreadyOurs,
        "it is there".to_owned(),
    );
    assert_eq!(
        written(&Ok(report)),
        json!({
            "level": "INFO",
            "fields": {
                "message": "it is there",
                "function": "reconcile",
                "request_id": "request-1",
                "trace_id": "Root=1-2",
                "event_id": "event-1",
                "subject": "eipalloc-1",
                "mode": "enforce",
                "outcome": "already-ours",
                "findings": 0,
                "cold_start": true,
                "duration_ms": 1500,
                "calls": 3,
                "retries": 1,
            },
        })
    );
}

#[test]
fn the_line_of_an_error_names_it_and_says_what_the_event_was_about() {
    let unreadable = EventError {
        field: "detail".to_owned(),
        problem: "missing".to_owned(),
    };
    assert_eq!(
        written(&Err(unreadable.into())),
        json!({
            "level": "ERROR",
            "fields": {
                "message": "the event cannot be read: field `detail`: missing",
                "function": "reconcile",
                "request_id": "request-1",
                "trace_id": "Root=1-2",
                "event_id": "event-1",
                "subject": "eipalloc-1",
                "mode": "enforce",
                "outcome": "failed",
                "error": "Holdfast.EventUnreadable",
                "findings": 0,
                "cold_start": true,
                "duration_ms": 1500,
                "calls": 3,
                "retries": 1,
            },
        })
    );
}
