//! A look has the settings by which its functions decided: each setting in turn is another one than its default, and from
//! the file alone each run ends as it did.

use futures_util::FutureExt;
use holdfast::events::parse;
use holdfast::model::ids::AccountId;
use holdfast::settings::Settings;
use holdfast_look::look::FORMAT;
use holdfast_look::run::record;
use holdfast_look::{Look, functions_for, whole};
use holdfast_tests::client::{ACCOUNT, TestBed};
use holdfast_tests::scenarios::failover::floating_address;
use holdfast_tests::scenarios::guard::account;
use holdfast_tests::scenarios::placement::{fleet, schedule, state_change};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use time::macros::datetime;

/// What every function is set up with here.
const GIVEN: [(&str, &str); 3] = [
    ("HOLDFAST_TABLE", "ledger"),
    ("AWS_REGION", "us-east-1"),
    ("HOLDFAST_MODE", "enforce"),
];

/// Each setting with a value that is not its default.
const OTHERS: [(&str, &str); 29] = [
    ("HOLDFAST_TABLE", "another-ledger"),
    ("HOLDFAST_MODE", "observe"),
    ("HOLDFAST_TAG_PREFIX", "acme"),
    ("HOLDFAST_DEFAULT_PROTECTION", "reclaim"),
    ("HOLDFAST_EXEMPT_PRINCIPALS", "arn:aws:iam::*:user/*"),
    ("HOLDFAST_RETRY_SECONDS", "0"),
    ("HOLDFAST_RECLAIM_DEADLINE_HOURS", "1"),
    ("HOLDFAST_MOST_RECLAIMS_PER_DAY", "1"),
    ("HOLDFAST_RESTORE_WINDOW_MINUTES", "0"),
    ("HOLDFAST_POOL_WAIT_SECONDS", "0"),
    ("HOLDFAST_ON_STOP", "move"),
    ("HOLDFAST_ALARM_MAX_AGE_SECONDS", "60"),
    ("HOLDFAST_ALARMS_THAT_MOVE", "tagged"),
    ("HOLDFAST_COOLDOWN_SECONDS", "0"),
    ("HOLDFAST_DETACH_DEADLINE_SECONDS", "0"),
    ("HOLDFAST_FENCE", "stop"),
    ("HOLDFAST_STOP_BY_TAG", "allow"),
    ("HOLDFAST_FAILBACK", "60"),
    ("HOLDFAST_REBALANCE", "move"),
    ("HOLDFAST_STANDBY_APPLICATION", "require"),
    ("HOLDFAST_MOVE_BEFORE_EVENT_MINUTES", "60"),
    ("HOLDFAST_ZONAL_SHIFTS", "heed"),
    ("HOLDFAST_COMPLETE_LIFECYCLE_HOOKS", "web:hand-on"),
    ("HOLDFAST_RETENTION_DAYS", "90"),
    (
        "HOLDFAST_MAIL_TOPIC",
        "arn:aws:sns:us-east-1:111122223333:mail",
    ),
    ("HOLDFAST_MAIL_OUTCOMES", "none"),
    (
        "HOLDFAST_CHAT_TOPIC",
        "arn:aws:sns:us-east-1:111122223333:chat",
    ),
    ("HOLDFAST_CHAT_OUTCOMES", "none"),
    ("AWS_REGION", "eu-west-1"),
];

fn settings(other: Option<(&str, &str)>) -> Settings {
    let pairs = GIVEN.into_iter().chain(other);
    let variables: BTreeMap<String, String> = pairs
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    Settings::read(variables).unwrap_or_else(|bad| panic!("{bad}"))
}

/// An event in an account of its own.
fn events() -> Vec<(Arc<TestBed>, Value)> {
    let trio = floating_address().failing(0);
    let released = account().released();
    let fleet = fleet().addresses(2).running(2);
    vec![
        (trio.bed(), trio.alarm(0)),
        (trio.bed(), json!({ "holdfast": "plan", "group": "web" })),
        (trio.bed(), schedule()),
        (released.bed(), released.event.clone()),
        (fleet.bed(), state_change(&fleet.instances[0], "running")),
    ]
}

