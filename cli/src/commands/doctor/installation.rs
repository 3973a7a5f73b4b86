//! The installation: its settings, its modes, its version, its ledger, and whether there is another by its tags.

use super::reads::{LedgerSeen, Writers};
use super::verdict::{MEND_ROWS, Read, Verdict, if_all_rows, on, rows_in_words};
use crate::aws::Stack;
use crate::deployment::{Deployment, Function};
use crate::output::counted;
use holdfast::settings::Mode;
use std::collections::BTreeSet;

/// The parameter of the stack that says by which tags an installation goes.
const PREFIX: &str = "TagPrefix";
/// The output by which a stack is known to be one of Holdfast's.
const TABLE: &str = "LedgerTable";

pub(super) fn settings(deployment: &Deployment) -> Verdict {
    let unread = deployment.unread_settings.iter();
    let unread: Vec<String> = unread
        .map(|bad| format!("{}: {}", bad.key, bad.problem))
        .collect();
    if !unread.is_empty() {
        return Verdict::failed(
            unread.join("; "),
            "Mend the stack's parameter and deploy. If the functions run, this tool is of another version: use theirs.",
        );
    }
    let differing = deployment.differing_settings();
    if differing.is_empty() {
        return Verdict::passed("all functions have the same settings");
    }
    let keys: Vec<&str> = differing.iter().map(String::as_str).collect();
    Verdict::failed(
        format!("the functions differ in {}", keys.join(", ")),
        "Somebody changed a function by hand, or a deployment stopped half-way. Deploy the stack again.",
    )
}

pub(super) fn modes(deployment: &Deployment) -> Verdict {
    let observing = Function::ACTING
        .iter()
        .filter(|function| deployment.mode(**function) == Some(Mode::Observe));
    let observing: Vec<String> = observing.map(ToString::to_string).collect();
    if observing.is_empty() {
        return Verdict::passed("all four functions act");
    }
    Verdict::failed(
        format!(
            "these only say what they would do: {}",
            observing.join(", ")
        ),
        "Read their reports for a while. Then set the stack's mode parameters to enforce: docs/DEPLOYMENT.md.",
    )
}

/// What wrote the ledger's rows. None wrote any: then nothing is known, and nothing is wrong.
pub(super) fn version(written_by: &Read<Writers>) -> Verdict {
    on(written_by, |written_by| {
        if_all_rows(&written_by.unreadable, of_versions(&written_by.versions))
    })
}

fn of_versions(written_by: &BTreeSet<String>) -> Verdict {
    let own = env!("CARGO_PKG_VERSION");
    let others: Vec<&str> = written_by
        .iter()
        .map(String::as_str)
        .filter(|it| *it != own)
        .collect();
    if !others.is_empty() {
        return Verdict::failed(
            format!(
                "this tool is of version {own}, and the ledger was written by {}",
                others.join(", ")
            ),
            "Use the tool of the version that is deployed, or deploy this one: docs/UPGRADE.md.",
        );
    }
    if written_by.is_empty() {
        return Verdict::passed(format!(
            "this tool is of version {own}; no row of the ledger names another"
        ));
    }
    Verdict::passed(format!("the tool and the functions are of version {own}"))
}

pub(super) fn alone(deployment: &Deployment, stacks: &Read<Vec<Stack>>) -> Verdict {
    let prefix_of = |stack: &Stack| {
        let prefix = stack.parameters.get(PREFIX).map(String::as_str);
        prefix.unwrap_or("holdfast").to_owned()
    };
    on(stacks, |stacks| {
        let own = prefix_of(&deployment.stack);
        let others = stacks.iter().filter(|other| {
            other.name != deployment.stack.name
                && other.outputs.contains_key(TABLE)
                && prefix_of(other) == own
        });
        let others: Vec<&str> = others.map(|other| other.name.as_str()).collect();
        if others.is_empty() {
            return Verdict::passed(format!("no other stack here goes by the tags {own}:"));
        }
        Verdict::failed(
            format!("{} goes by the tags {own}:, too", others.join(", ")),
            "Remove one of them, or give one another TagPrefix: docs/RUNBOOK.md, another installation.",
        )
    })
}

pub(super) fn ledger(ledger: &Read<LedgerSeen>) -> Verdict {
    on(ledger, |ledger| {
        if !ledger.unreadable.is_empty() {
            return Verdict::failed(rows_in_words(&ledger.unreadable), MEND_ROWS);
        }
        Verdict::passed(format!(
            "{} and {}",
            counted(ledger.addresses, "address", "addresses"),
            counted(ledger.releases, "release", "releases")
        ))
    })
}
