//! A person asks for an address: what the guard does then, whatever goes wrong, and together with everybody else who
//! deals with the same loss.

use ec2_sim::TakenAnswer;
use holdfast::error::Error;
use holdfast::ledger::{ReleaseStatus, Snapshot};
use holdfast::release_guard::{self, state::Release};
use holdfast::report::{Function, Outcome, Report, Subject};
use holdfast_tests::client::{Client, TestBed};
use holdfast_tests::explorer::promises::{Promises, addresses};
use holdfast_tests::explorer::{Coverage, Run, explore, interleave};
use holdfast_tests::scenarios::guard::{Account, Guarded, Released, TIMEOUT, account, record};
use serde_json::json;
use std::sync::Arc;

fn report_of(guarded: &Guarded) -> Report {
    guarded.report().unwrap_or_else(|error| panic!("{error}"))
}

fn survives(explored: Result<Coverage, String>) {
    let coverage = explored.unwrap_or_else(|history| panic!("{history}"));
    println!("{} calls, {} histories", coverage.calls, coverage.histories);
    assert!(coverage.histories > coverage.calls * 6);
}

/// Why the guard lets an address go, or gives it up; each with the word that its record has then.
fn given_up() -> [(&'static str, Account); 3] {
    let unprotected = account().tagged(&[("holdfast:protect", "none"), ("Name", "gateway")]);
    let exempt = account().set("HOLDFAST_EXEMPT_PRINCIPALS", "arn:aws:iam::*:user/kim");
    let recorded = account().tagged(&[("holdfast:protect", "record")]);
    [
        ("let-go", unprotected),
        ("let-go", exempt),
        ("recorded", recorded),
    ]
}

fn status_of(bed: &TestBed) -> String {
    let record = record(bed).map(|record| serde_json::to_value(&record.status).unwrap());
    record.map_or("no record".to_owned(), |status| status["is"].to_string())
}

#[test]
fn what_was_let_go_comes_back_on_a_persons_word() {
    for (word, account) in given_up() {
        let guarded = account.released().guarded();
        let _ = report_of(&guarded);
        assert_eq!(status_of(&guarded.bed), format!("\"{word}\""));
        assert!(addresses(&guarded.bed.world()).is_empty());
        let asked = guarded.asked_for_a_day_later().guarded();
        let report = report_of(&asked);
        assert_eq!(report.outcome, Outcome::Reclaimed, "{}", report.summary);
        assert!(
            report.summary.contains("a person asks for it"),
            "{}",
            report.summary
        );
        assert_eq!(asked.released.is_back(&asked.bed), Ok(()), "{word}");
        assert!(record(&asked.bed).is_some_and(|record| record.is_asked_for));
    }
}

#[test]
fn an_address_whose_deadline_has_passed_is_asked_for() {
    let lost = account()
        .set("HOLDFAST_RECLAIM_DEADLINE_HOURS", "1")
        .released()
        .then(|world, _| world.advance(time::Duration::hours(3)));
    let guarded = lost.guarded();
    assert_eq!(report_of(&guarded).outcome, Outcome::Lost);
    let asked = guarded.asked_for_a_day_later().guarded();
    assert_eq!(report_of(&asked).outcome, Outcome::Reclaimed);
    assert_eq!(asked.released.is_back(&asked.bed), Ok(()));
}

#[test]
fn what_the_account_has_is_not_asked_for() {
    let guarded = account().released().guarded();
    let _ = report_of(&guarded);
    let asked = guarded.asked_for_a_day_later().guarded();
    let before = asked.bed.ledger.releases();
    let report = report_of(&asked);
    assert_eq!(report.outcome, Outcome::AlreadyOurs, "{}", report.summary);
    assert!(
        report.summary.contains("nothing was done"),
        "{}",
        report.summary
    );
    assert!(
        !asked.calls().contains(&"AllocateAddress"),
        "{:?}",
        asked.calls()
    );
    assert_eq!(asked.bed.ledger.releases(), before);
}

#[test]
fn what_the_account_never_had_is_refused_without_a_request() {
    for wish in [
        json!({"holdfast": "restore", "address": "198.51.100.99"}),
        json!({"holdfast": "restore", "allocation": "eipalloc-0never"}),
    ] {
        let guarded = account().released().hearing(wish).guarded();
        let report = report_of(&guarded);
        assert_eq!(report.outcome, Outcome::Refused, "{}", report.summary);
        assert_eq!(report.subject, Subject::Nothing);
        assert!(!guarded.calls().contains(&"AllocateAddress"));
        assert_eq!(record(&guarded.bed), None);
    }
}

/// The account after somebody has forged an event of an address that was never its own: a row that nothing confirms.
fn with_a_forged_row() -> Released {
    let mut released = account().released();
    let forged = Snapshot {
        allocation: "eipalloc-0forged".parse().unwrap(),
        ip: "198.51.100.99".parse().unwrap(),
        unconfirmed: true,
        ..released.rows[0].clone()
    };
    released.rows.push(forged);
    released
}

#[test]
fn a_row_that_an_event_alone_told_makes_no_address_the_accounts() {
    for wish in [
        json!({"holdfast": "restore", "address": "198.51.100.99"}),
        json!({"holdfast": "restore", "allocation": "eipalloc-0forged"}),
    ] {
        let guarded = with_a_forged_row().hearing(wish).guarded();
        assert_eq!(report_of(&guarded).outcome, Outcome::Refused);
        assert!(!guarded.calls().contains(&"AllocateAddress"));
    }
}

#[test]
fn what_only_the_trail_knows_is_asked_for_by_its_allocation() {
    let released = account().unknown_to_the_ledger().released();
    let wish = released.wish_by_allocation();
    let guarded = released.hearing(wish).guarded();
    let report = report_of(&guarded);
    assert_eq!(report.outcome, Outcome::Reclaimed, "{}", report.summary);
    assert!(guarded.released.held(&guarded.bed).is_some());
}

#[test]
fn observe_mode_tells_the_calls_and_makes_none() {
    let asked = account()
        .set("HOLDFAST_MODE", "observe")
        .released()
        .asked_for();
    let guarded = asked.guarded();
    let report = report_of(&guarded);
    assert_eq!(report.outcome, Outcome::WouldReclaim, "{}", report.summary);
    let planned: Vec<&str> = report.would_call.iter().map(|call| call.action).collect();
    assert_eq!(
        planned,
        [
            "AllocateAddress",
            "AssociateAddress",
            "ModifyAddressAttribute"
        ]
    );
    assert_eq!(record(&guarded.bed), None, "a wish writes what it got");
    assert!(addresses(&guarded.bed.world()).is_empty());
}

/// Each with the outcome, and with what the report says of who goes on asking.
#[test]
fn a_wish_that_ec2_does_not_grant_writes_nothing_and_says_why() {
    let quota = || {
        account()
            .tagged(&[("holdfast:protect", "none")])
            .world(|world| world.settings().address_quota = 1)
            .released()
            .then(|world, _| world.settings().address_quota = 0)
    };
    let taken = || {
        account()
            .tagged(&[("holdfast:protect", "none")])
            .released()
            .then(|world, ip| {
                world.settings().taken_answer = TakenAnswer::AuthFailure;
                world.take_address(ip);
            })
    };
    let denied = || {
        account()
            .tagged(&[("holdfast:protect", "none")])
            .denied("AllocateAddress")
            .released()
    };
    for (outcome, released) in [
        (Outcome::OverQuota, quota()),
        (Outcome::Lost, taken()),
        (Outcome::Denied, denied()),
    ] {
        let guarded = released.guarded();
        assert_eq!(report_of(&guarded).outcome, Outcome::LetGo);
        let asked = guarded.asked_for_a_day_later().guarded();
        let before = asked.bed.ledger.releases();
        let report = report_of(&asked);
        assert_eq!(report.outcome, outcome, "{}", report.summary);
        assert!(
            report
                .summary
                .ends_with("nothing asks for it again by itself"),
            "{}",
            report.summary
        );
        assert_eq!(asked.bed.ledger.releases(), before);
    }
}

#[test]
fn a_wish_for_what_is_pending_says_that_reconcile_goes_on() {
    let pending = account().denied("AllocateAddress").released();
    let guarded = pending.guarded();
    assert_eq!(report_of(&guarded).outcome, Outcome::Denied);
    let asked = guarded.asked_for_a_day_later().guarded();
    let report = report_of(&asked);
    assert_eq!(report.outcome, Outcome::Denied);
    assert!(
        report.summary.contains("reconcile goes on asking"),
        "{}",
        report.summary
    );
    let status = record(&asked.bed).map(|record| record.status);
    assert!(matches!(status, Some(ReleaseStatus::Pending { .. })));
}

#[test]
fn a_wish_brings_it_back_whatever_goes_wrong() {
    let asked = account().released().asked_for();
    survives(explore(
        &asked.scenario("asked for, and nobody has told of the release"),
    ));
}

#[test]
fn a_wish_brings_back_what_was_let_go_whatever_goes_wrong() {
    let unprotected = account().tagged(&[("holdfast:protect", "none"), ("Name", "gateway")]);
    let guarded = unprotected.released().guarded();
    let _ = report_of(&guarded);
    let asked = guarded.asked_for_a_day_later();
    survives(explore(&asked.scenario("asked for, though it was let go")));
}

#[test]
fn a_wish_in_observe_mode_changes_nothing_whatever_goes_wrong() {
    let asked = account()
        .set("HOLDFAST_MODE", "observe")
        .released()
        .asked_for();
    let observe = Promises::of_observe_mode();
    survives(explore(&asked.scenario_that(
        "asked for in observe mode",
        observe,
        |_, bed| record(bed).map_or(Ok(()), |record| Err(format!("the ledger has {record:?}"))),
    )));
}

#[test]
fn two_wishes_at_once_bring_back_one_address_in_every_order() {
    let scenario = account()
        .released()
        .asked_for()
        .scenario("asked for twice at once");
    let orders = interleave::twice(&scenario).unwrap_or_else(|history| panic!("{history}"));
    println!("{orders} orders");
    assert!(orders > 20, "only {orders} orders were walked");
}

#[test]
fn a_wish_and_the_event_at_once_bring_back_one_address_in_every_order() {
    let told = account().released();
    let asked = account().released().asked_for();
    let scenario = account().released().scenario("asked for and told at once");
    let pair = |one, other| (told.deliver(one), asked.deliver(other));
    let orders = interleave::both(&scenario, &pair).unwrap_or_else(|history| panic!("{history}"));
    println!("{orders} orders");
    assert!(orders > 20, "only {orders} orders were walked");
}

/// What is pending, and EC2 would give it by now.
fn pending() -> Released {
    let guarded = account().denied("AllocateAddress").released().guarded();
    let _ = report_of(&guarded);
    guarded.afterwards().then(|world, _| {
        world.allow_all();
        world.advance(time::Duration::minutes(5));
        drop(world.take_events());
    })
}

/// Reconcile hands a release to the guard as its record has it.
async fn tried_again(client: Client, released: Arc<Released>) -> Result<Report, Error> {
    let client = client.acting_as("holdfast-reconcile");
    let (ports, settings) = (client.ports(), &released.settings);
    let release = Release::recorded(&released.records[0], settings);
    let delivery = client.delivery(TIMEOUT);
    let handled =
        release_guard::handle_release(Function::Reconcile, &ports, settings, &release, delivery);
    Box::pin(handled).await
}

#[test]
fn a_wish_beside_reconciles_retry_brings_back_one_address_in_every_order() {
    let (open, asked) = (Arc::new(pending()), pending().asked_for());
    let scenario = pending()
        .asked_for()
        .scenario("asked for while reconcile tries again");
    let pair = |one, other| {
        let retry: Run<'static> = Box::pin(tried_again(one, Arc::clone(&open)));
        (retry, asked.deliver(other))
    };
    let orders = interleave::both(&scenario, &pair).unwrap_or_else(|history| panic!("{history}"));
    println!("{orders} orders");
    assert!(orders > 20, "only {orders} orders were walked");
}

/// The guard lets it go while a person asks for it: a person's word counts for more, whoever comes first.
#[test]
fn a_wish_beside_a_guard_that_lets_go_brings_it_back_in_every_order() {
    let unprotected = || account().tagged(&[("holdfast:protect", "none"), ("Name", "gateway")]);
    let told = unprotected().released();
    let asked = unprotected().released().asked_for();
    let scenario = unprotected()
        .released()
        .scenario("asked for and let go at once");
    let pair = |one, other| (told.deliver(one), asked.deliver(other));
    let orders = interleave::both(&scenario, &pair).unwrap_or_else(|history| panic!("{history}"));
    println!("{orders} orders");
    assert!(orders > 20, "only {orders} orders were walked");
}

/// What a person got back is no second thought of an audit, though its release was meant.
#[test]
fn whether_its_release_was_meant_counts_no_more() {
    let exempt = account().set("HOLDFAST_EXEMPT_PRINCIPALS", "arn:aws:iam::*:user/kim");
    let released = exempt.released();
    let event = released.event.clone();
    let guarded = released.guarded();
    let _ = report_of(&guarded);
    let asked = guarded.asked_for_a_day_later().guarded();
    let _ = report_of(&asked);
    let told_again = asked.afterwards().hearing(event).guarded();
    let report = report_of(&told_again);
    assert_eq!(report.outcome, Outcome::AlreadyOurs, "{}", report.summary);
    assert!(record(&told_again.bed).is_some_and(|record| record.late_exemption.is_none()));
}
