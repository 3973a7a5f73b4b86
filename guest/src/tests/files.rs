//! What is in the files.

use super::{ec2, eni, floating};
use crate::group::Group;
use crate::kit::{Manager, checksum, files};
use crate::ranges::{PRIORITY, TABLES};
use serde_json::json;

const NETWORKD: &str = "\
# eni-9. Made by Holdfast: make guest
[Match]
MACAddress=02:00:00:00:00:39
[Link]
RequiredForOnline=no
[Network]
DHCP=no
IPv6AcceptRA=no
LinkLocalAddressing=no
[Address]
Address=10.42.0.100/32
AddPrefixRoute=false
[RoutingPolicyRule]
From=10.42.0.100/32
Table=20100
Priority=2000
[Route]
Destination=10.42.0.64/26
Scope=link
Table=20100
[Route]
Gateway=10.42.0.65
GatewayOnLink=yes
Table=20100
";

fn text(group: &Group, manager: Manager) -> String {
    manager
        .files(group)
        .into_iter()
        .map(|file| file.text)
        .collect()
}

fn everything() -> Group {
    let full = floating()
        .ips(&["10.42.0.100", "10.42.0.101"])
        .ipv6(&["2001:db8:42:1::100"])
        .with("Ipv4Prefixes", json!([{ "Ipv4Prefix": "10.42.0.112/28" }]))
        .with(
            "Ipv6Prefixes",
            json!([{ "Ipv6Prefix": "2001:db8:42:1:aaaa::/80" }]),
        );
    let same_subnet = eni("eni-8")
        .ips(&["10.42.0.20"])
        .ipv6(&["2001:db8:42::20"])
        .tag("group", "web");
    let holder = eni("eni-3")
        .on("i-3", 0)
        .ips(&["10.42.0.12", "10.42.0.50"])
        .tag("group", "web")
        .tag("mover", "ip");
    let answers = ec2().interface(full).interface(same_subnet);
    answers.instance("i-3").interface(holder).group()
}

#[test]
fn networkd_gets_a_file_that_matches_the_hardware_address_and_leaves_the_main_table_alone() {
    let group = ec2().interface(floating()).group();
    assert_eq!(text(&group, Manager::Networkd), NETWORKD);
}

#[test]
fn network_manager_gets_a_profile_with_a_table_of_its_own() {
    let group = ec2()
        .interface(floating().ipv6(&["2001:db8:42:1::100"]))
        .group();
    let [file] = &Manager::NetworkManager.files(&group)[..] else {
        panic!("one interface has one profile");
    };
    assert_eq!(
        file.mode, 0o600,
        "NetworkManager ignores a profile that others may read"
    );
    let (head, body) = file.text.split_once("type=ethernet\n").unwrap();
    assert!(head.contains("[connection]\nid=holdfast-eni-9-"), "{head}");
    let expected = "\
autoconnect-priority=100
autoconnect-retries=0
[ethernet]
mac-address=02:00:00:00:00:39
[user]
org.freedesktop.nm-cloud-setup.skip=yes
[ipv4]
method=manual
route-table=20100
address1=10.42.0.100/32
route1=10.42.0.64/26
route2=0.0.0.0/0,10.42.0.65
route2_options=onlink=true
routing-rule1=priority 2000 from 10.42.0.100/32 table 20100
[ipv6]
method=manual
route-table=20100
addr-gen-mode=eui64
ip6-privacy=0
address1=2001:db8:42:1::100/128
route1=2001:db8:42:1::/64
route2=::/0,fe80:ec2::1
route2_options=onlink=true
routing-rule1=priority 2000 from 2001:db8:42:1::100/128 table 20100
";
    assert_eq!(body, expected);
}

#[test]
fn every_address_and_prefix_has_a_rule_and_only_addresses_are_on_the_interface() {
    let text = text(&everything(), Manager::Networkd);
    for source in [
        "10.42.0.100/32",
        "10.42.0.101/32",
        "10.42.0.112/28",
        "2001:db8:42:1::100/128",
        "2001:db8:42:1:aaaa::/80",
    ] {
        assert!(
            text.contains(&format!(
                "[RoutingPolicyRule]\nFrom={source}\nTable=20100\n"
            )),
            "{source}"
        );
        let is_prefix = source.ends_with("/28") || source.ends_with("/80");
        assert_eq!(
            text.contains(&format!("\nAddress={source}\n")),
            !is_prefix,
            "{source}"
        );
    }
}

#[test]
fn the_router_of_ipv6_is_named_so_that_nothing_waits_for_an_advertisement() {
    let text = text(&everything(), Manager::Networkd);
    assert!(
        text.contains("Gateway=fe80:ec2::1\nGatewayOnLink=yes\nTable=20100\n"),
        "{text}"
    );
    assert!(
        text.contains("LinkLocalAddressing=ipv6\nIPv6DuplicateAddressDetection=0\n"),
        "{text}"
    );
    assert!(
        text.lines().all(|line| line != "IPv6AcceptRA=yes"),
        "{text}"
    );
}

