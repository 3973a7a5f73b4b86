//! A pause: while it lasts nothing of the group is moved but on a person's word; it ends by itself, and then what is
//! left to do is done. Shown with every fault, and in every order with a failover.

use holdfast::ledger::Lease;
use holdfast::model::pause::Pause;
use holdfast::report::{Outcome, Report};
use holdfast_tests::client::TestBed;
use holdfast_tests::explorer::{explore_singly, interleave};
use holdfast_tests::scenarios::failover::{
    FailoverFixture, changes, floating_address, floating_interface, floating_private_ip, heal,
    lease, plan, put_lease, switchover, why,
};
use holdfast_tests::scenarios::placement::{GROUP, state_change};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

fn pause(minutes: u16) -> Value {
    json!({"holdfast": "pause", "group": GROUP.1, "minutes": minutes, "by": "anna"})
}

fn resume() -> Value {
    json!({"holdfast": "resume", "group": GROUP.1})
}

fn groups() -> [FailoverFixture; 3] {
    [
        floating_address(),
        floating_private_ip(),
        floating_interface(),
    ]
}

/// A group that anna has paused for half an hour, with the first member about to fail.
fn paused(trio: FailoverFixture) -> (FailoverFixture, Arc<TestBed>) {
    let bed = trio.bed();
    let report = trio.told(&bed, &pause(30));
    assert_eq!(report.outcome, Outcome::Paused, "{}", why(&report));
    assert!(lease(&bed).held.is_none());
    (trio, bed)
}

fn says_until_when(report: &Report) {
    let told = report.findings.iter().map(|finding| &finding.what);
    let told: Vec<&String> = told
        .filter(|what| what.contains("is paused until 20") && what.contains("by anna"))
        .collect();
    assert_eq!(told.len(), 1, "{report:?}");
}

/// While a group is paused, nothing of it is moved by an alarm, a lost instance, a starting instance or a sweep.
#[test]
fn nothing_of_a_paused_group_is_moved_by_an_alarm_or_a_sweep() {
    for trio in groups() {
        let (trio, bed) = paused(trio.failing(0));
        let report = trio.told(&bed, &trio.alarm(0));
        assert_eq!(report.outcome, Outcome::Paused, "{}", why(&report));
        says_until_when(&report);
        let swept = trio.swept(&bed);
        says_until_when(&swept);
        assert_eq!(changes(&bed), Vec::<&str>::new());
        assert_eq!(trio.holder(&bed), Some(0));
    }
}

#[test]
fn nothing_of_a_paused_group_is_moved_when_its_holder_stops_or_another_starts() {
    let trio = floating_address()
        .tagged("holdfast:on-stop", "move")
        .stopped(0);
    let (trio, bed) = paused(trio);
    let gone = state_change(&trio.members[0], "stopped");
    assert_eq!(trio.told(&bed, &gone).outcome, Outcome::Paused);
    let running = state_change(&trio.members[1], "running");
    for event in [&gone, &running] {
        let run = trio.start(bed.client("holdfast"), event);
        let report = futures_util::FutureExt::now_or_never(run).unwrap().unwrap();
        assert_eq!(report.outcome, Outcome::Paused, "{}", why(&report));
        says_until_when(&report);
    }
    says_until_when(&trio.swept(&bed));
    assert_eq!(changes(&bed), Vec::<&str>::new());
}

#[test]
fn when_the_pause_is_over_a_sweep_moves_what_still_has_to_move() {
    for trio in groups() {
        let (trio, bed) = paused(trio.failing(0));
        assert_eq!(trio.told(&bed, &trio.alarm(0)).outcome, Outcome::Paused);
        bed.pass(Duration::from_mins(31));
        drop(trio.swept(&bed));
        assert_eq!(trio.holder(&bed), Some(1), "{:?}", changes(&bed));
    }
}

#[test]
fn when_the_pause_is_over_and_the_alarm_is_too_nothing_moves() {
    let (trio, bed) = paused(floating_address().failing(0));
    assert_eq!(trio.told(&bed, &trio.alarm(0)).outcome, Outcome::Paused);
    heal(&mut bed.world(), &trio.members[0]);
    bed.pass(Duration::from_mins(31));
    drop(trio.swept(&bed));
    assert_eq!(trio.holder(&bed), Some(0));
    assert_eq!(changes(&bed), Vec::<&str>::new());
}

#[test]
fn an_address_that_a_person_frees_during_a_pause_stays_free_after_it() {
    let trio = floating_address().failing(0);
    let (trio, bed) = paused(trio);
    assert_eq!(trio.told(&bed, &trio.alarm(0)).outcome, Outcome::Paused);
    let noted = lease(&bed).in_progress.expect("the cause is noted");
    assert_eq!(noted.pending_reassociation, []);
}

