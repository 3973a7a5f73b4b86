//! What ships links nothing of the operator's tool: neither its libraries nor a feature that only it turns on. Cargo
//! itself is asked, with the lock file as it is, and once more in a workspace without the tool.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the tool has and no function may have: single sign-on, credential processes, a command line, more services.
const OF_THE_TOOL: [&str; 13] = [
    "anstream",
    "aws-sdk-cloudformation",
    "aws-sdk-cloudwatchlogs",
    "aws-sdk-eventbridge",
    "aws-sdk-lambda",
    "aws-sdk-servicequotas",
    "aws-sdk-sqs",
    "aws-sdk-sso",
    "aws-sdk-ssooidc",
    "clap",
    "clap_complete",
    "clap_mangen",
    "holdfast-look",
];

/// The features of `aws-config` that the tool turns on.
const ITS_FEATURES: [&str; 3] = ["credentials-process", "default-https-client", "sso"];

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The crates of a build and the features of each: the default members where no package is named.
fn linked(package: Option<&str>) -> BTreeSet<String> {
    let package = package.map(|name| ["--package", name]);
    let more = package.iter().flatten().copied();
    tree(Path::new(ROOT), ["--locked"].into_iter().chain(more))
}

/// What Cargo says of a workspace, without the places where its members lie.
fn tree<'a>(workspace: &Path, more: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(workspace);
    cargo.args(["tree", "--offline", "--edges", "normal,build"]);
    cargo.args(["--prefix", "none", "--format", "{p} [{f}]"]);
    let output = cargo.args(more).output().expect("cargo runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    let without_place = |line: &str| match (line.find(" (/"), line.find(" [")) {
        (Some(place), Some(features)) => format!("{}{}", &line[..place], &line[features..]),
        _ => line.to_owned(),
    };
    lines
        .lines()
        .map(|line| without_place(line.trim_end_matches(" (*)")))
        .collect()
}

/// The same workspace, in another folder, as if the tool had never been written. Cargo takes its crates out of the lock.
fn without_the_tool() -> PathBuf {
    let place = std::env::temp_dir().join(format!("holdfast-without-cli-{}", std::process::id()));
    fs::create_dir_all(&place).unwrap();
    let own = ["Cargo.toml", "Cargo.lock", "cli", "target", ".git"];
    for entry in fs::read_dir(ROOT).unwrap() {
        let entry = entry.unwrap();
        if !own.iter().any(|name| entry.file_name() == *name) {
            let there = entry.path().canonicalize().unwrap();
            symlink(there, place.join(entry.file_name())).unwrap();
        }
    }
    let manifest = fs::read_to_string(Path::new(ROOT).join("Cargo.toml")).unwrap();
    assert_eq!(manifest.matches("\"cli\", ").count(), 1);
    fs::write(place.join("Cargo.toml"), manifest.replace("\"cli\", ", "")).unwrap();
    fs::copy(Path::new(ROOT).join("Cargo.lock"), place.join("Cargo.lock")).unwrap();
    place
}

fn names(linked: &BTreeSet<String>) -> BTreeSet<&str> {
    linked
        .iter()
        .filter_map(|line| line.split(' ').next())
        .collect()
}

fn features<'a>(linked: &'a BTreeSet<String>, name: &str) -> BTreeSet<&'a str> {
    let own = linked
        .iter()
        .filter(|line| line.split(' ').next() == Some(name));
    let listed = own.filter_map(|line| line.split_once('[')?.1.split_once(']'));
    listed
        .flat_map(|(features, _)| features.split(','))
        .collect()
}

#[test]
fn what_ships_links_nothing_of_the_operators_tool() {
    let (shipped, tool) = (linked(None), linked(Some("holdfast-cli")));
    assert!(names(&shipped).len() > 100, "{}", names(&shipped).len());
    for name in OF_THE_TOOL {
        assert!(names(&tool).contains(name), "the tool has no {name}");
        assert!(!names(&shipped).contains(name), "{name} ships");
    }
}

#[test]
fn no_feature_that_the_tool_turns_on_ships() {
    let (shipped, tool) = (linked(None), linked(Some("holdfast-cli")));
    for feature in ITS_FEATURES {
        assert!(features(&tool, "aws-config").contains(feature), "{feature}");
        assert!(
            !features(&shipped, "aws-config").contains(feature),
            "{feature} ships"
        );
    }
}

/// Each function has connections of its own, and no other client of HTTPS beside them.
#[test]
fn the_https_client_of_the_sdk_does_not_ship() {
    let shipped = linked(None);
    let own = features(&shipped, "aws-smithy-runtime");
    assert!(own.contains("client"), "{own:?}");
    assert!(!own.contains("default-https-client"), "{own:?}");
}

#[test]
fn what_ships_has_the_same_crates_versions_and_features_in_a_workspace_without_the_tool() {
    let place = without_the_tool();
    let without = tree(&place, std::iter::empty());
    let lock = fs::read_to_string(place.join("Cargo.lock")).unwrap();
    fs::remove_dir_all(&place).unwrap();
    assert!(!lock.contains("name = \"clap\""), "the tool is still there");
    assert_eq!(linked(None), without);
}
