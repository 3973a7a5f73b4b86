//! How one thing gets to one member: the cheapest way that works, or what stands in its way. Pure.

use super::decide::Question;
use super::evidence::is_down;
use super::group::{Cargo, Charge};
use super::obstacle::Obstacle;
use crate::address::{Address, Attachment, Interface};
use crate::ids::{AllocationId, AssociationId, AttachmentId, EniId, InstanceId, SubnetId};
use crate::instance::{AttachedInterface, Instance, Limits, PublicSide};
use crate::placement::group::group_of;
use crate::settings::Mover;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// The network card on which interfaces are attached. Source: EC2 API reference,
/// `AttachNetworkInterface`, `NetworkCardIndex`: the primary card is 0, and every instance has it.
const CARD: i32 = 0;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Detach, wait, attach, wait.
    Interface {
        /// The interface.
        eni: EniId,
        /// The attachment that has to end first.
        from: Option<Ending>,
        /// The device index on card 0.
        device_index: i32,
    },
    /// One call, and the Elastic IPs ride along.
    PrivateIps {
        /// The interface that gets them.
        to: EniId,
        /// The private IPs.
        ips: Vec<Ipv4Addr>,
    },
    /// One call, or two when the holder is down.
    Address {
        /// The allocation.
        allocation: AllocationId,
        /// The interface that gets it.
        eni: EniId,
        /// The private IP that gets it.
        private_ip: Ipv4Addr,
        /// The public IP that EC2 assigned there by itself, and that is lost for good.
        displaced: Option<Ipv4Addr>,
        /// How the tie to the holder ends.
        tie: Tie,
    },
}

impl Step {
    /// How it moves.
    #[must_use]
    pub fn mover(&self) -> Mover {
        match self {
            Self::Interface { .. } => Mover::Eni,
            Self::PrivateIps { .. } => Mover::Ip,
            Self::Address { .. } => Mover::Eip,
        }
    }
}

/// An attachment that has to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// The attachment: the compare-and-set token.
    pub attachment: AttachmentId,
    /// Whether it is on its way out already.
    pub is_leaving: bool,
    /// Whether the interface would end with its instance: that is cleared first.
    pub ends_with_instance: bool,
    /// Whether there is no guest that could let go by itself.
    pub by_force: bool,
}

/// How an Elastic IP's tie to its holder ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tie {
    /// There is none.
    None,
    /// The holder runs, and no other function touches what a running holder has: one call moves it.
    Replaced,
    /// The holder is down, and a starting instance may be taking the address at this very moment. The tie
    /// is ended by its id, and the new one never replaces another.
    Ended(AssociationId),
}

/// What earlier moves of the same plan have taken.
#[derive(Debug, Clone, Default)]
pub struct Booking {
    slots: BTreeSet<(InstanceId, i32)>,
    places: BTreeSet<(EniId, Ipv4Addr)>,
    rooms: Vec<EniId>,
}

/// How a charge gets to a member.
///
/// # Errors
/// What stands in the way.
pub fn route(
    question: &Question<'_>,
    charge: &Charge<'_>,
    member: &Instance,
    booking: &mut Booking,
) -> Result<Step, Obstacle> {
    match &charge.cargo {
        Cargo::Interface(interface) => by_interface(question, interface, member, booking),
        Cargo::PrivateIps {
            subnet,
            ips,
            by_interface,
            ..
        } => {
            let only = by_interface.then_some(question.group.name);
            by_private_ips(question, subnet.as_ref(), only, ips, member, booking)
        }
        Cargo::Address(address) => match charge.mover {
            Mover::Eni => Err(Obstacle::NotAnInterface {
                allocation: address.allocation.clone(),
            }),
            Mover::Ip => Err(Obstacle::PrimaryPrivateIp {
                allocation: address.allocation.clone(),
            }),
            Mover::Eip => by_address(question, address, member, booking),
            Mover::Auto => by_address(question, address, member, booking)
                .or_else(|why| along_with_private_ip(question, address, member, booking, why)),
        },
    }
}

