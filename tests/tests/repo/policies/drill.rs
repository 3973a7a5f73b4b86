//! Who may release an address: the drills alone, and only what is their own. The roles of `templates/drill.yaml`, the
//! policy of whoever runs `holdfast drill`, and what the prevention policies let the drill do.

use super::evaluate::{Policy, Request, policy, strings};
use super::{ADDRESS, KIM, NEW_PROTECT, OWNER, PROTECT, on_protected, protecting};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

const TEMPLATE: &str = include_str!("../../../../templates/drill.yaml");
const STACK: &str =
    "arn:aws:cloudformation:eu-central-1:111122223333:stack/holdfast-drill/0a1b2c3d";
const OTHER_STACK: &str = "arn:aws:cloudformation:eu-central-1:111122223333:stack/mine/0a1b2c3d";
/// The role of the fire drill, as CloudFormation names it in a stack that is called `holdfast-drill`.
const FIRE: &str = "arn:aws:iam::111122223333:role/holdfast-drill-FireDrillRole-1AB2CD3EF4GH5";

const DRILL: &str = "aws:ResourceTag/holdfast:drill";
const KIND: &str = "aws:ResourceTag/holdfast:drill-kind";
const NEW_DRILL: &str = "aws:RequestTag/holdfast:drill";

const RELEASE: &str = "ec2:ReleaseAddress";

/// The inline policy of a role of the drill's template, as CloudFormation writes it.
fn role(name: &str) -> Policy {
    let template: serde_yaml_ng::Value = serde_yaml_ng::from_str(TEMPLATE).unwrap();
    let document = &template["Resources"][name]["Properties"]["Policies"][0]["PolicyDocument"];
    let serde_yaml_ng::Value::Tagged(sub) = document else {
        panic!("the policy of {name} is no !Sub")
    };
    let put = [
        ("AWS::Partition", "aws"),
        ("AWS::Region", "eu-central-1"),
        ("AWS::AccountId", "111122223333"),
        ("AWS::StackId", STACK),
        ("TagPrefix", "holdfast"),
        ("HoldfastStack", "holdfast"),
    ];
    let mut text = sub.value.as_str().unwrap().to_owned();
    for (name, value) in put {
        text = text.replace(&format!("${{{name}}}"), value);
    }
    let document: Value = serde_json::from_str(&text).unwrap();
    let statements = document["Statement"].as_array().unwrap().clone();
    Policy {
        name: name.to_owned(),
        text,
        statements,
    }
}

fn release(tags: &[(&str, &str)]) -> Request {
    let request = Request::by(FIRE, RELEASE, ADDRESS);
    let with = |request: Request, (key, value): &(&str, &str)| request.with(key, &[*value]);
    tags.iter().fold(request, with)
}

#[track_caller]
fn may(policy: &Policy, tags: &[(&str, &str)], expected: bool) {
    let request = release(tags);
    assert_eq!(request.allowed_by(policy), expected, "{tags:?}");
}

#[test]
fn the_fire_drill_releases_the_canary_of_its_own_stack_and_nothing_else() {
    let fire = role("FireDrillRole");
    may(
        &fire,
        &[(DRILL, STACK), (KIND, "fire"), (PROTECT, "reclaim")],
        true,
    );
    may(&fire, &[], false);
    may(&fire, &[(PROTECT, "reclaim")], false);
    may(
        &fire,
        &[(DRILL, OTHER_STACK), (KIND, "fire"), (PROTECT, "reclaim")],
        false,
    );
    // An address of the recover drill, or one that somebody tagged with the stack alone.
    may(&fire, &[(DRILL, STACK), (PROTECT, "reclaim")], false);
}

#[test]
fn the_recover_drill_releases_what_it_allocated_and_nothing_that_is_protected() {
    let recover = role("RecoverDrillRole");
    may(&recover, &[(DRILL, STACK), (PROTECT, "none")], true);
    may(
        &recover,
        &[(DRILL, STACK), (KIND, "fire"), (PROTECT, "reclaim")],
        false,
    );
    may(&recover, &[(DRILL, STACK), (PROTECT, "record")], false);
    may(&recover, &[(DRILL, STACK)], false);
    may(&recover, &[(DRILL, OTHER_STACK), (PROTECT, "none")], false);
    may(&recover, &[(PROTECT, "none")], false);
}

