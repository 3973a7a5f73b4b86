//! Which routing tables and which priorities of routing rules a kit uses, and which others use by themselves. A number
//! that two use at once would send the replies of one through the interface of the other.

use crate::error::Error;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::ops::RangeInclusive;

/// The tables of a kit: one for each interface. The last twelve bits of its first address choose, so that the table is
/// known before the kit is made, and two interfaces of one subnet get two.
pub const TABLES: RangeInclusive<u32> = 20_000..=24_095;

/// The priority of all rules of a kit. They are about one address each, so they need no order among each other. A rule
/// of a system's own manager for the same address comes later, and is never asked.
///
/// A rule without a priority gets one from the kernel: one less than the first rule after that of the table `local`
/// (`fib_default_rule_pref`). Beside a kit that is 1999 and below. What the systems add so is about other addresses.
pub const PRIORITY: u32 = 2000;

/// How something is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// It ran in the test rig (`make guest-test`).
    Ran,
    /// It was read in its source or documentation, and did not run here.
    Read,
}

/// What a system does by itself with tables and priorities.
#[derive(Debug, Clone, Copy)]
pub struct Taken {
    /// The system.
    pub system: &'static str,
    /// What on it does so.
    pub by: &'static str,
    /// Its tables.
    pub tables: &'static [RangeInclusive<u32>],
    /// Its priorities.
    pub priorities: &'static [RangeInclusive<u32>],
    /// Where that is written.
    pub source: &'static str,
    /// How it is known.
    pub known: Known,
}

/// Every range that a system uses by itself. `docs/GUEST.md` shows the same table; a test compares them.
pub const OTHERS: &[Taken] = &[
    Taken {
        system: "every Linux",
        by: "the kernel",
        tables: &[0..=0, 253..=255],
        priorities: &[0..=0, 32_766..=32_767],
        source: "Linux, include/uapi/linux/rtnetlink.h and net/ipv4/fib_rules.c",
        known: Known::Ran,
    },
    Taken {
        system: "Amazon Linux 2023",
        by: "amazon-ec2-net-utils 2",
        tables: &[10_000..=10_999],
        priorities: &[10_000..=10_999],
        source: "amazonlinux/amazon-ec2-net-utils 0462897, lib/lib.sh: `rule_base=10000`, and the device number",
        known: Known::Read,
    },
    Taken {
        system: "Ubuntu 22.04 and 24.04",
        by: "cloud-init with hotplug",
        tables: &[100..=199],
        priorities: &[32_700..=32_765],
        source: "canonical/cloud-init, sources/DataSourceEc2.py: `table = 100 + nic_idx`, without a priority",
        known: Known::Read,
    },
    Taken {
        system: "Ubuntu 22.04 and 24.04",
        by: "netplan",
        tables: &[],
        priorities: &[],
        source: "netplan 0.106, doc/netplan-yaml.md: only what `routing-policy` says",
        known: Known::Ran,
    },
    Taken {
        system: "Debian 12",
        by: "systemd-networkd 252",
        tables: &[],
        priorities: &[32_700..=32_765],
        source: "systemd.network(5): a rule without a priority gets one from the kernel",
        known: Known::Ran,
    },
    Taken {
        system: "RHEL 9",
        by: "nm-cloud-setup",
        tables: &[30_200..=30_299, 30_400..=30_499],
        priorities: &[30_200..=30_299, 30_350..=30_350, 30_400..=30_499],
        source: "NetworkManager, src/nm-cloud-setup/main.c: `30200 + iface_idx`, `30350`, `30400 + iface_idx`",
        known: Known::Read,
    },
    Taken {
        system: "SLES 15",
        by: "cloud-netconfig, older",
        tables: &[100..=109],
        priorities: &[10_000..=10_999, 29_999..=29_999],
        source: "SUSE-Enceladus/cloud-netconfig before 609d60c, common/cloud-netconfig: `RTABLE=10N`, `prefix*100`",
        known: Known::Read,
    },
    Taken {
        system: "SLES 15",
        by: "cloud-netconfig",
        tables: &[30_000..=30_999],
        priorities: &[30_000..=30_999],
        source: "SUSE-Enceladus/cloud-netconfig d51265e, common/cloud-netconfig: `ifindex+30000`, `ifindex+30400`, 30399",
        known: Known::Read,
    },
    Taken {
        system: "any, with Kubernetes",
        by: "the VPC's CNI plug-in",
        tables: &[2..=99],
        priorities: &[1..=20, 512..=1536],
        source: "aws/amazon-vpc-cni-k8s, pkg/networkutils/network.go: the device number, `toContainerRulePriority`",
        known: Known::Read,
    },
    Taken {
        system: "any, with Cilium",
        by: "Cilium",
        tables: &[10..=99, 200..=202, 2004..=2005],
        priorities: &[1..=112],
        source: "cilium/cilium, pkg/datapath/linux/linux_defaults: `RouteTable...`, `RulePriority...`",
        known: Known::Read,
    },
];

