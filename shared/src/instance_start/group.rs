//! A group as its tags and EC2's associations show it: whose address is where, which instance lacks
//! one, and on which private IP it would go. Pure reading, nothing is decided here.

use super::state::Observed;
use crate::groups::{
    TargetChoice, TargetInterfaces, TargetObstacle, addresses_of, current_target, floating_group,
    floating_group_of, floating_private_ips, holder, is_of_group, last_target, members_of,
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
    /// Where its addresses are, or were last.
    former_targets: BTreeMap<&'a AllocationId, FormerTarget>,
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
        let mut group = Self {
            name,
            addresses: addresses_of(name, &observed.addresses, keys)
                .filter(|address| !moves_with_interface(address, observed, name, keys))
                .collect(),
            members: Vec::new(),
            keys,
            observed,
            former_targets: BTreeMap::new(),
        };
        let known = group.addresses.iter().filter_map(|address| {
            let Observed {
                instances,
                interfaces,
                last_targets,
                ..
            } = observed;
            let now = current_target(address, instances, interfaces);
            let last = || {
                last_target(
                    last_targets.get(&address.allocation)?,
                    instances,
                    interfaces,
                )
            };
            Some((&address.allocation, now.or_else(last)?))
        });
        group.former_targets = known.collect();
        group.members = members_of(name, &observed.instances, keys)
            .map(|instance| group.member(instance))
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
        self.addresses
            .iter()
            .any(|address| self.slot_of(address) == Some(slot))
    }

    /// Whether nothing has the address, as far as both of EC2's answers show.
    #[must_use]
    pub fn is_free(&self, address: &Address) -> bool {
        let mut instances = self.observed.instances.iter();
        address.association.is_none() && !instances.any(|instance| shows(instance, address.ip))
    }

    /// The instance that has the address and is known not to run any more. An address on an interface
    /// of a service, on one that is attached to nothing, or with an instance that is not shown, has no
    /// such holder. It is not to be touched.
    #[must_use]
    pub fn stopped_holder(&self, address: &'a Address) -> Option<StoppedHolder<'a>> {
        let association = address.association.as_ref()?;
        let id = association.instance.as_ref()?;
        let mut instances = self.observed.instances.iter();
        let instance = instances.find(|instance| instance.id == *id)?;
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

    fn member(&self, instance: &'a Instance) -> Member<'a> {
        let already_correct: Vec<&Address> = self
            .addresses
            .iter()
            .copied()
            .filter(|address| holder(address) == Some(&instance.id))
            .collect();
        let inconsistent: Vec<&Address> = self
            .addresses
            .iter()
            .copied()
            .filter(|address| holder(address) != Some(&instance.id) && shows(instance, address.ip))
            .collect();
        let has = [already_correct.clone(), inconsistent.clone()].concat();
        let wanted = self.still_wanted(instance, &has);
        let asked = wanted.len();
        let Observed {
            addresses,
            interfaces,
            ..
        } = self.observed;
        let targets = TargetInterfaces::of(instance, addresses, interfaces, self.keys);
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
    observed: &Observed,
    group: &str,
    keys: &TagKeys,
) -> bool {
    let Some(held) = &address.association else {
        return false;
    };
    let mut interfaces = observed.interfaces.iter();
    interfaces.any(|interface| {
        Some(&interface.id) == held.eni.as_ref()
            && floating_group_of(interface, held.private_ip, keys) == Some(group)
    })
}

/// Whether an instance's interfaces show an Elastic IP.
fn shows(instance: &Instance, ip: Ipv4Addr) -> bool {
    let mut private_ips = instance
        .interfaces
        .iter()
        .flat_map(|interface| &interface.private_ips);
    private_ips.any(|private| {
        let public = private.public.filter(|public| !public.auto_assigned);
        public.is_some_and(|public| public.ip == ip)
    })
}
