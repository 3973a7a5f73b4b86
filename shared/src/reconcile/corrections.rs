//! Whether a restored address is where it belongs, once more is known than when it was restored. Pure.
//!
//! A release may be delivered before the calls that came before it. The guard then restores the association that was
//! known by then. A call that arrives later, or CloudTrail's event history, may tell of a younger one. The holder then
//! has the address by our mistake. To put it where it was is to finish the restoration, as long as nobody else has
//! touched it since Holdfast put it there. Whatever anybody else did with it stays.

use crate::ledger::release::KnownAssociation;
use crate::ledger::{AllocationRows, ReleaseStatus, RestorationNote, Snapshot};
use crate::model::elastic_ip::{Address, Association};
use crate::model::ids::{AllocationId, EniId, InstanceId};
use crate::model::instance::{Instance, InstanceState};
use crate::model::interface::Interface;
use crate::release_guard::decide::protection;
use crate::release_guard::restore::last_association;
use crate::release_guard::state::Release;
use crate::settings::{Protection, Settings};
use std::net::Ipv4Addr;
use time::{Duration, OffsetDateTime};

/// For how long after a release its address is moved by what comes to light. Lambda tries an event again for hours, and
/// CloudTrail shows a call after minutes. Later, whoever uses the address has settled.
pub const CORRECTED_WITHIN: Duration = Duration::DAY;

/// A restoration by a knowledge that has changed since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outdated {
    /// Under which allocation the address is back.
    pub allocation: AllocationId,
    /// The address.
    pub ip: Ipv4Addr,
    /// The guard has not come to the end of its restoration, or a correction has begun.
    pub is_open: bool,
    /// When it was released.
    pub released_at: OffsetDateTime,
    /// When its release record was last written.
    pub written_at: OffsetDateTime,
    /// What the guard went by, and what it made.
    pub note: RestorationNote,
    /// The last association before the release, as it is known now; none where it is known by now to have been given
    /// up before.
    pub last: Option<LastAssociation>,
}

/// The last association before a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastAssociation {
    /// Which, and since when.
    pub known: KnownAssociation,
    /// What it tied.
    pub association: Association,
}

/// The restoration of a released allocation, where it went by something else than what is known now.
#[must_use]
pub fn outdated(
    known: &AllocationRows,
    settings: &Settings,
    now: OffsetDateTime,
) -> Option<Outdated> {
    let (record, row) = (known.release.as_ref()?, known.snapshot.as_ref()?);
    let ReleaseStatus::Reclaimed {
        allocation,
        restored,
    } = &record.status
    else {
        return None;
    };
    // The guard would not put it anywhere else.
    if protection(row, settings).0 != Protection::Reclaim || row.service_managed.is_some() {
        return None;
    }
    let note = record.restoration.clone()?;
    let last = last_association(row, &Release::recorded(record, settings), settings);
    let last = last.map(|held| LastAssociation {
        known: KnownAssociation::of(held),
        association: held.value.clone(),
    });
    let id = |known: Option<&KnownAssociation>| known.map(|known| known.id.clone());
    let is_the_same = id(note.known.as_ref()) == id(last.as_ref().map(|last| &last.known));
    (!is_the_same && now - record.released_at <= CORRECTED_WITHIN).then(|| Outdated {
        allocation: allocation.clone(),
        ip: row.ip,
        is_open: !restored,
        released_at: record.released_at,
        written_at: record.updated_at,
        note,
        last,
    })
}

/// Whether there is something left to do about where a released allocation's address is.
#[must_use]
pub fn is_unfinished(known: &AllocationRows, settings: &Settings, now: OffsetDateTime) -> bool {
    let is_open = known.release.as_ref().is_some_and(|record| {
        matches!(
            record.status,
            ReleaseStatus::Reclaimed {
                restored: false,
                ..
            }
        )
    });
    is_open || outdated(known, settings, now).is_some()
}

