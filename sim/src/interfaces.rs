//! Network interfaces: what one is, and `CreateNetworkInterface`.

mod describe;

use std::net::Ipv4Addr;

use time::OffsetDateTime;

use super::{
    api::{CreateNetworkInterface, Ec2Error, OtherAddresses, Request, Response},
    doubts::DetachingInterface,
    model::{Model, Resources, invalid_value},
    networks::Subnet,
    security_groups::default_group,
};

/// The kind of an interface that nobody but its owner manages.
pub(super) const PLAIN: &str = "interface";

#[derive(Clone, Debug)]
pub(super) struct Interface {
    pub(super) id: String,
    pub(super) owner: String,
    pub(super) subnet_id: String,
    pub(super) vpc_id: String,
    pub(super) zone: String,
    pub(super) description: String,
    pub(super) kind: String,
    /// A service made it, and nobody else may change it.
    pub(super) requester_managed: bool,
    pub(super) source_dest_check: bool,
    pub(super) groups: Vec<String>,
    pub(super) mac_address: String,
    pub(super) attachment: Option<Attachment>,
    /// The primary one first; never empty.
    pub(super) private_ips: Vec<String>,
    /// IPv6 addresses, and prefixes of both kinds.
    pub(super) other_addresses: OtherAddresses,
    /// Amazon's own public address on the primary private one.
    pub(super) automatic_public_ip: Option<String>,
}

/// The attachment of an interface to an instance, or to a service (no instance id).
#[derive(Clone, Debug)]
pub(super) struct Attachment {
    pub(super) id: String,
    pub(super) instance_id: Option<String>,
    pub(super) instance_owner: String,
    pub(super) device_index: i32,
    pub(super) network_card_index: i32,
    pub(super) status: AttachmentStatus,
    pub(super) attached_at: OffsetDateTime,
    pub(super) delete_on_termination: bool,
    /// It is being detached by force.
    pub(super) forced: bool,
    /// What the interface reads while this is detached.
    pub(super) while_detaching: DetachingInterface,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AttachmentStatus {
    Attaching,
    Attached,
    Detaching,
}

impl AttachmentStatus {
    fn name(self) -> &'static str {
        match self {
            Self::Attaching => "attaching",
            Self::Attached => "attached",
            Self::Detaching => "detaching",
        }
    }
}

impl Interface {
    pub(super) fn primary_ip(&self) -> &String {
        &self.private_ips[0]
    }

    pub(super) fn instance_id(&self) -> Option<&String> {
        self.attachment
            .as_ref()
            .and_then(|attachment| attachment.instance_id.as_ref())
    }

    /// Network card and device index.
    pub(super) fn slot(&self) -> Option<(i32, i32)> {
        let attachment = self.attachment.as_ref()?;
        Some((attachment.network_card_index, attachment.device_index))
    }

    /// `in-use` covers `attaching` too, as seen in `RunInstances` records.
    fn status(&self) -> &'static str {
        let Some(attachment) = &self.attachment else {
            return "available";
        };
        match (attachment.status, attachment.while_detaching) {
            (AttachmentStatus::Detaching, DetachingInterface::Detaching) => "detaching",
            _ => "in-use",
        }
    }
}

pub(super) fn interface_not_found(id: &str) -> Ec2Error {
    Ec2Error::new(
        "InvalidNetworkInterfaceID.NotFound",
        format!("The networkInterface ID '{id}' does not exist"),
    )
}

/// What to make an interface of.
#[derive(Clone, Debug, Default)]
pub(super) struct Blueprint<'a> {
    pub(super) description: &'a str,
    pub(super) kind: &'a str,
    pub(super) requester_managed: bool,
    pub(super) primary_ip: Option<&'a String>,
    pub(super) secondary_ips: &'a [String],
    pub(super) secondary_count: i32,
    pub(super) groups: &'a [String],
}

impl Resources {
    /// The interface that has this attachment now.
    pub(super) fn attached_as(&self, attachment_id: &str) -> Option<&Interface> {
        self.interfaces.values().find(|interface| {
            let attachment = interface.attachment.as_ref();
            attachment.is_some_and(|it| it.id == attachment_id)
        })
    }

    /// The interface that has a private address of a subnet.
    pub(super) fn interface_with(&self, subnet_id: &str, ip: &str) -> Option<&Interface> {
        self.interfaces.values().find(|interface| {
            interface.subnet_id == subnet_id && interface.private_ips.iter().any(|own| own == ip)
        })
    }

    /// The interfaces of an instance, by device index.
    pub(super) fn interfaces_of(&self, instance_id: &str) -> impl Iterator<Item = &Interface> {
        let mut found: Vec<&Interface> = self
            .interfaces
            .values()
            .filter(|interface| interface.instance_id().is_some_and(|id| id == instance_id))
            .collect();
        found.sort_by_key(|interface| {
            let attachment = interface.attachment.as_ref();
            attachment.map(|it| (it.network_card_index, it.device_index))
        });
        found.into_iter()
    }
}

impl Model {
    pub(super) fn own_interface(&self, account: &str, id: &str) -> Result<&Interface, Ec2Error> {
        let interface = self
            .resources
            .interfaces
            .get(id)
            .filter(|it| it.owner == account);
        interface.ok_or_else(|| interface_not_found(id))
    }

