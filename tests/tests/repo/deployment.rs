//! What a deployment runs beside CloudFormation: the questions, and the aliases. The programs themselves are run, with
//! stand-ins for AWS.

use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests have a folder of their own")
        .to_owned()
}

/// An empty folder for one test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    folder
}

fn python(folder: &Path, arguments: &[&str], set: &[(&str, &str)], typed: &str) -> Output {
    let mut running = Command::new("python3")
        .args(arguments)
        .envs(set.iter().copied())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python3 is there");
    let mut keys = running.stdin.take().expect("it reads");
    keys.write_all(typed.as_bytes()).expect("it reads on");
    drop(keys);
    running.wait_with_output().expect("it ends")
}

/// Asks for a deployment, with a command that prints what it was given; what it printed.
fn asked(folder: &Path, set: &[(&str, &str)], typed: &str) -> String {
    let ask = root().join("tools/deployment/ask.py").display().to_string();
    let print = "import sys; print('given', sys.argv[1:])";
    let output = python(
        folder,
        &[&ask, "holdfast", "--", "python3", "-c", print],
        set,
        typed,
    );
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

const ASK: (&str, &str) = ("HOLDFAST_ASK", "1");

#[test]
fn a_deployment_asks_six_questions_and_keeps_the_answers_where_git_does_not_look() {
    let folder = folder("deployment-asks");
    let typed = "enforce\n\nmaybe\nobserve\n\nops@example.com\n-\n";
    let told = asked(&folder, &[ASK], typed);
    assert_eq!(told.matches("]: ").count() + told.matches("): ").count(), 7);
    for given in [
        "ReleaseGuardMode=enforce",
        "InstanceStartMode=observe",
        "AlarmFailoverMode=observe",
        "NotificationEmail=ops@example.com",
    ] {
        assert!(told.contains(given), "{given}: {told}");
    }
    let kept = std::fs::read_to_string(folder.join(".holdfast/holdfast.json")).unwrap();
    let kept: Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(kept["NotificationEmail"], "ops@example.com");
    assert_eq!(kept["ExemptPrincipals"], "");
    let ignored = Command::new("git")
        .args(["check-ignore", ".holdfast/holdfast.json"])
        .current_dir(root())
        .output()
        .expect("git is there");
    assert!(ignored.status.success(), "git would track the answers");
    let tracked = std::fs::read_to_string(root().join("samconfig.toml")).unwrap();
    assert!(!tracked.contains("parameter_overrides"), "{tracked}");
}

#[test]
fn what_was_answered_is_offered_again_and_counts_where_nobody_can_answer() {
    let folder = folder("deployment-again");
    let first = "enforce\nenforce\nenforce\nenforce\nops@example.com\n-\n";
    drop(asked(&folder, &[ASK], first));
    let told = asked(&folder, &[ASK], "\n\nobserve\n\n\n\n");
    assert!(told.contains("[ops@example.com]"), "{told}");
    assert!(told.contains("AlarmFailoverMode=observe"), "{told}");
    let told = asked(&folder, &[("SET", "CooldownSeconds=600 Fence=stop")], "");
    assert!(!told.contains("]: "), "nobody is there: {told}");
    for given in [
        "ReleaseGuardMode=enforce",
        "AlarmFailoverMode=observe",
        "CooldownSeconds=600",
        "Fence=stop",
    ] {
        assert!(told.contains(given), "{given}: {told}");
    }
}

#[test]
fn answers_that_end_too_early_deploy_nothing() {
    let folder = folder("deployment-ends");
    let ask = root().join("tools/deployment/ask.py").display().to_string();
    let command = [&ask, "holdfast", "--", "python3", "-c", "print('deployed')"];
    let output = python(
        &folder,
        &command.map(|word: &str| word),
        &[ASK],
        "enforce\n",
    );
    assert!(!output.status.success());
    assert!(
        !String::from_utf8(output.stdout)
            .unwrap()
            .contains("deployed")
    );
}

/// Lambda, as far as aliases and versions go: (version, code, mode), and where the alias is.
const FAKE: &str = r#"
import sys
sys.path.insert(0, sys.argv[1])
import rollback


class Lambda:
    def __init__(self, versions, latest, alias):
        self.versions, self.latest, self.alias = dict(versions), latest, alias

    def shown(self, version):
        code, mode = self.latest if version == "$LATEST" else self.versions[version]
        variables = {"Variables": {"HOLDFAST_MODE": mode}}
        return {"Version": version, "CodeSha256": code, "Environment": variables}

    def get_function_configuration(self, FunctionName, Qualifier):
        return self.shown(self.alias)

    def get_alias(self, FunctionName, Name):
        return {"FunctionVersion": self.alias}

    def update_alias(self, FunctionName, Name, FunctionVersion):
        self.alias = FunctionVersion

    def publish_version(self, FunctionName):
        newest = max(self.versions, key=int, default="0")
        if newest == "0" or self.versions[newest] != self.latest:
            newest = str(int(newest) + 1)
            self.versions[newest] = self.latest
        return {"Version": newest}

    def get_paginator(self, name):
        pages = [{"Versions": [self.shown(each)]} for each in ["$LATEST", *self.versions]]
        return type("Pages", (), {"paginate": lambda self, FunctionName: pages})()


ONE, TWO, THREE = ("a", "observe"), ("b", "observe"), ("b", "enforce")

# The deployment passed, and is version 3 itself: back to what differs.
now = Lambda({"1": ONE, "2": TWO, "3": THREE}, THREE, "$LATEST")
assert rollback.back(now, "f") and now.alias == "2", now.alias
assert rollback.back(now, "f") and now.alias == "1", now.alias
assert not rollback.back(now, "f") and now.alias == "1", now.alias
assert rollback.forward(now, "f") and now.alias == "$LATEST", now.alias

# It failed, and no version was kept of it: back to the last that passed.
failed = Lambda({"1": ONE, "2": TWO}, THREE, "$LATEST")
assert rollback.back(failed, "f") and failed.alias == "2", failed.alias

# The first deployment has nothing behind it, and a version is kept once.
first = Lambda({}, ONE, "$LATEST")
assert not rollback.back(first, "f") and first.alias == "$LATEST"
for _ in range(2):
    assert rollback.publish(first, "f")
assert list(first.versions) == ["1"], first.versions
assert not rollback.back(first, "f")
print("all is so")
"#;

#[test]
fn a_rollback_goes_to_the_newest_version_that_passed_and_serves_something_else() {
    let folder = folder("deployment-rollback");
    let tools = root().join("tools/deployment").display().to_string();
    let output = python(&folder, &["-c", FAKE, &tools], &[], "");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(told.contains("all is so"), "{output:?}");
}

/// What is deployed and what is packaged name the alias, and publish no version that a changed parameter would miss.
#[test]
fn a_deployed_function_is_named_by_its_alias_only() {
    let text = std::fs::read_to_string(root().join("tools/template.py")).unwrap();
    for held in [
        r#"each["Properties"]["FunctionVersion"] = "$LATEST""#,
        r#"template["Globals"]["Function"]["AutoPublishAlias"] = ALIAS"#,
    ] {
        assert!(text.contains(held), "tools/template.py has no {held}");
    }
}
