//! How one thing gets to one member: the cheapest way that works, or what stands in its way. Pure.

use super::group::{Resource, ResourceKind};
use super::obstacle::Obstacle;
use super::plan::{AssociationChange, Detachment, MoveAction, PlanInput};
use crate::groups::{TargetChoice, TargetInterfaces, is_of_group};
use crate::model::elastic_ip::Address;
use crate::model::former_target::FormerTarget;
use crate::model::ids::{EniId, InstanceId, SubnetId};
use crate::model::instance::{AttachedInterface, Instance, InstanceTypeLimits};
use crate::model::interface::{Attachment, Interface};
use crate::settings::Mover;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// The network card on which interfaces are attached. Source: EC2 API reference,
/// `AttachNetworkInterface`, `NetworkCardIndex`: the primary card is 0, and every instance has it.
const PRIMARY_CARD: i32 = 0;

/// What earlier moves of the same plan have taken.
#[derive(Debug, Clone, Default)]
pub struct Reservations {
    device_indexes: BTreeSet<(InstanceId, i32)>,
    places: BTreeSet<(EniId, Ipv4Addr)>,
    rooms: Vec<EniId>,
}

/// How a resource gets to a member.
///
/// # Errors
/// What stands in the way.
pub fn plan_move(
    input: &PlanInput<'_>,
    resource: &Resource<'_>,
    member: &Instance,
    reserved: &mut Reservations,
) -> Result<MoveAction, Obstacle> {
    match &resource.cargo {
        ResourceKind::Interface(interface) => {
            plan_interface_move(input, interface, member, reserved)
        }
        ResourceKind::PrivateIps {
            from,
            subnet,
            ips,
            by_interface,
        } => {
            let only = by_interface.then_some(input.group.name);
            let former = input.group.locations.target_at(from, None);
            let where_it_was = (subnet.as_ref(), former.as_ref());
            plan_private_ip_move(input, where_it_was, only, ips, member, reserved)
        }
        ResourceKind::Address(address) => match resource.mover {
            Mover::Eni => Err(Obstacle::NotAnInterface {
                allocation: address.allocation.clone(),
            }),
            Mover::Ip => Err(Obstacle::PrimaryPrivateIp {
                allocation: address.allocation.clone(),
            }),
            Mover::Eip => plan_address_move(input, address, member, reserved),
            Mover::Auto => match plan_address_move(input, address, member, reserved) {
                Err(why) if why.lacks_room() => {
                    plan_move_with_private_ip(input, address, member, reserved, why)
                }
                planned => planned,
            },
        },
    }
}

fn plan_interface_move(
    input: &PlanInput<'_>,
    interface: &Interface,
    member: &Instance,
    reserved: &mut Reservations,
) -> Result<MoveAction, Obstacle> {
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
    let device_index = free_device_index(input, member, reserved)?;
    reserved.device_indexes.insert((standby, device_index));
    Ok(MoveAction::Interface {
        eni: interface.id.clone(),
        from: attachment.map(|attachment| detachment(input, attachment)),
        device_index,
    })
}

fn detachment(input: &PlanInput<'_>, attachment: &Attachment) -> Detachment {
    let force = attachment.instance.as_ref().is_some_and(|holder| {
        let checks = input.health.checks(holder);
        input.observed.is_down(holder)
            || (input.kind.is_failure() && checks == crate::model::instance::StatusChecks::Impaired)
    });
    Detachment {
        attachment: attachment.id.clone(),
        is_detaching: attachment.state == crate::model::interface::AttachmentState::Detaching,
        delete_on_termination: attachment.delete_on_termination,
        force,
    }
}

