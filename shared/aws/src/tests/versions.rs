//! The rows of every version that was released, as files of bytes: what one version wrote, the next ones read.
//!
//! `72eb87c.json` was written by the code of that commit, a row for each kind, state and word that it had.
//! `row-version-2.json` is what this version writes. With `HOLDFAST_WRITE_LEDGER_ROWS=1` in the environment the test writes that file anew; a
//! change of it that an earlier reader would misread needs a row version of its own.

use super::RETENTION;
use super::table::{a_release, a_snapshot, attributes};
use crate::ledger::rows::{self, Row};
use holdfast::ledger::lease::{FailoverRecord, LeaseHold};
use holdfast::ledger::release::{LostReason, PendingReason};
use holdfast::ledger::snapshot::{AllocationState, Lock};
use holdfast::ledger::{
    Entry, FloatingInterface, FloatingInterfaces, Lease, MemberAlarms, ReleaseRecord,
    ReleaseStatus, ShownMembers, Snapshot, ToldMatter, UnreadableRow,
};
use holdfast::model::interface::OtherIps;
use holdfast::model::pause::Pause;
use holdfast::settings::Fencing;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use time::OffsetDateTime;
use time::macros::datetime;

const NOON: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

/// The rows that a version wrote.
fn file(version: &str) -> Vec<Row> {
    let path = path(version);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let rows: Vec<Value> = serde_json::from_str(&text).unwrap();
    rows.iter().map(attributes).collect()
}

fn path(version: &str) -> String {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/ledger");
    fixtures
        .join(format!("{version}.json"))
        .display()
        .to_string()
}

fn released() -> [Vec<Row>; 2] {
    [file("72eb87c"), file("row-version-2")]
}

fn kind(row: &Row) -> String {
    let partition = row["pk"].as_s().unwrap();
    partition.split('#').next().unwrap().to_owned()
}

/// Reads a row as what its kind says.
fn read(row: &Row) -> Result<(), UnreadableRow> {
    let row = row.clone();
    match kind(&row).as_str() {
        "snapshot" => rows::read::<Snapshot>(row).map(|_| ()),
        "release" => rows::read::<ReleaseRecord>(row).map(|_| ()),
        "lease" | "lease-beside" => rows::read::<Lease>(row).map(|_| ()),
        "floating-interfaces" => rows::read::<FloatingInterfaces>(row).map(|_| ()),
        "member-alarms" => rows::read::<MemberAlarms>(row).map(|_| ()),
        "told" => rows::read::<ToldMatter>(row).map(|_| ()),
        "association" => rows::allocation_in(row).map(|_| ()),
        "history" => rows::read::<Entry>(row).map(|_| ()),
        other => panic!("there is no reader for rows of kind {other}"),
    }
}

fn all_of<T: serde::de::DeserializeOwned>(version: &str, wanted: &str) -> Vec<T> {
    let rows = file(version).into_iter().filter(|row| kind(row) == wanted);
    rows.map(|row| rows::read(row).unwrap()).collect()
}

#[test]
fn m3_every_row_of_every_released_version_is_read() {
    for rows in released() {
        assert!(rows.len() > 5);
        for row in rows {
            read(&row).unwrap_or_else(|problem| panic!("{problem:?}: {row:?}"));
        }
    }
}

