//! The floating interfaces of a group, as the last sweep saw them: an interface that is gone tells nothing of itself any
//! more. Pure data.
//!
//! Who races for the row: two sweeps. The ledger arbitrates, by its revision. Nobody else writes it.

use crate::model::ids::{AllocationId, EniId, SubnetId};
use crate::model::interface::OtherIps;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use time::OffsetDateTime;

/// How many bytes of interfaces a row takes: DynamoDB stores no item of more than 400 KB (DynamoDB developer guide,
/// "Quotas").
const MAX_BYTES: usize = 200_000;

/// A group's row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FloatingInterfaces {
    /// The group.
    pub group: String,
    /// One more than that of the row it took the place of; 1 for the first.
    pub revision: u64,
    /// The moment before they were read.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
    /// The version of Holdfast that wrote it.
    pub written_by: String,
    /// The interfaces. One that is gone is told once, and is here no more.
    pub interfaces: BTreeMap<EniId, FloatingInterface>,
    /// How many had no room.
    #[serde(default)]
    pub left_out: usize,
}

/// What an interface had.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FloatingInterface {
    /// Its subnet.
    #[serde(default)]
    pub subnet: Option<SubnetId>,
    /// Its private IPs, the primary one first.
    #[serde(default)]
    pub private_ips: Vec<Ipv4Addr>,
    /// Its IPv6 addresses and prefixes.
    #[serde(default)]
    pub other_ips: OtherIps,
    /// The Elastic IPs on it.
    #[serde(default)]
    pub addresses: BTreeMap<AllocationId, Ipv4Addr>,
}

impl FloatingInterfaces {
    /// The row of a group after a sweep, in the place of an earlier one. What has no room is counted.
    #[must_use]
    pub fn after(
        earlier: Option<&Self>,
        group: &str,
        as_of: OffsetDateTime,
        seen: BTreeMap<EniId, FloatingInterface>,
    ) -> Self {
        let mut room = MAX_BYTES;
        let mut left_out = 0;
        let mut interfaces = BTreeMap::new();
        for (eni, interface) in seen {
            match room.checked_sub(interface.size()) {
                Some(left) => {
                    room = left;
                    interfaces.insert(eni, interface);
                }
                None => left_out += 1,
            }
        }
        Self {
            group: group.to_owned(),
            revision: earlier.map_or(0, |row| row.revision) + 1,
            as_of,
            written_by: env!("CARGO_PKG_VERSION").to_owned(),
            interfaces,
            left_out,
        }
    }

    /// Whether a sweep that saw this has nothing new to write.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.interfaces == other.interfaces && self.left_out == other.left_out
    }
}

impl FloatingInterface {
    /// How many bytes it takes in a row, with its id and the names of its parts; rather too many than too few.
    fn size(&self) -> usize {
        let texts = self.other_ips.each().map(|text| text.len() + 4);
        200 + 20 * self.private_ips.len() + 50 * self.addresses.len() + texts.sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full(number: u32) -> (EniId, FloatingInterface) {
        let ips = (0..50).map(|last| Ipv4Addr::new(10, 0, 200, last));
        let allocation = |last: u8| format!("eipalloc-{number:08}{last:09}").parse().unwrap();
        let addresses = (0..50).map(|last| (allocation(last), Ipv4Addr::new(203, 0, 113, last)));
        let interface = FloatingInterface {
            subnet: Some("subnet-01234567890abcdef".parse().unwrap()),
            private_ips: ips.collect(),
            other_ips: OtherIps {
                ipv6: vec!["2001:db8:1234:1a00:9:9:9:9".parse().unwrap(); 50],
                prefixes: vec!["2001:db8:1234:1a00:9::/80".to_owned(); 50],
            },
            addresses: addresses.collect(),
        };
        (format!("eni-{number:017}").parse().unwrap(), interface)
    }

    fn row(seen: impl IntoIterator<Item = (EniId, FloatingInterface)>) -> FloatingInterfaces {
        let seen = seen.into_iter().collect();
        FloatingInterfaces::after(None, "gw", OffsetDateTime::UNIX_EPOCH, seen)
    }

    #[test]
    fn a_group_with_ever_so_many_full_interfaces_fits_a_row_of_dynamodb() {
        let row = row((0..1000).map(full));
        assert_eq!(row.interfaces.len() + row.left_out, 1000);
        assert!(row.interfaces.len() > 10 && row.left_out > 0);
        let written = serde_json::to_vec(&row).unwrap().len();
        assert!(written < 390_000, "{written} bytes");
    }

    #[test]
    fn a_row_follows_the_one_that_it_takes_the_place_of_and_knows_when_it_says_the_same() {
        let first = row([full(1)]);
        let seen = [full(1)].into();
        let later = OffsetDateTime::UNIX_EPOCH + time::Duration::HOUR;
        let second = FloatingInterfaces::after(Some(&first), "gw", later, seen);
        assert_eq!((first.revision, second.revision), (1, 2));
        assert!(second.is_same_as(&first) && !second.is_same_as(&row([])));
    }

    #[test]
    fn a_row_of_an_interface_of_which_less_was_noted_can_be_read() {
        let plain: FloatingInterface = serde_json::from_str("{}").unwrap();
        assert_eq!(plain, FloatingInterface::default());
    }
}
