//! Public IPs that EC2 assigns by itself, from Amazon's pool. Each rule is from the EC2 user guide, "Amazon EC2 instance IP
//! addressing", part "Public IPv4 addresses", and is quoted where it is kept.

use super::{
    api::{Ec2Error, InstanceState, RunInstances},
    interfaces::Interface,
    model::Model,
    networks::Subnet,
};

/// Whether an instance gets a public IP at its launch, and again at each start.
///
/// # Errors
/// "You can only assign a public IPv4 address to a single, new network interface with the device index of eth0."
pub(super) fn is_wanted(request: &RunInstances, subnet: &Subnet) -> Result<bool, Ec2Error> {
    let mut interfaces = request.network_interfaces.iter();
    let asked = interfaces.find_map(|it| it.associate_public_ip_address);
    let refused = |what| Err(Ec2Error::new("InvalidParameterCombination", what));
    let is_new = |id: &Option<String>| id.is_none();
    match request.network_interfaces.as_slice() {
        [_, _, ..] if asked == Some(true) => refused(
            "The associatePublicIPAddress parameter cannot be specified when launching with multiple \
             network interfaces.",
        ),
        [only] if asked.is_some() && !is_new(&only.network_interface_id) => refused(
            "The associatePublicIPAddress parameter cannot be specified when a network interface is \
             specified.",
        ),
        [] => Ok(subnet.map_public_ip_on_launch),
        [only] if is_new(&only.network_interface_id) => {
            Ok(asked.unwrap_or(subnet.map_public_ip_on_launch))
        }
        _ => Ok(false),
    }
}

impl Model {
    /// At a launch and a start, and when an Elastic IP leaves a running instance. "When you disassociate the Elastic IP
    /// address from your instance, it receives a new public IP address."
    pub(super) fn give_automatic_public_ip(&mut self, instance_id: &str) {
        let instance = self.resources.instances.get(instance_id);
        let is_up = |state| matches!(state, InstanceState::Pending | InstanceState::Running);
        if !instance.is_some_and(|it| it.automatic_public_ip && is_up(it.state)) {
            return;
        }
        let mut interfaces = self.resources.interfaces_of(instance_id);
        // "it will not receive a new one if there is more than one network interface attached to your instance"
        let (Some(only), None) = (interfaces.next(), interfaces.next()) else {
            return;
        };
        // "If your instance's public IP address is released while it has a secondary private IP address that is associated
        // with an Elastic IP address, the instance does not receive a new public IP address."
        let has_address = |ip: &String| self.resources.address_on(&only.id, ip).is_some();
        if only.private_ips.iter().any(has_address) || only.automatic_public_ip.is_some() {
            return;
        }
        let only = only.id.clone();
        drop(interfaces);
        // 198.19.0.0/16: never the address of an EIP in this world.
        let number = self.ids.number();
        let ip = format!("198.19.{}.{}", number >> 8 & 255, number & 255);
        if let Some(interface) = self.resources.interfaces.get_mut(&only) {
            interface.automatic_public_ip = Some(ip);
        }
    }

    /// "We release your instance's public IP address when it is stopped, hibernated, or terminated."
    pub(super) fn drop_automatic_public_ip(&mut self, instance_id: &str) {
        let is_its = |it: &&mut Interface| it.instance_id().is_some_and(|own| own == instance_id);
        for interface in self.resources.interfaces.values_mut().filter(is_its) {
            interface.automatic_public_ip = None;
        }
    }
}
