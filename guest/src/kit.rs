//! A kit: the files of one network manager, the manifest that names them, and the three scripts that use it.
//!
//! The manifest is what `check` goes by. One word and its values on each line:
//!
//! | line | meaning |
//! | --- | --- |
//! | `group NAME` | whose kit it is |
//! | `manager NAME` | which manager has to run: `networkd`, `networkmanager`, or `none` |
//! | `file SHA256 PATH` | a file of the kit |
//! | `profile NAME` | what `NetworkManager` lists when it has loaded that version |
//! | `floating MAC` | an interface that comes and goes |
//! | `own MAC` | an interface of one member that stays |
//! | `address MAC IP NEIGHBOUR` | an address, and somebody in its subnet; MAC is `-` for one on the loopback interface |

use crate::group::{Group, Link};
use crate::{network_manager, networkd};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// What the file for the loopback interface is called.
pub(crate) const LOOPBACK: &str = "loopback";

/// Where the manifest is on a guest.
pub const MANIFEST: &str = "/etc/holdfast/guest";

const SCRIPTS: [(&str, &str); 3] = [
    ("check", include_str!("../kit/check")),
    ("load", include_str!("../kit/load")),
    ("undo", include_str!("../kit/undo")),
];

/// A file on a guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Where it is.
    pub path: String,
    /// Who may read and run it.
    pub mode: u32,
    /// What is in it.
    pub text: String,
}

/// What configures the network of a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manager {
    /// systemd-networkd.
    Networkd,
    /// `NetworkManager`.
    NetworkManager,
    /// One that does all by itself: wicked with cloud-netconfig. The kit has nothing but the check.
    None,
}

impl Manager {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Networkd, Self::NetworkManager, Self::None];

    /// Its name in manifests and scripts.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Networkd => "networkd",
            Self::NetworkManager => "networkmanager",
            Self::None => "none",
        }
    }

    /// The files that it reads.
    #[must_use]
    pub fn files(self, group: &Group) -> Vec<File> {
        match self {
            Self::Networkd => networkd::files(group),
            Self::NetworkManager => network_manager::files(group),
            Self::None => Vec::new(),
        }
    }
}

/// The scripts, the same for every group and manager.
#[must_use]
pub fn scripts() -> Vec<File> {
    let script = |(name, text): &(&str, &str)| File {
        path: format!("/usr/local/lib/holdfast/{name}"),
        mode: 0o755,
        text: (*text).to_owned(),
    };
    SCRIPTS.iter().map(script).collect()
}

/// The files for one manager, the manifest last.
#[must_use]
pub fn files(group: &Group, manager: Manager) -> Vec<File> {
    let mut files = manager.files(group);
    let text = manifest(group, manager, &files);
    files.push(File {
        path: MANIFEST.to_owned(),
        mode: 0o644,
        text,
    });
    files
}

fn manifest(group: &Group, manager: Manager, files: &[File]) -> String {
    let mut text = format!("group {}\nmanager {}\n", group.name, manager.word());
    for file in files {
        let _ = writeln!(text, "file {} {}", checksum(&file.text), file.path);
        let id = file.text.lines().find_map(|line| line.strip_prefix("id="));
        if let Some(id) = id.filter(|_| manager == Manager::NetworkManager) {
            let _ = writeln!(text, "profile {id}");
        }
    }
    for link in &group.links {
        let kind = if link.floats { "floating" } else { "own" };
        let _ = writeln!(text, "{kind} {}", link.mac);
        addresses(&mut text, link);
    }
    for ip in &group.local {
        let _ = writeln!(text, "address - {ip} -");
    }
    text
}

fn addresses(text: &mut String, link: &Link) {
    for ip in &link.ips {
        let subnet = link.subnets.iter().find(|range| range.contains(*ip));
        let neighbour =
            subnet.map_or_else(|| "-".to_owned(), |range| range.neighbour().to_string());
        let _ = writeln!(text, "address {} {ip} {neighbour}", link.mac);
    }
}

/// SHA-256, as `sha256sum` writes it.
#[must_use]
pub fn checksum(text: &str) -> String {
    let mut written = String::new();
    for byte in Sha256::digest(text.as_bytes()) {
        let _ = write!(written, "{byte:02x}");
    }
    written
}
