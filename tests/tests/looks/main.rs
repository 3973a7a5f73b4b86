//! Recorded looks: from the file alone a run ends as it did, and a file that does not tell how says so.

mod canaries;
mod corpus;
mod everywhere;
mod files;
mod redacted;
mod settings;

use holdfast::events::parse;
use holdfast::model::ids::AccountId;
use holdfast::report::{Outcome, Report};
use holdfast::settings::Settings;
use holdfast_look::Look;
use holdfast_look::look::FORMAT;
use holdfast_tests::client::{ACCOUNT, TestBed};
use holdfast_tests::explorer::{Run, Scenario, explore_singly};
use holdfast_tests::scenarios::failover::floating_address;
use holdfast_tests::scenarios::guard::account;
use holdfast_tests::scenarios::placement::{fleet, schedule, state_change};
use serde_json::Value;
use std::sync::Arc;
use time::macros::datetime;

/// A run of a real function in a simulated account, and all that its look is made of.
pub(crate) struct Case {
    bed: Arc<TestBed>,
    settings: Settings,
    event: Value,
    run: Run<'static>,
}

impl Case {
    fn new(
        bed: Arc<TestBed>,
        settings: Settings,
        event: Value,
        run: impl FnOnce(&Arc<TestBed>) -> Run<'static>,
    ) -> Self {
        bed.check_looks();
        let run = run(&bed);
        Self {
            bed,
            settings,
            event,
            run,
        }
    }

    /// The function runs, and its look is there.
    pub(crate) fn ended(self) -> (Report, Look) {
        use futures_util::FutureExt;
        let end = self.run.now_or_never().expect("no fault stops the run");
        assert_eq!(self.bed.broken(), Vec::<String>::new());
        let runs = self.bed.looks();
        assert!(!runs.is_empty(), "no look was recorded");
        let look = Look {
            look: FORMAT,
            made_by: "0.1.0".to_owned(),
            made_at: datetime!(2026-11-27 13:00 UTC),
            stack: "holdfast".to_owned(),
            region: self.settings.region.clone(),
            account: AccountId::in_arn(&format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"))
                .unwrap(),
            redacted: false,
            bad_settings: Vec::new(),
            event: self.event,
            settings: self.settings,
            runs,
        };
        (end.expect("nothing goes wrong here"), look)
    }
}

/// A release that is asked back.
pub(crate) fn release() -> Case {
    let released = account().released();
    let (settings, event) = (released.settings.clone(), released.event.clone());
    Case::new(released.bed(), settings, event, |bed| {
        released.deliver(bed.client("holdfast"))
    })
}

/// An instance that starts, with two addresses to choose from.
pub(crate) fn start() -> Case {
    let fleet = fleet().addresses(2).running(2);
    let event = state_change(&fleet.instances[0], "running");
    Case::new(fleet.bed(), fleet.settings(), event.clone(), |bed| {
        fleet.run(bed.client("holdfast"), parse(&event).unwrap())
    })
}

/// An alarm on which an address moves.
pub(crate) fn alarm() -> Case {
    let trio = floating_address().failing(0);
    let event = trio.alarm(0);
    Case::new(trio.bed(), trio.settings(), event.clone(), |bed| {
        trio.deliver(bed.client("holdfast"), &event)
    })
}

/// A sweep of reconcile.
pub(crate) fn sweep() -> Case {
    let trio = floating_address();
    Case::new(trio.bed(), trio.settings(), schedule(), |bed| {
        trio.sweep(bed.client("holdfast"))
    })
}

#[test]
fn a_release_that_is_asked_back_is_the_same_from_its_look() {
    assert_eq!(release().ended().0.outcome, Outcome::Reclaimed);
}

#[test]
fn an_instance_that_starts_is_given_the_same_address_from_its_look() {
    assert_eq!(start().ended().0.outcome, Outcome::Associated);
}

#[test]
fn an_alarm_moves_the_same_address_to_the_same_standby_from_its_look() {
    assert_eq!(alarm().ended().0.outcome, Outcome::FailedOver);
}

#[test]
fn a_sweep_of_reconcile_is_the_same_from_its_look() {
    assert_eq!(sweep().ended().0.outcome, Outcome::Refreshed);
}

/// The explorer has each run had again from its look, and whatever ends another way breaks a promise.
#[track_caller]
fn survives(scenario: &Scenario) {
    let coverage = explore_singly(scenario).unwrap_or_else(|history| panic!("{history}"));
    println!("{}: {} histories", scenario.name, coverage.histories);
    assert!(coverage.histories > 20, "{coverage:?}");
}

#[test]
fn whatever_goes_wrong_with_a_release_its_look_tells() {
    survives(&account().released().scenario("release"));
}

#[test]
fn whatever_goes_wrong_with_a_start_its_look_tells() {
    let fleet = fleet().addresses(2).running(2);
    survives(&fleet.scenario("start", (0, "running"), 2, |_, _| Ok(())));
}

#[test]
fn whatever_goes_wrong_with_a_failover_its_look_tells() {
    let trio = floating_address().failing(0);
    let event = trio.alarm(0);
    survives(&trio.scenario("failover", event, 2, |_, _| Ok(())));
}

#[test]
fn whatever_goes_wrong_with_a_sweep_its_look_tells() {
    let trio = floating_address();
    let sweeping = trio.clone();
    let scenario = trio.scenario("sweep", schedule(), 2, |_, _| Ok(()));
    survives(&Scenario {
        deliver: Box::new(move |client| sweeping.sweep(client)),
        ..scenario
    });
}