fn by_interface(
    question: &Question<'_>,
    interface: &Interface,
    member: &Instance,
    booking: &mut Booking,
) -> Result<Step, Obstacle> {
    let standby = member.id.clone();
    let attachment = interface.attachment.as_ref();
    if attachment.is_some_and(Attachment::is_primary) {
        let eni = interface.id.clone();
        return Err(Obstacle::PrimaryInterface { eni });
    }
    if let (Some(zone), Some(there)) = (&interface.zone, &member.zone)
        && zone != there
    {
        return Err(Obstacle::OtherZone {
            standby,
            zone: there.clone(),
            wanted: zone.clone(),
        });
    }
    let device_index = free_slot(question, member, booking)?;
    booking.slots.insert((standby, device_index));
    Ok(Step::Interface {
        eni: interface.id.clone(),
        from: attachment.map(|attachment| ending(question, attachment)),
        device_index,
    })
}

fn ending(question: &Question<'_>, attachment: &Attachment) -> Ending {
    let by_force = attachment.instance.as_ref().is_some_and(|holder| {
        let checks = question.fitness.checks.get(holder);
        is_down(holder, question.observed)
            || (question.kind.is_failure() && checks == Some(&crate::instance::Checks::Impaired))
    });
    Ending {
        attachment: attachment.id.clone(),
        is_leaving: attachment.state == crate::address::AttachmentState::Detaching,
        ends_with_instance: attachment.ends_with_instance,
        by_force,
    }
}

/// The first free device index on card 0: neither a fixed one nor the number of interfaces, which is taken
/// where the indexes have gaps.
fn free_slot(
    question: &Question<'_>,
    member: &Instance,
    booking: &Booking,
) -> Result<i32, Obstacle> {
    let standby = member.id.clone();
    let Some(limit) = limits(question, member).map(|limits| limits.interfaces) else {
        return Err(Obstacle::UnknownType {
            standby,
            kind: member.kind.clone(),
        });
    };
    let on_card = member
        .interfaces
        .iter()
        .filter(|each| each.card_index == CARD);
    let taken: BTreeSet<i32> = on_card.map(|each| each.device_index).collect();
    let is_booked = |index: &i32| {
        let slot = (member.id.clone(), *index);
        booking.slots.contains(&slot) || question.refused.slots.contains(&slot)
    };
    let booked = booking
        .slots
        .iter()
        .filter(|(instance, _)| *instance == member.id);
    let used = taken.len() + booked.count();
    if i32::try_from(used).is_ok_and(|used| used >= limit) {
        let kind = member.kind.clone();
        return Err(Obstacle::NoFreeSlot {
            standby,
            kind,
            limit,
        });
    }
    // An attachment takes an index of its own even where the instance has gaps, so some index is free.
    let mut indexes = 1..=i32::MAX;
    Ok(indexes
        .find(|index| !taken.contains(index) && !is_booked(index))
        .unwrap_or(limit))
}

fn limits(question: &Question<'_>, member: &Instance) -> Option<Limits> {
    question.fitness.limits.get(member.kind.as_ref()?).copied()
}

