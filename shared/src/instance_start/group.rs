//! A group as its tags and EC2's associations show it: whose address is where, which instance lacks
//! one, and on which private IP it would go. Pure reading, nothing is decided here.

use super::state::Observed;
use crate::groups::{
    Locations, TargetChoice, TargetInterfaces, TargetObstacle, addresses_of, elastic_ips,
    floating_group, floating_group_of, floating_private_ips, holder, is_of_group, members_of,
    slots_of, value_of,
};
use crate::model::elastic_ip::{Address, Association};
use crate::model::former_target::FormerTarget;
use crate::model::ids::{AllocationId, EniId, InstanceId};
use crate::model::instance::Instance;
use crate::settings::{OnStop, Settings, TagKeys};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

/// One group: its addresses, and the instances that share them.
#[derive(Debug, Clone)]
pub struct Group<'a> {
    /// Its name, the value of the tag.
    pub name: &'a str,
    /// Its addresses, without those that an AWS service manages, and those that are on an interface which
    /// moves among the group by itself.
    pub addresses: Vec<&'a Address>,
    /// Its instances, whatever state they are in.
    pub members: Vec<Member<'a>>,
    keys: &'a TagKeys,
    observed: &'a Observed,
    locations: Locations<'a>,
    /// Where its addresses are, or were last.
    former_targets: BTreeMap<&'a AllocationId, FormerTarget>,
    /// The slots of its addresses.
    slots: BTreeSet<&'a str>,
}

/// The private IPs that earlier steps of a plan take.
pub type Reserved = BTreeSet<(EniId, Ipv4Addr)>;

/// An instance of a group.
#[derive(Debug, Clone)]
pub struct Member<'a> {
    /// The instance.
    pub instance: &'a Instance,
    /// The group's addresses that it has.
    pub already_correct: Vec<&'a Address>,
    /// The group's addresses that its interfaces show, and that are not shown to be with it: EC2's two
    /// answers are of different moments.
    pub inconsistent: Vec<&'a Address>,
    /// What it lacks, and has a private IP for.
    pub needs: Vec<Need<'a>>,
    /// The interfaces on which an address could go.
    pub targets: TargetInterfaces<'a>,
    /// How many addresses it asks for beyond the private IPs that can take one.
    pub unplaceable: usize,
}

/// An address that an instance asks for and does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need<'a> {
    /// The slot that it is to be of; none: any address of the group that has no slot.
    pub slot: Option<&'a str>,
}

/// An instance that has an address and does not run any more.
#[derive(Debug, Clone, Copy)]
pub struct StoppedHolder<'a> {
    /// The instance.
    pub instance: &'a Instance,
    /// The association that would have to end: the compare-and-set token.
    pub association: &'a Association,
}

impl<'a> Group<'a> {
    /// The group of that name.
    #[must_use]
    pub fn named(name: &'a str, observed: &'a Observed, keys: &'a TagKeys) -> Self {
        let locations = Locations::of(observed.everything());
        let addresses: Vec<&Address> = addresses_of(name, &observed.addresses, keys)
            .filter(|address| !moves_with_interface(address, &locations, name, keys))
            .collect();
        let known = addresses.iter().filter_map(|address| {
            let last = || observed.last_targets.get(&address.allocation);
            let now = locations.target_of(address);
            let target = now.or_else(|| locations.last_target(last()?))?;
            Some((&address.allocation, target))
        });
        let slots = addresses
            .iter()
            .filter_map(|it| slots_of(&it.tags, keys).next());
        let mut group = Self {
            name,
            former_targets: known.collect(),
            slots: slots.collect(),
            addresses,
            members: Vec::new(),
            keys,
            observed,
            locations,
        };
        let has = Shown::of(&group.addresses);
        group.members = members_of(name, &observed.instances, keys)
            .map(|instance| group.member(instance, &has))
            .collect();
        group
    }

