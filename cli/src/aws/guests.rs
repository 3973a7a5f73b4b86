//! EC2: what the files of a group's guests are made from, in the types of the crate `holdfast-guest`. Only reads, each page
//! by page.

use super::actions::{
    DESCRIBE_ADDRESSES, DESCRIBE_INSTANCES, DESCRIBE_NETWORK_INTERFACES, DESCRIBE_SUBNETS,
};
use super::connection::Connection;
use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{self, Filter};
use holdfast::cloud::CloudError;
use holdfast_aws::failure;
use holdfast_guest::ec2::{
    Address, Answers, AttachmentAnswer, BlockState, Instance, Ipv6, Ipv6Block, NetworkInterface,
    Prefix, PrivateIp, State, Subnet, Tag,
};
use std::collections::{BTreeMap, BTreeSet};

/// EC2 takes this many values in a filter. Source: EC2 API reference, "Filter".
const MAX_VALUES: usize = 200;

impl Connection {
    /// What carries a group tag, the interfaces of its instances, and the subnets of those.
    ///
    /// # Errors
    /// AWS's answer to one of four describes.
    pub async fn guest_answers(&self, group_tag: &str) -> Result<Answers, CloudError> {
        let client = Client::new(self.config());
        let tagged = filter("tag-key", [group_tag.to_owned()]);
        let instances = instances(&client, tagged.clone()).await?;
        let addresses = addresses(&client, tagged.clone()).await?;
        let holders = addresses.iter().filter_map(|it| it.instance_id.clone());
        let members = instances.iter().map(|it| it.instance_id.clone());
        let ids: BTreeSet<String> = members.chain(holders).collect();
        let mut found = interfaces(&client, tagged).await?;
        for some in chunks(ids) {
            let attached = filter("attachment.instance-id", some);
            found.extend(interfaces(&client, attached).await?);
        }
        let each = found
            .into_iter()
            .map(|it| (it.network_interface_id.clone(), it));
        let each: BTreeMap<String, NetworkInterface> = each.collect();
        let ids: BTreeSet<String> = each
            .values()
            .filter_map(|it| it.subnet_id.clone())
            .collect();
        let mut subnets = Vec::new();
        for some in chunks(ids) {
            subnets.extend(self::subnets(&client, filter("subnet-id", some)).await?);
        }
        Ok(Answers {
            network_interfaces: each.into_values().collect(),
            subnets,
            instances,
            addresses: addresses.into_iter().map(|it| it.address).collect(),
        })
    }
}

/// An address, and the instance that it is with.
struct Held {
    instance_id: Option<String>,
    address: Address,
}

fn filter(name: &str, values: impl IntoIterator<Item = String>) -> Filter {
    let values = values.into_iter().collect();
    Filter::builder()
        .name(name)
        .set_values(Some(values))
        .build()
}

fn chunks(ids: BTreeSet<String>) -> Vec<Vec<String>> {
    let ids: Vec<String> = ids.into_iter().collect();
    ids.chunks(MAX_VALUES).map(<[String]>::to_vec).collect()
}

async fn instances(client: &Client, which: Filter) -> Result<Vec<Instance>, CloudError> {
    let mut pages = client
        .describe_instances()
        .filters(which)
        .into_paginator()
        .send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| failure::of(DESCRIBE_INSTANCES, error))?;
        let reservations = page.reservations().iter();
        found.extend(
            reservations
                .flat_map(aws_sdk_ec2::types::Reservation::instances)
                .map(instance),
        );
    }
    Ok(found)
}

async fn interfaces(client: &Client, which: Filter) -> Result<Vec<NetworkInterface>, CloudError> {
    let asked = client.describe_network_interfaces().filters(which);
    let mut pages = asked.into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| failure::of(DESCRIBE_NETWORK_INTERFACES, error))?;
        found.extend(page.network_interfaces().iter().map(interface));
    }
    Ok(found)
}

async fn subnets(client: &Client, which: Filter) -> Result<Vec<Subnet>, CloudError> {
    let mut pages = client
        .describe_subnets()
        .filters(which)
        .into_paginator()
        .send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| failure::of(DESCRIBE_SUBNETS, error))?;
        found.extend(page.subnets().iter().map(subnet));
    }
    Ok(found)
}

