//! A link in the language of systemd-networkd: Amazon Linux 2023, Debian, and Ubuntu, where netplan writes the same
//! language but has no word for `AddPrefixRoute=false`.

use crate::group::{Group, Link};
use crate::kit::{File, LOOPBACK};
use crate::ranges::PRIORITY;
use std::fmt::Write;

/// Where the files are. The prefix 05 comes before the files of the system (`10-netplan-`, `70-`, `80-ec2`): networkd
/// takes the first file that matches an interface, and no other.
const FOLDER: &str = "/etc/systemd/network";

/// One file for each link, and one for the addresses of the loopback interface.
#[must_use]
pub fn files(group: &Group) -> Vec<File> {
    let links = group.links.iter().map(|link| File {
        path: format!("{FOLDER}/05-holdfast-{}.network", link.eni),
        mode: 0o644,
        text: file(link),
    });
    let loopback = (!group.local.is_empty()).then(|| loopback(group));
    links.chain(loopback).collect()
}

/// The file of one link. Nothing of it is in the main table, where it would catch the replies of other addresses.
#[must_use]
pub fn file(link: &Link) -> String {
    let (link_local, detection) = if link.has_ipv6() {
        // Nobody else has the address: EC2 sees to that. Looking for somebody would cost a second.
        ("ipv6", "IPv6DuplicateAddressDetection=0\n")
    } else {
        ("no", "")
    };
    let mut text = format!(
        "# {}. Made by Holdfast: make guest\n\
         [Match]\n\
         MACAddress={}\n\
         [Link]\n\
         RequiredForOnline=no\n\
         [Network]\n\
         DHCP=no\n\
         IPv6AcceptRA=no\n\
         LinkLocalAddressing={link_local}\n\
         {detection}",
        link.eni, link.mac
    );
    let table = link.table;
    for ip in &link.ips {
        let bits = if ip.is_ipv4() { 32 } else { 128 };
        let _ = write!(
            text,
            "[Address]\nAddress={ip}/{bits}\nAddPrefixRoute=false\n"
        );
        if ip.is_ipv6() {
            text.push_str("DuplicateAddressDetection=none\n");
        }
    }
    for source in link.sources() {
        let _ = write!(
            text,
            "[RoutingPolicyRule]\nFrom={source}\nTable={table}\nPriority={PRIORITY}\n"
        );
    }
    for subnet in link.used_subnets() {
        let scope = if subnet.is_ipv4() { "Scope=link\n" } else { "" };
        let _ = write!(
            text,
            "[Route]\nDestination={subnet}\n{scope}Table={table}\n"
        );
    }
    for router in link.routers() {
        let _ = write!(
            text,
            "[Route]\nGateway={router}\nGatewayOnLink=yes\nTable={table}\n"
        );
    }
    text
}

/// The loopback interface carries what EC2 delivers to the primary one.
fn loopback(group: &Group) -> File {
    let mut text = format!(
        "# Group {}. Made by Holdfast: make guest\n\
         [Match]\n\
         Name=lo\n\
         [Network]\n\
         KeepConfiguration=yes\n",
        group.name
    );
    for ip in &group.local {
        let _ = write!(text, "[Address]\nAddress={ip}/32\nAddPrefixRoute=false\n");
    }
    File {
        path: format!("{FOLDER}/05-holdfast-{LOOPBACK}.network"),
        mode: 0o644,
        text,
    }
}
