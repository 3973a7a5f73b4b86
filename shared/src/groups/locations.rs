//! What is where in a look at groups: found once for a look, since a group may have hundreds of members. Pure reading.

use crate::model::elastic_ip::Address;
use crate::model::former_target::{FormerTarget, LastTarget};
use crate::model::ids::{EniId, InstanceId};
use crate::model::instance::{AttachedInterface, Instance};
use crate::model::interface::Interface;
use std::collections::{HashMap, HashSet};
use std::net::Ipv4Addr;

/// A look at groups, as EC2 answered.
#[derive(Debug, Clone, Copy)]
pub struct Everything<'a> {
    /// The instances that have a group tag.
    pub instances: &'a [Instance],
    /// The interfaces that have a tag of ours.
    pub interfaces: &'a [Interface],
    /// The addresses that have a group tag.
    pub addresses: &'a [Address],
}

/// Where things are in a look.
#[derive(Debug, Clone)]
pub struct Locations<'a> {
    instances: HashMap<&'a InstanceId, &'a Instance>,
    attached: HashMap<&'a EniId, &'a AttachedInterface>,
    interfaces: HashMap<&'a EniId, &'a Interface>,
    addresses: HashMap<&'a EniId, Vec<&'a Address>>,
    shown: HashSet<Ipv4Addr>,
}

impl<'a> Locations<'a> {
    /// Of a look.
    #[must_use]
    pub fn of(look: Everything<'a>) -> Self {
        let instances = look.instances.iter();
        let attached = instances.clone().flat_map(|each| &each.interfaces);
        let mut addresses: HashMap<&EniId, Vec<&Address>> = HashMap::new();
        for address in look.addresses {
            let held = address.association.as_ref();
            if let Some(eni) = held.and_then(|held| held.eni.as_ref()) {
                addresses.entry(eni).or_default().push(address);
            }
        }
        Self {
            attached: attached.map(|each| (&each.id, each)).collect(),
            interfaces: look.interfaces.iter().map(|it| (&it.id, it)).collect(),
            addresses,
            shown: instances.clone().flat_map(elastic_ips).collect(),
            instances: instances.map(|each| (&each.id, each)).collect(),
        }
    }

    /// The instance with that id.
    #[must_use]
    pub fn instance(&self, id: &InstanceId) -> Option<&'a Instance> {
        self.instances.get(id).copied()
    }

    /// The interface with that id, if it has a tag of ours.
    #[must_use]
    pub fn interface(&self, eni: &EniId) -> Option<&'a Interface> {
        self.interfaces.get(eni).copied()
    }

    /// The addresses on an interface.
    #[must_use]
    pub fn addresses_on(&self, eni: &EniId) -> &[&'a Address] {
        self.addresses.get(eni).map_or(&[], Vec::as_slice)
    }

    /// The address on a private IP.
    #[must_use]
    pub fn address_at(&self, eni: &EniId, private_ip: Ipv4Addr) -> Option<&'a Address> {
        let mut on_it = self.addresses_on(eni).iter().copied();
        on_it.find(|address| {
            let held = address.association.as_ref();
            held.is_some_and(|held| held.private_ip == Some(private_ip))
        })
    }

    /// Whether an instance shows this Elastic IP.
    #[must_use]
    pub fn is_shown(&self, ip: Ipv4Addr) -> bool {
        self.shown.contains(&ip)
    }

    /// Where EC2 shows an interface, and a private IP on it: as its instance shows it, or by itself.
    #[must_use]
    pub fn target_at(&self, eni: &EniId, private_ip: Option<Ipv4Addr>) -> Option<FormerTarget> {
        let as_attached = self.attached.get(eni);
        let as_attached = as_attached.map(|each| FormerTarget::on(each, private_ip));
        as_attached.or_else(|| FormerTarget::of(self.interface(eni)?, private_ip))
    }

    /// Where an address is now, as EC2 shows its holder, or the interface that has it.
    #[must_use]
    pub fn target_of(&self, address: &Address) -> Option<FormerTarget> {
        let held = address.association.as_ref()?;
        self.target_at(held.eni.as_ref()?, held.private_ip)
    }

    /// Where an address was last: as the ledger has noted it, or where EC2 shows the interface now.
    #[must_use]
    pub fn last_target(&self, last: &LastTarget) -> Option<FormerTarget> {
        let noted = last.noted.clone();
        noted.or_else(|| self.target_at(last.eni.as_ref()?, last.private_ip))
    }
}

/// The Elastic IPs that an instance shows: not what EC2 has assigned by itself.
pub fn elastic_ips(instance: &Instance) -> impl Iterator<Item = Ipv4Addr> {
    let private_ips = instance.interfaces.iter().flat_map(|it| &it.private_ips);
    let public = private_ips.filter_map(|private| private.public);
    public
        .filter(|public| !public.auto_assigned)
        .map(|it| it.ip)
}
