//! How a kit comes to a guest: files to look at and a script that installs them, user data for cloud-init, or a
//! document of Systems Manager. All three carry the same script.

use crate::error::Error;
use crate::group::Group;
use crate::kit::{self, File, Manager};
use serde_json::json;
use std::fmt::Write;
use std::str::FromStr;

/// Turns cloud-init's hotplug off, which would write and apply the whole network anew when an interface comes.
/// It stays out of the manifest: the kit works without it, only slower.
const NO_HOTPLUG: &str = "/etc/cloud/cloud.cfg.d/99-holdfast.cfg";
const NO_HOTPLUG_TEXT: &str = "# Made by Holdfast: an interface that comes is configured by the files of the kit.\n\
                               updates:\n  network:\n    when: [boot-new-instance]\n";

/// What the kit is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// A guest with systemd-networkd, netplan's included.
    Networkd,
    /// A guest with `NetworkManager`.
    NetworkManager,
    /// User data of new instances.
    CloudInit,
    /// Instances that Systems Manager reaches.
    Ssm,
}

impl FromStr for For {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text.to_ascii_lowercase().as_str() {
            "networkd" => Ok(Self::Networkd),
            "networkmanager" => Ok(Self::NetworkManager),
            "cloud-init" => Ok(Self::CloudInit),
            "ssm" => Ok(Self::Ssm),
            _ => Err(Error::UnknownFor(text.to_owned())),
        }
    }
}

/// A file of the operator's machine, below the folder of the group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its path, without a slash at its beginning.
    pub path: String,
    /// What is in it.
    pub text: String,
}

/// What `make guest` writes. The first file is the one to use; the others are what it installs, to look at.
#[must_use]
pub fn outputs(group: &Group, what: For) -> Vec<Output> {
    let only = match what {
        For::Networkd => vec![Manager::Networkd],
        For::NetworkManager => vec![Manager::NetworkManager],
        For::CloudInit | For::Ssm => Manager::ALL.to_vec(),
    };
    let script = install(group, &only);
    let first = match what {
        For::Networkd | For::NetworkManager => Output {
            path: "install.sh".to_owned(),
            text: script,
        },
        For::CloudInit => Output {
            path: "user-data.yaml".to_owned(),
            text: user_data(&script),
        },
        For::Ssm => Output {
            path: "ssm-document.json".to_owned(),
            text: document(group, &script),
        },
    };
    let mut outputs = vec![first];
    if let [manager] = only[..] {
        let files = kit::files(group, manager).into_iter().chain(kit::scripts());
        outputs.extend(files.map(|file| Output {
            path: format!("files{}", file.path),
            text: file.text,
        }));
    }
    outputs
}

