//! What the ledger's rows say of an address, from one state to the next. Pure.

use holdfast::ledger::history::State;
use holdfast::ledger::snapshot::{AllocationState, Dated};
use holdfast::ledger::{Entry, ReleaseRecord, ReleaseStatus, Snapshot};
use holdfast::model::cloudtrail::Actor;
use holdfast::model::elastic_ip::Association;
use time::OffsetDateTime;

/// Something that the ledger tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) at: OffsetDateTime,
    pub(super) what: String,
    pub(super) by: Option<String>,
}

/// What the states of one address tell, in their order.
pub(super) fn told(entries: &[Entry]) -> Vec<Told> {
    let mut all = Vec::new();
    let mut before: Option<&Snapshot> = None;
    for entry in entries {
        match &entry.state {
            State::Snapshot(row) => {
                let of_allocation = before.filter(|before| before.allocation == row.allocation);
                all.extend(
                    changes(of_allocation, row)
                        .into_iter()
                        .map(|(what, by)| Told {
                            at: entry.at,
                            what,
                            by,
                        }),
                );
                before = Some(row.as_ref());
            }
            State::Release(release) => all.push(of_release(release, entry.at)),
        }
    }
    all
}

type Change = (String, Option<String>);

/// What is different between two states of one allocation.
fn changes(before: Option<&Snapshot>, now: &Snapshot) -> Vec<Change> {
    let Some(before) = before else {
        return first_seen(now);
    };
    let mut changes: Vec<Change> = Vec::new();
    let association = (before.association.as_ref(), now.association.as_ref());
    if association.0 != association.1 {
        changes.extend(of_association(now.association.as_ref()).map(|it| (it, None)));
    }
    if before.tags != now.tags {
        let by = now
            .unprotected
            .as_ref()
            .filter(|it| Some(*it) != before.unprotected.as_ref());
        let words = tag_words(before, now);
        changes.push((words, by.and_then(|it| it.by.as_ref()).and_then(name_of)));
    }
    if before.reverse_dns != now.reverse_dns {
        changes.extend(of_reverse_dns(now.reverse_dns.as_ref()).map(|it| (it, None)));
    }
    if before.transfer_offer != now.transfer_offer
        && let Some(offer) = &now.transfer_offer
    {
        let what = match (&offer.withdrawn_at, &offer.to_account) {
            (Some(_), _) => "the offer of a transfer was withdrawn".to_owned(),
            (None, Some(account)) => format!("a transfer to the account {account} was offered"),
            (None, None) => "a transfer to another account was offered".to_owned(),
        };
        changes.push((what, name_of(&offer.by)));
    }
    for unlocked in now
        .unlocked
        .iter()
        .filter(|it| !before.unlocked.contains(it))
    {
        let lock = serde_json::to_value(unlocked.what).unwrap_or_default();
        let lock = lock.as_str().unwrap_or("lock").replace('-', " ");
        changes.push((format!("its {lock} was taken away"), name_of(&unlocked.by)));
    }
    if before.is_allocated() && !now.is_allocated() {
        changes.push((format!("{} has ended", now.allocation), None));
    }
    changes
}

fn first_seen(now: &Snapshot) -> Vec<Change> {
    let allocation = &now.allocation;
    match now.state {
        AllocationState::Released { .. } => vec![(format!("{allocation} has ended"), None)],
        AllocationState::Allocated => {
            let with = now
                .association
                .as_ref()
                .and_then(|it| of_association(Some(it)));
            let with = with.map(|with| format!(", {with}")).unwrap_or_default();
            vec![(format!("known as {allocation}{with}"), None)]
        }
    }
}

fn of_association(association: Option<&Dated<Association>>) -> Option<String> {
    let dated = association?;
    let Association {
        eni,
        private_ip,
        instance,
        ..
    } = &dated.value;
    let on = eni.as_ref().map(ToString::to_string);
    let at = private_ip.map(|ip| ip.to_string());
    let of = instance.as_ref().map(|instance| format!("of {instance}"));
    let words: Vec<String> = [on, at, of].into_iter().flatten().collect();
    let what = if dated.until.is_some() {
        "no longer on"
    } else {
        "on"
    };
    Some(format!("{what} {}", words.join(" ")))
}

fn of_reverse_dns(name: Option<&Dated<String>>) -> Option<String> {
    let dated = name?;
    Some(match dated.until {
        Some(_) => format!("its reverse DNS name {} was taken away", dated.value),
        None => format!("its reverse DNS name is {}", dated.value),
    })
}