fn by_private_ips(
    question: &Question<'_>,
    subnet: Option<&SubnetId>,
    only_tagged: Option<&str>,
    ips: &[Ipv4Addr],
    member: &Instance,
    booking: &mut Booking,
) -> Result<Step, Obstacle> {
    let standby = member.id.clone();
    let is_good = |each: &&AttachedInterface| {
        only_tagged.is_none_or(|group| has_tag(question, &each.id, group))
    };
    let in_subnet =
        || own_interfaces(question, member).filter(|each| each.subnet.as_ref() == subnet);
    let Some(target) = in_subnet().find(is_good) else {
        if let Some(untagged) = in_subnet().next() {
            let eni = untagged.id.clone();
            return Err(Obstacle::Untagged { standby, eni });
        }
        return Err(Obstacle::OtherSubnet {
            standby,
            subnet: subnet.cloned(),
        });
    };
    let booked = booking
        .rooms
        .iter()
        .filter(|eni| **eni == target.id)
        .count();
    let used = target.private_ips.len() + booked + ips.len();
    let limit = limits(question, member).map(|limits| limits.private_ips);
    if let Some(limit) = limit
        && i32::try_from(used).is_ok_and(|used| used > limit)
    {
        return Err(Obstacle::NoRoom {
            standby,
            eni: target.id.clone(),
            limit,
        });
    }
    booking.rooms.extend(ips.iter().map(|_| target.id.clone()));
    Ok(Step::PrivateIps {
        to: target.id.clone(),
        ips: ips.to_vec(),
    })
}

fn by_address(
    question: &Question<'_>,
    address: &Address,
    member: &Instance,
    booking: &mut Booking,
) -> Result<Step, Obstacle> {
    let is_open = |eni: &EniId, ip: Ipv4Addr, public: Option<&PublicSide>| {
        public.is_none_or(|public| public.automatic)
            && !booking.places.contains(&(eni.clone(), ip))
            && !has_address(question, eni, ip)
    };
    let mut places = own_interfaces(question, member).flat_map(|interface| {
        let ips = interface.private_ips.iter();
        ips.map(move |ip| (interface.id.clone(), ip))
    });
    let open = places.find(|(eni, ip)| is_open(eni, ip.ip, ip.public.as_ref()));
    let Some((eni, place)) = open else {
        return Err(Obstacle::NoFreePrivateIp {
            standby: member.id.clone(),
        });
    };
    booking.places.insert((eni.clone(), place.ip));
    Ok(Step::Address {
        allocation: address.allocation.clone(),
        eni,
        private_ip: place.ip,
        displaced: place.public.map(|public| public.ip),
        tie: tie(question, address),
    })
}

fn tie(question: &Question<'_>, address: &Address) -> Tie {
    let Some(association) = &address.association else {
        return Tie::None;
    };
    let holder = association.instance.as_ref();
    if holder.is_some_and(|holder| !is_down(holder, question.observed)) {
        return Tie::Replaced;
    }
    Tie::Ended(association.id.clone())
}

/// The address cannot go alone: with the private IP that it is on, if that can move.
fn along_with_private_ip(
    question: &Question<'_>,
    address: &Address,
    member: &Instance,
    booking: &mut Booking,
    why: Obstacle,
) -> Result<Step, Obstacle> {
    let Some((interface, ip)) = question.group.secondary_place(address) else {
        return Err(why);
    };
    by_private_ips(
        question,
        interface.subnet.as_ref(),
        None,
        &[ip],
        member,
        booking,
    )
}

/// The interfaces that are the member's own: not an AWS service's, and none that moves among the group.
fn own_interfaces<'a>(
    question: &Question<'a>,
    member: &'a Instance,
) -> impl Iterator<Item = &'a AttachedInterface> {
    let question = *question;
    member.interfaces.iter().filter(move |each| {
        let floats = question.group.charges.iter().any(
            |charge| matches!(&charge.cargo, Cargo::Interface(floating) if floating.id == each.id),
        );
        !each.service_managed && !floats
    })
}

fn has_tag(question: &Question<'_>, eni: &EniId, group: &str) -> bool {
    let mut interfaces = question.observed.interfaces.iter();
    let keys = &question.settings.tags;
    interfaces.any(|each| each.id == *eni && group_of(&each.tags, keys) == Some(group))
}

fn has_address(question: &Question<'_>, eni: &EniId, ip: Ipv4Addr) -> bool {
    let mut held = question
        .observed
        .addresses
        .iter()
        .filter_map(|each| each.association.as_ref());
    held.any(|held| held.eni.as_ref() == Some(eni) && held.private_ip == Some(ip))
}