/// How each run ends, from the file of its look as it ended in the account.
fn decided(settings: &Settings) -> Vec<Value> {
    let mut ends = Vec::new();
    for (bed, event) in events() {
        let trigger = parse(&event).unwrap();
        let mut look = Look {
            look: FORMAT,
            made_by: "0.1.0".to_owned(),
            made_at: datetime!(2026-11-27 13:00 UTC),
            stack: "holdfast".to_owned(),
            region: settings.region.clone(),
            account: AccountId::in_arn(&format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"))
                .unwrap(),
            redacted: false,
            event,
            settings: settings.clone(),
            bad_settings: Vec::new(),
            runs: Vec::new(),
        };
        for function in functions_for(&trigger) {
            let client = bed.client("holdfast");
            let (ports, delivery) = (client.ports(), client.delivery(time::Duration::minutes(1)));
            let run = record(*function, ports, settings, &trigger, delivery);
            let (end, run) = run.now_or_never().expect("no fault stops the run");
            ends.push(whole(&end));
            look.runs.push(run);
        }
        let read = Look::read(&look.text()).unwrap_or_else(|bad| panic!("{bad}"));
        assert_eq!(read, look);
        let before = ends.len() - look.runs.len();
        for (run, end) in read.runs.iter().zip(&ends[before..]) {
            let again = run.replayed(&read.settings, &trigger);
            let again = again.unwrap_or_else(|unanswered| panic!("{unanswered}"));
            assert_eq!(whole(&again), *end);
        }
    }
    ends
}

#[test]
fn with_each_setting_changed_a_look_is_decided_as_its_stack_did() {
    let usual = decided(&settings(None));
    let differing: Vec<&str> = OTHERS
        .into_iter()
        .filter(|other| decided(&settings(Some(*other))) != usual)
        .map(|(key, _)| key)
        .collect();
    println!("another decision by {differing:?}");
    assert!(differing.len() >= 7, "{differing:?}");
}

#[test]
fn no_setting_is_left_out_here() {
    let fields = |settings: &Settings| match serde_json::to_value(settings).unwrap() {
        Value::Object(fields) => fields,
        other => panic!("{other}"),
    };
    let usual = fields(&settings(None));
    let changed = OTHERS.into_iter().flat_map(|other| {
        let changed = fields(&settings(Some(other)));
        let changed = changed.into_iter();
        let changed = changed.filter(|(field, value)| usual[field] != *value);
        changed.map(|(field, _)| field).collect::<Vec<_>>()
    });
    let changed: BTreeSet<String> = changed.collect();
    assert_eq!(changed, usual.keys().cloned().collect());
}

/// A look has the settings that a function has of its own, and goes by them.
#[test]
fn a_run_with_settings_of_its_own_is_decided_by_them() {
    let (_, mut look) = crate::alarm().ended();
    let trigger = parse(&look.event).unwrap();
    let own = look.settings.clone();
    look.settings = Settings {
        alarms_that_move: holdfast::settings::AlarmsThatMove::Tagged,
        ..own.clone()
    };
    let by_the_stacks = look.runs[0].replayed(&look.settings, &trigger);
    look.runs[0].settings = Some(Box::new(own.clone()));
    let read = Look::read(&look.text()).unwrap();
    let by_its_own = read.runs[0].replayed(&read.settings, &trigger).unwrap();
    let as_it_was = look.runs[0].replayed(&own, &trigger).unwrap();
    assert_eq!(whole(&by_its_own), whole(&as_it_was));
    assert_ne!(
        by_the_stacks.ok().map(|end| whole(&end)),
        Some(whole(&as_it_was))
    );
}