#[test]
fn a_drill_allocates_only_what_carries_its_tag_from_its_first_moment() {
    for (name, protection) in [("FireDrillRole", "reclaim"), ("RecoverDrillRole", "none")] {
        let role = role(name);
        let allocate = Request::by(FIRE, "ec2:AllocateAddress", ADDRESS);
        let tagged = allocate.clone().with(NEW_DRILL, &[STACK]);
        assert!(
            tagged
                .clone()
                .with(NEW_PROTECT, &[protection])
                .allowed_by(&role)
        );
        assert!(!tagged.allowed_by(&role), "{name}: without the tag protect");
        let other = allocate.clone().with(NEW_DRILL, &[OTHER_STACK]);
        assert!(!other.with(NEW_PROTECT, &[protection]).allowed_by(&role));
        assert!(!allocate.allowed_by(&role), "{name}");
        let later = Request::by(FIRE, "ec2:CreateTags", ADDRESS);
        assert!(
            !later.allowed_by(&role),
            "{name} tags what is there already"
        );
    }
}

#[test]
fn whoever_runs_the_drill_by_hand_may_release_what_is_of_a_drill() {
    let policy = policy("drill.iam.json");
    let sids: BTreeSet<String> = policy
        .statements
        .iter()
        .flat_map(|it| strings(&it["Sid"]))
        .collect();
    let known = [
        "AllocateForADrill",
        "Look",
        "ReleaseWhatIsOfADrill",
        "TagWhatIsAllocated",
    ];
    assert_eq!(sids, known.map(str::to_owned).into());
    may(&policy, &[(DRILL, "drill-1"), (PROTECT, "none")], true);
    may(&policy, &[(DRILL, STACK), (PROTECT, "none")], false);
    may(&policy, &[(DRILL, "drill-1"), (PROTECT, "reclaim")], false);
    may(&policy, &[(PROTECT, "none")], false);
    let allocate = Request::by(KIM, "ec2:AllocateAddress", ADDRESS);
    assert!(!allocate.clone().allowed_by(&policy));
    let tagged = allocate
        .with(NEW_DRILL, &["drill-1"])
        .with(NEW_PROTECT, &["none"]);
    assert!(tagged.allowed_by(&policy));
    assert!(!Request::by(KIM, "ec2:CreateTags", ADDRESS).allowed_by(&policy));
}

#[test]
fn the_prevention_policies_let_the_drill_release_its_own_canary_alone() {
    for policy in protecting() {
        let by_drill = on_protected(FIRE, RELEASE);
        let canary = by_drill.clone().with(DRILL, &[STACK]);
        assert_eq!(canary.denied_by(&policy), None, "{}", policy.name);
        let others = [by_drill.clone(), by_drill.with(DRILL, &[OTHER_STACK])];
        for request in others {
            let denying = request.denied_by(&policy);
            assert_eq!(denying.as_deref(), Some("KeepThemFromTheDrill"));
        }
        let by_kim = on_protected(KIM, RELEASE).with(DRILL, &[STACK]);
        assert_eq!(
            by_kim.denied_by(&policy).as_deref(),
            Some("KeepProtectedAddresses")
        );
    }
}

#[test]
fn nobody_makes_a_canary_of_a_protected_address_or_himself_the_drill() {
    for policy in protecting() {
        let tag = on_protected(KIM, "ec2:CreateTags").with(NEW_DRILL, &[STACK]);
        assert_eq!(tag.denied_by(&policy).as_deref(), Some("KeepTheDrillTag"));
        let owner = on_protected(OWNER, "ec2:CreateTags").with(NEW_DRILL, &[STACK]);
        assert_eq!(owner.denied_by(&policy), None);
        let role = Request::by(KIM, "iam:CreateRole", FIRE);
        assert_eq!(
            role.denied_by(&policy).as_deref(),
            Some("KeepTheExemptRole")
        );
    }
}

