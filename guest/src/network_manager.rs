//! A link in the language of `NetworkManager`: RHEL 9 and what is built from it.

use crate::group::{Group, Link};
use crate::kit::{File, LOOPBACK, checksum};
use crate::ranges::PRIORITY;
use std::fmt::Write;
use std::net::IpAddr;

/// `NetworkManager` reads a profile here only if nobody else may.
const FOLDER: &str = "/etc/NetworkManager/system-connections";

/// One profile for each link, and one for the addresses of the loopback interface.
#[must_use]
pub fn files(group: &Group) -> Vec<File> {
    let links = group
        .links
        .iter()
        .map(|link| profile(&link.eni, &body(link)));
    let loopback = (!group.local.is_empty()).then(|| profile(LOOPBACK, &loopback(group)));
    links.chain(loopback).collect()
}

/// A profile whose name ends with the checksum of its body: the name that `NetworkManager` lists says which version it
/// has loaded.
fn profile(of: &str, body: &str) -> File {
    let sum = checksum(body);
    let text = format!(
        "# Made by Holdfast: make guest\n\
         [connection]\n\
         id={}\n\
         uuid={}\n\
         {body}",
        name(of, body),
        uuid(of),
    );
    debug_assert!(text.contains(&sum[..8]));
    File {
        path: format!("{FOLDER}/holdfast-{of}.nmconnection"),
        mode: 0o600,
        text,
    }
}

/// The name of a profile.
#[must_use]
pub fn name(of: &str, body: &str) -> String {
    format!("holdfast-{of}-{}", &checksum(body)[..8])
}

/// The same profile has the same identity in each version, so a new version takes the place of the old one.
fn uuid(of: &str) -> String {
    let sum = checksum(&format!("holdfast {of}"));
    format!(
        "{}-{}-8{}-8{}-{}",
        &sum[..8],
        &sum[8..12],
        &sum[13..16],
        &sum[17..20],
        &sum[20..32]
    )
}

fn body(link: &Link) -> String {
    let mut text = format!(
        "type=ethernet\n\
         autoconnect-priority=100\n\
         autoconnect-retries=0\n\
         [ethernet]\n\
         mac-address={}\n\
         [user]\n\
         org.freedesktop.nm-cloud-setup.skip=yes\n",
        link.mac.to_ascii_uppercase()
    );
    family(&mut text, link, true);
    family(&mut text, link, false);
    text
}

fn family(text: &mut String, link: &Link, ipv4: bool) {
    let section = if ipv4 { "[ipv4]\n" } else { "[ipv6]\n" };
    text.push_str(section);
    let sources: Vec<_> = link.sources().filter(|it| it.is_ipv4() == ipv4).collect();
    if sources.is_empty() {
        text.push_str("method=disabled\n");
        return;
    }
    let table = link.table;
    // The table takes every route of this profile, those of its addresses too.
    let _ = write!(text, "method=manual\nroute-table={table}\n");
    if !ipv4 {
        text.push_str("addr-gen-mode=eui64\nip6-privacy=0\n");
    }
    let ips = link.ips.iter().filter(|ip| ip.is_ipv4() == ipv4);
    addresses(text, ips);
    let subnets: Vec<_> = link
        .used_subnets()
        .filter(|it| it.is_ipv4() == ipv4)
        .collect();
    for (index, subnet) in subnets.iter().enumerate() {
        let _ = writeln!(text, "route{}={subnet}", index + 1);
    }
    let every = if ipv4 { "0.0.0.0/0" } else { "::/0" };
    let routers = link.routers().into_iter().filter(|it| it.is_ipv4() == ipv4);
    for (index, router) in routers.enumerate() {
        let number = subnets.len() + index + 1;
        let _ = write!(
            text,
            "route{number}={every},{router}\nroute{number}_options=onlink=true\n"
        );
    }
    for (index, source) in sources.iter().enumerate() {
        let index = index + 1;
        let _ = writeln!(
            text,
            "routing-rule{index}=priority {PRIORITY} from {source} table {table}"
        );
    }
}

fn addresses<'a>(text: &mut String, ips: impl Iterator<Item = &'a IpAddr>) {
    for (index, ip) in ips.enumerate() {
        let bits = if ip.is_ipv4() { 32 } else { 128 };
        let _ = writeln!(text, "address{}={ip}/{bits}", index + 1);
    }
}

fn loopback(group: &Group) -> String {
    let mut text = "type=loopback\ninterface-name=lo\nautoconnect-priority=100\n[loopback]\n[ipv4]\nmethod=manual\n".to_owned();
    let own = IpAddr::from([127, 0, 0, 1]);
    let _ = writeln!(text, "address1={own}/8");
    for (index, ip) in group.local.iter().enumerate() {
        let _ = writeln!(text, "address{}={ip}/32", index + 2);
    }
    text.push_str("[ipv6]\nmethod=manual\naddress1=::1/128\n");
    text
}
