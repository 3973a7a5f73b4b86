//! Which addresses have lost their place to another one. Pure.
//!
//! A private IP has one public IP. An address that is associated with an occupied private IP drives away what is there,
//! and no call and no event names the one that went. Holdfast reads the private IP right before it associates. An address
//! that comes there in the last moment may be driven away all the same. Only a look at everything shows that.

use super::state::{Look, Places};
use crate::ledger::Snapshot;
use crate::ledger::snapshot::{Lock, Unlocked};
use crate::model::cloudtrail::AddressChange;
use crate::model::elastic_ip::Association;
use crate::model::ids::{AllocationId, EniId};
use crate::model::interface::Interface;
use std::net::Ipv4Addr;

/// An address that has lost its place, and the one that has it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Displaced {
    /// The one that lost it.
    pub allocation: AllocationId,
    /// Its IP.
    pub ip: Ipv4Addr,
    /// The interface.
    pub eni: EniId,
    /// The private IP on it.
    pub private_ip: Ipv4Addr,
    /// The one that is there now.
    pub by: AllocationId,
    /// Its IP.
    pub by_ip: Ipv4Addr,
}

/// A place whose address is gone from there, with nobody's word that it was taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostPlace<'a> {
    /// The row of the address.
    pub row: &'a Snapshot,
    /// The association that it had there.
    pub association: &'a Association,
}

/// The association that a call made, where a look does not show it any more and no call has told of its end. `now` is the
/// row after both.
#[must_use]
pub fn lost_place<'a>(change: &AddressChange, now: &'a Snapshot) -> Option<LostPlace<'a>> {
    let AddressChange::Associated {
        association: Some(id),
        ..
    } = change
    else {
        return None;
    };
    let held = now
        .association
        .as_ref()
        .filter(|held| held.value.id == *id)?;
    let until = held.until?;
    let is_told = |it: &Unlocked| it.what == Lock::Association && it.at == until;
    (now.is_allocated() && !now.unlocked.iter().any(is_told)).then_some(LostPlace {
        row: now,
        association: &held.value,
    })
}

impl LostPlace<'_> {
    /// What took the place, by the interface as it is now. A call that names an instance only means its primary private IP.
    #[must_use]
    pub fn taken_by(&self, interface: &Interface) -> Option<Displaced> {
        let private_ip = self.association.private_ip.or(interface.primary_ip)?;
        let there = interface.private_ips.get(&private_ip)?.as_ref()?;
        Some(Displaced {
            allocation: self.row.allocation.clone(),
            ip: self.row.ip,
            eni: interface.id.clone(),
            private_ip,
            by: there.allocation.clone()?,
            by_ip: there.ip,
        })
        .filter(|lost| lost.by != lost.allocation)
    }
}

/// Whether a look shows for the first time that an address has lost its place to another one. `after` is its row after
/// the look: a look that is older than what is known ends nothing.
#[must_use]
pub fn displaced(
    before: Option<&Snapshot>,
    after: Option<&Snapshot>,
    look: &Look,
    places: &Places<'_>,
) -> Option<Displaced> {
    let (before, after) = (before?, after?);
    let held = before.association.as_ref();
    let held = held.filter(|held| held.until.is_none())?;
    let is_over = after.association.as_ref()?.until.is_some();
    let shown = look.addresses.get(&before.allocation)?;
    if !is_over || shown.association.is_some() {
        return None;
    }
    let (eni, private_ip) = held.value.eni.clone().zip(held.value.private_ip)?;
    let by = places.address_on(&eni, private_ip)?;
    Some(Displaced {
        allocation: before.allocation.clone(),
        ip: before.ip,
        by: by.allocation.clone(),
        by_ip: by.ip,
        eni,
        private_ip,
    })
}
