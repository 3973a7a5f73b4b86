//! Why a protected address is left to whoever released it, though nothing on it says so: it was meant,
//! or it is being fought over. Pure.

use super::plan::{Conclusion, how_to_ask_by_hand};
use super::state::Release;
use crate::ledger::release::LostReason;
use crate::ledger::snapshot::Reclaimed;
use crate::ledger::{ReleaseRecord, ReleaseStatus, Snapshot};
use crate::model::cloudtrail::Actor;
use crate::report::{Finding, Outcome, utc};
use crate::settings::{ArnPattern, Settings};
use std::collections::BTreeMap;

/// Why the release was meant, if it was: by who did it, or since the protection had been taken away before.
#[must_use]
pub(super) fn intended(
    release: &Release,
    record: Option<&ReleaseRecord>,
    snapshot: Option<&Snapshot>,
    settings: &Settings,
) -> Option<String> {
    exempt(release, record, settings).or_else(|| unprotected_before(release, snapshot?))
}

/// Who released it is exempt. Neither the address nor what it was is needed to know that.
#[must_use]
pub(super) fn exempt(
    release: &Release,
    record: Option<&ReleaseRecord>,
    settings: &Settings,
) -> Option<String> {
    let told = release.call.as_ref().map(|call| &call.actor);
    let actor = told.or_else(|| record.map(|record| &record.actor));
    let pattern = matching_pattern(actor, settings)?;
    Some(format!("who released it is exempt (`{pattern}`)"))
}

/// Whether what this one does to an address is meant.
#[must_use]
pub fn is_exempt(actor: &Actor, settings: &Settings) -> bool {
    matching_pattern(Some(actor), settings).is_some()
}

/// What a person should know of a release that was let go since the tag had been removed before. H7: that was the quietest
/// way to lose a protected address.
#[must_use]
pub(super) fn let_go_without_its_tag(
    release: &Release,
    record: Option<&ReleaseRecord>,
    snapshot: &Snapshot,
    settings: &Settings,
) -> Option<Finding> {
    if exempt(release, record, settings).is_some() {
        return None;
    }
    let why = unprotected_before(release, snapshot)?;
    Some(Finding {
        what: format!("{} was protected once, and was let go", snapshot.ip),
        why,
        next: format!(
            "if it was not meant, ask for it at once: {}",
            how_to_ask_by_hand(snapshot.ip, Some(snapshot), settings)
        ),
    })
}

fn matching_pattern<'a>(actor: Option<&Actor>, settings: &'a Settings) -> Option<&'a str> {
    let actor = actor?;
    let names = [actor.arn.as_deref(), actor.role_arn.as_deref()];
    let covers =
        |pattern: &&ArnPattern| names.into_iter().flatten().any(|arn| pattern.matches(arn));
    settings
        .exempt_principals
        .iter()
        .find(covers)
        .map(ArnPattern::as_str)
}

/// Its protect tag was gone when it was released.
#[must_use]
pub(super) fn unprotected_before(release: &Release, snapshot: &Snapshot) -> Option<String> {
    let removal = snapshot.unprotected.as_ref()?;
    if removal.at > release.released_at {
        return None;
    }
    let at = utc(removal.at);
    let by = removal.by.as_ref().and_then(|actor| actor.arn.as_deref());
    Some(match by {
        Some(by) => format!("its protect tag was removed before, at {at} by {by}"),
        None => format!("its protect tag was removed before, seen at {at}"),
    })
}

/// The end of a fight: the address was taken back as often as the settings allow in a day, and is
/// released once more.
#[must_use]
pub(super) fn reclaim_loop(
    release: &Release,
    snapshot: &Snapshot,
    settings: &Settings,
) -> Option<Conclusion> {
    let of_today = |reclaim: &&Reclaimed| release.released_at - reclaim.at < time::Duration::DAY;
    let today: Vec<&Reclaimed> = snapshot.reclaims.iter().filter(of_today).collect();
    if u64::try_from(today.len()).unwrap_or(u64::MAX) < settings.most_reclaims_per_day {
        return None;
    }
    let now = release.call.as_ref().map(|call| &call.actor);
    let actors = named(today.iter().map(|reclaim| &reclaim.released_by).chain(now));
    let times = today.len();
    Some(Conclusion {
        status: ReleaseStatus::Lost {
            reason: LostReason::ReclaimLoop,
        },
        outcome: Outcome::ReclaimLoop,
        why: format!(
            "it was taken back {times} times within a day and is released again: left, since two \
             automations seem to undo each other ({actors})"
        ),
        findings: vec![Finding {
            what: format!("{} is released as often as it is taken back", snapshot.ip),
            why: format!("released by {actors}"),
            next: format!(
                "find what releases it, and stop that; if the address is wanted then: {}",
                how_to_ask_by_hand(snapshot.ip, Some(snapshot), settings)
            ),
        }],
    })
}

fn named<'a>(actors: impl Iterator<Item = &'a Actor>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for actor in actors {
        let names = [
            &actor.role_arn,
            &actor.arn,
            &actor.invoked_by,
            &actor.source,
        ];
        let name = names.into_iter().flatten().next();
        *counts
            .entry(name.map_or("somebody not named", String::as_str))
            .or_default() += 1;
    }
    let told: Vec<String> = counts
        .iter()
        .map(|(name, times)| format!("{name}, {times} times"))
        .collect();
    told.join("; ")
}
