//! Private addresses that move: `AssignPrivateIpAddresses` and `UnassignPrivateIpAddresses`.
//!
//! An assignment that allows reassignment takes a secondary address from whoever has it, in one step:
//! the last caller wins. Without it, the address stays where it is and the caller is refused.

use std::net::Ipv4Addr;

use super::{
    api::{AssignPrivateIpAddresses, Ec2Error, Response, UnassignPrivateIpAddresses},
    instance_types::InstanceTypeLimits,
    interfaces::Interface,
    model::{Model, auth_failure, invalid_value, missing_parameter},
};

/// Private addresses that an interface without an instance can have: the limit is the instance type's,
/// and what holds without one is not known.
const UNATTACHED_LIMIT: usize = 50;

impl Model {
    pub(super) fn assign_private_ip_addresses(
        &mut self,
        account: &str,
        request: &AssignPrivateIpAddresses,
    ) -> Result<Response, Ec2Error> {
        let id = &request.network_interface_id;
        let interface = self.own_interface(account, id)?;
        if interface.requester_managed {
            return Err(auth_failure());
        }
        let named = &request.private_ip_addresses;
        let assigned = match request.secondary_private_ip_address_count {
            Some(_) if !named.is_empty() => {
                return Err(Ec2Error::new(
                    "InvalidParameterCombination",
                    "The parameter privateIpAddresses cannot be used with the parameter \
                     secondaryPrivateIpAddressCount",
                ));
            }
            Some(count) => self.next_free_ips(account, interface, count)?,
            None if named.is_empty() => {
                return Err(missing_parameter(
                    "Either the IP addresses to be assigned or their count must be specified",
                ));
            }
            None => named.clone(),
        };
        for ip in &assigned {
            self.may_come(interface, ip, request.allow_reassignment)?;
        }
        let new = assigned
            .iter()
            .filter(|ip| !interface.private_ips.contains(ip));
        if interface.private_ips.len() + new.count() > self.private_ip_limit(interface) {
            // Seen by users, amazon-vpc-cni-k8s issue 989.
            return Err(Ec2Error::new(
                "PrivateIpAddressLimitExceeded",
                "Number of private addresses will exceed limit.",
            ));
        }
        for ip in &assigned {
            self.put_private_ip(id, ip);
        }
        Ok(Response::AssignPrivateIpAddresses {
            network_interface_id: id.clone(),
            assigned,
        })
    }

    fn next_free_ips(
        &self,
        account: &str,
        interface: &Interface,
        count: i32,
    ) -> Result<Vec<String>, Ec2Error> {
        let subnet = self.own_subnet(account, &interface.subnet_id)?;
        let count = usize::try_from(count).unwrap_or(0);
        let free: Vec<String> = self
            .resources
            .free_private_ips(subnet)
            .take(count)
            .collect();
        if free.len() < count {
            return Err(Ec2Error::new(
                "InsufficientFreeAddressesInSubnet",
                format!(
                    "The specified subnet {} has not enough free addresses.",
                    subnet.id
                ),
            ));
        }
        Ok(free)
    }

    /// Whether an address can be put on an interface.
    fn may_come(&self, to: &Interface, ip: &str, reassignment: bool) -> Result<(), Ec2Error> {
        let within = self.resources.subnets.get(&to.subnet_id).is_some_and(|it| {
            let parsed = ip.parse::<Ipv4Addr>();
            parsed.is_ok_and(|parsed| it.cidr.has_usable(parsed))
        });
        if !within {
            return Err(invalid_value(
                "Address does not fall within the subnet's address range",
            ));
        }
        // Where it is already, nothing is to be done; whether EC2 says so without reassignment too is not
        // known.
        let holder = self.resources.interface_with(&to.subnet_id, ip);
        let Some(holder) = holder.filter(|holder| holder.id != to.id) else {
            return Ok(());
        };
        if !reassignment {
            return Err(invalid_value(format!(
                "Some of [{ip}] are assigned, but move is not allowed."
            )));
        }
        // "only secondary private IP addresses can be reassigned" (EC2 user guide, "Secondary IP
        // addresses for your EC2 instances"); the code and the text are not known.
        if holder.primary_ip() == ip {
            return Err(invalid_value(format!(
                "The primary address {ip} of {} cannot be reassigned.",
                holder.id
            )));
        }
        if holder.requester_managed {
            return Err(auth_failure());
        }
        Ok(())
    }

    fn private_ip_limit(&self, interface: &Interface) -> usize {
        let instance = interface
            .instance_id()
            .and_then(|id| self.resources.instances.get(id));
        instance.map_or(UNATTACHED_LIMIT, |it| {
            InstanceTypeLimits::of_instance(it).ipv4_per_interface()
        })
    }

    /// Puts an address on an interface and takes it from whoever had it. An Elastic IP on it comes along
    /// (EC2 user guide, "Secondary IP addresses for your EC2 instances"); that its association keeps its
    /// id is not certain.
    fn put_private_ip(&mut self, interface_id: &str, ip: &str) {
        let Some(subnet_id) = self
            .resources
            .interfaces
            .get(interface_id)
            .map(|interface| interface.subnet_id.clone())
        else {
            return;
        };
        let from = self.resources.interface_with(&subnet_id, ip);
        let Some(from) = from.map(|holder| holder.id.clone()) else {
            self.add_private_ip(interface_id, ip);
            return;
        };
        if from == interface_id {
            return;
        }
        for address in self.resources.addresses.values_mut() {
            if let Some(association) = address.association.as_mut()
                && association.interface_id == from
                && association.private_ip == ip
            {
                interface_id.clone_into(&mut association.interface_id);
            }
        }
        if let Some(holder) = self.resources.interfaces.get_mut(&from) {
            holder.private_ips.retain(|own| own != ip);
        }
        self.add_private_ip(interface_id, ip);
    }

    fn add_private_ip(&mut self, interface_id: &str, ip: &str) {
        if let Some(interface) = self.resources.interfaces.get_mut(interface_id) {
            interface.private_ips.push(ip.to_owned());
        }
    }

    pub(super) fn unassign_private_ip_addresses(
        &mut self,
        account: &str,
        request: &UnassignPrivateIpAddresses,
    ) -> Result<Response, Ec2Error> {
        let id = &request.network_interface_id;
        let interface = self.own_interface(account, id)?;
        if interface.requester_managed {
            return Err(auth_failure());
        }
        for ip in &request.private_ip_addresses {
            if interface.primary_ip() == ip {
                return Err(invalid_value(format!(
                    "The primary address {ip} of {id} cannot be unassigned."
                )));
            }
            if !interface.private_ips.contains(ip) {
                return Err(invalid_value(format!(
                    "Some of [{ip}] are not assigned to interface {id}"
                )));
            }
        }
        for ip in &request.private_ip_addresses {
            // "unassigning ... disassociates the Elastic IP address" (EC2 user guide, as above).
            let tied = self.resources.address_on(id, ip);
            if let Some(allocation_id) = tied.map(|address| address.allocation_id.clone()) {
                self.end_association(&allocation_id);
            }
            if let Some(interface) = self.resources.interfaces.get_mut(id) {
                interface.private_ips.retain(|own| own != ip);
            }
        }
        Ok(Response::Done)
    }
}
