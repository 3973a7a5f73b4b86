//! What an address was, for the person who has to go on where Holdfast ends. That is everything that is known of
//! it, and the commands that take it back and put it where it belonged.

use super::plan::how_to_ask_by_hand;
use super::state::Release;
use crate::ledger::snapshot::Lock;
use crate::ledger::{ReleaseRecord, Snapshot};
use crate::model::elastic_ip::Association;
use crate::model::tags::RESERVED_TAG_PREFIX;
use crate::report::{Finding, utc};
use crate::settings::Settings;

/// What is left of an address that is lost.
pub(super) fn of(
    (snapshot, settings): (&Snapshot, &Settings),
    release: &Release,
    record: Option<&ReleaseRecord>,
) -> Finding {
    let mut known = vec![format!("allocation {}", release.allocation)];
    let tags = snapshot
        .tags
        .iter()
        .map(|(key, value)| format!("{key}={value}"));
    known.extend(tags.map(|tag| format!("tag {tag}")));
    if let Some(held) = &snapshot.association {
        known.push(associated(&held.value));
    }
    if let Some(held) = &snapshot.reverse_dns {
        known.push(format!("reverse DNS {}", held.value));
    }
    known.extend(snapshot.unlocked.iter().map(|unlocked| {
        let what = match unlocked.what {
            Lock::ProtectTag => "protect tag removed",
            Lock::ReverseDns => "reverse DNS reset",
            Lock::Association => "disassociated",
        };
        let at = utc(unlocked.at);
        let by = unlocked.by.arn.as_deref().unwrap_or("somebody not named");
        format!("{what} at {at} by {by}")
    }));
    let attempts = record.map_or(0, |record| record.attempts);
    Finding {
        what: format!("what {} was: {}", snapshot.ip, known.join(", ")),
        why: match attempts {
            0 => "no run has asked for it".to_owned(),
            1 => "1 run has asked for it".to_owned(),
            runs => format!("{runs} runs have asked for it"),
        },
        next: format!("to have it back: {}", by_hand(snapshot, settings)),
    }
}

fn associated(association: &Association) -> String {
    let eni = association
        .eni
        .as_ref()
        .map_or("an unknown interface", |eni| eni.as_str());
    match association.private_ip {
        Some(private_ip) => format!("associated with {private_ip} on {eni}"),
        None => format!("associated with {eni}"),
    }
}

fn by_hand(snapshot: &Snapshot, settings: &Settings) -> String {
    let tags = snapshot.tags.iter();
    let tags = tags.filter(|(key, _)| !key.starts_with(RESERVED_TAG_PREFIX));
    let tags: Vec<(&str, &str)> = tags
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    let mut command = how_to_ask_by_hand(snapshot.ip, Some(snapshot), settings);
    if !tags.is_empty() {
        command = command.tag_specification("elastic-ip", tags);
    }
    format!(
        "{command}; if EC2 says that it is not available, ask AWS Support whether another account has it, \
         and tell those who have it on their lists"
    )
}
