//! What the ledger is to say after a look or an event. It is pure, synchronous, and the same whether a row is
//! derived for the first time or anew after another writer came first.

use super::observe::{Concerned, Everything, Look};
use crate::event::cloudtrail::{Deed, Record};
use crate::guard::decide::protection;
use crate::ids::{AllocationId, AssociationId};
use crate::ledger::snapshot::Sighting;
use crate::ledger::{Known, Snapshot};
use crate::report::Finding;
use crate::settings::{Protection, Settings};
use std::net::Ipv4Addr;

/// Which addresses an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Concern {
    /// These.
    Allocations(Vec<AllocationId>),
    /// The one that this association tied: the ledger knows which.
    Association(AssociationId),
    /// The one with this IP, by whatever allocations the ledger has it.
    Address {
        /// The IP.
        ip: Ipv4Addr,
        /// The allocation under which it was received, where the call tells.
        received: Option<AllocationId>,
    },
    /// None that reconcile deals with.
    Nothing {
        /// Why.
        why: String,
    },
}

/// Which addresses an event is about.
#[must_use]
pub fn concern(record: &Record, settings: &Settings) -> Concern {
    let (there, here) = (&record.call.region, &settings.region);
    if there != here {
        return Concern::Nothing {
            why: format!("it happened in {there}, and this installation looks after {here}"),
        };
    }
    match &record.deed {
        Deed::Released { .. } => Concern::Nothing {
            why: "the release guard deals with releases".to_owned(),
        },
        Deed::TransferAccepted { ip, allocation } => Concern::Address {
            ip: *ip,
            received: allocation.clone(),
        },
        Deed::Disassociated { association } => Concern::Association(association.clone()),
        Deed::Allocated(birth) => Concern::Allocations(vec![birth.allocation.clone()]),
        Deed::Associated { allocation, .. }
        | Deed::TransferEnabled { allocation, .. }
        | Deed::TransferDisabled { allocation }
        | Deed::ReverseNameSet { allocation, .. }
        | Deed::ReverseNameReset { allocation } => Concern::Allocations(vec![allocation.clone()]),
        Deed::Tagged { allocations, .. } | Deed::Untagged { allocations, .. } => {
            let mut allocations = allocations.clone();
            allocations.sort();
            allocations.dedup();
            Concern::Allocations(allocations)
        }
    }
}

/// Whether what a call tells is not enough. That is so where the address is not known, where
/// something younger is known already (so what came between may be missing), and where the call named an
/// instance only. Everything else costs no EC2 call: a teardown is a thousand events at once.
#[must_use]
pub fn needs_a_look(known: &Known, record: &Record) -> bool {
    let at = record.call.at;
    match (&known.snapshot, &record.deed) {
        (_, Deed::Allocated(_)) => false,
        (Some(row), _) if !row.is_alive() => false,
        (None, _) | (_, Deed::TransferAccepted { .. }) => true,
        (Some(row), deed) => {
            let names_instance_only = matches!(
                deed,
                Deed::Associated { eni, private_ip, .. } if eni.is_none() || private_ip.is_none()
            );
            names_instance_only || row.is_older_than_known(deed, at)
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
    /// Allocations that the ledger has as alive and EC2 does not show.
    pub missing: Vec<AllocationId>,
    /// What a person should know.
    pub findings: Vec<Finding>,
}

/// Decides what a look at everything changes.
#[must_use]
pub fn sweep(observed: &Everything, settings: &Settings) -> Sweep {
    let mut plan = Sweep::default();
    for allocation in observed.look.addresses.keys() {
        let known = observed.known(allocation);
        let next = after_look(&known, &observed.look, allocation, settings);
        if next.is_some() {
            plan.changed.push(allocation.clone());
        }
        let row = next.or(known.snapshot);
        if let Some(snapshot) = row.filter(Snapshot::is_alive) {
            let (protection, findings) = protection(&snapshot, settings);
            let is_protected =
                protection == Protection::Reclaim && snapshot.service_managed.is_none();
            plan.protected += usize::from(is_protected);
            plan.findings.extend(findings);
        }
    }
    plan.missing = missing(observed);
    plan
}

/// A row that is younger than the look is not missed by it.
fn missing(observed: &Everything) -> Vec<AllocationId> {
    let is_missed = |row: &&Snapshot| {
        row.is_alive()
            && row.true_at <= observed.look.at
            && !observed.look.addresses.contains_key(&row.allocation)
    };
    let missed = observed.rows.values().filter(is_missed);
    missed.map(|row| row.allocation.clone()).collect()
}

/// The row of an allocation after a look at it; none when the look taught nothing.
#[must_use]
pub fn after_look(
    known: &Known,
    look: &Look,
    allocation: &AllocationId,
    settings: &Settings,
) -> Option<Snapshot> {
    let sighting = look.of(allocation)?;
    let next = match &known.snapshot {
        None => Snapshot::first(sighting),
        Some(row) => row.seeing(sighting, &settings.tags.protect)?,
    };
    Some(ended_if_released(next, known))
}

/// The row of an allocation after a call and a look at it, each counted at its own time. None when they
/// taught nothing, or when neither tells which address it is.
#[must_use]
pub fn after_call(
    known: &Known,
    record: &Record,
    look: &Look,
    allocation: &AllocationId,
    settings: &Settings,
) -> Option<Snapshot> {
    let protect_tag = &settings.tags.protect;
    let sighting = look.of(allocation);
    let start = match (&known.snapshot, &record.deed) {
        (Some(row), _) => row.clone(),
        (None, Deed::Allocated(birth)) => Snapshot::born(birth, record.call.at),
        (None, _) => Snapshot::first(sighting?),
    };
    let record = completed(record, sighting);
    let heard = start.following(&record, protect_tag).unwrap_or(start);
    let seen = sighting.and_then(|sighting| heard.seeing(sighting, protect_tag));
    let next = seen.unwrap_or(heard);
    let next = ended_if_released(next, known);
    (known.snapshot.as_ref() != Some(&next)).then_some(next)
}

/// The row of the address that somebody else accepted: EC2 does not show it any more, and how it ended is
/// not settled. None where it was this account that received it.
#[must_use]
pub fn given_away<'a>(
    observed: &'a Concerned,
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
    let is_open = |known: &Known| {
        let release = known.release.as_ref();
        release.is_none_or(|release| !release.status.is_settled())
    };
    let rows = observed.rows.iter();
    let gone = rows.filter(|(allocation, known)| !is_shown(allocation) && is_open(known));
    let rows = gone.filter_map(|(_, known)| known.snapshot.as_ref());
    rows.max_by_key(|row| (row.is_alive(), row.true_at))
}

/// An allocation that has a release record has ended, whatever an older truth says.
fn ended_if_released(snapshot: Snapshot, known: &Known) -> Snapshot {
    match &known.release {
        Some(release) if snapshot.is_alive() => snapshot.ended(release.released_at),
        _ => snapshot,
    }
}

/// A call may name an instance only; EC2 shows which interface and private IP that meant.
fn completed(record: &Record, sighting: Option<Sighting<'_>>) -> Record {
    let mut record = record.clone();
    if let Deed::Associated {
        association: Some(id),
        eni,
        private_ip,
        instance,
        ..
    } = &mut record.deed
        && let Some(shown) = sighting.and_then(|sighting| sighting.address.association.as_ref())
        && shown.id == *id
    {
        eni.clone_from(&shown.eni);
        *private_ip = shown.private_ip;
        instance.clone_from(&shown.instance);
    }
    record
}