#[test]
fn the_words_of_the_first_version_mean_what_they_meant() {
    let snapshots: Vec<Snapshot> = all_of("72eb87c", "snapshot");
    assert_eq!(snapshots[0].state, AllocationState::Allocated);
    assert_eq!(
        snapshots[0].reverse_dns.as_ref().unwrap().value,
        "a.example.com"
    );
    assert_eq!(snapshots[0].observed_at, NOON);
    assert_eq!(snapshots[1].state, AllocationState::Released { at: NOON });
    let locks: Vec<Lock> = snapshots[1].unlocked.iter().map(|it| it.what).collect();
    assert_eq!(
        locks,
        [Lock::ProtectTag, Lock::ReverseDns, Lock::Association]
    );
    assert!(snapshots[1].transfer_offer.is_some());
    let releases: Vec<ReleaseRecord> = all_of("72eb87c", "release");
    let has = |status: &ReleaseStatus| releases.iter().any(|row| row.status == *status);
    let reason = LostReason::Deadline;
    let lost = releases
        .iter()
        .filter(|row| row.status == ReleaseStatus::Lost { reason });
    assert_eq!(lost.count(), 2, "`deadline`, and `another-account`");
    let reason = LostReason::ReclaimLoop;
    assert!(has(&ReleaseStatus::Lost { reason }));
    let reason = PendingReason::NotReleased;
    assert!(has(&ReleaseStatus::Pending { reason }));
    let newest = releases.last().unwrap();
    assert_eq!(newest.unlocked[0].what, Lock::ReverseDns);
    assert_eq!(newest.late_exemption.as_deref(), Some("a stack update"));
    let leases: Vec<Lease> = all_of("72eb87c", "lease");
    assert_eq!(leases[0].lease_number, 7);
    assert_eq!(leases[0].failback_target_healthy_since, Some(NOON));
    let record = leases[0].in_progress.as_ref().unwrap();
    assert_eq!(record.failed_members.len(), 1);
    assert_eq!(record.pending_reassociation.len(), 1);
    assert_eq!(record.pending_fences.len(), 3);
    let entries: Vec<Entry> = all_of("72eb87c", "history");
    assert_eq!(entries.len(), 5);
}

fn a_record() -> FailoverRecord {
    FailoverRecord {
        cause: "alarm web-1-status".to_owned(),
        alarms: vec!["web-1-status".to_owned()],
        fired_at: NOON,
        failed_members: ["i-1".parse().unwrap()].into(),
        pending_reassociation: vec!["eipalloc-1".parse().unwrap()],
        former_targets: BTreeMap::new(),
        pending_fences: [("i-1".parse().unwrap(), Fencing::Stop)].into(),
        began_at: NOON,
        ended_at: None,
        to: Some("i-2".parse().unwrap()),
    }
}

/// A row of each kind, as this version writes it.
fn written() -> Vec<Row> {
    let lease = Lease {
        lease_number: 7,
        held: Some(LeaseHold {
            owner: "run-1".to_owned(),
            until: NOON,
        }),
        in_progress: Some(a_record()),
        last: Some(a_record()),
        failback_target_healthy_since: Some(NOON),
        pause: Some(Pause {
            since: NOON,
            until: NOON + time::Duration::HOUR,
            by: Some("anna".to_owned()),
        }),
        ..Lease::new("web")
    };
    let beside = Lease {
        is_beside: true,
        ..lease.clone()
    };
    let interface = FloatingInterface {
        subnet: Some("subnet-1".parse().unwrap()),
        private_ips: vec!["10.0.0.5".parse().unwrap()],
        other_ips: OtherIps::default(),
        addresses: [(
            "eipalloc-1".parse().unwrap(),
            "203.0.113.7".parse().unwrap(),
        )]
        .into(),
    };
    let floating = FloatingInterfaces {
        group: "web".to_owned(),
        revision: 1,
        as_of: NOON,
        written_by: "1.2.3".to_owned(),
        interfaces: [("eni-1".parse().unwrap(), interface)].into(),
        left_out: 0,
    };
    let alarms = MemberAlarms {
        group: "web".to_owned(),
        revision: 1,
        as_of: NOON,
        written_by: "1.2.3".to_owned(),
        alarms: [("i-1".parse().unwrap(), ["disk".to_owned()].into())].into(),
        left_out: 0,
        shown: ShownMembers::default(),
    };
    let told = ToldMatter {
        about: "203.0.113.7".to_owned(),
        revision: 1,
        outcome: "lost".to_owned(),
        headline: "203.0.113.7 is LOST".to_owned(),
        since: NOON,
        seen_at: NOON,
        seen: 3,
        told_at: Some(NOON),
        ended_at: None,
        teller: None,
        requests: vec!["request-1".to_owned()],
        written_by: "1.2.3".to_owned(),
    };
    let alive = Snapshot {
        state: AllocationState::Allocated,
        ..a_snapshot()
    };
    vec![
        rows::of_snapshot(&alive, RETENTION).unwrap(),
        rows::of_association(&alive, RETENTION).unwrap(),
        rows::of_entry(&Entry::of_snapshot(&a_snapshot()), RETENTION).unwrap(),
        rows::of_release(&a_release(), RETENTION).unwrap(),
        rows::of_entry(&Entry::of_release(&a_release()).unwrap(), RETENTION).unwrap(),
        rows::of_lease(&lease).unwrap(),
        rows::of_lease(&beside).unwrap(),
        rows::of_floating_interfaces(&floating, RETENTION).unwrap(),
        rows::of_member_alarms(&alarms).unwrap(),
        rows::of_told(&told).unwrap(),
    ]
}

