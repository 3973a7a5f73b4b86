//! What a history is of.

use holdfast::model::ids::{AllocationId, EniId};
use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

/// What a history is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    /// An address.
    Ip(Ipv4Addr),
    /// One allocation of an address.
    Allocation(AllocationId),
    /// An interface.
    Interface(EniId),
    /// A group.
    Group(String),
}

/// What has none of the other forms is the name of a group: a tag's value may be anything.
impl FromStr for Subject {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Err(
                "expected an IP, an allocation id, the id of an interface, or the name of a group",
            );
        }
        if let Ok(ip) = text.parse() {
            return Ok(Self::Ip(ip));
        }
        if let Ok(allocation) = text.parse() {
            return Ok(Self::Allocation(allocation));
        }
        if let Ok(interface) = text.parse() {
            return Ok(Self::Interface(interface));
        }
        Ok(Self::Group(text.to_owned()))
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(ip) => write!(formatter, "{ip}"),
            Self::Allocation(allocation) => write!(formatter, "{allocation}"),
            Self::Interface(interface) => write!(formatter, "{interface}"),
            Self::Group(name) => write!(formatter, "the group {name}"),
        }
    }
}
