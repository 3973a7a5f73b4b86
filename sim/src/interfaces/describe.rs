//! `DescribeNetworkInterfaces`.

use super::{Interface, interface_not_found};
use crate::{
    api::{
        self, DescribeNetworkInterfaces, Ec2Error, InterfaceAssociation,
        NetworkInterfaceAttachment, Response,
    },
    filters,
    index::Index,
    model::{Resources, View},
    paging::page,
};

impl Resources {
    pub(crate) fn interface_as_answered(
        &self,
        interface: &Interface,
        index: &Index<'_>,
    ) -> api::NetworkInterface {
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
            interface_type: interface.kind.clone(),
            description: interface.description.clone(),
            mac_address: interface.mac_address.clone(),
            requester_managed: interface.requester_managed,
            source_dest_check: interface.source_dest_check,
            groups: interface.groups.clone(),
            group_names: names(self.named_groups(&interface.groups)),
            private_dns_name: self.private_dns_name(interface),
            requester_id: interface.owner.clone(),
            attachment,
            private_ip_addresses: addresses
                .map(|(place, ip)| api::PrivateIpAddress {
                    private_ip_address: ip.clone(),
                    primary: place == 0,
                    association: public_side(interface, ip, index),
                })
                .collect(),
            other_addresses: interface.other_addresses.clone(),
            tags: self.tags_of(&interface.id),
        }
    }

    /// A default VPC has DNS host names, another one only where somebody turns them on (VPC user guide, "DNS attributes
    /// in your VPC"), which is not modelled.
    fn private_dns_name(&self, interface: &Interface) -> Option<String> {
        let vpc = self.vpcs.get(&interface.vpc_id)?;
        let ip = interface.primary_ip().replace('.', "-");
        let region = interface.zone.trim_end_matches(char::is_alphabetic);
        let domain = match region {
            "us-east-1" => "ec2.internal".to_owned(),
            region => format!("{region}.compute.internal"),
        };
        vpc.is_default.then(|| format!("ip-{ip}.{domain}"))
    }
}

fn names(groups: Vec<(String, String)>) -> Vec<String> {
    groups.into_iter().map(|(_, name)| name).collect()
}

fn public_side(
    interface: &Interface,
    private_ip: &str,
    index: &Index<'_>,
) -> Option<InterfaceAssociation> {
    if let Some(address) = index.address_on(&interface.id, private_ip) {
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

impl View<'_> {
    pub(crate) fn describe_network_interfaces(
        &self,
        account: &str,
        request: &DescribeNetworkInterfaces,
    ) -> Result<Response, Ec2Error> {
        filters::check(&request.filters, KNOWN)?;
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
        let is_wanted = |interface: &&Interface| {
            interface.owner == account
                && (ids.is_empty() || ids.contains(&interface.id))
                && filters::may_pass(
                    &request.filters,
                    self.resources.tags.get(&interface.id),
                    |name| match name {
                        "network-interface-id" => Some(Some(interface.id.as_str())),
                        "attachment.instance-id" => {
                            Some(interface.instance_id().map(String::as_str))
                        }
                        _ => None,
                    },
                )
        };
        let wanted: Vec<&Interface> = all.values().filter(is_wanted).collect();
        let index = (!wanted.is_empty()).then(|| self.resources.index());
        let mut answers = Vec::new();
        for (interface, index) in wanted.into_iter().zip(index.iter().cycle()) {
            let answer = self.resources.interface_as_answered(interface, index);
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

/// The filters of the describe, tags aside.
const KNOWN: &[&str] = &[
    "network-interface-id",
    "subnet-id",
    "vpc-id",
    "availability-zone",
    "owner-id",
    "status",
    "interface-type",
    "description",
    "mac-address",
    "requester-managed",
    "group-id",
    "group-name",
    "private-ip-address",
    "addresses.private-ip-address",
    "addresses.primary",
    "addresses.association.public-ip",
    "association.public-ip",
    "association.allocation-id",
    "association.association-id",
    "attachment.attachment-id",
    "attachment.status",
    "attachment.device-index",
    "attachment.delete-on-termination",
    "attachment.instance-id",
];

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
        "group-name" => interface.group_names.clone(),
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
