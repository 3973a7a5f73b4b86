//! The rows that a run came across and cannot read. They are passed by, told at the run's end, and stay as they are.
//! A row that cannot be read is not written over, since what it says would be lost.
//!
//! A process runs one event at a time, and the reads of one event run side by side: a lock arbitrates.

use holdfast::ledger::UnreadableRow;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// By their names.
#[derive(Debug, Default)]
pub(super) struct Unreadable(Mutex<BTreeMap<String, UnreadableRow>>);

impl Unreadable {
    /// What was read; a row that could not be is noted and passed by.
    pub(super) fn pass_by<T>(&self, read: Result<T, UnreadableRow>) -> Option<T> {
        read.map_err(|row| self.note(row)).ok()
    }

    pub(super) fn note(&self, row: UnreadableRow) {
        tracing::warn!(row = row.name, why = row.why, "a row cannot be read");
        self.with(|rows| rows.insert(row.name.clone(), row));
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.with(|rows| rows.contains_key(name))
    }

    /// What this run came across: the next one looks again.
    pub(super) fn take(&self) -> Vec<UnreadableRow> {
        self.with(std::mem::take).into_values().collect()
    }

    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<String, UnreadableRow>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
