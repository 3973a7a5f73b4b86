//! What ships links nothing of the operator's tool: neither its libraries nor a feature that only it turns on. Cargo
//! itself is asked, with the lock file as it is.

use std::collections::BTreeSet;
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
const ITS_FEATURES: [&str; 2] = ["credentials-process", "sso"];

/// The crates of a build and the features of each: the default members where no package is named.
fn linked(package: Option<&str>) -> BTreeSet<String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    cargo.args(["tree", "--locked", "--offline", "--edges", "normal"]);
    cargo.args(["--prefix", "none", "--format", "{p} [{f}]"]);
    if let Some(package) = package {
        cargo.args(["--package", package]);
    }
    let output = cargo.output().expect("cargo runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    lines
        .lines()
        .map(|line| line.trim_end_matches(" (*)").to_owned())
        .collect()
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