/// EC2 answers in one page.
async fn addresses(client: &Client, which: Filter) -> Result<Vec<Held>, CloudError> {
    let answer = client.describe_addresses().filters(which).send().await;
    let answer = answer.map_err(|error| failure::of(DESCRIBE_ADDRESSES, error))?;
    Ok(answer.addresses().iter().map(address).collect())
}

fn text(text: Option<&str>) -> String {
    text.unwrap_or_default().to_owned()
}

fn tags(set: &[types::Tag]) -> Vec<Tag> {
    let tag = |tag: &types::Tag| Tag {
        key: text(tag.key()),
        value: text(tag.value()),
    };
    set.iter().map(tag).collect()
}

fn instance(it: &types::Instance) -> Instance {
    let state = it.state().and_then(|state| state.name());
    Instance {
        instance_id: text(it.instance_id()),
        state: state.map(|name| State {
            name: name.as_str().to_owned(),
        }),
        tags: tags(it.tags()),
    }
}

fn interface(it: &types::NetworkInterface) -> NetworkInterface {
    let attachment = it.attachment().map(|attachment| AttachmentAnswer {
        attachment_id: attachment.attachment_id().map(str::to_owned),
        instance_id: attachment.instance_id().map(str::to_owned),
        device_index: attachment.device_index().unwrap_or_default(),
        network_card_index: attachment.network_card_index().unwrap_or_default(),
    });
    let private_ips = it.private_ip_addresses().iter().filter_map(|ip| {
        Some(PrivateIp {
            private_ip_address: ip.private_ip_address()?.parse().ok()?,
            primary: ip.primary().unwrap_or_default(),
        })
    });
    let ipv6 = it.ipv6_addresses().iter().filter_map(|ip| {
        let ipv6_address = ip.ipv6_address()?.parse().ok()?;
        Some(Ipv6 { ipv6_address })
    });
    let prefix = |prefix: Option<&str>| {
        prefix.map(|prefix| Prefix {
            prefix: prefix.to_owned(),
        })
    };
    NetworkInterface {
        network_interface_id: text(it.network_interface_id()),
        mac_address: it.mac_address().map(str::to_owned),
        subnet_id: it.subnet_id().map(str::to_owned),
        attachment,
        requester_managed: it.requester_managed().unwrap_or_default(),
        source_dest_check: it.source_dest_check(),
        private_ip_addresses: private_ips.collect(),
        ipv6_addresses: ipv6.collect(),
        ipv4_prefixes: it
            .ipv4_prefixes()
            .iter()
            .filter_map(|it| prefix(it.ipv4_prefix()))
            .collect(),
        ipv6_prefixes: it
            .ipv6_prefixes()
            .iter()
            .filter_map(|it| prefix(it.ipv6_prefix()))
            .collect(),
        tag_set: tags(it.tag_set()),
    }
}

fn subnet(it: &types::Subnet) -> Subnet {
    let blocks = it.ipv6_cidr_block_association_set().iter();
    let block = |block: &types::SubnetIpv6CidrBlockAssociation| Ipv6Block {
        ipv6_cidr_block: text(block.ipv6_cidr_block()),
        ipv6_cidr_block_state: block.ipv6_cidr_block_state().map(|state| BlockState {
            state: state.state().map(|state| state.as_str().to_owned()),
        }),
    };
    Subnet {
        subnet_id: text(it.subnet_id()),
        cidr_block: it.cidr_block().map(str::to_owned),
        ipv6_cidr_block_association_set: blocks.map(block).collect(),
    }
}

fn address(it: &types::Address) -> Held {
    Held {
        instance_id: it.instance_id().map(str::to_owned),
        address: Address {
            allocation_id: it.allocation_id().map(str::to_owned),
            network_interface_id: it.network_interface_id().map(str::to_owned),
            private_ip_address: it.private_ip_address().and_then(|ip| ip.parse().ok()),
            tags: tags(it.tags()),
        },
    }
}