/// Where the address is now, and what is there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Whereabouts {
    /// The address, as EC2 shows it; none where it shows none.
    pub address: Option<Address>,
    /// The ledger's row of the allocation under which it is back.
    pub row: Option<Snapshot>,
    /// The interfaces that have it and that had it.
    pub interfaces: Vec<Interface>,
    /// The instances of these.
    pub instances: Vec<Instance>,
}

/// What is to become of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Correction {
    /// It is unassociated, and nobody has associated it since: the guard associates it.
    Associate,
    /// It is where Holdfast put it: that association is to end, and the guard associates it where it belongs.
    Move {
        /// The association that Holdfast made.
        from: Association,
    },
    /// It is where it belongs already.
    Right,
    /// EC2 does not show it yet, or it is gone: a later run sees.
    Later,
    /// It stays where it is.
    Leave {
        /// Why.
        why: String,
    },
}

/// Decides what is to become of an address whose restoration is outdated.
#[must_use]
pub fn decide(outdated: &Outdated, now: &Whereabouts) -> Correction {
    let leave = |why: String| Correction::Leave { why };
    let Some(address) = &now.address else {
        return Correction::Later;
    };
    let Some(last) = &outdated.last else {
        return leave("an address that somebody may use by now is not taken away".to_owned());
    };
    let last = &last.association;
    let Some(held) = &address.association else {
        let row = now.row.as_ref();
        let was_touched = outdated.note.made.is_some() || was_associated_since(row, outdated);
        return if was_touched && !outdated.is_open {
            leave("somebody has ended the association that Holdfast had restored".to_owned())
        } else {
            Correction::Associate
        };
    };
    if is_at(held, last) {
        return Correction::Right;
    }
    if outdated.note.made.as_ref() != Some(&held.id) {
        return leave("somebody has associated it since".to_owned());
    }
    match obstacle(last, held, now) {
        Some(why) => leave(why),
        None => Correction::Move { from: held.clone() },
    }
}

/// Whether the new allocation has had an association of its own. One that is older is carried over.
fn was_associated_since(row: Option<&Snapshot>, outdated: &Outdated) -> bool {
    let held = row.and_then(|row| row.association.as_ref());
    held.is_some_and(|held| held.since > outdated.released_at)
}

fn is_at(held: &Association, last: &Association) -> bool {
    last.eni.is_some() && (&held.eni, held.private_ip) == (&last.eni, last.private_ip)
}

/// What keeps the address from going where it was.
fn obstacle(last: &Association, held: &Association, now: &Whereabouts) -> Option<String> {
    let (Some(eni), Some(private_ip)) = (&last.eni, last.private_ip) else {
        return Some("which network interface and private IP it had is not known".to_owned());
    };
    let Some(interface) = now.interface(eni) else {
        return Some(format!(
            "the network interface {eni} does not exist any more"
        ));
    };
    if interface.is_aws_managed() {
        return Some(format!("{eni} belongs to an AWS service"));
    }
    match interface.private_ips.get(&private_ip) {
        None => {
            return Some(format!(
                "{eni} does not have the private IP {private_ip} any more"
            ));
        }
        Some(Some(other)) if other.allocation.is_some() => {
            return Some(format!("{private_ip} on {eni} has {} now", other.ip));
        }
        Some(_) => {}
    }
    let holder = held.eni.as_ref();
    let is_worse = !now.runs(eni) && holder.is_some_and(|holder| now.runs(holder));
    is_worse.then(|| format!("{eni} is on no running instance, and the one that has it now runs"))
}

impl Whereabouts {
    fn interface(&self, eni: &EniId) -> Option<&Interface> {
        self.interfaces
            .iter()
            .find(|interface| interface.id == *eni)
    }

    /// Whether the interface is one of a running instance.
    fn runs(&self, eni: &EniId) -> bool {
        let instance = self.interface(eni).and_then(Interface::instance);
        instance.is_some_and(|id| self.state_of(id) == Some(InstanceState::Running))
    }

    fn state_of(&self, id: &InstanceId) -> Option<InstanceState> {
        let instance = self.instances.iter().find(|instance| instance.id == *id);
        instance.map(|instance| instance.state)
    }
}