/// The first free device index on card 0: neither a fixed one nor the number of interfaces, which is taken
/// where the indexes have gaps.
fn free_device_index(
    input: &PlanInput<'_>,
    member: &Instance,
    reserved: &Reservations,
) -> Result<i32, Obstacle> {
    let standby = member.id.clone();
    let Some(limit) = limits(input, member).map(|limits| limits.interfaces) else {
        return Err(Obstacle::UnknownType {
            standby,
            kind: member.kind.clone(),
        });
    };
    let on_card = member
        .interfaces
        .iter()
        .filter(|each| each.card_index == PRIMARY_CARD);
    let taken: BTreeSet<i32> = on_card.map(|each| each.device_index).collect();
    let is_booked = |index: &i32| {
        let slot = (member.id.clone(), *index);
        reserved.device_indexes.contains(&slot) || input.excluded.device_indexes.contains(&slot)
    };
    let booked = reserved
        .device_indexes
        .iter()
        .filter(|(instance, _)| *instance == member.id);
    let used = taken.len() + booked.count();
    if i32::try_from(used).is_ok_and(|used| used >= limit) {
        let kind = member.kind.clone();
        return Err(Obstacle::NoFreeDeviceIndex {
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

fn limits(input: &PlanInput<'_>, member: &Instance) -> Option<InstanceTypeLimits> {
    input.health.limits.get(member.kind.as_ref()?).copied()
}

fn plan_private_ip_move(
    input: &PlanInput<'_>,
    (subnet, former): (Option<&SubnetId>, Option<&FormerTarget>),
    only_tagged: Option<&str>,
    ips: &[Ipv4Addr],
    member: &Instance,
    reserved: &mut Reservations,
) -> Result<MoveAction, Obstacle> {
    let standby = member.id.clone();
    let is_good =
        |each: &AttachedInterface| only_tagged.is_none_or(|group| has_tag(input, &each.id, group));
    let own = target_interfaces(input, member);
    let is_in_subnet = |each: &AttachedInterface| each.subnet.as_ref() == subnet;
    let can_take = |each: &AttachedInterface| is_in_subnet(each) && is_good(each);
    let Some(target) = own.choose_interface(former, can_take)? else {
        if let Some(untagged) = own.choose_interface(former, is_in_subnet)? {
            let eni = untagged.id.clone();
            return Err(Obstacle::Untagged { standby, eni });
        }
        return Err(Obstacle::OtherSubnet {
            standby,
            subnet: subnet.cloned(),
        });
    };
    let booked = reserved
        .rooms
        .iter()
        .filter(|eni| **eni == target.id)
        .count();
    let used = target.private_ips.len() + booked + ips.len();
    let limit = limits(input, member).map(|limits| limits.private_ips);
    if let Some(limit) = limit
        && i32::try_from(used).is_ok_and(|used| used > limit)
    {
        return Err(Obstacle::PrivateIpLimit {
            standby,
            eni: target.id.clone(),
            limit,
        });
    }
    reserved.rooms.extend(ips.iter().map(|_| target.id.clone()));
    Ok(MoveAction::PrivateIps {
        to: target.id.clone(),
        ips: ips.to_vec(),
    })
}

fn plan_address_move(
    input: &PlanInput<'_>,
    address: &Address,
    member: &Instance,
    reserved: &mut Reservations,
) -> Result<MoveAction, Obstacle> {
    let now = input.group.locations.target_of(address);
    let former = now
        .as_ref()
        .or_else(|| input.former_targets.get(&address.allocation));
    // A primary interface that is to move as a whole blocks the next failover of what is on it.
    let is_to_move = |eni: &EniId| {
        let mut resources = input.group.resources.iter();
        resources.any(|each| matches!(&each.cargo, ResourceKind::Interface(one) if one.id == *eni))
    };
    let own = target_interfaces(input, member).without(is_to_move);
    let TargetChoice { target, chosen_by } = own.choose(former, &reserved.places, 0)?;
    let place = (target.eni.clone(), target.private_ip);
    reserved.places.insert(place);
    Ok(MoveAction::Address {
        allocation: address.allocation.clone(),
        eni: target.eni,
        private_ip: target.private_ip,
        displaced: target.auto_assigned,
        chosen_by,
        association_change: association_change(input, address),
    })
}

fn target_interfaces<'a>(input: &PlanInput<'a>, member: &'a Instance) -> TargetInterfaces<'a> {
    TargetInterfaces::of(member, &input.group.locations, &input.settings.tags)
}

fn association_change(input: &PlanInput<'_>, address: &Address) -> AssociationChange {
    let Some(association) = &address.association else {
        return AssociationChange::New;
    };
    let holder = association.instance.as_ref();
    if holder.is_some_and(|holder| !input.observed.is_down(holder)) {
        return AssociationChange::Replace;
    }
    AssociationChange::EndThenAssociate(association.id.clone())
}

/// The address cannot go alone: with the private IP that it is on, if that can move.
fn plan_move_with_private_ip(
    input: &PlanInput<'_>,
    address: &Address,
    member: &Instance,
    reserved: &mut Reservations,
    why: Obstacle,
) -> Result<MoveAction, Obstacle> {
    let Some((interface, ip)) = input.group.secondary_private_ip(address) else {
        return Err(why);
    };
    let former = FormerTarget::on(interface, None);
    plan_private_ip_move(
        input,
        (interface.subnet.as_ref(), Some(&former)),
        None,
        &[ip],
        member,
        reserved,
    )
}

fn has_tag(input: &PlanInput<'_>, eni: &EniId, group: &str) -> bool {
    let interface = input.group.locations.interface(eni);
    interface.is_some_and(|it| is_of_group(&it.tags, group, &input.settings.tags))
}
