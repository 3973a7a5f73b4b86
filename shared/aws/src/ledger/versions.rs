//! Which version of the rows a row is of, and how the rows of earlier versions read.
//!
//! Each row says it in its attribute `row_version`. It is a number of the rows and not of the package: most releases
//! change no row, and a rollback over such a release has nothing to pass by. The number goes up when a reader of the
//! version before would misread a row, or lose what it does not know when it writes the row anew.
//!
//! | version | since | what a row of it looks like |
//! | --- | --- | --- |
//! | 1 | the first release, commit 72eb87c | no `row_version`; the words of [`renamed`] |
//! | 2 | rows say their version | as the types of `holdfast::ledger` are written |

use super::rows::{PARTITION, RELEASE, Row, SNAPSHOT, text};
use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::HashMap;

pub(super) const ROW_VERSION: &str = "row_version";
/// The version that this code writes.
pub(super) const CURRENT: u64 = 2;
/// The version of a row that does not say.
const UNSAID: u64 = 1;

/// How the first version spelled a lease's number.
pub(super) const FIRST_LEASE_NUMBER: &str = "fencing";

const LEASE: &str = super::rows::LEASE;
const HISTORY: &str = "history#";

/// The version of what is written now.
pub(super) fn current() -> AttributeValue {
    AttributeValue::N(CURRENT.to_string())
}

/// A row in the words of the version that this code writes.
///
/// # Errors
/// Why it cannot be read: a later version wrote it, or its version is no number.
pub(super) fn as_current(row: Row) -> Result<Row, String> {
    let version = match row.get(ROW_VERSION) {
        None => UNSAID,
        Some(AttributeValue::N(number)) => number
            .parse()
            .map_err(|_| format!("its {ROW_VERSION} is `{number}`, which is no version"))?,
        Some(_) => return Err(format!("its {ROW_VERSION} is no number")),
    };
    if version > CURRENT {
        return Err(format!(
            "a later version of Holdfast wrote it: its {ROW_VERSION} is {version}, and this version reads rows up to \
             {CURRENT}"
        ));
    }
    Ok(if version == UNSAID { renamed(row) } else { row })
}

/// Whether a lease's row is in the words of the first version.
pub(super) fn is_first_lease(row: &Row) -> bool {
    row.contains_key(FIRST_LEASE_NUMBER) && !row.contains_key(ROW_VERSION)
}

/// A row of the first version, in the words of today. What has the new word already stays.
fn renamed(mut row: Row) -> Row {
    let partition = row.get(PARTITION).and_then(|kind| kind.as_s().ok());
    match partition.cloned().as_deref() {
        Some(SNAPSHOT) => snapshot(&mut row),
        Some(RELEASE) => release(&mut row),
        Some(LEASE) => lease(&mut row),
        Some(kind) if kind.starts_with(HISTORY) => {
            if let Some(state) = map_in(&mut row, "state") {
                if let Some(entry) = map_in(state, "snapshot") {
                    snapshot(entry);
                }
                if let Some(entry) = map_in(state, "release") {
                    release(entry);
                }
            }
        }
        _ => {}
    }
    row
}

fn snapshot(row: &mut Row) {
    rename(
        row,
        &[
            ("reverse_name", "reverse_dns"),
            ("offer", "transfer_offer"),
            ("life", "state"),
            ("seen_at", "observed_at"),
            ("tagged_at", "tags_as_of"),
            ("true_at", "as_of"),
        ],
    );
    if let Some(state) = map_in(row, "state") {
        reword(state, "is", &[("alive", "allocated")]);
    }
    unlocked(row);
}

fn release(row: &mut Row) {
    rename(
        row,
        &[("story", "unlocked"), ("second_thought", "late_exemption")],
    );
    if let Some(status) = map_in(row, "status") {
        let words = [("fight", "reclaim-loop"), ("still-there", "not-released")];
        reword(status, "reason", &words);
    }
    unlocked(row);
}

fn unlocked(row: &mut Row) {
    let Some(AttributeValue::L(each)) = row.get_mut("unlocked") else {
        return;
    };
    for one in each {
        if let AttributeValue::M(one) = one {
            reword(one, "what", &[("reverse-name", "reverse-dns")]);
        }
    }
}

fn lease(row: &mut Row) {
    rename(
        row,
        &[
            (FIRST_LEASE_NUMBER, "lease_number"),
            ("under_way", "in_progress"),
            ("home_fit_since", "failback_target_healthy_since"),
        ],
    );
    for name in ["in_progress", "last"] {
        if let Some(record) = map_in(row, name) {
            let words = [
                ("sick", "failed_members"),
                ("loosened", "pending_reassociation"),
                ("fences", "pending_fences"),
            ];
            rename(record, &words);
        }
    }
}

fn map_in<'a>(row: &'a mut Row, name: &str) -> Option<&'a mut HashMap<String, AttributeValue>> {
    match row.get_mut(name) {
        Some(AttributeValue::M(map)) => Some(map),
        _ => None,
    }
}

fn rename(row: &mut Row, words: &[(&str, &str)]) {
    for (before, now) in words {
        if !row.contains_key(*now)
            && let Some(value) = row.remove(*before)
        {
            row.insert((*now).to_owned(), value);
        }
    }
}

fn reword(row: &mut Row, name: &str, words: &[(&str, &str)]) {
    let said = row.get(name).and_then(|word| word.as_s().ok());
    let now = said.and_then(|said| words.iter().find(|(before, _)| before == said));
    if let Some((_, now)) = now {
        row.insert(name.to_owned(), text(now));
    }
}
