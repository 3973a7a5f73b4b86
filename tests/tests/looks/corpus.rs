//! Every event file there is: the functions that get it end offline as they did, from a look and from a redacted one.

use futures_util::FutureExt;
use holdfast::events::parse;
use holdfast::model::ids::AccountId;
use holdfast_look::look::FORMAT;
use holdfast_look::run::record;
use holdfast_look::{Look, decision, functions_for, redact};
use holdfast_tests::client::ACCOUNT;
use holdfast_tests::looks::differs;
use holdfast_tests::scenarios::failover::floating_address;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The project's own events, and the corpus where it is.
fn files() -> Vec<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/events");
    let corpus = std::env::var_os("HOLDFAST_EVENT_CORPUS").map(PathBuf::from);
    let folders = std::iter::once(own).chain(corpus);
    let files = folders.flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let paths = files.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|it| it == "json"))
        .collect()
}

#[test]
fn every_event_is_decided_offline_as_it_was_with_and_without_personal_data() {
    let trio = floating_address();
    let (mut events, mut runs) = (0, 0);
    for file in files() {
        let name = file.display();
        let event: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        let Ok(trigger) = parse(&event) else { continue };
        events += 1;
        let mut look = Look {
            look: FORMAT,
            made_by: "0.1.0".to_owned(),
            made_at: trio.bed().world().now(),
            stack: "holdfast".to_owned(),
            region: "us-east-1".to_owned(),
            account: AccountId::in_arn(&format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"))
                .unwrap(),
            redacted: false,
            bad_settings: Vec::new(),
            event,
            settings: trio.settings(),
            runs: Vec::new(),
        };
        let mut decided = Vec::new();
        for function in functions_for(&trigger) {
            let client = trio.bed().client("holdfast");
            let (ports, delivery) = (client.ports(), client.delivery(time::Duration::minutes(1)));
            let run = record(*function, ports, &look.settings, &trigger, delivery);
            let (end, run) = run.now_or_never().expect("no fault stops the run");
            assert_eq!(
                differs(&end, &run, &look.settings, &trigger),
                None,
                "{name}"
            );
            decided.push(decision(&end));
            look.runs.push(run);
            runs += 1;
        }
        let (redacted, _) = redact(&look).unwrap_or_else(|bad| panic!("{name}: {bad}"));
        let trigger = parse(&redacted.event).unwrap_or_else(|bad| panic!("{name}: {bad}"));
        for (run, decided) in redacted.runs.iter().zip(decided) {
            let again = run.replayed(&redacted.settings, &trigger);
            let again = again.unwrap_or_else(|unanswered| panic!("{name}: {unanswered}"));
            assert_eq!(decision(&again), decided, "{name}");
        }
    }
    println!("{events} events, {runs} runs");
    assert!(runs > 50, "{runs} runs of {events} events");
}