#[test]
fn a_person_moves_a_paused_group_all_the_same_and_is_reminded() {
    let (trio, bed) = paused(floating_address());
    let report = trio.told(&bed, &switchover(Some(&trio.members[2])));
    assert_eq!(report.outcome, Outcome::SwitchedOver, "{}", why(&report));
    says_until_when(&report);
    assert_eq!(trio.holder(&bed), Some(2));
    assert!(lease(&bed).pause.is_some(), "the pause goes on");
}

#[test]
fn a_pause_that_is_ended_by_hand_is_over_at_once() {
    let (trio, bed) = paused(floating_address().failing(0));
    assert_eq!(trio.told(&bed, &resume()).outcome, Outcome::Resumed);
    assert_eq!(trio.told(&bed, &resume()).outcome, Outcome::Ignored);
    assert_eq!(trio.told(&bed, &trio.alarm(0)).outcome, Outcome::FailedOver);
}

#[test]
fn a_plan_and_observe_mode_say_that_the_group_is_paused() {
    let trio = floating_address().failing(0);
    let (trio, bed) = paused(trio);
    says_until_when(&trio.told(&bed, &plan()));
    let watching = trio.clone().set("HOLDFAST_MODE", "observe");
    let report = watching.told(&bed, &trio.alarm(0));
    assert_eq!(report.outcome, Outcome::Paused, "{}", why(&report));
    says_until_when(&report);
}

#[test]
fn a_group_that_nobody_has_is_not_paused() {
    let trio = floating_address();
    let bed = trio.bed();
    let slip = json!({"holdfast": "pause", "group": "wbe", "minutes": 30});
    let report = trio.told(&bed, &slip);
    assert_ne!(report.outcome, Outcome::Paused, "{}", why(&report));
    let all = holdfast::ledger::Ledger::leases(&bed.ledger);
    let all: Vec<Lease> = futures_util::FutureExt::now_or_never(all).unwrap().unwrap();
    assert_eq!(all, []);
}

#[test]
fn a_second_pause_takes_the_place_of_the_first() {
    let (trio, bed) = paused(floating_address());
    let first = lease(&bed).pause.unwrap();
    let report = trio.told(&bed, &pause(60));
    assert!(report.summary.contains("in the place of"), "{report:?}");
    assert!(lease(&bed).pause.unwrap().until > first.until);
}

#[test]
fn a_pause_is_noted_whatever_goes_wrong_and_changes_nothing() {
    let trio = floating_address();
    let scenario = trio.scenario("pause", pause(30), 0, |trio, bed| {
        let row = lease(bed);
        if row.pause.is_none() || row.in_progress.is_some() {
            return Err(format!("{row:?}"));
        }
        trio.must_be_with(bed, 0)
    });
    if let Err(history) = explore_singly(&scenario) {
        panic!("{history}");
    }
}

#[test]
fn a_pause_that_arrives_during_a_failover_lets_it_end_and_one_that_comes_first_stops_it() {
    for trio in groups() {
        let trio = trio.failing(0);
        let alarm = trio.alarm(0);
        let (given, event) = (trio.clone(), alarm.clone());
        let pair = move |first, second| {
            (
                given.deliver(first, &event),
                given.deliver(second, &pause(30)),
            )
        };
        let scenario = trio.scenario("pause and alarm", alarm, 20, |trio, bed| {
            let row = lease(bed);
            if row.pause.is_none() || row.held.is_some() {
                return Err(format!("{row:?}"));
            }
            match (trio.holder(bed), changes(bed).is_empty()) {
                (Some(0), true) | (Some(1), false) => Ok(()),
                other => Err(format!("half moved: {other:?}")),
            }
        });
        let orders = interleave::both(&scenario, &pair);
        let orders = orders.unwrap_or_else(|history| panic!("{history}"));
        assert!(orders > 20, "{orders}");
    }
}

#[test]
fn a_pause_that_is_over_is_none() {
    let trio = floating_address().failing(0);
    let bed = trio.bed();
    let until = bed.world().now();
    let over = Pause {
        since: until - Duration::from_mins(30),
        until,
        by: None,
    };
    put_lease(
        &bed,
        &Lease {
            pause: Some(over),
            ..Lease::new(GROUP.1)
        },
    );
    assert_eq!(trio.told(&bed, &trio.alarm(0)).outcome, Outcome::FailedOver);
}
