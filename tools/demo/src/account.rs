//! The simulated account of the demo: who is in it, what they build, and what they do to it.

use ec2_sim::World;
use ec2_sim::api::{AllocateAddress, Caller, DescribeAddressesAttribute, Request, Response, Tag};
use ec2_sim::world::ACCOUNT;
use holdfast_tests::explorer::promises::addresses;
use holdfast_tests::scenarios::estate;
use holdfast_tests::terminal;
use holdfast_tests::terminal::Problem;
use std::collections::BTreeMap;

/// The role whose releases are meant.
pub(super) const EXEMPT_ROLE: &str = "arn:aws:iam::111122223333:role/decommission";

/// Who owns the network.
pub(super) fn ana() -> Caller {
    Caller::user(ACCOUNT, "ana")
}

/// Who cleans up too much.
pub(super) fn kim() -> Caller {
    Caller {
        user_agent: "APN/1.0 HashiCorp/1.0 Terraform/1.9.5".to_owned(),
        ..Caller::user(ACCOUNT, "kim")
    }
}

/// Who takes things out of service, and means it.
pub(super) fn decommission() -> Caller {
    Caller::role(ACCOUNT, "decommission", "change-4711")
}

/// An address of the demo.
#[derive(Debug, Clone)]
pub(super) struct DemoAddress {
    pub(super) name: &'static str,
    pub(super) ip: String,
    pub(super) allocation: String,
}

/// An address with a name and, where it is to have one, a protection.
pub(super) fn allocate(
    world: &mut World,
    name: &'static str,
    protect: Option<&str>,
) -> Result<DemoAddress, Problem> {
    let tags = protect.map(|protect| Tag::new("holdfast:protect", protect));
    allocate_tagged(world, name, tags.into_iter().collect())
}

/// An address with a name and further tags.
pub(super) fn allocate_tagged(
    world: &mut World,
    name: &'static str,
    mut tags: Vec<Tag>,
) -> Result<DemoAddress, Problem> {
    tags.push(Tag::new("Name", name));
    let given = estate::allocate(world, &ana(), AllocateAddress::default(), tags)?;
    Ok(DemoAddress {
        name,
        ip: given.public_ip,
        allocation: given.allocation_id,
    })
}

/// Shows what the account has of these addresses now.
pub(super) fn show(world: &World, lots: &[&DemoAddress]) -> Result<(), Problem> {
    let held = addresses(world);
    let names = reverse_dns_names(world);
    let row = |lot: &&DemoAddress| {
        let found = held.values().find(|address| address.public_ip == lot.ip);
        let Some(address) = found else {
            return vec![lot.ip.clone(), lot.name.to_owned(), "not ours".to_owned()];
        };
        let tag = |key: &str| {
            let tag = address.tags.iter().find(|tag| tag.key == key);
            tag.map(|tag| tag.value.clone()).unwrap_or_default()
        };
        let holder = address.association.as_ref().map(|association| {
            format!(
                "{} on {}",
                association.private_ip_address, association.network_interface_id
            )
        });
        let association = address.association.as_ref();
        let instance = association.and_then(|association| association.instance_id.clone());
        vec![
            address.public_ip.clone(),
            tag("Name"),
            address.allocation_id.clone(),
            tag("holdfast:protect"),
            holder.unwrap_or_default(),
            instance.unwrap_or_default(),
            names
                .get(&address.allocation_id)
                .cloned()
                .unwrap_or_default(),
        ]
    };
    terminal::table(
        &[
            "address",
            "name",
            "allocation",
            "protect",
            "associated with",
            "instance",
            "reverse DNS",
        ],
        lots.iter().map(row).collect(),
    )
}

fn reverse_dns_names(world: &World) -> BTreeMap<String, String> {
    let request = DescribeAddressesAttribute {
        attribute: Some("domain-name".to_owned()),
        ..DescribeAddressesAttribute::default()
    };
    match world.inspect(&ana(), &Request::DescribeAddressesAttribute(request)) {
        Ok(Response::DescribeAddressesAttribute { addresses, .. }) => addresses
            .into_iter()
            .filter_map(|attribute| {
                let pending = attribute.ptr_record_update.and_then(|update| update.value);
                let name = attribute
                    .ptr_record
                    .or(pending.map(|name| format!("{name} (soon)")))?;
                Some((attribute.allocation_id, name))
            })
            .collect(),
        _ => BTreeMap::new(),
    }
}