/// A table for an interface: the one of its first address, or the next that is free.
///
/// # Errors
/// [`Error::NoTableLeft`] when every table is taken.
pub fn table(first: IpAddr, taken: &mut BTreeSet<u32>, group: &str) -> Result<u32, Error> {
    let last_bits = match first {
        IpAddr::V4(ip) => u32::from(ip) & 0xfff,
        IpAddr::V6(ip) => u32::from(ip.segments()[7] & 0xfff),
    };
    let own = TABLES.start() + last_bits;
    let after = own..=*TABLES.end();
    let before = *TABLES.start()..=own;
    let free = after.chain(before).find(|table| !taken.contains(table));
    let table = free.ok_or_else(|| Error::NoTableLeft(group.to_owned()))?;
    taken.insert(table);
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_system_uses_a_table_of_a_kit_by_itself() {
        for other in OTHERS {
            for range in other.tables {
                let is_apart = range.end() < TABLES.start() || range.start() > TABLES.end();
                assert!(is_apart, "{}: {} uses {range:?}", other.system, other.by);
            }
        }
    }

    #[test]
    fn no_system_uses_the_priority_of_a_kit_by_itself() {
        for other in OTHERS {
            let uses = other.priorities.iter().any(|it| it.contains(&PRIORITY));
            assert!(!uses, "{}: {}", other.system, other.by);
        }
    }

    /// The rules of the other systems that are about the same address would win otherwise.
    #[test]
    fn the_rules_of_a_kit_come_before_those_of_the_systems_network_managers() {
        let managers = OTHERS.iter().filter(|it| !it.system.starts_with("any"));
        let from_one = managers
            .flat_map(|it| it.priorities)
            .filter(|it| *it.start() > 0);
        assert!(
            from_one
                .map(RangeInclusive::start)
                .all(|first| *first > PRIORITY)
        );
    }

    #[test]
    fn every_supported_system_is_in_the_table_with_a_source() {
        for system in [
            "Amazon Linux 2023",
            "Ubuntu 22.04",
            "24.04",
            "Debian 12",
            "RHEL 9",
            "SLES 15",
        ] {
            assert!(
                OTHERS.iter().any(|it| it.system.contains(system)),
                "{system}"
            );
        }
        assert!(OTHERS.iter().all(|it| it.source.len() > 20));
    }

    #[test]
    fn an_interface_has_the_table_of_its_first_address_or_the_next_that_is_free() {
        let mut taken = BTreeSet::new();
        let mut next = |ip: &str| table(ip.parse().unwrap(), &mut taken, "web").unwrap();
        assert_eq!(next("10.42.0.100"), 20_100);
        assert_eq!(next("10.42.16.100"), 20_101);
        assert_eq!(next("10.42.15.255"), 24_095);
        assert_eq!(next("10.43.15.255"), 20_000);
        assert_eq!(next("2001:db8::5"), 20_005);
    }

    #[test]
    fn every_table_can_be_had_and_then_it_is_said_that_none_is_left() {
        let mut taken = BTreeSet::new();
        let ip = "10.42.0.100".parse().unwrap();
        for _ in TABLES {
            assert!(TABLES.contains(&table(ip, &mut taken, "web").unwrap()));
        }
        let error = table(ip, &mut taken, "web").unwrap_err().to_string();
        assert!(error.contains("group web has more interfaces"), "{error}");
    }
}
