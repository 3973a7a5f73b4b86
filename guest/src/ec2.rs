//! What EC2 answers, as far as a kit hangs on it: the JSON of `DescribeNetworkInterfaces`, `DescribeSubnets`,
//! `DescribeInstances` and `DescribeAddresses`, as the AWS CLI and boto3 print it. Which resource is of which group, and
//! what of it floats, is answered by the crate `holdfast`, in its own types.

use crate::error::Error;
use holdfast::model::interface::{Attachment, AttachmentState, Interface};
use holdfast::model::tags::Tags;
use serde::Deserialize;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The four answers, one beside the other.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Answers {
    /// The interfaces with a group tag, and those of the group's instances.
    pub network_interfaces: Vec<NetworkInterface>,
    /// Their subnets.
    pub subnets: Vec<Subnet>,
    /// The instances with a group tag.
    pub instances: Vec<Instance>,
    /// The Elastic IPs with a group tag.
    pub addresses: Vec<Address>,
}

/// An interface.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)] // each field has the name and the meaning that EC2 gives it
pub struct NetworkInterface {
    pub network_interface_id: String,
    pub mac_address: Option<String>,
    pub subnet_id: Option<String>,
    pub attachment: Option<AttachmentAnswer>,
    #[serde(default)]
    pub requester_managed: bool,
    pub source_dest_check: Option<bool>,
    #[serde(default)]
    pub private_ip_addresses: Vec<PrivateIp>,
    #[serde(default)]
    pub ipv6_addresses: Vec<Ipv6>,
    #[serde(default)]
    pub ipv4_prefixes: Vec<Prefix>,
    #[serde(default)]
    pub ipv6_prefixes: Vec<Prefix>,
    #[serde(default)]
    pub tag_set: Vec<Tag>,
}

/// What an interface is attached to.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)]
pub struct AttachmentAnswer {
    pub attachment_id: Option<String>,
    pub instance_id: Option<String>,
    #[serde(default)]
    pub device_index: i32,
    #[serde(default)]
    pub network_card_index: i32,
}

/// A private IPv4 address of an interface.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)]
pub struct PrivateIp {
    pub private_ip_address: Ipv4Addr,
    #[serde(default)]
    pub primary: bool,
}

/// An IPv6 address of an interface.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)]
pub struct Ipv6 {
    pub ipv6_address: Ipv6Addr,
}

/// A range that EC2 leads to an interface.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs)]
pub struct Prefix {
    #[serde(alias = "Ipv4Prefix", alias = "Ipv6Prefix")]
    pub prefix: String,
}

/// A subnet.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)]
pub struct Subnet {
    pub subnet_id: String,
    pub cidr_block: Option<String>,
    #[serde(default)]
    pub ipv6_cidr_block_association_set: Vec<Ipv6Block>,
}

/// A range of IPv6 that a subnet has, had, or is to have.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)]
pub struct Ipv6Block {
    pub ipv6_cidr_block: String,
    pub ipv6_cidr_block_state: Option<BlockState>,
}

/// Whether a range is there.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)]
pub struct BlockState {
    pub state: Option<String>,
}

/// An instance.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)]
pub struct Instance {
    pub instance_id: String,
    pub state: Option<State>,
    #[serde(default)]
    pub tags: Vec<Tag>,
}

/// Where an instance is in its life.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)]
pub struct State {
    pub name: String,
}

/// An Elastic IP.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)]
pub struct Address {
    pub allocation_id: Option<String>,
    pub network_interface_id: Option<String>,
    pub private_ip_address: Option<Ipv4Addr>,
    #[serde(default)]
    pub tags: Vec<Tag>,
}

/// A tag.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)]
pub struct Tag {
    pub key: String,
    pub value: String,
}

/// Tags as the crate `holdfast` has them.
#[must_use]
pub fn tags(set: &[Tag]) -> Tags {
    let pairs = set.iter().map(|tag| (tag.key.clone(), tag.value.clone()));
    pairs.collect()
}

impl NetworkInterface {
    /// The interface as the crate `holdfast` has it, which says whether it floats.
    ///
    /// # Errors
    /// [`Error::Unreadable`] for an identifier that is none.
    pub fn model(&self) -> Result<Interface, Error> {
        let id = id(&self.network_interface_id, "the id of an interface")?;
        let ips = self.private_ip_addresses.iter();
        let attachment = self.attachment.as_ref().map(AttachmentAnswer::model);
        Ok(Interface {
            private_ips: ips
                .clone()
                .map(|it| (it.private_ip_address, None))
                .collect(),
            primary_ip: ips
                .clone()
                .find(|it| it.primary)
                .map(|it| it.private_ip_address),
            requester_managed: self.requester_managed,
            attachment: attachment.transpose()?,
            tags: tags(&self.tag_set),
            ..Interface::bare(id)
        })
    }

    /// The instance that it is attached to, or is about to be or not to be any more.
    #[must_use]
    pub fn instance(&self) -> Option<&str> {
        self.attachment.as_ref()?.instance_id.as_deref()
    }
}

impl AttachmentAnswer {
    fn model(&self) -> Result<Attachment, Error> {
        // An attachment of an AWS service has an id that is not told, or one of another kind.
        let own = self
            .attachment_id
            .as_deref()
            .and_then(|text| text.parse().ok());
        let unknown = id("eni-attach-0", "the id of an attachment");
        let instance = self.instance_id.as_deref();
        Ok(Attachment {
            id: own.map_or_else(|| unknown, Ok)?,
            instance: instance
                .map(|it| id(it, "the id of an instance"))
                .transpose()?,
            device_index: self.device_index,
            card_index: self.network_card_index,
            state: AttachmentState::Unknown,
            delete_on_termination: false,
            since: None,
        })
    }
}

fn id<T: std::str::FromStr>(text: &str, what: &'static str) -> Result<T, Error> {
    let unreadable = |_| Error::Unreadable {
        what,
        text: text.to_owned(),
    };
    text.parse().map_err(unreadable)
}

impl Instance {
    /// Whether it may get an address some day.
    #[must_use]
    pub fn may_serve(&self) -> bool {
        let gone = ["shutting-down", "terminated"];
        self.state
            .as_ref()
            .is_none_or(|it| !gone.contains(&it.name.as_str()))
    }
}

impl Subnet {
    /// Its ranges of IPv6 that are there.
    pub fn ipv6(&self) -> impl Iterator<Item = &str> {
        let is_there = |block: &&Ipv6Block| {
            let state = block.ipv6_cidr_block_state.as_ref();
            state
                .and_then(|it| it.state.as_deref())
                .is_none_or(|it| it == "associated")
        };
        let blocks = self.ipv6_cidr_block_association_set.iter();
        blocks
            .filter(is_there)
            .map(|it| it.ipv6_cidr_block.as_str())
    }
}
