//! What is written of the guest's files is what the generator makes: in the runbook, in the demo stack, in the
//! examples, and the table of ranges.

use holdfast::settings::TagKeys;
use holdfast_guest::kit::Manager;
use holdfast_guest::ranges::{Known, OTHERS, PRIORITY, TABLES, Taken};
use holdfast_guest::{For, Group, wrap};
use std::fmt::Write;
use std::ops::RangeInclusive;

const ANSWERS: &str = include_str!("../../fixtures/guest/demo-stack.json");
const DEMO: &str = include_str!("../../../templates/demo-stack.yaml");
const RUNBOOK: &str = include_str!("../../../docs/RUNBOOK.md");
const GUIDE: &str = include_str!("../../../docs/GUEST.md");
const USER_DATA: &str = include_str!("../../../templates/guest/user-data.yaml");
const DOCUMENT: &str = include_str!("../../../templates/guest/ssm-document.json");
const UNDO: &str = include_str!("../../../guest/kit/undo");
const CHECK: &str = include_str!("../../../guest/kit/check");

/// The group of the demo stack, as EC2 answers.
fn demo() -> Group {
    let answers = serde_json::from_str(ANSWERS).unwrap();
    Group::read(&answers, "failover-demo", &TagKeys::under("holdfast")).unwrap()
}

/// The file of its floating interface for systemd-networkd.
fn file() -> String {
    let [file] = &Manager::Networkd.files(&demo())[..] else {
        panic!("the demo stack has one floating interface");
    };
    file.text.clone()
}

fn indented(text: &str, by: usize) -> String {
    let lines = text.lines().map(|line| format!("{:by$}{line}\n", ""));
    lines.collect::<Vec<String>>().concat()
}

#[test]
fn the_demo_stack_writes_the_file_that_the_generator_makes() {
    let link = &demo().links[0];
    let file = file()
        .replace(&link.eni, "${Floating}")
        .replace(&link.mac, "$mac");
    let written = format!(
        "            cat >/etc/systemd/network/05-holdfast-${{Floating}}.network <<EOF\n{}            EOF\n",
        indented(&file, 12)
    );
    assert!(DEMO.contains(&written), "put this in:\n{written}");
    let ip = link.ips[0].to_string();
    assert!(
        DEMO.contains(&format!("PrivateIpAddress: {ip}\n")),
        "the demo stack has another address than {ip}"
    );
    assert!(!DEMO.contains("rp_filter"), "the file needs no rp_filter");
}

#[test]
fn the_runbook_shows_the_file_that_the_generator_makes() {
    let shown = indented(&file(), 6);
    assert!(RUNBOOK.contains(&shown), "put this in:\n{shown}");
}

/// `make guest GROUP=failover-demo FOR=... FROM=tests/fixtures/guest/demo-stack.json` makes them again.
#[test]
fn the_examples_are_what_the_generator_makes() {
    for (example, what) in [(USER_DATA, For::CloudInit), (DOCUMENT, For::Ssm)] {
        let made = wrap::outputs(&demo(), what);
        assert_eq!(
            example, made[0].text,
            "copy {} to templates/guest",
            made[0].path
        );
    }
}

fn ranges(of: &[RangeInclusive<u32>]) -> String {
    let each = of.iter().map(|range| match (range.start(), range.end()) {
        (start, end) if start == end => start.to_string(),
        (start, end) => format!("{start} to {end}"),
    });
    let all: Vec<String> = each.collect();
    if all.is_empty() {
        "none".to_owned()
    } else {
        all.join(", ")
    }
}

fn row(taken: &Taken) -> String {
    let known = match taken.known {
        Known::Ran => "ran",
        Known::Read => "read",
    };
    format!(
        "| {} | {} | {} | {} | {} | {known} |\n",
        taken.system,
        taken.by,
        ranges(taken.tables),
        ranges(taken.priorities),
        taken.source,
    )
}

#[test]
fn the_guide_shows_the_ranges_that_each_system_uses() {
    let mut table =
        "| system | by | tables | priorities | source | |\n| --- | --- | --- | --- | --- | --- |\n"
            .to_owned();
    let _ = writeln!(
        table,
        "| every member | the kit | {} | {PRIORITY} | `guest/src/ranges.rs` | ran |",
        ranges(&[TABLES])
    );
    for taken in OTHERS {
        table.push_str(&row(taken));
    }
    let shown = format!("<!-- ranges -->\n{table}<!-- /ranges -->");
    assert!(GUIDE.contains(&shown), "put this in:\n{table}");
}

/// The guide's table of exit codes has each that the check can end with.
#[test]
fn the_guide_explains_every_exit_code_of_the_check() {
    let exits = CHECK
        .lines()
        .map(str::trim)
        .filter_map(|line| line.strip_prefix("exit "));
    let codes: std::collections::BTreeSet<&str> = exits.collect();
    assert_eq!(codes.len(), 5, "{codes:?}");
    for code in codes {
        assert!(
            GUIDE.contains(&format!("\n| {code} | ")),
            "exit code {code} is not explained"
        );
    }
}

#[test]
fn the_undo_knows_the_ranges_of_the_kit() {
    let line = format!(
        "first={} last={} priority={PRIORITY}",
        TABLES.start(),
        TABLES.end()
    );
    assert!(UNDO.contains(&line), "put this in: {line}");
}

/// Elsewhere the rig may say SKIPPED; in CI that fails.
#[test]
fn ci_runs_the_rig_and_takes_no_skipping_for_an_answer() {
    const CI: &str = include_str!("../../../.ci/run");
    assert!(CI.contains("export GUEST_TEST=required\n"));
    assert!(
        CI.lines()
            .any(|line| line.starts_with("make ") && line.contains(" guest-test"))
    );
}