/// What the ranges promise: no table and no priority but those of [`TABLES`] and [`PRIORITY`], whatever the manager.
#[test]
fn no_file_uses_a_table_or_a_priority_outside_the_ranges() {
    let mut tables = 0;
    for manager in Manager::ALL {
        for line in text(&everything(), manager).lines() {
            let words: Vec<&str> = line.split([' ', '=']).collect();
            for pair in words.windows(2) {
                match pair[0] {
                    "Table" | "table" | "route-table" => {
                        assert!(TABLES.contains(&pair[1].parse().unwrap()), "{line}");
                        tables += 1;
                    }
                    "Priority" | "priority" => assert_eq!(pair[1], PRIORITY.to_string(), "{line}"),
                    _ => {}
                }
            }
        }
    }
    assert!(tables > 20, "{tables}");
}

#[test]
fn no_route_of_networkd_is_without_a_table() {
    let text = text(&everything(), Manager::Networkd);
    let routes: Vec<&str> = text
        .split("\n[")
        .filter(|section| section.starts_with("Route]"))
        .collect();
    assert!(routes.len() >= 8, "{routes:?}");
    assert!(
        routes.iter().all(|route| route.contains("\nTable=")),
        "{routes:?}"
    );
    assert_eq!(
        text.matches("[Address]").count(),
        text.matches("AddPrefixRoute=false").count()
    );
}

/// A default route twice would be refused, or be two.
#[test]
fn a_subnet_with_two_ranges_of_ipv6_has_one_default_route_for_them() {
    let second = json!({ "SubnetId": "subnet-3", "CidrBlock": "", "Ipv6CidrBlockAssociationSet": [
        { "Ipv6CidrBlock": "2001:db8:42:3::/64" },
        { "Ipv6CidrBlock": "2001:db8:42:4::/64" },
    ] });
    let ips = ["2001:db8:42:3::1", "2001:db8:42:4::1"];
    let only_ipv6 = floating().subnet("subnet-3").ips(&[]).ipv6(&ips);
    let group = ec2().push("Subnets", second).interface(only_ipv6).group();
    let networkd = text(&group, Manager::Networkd);
    assert_eq!(
        networkd.matches("Destination=2001:db8:42:").count(),
        2,
        "{networkd}"
    );
    assert_eq!(
        networkd.matches("Gateway=fe80:ec2::1").count(),
        1,
        "{networkd}"
    );
    let profile = text(&group, Manager::NetworkManager);
    assert!(
        profile.contains("route2=2001:db8:42:4::/64\nroute3=::/0,fe80:ec2::1\n"),
        "{profile}"
    );
    assert!(profile.contains("[ipv4]\nmethod=disabled\n"), "{profile}");
}

#[test]
fn two_interfaces_have_two_tables() {
    let group = everything();
    let tables: std::collections::BTreeSet<u32> =
        group.links.iter().map(|link| link.table).collect();
    assert_eq!(tables.len(), group.links.len());
}

#[test]
fn networkd_and_network_manager_put_private_ips_on_the_loopback_interface_beside_its_own() {
    let networkd = text(&everything(), Manager::Networkd);
    assert!(
        networkd.contains(
            "Name=lo\n[Network]\nKeepConfiguration=yes\n[Address]\nAddress=10.42.0.50/32\n"
        ),
        "{networkd}"
    );
    let profile = text(&everything(), Manager::NetworkManager);
    assert!(profile.contains("interface-name=lo\n"), "{profile}");
    assert!(
        profile.contains("address1=127.0.0.1/8\naddress2=10.42.0.50/32\n"),
        "{profile}"
    );
}

/// Every name comes before those of the systems: `10-netplan-`, `70-`, `80-ec2`.
#[test]
fn networkd_finds_the_files_of_a_kit_first() {
    for file in Manager::Networkd.files(&everything()) {
        assert!(
            file.path.starts_with("/etc/systemd/network/05-holdfast-"),
            "{}",
            file.path
        );
    }
}

#[test]
fn the_manifest_names_every_file_by_its_checksum() {
    for manager in Manager::ALL {
        let all = files(&everything(), manager);
        let (manifest, others) = all.split_last().unwrap();
        assert_eq!(manifest.path, "/etc/holdfast/guest");
        for file in others {
            let line = format!("file {} {}\n", checksum(&file.text), file.path);
            assert!(manifest.text.contains(&line), "{line}");
        }
        assert!(manifest.text.contains(
            "floating 02:00:00:00:00:39\naddress 02:00:00:00:00:39 10.42.0.100 10.42.0.65\n"
        ));
        assert!(manifest.text.contains("address - 10.42.0.50 -\n"));
    }
}

/// `printf holdfast | sha256sum`, cut to what matters here: the algorithm.
#[test]
fn a_checksum_is_what_sha256sum_writes() {
    assert_eq!(
        checksum(""),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
}

#[test]
fn a_profile_keeps_its_identity_and_changes_its_name_when_it_changes() {
    let of = |ips: &[&str]| {
        let group = ec2().interface(floating().ips(ips)).group();
        let text = text(&group, Manager::NetworkManager);
        let line = |word: &str| {
            text.lines()
                .find(|line| line.starts_with(word))
                .unwrap()
                .to_owned()
        };
        (line("id="), line("uuid="))
    };
    let (before, after) = (of(&["10.42.0.100"]), of(&["10.42.0.100", "10.42.0.101"]));
    assert_eq!(before.1, after.1);
    assert_ne!(before.0, after.0);
    assert_eq!(before.1.len(), "uuid=".len() + 36);
}
