//! What is true of EC2 at every moment. A world in which it is not is a fault of the simulator.

use std::collections::{BTreeMap, BTreeSet};

use super::{api::InstanceState, instance_types::InstanceTypeLimits, model::Model};

impl Model {
    /// Each broken invariant, in a sentence; empty when all is well.
    pub(super) fn check(&self) -> Vec<String> {
        let mut broken = self.check_addresses();
        broken.extend(self.check_interfaces());
        broken.extend(self.check_ids());
        broken
    }

    fn check_addresses(&self) -> Vec<String> {
        let mut broken = Vec::new();
        let mut ips = BTreeSet::new();
        let mut associations = BTreeSet::new();
        let mut targets = BTreeSet::new();
        for address in self.resources.addresses.values() {
            let ip = &address.public_ip;
            if !ips.insert(ip) {
                broken.push(format!("{ip} is allocated twice"));
            }
            if self
                .former_addresses
                .get(ip)
                .is_some_and(|former| former.taken)
            {
                broken.push(format!("{ip} is held here and by another account"));
            }
            let Some(association) = &address.association else {
                continue;
            };
            let target = (&association.interface_id, &association.private_ip);
            if !targets.insert(target) {
                broken.push(format!("{} has two addresses", association.private_ip));
            }
            let former = self.former_associations.contains(&association.id);
            if former || !associations.insert(&association.id) {
                broken.push(format!("association id {} is not new", association.id));
            }
            let interface = self.resources.interfaces.get(&association.interface_id);
            if interface.is_none_or(|it| !it.private_ips.contains(&association.private_ip)) {
                broken.push(format!(
                    "{ip} is associated with a private IP that is not there"
                ));
            }
        }
        broken
    }

    fn check_interfaces(&self) -> Vec<String> {
        let mut broken = Vec::new();
        let mut ips = BTreeSet::new();
        let mut slots = BTreeSet::new();
        let mut counts = BTreeMap::new();
        for interface in self.resources.interfaces.values() {
            let id = &interface.id;
            if interface.private_ips.is_empty() {
                broken.push(format!("{id} has no private IP"));
            }
            for ip in &interface.private_ips {
                if !ips.insert((&interface.vpc_id, ip)) {
                    broken.push(format!(
                        "{ip} of {id} is on another interface of its VPC too"
                    ));
                }
            }
            let Some(attachment) = &interface.attachment else {
                continue;
            };
            let Some(instance_id) = &attachment.instance_id else {
                continue;
            };
            let slot = (
                instance_id,
                attachment.network_card_index,
                attachment.device_index,
            );
            if !slots.insert(slot) {
                broken.push(format!(
                    "{instance_id} has two interfaces at one device index"
                ));
            }
            let count = counts
                .entry((instance_id, attachment.network_card_index))
                .or_insert(0);
            *count += 1;
            match self.resources.instances.get(instance_id) {
                Some(instance) if instance.state == InstanceState::Terminated => {
                    broken.push(format!(
                        "{id} is attached to {instance_id}, which is terminated"
                    ));
                }
                Some(instance)
                    if *count > InstanceTypeLimits::of_instance(instance).interfaces_per_card() =>
                {
                    broken.push(format!(
                        "{instance_id} has more interfaces than its type takes"
                    ));
                }
                None => broken.push(format!("{id} is attached to {instance_id}, which is gone")),
                Some(instance) if instance.zone != interface.zone => {
                    broken.push(format!("{id} is attached across zones"));
                }
                Some(_) => {}
            }
        }
        broken
    }

    fn check_ids(&self) -> Vec<String> {
        let resources = &self.resources;
        let known = |id: &String| {
            resources.addresses.contains_key(id)
                || resources.interfaces.contains_key(id)
                || resources.instances.contains_key(id)
                || resources.vpcs.contains_key(id)
                || resources.subnets.contains_key(id)
                || resources.gateways.contains_key(id)
                || resources.route_tables.contains_key(id)
                || resources.security_groups.contains_key(id)
        };
        let orphans = resources.tags.keys().filter(|id| !known(id));
        let mut broken: Vec<String> = orphans
            .map(|id| format!("{id} is gone and has tags"))
            .collect();
        let mut attachments = BTreeSet::new();
        let attached = resources
            .interfaces
            .values()
            .filter_map(|it| it.attachment.as_ref());
        let twice = attached.filter(|attachment| !attachments.insert(&attachment.id));
        broken.extend(twice.map(|attachment| format!("attachment id {} is twice", attachment.id)));
        broken
    }
}
