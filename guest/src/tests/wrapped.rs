//! How a kit comes to a guest.

use super::{ec2, floating};
use crate::For;
use crate::group::Group;
use crate::kit::{Manager, scripts};
use crate::wrap::{install, outputs};
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};

fn group() -> Group {
    ec2()
        .interface(floating().ipv6(&["2001:db8:42:1::100"]))
        .group()
}

/// What `sh -n` says of a script.
fn parse(script: &str) -> String {
    let mut sh = Command::new("sh")
        .arg("-n")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    sh.stdin
        .take()
        .unwrap()
        .write_all(script.as_bytes())
        .unwrap();
    String::from_utf8(sh.wait_with_output().unwrap().stderr).unwrap()
}

#[test]
fn a_shell_can_read_every_script() {
    for file in scripts() {
        assert_eq!(parse(&file.text), "", "{}", file.path);
    }
    assert_eq!(parse(&install(&group(), &Manager::ALL)), "");
    let odd = Group {
        name: "prod/web $(reboot) `x`'s".to_owned(),
        ..group()
    };
    assert_eq!(parse(&install(&odd, &Manager::ALL)), "");
    assert_ne!(parse("if"), "", "a broken script is noticed");
}

/// Each file is between two lines that nothing in it may be.
#[test]
fn no_file_of_a_kit_ends_the_script_that_carries_it() {
    let mut files = scripts();
    for manager in Manager::ALL {
        files.extend(crate::kit::files(&group(), manager));
    }
    for file in files {
        assert!(
            file.text.ends_with('\n') && !file.text.contains("END-OF-FILE"),
            "{}",
            file.path
        );
    }
}

#[test]
fn user_data_is_a_cloud_config_that_carries_the_script() {
    let outputs = outputs(&group(), For::CloudInit);
    let text = &outputs[0].text;
    assert!(text.starts_with("#cloud-config\nwrite_files:\n"), "{text}");
    let body = text.split_once("  content: |\n").unwrap().1;
    let body = body.split_once("runcmd:").unwrap().0;
    let lines = body
        .lines()
        .map(|line| line.strip_prefix("    ").unwrap_or(line));
    let script = lines.collect::<Vec<_>>().join("\n") + "\n";
    assert_eq!(script, install(&group(), &Manager::ALL));
}

#[test]
fn the_document_installs_checks_and_undoes() {
    let outputs = outputs(&group(), For::Ssm);
    let document: Value = serde_json::from_str(&outputs[0].text).unwrap();
    assert_eq!(document["schemaVersion"], "2.2");
    assert_eq!(
        document["parameters"]["Action"]["allowedValues"],
        json!(["install", "check", "undo"])
    );
    let lines = document["mainSteps"][0]["inputs"]["runCommand"]
        .as_array()
        .unwrap();
    let lines = lines.iter().map(|line| line.as_str().unwrap());
    let script = lines.collect::<Vec<_>>().join("\n") + "\n";
    assert_eq!(parse(&script), "");
    assert!(
        script.ends_with("exec /usr/local/lib/holdfast/load\n"),
        "{script}"
    );
    // Systems Manager would put a parameter there.
    let first = script.lines().next().unwrap();
    assert_eq!(
        script.matches("{{").count(),
        first.matches("{{ Action }}").count()
    );
    assert!(
        outputs[0].text.len() < 65_536,
        "a document has 64 KB at most"
    );
}

#[test]
fn files_to_look_at_lie_beside_the_script() {
    let all = outputs(&group(), For::Networkd);
    let paths: Vec<&str> = all.iter().map(|output| output.path.as_str()).collect();
    assert_eq!(paths[0], "install.sh");
    assert!(
        paths.contains(&"files/etc/systemd/network/05-holdfast-eni-9.network"),
        "{paths:?}"
    );
    assert!(
        paths.contains(&"files/usr/local/lib/holdfast/check"),
        "{paths:?}"
    );
    assert!(!all[0].text.contains("nmconnection"));
}

/// On a guest with netplan, or on Amazon Linux, cloud-init must not write the network anew.
#[test]
fn hotplug_is_turned_off_with_networkd_only() {
    let has = |manager| install(&group(), &[manager]).contains("when: [boot-new-instance]");
    assert!(has(Manager::Networkd));
    assert!(!has(Manager::NetworkManager));
}
