//! What happens to an account without a call of its own: other accounts, services, AWS itself.
//! These are the hands of a test; an id that is not there is left alone.

use time::{Duration, OffsetDateTime};

use super::{
    addresses::{AddressPool, Association},
    api::{Ec2Error, OtherAddresses, Tag},
    interfaces::{Attachment, AttachmentStatus, Blueprint},
    model::Model,
    timers::Due,
    world::World,
};

impl World {
    /// Somebody else gets a released address now, if it is free.
    pub fn take_address(&mut self, public_ip: &str) {
        self.change(|model| model.take_released_address(public_ip));
    }

    /// Somebody else gets a released address at `at`, if it is still free then.
    pub fn take_address_at(&mut self, public_ip: &str, at: OffsetDateTime) {
        let due = Due::AddressTaken(public_ip.to_owned());
        self.change(|model| model.timers.plan(at, due));
    }

    /// Nobody can have a released address before `until`.
    pub fn hold_back_address(&mut self, public_ip: &str, until: OffsetDateTime) {
        self.change(|model| {
            if let Some(former) = model.former_addresses.get_mut(public_ip) {
                former.available_from = until;
            }
        });
    }

    /// The other account has accepted the transfer of an address: it is gone, with no
    /// ReleaseAddress (EC2 user guide, "Transfer Elastic IP addresses").
    pub fn transfer_address_away(&mut self, allocation_id: &str) {
        self.change(|model| {
            if let Some(address) = model.resources.addresses.get(allocation_id).cloned() {
                model.end_association(allocation_id);
                model.give_up(&address);
                model.take_released_address(&address.public_ip);
            }
        });
    }

    /// Addresses that the account brought (`ipv4pool-ec2-...`), or has in an IPAM pool.
    pub fn add_pool(&mut self, id: &str, ipam: bool, border_group: &str, addresses: &[&str]) {
        let pool = AddressPool {
            owner: self.account().to_owned(),
            border_group: border_group.to_owned(),
            addresses: addresses.iter().map(|ip| (*ip).to_owned()).collect(),
            ipam,
        };
        self.change(|model| drop(model.pools.insert(id.to_owned(), pool)));
    }

    /// A security group of this id, in the default VPC or another one.
    pub fn put_security_group(&mut self, id: &str, vpc_id: Option<&str>) {
        let account = self.account().to_owned();
        self.change(|model| model.put_security_group(&account, id, vpc_id));
    }

    /// A Local Zone or Wavelength Zone with its border group.
    pub fn add_zone(&mut self, zone: &str, border_group: &str) {
        self.change(|model| model.region.add_zone(zone, border_group));
    }

    /// Tags that only AWS can write, such as CloudFormation's `aws:cloudformation:stack-name`.
    pub fn put_reserved_tags(&mut self, id: &str, tags: &[(&str, &str)]) {
        let tags = tags
            .iter()
            .map(|(key, value)| Tag::new(*key, *value))
            .collect();
        self.change(|model| model.put_tags(id, tags));
    }

    /// An interface has these addresses beside its private IPv4 ones.
    pub fn put_other_addresses(&mut self, interface_id: &str, other_addresses: OtherAddresses) {
        self.change(|model| {
            if let Some(interface) = model.resources.interfaces.get_mut(interface_id) {
                interface.other_addresses = other_addresses;
            }
        });
    }

    /// A service (`alb`, `nlb`, `rnat`, `rds`) manages the address from now on.
    pub fn mark_service_managed(&mut self, allocation_id: &str, service: &str) {
        self.change(|model| {
            if let Some(address) = model.resources.addresses.get_mut(allocation_id) {
                address.service_managed = Some(service.to_owned());
            }
        });
    }

    /// AWS Support locks the address to the account.
    pub fn lock_address(&mut self, allocation_id: &str) {
        self.change(|model| {
            if let Some(address) = model.resources.addresses.get_mut(allocation_id) {
                address.locked = true;
            }
        });
    }

    /// An interface that a service made in a subnet (`nat_gateway`, `interface` for Fargate, ...).
    ///
    /// # Errors
    /// When the subnet is not there or full.
    pub fn add_service_interface(
        &mut self,
        subnet_id: &str,
        interface_type: &str,
    ) -> Result<String, Ec2Error> {
        let account = self.account().to_owned();
        self.change(|model| {
            let blueprint = Blueprint {
                kind: interface_type,
                requester_managed: true,
                ..Blueprint::default()
            };
            let id = model.add_interface(&account, subnet_id, &blueprint)?;
            let attachment = Attachment {
                // Source: EC2 user guide, "Requester-managed network interfaces".
                id: model.ids.next("ela-attach"),
                instance_id: None,
                instance_owner: "amazon-aws".to_owned(),
                device_index: 1,
                network_card_index: 0,
                status: AttachmentStatus::Attached,
                attached_at: model.now,
                delete_on_termination: false,
                forced: false,
                while_detaching: crate::doubts::DetachingInterface::default(),
            };
            if let Some(interface) = model.resources.interfaces.get_mut(&id) {
                interface.attachment = Some(attachment);
            }
            Ok(id)
        })
    }

    /// A NAT gateway in a subnet takes the address for itself, with no `AssociateAddress`.
    ///
    /// # Errors
    /// When the subnet is not there or full.
    pub fn hold_by_nat_gateway(
        &mut self,
        allocation_id: &str,
        subnet_id: &str,
    ) -> Result<(), Ec2Error> {
        let interface_id = self.add_service_interface(subnet_id, "nat_gateway")?;
        self.change(|model| model.tie_to_service(allocation_id, interface_id));
        Ok(())
    }

    /// Sets what the status checks of an instance find, on the instance and on its host.
    pub fn impair(&mut self, instance_id: &str, instance: bool, system: bool) {
        self.change(|model| {
            if let Some(found) = model.resources.instances.get_mut(instance_id) {
                found.impaired = instance;
                found.host_impaired = system;
                model.plan_status_alarms(instance_id);
            }
        });
    }

    /// The guest of an instance never answers when an interface is to be detached, or answers again; by
    /// interface, its driver does not. Only force and the end of the instance help (F5, PAN-OS and
    /// ansible users report minutes in `detaching`).
    pub fn ignore_detaches(&mut self, instance_or_interface: &str, ignored: bool) {
        self.change(|model| model.ignore_detaches(instance_or_interface, ignored));
    }

    /// Lets time pass.
    pub fn advance(&mut self, duration: Duration) {
        self.advance_to(self.now() + duration);
    }
}

impl Model {
    fn ignore_detaches(&mut self, id: &str, ignored: bool) {
        if ignored {
            self.unresponsive.insert(id.to_owned());
            return;
        }
        self.unresponsive.remove(id);
        let waiting: Vec<String> = self
            .resources
            .interfaces
            .values()
            .filter(|it| it.id == id || it.instance_id().is_some_and(|own| own == id))
            .filter_map(|interface| interface.attachment.as_ref())
            .filter(|attachment| attachment.status == AttachmentStatus::Detaching)
            .map(|attachment| attachment.id.clone())
            .collect();
        for attachment_id in waiting {
            self.begin_detach(&attachment_id, false);
        }
    }

    fn tie_to_service(&mut self, allocation_id: &str, interface_id: String) {
        self.end_association(allocation_id);
        let Some(interface) = self.resources.interfaces.get(&interface_id) else {
            return;
        };
        let private_ip = interface.primary_ip().clone();
        let id = self.ids.next("eipassoc");
        if let Some(address) = self.resources.addresses.get_mut(allocation_id) {
            address.association = Some(Association {
                id,
                interface_id,
                private_ip,
            });
        }
    }
}
