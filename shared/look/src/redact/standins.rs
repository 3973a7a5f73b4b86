//! What stands for what. The same value has the same stand-in everywhere. Stand-ins of a kind sort as their originals do,
//! since a decision may hang on whose turn comes first.

use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};

/// The first address of the range for benchmarks (RFC 2544): nobody's, and room for 131,072 addresses.
const FIRST_IP: u32 = 0xC612_0000;
/// The range for documentation (RFC 3849).
const FIRST_IPV6: u128 = 0x2001_0db8 << 96;

/// How many values of each kind have a stand-in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TakenOut {
    /// Account ids.
    pub accounts: usize,
    /// IPv4 and IPv6 addresses.
    pub ips: usize,
    /// ARNs.
    pub arns: usize,
    /// Names: of people, roles, alarms, hosts, and tags' values that are not Holdfast's.
    pub names: usize,
    /// Messages and descriptions, which have no stand-in.
    pub texts: usize,
}

/// Every value that was met.
#[derive(Debug, Default)]
pub(super) struct Met {
    pub(super) ips: BTreeSet<Ipv4Addr>,
    pub(super) ipv6: BTreeSet<Ipv6Addr>,
    pub(super) accounts: BTreeSet<String>,
    pub(super) names: BTreeSet<String>,
    pub(super) arns: BTreeSet<String>,
    pub(super) texts: usize,
}

/// The stand-ins.
#[derive(Debug, Default)]
pub(super) struct StandIns {
    ips: BTreeMap<Ipv4Addr, Ipv4Addr>,
    ipv6: BTreeMap<Ipv6Addr, Ipv6Addr>,
    accounts: BTreeMap<String, String>,
    names: BTreeMap<String, String>,
}

impl StandIns {
    /// One for each value that was met. A name with the prefix of alarms that move keeps one.
    pub(super) fn of(met: &Met, prefix: Option<&str>) -> Self {
        let width = met.names.len().to_string().len();
        let name = |(number, name): (usize, &String)| {
            let begin = match prefix {
                Some(prefix) if name.starts_with(prefix) => NAMED,
                Some(prefix) if name.as_str() > prefix => AFTER_NAMED,
                _ => "",
            };
            (name.clone(), format!("{begin}name-{number:0width$}"))
        };
        let account =
            |(number, account): (usize, &String)| (account.clone(), format!("{:012}", number + 1));
        let ip = |(ip, number): (&Ipv4Addr, u32)| (*ip, Ipv4Addr::from(FIRST_IP + number));
        let ipv6 = |(ip, number): (&Ipv6Addr, u128)| (*ip, Ipv6Addr::from(FIRST_IPV6 + number));
        Self {
            ips: met.ips.iter().zip(1..).map(ip).collect(),
            ipv6: met.ipv6.iter().zip(1..).map(ipv6).collect(),
            accounts: met.accounts.iter().enumerate().map(account).collect(),
            names: met.names.iter().enumerate().map(name).collect(),
        }
    }

    pub(super) fn ip(&self, ip: Ipv4Addr) -> Ipv4Addr {
        self.ips.get(&ip).copied().unwrap_or(ip)
    }

    pub(super) fn ipv6(&self, ip: Ipv6Addr) -> Ipv6Addr {
        self.ipv6.get(&ip).copied().unwrap_or(ip)
    }

    pub(super) fn account<'a>(&'a self, account: &'a str) -> &'a str {
        self.accounts.get(account).map_or(account, String::as_str)
    }

    pub(super) fn name<'a>(&'a self, name: &'a str) -> &'a str {
        self.names.get(name).map_or(name, String::as_str)
    }
}

/// What the names of alarms that move begin with, where a setting says so.
pub(super) const NAMED: &str = "named-";

/// What those begin with that sort after them.
const AFTER_NAMED: &str = "other-";
