//! The addresses as they truly are: no read lag, no throttling, no denial, and no trace in the record.

use crate::World;
use crate::api::{
    Address, Caller, DescribeAddresses, DescribeAddressesAttribute, Request, Response,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One address that the account holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressState {
    /// The address.
    pub public_ip: String,
    /// The allocation that holds it now.
    pub allocation_id: String,
    /// The interface it is associated with.
    pub network_interface_id: Option<String>,
    /// The private IP on that interface.
    pub private_ip: Option<String>,
    /// The instance behind it.
    pub instance_id: Option<String>,
    /// The published reverse DNS name, with its trailing dot.
    pub reverse_dns: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// All addresses of the account, by IP.
pub(super) fn of(world: &World) -> Vec<AddressState> {
    let caller = Caller::user(world.account(), "observer");
    let all = Request::DescribeAddresses(DescribeAddresses::default());
    let Ok(Response::DescribeAddresses(addresses)) = world.inspect(&caller, &all) else {
        return Vec::new();
    };
    let mut names = reverse_dns_names(world, &caller);
    let mut states: Vec<_> = addresses
        .into_iter()
        .map(|address| {
            let name = names.remove(&address.allocation_id);
            state(address, name)
        })
        .collect();
    states.sort_by(|one, other| one.public_ip.cmp(&other.public_ip));
    states
}

fn reverse_dns_names(world: &World, caller: &Caller) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    let mut next = None;
    loop {
        let request = Request::DescribeAddressesAttribute(DescribeAddressesAttribute {
            attribute: Some("domain-name".to_owned()),
            next_token: next,
            ..DescribeAddressesAttribute::default()
        });
        let Ok(Response::DescribeAddressesAttribute {
            addresses,
            next_token,
        }) = world.inspect(caller, &request)
        else {
            return names;
        };
        names.extend(
            addresses
                .into_iter()
                .filter_map(|one| Some((one.allocation_id, one.ptr_record?))),
        );
        if next_token.is_none() {
            return names;
        }
        next = next_token;
    }
}

fn state(address: Address, reverse_dns: Option<String>) -> AddressState {
    let Address {
        public_ip,
        allocation_id,
        association,
        tags,
        ..
    } = address;
    let (network_interface_id, private_ip, instance_id) = match association {
        Some(association) => (
            Some(association.network_interface_id),
            Some(association.private_ip_address),
            association.instance_id,
        ),
        None => (None, None, None),
    };
    AddressState {
        public_ip,
        allocation_id,
        network_interface_id,
        private_ip,
        instance_id,
        reverse_dns,
        tags: tags.into_iter().map(|tag| (tag.key, tag.value)).collect(),
    }
}
