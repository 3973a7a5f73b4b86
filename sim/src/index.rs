//! What is attached to which instance, and which address is on which private IP: found once for a whole describe, since
//! an account may have ten thousand of each.

use std::collections::HashMap;

use super::{addresses::Address, interfaces::Interface, model::Resources};

/// Where interfaces and addresses are.
#[derive(Debug)]
pub(super) struct Index<'a> {
    interfaces: HashMap<&'a str, Vec<&'a Interface>>,
    addresses: HashMap<(&'a str, &'a str), &'a Address>,
}

impl Index<'_> {
    /// The interfaces of an instance, by device index.
    pub(super) fn interfaces_of(&self, instance_id: &str) -> impl Iterator<Item = &Interface> {
        let found = self.interfaces.get(instance_id);
        found.into_iter().flatten().copied()
    }

    /// The address that is tied to a private IP of an interface.
    pub(super) fn address_on(&self, interface_id: &str, private_ip: &str) -> Option<&Address> {
        self.addresses.get(&(interface_id, private_ip)).copied()
    }
}

impl Resources {
    pub(super) fn index(&self) -> Index<'_> {
        let mut interfaces: HashMap<&str, Vec<&Interface>> = HashMap::new();
        for interface in self.interfaces.values() {
            if let Some(id) = interface.instance_id() {
                interfaces.entry(id).or_default().push(interface);
            }
        }
        for attached in interfaces.values_mut() {
            attached.sort_by_key(|interface| interface.slot());
        }
        let tied = self.addresses.values().filter_map(|address| {
            let association = address.association.as_ref()?;
            let place = (&*association.interface_id, &*association.private_ip);
            Some((place, address))
        });
        Index {
            interfaces,
            addresses: tied.collect(),
        }
    }
}