    /// The member with that id.
    #[must_use]
    pub fn member_named(&self, id: &InstanceId) -> Option<&Member<'a>> {
        self.members.iter().find(|member| member.instance.id == *id)
    }

    /// The slot of an address.
    #[must_use]
    pub fn slot_of(&self, address: &'a Address) -> Option<&'a str> {
        slots_of(&address.tags, self.keys).next()
    }

    /// Whether an address may go to whoever asks for `slot`. One that has a slot is kept for it. Who
    /// asks for a slot that no address of the group has takes one without.
    #[must_use]
    pub fn is_open_to(&self, address: &'a Address, slot: Option<&str>) -> bool {
        match (self.slot_of(address), slot) {
            (None, None) => true,
            (Some(has), Some(asked)) => has == asked,
            (None, Some(asked)) => !self.has_slot(asked),
            (Some(_), None) => false,
        }
    }

    fn has_slot(&self, slot: &str) -> bool {
        self.slots.contains(slot)
    }

    /// Whether nothing has the address, as far as both of EC2's answers show.
    #[must_use]
    pub fn is_free(&self, address: &Address) -> bool {
        address.association.is_none() && !self.locations.is_shown(address.ip)
    }

    /// The instance that has the address and is known not to run any more. An address on an interface
    /// of a service, on one that is attached to nothing, or with an instance that is not shown, has no
    /// such holder. It is not to be touched.
    #[must_use]
    pub fn stopped_holder(&self, address: &'a Address) -> Option<StoppedHolder<'a>> {
        let association = address.association.as_ref()?;
        let instance = self.locations.instance(association.instance.as_ref()?)?;
        instance.state.is_down().then_some(StoppedHolder {
            instance,
            association,
        })
    }

    /// Whether an interface of the group moves among its members by itself.
    #[must_use]
    pub fn has_floating_interface(&self) -> bool {
        let mut interfaces = self.observed.interfaces.iter();
        interfaces.any(|interface| {
            floating_group(interface, self.keys) == Some(self.name)
                || (is_of_group(&interface.tags, self.name, self.keys)
                    && !floating_private_ips(interface, self.keys).is_empty())
        })
    }

    /// Whether EC2 has refused an instance this address in this run.
    #[must_use]
    pub fn is_refused(&self, address: &Address, instance: &InstanceId) -> bool {
        let mut refused = self.observed.refused.iter();
        refused.any(|(allocation, who)| *allocation == address.allocation && who == instance)
    }

    /// The private IP of a member that would take an address, for one of its lacks.
    ///
    /// # Errors
    /// Where nothing says which interface it is to be, or that one has no room.
    pub fn choose(
        &self,
        member: &Member<'_>,
        number: usize,
        address: &Address,
        reserved: &Reserved,
    ) -> Result<TargetChoice, TargetObstacle> {
        let former = self.former_targets.get(&address.allocation);
        member.targets.choose(former, reserved, number)
    }

    fn member(&self, instance: &'a Instance, has: &Shown<'a>) -> Member<'a> {
        let already_correct = has.held_by(instance);
        let inconsistent = has.shown_by(instance);
        let has = [already_correct.clone(), inconsistent.clone()].concat();
        let wanted = self.still_wanted(instance, &has);
        let asked = wanted.len();
        let targets = TargetInterfaces::of(instance, &self.locations, self.keys);
        let served = wanted.into_iter().take(targets.free());
        let needs: Vec<Need<'_>> = served.map(|slot| Need { slot }).collect();
        Member {
            instance,
            already_correct,
            inconsistent,
            unplaceable: asked - needs.len(),
            needs,
            targets,
        }
    }

    fn still_wanted(
        &self,
        instance: &'a Instance,
        already_correct: &[&'a Address],
    ) -> Vec<Option<&'a str>> {
        let mut wanted: Vec<Option<&str>> = slots_of(&instance.tags, self.keys).map(Some).collect();
        if wanted.is_empty() {
            wanted.push(None);
        }
        let mut left: Vec<&Address> = already_correct.to_vec();
        wanted.retain(|slot| {
            let own = left.iter().position(|has| self.slot_of(has) == *slot);
            let any = || slot.is_none_or(|slot| !self.has_slot(slot)).then_some(0);
            match own.or_else(any).filter(|&at| at < left.len()) {
                Some(at) => {
                    left.remove(at);
                    false
                }
                None => true,
            }
        });
        wanted
    }
}

/// What becomes of an address when its holder stops. A value that is neither word counts as the default.
#[must_use]
pub fn on_stop(address: &Address, settings: &Settings) -> OnStop {
    value_of(&address.tags, &settings.tags.on_stop).unwrap_or(settings.on_stop)
}

/// Whether an address is on an interface or a private IP that moves among the group: where that goes, the address
/// goes.
fn moves_with_interface(
    address: &Address,
    locations: &Locations<'_>,
    group: &str,
    keys: &TagKeys,
) -> bool {
    let held = address.association.as_ref();
    let moves = held.and_then(|held| {
        let interface = locations.interface(held.eni.as_ref()?)?;
        floating_group_of(interface, held.private_ip, keys)
    });
    moves == Some(group)
}

/// The addresses of a group by whoever has them, each list in the order of the look.
struct Shown<'a> {
    by_holder: BTreeMap<&'a InstanceId, Vec<&'a Address>>,
    by_ip: BTreeMap<Ipv4Addr, (usize, &'a Address)>,
}

impl<'a> Shown<'a> {
    fn of(addresses: &[&'a Address]) -> Self {
        let mut by_holder: BTreeMap<&InstanceId, Vec<&Address>> = BTreeMap::new();
        for address in addresses {
            if let Some(holder) = holder(address) {
                by_holder.entry(holder).or_default().push(address);
            }
        }
        let by_ip = addresses.iter().enumerate();
        Self {
            by_holder,
            by_ip: by_ip.map(|(at, it)| (it.ip, (at, *it))).collect(),
        }
    }

    fn held_by(&self, instance: &Instance) -> Vec<&'a Address> {
        let held = self.by_holder.get(&instance.id);
        held.cloned().unwrap_or_default()
    }

    /// Those that an instance's interfaces show, and that are not shown to be with it.
    fn shown_by(&self, instance: &Instance) -> Vec<&'a Address> {
        let shown = elastic_ips(instance).filter_map(|ip| self.by_ip.get(&ip).copied());
        let shown = shown.filter(|(_, address)| holder(address) != Some(&instance.id));
        let in_order: BTreeMap<usize, &Address> = shown.collect();
        in_order.into_values().collect()
    }
}