/// A script for `sh` that writes the files of whichever manager runs, and has it load them. It may run again: what a
/// kit before had and this one has not is taken away.
#[must_use]
pub fn install(group: &Group, managers: &[Manager]) -> String {
    let mut text = format!(
        "#!/bin/sh\n\
         # Installs Holdfast's kit for the guests of group {}. Run it as root; it may run again.\n\
         set -eu\n\
         umask 022\n\
         # In this network namespace: a container may have a manager of its own.\n\
         runs() {{\n\
         \x20   for comm in /proc/[0-9]*/comm; do\n\
         \x20       read -r name <\"$comm\" && [ \"$name\" = \"$1\" ] || continue\n\
         \x20       [ \"$(readlink \"${{comm%/comm}}/ns/net\")\" = \"$(readlink /proc/self/ns/net)\" ] && return 0\n\
         \x20   done 2>/dev/null\n\
         \x20   return 1\n\
         }}\n\
         put() {{\n\
         \x20   mkdir -p \"${{2%/*}}\"\n\
         \x20   cat >\"$2.new\"\n\
         \x20   chmod \"$1\" \"$2.new\"\n\
         \x20   mv \"$2.new\" \"$2\"\n\
         }}\n\
         manager=none\n\
         if runs systemd-network; then manager=networkd; fi\n\
         if runs NetworkManager; then manager=networkmanager; fi\n\
         old=\n\
         if [ -r {manifest} ]; then old=$(sed -n 's/^file [^ ]* //p' {manifest}); fi\n",
        group.name,
        manifest = kit::MANIFEST,
    );
    for file in kit::scripts() {
        put(&mut text, &file);
    }
    text.push_str("case $manager in\n");
    for manager in managers {
        let _ = writeln!(text, "{})", manager.word());
        for file in kit::files(group, *manager) {
            put(&mut text, &file);
        }
        text.push_str(";;\n");
    }
    let words: Vec<&str> = managers.iter().map(|it| it.word()).collect();
    let _ = write!(
        text,
        "*)\n\
         echo \"holdfast: the network manager here is $manager, and this kit is for {}\" >&2\n\
         exit 2\n\
         ;;\n\
         esac\n\
         for path in $old; do\n\
         \x20   grep -q -F \" $path\" {manifest} || rm -f \"$path\"\n\
         done\n",
        words.join(", "),
        manifest = kit::MANIFEST,
    );
    if managers.contains(&Manager::Networkd) {
        text.push_str("if [ \"$manager\" = networkd ] && [ -d /etc/cloud/cloud.cfg.d ]; then\n");
        let path = NO_HOTPLUG.to_owned();
        put(
            &mut text,
            &File {
                path,
                mode: 0o644,
                text: NO_HOTPLUG_TEXT.to_owned(),
            },
        );
        text.push_str("fi\n");
    }
    text.push_str("exec /usr/local/lib/holdfast/load\n");
    text
}

fn put(text: &mut String, file: &File) {
    let _ = writeln!(text, "put {:o} {} <<'END-OF-FILE'", file.mode, file.path);
    text.push_str(&file.text);
    text.push_str("END-OF-FILE\n");
}

/// User data for cloud-init. It installs on the first boot, before the instance has anything that moves.
fn user_data(script: &str) -> String {
    let mut text = "#cloud-config\n\
                    write_files:\n\
                    - path: /var/lib/holdfast/install.sh\n\
                    \x20 permissions: '0700'\n\
                    \x20 content: |\n"
        .to_owned();
    for line in script.lines() {
        let indented = if line.is_empty() {
            String::new()
        } else {
            format!("    {line}")
        };
        let _ = writeln!(text, "{indented}");
    }
    text.push_str("runcmd:\n- [sh, /var/lib/holdfast/install.sh]\n");
    text
}

/// A command document of Systems Manager: install, check or undo.
fn document(group: &Group, script: &str) -> String {
    let script = script
        .strip_suffix("exec /usr/local/lib/holdfast/load\n")
        .unwrap_or(script);
    // Systems Manager calls every code but 0 a failure, and a standby that is ready is none.
    let mut lines = vec![
        "case '{{ Action }}' in".to_owned(),
        "check) /usr/local/lib/holdfast/check && exit 0; code=$?; [ $code = 10 ] && exit 0; exit $code ;;".to_owned(),
        "undo) exec /usr/local/lib/holdfast/undo ;;".to_owned(),
        "esac".to_owned(),
    ];
    lines.extend(script.lines().map(str::to_owned));
    lines.push("exec /usr/local/lib/holdfast/load".to_owned());
    let document = json!({
        "schemaVersion": "2.2",
        "description": format!("Holdfast: the kit for the guests of group {}.", group.name),
        "parameters": {
            "Action": {
                "type": "String",
                "default": "install",
                "allowedValues": ["install", "check", "undo"],
                "description": "install: write the files and load them; check: does each address answer; undo: take all away",
            },
        },
        "mainSteps": [{
            "name": "kit",
            "action": "aws:runShellScript",
            "precondition": { "StringEquals": ["platformType", "Linux"] },
            "inputs": { "timeoutSeconds": "60", "runCommand": lines },
        }],
    });
    let mut text = format!("{document:#}");
    text.push('\n');
    text
}
