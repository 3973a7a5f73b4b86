//! What the ledger is to say after a look or an event. It is pure, synchronous, and the same whether a row is
//! derived for the first time or anew after another writer came first.

use super::displaced::{Displaced, displaced};
use super::state::AffectedAddresses;
use super::state::{AccountState, AffectedRows, Look, Places};
use super::unprotected::{self, LostProtection};
use crate::ledger::snapshot::Observation;
use crate::ledger::{AllocationRows, ReleaseRecord, Snapshot};
use crate::model::cloudtrail::{AddressChange, Record};
use crate::model::ids::AllocationId;
use crate::release_guard::decide::protection;
use crate::report::Finding;
use crate::settings::{Protection, Settings};
use time::Duration;

/// Which addresses an event is about.
#[must_use]
pub fn affected_addresses(record: &Record, settings: &Settings) -> AffectedAddresses {
    let (there, here) = (&record.call.region, &settings.region);
    if there != here {
        return AffectedAddresses::Nothing {
            why: format!("it happened in {there}, and this installation looks after {here}"),
        };
    }
    match &record.change {
        AddressChange::Released { .. } => AffectedAddresses::Nothing {
            why: "the release guard deals with releases".to_owned(),
        },
        AddressChange::TransferAccepted { ip, allocation } => AffectedAddresses::Address {
            ip: *ip,
            received: allocation.clone(),
        },
        AddressChange::Disassociated { association } => {
            AffectedAddresses::Association(association.clone())
        }
        AddressChange::Allocated(birth) => {
            AffectedAddresses::Allocations(vec![birth.allocation.clone()])
        }
        AddressChange::Associated { allocation, .. }
        | AddressChange::TransferEnabled { allocation, .. }
        | AddressChange::TransferDisabled { allocation }
        | AddressChange::ReverseDnsSet { allocation, .. }
        | AddressChange::ReverseDnsReset { allocation } => {
            AffectedAddresses::Allocations(vec![allocation.clone()])
        }
        AddressChange::Tagged { allocations, .. } | AddressChange::Untagged { allocations, .. } => {
            let mut allocations = allocations.clone();
            allocations.sort();
            allocations.dedup();
            AffectedAddresses::Allocations(allocations)
        }
    }
}

/// Whether what a call tells is not enough. That is so where the address is not known, where
/// something younger is known already (so what came between may be missing), and where the call named an
/// instance only. Everything else costs no EC2 call: a teardown is a thousand events at once.
#[must_use]
pub fn needs_a_look(known: &AllocationRows, record: &Record) -> bool {
    let at = record.call.at;
    match (&known.snapshot, &record.change) {
        (_, AddressChange::Allocated(_)) => false,
        (Some(row), _) if !row.is_allocated() => false,
        (None, _) | (_, AddressChange::TransferAccepted { .. }) => true,
        (Some(row), change) => {
            let names_instance_only = matches!(
                change,
                AddressChange::Associated { eni, private_ip, .. } if eni.is_none() || private_ip.is_none()
            );
            names_instance_only || row.is_older_than_known(change, at)
        }
    }
}

/// What is to be done after a look at everything.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sweep {
    /// Allocations whose rows are new or changed.
    pub changed: Vec<AllocationId>,
    /// How many of the addresses a reclaim would take back.
    pub protected: usize,
    /// How many changes no event has told of, in time.
    pub untold: usize,
    /// Allocations that the ledger has as alive and EC2 does not show.
    pub missing: Vec<AllocationId>,
    /// Addresses that were protected when they were last seen, and are not.
    pub unprotected: Vec<LostProtection>,
    /// Addresses that have lost their place to another one.
    pub displaced: Vec<Displaced>,
    /// What a person should know.
    pub findings: Vec<Finding>,
}

/// Decides what a look at everything changes.
#[must_use]
pub fn sweep(observed: &AccountState, settings: &Settings) -> Sweep {
    let mut plan = Sweep::default();
    let places = Places::of(&observed.look);
    for allocation in observed.look.addresses.keys() {
        let before = observed.rows.get(allocation);
        let release = observed.releases.get(allocation);
        let next = next_row((before, release), &observed.look, allocation, settings);
        if next.is_some() {
            plan.changed.push(allocation.clone());
        }
        let at = observed.look.at;
        let lost = next
            .as_ref()
            .and_then(|now| unprotected::seen(before, now, at, settings));
        plan.unprotected.extend(lost);
        let lost = displaced(before, next.as_ref(), &observed.look, &places);
        plan.displaced.extend(lost);
        let row = next.as_ref().or(before);
        if let Some(snapshot) = row.filter(|row| row.is_allocated()) {
            let (protection, findings) = protection(snapshot, settings);
            let is_protected =
                protection == Protection::Reclaim && snapshot.service_managed.is_none();
            plan.protected += usize::from(is_protected);
            plan.findings.extend(findings);
        }
    }
    plan.missing = missing(observed);
    plan.untold = untold(observed);
    plan
}

/// How long an event is waited for. CloudTrail delivers within about a quarter of an hour, and promises nothing.
/// Source: CloudTrail user guide, "How CloudTrail works", and its FAQ.
const EVENT_LAG: Duration = Duration::minutes(15);

