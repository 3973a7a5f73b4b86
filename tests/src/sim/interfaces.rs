//! Network interfaces: what one is, `CreateNetworkInterface` and the describe.

use std::net::Ipv4Addr;

use time::OffsetDateTime;

use super::{
    api::{
        self, CreateNetworkInterface, DescribeNetworkInterfaces, Ec2Error, InterfaceAssociation,
        NetworkInterfaceAttachment, Response,
    },
    filters,
    model::{Model, Resources, View, invalid_value},
    networks::Subnet,
    paging::page,
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
    pub(super) interface_type: String,
    /// A service made it, and nobody else may change it.
    pub(super) requester_managed: bool,
    pub(super) source_dest_check: bool,
    pub(super) groups: Vec<String>,
    pub(super) mac_address: String,
    pub(super) attachment: Option<Attachment>,
    /// The primary one first; never empty.
    pub(super) private_ips: Vec<String>,
    /// Amazon's own public address on the primary private one.
    pub(super) automatic_public_ip: Option<String>,
}

/// The tie of an interface to an instance, or to a service (no instance id).
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
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AttachmentStatus {
    Attaching,
    Attached,
}

impl AttachmentStatus {
    fn name(self) -> &'static str {
        match self {
            Self::Attaching => "attaching",
            Self::Attached => "attached",
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

    /// `in-use` covers `attaching` too in `DescribeNetworkInterfaces` right after a launch, as seen
    /// in `RunInstances` records.
    fn status(&self) -> &'static str {
        if self.attachment.is_some() {
            "in-use"
        } else {
            "available"
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
    pub(super) interface_type: &'a str,
    pub(super) requester_managed: bool,
    pub(super) primary_ip: Option<&'a String>,
    pub(super) secondary_ips: &'a [String],
    pub(super) secondary_count: i32,
    pub(super) groups: &'a [String],
}

impl Resources {
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

    pub(super) fn interface_as_answered(&self, interface: &Interface) -> api::NetworkInterface {
        let attachment = interface
            .attachment
            .as_ref()
            .map(|it| NetworkInterfaceAttachment {
                attachment_id: it.id.clone(),
                instance_id: it.instance_id.clone(),
                instance_owner_id: it.instance_owner.clone(),
                device_index: it.device_index,
                network_card_index: it.network_card_index,
                status: it.status.name().to_owned(),
                attach_time: it.attached_at,
                delete_on_termination: it.delete_on_termination,
            });
        let addresses = interface.private_ips.iter().enumerate();
        api::NetworkInterface {
            network_interface_id: interface.id.clone(),
            subnet_id: interface.subnet_id.clone(),
            vpc_id: interface.vpc_id.clone(),
            availability_zone: interface.zone.clone(),
            owner_id: interface.owner.clone(),
            status: interface.status().to_owned(),
            interface_type: interface.interface_type.clone(),
            description: interface.description.clone(),
            mac_address: interface.mac_address.clone(),
            requester_managed: interface.requester_managed,
            source_dest_check: interface.source_dest_check,
            groups: interface.groups.clone(),
            attachment,
            private_ip_addresses: addresses
                .map(|(index, ip)| api::PrivateIpAddress {
                    private_ip_address: ip.clone(),
                    primary: index == 0,
                    association: self.public_side(interface, ip),
                })
                .collect(),
            tags: self.tags_of(&interface.id),
        }
    }

    fn public_side(&self, interface: &Interface, private_ip: &str) -> Option<InterfaceAssociation> {
        if let Some(address) = self.address_on(&interface.id, private_ip) {
            return Some(InterfaceAssociation {
                public_ip: address.public_ip.clone(),
                ip_owner_id: address.owner.clone(),
                allocation_id: Some(address.allocation_id.clone()),
                association_id: address.association.as_ref().map(|it| it.id.clone()),
            });
        }
        let automatic = interface.automatic_public_ip.as_ref();
        automatic
            .filter(|_| interface.primary_ip() == private_ip)
            .map(|ip| InterfaceAssociation {
                public_ip: ip.clone(),
                ip_owner_id: "amazon".to_owned(),
                allocation_id: None,
                association_id: None,
            })
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
        let kind = "network-interface";
        let tags = self.new_tags(kind, &request.tag_specifications, &[kind])?;
        let blueprint = Blueprint {
            description: request.description.as_deref().unwrap_or_default(),
            interface_type: PLAIN,
            requester_managed: false,
            primary_ip: request.private_ip_address.as_ref(),
            secondary_ips: &request.secondary_private_ip_addresses,
            secondary_count: request.secondary_private_ip_address_count,
            groups: &request.groups,
        };
        let id = self.add_interface(account, &request.subnet_id, &blueprint)?;
        self.put_tags(&id, tags);
        let mut answer = self
            .resources
            .interface_as_answered(self.own_interface(account, &id)?);
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
        let id = self.ids.next("eni");
        let mac = self.ids.number();
        let groups = match blueprint.groups {
            [] => vec![format!("sg-{}", vpc_id.trim_start_matches("vpc-"))],
            groups => groups.to_vec(),
        };
        let interface = Interface {
            id: id.clone(),
            owner: account.to_owned(),
            subnet_id: subnet_id.to_owned(),
            vpc_id,
            zone,
            description: blueprint.description.to_owned(),
            interface_type: blueprint.interface_type.to_owned(),
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
                .is_ok_and(|parsed| subnet.cidr.contains(parsed))
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

    /// An interface and the tie of its addresses are gone.
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

impl View<'_> {
    pub(super) fn describe_network_interfaces(
        &self,
        account: &str,
        request: &DescribeNetworkInterfaces,
    ) -> Result<Response, Ec2Error> {
        let ids = &request.network_interface_ids;
        let all = &self.resources.interfaces;
        for id in ids {
            if all
                .get(id)
                .is_none_or(|interface| interface.owner != account)
            {
                return Err(interface_not_found(id));
            }
        }
        let mut answers = Vec::new();
        for interface in all.values().filter(|interface| interface.owner == account) {
            if !ids.is_empty() && !ids.contains(&interface.id) {
                continue;
            }
            let answer = self.resources.interface_as_answered(interface);
            let values_of = |name: &str| filter_values(&answer, name);
            if filters::passes(&request.filters, &answer.tags, values_of)? {
                answers.push(answer);
            }
        }
        let (interfaces, next_token) = page(
            answers,
            request.max_results,
            request.next_token.as_deref(),
            5,
        )?;
        Ok(Response::DescribeNetworkInterfaces {
            interfaces,
            next_token,
        })
    }
}

fn filter_values(interface: &api::NetworkInterface, name: &str) -> Option<Vec<String>> {
    let attachment = interface.attachment.as_ref();
    let ips = || interface.private_ip_addresses.iter();
    let of_attachment = |value: fn(&NetworkInterfaceAttachment) -> String| {
        attachment.map(value).into_iter().collect::<Vec<_>>()
    };
    let of_associations = |value: fn(&InterfaceAssociation) -> Option<String>| {
        ips()
            .filter_map(|ip| ip.association.as_ref().and_then(value))
            .collect::<Vec<_>>()
    };
    Some(match name {
        "network-interface-id" => vec![interface.network_interface_id.clone()],
        "subnet-id" => vec![interface.subnet_id.clone()],
        "vpc-id" => vec![interface.vpc_id.clone()],
        "availability-zone" => vec![interface.availability_zone.clone()],
        "owner-id" => vec![interface.owner_id.clone()],
        "status" => vec![interface.status.clone()],
        "interface-type" => vec![interface.interface_type.clone()],
        "description" => vec![interface.description.clone()],
        "mac-address" => vec![interface.mac_address.clone()],
        "requester-managed" => vec![interface.requester_managed.to_string()],
        "group-id" => interface.groups.clone(),
        "private-ip-address" => ips()
            .filter(|ip| ip.primary)
            .map(|ip| ip.private_ip_address.clone())
            .collect(),
        "addresses.private-ip-address" => ips().map(|ip| ip.private_ip_address.clone()).collect(),
        "addresses.primary" => ips().map(|ip| ip.primary.to_string()).collect(),
        "addresses.association.public-ip" | "association.public-ip" => {
            of_associations(|it| Some(it.public_ip.clone()))
        }
        "association.allocation-id" => of_associations(|it| it.allocation_id.clone()),
        "association.association-id" => of_associations(|it| it.association_id.clone()),
        "attachment.attachment-id" => of_attachment(|it| it.attachment_id.clone()),
        "attachment.status" => of_attachment(|it| it.status.clone()),
        "attachment.device-index" => of_attachment(|it| it.device_index.to_string()),
        "attachment.delete-on-termination" => {
            of_attachment(|it| it.delete_on_termination.to_string())
        }
        "attachment.instance-id" => attachment
            .and_then(|it| it.instance_id.clone())
            .into_iter()
            .collect(),
        _ => return None,
    })
}
