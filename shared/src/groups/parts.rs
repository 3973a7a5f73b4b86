//! The part of each group in a look at all of them: what has its tag, and whatever has to do with that. Whoever goes
//! through the groups one by one reads the part of each alone. So the cost grows with the account, and not with its square.
//! Pure reading.

use super::locations::{Everything, elastic_ips};
use super::membership::group_of;
use crate::model::elastic_ip::Address;
use crate::model::ids::{EniId, InstanceId};
use crate::model::instance::Instance;
use crate::model::interface::Interface;
use crate::settings::TagKeys;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;
use std::net::Ipv4Addr;

/// What concerns one group, each kind in the order of the look.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Part {
    /// Its instances, and those of others that have something of it.
    pub instances: Vec<Instance>,
    /// Its interfaces, and those of others that are on these instances, or have or had an address of it.
    pub interfaces: Vec<Interface>,
    /// Its addresses, and those of others that are on these instances and interfaces.
    pub addresses: Vec<Address>,
}

/// The part of each group that a tag names, one after the other: groups may share a holder with all that it has.
/// `also_on` is where an address was last, if that counts.
pub fn parts<'a>(
    look: Everything<'a>,
    keys: &TagKeys,
    also_on: impl Fn(&'a Address) -> Option<&'a EniId>,
) -> impl Iterator<Item = (&'a str, Part)> {
    let index = Index::of(look);
    let mut tagged: BTreeMap<&str, Positions> = BTreeMap::new();
    for (at, instance) in look.instances.iter().enumerate() {
        if let Some(group) = group_of(&instance.tags, keys) {
            tagged.entry(group).or_default().instances.insert(at);
        }
    }
    for (at, interface) in look.interfaces.iter().enumerate() {
        if let Some(group) = group_of(&interface.tags, keys) {
            tagged.entry(group).or_default().interfaces.insert(at);
        }
    }
    for (at, address) in look.addresses.iter().enumerate() {
        if let Some(group) = group_of(&address.tags, keys) {
            tagged.entry(group).or_default().addresses.insert(at);
        }
    }
    tagged.into_iter().map(move |(group, mut own)| {
        own.add_holders(look, &index, &also_on);
        own.add_what_is_on_them(look, &index);
        (group, own.part(look))
    })
}

/// Where in a look things are.
#[derive(Debug, Default)]
struct Positions {
    instances: BTreeSet<usize>,
    interfaces: BTreeSet<usize>,
    addresses: BTreeSet<usize>,
}

impl Positions {
    /// Adds the instances and interfaces that have what has the tag.
    fn add_holders<'a>(
        &mut self,
        look: Everything<'a>,
        index: &Index<'a>,
        also_on: &impl Fn(&'a Address) -> Option<&'a EniId>,
    ) {
        for at in &self.interfaces {
            let interface = &look.interfaces[*at];
            self.instances
                .extend(found(&index.instances, interface.instance()));
            self.instances
                .extend(found(&index.attached, Some(&interface.id)));
        }
        for at in &self.addresses {
            let address = &look.addresses[*at];
            let held = address.association.as_ref();
            let holder = held.and_then(|held| held.instance.as_ref());
            self.instances.extend(found(&index.instances, holder));
            self.instances
                .extend(found(&index.showing, Some(address.ip)));
            let on = held.and_then(|held| held.eni.as_ref());
            for eni in [on, also_on(address)] {
                self.instances.extend(found(&index.attached, eni));
                self.interfaces.extend(found(&index.interfaces, eni));
            }
        }
    }

    /// Adds the interfaces and addresses that are on these.
    fn add_what_is_on_them<'a>(&mut self, look: Everything<'a>, index: &Index<'a>) {
        for at in &self.instances {
            let instance = &look.instances[*at];
            self.interfaces
                .extend(found(&index.held, Some(&instance.id)));
            for attached in &instance.interfaces {
                let eni = Some(&attached.id);
                self.interfaces.extend(found(&index.interfaces, eni));
                self.addresses.extend(found(&index.addresses, eni));
            }
        }
        for at in &self.interfaces {
            let eni = Some(&look.interfaces[*at].id);
            self.addresses.extend(found(&index.addresses, eni));
        }
    }

    fn part(&self, look: Everything<'_>) -> Part {
        let instances = self.instances.iter().map(|at| look.instances[*at].clone());
        let interfaces = self
            .interfaces
            .iter()
            .map(|at| look.interfaces[*at].clone());
        let addresses = self.addresses.iter().map(|at| look.addresses[*at].clone());
        Part {
            instances: instances.collect(),
            interfaces: interfaces.collect(),
            addresses: addresses.collect(),
        }
    }
}

/// Where things are, by what one knows of them.
type By<K> = HashMap<K, Vec<usize>>;

/// Where in a look things are, by what others say of them.
#[derive(Debug, Default)]
struct Index<'a> {
    instances: By<&'a InstanceId>,
    /// Instances, by what is attached to them.
    attached: By<&'a EniId>,
    /// Instances, by the Elastic IPs that they show.
    showing: By<Ipv4Addr>,
    interfaces: By<&'a EniId>,
    /// Interfaces, by the instance that has them.
    held: By<&'a InstanceId>,
    /// Addresses, by the interface that has them.
    addresses: By<&'a EniId>,
}

impl<'a> Index<'a> {
    fn of(look: Everything<'a>) -> Self {
        let mut index = Self::default();
        for (at, instance) in look.instances.iter().enumerate() {
            add(&mut index.instances, Some(&instance.id), at);
            for attached in &instance.interfaces {
                add(&mut index.attached, Some(&attached.id), at);
            }
            for ip in elastic_ips(instance) {
                add(&mut index.showing, Some(ip), at);
            }
        }
        for (at, interface) in look.interfaces.iter().enumerate() {
            add(&mut index.interfaces, Some(&interface.id), at);
            add(&mut index.held, interface.instance(), at);
        }
        for (at, address) in look.addresses.iter().enumerate() {
            let held = address.association.as_ref();
            let eni = held.and_then(|held| held.eni.as_ref());
            add(&mut index.addresses, eni, at);
        }
        index
    }
}

fn add<K: Eq + Hash>(by: &mut By<K>, key: Option<K>, at: usize) {
    if let Some(key) = key {
        by.entry(key).or_default().push(at);
    }
}

fn found<K: Eq + Hash>(by: &By<K>, key: Option<K>) -> impl Iterator<Item = usize> {
    let found = key.and_then(|key| by.get(&key));
    found.into_iter().flatten().copied()
}

#[cfg(test)]
mod tests;
