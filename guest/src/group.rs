//! The links of a group: each interface on which a moved address can be, with its table and its addresses.

use crate::cidr::Cidr;
use crate::ec2::Answers;
use crate::error::Error;
use crate::reading::Reading;
use holdfast::settings::TagKeys;
use std::net::IpAddr;

/// What the guests of a group have to know. It is the same for every member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// The interfaces that need routes of their own.
    pub links: Vec<Link>,
    /// Addresses that come to the primary interface of a member, by the mover `ip`. A guest has them on its loopback
    /// interface for good: EC2 delivers each to one member, and replies leave by the primary interface anyway.
    pub local: Vec<IpAddr>,
    /// What whoever installs the kit has to know.
    pub notes: Vec<String>,
}

/// An interface with routes of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The interface.
    pub eni: String,
    /// Its hardware address: it stays with the interface wherever that goes.
    pub mac: String,
    /// Whether it comes and goes. Otherwise it is one of a member's own, on which addresses come and go.
    pub floats: bool,
    /// Its routing table.
    pub table: u32,
    /// The ranges of its subnet, IPv4 first.
    pub subnets: Vec<Cidr>,
    /// Its addresses.
    pub ips: Vec<IpAddr>,
    /// The ranges that EC2 leads to it beside them. What runs behind them is the guest's business; their replies leave
    /// through this interface too.
    pub prefixes: Vec<Cidr>,
}

impl Link {
    /// What of the guest's traffic leaves through this interface, by its source.
    pub fn sources(&self) -> impl Iterator<Item = Cidr> + '_ {
        let ips = self.ips.iter().map(|ip| Cidr::of(*ip));
        ips.chain(self.prefixes.iter().copied())
    }

    /// Whether any of it is IPv6.
    #[must_use]
    pub fn has_ipv6(&self) -> bool {
        self.sources().any(|source| !source.is_ipv4())
    }

    /// Whether any of it is IPv4.
    #[must_use]
    pub fn has_ipv4(&self) -> bool {
        self.sources().any(|source| source.is_ipv4())
    }

    /// The ranges of the subnet that its addresses need.
    pub fn used_subnets(&self) -> impl Iterator<Item = Cidr> + '_ {
        let is_used = |range: &Cidr| {
            if range.is_ipv4() {
                self.has_ipv4()
            } else {
                self.has_ipv6()
            }
        };
        self.subnets.iter().copied().filter(is_used)
    }

    /// The router of each family that its addresses need.
    #[must_use]
    pub fn routers(&self) -> Vec<IpAddr> {
        let mut routers: Vec<IpAddr> = self.used_subnets().map(|it| it.router()).collect();
        routers.dedup();
        routers
    }
}

impl Group {
    /// The group of that name, from what EC2 answers.
    ///
    /// # Errors
    /// When there is no such group, when nothing in it floats, or when EC2's answers lack what a kit needs.
    pub fn read(answers: &Answers, name: &str, keys: &TagKeys) -> Result<Self, Error> {
        if name.trim() != name
            || name.is_empty()
            || name.contains("{{")
            || name.chars().any(char::is_control)
        {
            return Err(Error::BadName(name.to_owned()));
        }
        // In one order, whatever the order of the answers: a table may depend on the one before.
        let mut answers = answers.clone();
        answers
            .network_interfaces
            .sort_by(|a, b| a.network_interface_id.cmp(&b.network_interface_id));
        Reading::of(&answers, name, keys)?.group()
    }
}
