//! Which events set placement going, and which it passes by with a reason: our own event files, and those
//! of the folder that `HOLDFAST_EVENT_CORPUS` names. The guard and reconcile pass by what placement takes.

use ec2_sim::World;
use futures_util::FutureExt;
use holdfast::error::{Error, chain};
use holdfast::events::{Trigger, parse};
use holdfast::report::{Outcome, Report};
use holdfast::{instance_start, reconcile, release_guard};
use holdfast_tests::scenarios::placement::{TIMEOUT, fleet, schedule, state_change};
use serde_json::Value;
use std::path::Path;
use time::Duration;

const OWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/events");

fn events() -> Vec<(String, Value)> {
    let named = std::env::var_os("HOLDFAST_EVENT_CORPUS");
    let folders = [Some(OWN.into()), named];
    let files = folders.into_iter().flatten().flat_map(|folder| {
        let files = std::fs::read_dir(Path::new(&folder)).expect("the folder of events is there");
        files.filter_map(Result::ok).map(|file| file.path())
    });
    files
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("an event file can be read");
            let event = serde_json::from_str(&text).expect("an event file is JSON");
            (
                path.file_stem()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                event,
            )
        })
        .collect()
}

/// What placement says of a trigger in an account without a group.
fn said(trigger: &Trigger) -> Report {
    ended(trigger).expect("nothing goes wrong here")
}

fn ended(trigger: &Trigger) -> Result<Report, Error> {
    let fleet = fleet();
    let client = fleet.bed().client("holdfast-instance-start");
    let delivery = client.delivery(TIMEOUT);
    let (ports, settings) = (client.ports(), fleet.settings());
    let run = instance_start::run(&ports, &settings, trigger, delivery);
    run.now_or_never().expect("no fault stops the run")
}

#[test]
fn every_event_sets_it_going_or_is_passed_by_with_a_reason() {
    let (mut instances, mut passed_by) = (0, 0);
    for (name, event) in events() {
        let Ok(trigger) = parse(&event) else {
            continue;
        };
        if let Trigger::Command(_) = trigger {
            let refusal = ended(&trigger).expect_err("a command is for one function");
            assert!(
                chain(&refusal).contains("send it to that function"),
                "{name}"
            );
            continue;
        }
        let report = said(&trigger);
        assert_eq!(
            report.outcome,
            Outcome::Ignored,
            "{name}: {}",
            report.summary
        );
        assert!(
            report.summary.starts_with("ignored "),
            "{name}: {}",
            report.summary
        );
        let reason = report.summary.split_once(": ").map_or("", |(_, why)| why);
        assert!(!reason.is_empty(), "{name} is passed by for no reason");
        match trigger {
            Trigger::Instance(_) => instances += 1,
            _ => passed_by += 1,
        }
        if matches!(
            &*name,
            "instance-running" | "c7n-event-instance-state" | "ct-RunInstances-1"
        ) {
            println!("{name}: {}", report.summary);
        }
    }
    println!("{instances} events of instances, {passed_by} passed by");
    assert!(instances >= 1 && passed_by > 20);
}

#[test]
fn an_instance_that_runs_stops_or_ends_sets_it_going() {
    for state in [
        "running",
        "stopping",
        "stopped",
        "shutting-down",
        "terminated",
    ] {
        let trigger = parse(&state_change("i-0c3", state)).expect("the event can be read");
        assert!(matches!(trigger, Trigger::Instance(_)), "{state}");
    }
    let trigger = parse(&state_change("i-0c3", "pending")).expect("the event can be read");
    assert!(said(&trigger).summary.contains("only once it runs"));
}

#[test]
fn the_guard_and_reconcile_pass_by_an_instance_with_a_reason() {
    let fleet = fleet().addresses(1).running(1);
    let trigger = parse(&state_change(&fleet.instances[0], "running")).expect("it can be read");
    let bed = fleet.bed();
    let client = bed.client("holdfast");
    let delivery = client.delivery(TIMEOUT);
    let (ports, settings) = (client.ports(), fleet.settings());
    let guarded = release_guard::run(&ports, &settings, &trigger, delivery).now_or_never();
    let reconciled = reconcile::run(&ports, &settings, &trigger, delivery).now_or_never();
    for report in [guarded, reconciled] {
        let report = report.expect("no fault").expect("nothing goes wrong");
        assert_eq!(report.outcome, Outcome::Ignored);
        assert!(report.summary.contains("only; ") || report.summary.ends_with("only"));
    }
    assert_eq!(bed.faults.names(), Vec::<&str>::new());
}

#[test]
fn reconcile_gives_an_instance_whose_event_never_came_its_address() {
    let fleet = fleet().addresses(2).running(1);
    let bed = fleet.bed();
    let client = bed.client("holdfast-reconcile");
    let delivery = client.delivery(TIMEOUT);
    let (ports, settings) = (client.ports(), fleet.settings());
    let trigger = parse(&schedule()).expect("the event can be read");
    let report = reconcile::run(&ports, &settings, &trigger, delivery).now_or_never();
    let report = report.expect("no fault").expect("nothing goes wrong");
    println!("{}", report.summary);
    assert!(report.summary.contains("which waited"));
    assert_eq!(fleet.held_by(&bed, 0).len(), 1);
}

#[test]
fn an_instance_that_ec2_shows_as_pending_for_too_long_is_looked_at_again() {
    let never = |world: &mut World| world.settings().instance_starts_after = Duration::hours(1);
    let fleet = fleet().address(&[]).world(never).launched(1, &[]);
    let bed = fleet.bed();
    let run = fleet.deliver(bed.client("holdfast-instance-start"), 0, "running");
    let error = run.now_or_never().expect("it ends").unwrap_err();
    assert_eq!(error.name(), "Holdfast.OutOfTime");
    assert!(error.to_string().contains("as pending"), "{error}");
}
