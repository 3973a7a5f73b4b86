//! Elastic IPs: what one is, and the describes.

use std::collections::BTreeSet;

use time::OffsetDateTime;

use super::{
    api::{self, DescribeAddresses, Ec2Error, Response},
    filters,
    model::{Model, Resources, View},
    reverse_dns::ReverseDns,
};

/// The pool of addresses that are nobody's own.
pub(super) const AMAZON: &str = "amazon";

/// An address that an account holds.
#[derive(Clone, Debug)]
pub(super) struct Address {
    pub(super) allocation_id: String,
    pub(super) public_ip: String,
    pub(super) owner: String,
    pub(super) pool: String,
    pub(super) border_group: String,
    pub(super) allocated_at: OffsetDateTime,
    pub(super) association: Option<Association>,
    /// The service that manages it, as in `Address.ServiceManaged`.
    pub(super) service_managed: Option<String>,
    /// AWS Support locked it to the account.
    pub(super) locked: bool,
    pub(super) reverse_dns: ReverseDns,
}

/// The association of an address with a private IP. This is the only place where it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Association {
    pub(super) id: String,
    pub(super) interface_id: String,
    pub(super) private_ip: String,
}

/// What remains of an address after its release.
#[derive(Clone, Debug)]
pub(super) struct FormerAddress {
    /// Who held it: only they can ask for it back.
    pub(super) accounts: BTreeSet<String>,
    pub(super) pool: String,
    pub(super) border_group: String,
    pub(super) available_from: OffsetDateTime,
    /// An account outside of this world has it now.
    pub(super) taken: bool,
}

/// Addresses of one's own.
#[derive(Clone, Debug)]
pub(super) struct AddressPool {
    pub(super) owner: String,
    pub(super) border_group: String,
    pub(super) addresses: Vec<String>,
    /// An IPAM pool, asked for by `IpamPoolId`.
    pub(super) ipam: bool,
}

pub(super) fn allocation_not_found(id: &str) -> Ec2Error {
    Ec2Error::new(
        "InvalidAllocationID.NotFound",
        format!("The allocation ID '{id}' does not exist"),
    )
}

impl Resources {
    pub(super) fn address_at(&self, public_ip: &str) -> Option<&Address> {
        self.addresses
            .values()
            .find(|address| address.public_ip == public_ip)
    }

    /// The address that is tied to a private IP of an interface.
    pub(super) fn address_on(&self, interface_id: &str, private_ip: &str) -> Option<&Address> {
        self.addresses.values().find(|address| {
            address.association.as_ref().is_some_and(|association| {
                association.interface_id == interface_id && association.private_ip == private_ip
            })
        })
    }

    pub(super) fn address_as_answered(&self, address: &Address) -> api::Address {
        let association = address.association.as_ref().map(|association| {
            let interface = self.interfaces.get(&association.interface_id);
            api::AddressAssociation {
                association_id: association.id.clone(),
                instance_id: interface
                    .and_then(|interface| interface.attachment.as_ref())
                    .and_then(|attachment| attachment.instance_id.clone()),
                network_interface_id: association.interface_id.clone(),
                network_interface_owner_id: interface.map_or_else(
                    || address.owner.clone(),
                    |interface| interface.owner.clone(),
                ),
                private_ip_address: association.private_ip.clone(),
            }
        });
        api::Address {
            public_ip: address.public_ip.clone(),
            allocation_id: address.allocation_id.clone(),
            domain: "vpc".to_owned(),
            public_ipv4_pool: address.pool.clone(),
            network_border_group: address.border_group.clone(),
            association,
            service_managed: address.service_managed.clone(),
            tags: self.tags_of(&address.allocation_id),
        }
    }
}

impl Model {
    /// An address of the account by its allocation id. Somebody else's is `AuthFailure`.
    pub(super) fn own_address(&self, account: &str, id: &str) -> Result<&Address, Ec2Error> {
        let usable_until = self.now - self.settings.allocation_usable_after;
        let address = self
            .resources
            .addresses
            .get(id)
            .filter(|address| address.allocated_at <= usable_until)
            .ok_or_else(|| allocation_not_found(id))?;
        if address.owner == account {
            Ok(address)
        } else {
            Err(super::model::auth_failure())
        }
    }
}

impl View<'_> {
    /// The addresses that an account holds.
    pub(super) fn addresses_of<'b>(
        &'b self,
        account: &'b str,
    ) -> impl Iterator<Item = &'b Address> {
        let all = self.resources.addresses.values();
        all.filter(move |address| address.owner == account)
    }

    /// A describe by id fails as a whole when the account does not hold one of the ids.
    pub(super) fn require_allocations(
        &self,
        account: &str,
        ids: &[String],
    ) -> Result<(), Ec2Error> {
        let is_held = |id: &String| {
            let held = self.resources.addresses.get(id);
            held.is_some_and(|held| held.owner == account)
        };
        match ids.iter().find(|id| !is_held(id)) {
            Some(unknown) => Err(allocation_not_found(unknown)),
            None => Ok(()),
        }
    }

    /// Everything in one answer: `DescribeAddresses` has no pages.
    pub(super) fn describe_addresses(
        &self,
        account: &str,
        request: &DescribeAddresses,
    ) -> Result<Response, Ec2Error> {
        filters::check(&request.filters, KNOWN)?;
        let own = || self.addresses_of(account);
        self.require_allocations(account, &request.allocation_ids)?;
        for ip in &request.public_ips {
            if !own().any(|address| address.public_ip == *ip) {
                let message = format!("Address '{ip}' not found.");
                return Err(Ec2Error::new("InvalidAddress.NotFound", message));
            }
        }
        let asked = |named: &[String], value: &String| named.is_empty() || named.contains(value);
        let mut answers = Vec::new();
        for address in own() {
            if !asked(&request.allocation_ids, &address.allocation_id)
                || !asked(&request.public_ips, &address.public_ip)
            {
                continue;
            }
            let may_pass = filters::may_pass(
                &request.filters,
                self.resources.tags.get(&address.allocation_id),
                |name| match name {
                    "public-ip" => Some(Some(address.public_ip.as_str())),
                    "allocation-id" => Some(Some(address.allocation_id.as_str())),
                    _ => None,
                },
            );
            if !may_pass {
                continue;
            }
            let answer = self.resources.address_as_answered(address);
            let values_of = |name: &str| filter_values(&answer, name);
            if filters::passes(&request.filters, &answer.tags, values_of)? {
                answers.push(answer);
            }
        }
        Ok(Response::DescribeAddresses(answers))
    }
}

/// The filters of the describe, tags aside.
const KNOWN: &[&str] = &[
    "public-ip",
    "allocation-id",
    "domain",
    "network-border-group",
    "association-id",
    "instance-id",
    "network-interface-id",
    "network-interface-owner-id",
    "private-ip-address",
];

fn filter_values(address: &api::Address, name: &str) -> Option<Vec<String>> {
    let association = address.association.as_ref();
    let value = match name {
        "public-ip" => Some(address.public_ip.clone()),
        "allocation-id" => Some(address.allocation_id.clone()),
        "domain" => Some(address.domain.clone()),
        "network-border-group" => Some(address.network_border_group.clone()),
        "association-id" => association.map(|it| it.association_id.clone()),
        "instance-id" => association.and_then(|it| it.instance_id.clone()),
        "network-interface-id" => association.map(|it| it.network_interface_id.clone()),
        "network-interface-owner-id" => association.map(|it| it.network_interface_owner_id.clone()),
        "private-ip-address" => association.map(|it| it.private_ip_address.clone()),
        _ => return None,
    };
    Some(value.into_iter().collect())
}