    pub(super) fn create_network_interface(
        &mut self,
        account: &str,
        request: &CreateNetworkInterface,
    ) -> Result<Response, Ec2Error> {
        self.own_subnet(account, &request.subnet_id)?;
        let token = request.client_token.as_deref();
        let call = Request::CreateNetworkInterface(request.clone());
        let known = self.client_tokens.made(account, token, &call)?;
        if let Some(known) = known.and_then(|id| self.resources.interfaces.get(id)) {
            let index = self.resources.index();
            let answer = self.resources.interface_as_answered(known, &index);
            return Ok(Response::CreateNetworkInterface(answer));
        }
        let kind = "network-interface";
        let tags = self.new_tags(kind, &request.tag_specifications, &[kind])?;
        let blueprint = Blueprint {
            description: request.description.as_deref().unwrap_or_default(),
            kind: PLAIN,
            requester_managed: false,
            primary_ip: request.private_ip_address.as_ref(),
            secondary_ips: &request.secondary_private_ip_addresses,
            secondary_count: request.secondary_private_ip_address_count,
            groups: &request.groups,
        };
        let id = self.add_interface(account, &request.subnet_id, &blueprint)?;
        self.put_tags(&id, tags);
        self.client_tokens.note(account, token, call, &id);
        let mut answer = self
            .resources
            .interface_as_answered(self.own_interface(account, &id)?, &self.resources.index());
        // The answer to the call says `pending`; describes say `available` (EC2 API reference,
        // CreateNetworkInterface, example).
        "pending".clone_into(&mut answer.status);
        Ok(Response::CreateNetworkInterface(answer))
    }

    /// Makes an interface in a subnet that exists.
    pub(super) fn add_interface(
        &mut self,
        account: &str,
        subnet_id: &str,
        blueprint: &Blueprint<'_>,
    ) -> Result<String, Ec2Error> {
        let subnet = self.own_subnet(account, subnet_id)?;
        let private_ips = self.private_ips_for(subnet, blueprint)?;
        let (vpc_id, zone) = (subnet.vpc_id.clone(), subnet.zone.clone());
        self.groups_fit(account, &vpc_id, blueprint.groups)?;
        let id = self.ids.next("eni");
        let mac = self.ids.number();
        let groups = match blueprint.groups {
            [] => vec![default_group(&vpc_id)],
            groups => groups.to_vec(),
        };
        let interface = Interface {
            id: id.clone(),
            owner: account.to_owned(),
            subnet_id: subnet_id.to_owned(),
            vpc_id,
            zone,
            description: blueprint.description.to_owned(),
            kind: blueprint.kind.to_owned(),
            requester_managed: blueprint.requester_managed,
            source_dest_check: true,
            groups,
            mac_address: format!(
                "02:00:00:{:02x}:{:02x}:{:02x}",
                mac >> 16 & 255,
                mac >> 8 & 255,
                mac & 255
            ),
            attachment: None,
            private_ips,
            other_addresses: OtherAddresses::default(),
            automatic_public_ip: None,
        };
        self.resources.interfaces.insert(id.clone(), interface);
        Ok(id)
    }

    fn private_ips_for(
        &self,
        subnet: &Subnet,
        blueprint: &Blueprint<'_>,
    ) -> Result<Vec<String>, Ec2Error> {
        let named: Vec<&String> = blueprint
            .primary_ip
            .into_iter()
            .chain(blueprint.secondary_ips)
            .collect();
        for ip in &named {
            if !ip
                .parse::<Ipv4Addr>()
                .is_ok_and(|parsed| subnet.cidr.has_usable(parsed))
            {
                return Err(invalid_value(
                    "Address does not fall within the subnet's address range",
                ));
            }
            let mut others = self.resources.interfaces.values();
            if others.any(|other| other.subnet_id == subnet.id && other.private_ips.contains(ip)) {
                let message = format!("Address {ip} is in use.");
                return Err(Ec2Error::new("InvalidIPAddress.InUse", message));
            }
        }
        let mut free = self
            .resources
            .free_private_ips(subnet)
            .filter(|ip| !named.contains(&ip));
        let primary = match blueprint.primary_ip {
            Some(ip) => Some(ip.clone()),
            None => free.next(),
        };
        let count = usize::try_from(blueprint.secondary_count).unwrap_or(0);
        let mut ips: Vec<String> = primary.into_iter().collect();
        ips.extend(blueprint.secondary_ips.iter().cloned());
        ips.extend(free.take(count));
        if ips.len() < 1 + blueprint.secondary_ips.len() + count {
            return Err(Ec2Error::new(
                "InsufficientFreeAddressesInSubnet",
                format!(
                    "The specified subnet {} has not enough free addresses.",
                    subnet.id
                ),
            ));
        }
        Ok(ips)
    }

    /// An interface is gone, with the associations of its addresses.
    pub(super) fn remove_interface(&mut self, id: &str) {
        let tied = self.resources.addresses.values().filter(|address| {
            address
                .association
                .as_ref()
                .is_some_and(|association| association.interface_id == id)
        });
        let tied: Vec<String> = tied.map(|address| address.allocation_id.clone()).collect();
        for allocation_id in tied {
            self.end_association(&allocation_id);
        }
        self.resources.interfaces.remove(id);
        self.resources.tags.remove(id);
    }
}