/// Every text file of a folder of the repository, by its name.
fn files(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(folder);
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let named = entries.filter_map(|path| {
        let text = std::fs::read_to_string(&path).ok()?;
        Some((path.file_name()?.to_str()?.to_owned(), text))
    });
    named.collect()
}

/// Promise 4, in what is deployed: outside the drills, nothing lets anybody release.
#[test]
fn nothing_that_is_deployed_lets_anybody_release_but_the_drills() {
    let mut all = files("templates");
    all.push((
        "template.yaml".to_owned(),
        include_str!("../../../../template.yaml").to_owned(),
    ));
    assert!(all.len() >= 4, "the templates are not where they were");
    let may_release = |text: &str| {
        let lines = text
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'));
        lines.filter(|line| line.contains(RELEASE)).count()
    };
    let releasing: Vec<&str> = all
        .iter()
        .filter(|(_, text)| may_release(text) > 0)
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(releasing, ["drill.yaml"]);
    // Each of the two roles allows it once, and denies it twice.
    assert_eq!(may_release(TEMPLATE), 6);
    assert!(!role("AgeRole").text.contains("ec2:"));
}

/// The packages that a package is built from, as Cargo.lock has them, tests included.
fn built_from(lock: &str, package: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut wanted = vec![package.to_owned()];
    while let Some(name) = wanted.pop() {
        if !found.insert(name.clone()) {
            continue;
        }
        let head = format!("name = \"{name}\"");
        let entries = lock
            .split("[[package]]")
            .filter(|it| it.lines().any(|line| line == head));
        for entry in entries {
            let dependencies = entry
                .split_once("dependencies = [")
                .map_or("", |(_, rest)| rest);
            let names = dependencies
                .lines()
                .filter_map(|line| line.trim().strip_prefix('"'));
            wanted.extend(names.filter_map(|it| Some(it.split([' ', '"']).next()?.to_owned())));
        }
    }
    found
}

/// Promise 4, in the code: what can release is in a crate that no function is built from.
#[test]
fn no_function_is_built_from_the_crate_that_can_release() {
    let lock = include_str!("../../../../Cargo.lock");
    let tool = built_from(lock, "holdfast-cli");
    assert!(
        tool.contains("holdfast-aws") && tool.contains("aws-sdk-ec2"),
        "{tool:?}"
    );
    let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions");
    let mut names = Vec::new();
    for function in std::fs::read_dir(functions).unwrap() {
        let name = function.unwrap().file_name().into_string().unwrap();
        let packages = built_from(lock, &name);
        assert!(
            packages.contains("holdfast-aws"),
            "{name} is not in Cargo.lock"
        );
        assert!(!packages.contains("holdfast-cli"), "{name}");
        names.push(name);
    }
    assert!(names.len() >= 5, "{names:?}");
}

/// Where the SDK's call stands: in two files, and both are in the tool. The doctor's is a dry run in each place.
#[test]
fn two_files_of_the_product_call_release_address_and_the_doctors_is_a_dry_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders = vec![
        root.join("shared"),
        root.join("functions"),
        root.join("cli"),
        root.join("guest"),
    ];
    let mut calling = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs")
                && std::fs::read_to_string(&path)
                    .unwrap()
                    .contains(".release_address()")
            {
                calling.push(path.strip_prefix(&root).unwrap().to_owned());
            }
        }
    }
    calling.sort();
    let [doctor, drill] = ["cli/src/aws/checks/release.rs", "cli/src/aws/drill.rs"];
    assert_eq!(calling, [Path::new(doctor), Path::new(drill)]);
    let doctor = std::fs::read_to_string(root.join(doctor)).unwrap();
    let calls = |what: &str| doctor.matches(what).count();
    assert_eq!(
        calls(".release_address()"),
        calls(".release_address().dry_run(true)")
    );
}
