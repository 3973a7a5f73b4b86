//! What an address was, for the person who has to go on where Holdfast ends. That is everything that is known of
//! it, and the commands that take it back and put it where it belonged.

use super::state::Release;
use crate::ledger::snapshot::Lock;
use crate::ledger::{ReleaseRecord, Snapshot};
use crate::model::elastic_ip::Association;
use crate::model::tags::RESERVED_TAG_PREFIX;
use crate::report::Finding;
use time::format_description::well_known::Rfc3339;

/// What is left of an address that is lost.
pub(super) fn of(
    snapshot: &Snapshot,
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
        let at = unlocked.at.format(&Rfc3339).unwrap_or_default();
        let by = unlocked.by.arn.as_deref().unwrap_or("somebody not named");
        format!("{what} at {at} by {by}")
    }));
    let attempts = record.map_or(0, |record| record.attempts);
    Finding {
        what: format!("what {} was: {}", snapshot.ip, known.join(", ")),
        why: format!("{attempts} runs have asked for it"),
        next: by_hand(snapshot),
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

fn by_hand(snapshot: &Snapshot) -> String {
    let mut command = format!(
        "aws ec2 allocate-address --domain vpc --address {}",
        snapshot.ip
    );
    if let Some(group) = &snapshot.border_group {
        command = format!("{command} --network-border-group {group}");
    }
    let tags: Vec<String> = snapshot
        .tags
        .iter()
        .filter(|(key, _)| !key.starts_with(RESERVED_TAG_PREFIX))
        .map(|(key, value)| format!("{{Key={key},Value={value}}}"))
        .collect();
    if !tags.is_empty() {
        let tags = tags.join(",");
        command = format!("{command} --tag-specifications 'ResourceType=elastic-ip,Tags=[{tags}]'");
    }
    format!(
        "{command}; if EC2 says that it is not available, ask AWS Support whether another account has it, \
         and tell those who have it on their lists"
    )
}