fn tag_words(before: &Snapshot, now: &Snapshot) -> String {
    let set = now
        .tags
        .iter()
        .filter(|(key, value)| before.tags.get(*key) != Some(*value));
    let set = set.map(|(key, value)| format!("{key}={value}"));
    let gone = before
        .tags
        .keys()
        .filter(|key| !now.tags.contains_key(*key));
    let gone = gone.map(|key| format!("{key} taken away"));
    let words: Vec<String> = set.chain(gone).collect();
    format!("tags: {}", words.join(", "))
}

/// A state of a release record.
pub(super) fn of_release(release: &ReleaseRecord, at: OffsetDateTime) -> Told {
    let allocation = &release.allocation;
    let what = match &release.status {
        ReleaseStatus::Pending { reason } => {
            let reason = serde_json::to_value(reason).unwrap_or_default();
            let reason = reason.as_str().unwrap_or("unknown").replace('-', " ");
            format!("the release of {allocation} is pending: {reason}")
        }
        ReleaseStatus::Reclaimed {
            allocation: new,
            restored: true,
        } => {
            format!("taken back as {new}, with all that it had")
        }
        ReleaseStatus::Reclaimed {
            allocation: new,
            restored: false,
        } => {
            format!("taken back as {new}; its association or reverse DNS is still missing")
        }
        ReleaseStatus::Lost { reason } => {
            let reason = serde_json::to_value(reason).unwrap_or_default();
            let reason = reason.as_str().unwrap_or("unknown").replace('-', " ");
            format!("lost: {reason}")
        }
        ReleaseStatus::LetGo { reason } => format!("let go: {reason}"),
        ReleaseStatus::Transferred {
            to_account: Some(account),
        } => {
            format!("transferred to the account {account}")
        }
        ReleaseStatus::Transferred { to_account: None } => {
            "transferred to another account".to_owned()
        }
        ReleaseStatus::Recorded => format!("the release of {allocation} is recorded, and no more"),
    };
    Told {
        at,
        what,
        by: name_of(&release.actor).map(|by| format!("released by {by}")),
    }
}

fn name_of(actor: &Actor) -> Option<String> {
    let names = [&actor.arn, &actor.invoked_by, &actor.kind];
    names.into_iter().flatten().next().cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// An entry as the ledger has it.
    fn entry(at: &str, state: &Value) -> Entry {
        let entry = json!({ "ip": "203.0.113.7", "at": at, "state": state });
        serde_json::from_value(entry).expect("it is an entry")
    }

    fn known(at: &str, more: &Value) -> Entry {
        let mut row = json!({
            "allocation": "eipalloc-1", "ip": "203.0.113.7", "pool": { "kind": "amazon" },
            "border_group": null, "tags": {}, "service_managed": null, "association": null,
            "reverse_dns": null, "unprotected": null, "state": { "is": "allocated" },
            "observed_at": at, "tags_as_of": at, "as_of": at, "revision": 1,
        });
        let members = row.as_object_mut().expect("an object");
        members.extend(more.as_object().expect("an object").clone());
        entry(at, &json!({ "snapshot": row }))
    }

    fn words(entries: &[Entry]) -> Vec<String> {
        told(entries).into_iter().map(|told| told.what).collect()
    }

    const EARLY: &str = "2026-11-27T03:00:00Z";
    const LATE: &str = "2026-11-27T04:00:00Z";

    #[test]
    fn what_is_different_from_one_state_to_the_next_is_told() {
        let tagged = json!({ "tags": { "holdfast:protect": "reclaim" } });
        let entries = [known(EARLY, &json!({})), known(LATE, &tagged)];
        let expected = ["known as eipalloc-1", "tags: holdfast:protect=reclaim"];
        assert_eq!(words(&entries), expected);
    }

    #[test]
    fn what_is_the_same_is_not_told_again() {
        let entries = [known(EARLY, &json!({})), known(LATE, &json!({}))];
        assert_eq!(words(&entries), ["known as eipalloc-1"]);
    }

    #[test]
    fn the_end_of_an_allocation_is_told() {
        let ended = json!({ "state": { "is": "released", "at": LATE } });
        let entries = [known(EARLY, &json!({})), known(LATE, &ended)];
        assert_eq!(words(&entries)[1], "eipalloc-1 has ended");
    }

    #[test]
    fn who_released_it_stands_with_what_became_of_it() {
        let release = json!({
            "allocation": "eipalloc-1", "ip": "203.0.113.7", "released_at": LATE,
            "event_id": null, "actor": { "arn": "arn:aws:iam::111122223333:user/kim" },
            "status": { "is": "pending", "reason": "over-quota" },
            "attempts": 1, "updated_at": LATE, "revision": 1,
        });
        let told = told(&[entry(LATE, &json!({ "release": release }))]);
        assert_eq!(
            told[0].what,
            "the release of eipalloc-1 is pending: over quota"
        );
        let by = told[0].by.as_deref();
        assert_eq!(by, Some("released by arn:aws:iam::111122223333:user/kim"));
    }
}