#[test]
fn what_this_version_writes_is_what_its_file_has_row_for_row() {
    let rows = written();
    if std::env::var_os("HOLDFAST_WRITE_LEDGER_ROWS").is_some() {
        let lines: Vec<String> = rows.iter().map(|row| json_of(row).to_string()).collect();
        let text = format!("[\n{}\n]\n", lines.join(",\n"));
        std::fs::write(path("row-version-2"), text).unwrap();
    }
    assert_eq!(rows, file("row-version-2"));
}

#[test]
fn every_kind_of_row_that_the_code_has_is_in_the_file_of_this_version() {
    let source = include_str!("../ledger/rows.rs");
    let in_the_table = source.lines().filter_map(|line| {
        let kind = line.strip_prefix("//! | `")?.split('`').next()?;
        Some(kind.trim_end_matches('#').to_owned())
    });
    let in_the_table: BTreeSet<String> = in_the_table.filter(|kind| kind != "pk").collect();
    let keys = source.split("key(").skip(1);
    let named = keys.filter_map(|rest| rest.split([',', ')', ' ']).next());
    let in_the_code = named.filter_map(|name| {
        let constant = source.split(&format!("const {name}: &str = \"")).nth(1)?;
        constant.split('"').next()
    });
    let in_the_code: BTreeSet<String> = in_the_code.map(str::to_owned).collect();
    assert!(in_the_code.len() > 4, "{in_the_code:?}");
    let missing: Vec<&String> = in_the_code.difference(&in_the_table).collect();
    assert!(
        missing.is_empty(),
        "{missing:?} are not in the table of rows.rs"
    );
    let in_the_file: BTreeSet<String> = file("row-version-2").iter().map(kind).collect();
    assert_eq!(in_the_file, in_the_table);
}

#[test]
fn every_row_says_which_version_it_is_of() {
    for row in written() {
        assert_eq!(row["row_version"].as_n().unwrap(), "2", "{row:?}");
    }
}

#[test]
fn m3_a_row_of_a_later_version_or_with_an_unknown_word_is_named_with_its_reason() {
    let why = |change: &dyn Fn(&mut Value)| {
        let mut row = json_of(&written()[0]);
        change(&mut row);
        rows::read::<Snapshot>(attributes(&row)).unwrap_err()
    };
    let later = why(&|row| row["row_version"] = json!({ "N": "3" }));
    assert_eq!(later.name, "snapshot/eipalloc-1");
    assert!(later.why.contains("a later version"), "{later:?}");
    let word = why(&|row| row["state"] = json!({ "M": { "is": { "S": "quarantined" } } }));
    assert!(word.why.contains("quarantined"), "{word:?}");
    let missing = why(&|row| {
        row.as_object_mut().unwrap().remove("ip");
    });
    assert!(missing.why.contains("ip"), "{missing:?}");
    let no_version = why(&|row| row["row_version"] = json!({ "S": "two" }));
    assert!(no_version.why.contains("row_version"), "{no_version:?}");
}

/// A row in DynamoDB's JSON.
fn json_of(row: &Row) -> Value {
    let each = row
        .iter()
        .map(|(name, value)| (name.clone(), value_of(value)));
    let sorted: BTreeMap<String, Value> = each.collect();
    Value::Object(sorted.into_iter().collect::<Map<_, _>>())
}

fn value_of(value: &aws_sdk_dynamodb::types::AttributeValue) -> Value {
    use aws_sdk_dynamodb::types::AttributeValue as A;
    match value {
        A::S(text) => json!({ "S": text }),
        A::N(number) => json!({ "N": number }),
        A::Bool(yes) => json!({ "BOOL": yes }),
        A::Null(_) => json!({ "NULL": true }),
        A::L(list) => json!({ "L": list.iter().map(value_of).collect::<Vec<_>>() }),
        A::M(map) => json!({ "M": json_of(map) }),
        other => panic!("{other:?}"),
    }
}
