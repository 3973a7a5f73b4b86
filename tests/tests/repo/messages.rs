//! docs/MESSAGES.md lists everything that a person is told: it is read out of the sources, so it is never out of date.
//! `make messages` writes it.

mod page;
mod said;
mod text;

use crate::template::code::sources;
use std::path::Path;

/// Set by `make messages`: the page is written instead of compared.
const WRITE: &str = "HOLDFAST_WRITE_MESSAGES";

#[test]
fn the_list_of_messages_is_what_the_code_says() {
    let page = page::of(&sources());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/MESSAGES.md");
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, &page).expect("the page can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let stale = written
        .lines()
        .zip(page.lines())
        .find(|(was, is)| was != is);
    assert!(
        written == page,
        "docs/MESSAGES.md is stale (`make messages` writes it); the first line that differs: {stale:?}"
    );
}

#[test]
fn a_sentence_that_is_changed_changes_the_list() {
    let was = "is being stopped";
    let file = "shared/src/alarm_failover/messages/fences.rs";
    let changed = sources().replaced(file, was, "is put to sleep");
    assert!(page::of(&sources()).contains(was));
    assert!(page::of(&changed).contains("is put to sleep"));
}

#[test]
fn each_finding_of_the_code_is_in_the_list_with_what_to_do() {
    let said = said::all(&sources());
    assert!(said.findings.len() > 40, "{}", said.findings.len());
    for finding in &said.findings {
        for (part, texts) in [
            ("what", &finding.what),
            ("why", &finding.why),
            ("next", &finding.next),
        ] {
            assert!(
                !texts.is_empty(),
                "{}: no {part}: {finding:?}",
                finding.file
            );
        }
    }
}
