//! Two who want different things of one group, in every order of their calls: alarms, persons, and reconcile,
//! which gives back or ends what was left. One of them has its way, in one move under each lease.
#![expect(
    clippy::panic,
    reason = "the helpers of tests fail as tests do, with the whole history"
)]

use holdfast::events::parse;
use holdfast::model::ids::InstanceId;
use holdfast::report::Outcome;
use holdfast_tests::client::faults::Fault;
use holdfast_tests::client::{Client, TestBed};
use holdfast_tests::explorer::promises::addresses;
use holdfast_tests::explorer::{Run, Scenario, interleave};
use holdfast_tests::scenarios::failover::{
    FailoverFixture, changes, failed, floating_address, floating_interface, floating_private_ip,
    heal, lease, put_lease, switchover, why,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::task::{Context, Waker};
use std::time::Duration;

/// So many steps reconcile takes until it has looked at all groups, and read the leases.
const LOOKS_OF_RECONCILE: usize = 6;

fn in_every_order(
    scenario: &Scenario,
    pair: impl Fn(Client, Client) -> (Run<'static>, Run<'static>),
) -> usize {
    let orders = interleave::both(scenario, &pair).unwrap_or_else(|history| panic!("{history}"));
    println!("{}: {orders} orders", scenario.name);
    orders
}

fn must(is_so: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if is_so { Ok(()) } else { Err(what()) }
}

/// How many calls moved something under each lease that was taken.
fn moves_of_each_lease(bed: &TestBed) -> BTreeMap<u64, usize> {
    let mut moves = BTreeMap::new();
    for deed in bed.called_under_leases() {
        *moves.entry(deed.lease_number).or_default() += 1;
    }
    moves
}

/// One move under each lease, no more moves than there are wishes, and what the lease says is so.
fn at_most_one_move_each(trio: &FailoverFixture, bed: &TestBed, most: usize) -> Result<(), String> {
    let moves = moves_of_each_lease(bed);
    must(moves.values().all(|made| *made == 1), || {
        format!("moves of each lease: {moves:?}")
    })?;
    must(moves.len() <= most, || {
        format!("moved too often: {moves:?}")
    })?;
    let lease = lease(bed);
    must(lease.held.is_none(), || "the lease is held".to_owned())?;
    let took_over = lease.last.and_then(|last| last.to);
    let holder = trio.holder(bed).map(|holder| trio.members[holder].as_str());
    must(
        holder.is_some() && took_over.as_ref().map(InstanceId::as_str) == holder,
        || format!("the lease says {took_over:?}, the address is with {holder:?}"),
    )
}

fn both(
    trio: &FailoverFixture,
    one: Value,
    other: Value,
) -> impl Fn(Client, Client) -> (Run<'static>, Run<'static>) + use<> {
    let trio = trio.clone();
    move |first, second| (trio.deliver(first, &one), trio.deliver(second, &other))
}

#[test]
fn an_alarm_and_a_person_who_wants_another_member_end_with_the_persons_member() {
    for trio in [floating_address(), floating_private_ip()] {
        let trio = trio.failing(0);
        let alarm = trio.alarm(0);
        let wish = switchover(Some(&trio.members[2]));
        let pair = both(&trio, alarm.clone(), wish);
        let scenario = trio.scenario("alarm and wish", alarm, 1, |trio, bed| {
            at_most_one_move_each(trio, bed, 2)?;
            trio.must_be_with(bed, 2)
        });
        assert!(in_every_order(&scenario, pair) > 20);
    }
}

#[test]
fn two_persons_who_want_different_members_end_with_what_the_second_wanted() {
    let trio = floating_address();
    let [one, other] = [1, 2].map(|member| switchover(Some(&trio.members[member])));
    let pair = both(&trio, one.clone(), other);
    let scenario = trio.scenario("two wishes", one, 1, |trio, bed| {
        at_most_one_move_each(trio, bed, 2)?;
        let moves = moves_of_each_lease(bed).len();
        must(moves == 2, || format!("{moves} moves for two wishes"))
    });
    assert!(in_every_order(&scenario, pair) > 20);
}

#[test]
fn two_persons_who_want_the_same_move_it_once() {
    let trio = floating_address();
    let wish = switchover(Some(&trio.members[2]));
    let pair = both(&trio, wish.clone(), wish.clone());
    let scenario = trio.scenario("one wish twice", wish, 1, |trio, bed| {
        at_most_one_move_each(trio, bed, 1)?;
        trio.must_be_with(bed, 2)
    });
    assert!(in_every_order(&scenario, pair) > 20);
}

/// A run of reconcile that has looked at all groups, and read the leases: what comes before the other run then
/// is nobody's business.
fn has_looked(mut run: Run<'static>) -> Run<'static> {
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..LOOKS_OF_RECONCILE {
        assert!(run.as_mut().poll(&mut context).is_pending());
    }
    run
}

/// An address with the second member, whose alarm fires: and the first is to have it back by now.
fn due_at_home() -> (FailoverFixture, Value, impl Fn(&TestBed)) {
    let trio = floating_address()
        .tagged("holdfast:failback", "30")
        .set("HOLDFAST_COOLDOWN_SECONDS", "0")
        .failing(0);
    let bed = trio.bed();
    assert_eq!(trio.told(&bed, &trio.alarm(0)).outcome, Outcome::FailedOver);
    heal(&mut bed.world(), &trio.members[0]);
    drop(trio.swept(&bed));
    bed.pass(Duration::from_mins(31));
    bed.world().take_events();
    let known = lease(&bed);
    let later = bed.world().clone();
    let trio = trio.world(|world| *world = later).failing(1);
    let event = trio.alarm(1);
    (trio, event, move |bed| put_lease(bed, &known))
}

#[test]
fn an_alarm_and_a_return_to_the_first_member_move_it_there_once() {
    let (trio, alarm, known) = due_at_home();
    let fleet = trio.clone();
    let event = alarm.clone();
    let scenario = trio.scenario("alarm and failback", alarm, 1, |trio, bed| {
        at_most_one_move_each(trio, bed, 1)?;
        trio.must_be_with(bed, 0)
    });
    let scenario = with_ledger(scenario, known);
    let orders = in_every_order(&scenario, move |first, second| {
        second.is_asked(Some(&fleet.members[0]));
        (
            fleet.deliver(first, &event),
            has_looked(fleet.audit(second)),
        )
    });
    assert!(orders > 20);
}

#[test]
fn a_person_and_a_return_to_the_first_member_are_one_move_each_at_the_most() {
    let (trio, _, known) = due_at_home();
    let second = trio.members[1].clone();
    let trio = trio.world(|world| heal(world, &second));
    let fleet = trio.clone();
    let wish = switchover(Some(&trio.members[2]));
    let event = wish.clone();
    let scenario = trio.scenario("wish and failback", wish, 1, |trio, bed| {
        at_most_one_move_each(trio, bed, 2)?;
        must(trio.holder(bed) != Some(1), || "nobody moved it".to_owned())
    });
    let scenario = with_ledger(scenario, known);
    let orders = in_every_order(&scenario, move |first, second| {
        second.is_asked(Some(&fleet.members[0]));
        (
            fleet.deliver(first, &event),
            has_looked(fleet.audit(second)),
        )
    });
    assert!(orders > 20);
}

fn with_ledger(scenario: Scenario, known: impl Fn(&TestBed) + 'static) -> Scenario {
    let fresh = scenario.bed;
    Scenario {
        bed: Box::new(move || {
            let bed = fresh();
            known(&bed);
            bed
        }),
        ..scenario
    }
}

#[test]
fn an_alarm_and_reconcile_end_together_what_a_run_left_that_died() {
    let soon = time::Duration::milliseconds(100);
    let (trio, bed, event) = failed(floating_interface().delays(soon, soon));
    trio.dies_at(
        &bed,
        &event,
        "DetachNetworkInterface",
        Fault::StopAfterReply,
    );
    bed.pass(Duration::from_mins(3));
    let known = lease(&bed);
    let later = bed.world().clone();
    let trio = trio.world(|world| *world = later);
    let fleet = trio.clone();
    let again = event.clone();
    let scenario = trio.scenario("alarm and completion", event, 1, |trio, bed| {
        at_most_one_move_each(trio, bed, 1)?;
        must(lease(bed).in_progress.is_none(), || {
            "it is still noted".to_owned()
        })?;
        trio.must_be_with(bed, 1)
    });
    let scenario = with_ledger(scenario, move |bed| put_lease(bed, &known));
    let orders = in_every_order(&scenario, move |first, second| {
        (
            fleet.deliver(first, &again),
            has_looked(fleet.audit(second)),
        )
    });
    assert!(orders > 20);
}

/// Two members fail, and each has an Elastic IP. The alarm that comes second has to wait for the cooldown.
#[test]
fn two_alarms_of_two_members_with_an_address_each_move_one_of_them_and_note_the_other() {
    let mut trio = floating_address();
    trio.hold_another(1);
    let trio = trio.after(60).failing(0).failing(1);
    let (first, second) = (trio.alarm(0), trio.alarm(1));
    let pair = both(&trio, first.clone(), second);
    let scenario = trio.scenario("two sick", first, 1, |trio, bed| {
        let third = trio.members[2].as_str();
        let all = addresses(&bed.world());
        let with_third = all.values().filter(|address| {
            let association = address.association.as_ref();
            association.and_then(|association| association.instance_id.as_deref()) == Some(third)
        });
        let moves = moves_of_each_lease(bed);
        must(with_third.count() == 1 && moves.len() == 1, || {
            format!("moves of each lease: {moves:?}")
        })?;
        let noted = lease(bed).in_progress;
        must(noted.is_some_and(|it| it.ended_at.is_none()), || {
            "nobody takes the other up".to_owned()
        })
    });
    assert!(in_every_order(&scenario, pair) > 20);
}

/// The command of the runbook, for the group of the scenario.
fn command_of_the_runbook() -> Value {
    const RUNBOOK: &str = include_str!("../../../docs/RUNBOOK.md");
    let command = r#"{"holdfast": "failover", "group": "<group>"}"#;
    assert!(RUNBOOK.contains(command), "the runbook has another command");
    let command = command.replace("<group>", "web");
    let command: Value = serde_json::from_str(&command).expect("it is JSON");
    assert_eq!(command, switchover(None));
    parse(&command).expect("it is an event");
    command
}

#[test]
fn a_person_who_names_nobody_gets_the_next_member_where_one_has_everything() {
    let trio = floating_address();
    let bed = trio.bed();
    let report = trio.told(&bed, &command_of_the_runbook());
    assert_eq!(report.outcome, Outcome::SwitchedOver);
    assert_eq!(
        (changes(&bed), trio.holder(&bed)),
        (vec!["AssociateAddress"], Some(1))
    );
}

#[test]
fn a_person_who_names_nobody_is_asked_whom_they_mean_where_two_have_something() {
    let mut trio = floating_address();
    trio.hold_another(1);
    let bed = trio.bed();
    let report = trio.told(&bed, &command_of_the_runbook());
    assert_eq!(report.outcome, Outcome::Refused);
    for words in ["several members hold addresses", "`to`"] {
        assert!(report.summary.contains(words), "{}", report.summary);
    }
    for holder in &trio.members[..2] {
        assert!(report.summary.contains(holder), "{}", report.summary);
    }
    assert_eq!((changes(&bed).len(), trio.holder(&bed)), (0, Some(0)));
}

#[test]
fn the_cooldown_holds_no_person_back() {
    let (trio, bed, event) = failed(floating_address());
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    let report = trio.told(&bed, &command_of_the_runbook());
    assert_eq!(report.outcome, Outcome::SwitchedOver, "{}", why(&report));
    assert_eq!(trio.holder(&bed), Some(2), "the sick one gets nothing");
}

#[test]
fn a_member_that_has_everything_already_is_told_so() {
    let trio = floating_address();
    let bed = trio.bed();
    let wish = switchover(Some(&trio.members[0]));
    let report = trio.told(&bed, &wish);
    assert_eq!(report.outcome, Outcome::AlreadyMoved);
    assert!(
        report.summary.contains(&trio.members[0]),
        "{}",
        report.summary
    );
    assert!(!bed.faults.names().contains(&"ledger take lease"));
}

#[test]
fn in_observe_mode_a_person_who_names_nobody_is_told_what_would_move_where() {
    let trio = floating_address().set("HOLDFAST_MODE", "observe");
    let bed = trio.bed();
    let report = trio.told(&bed, &command_of_the_runbook());
    assert_eq!(report.outcome, Outcome::WouldFailOver);
    assert!(
        report.summary.contains(&trio.members[1]),
        "{}",
        report.summary
    );
    assert_eq!(changes(&bed), Vec::<&str>::new());
}
