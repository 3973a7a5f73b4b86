//! EC2: which addresses the account holds, and whether their VPCs have names for them.

use crate::aws::actions::{
    DESCRIBE_ADDRESSES, DESCRIBE_NETWORK_INTERFACES, DESCRIBE_VPC_ATTRIBUTE,
};
use crate::aws::{CloudError, Connection};
use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Filter, VpcAttributeName};
use futures_util::future::join_all;
use holdfast::model::elastic_ip::Pool;
use holdfast_aws::failure;
use std::collections::{BTreeMap, BTreeSet};

/// How many interfaces one call is asked about. Source: EC2 API reference, `Filter`: 200 values.
const IN_A_CALL: usize = 200;

/// An address that the account holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldAddress {
    /// The address.
    pub ip: String,
    /// Its allocation; none of an address of the time before VPCs.
    pub allocation: Option<String>,
    /// Whether it takes a place of the quota. One of the account's own ranges does not.
    /// Source: EC2 user guide, "Bring your own IP addresses (BYOIP) to Amazon EC2".
    pub counts: bool,
    /// The interface that it is on.
    pub interface: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// Whether a VPC has names for its addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VpcNames {
    /// The VPC.
    pub vpc: String,
    /// `enableDnsHostnames`.
    pub hostnames: bool,
    /// `enableDnsSupport`.
    pub support: bool,
}

impl Connection {
    /// All addresses of the account in this region. `DescribeAddresses` has no pages.
    ///
    /// # Errors
    /// AWS's answer to `ec2:DescribeAddresses`.
    pub async fn held_addresses(&self) -> Result<Vec<HeldAddress>, CloudError> {
        let client = Client::new(self.config());
        let answer = client.describe_addresses().send().await;
        let answer = answer.map_err(|error| failure::of(DESCRIBE_ADDRESSES, error))?;
        let held = answer.addresses().iter().map(|address| HeldAddress {
            ip: address.public_ip().unwrap_or_default().to_owned(),
            allocation: address.allocation_id().map(str::to_owned),
            counts: address
                .public_ipv4_pool()
                .is_none_or(|pool| Pool::from_public_ipv4_pool(pool) == Pool::Amazon),
            interface: address.network_interface_id().map(str::to_owned),
            tags: address
                .tags()
                .iter()
                .filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned())))
                .collect(),
        });
        Ok(held.collect())
    }

    /// The VPCs of these interfaces, each with what is known of it: AWS's answer to `ec2:DescribeVpcAttribute` may be none.
    ///
    /// # Errors
    /// AWS's answer to `ec2:DescribeNetworkInterfaces`.
    pub async fn vpcs_of(
        &self,
        interfaces: &[String],
    ) -> Result<Vec<Result<VpcNames, CloudError>>, CloudError> {
        let client = Client::new(self.config());
        let mut vpcs = BTreeSet::new();
        for some in interfaces.chunks(IN_A_CALL) {
            // By a filter: an interface that is gone by now is no error.
            let filter = Filter::builder().name("network-interface-id");
            let filter = filter.set_values(Some(some.to_vec())).build();
            let asked = client.describe_network_interfaces().filters(filter);
            let mut pages = asked.into_paginator().send();
            while let Some(page) = pages.next().await {
                let page = page.map_err(|error| failure::of(DESCRIBE_NETWORK_INTERFACES, error))?;
                let of = page.network_interfaces().iter();
                vpcs.extend(of.filter_map(|one| one.vpc_id().map(str::to_owned)));
            }
        }
        Ok(join_all(vpcs.into_iter().map(|vpc| names(&client, vpc))).await)
    }
}

async fn names(client: &Client, vpc: String) -> Result<VpcNames, CloudError> {
    let ask = |attribute| {
        let asked = client.describe_vpc_attribute().vpc_id(&vpc);
        let asked = asked.attribute(attribute);
        async move {
            let sent = asked.send().await;
            sent.map_err(|error| failure::of(DESCRIBE_VPC_ATTRIBUTE, error))
        }
    };
    let (hostnames, support) = futures_util::join!(
        ask(VpcAttributeName::EnableDnsHostnames),
        ask(VpcAttributeName::EnableDnsSupport)
    );
    let hostnames = hostnames?
        .enable_dns_hostnames()
        .and_then(aws_sdk_ec2::types::AttributeBooleanValue::value);
    let support = support?
        .enable_dns_support()
        .and_then(aws_sdk_ec2::types::AttributeBooleanValue::value);
    Ok(VpcNames {
        vpc: vpc.clone(),
        hostnames: hostnames == Some(true),
        support: support == Some(true),
    })
}
