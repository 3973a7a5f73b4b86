//! Every event file, as an organisation's bus or a shared topic brings it from another account: it is ignored, in
//! every function, without a call to AWS and without a row in the ledger.

use super::{EventFile, own};
use ec2_sim::World;
use futures_util::FutureExt;
use holdfast::error::Error;
use holdfast::events::{Trigger, parse, parse_of_account};
use holdfast::model::ids::AccountId;
use holdfast::report::{Outcome, Report};
use holdfast::settings::Settings;
use holdfast::{alarm_failover, instance_start, reconcile, release_guard};
use holdfast_tests::client::TestBed;
use serde_json::Value;
use std::sync::Arc;
use time::Duration;

const OURS: &str = "111122223333";
const THEIRS: &str = "444455556666";

/// What is no event, or names no account since it comes from whoever may invoke the function.
const OF_NO_ACCOUNT: [&str; 4] = [
    "asked-failover",
    "asked-plan",
    "asked-with-a-slip",
    "no-event",
];

/// An answer of CloudTrail's that no bus brings.
const NO_EVENT: &str = "lookup-answer";

fn account() -> AccountId {
    let arn = format!("arn:aws:lambda:eu-west-1:{OURS}:function:holdfast-release-guard:live");
    AccountId::in_arn(&arn).expect("the ARN names an account")
}

fn foreign(event: &Value) -> Value {
    let text = event.to_string().replace(OURS, THEIRS);
    serde_json::from_str(&text).expect("only digits were replaced")
}

fn events() -> Result<Vec<EventFile>, String> {
    let mut files = own()?;
    files.retain(|file| file.name != NO_EVENT);
    let bare = files.iter().filter_map(|file| {
        Some(EventFile {
            name: format!("{} in an envelope", file.name),
            event: file.in_envelope()?,
        })
    });
    let bare: Vec<EventFile> = bare.collect();
    files.extend(bare);
    Ok(files)
}

#[test]
fn every_event_file_of_our_own_account_is_read_as_ever() -> Result<(), String> {
    for file in events()? {
        let read = parse_of_account(&file.event, &account());
        assert_eq!(read, parse(&file.event), "{}", file.name);
    }
    Ok(())
}

#[test]
fn an_event_of_another_account_calls_nothing_and_writes_nothing_in_any_function()
-> Result<(), String> {
    let mut ignored = 0;
    for file in events()? {
        if OF_NO_ACCOUNT.contains(&file.name.as_str()) {
            continue;
        }
        let read = parse_of_account(&foreign(&file.event), &account());
        let trigger = read.map_err(|error| format!("{}: {error}", file.name))?;
        let Trigger::Ignored(ref reason) = trigger else {
            return Err(format!("{} is taken for our own: {trigger:?}", file.name));
        };
        if !matches!(parse(&file.event), Ok(Trigger::Ignored(_))) {
            let why = &reason.why;
            assert!(
                why.contains(OURS) && why.contains(THEIRS),
                "{}: {why}",
                file.name
            );
        }
        let bed = TestBed::new(World::new());
        for report in in_every_function(&bed, &trigger) {
            let report = report.map_err(|error| format!("{}: {error}", file.name))?;
            assert_eq!(report.outcome, Outcome::Ignored, "{}", file.name);
        }
        assert_eq!(bed.faults.passed(), [], "{}", file.name);
        ignored += 1;
    }
    assert!(ignored >= 50, "only {ignored} events were tried");
    Ok(())
}

/// The four functions on one trigger. They ignore it before they wait for anything.
fn in_every_function(bed: &Arc<TestBed>, trigger: &Trigger) -> [Result<Report, Error>; 4] {
    let client = bed.client("holdfast");
    let (ports, delivery) = (client.ports(), client.delivery(Duration::minutes(5)));
    let variables = [("HOLDFAST_TABLE", "ledger"), ("AWS_REGION", "eu-west-1")];
    let variables = variables.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let settings = Settings::read(variables).expect("the settings are good");
    [
        release_guard::run(&ports, &settings, trigger, delivery).now_or_never(),
        reconcile::run(&ports, &settings, trigger, delivery).now_or_never(),
        instance_start::run(&ports, &settings, trigger, delivery).now_or_never(),
        alarm_failover::run(&ports, &settings, trigger, delivery).now_or_never(),
    ]
    .map(|ended| ended.expect("nothing is waited for"))
}