/// How far apart two sweeps are: each counts what came about in one such time, so a change is counted once.
const BETWEEN_SWEEPS: Duration = Duration::minutes(5);

/// Changes that a look showed and of which no event has told to this day: a new address, other tags, a release. What the
/// first sweeps of an installation find is older than it is. Its own calls have events like all others.
fn untold(observed: &AccountState) -> usize {
    let until = observed.look.at - EVENT_LAG;
    let after = until - BETWEEN_SWEEPS;
    let rows = observed.rows.values();
    let since = rows.clone().map(Snapshot::known_since).min();
    if since.is_none_or(|since| after < since + EVENT_LAG) {
        return 0;
    }
    let changed = rows
        .filter(|row| row.is_allocated() && row.is_untold_within(after, until))
        .count();
    let released = observed.releases.values().filter(|record| {
        let is_in_time = after < record.released_at && record.released_at <= until;
        record.event_id.is_none() && is_in_time
    });
    changed + released.count()
}

/// A row that is younger than the look is not missed by it.
fn missing(observed: &AccountState) -> Vec<AllocationId> {
    let is_missed = |row: &&Snapshot| {
        row.is_allocated()
            && row.as_of <= observed.look.at
            && !observed.look.addresses.contains_key(&row.allocation)
    };
    let missed = observed.rows.values().filter(is_missed);
    missed.map(|row| row.allocation.clone()).collect()
}

/// The row of an allocation after a look at it; none when the look taught nothing.
#[must_use]
pub fn after_look(
    known: &AllocationRows,
    look: &Look,
    allocation: &AllocationId,
    settings: &Settings,
) -> Option<Snapshot> {
    let known = (known.snapshot.as_ref(), known.release.as_ref());
    next_row(known, look, allocation, settings)
}

fn next_row(
    (before, release): (Option<&Snapshot>, Option<&ReleaseRecord>),
    look: &Look,
    allocation: &AllocationId,
    settings: &Settings,
) -> Option<Snapshot> {
    let observation = look.of(allocation)?;
    let next = match before {
        None => Snapshot::first(observation),
        Some(row) => row.after_observation(observation, &settings.tags.protect)?,
    };
    Some(ended_if_released(next, release))
}

/// The row of an allocation after a call and a look at it, each counted at its own time. None when they
/// taught nothing, or when neither tells which address it is.
#[must_use]
pub fn after_call(
    known: &AllocationRows,
    record: &Record,
    look: &Look,
    allocation: &AllocationId,
    settings: &Settings,
) -> Option<Snapshot> {
    let protect_tag = &settings.tags.protect;
    let observation = look.of(allocation);
    let start = match (&known.snapshot, &record.change) {
        (Some(row), _) => row.clone(),
        (None, AddressChange::Allocated(birth)) => Snapshot::from_allocation(birth, record.call.at),
        (None, _) => Snapshot::first(observation?),
    };
    let record = completed(record, observation);
    let heard = start.after_record(&record, protect_tag).unwrap_or(start);
    let seen =
        observation.and_then(|observation| heard.after_observation(observation, protect_tag));
    let next = seen.unwrap_or(heard);
    let next = ended_if_released(next, known.release.as_ref());
    (known.snapshot.as_ref() != Some(&next)).then_some(next)
}

/// The row of the address that somebody else accepted: EC2 does not show it any more, and how it ended is
/// not final. None where it was this account that received it.
#[must_use]
pub fn transferred_row<'a>(
    observed: &'a AffectedRows,
    received: Option<&AllocationId>,
) -> Option<&'a Snapshot> {
    let is_shown = |allocation: &AllocationId| observed.look.addresses.contains_key(allocation);
    let is_noted = |allocation: &AllocationId| {
        let known = observed.rows.get(allocation);
        known.is_some_and(|known| known.snapshot.is_some())
    };
    if received.is_some_and(|received| is_shown(received) || is_noted(received)) {
        return None;
    }
    let is_open = |known: &AllocationRows| {
        let release = known.release.as_ref();
        release.is_none_or(|release| !release.status.is_final())
    };
    let rows = observed.rows.iter();
    let gone = rows.filter(|(allocation, known)| !is_shown(allocation) && is_open(known));
    let rows = gone.filter_map(|(_, known)| known.snapshot.as_ref());
    rows.max_by_key(|row| (row.is_allocated(), row.as_of))
}

/// An allocation that has a release record has ended, whatever an older truth says.
fn ended_if_released(snapshot: Snapshot, release: Option<&ReleaseRecord>) -> Snapshot {
    match release {
        Some(release) if snapshot.is_allocated() => snapshot.ended(release.released_at),
        _ => snapshot,
    }
}

/// A call may name an instance only; EC2 shows which interface and private IP that meant.
fn completed(record: &Record, observation: Option<Observation<'_>>) -> Record {
    let mut record = record.clone();
    if let AddressChange::Associated {
        association: Some(id),
        eni,
        private_ip,
        instance,
        ..
    } = &mut record.change
        && let Some(shown) =
            observation.and_then(|observation| observation.address.association.as_ref())
        && shown.id == *id
    {
        eni.clone_from(&shown.eni);
        *private_ip = shown.private_ip;
        instance.clone_from(&shown.instance);
    }
    record
}
