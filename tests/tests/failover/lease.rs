//! The lease of a group: nobody acts while another has it, whoever waited for it looks again, and what a run
//! cannot end it does not begin.

use ec2_sim::alarms::AlarmState;
use ec2_sim::throttle::Limit;
use holdfast::model::ids::InstanceId;
use holdfast::report::Outcome;
use holdfast_tests::client::TestBed;
use holdfast_tests::client::faults::Fault;
use holdfast_tests::scenarios::failover::{
    FailoverFixture, alarm_of, attach, changes, detach, failed, failover_in, fired, first_change,
    floating_address, floating_interface, floating_private_ip, heal, hold_lease, lease,
    new_interface, stop, switchover, why,
};
use holdfast_tests::scenarios::placement::{start, state_change};
use std::time::Duration;

/// What a run calls from when it has the lease, to its end.
fn calls_under_the_lease(bed: &TestBed) -> Vec<&'static str> {
    let names = bed.faults.names();
    let taken = names.iter().rposition(|name| *name == "ledger take lease");
    names[taken.expect("it asks for the lease")..].to_vec()
}

#[test]
fn nothing_is_moved_before_the_lease_of_a_run_that_died_has_ended() {
    for trio in [
        floating_address(),
        floating_private_ip(),
        floating_interface(),
    ] {
        let (trio, bed, event) = failed(trio);
        trio.dies_at(&bed, &event, "ledger take lease", Fault::StopAfterReply);
        let ends = lease(&bed).held.expect("the dead hold it").until;
        bed.pass(Duration::from_mins(1));
        assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
        let moved = first_change(&bed).expect("it moves in the end");
        assert!(moved >= ends, "moved at {moved}, the lease ends at {ends}");
    }
}

#[test]
fn reconcile_leaves_a_group_alone_while_a_failover_of_it_is_under_way() {
    let (trio, bed, event) = failed(floating_interface());
    trio.dies_at(
        &bed,
        &event,
        "DetachNetworkInterface",
        Fault::StopAfterReply,
    );
    let before = lease(&bed);
    drop(trio.swept(&bed));
    assert_eq!(changes(&bed), ["DetachNetworkInterface"]);
    assert_eq!(lease(&bed), before);
    bed.pass(Duration::from_mins(3));
    drop(trio.swept(&bed));
    assert_eq!(trio.holder(&bed), Some(1));
}

#[test]
fn a_run_that_does_not_get_the_lease_comes_again_and_leaves_the_lease_alone() {
    let (trio, bed, event) = failed(floating_address());
    let began = bed.world().now();
    hold_lease(&bed, 600);
    let before = lease(&bed);
    let end = trio.try_told(&bed, &event);
    let failure = end.expect_err("the lease is another's");
    assert_eq!(failure.name(), "Holdfast.OutOfTime");
    assert!(
        failure.to_string().contains("is in progress, until"),
        "{failure}"
    );
    assert_eq!((first_change(&bed), lease(&bed)), (None, before));
    let took = bed.world().now() - began;
    assert!(
        took > time::Duration::seconds(100),
        "it gave up after {took}"
    );
    assert!(took < time::Duration::seconds(118), "it ended after {took}");
}

#[test]
fn a_lease_that_is_waited_for_is_asked_for_less_and_less_often() {
    let (trio, bed, event) = failed(floating_address());
    let until = hold_lease(&bed, 60);
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    let names = bed.faults.names();
    let asked = names.iter().filter(|it| **it == "ledger take lease");
    let asked = asked.count();
    assert!((5..16).contains(&asked), "{asked}");
    let moved = first_change(&bed).expect("it moves");
    assert!(moved >= until, "too early");
    assert!(moved - until < time::Duration::seconds(1), "late: {moved}");
}

#[test]
fn who_waited_for_the_lease_looks_at_everything_again_before_it_changes_anything() {
    let (trio, bed, event) = failed(floating_address());
    hold_lease(&bed, 1);
    let report = trio.told(&bed, &event);
    assert_eq!(failover_in(&report).looks, 2);
    let calls = calls_under_the_lease(&bed);
    let moved = calls.iter().position(|call| *call == "AssociateAddress");
    let looked = &calls[..moved.expect("it moves")];
    for call in [
        "DescribeInstances",
        "DescribeAddresses",
        "DescribeInstanceStatus",
    ] {
        assert!(looked.contains(&call), "{call} is not among {looked:?}");
    }
}

#[test]
fn who_waited_for_the_lease_leaves_what_is_moved_by_then_where_it_is() {
    let (trio, bed, event) = failed(floating_address());
    let wish = switchover(Some(&trio.members[2]));
    trio.dies_at(&bed, &wish, "AssociateAddress", Fault::StopAfterReply);
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::AlreadyMoved);
    assert_eq!((changes(&bed).len(), trio.holder(&bed)), (1, Some(2)));
}

#[test]
fn who_has_the_lease_at_once_does_not_look_twice() {
    let (trio, bed, event) = failed(floating_address());
    assert_eq!(failover_in(&trio.told(&bed, &event)).looks, 1);
}

#[test]
fn a_lease_that_ended_long_ago_is_no_reason_to_look_twice() {
    let trio = floating_address().set("HOLDFAST_COOLDOWN_SECONDS", "0");
    let (trio, bed, event) = failed(trio);
    drop(trio.told(&bed, &event));
    heal(&mut bed.world(), &trio.members[0]);
    bed.pass(Duration::from_mins(10));
    let event = fired(&mut bed.world(), &alarm_of(&trio.members[1]));
    let report = trio.told(&bed, &event);
    assert_eq!(
        (report.outcome, failover_in(&report).looks),
        (Outcome::FailedOver, 1)
    );
}

#[test]
fn a_claim_whose_answer_was_lost_is_made_again_and_granted() {
    for fault in [Fault::ReplyLost, Fault::RequestLost, Fault::Throttled] {
        let (trio, bed, event) = failed(floating_address());
        let claim = trio.call_of(&bed, &event, "ledger take lease");
        bed.faults.plan(&[(claim, fault)]);
        assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
        assert_eq!(changes(&bed).len(), 1);
    }
}

#[test]
fn a_ledger_that_does_not_answer_keeps_everything_where_it_is() {
    let (trio, bed, event) = failed(floating_address());
    let claim = trio.call_of(&bed, &event, "ledger take lease");
    let throttled = (claim..claim + 60).map(|call| (call, Fault::Throttled));
    bed.faults.plan(&throttled.collect::<Vec<_>>());
    let failure = trio.try_told(&bed, &event).expect_err("no ledger");
    assert_eq!(failure.name(), "Holdfast.LedgerUnread");
    let names = bed.faults.names();
    let asked = names.iter().filter(|it| **it == "ledger take lease");
    assert_eq!((asked.count(), first_change(&bed)), (3, None));
}

#[test]
fn the_lease_is_given_back_with_what_was_done() {
    let (trio, bed, event) = failed(floating_address());
    drop(trio.told(&bed, &event));
    let lease = lease(&bed);
    let last = lease.last.expect("a failover has been");
    assert_eq!((lease.held, lease.in_progress), (None, None));
    assert_eq!(
        last.to.expect("somebody took over").as_str(),
        trio.members[1]
    );
    let failed_members: Vec<&str> = last.failed_members.iter().map(InstanceId::as_str).collect();
    assert_eq!(failed_members, [trio.members[0].as_str()]);
    assert_eq!(last.alarms, [alarm_of(&trio.members[0])]);
    assert!(last.ended_at.is_some());
}

#[test]
fn a_failover_that_was_refused_stays_noted_and_nothing_is_held() {
    let trio = floating_address().failing(0).failing(1).failing(2);
    let bed = trio.bed();
    drop(trio.told(&bed, &trio.alarm(0)));
    let lease = lease(&bed);
    assert_eq!((lease.held, lease.last), (None, None));
    let noted = lease.in_progress.expect("it is to be taken up");
    assert_eq!(noted.cause, format!("alarm {}", alarm_of(&trio.members[0])));
}

#[test]
fn a_lease_that_could_not_be_given_back_is_a_finding_and_the_failover_stands() {
    let (trio, bed, event) = failed(floating_address());
    let put = trio.call_of(&bed, &event, "ledger put lease");
    bed.faults.plan(&[(put, Fault::RequestLost)]);
    let report = trio.told(&bed, &event);
    assert_eq!(report.outcome, Outcome::FailedOver);
    assert!(!report.findings.is_empty(), "nobody is told");
    assert!(lease(&bed).held.is_some());
}

#[test]
fn an_interface_is_not_detached_when_there_is_no_time_to_attach_it() {
    let (trio, bed, event) = failed(floating_interface());
    let end = trio.told_within(&bed, &event, 11);
    let failure = end.expect_err("there is no time");
    assert_eq!(failure.name(), "Holdfast.OutOfTime");
    let lease = lease(&bed);
    assert_eq!((first_change(&bed), lease.held), (None, None));
    assert!(lease.in_progress.is_some(), "the next run is to go on");
}

#[test]
fn nothing_is_begun_when_only_the_report_can_be_ended_in_time() {
    for trio in [
        floating_address(),
        floating_private_ip(),
        floating_interface(),
    ] {
        let (trio, bed, event) = failed(trio);
        let end = trio.told_within(&bed, &event, 2);
        assert_eq!(end.expect_err("no time").name(), "Holdfast.OutOfTime");
        assert_eq!((first_change(&bed), lease(&bed).held), (None, None));
    }
}

#[test]
fn a_standby_that_ec2_never_answers_for_ends_the_run_before_its_time_and_the_next_goes_on() {
    let (trio, bed, event) = failed(floating_address());
    let limit = Limit {
        capacity: 0.0,
        refill: 0.0,
    };
    bed.world().limit("AssociateAddress", limit);
    let began = bed.world().now();
    let failure = trio.try_told(&bed, &event).expect_err("no answer");
    assert!(failure.name().starts_with("Holdfast."), "{failure}");
    let took = bed.world().now() - began;
    assert!(took < time::Duration::seconds(118), "it ended after {took}");
    let asked = bed.faults.names();
    let asked = asked.iter().filter(|it| **it == "AssociateAddress").count();
    assert!((2..20).contains(&asked), "asked {asked} times");
    let noted = lease(&bed);
    assert_eq!(noted.held, None);
    assert!(noted.in_progress.is_some());
    let plenty = Limit {
        capacity: 9.0,
        ..limit
    };
    bed.world().limit("AssociateAddress", plenty);
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
}

/// A failover that found no standby is noted while the holder runs. Then that one is stopped, and a standby is
/// there: what this run takes from it is not among what the note lets it look for.
#[test]
fn what_a_run_let_go_itself_it_brings_to_its_end_itself() {
    let trio = floating_address()
        .tagged("holdfast:on-stop", "move")
        .failing(0)
        .stopped(1)
        .stopped(2);
    let bed = trio.bed();
    assert_eq!(trio.told(&bed, &trio.alarm(0)).outcome, Outcome::Refused);
    start(&mut bed.world(), &trio.members[2]);
    bed.pass(Duration::from_mins(5));
    stop(&mut bed.world(), &trio.members[0]);
    bed.pass(Duration::from_mins(2));
    let event = state_change(&trio.members[0], "stopped");
    let call = trio.call_of(&bed, &event, "AssociateAddress");
    bed.faults.plan(&[(call, Fault::Throttled)]);
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    assert_eq!(trio.holder(&bed), Some(2));
}

#[test]
fn an_address_that_was_let_go_arrives_although_the_next_call_failed_once() {
    for fault in [Fault::Throttled, Fault::RequestLost, Fault::ReplyLost] {
        let trio = floating_address()
            .tagged("holdfast:on-stop", "move")
            .stopped(0);
        let bed = trio.bed();
        let event = state_change(&trio.members[0], "stopped");
        let call = trio.call_of(&bed, &event, "AssociateAddress");
        bed.faults.plan(&[(call, fault)]);
        drop(trio.told(&bed, &event));
        assert_eq!(trio.holder(&bed), Some(1), "{fault:?}");
        assert_eq!(changes(&bed), ["DisassociateAddress", "AssociateAddress"]);
    }
}

/// The first member fails with an interface and an Elastic IP, and no standby has room for the interface.
fn half_of_it_moves() -> (FailoverFixture, Vec<String>) {
    let mut trio = floating_interface();
    trio.hold_another(0);
    let mut in_the_way = Vec::new();
    for member in [1, 2] {
        for slot in [1, 2] {
            let id = trio.members[member].clone();
            trio = trio.world(|world| {
                let eni = new_interface(world);
                attach(world, &eni, &id, slot);
                in_the_way.push(eni);
            });
        }
    }
    (trio.after(60), in_the_way)
}

fn make_room(bed: &TestBed, in_the_way: &[String]) {
    let mut world = bed.world();
    for eni in in_the_way {
        detach(&mut world, eni);
    }
    world.advance(time::Duration::seconds(20));
}

#[test]
fn the_cooldown_does_not_hold_back_the_rest_of_a_failover() {
    let (trio, in_the_way) = half_of_it_moves();
    let (trio, bed, event) = failed(trio);
    let report = trio.told(&bed, &event);
    assert_eq!(report.outcome, Outcome::PartlyMoved, "{}", why(&report));
    make_room(&bed, &in_the_way);
    let report = trio.told(&bed, &event);
    assert_eq!(report.outcome, Outcome::FailedOver, "{}", why(&report));
    assert_eq!(trio.holder(&bed), Some(1));
}

#[test]
fn in_observe_mode_the_rest_of_a_failover_would_move_within_the_cooldown() {
    let (trio, in_the_way) = half_of_it_moves();
    let (trio, bed, event) = failed(trio);
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::PartlyMoved);
    make_room(&bed, &in_the_way);
    let observing = trio.set("HOLDFAST_MODE", "observe");
    let report = observing.told(&bed, &event);
    assert_eq!(report.outcome, Outcome::WouldFailOver, "{}", why(&report));
    assert!(!report.would_call.is_empty());
}

#[test]
fn reconcile_ends_a_failover_of_which_half_has_moved_within_the_cooldown() {
    let (trio, in_the_way) = half_of_it_moves();
    let (trio, bed, event) = failed(trio);
    drop(trio.told(&bed, &event));
    make_room(&bed, &in_the_way);
    drop(trio.swept(&bed));
    assert_eq!(trio.holder(&bed), Some(1));
    assert_eq!(lease(&bed).in_progress, None);
}

#[test]
fn the_cooldown_holds_back_an_alarm_of_whoever_took_half_of_it_over() {
    let (trio, _) = half_of_it_moves();
    let (trio, bed, event) = failed(trio);
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::PartlyMoved);
    let second = trio.members[1].clone();
    bed.world().impair(&second, true, false);
    let event = fired(&mut bed.world(), &alarm_of(&second));
    let moved = changes(&bed);
    let report = trio.told(&bed, &event);
    assert_eq!(report.outcome, Outcome::Refused);
    assert!(why(&report).contains("a moment ago"), "{}", why(&report));
    assert_eq!(changes(&bed), moved);
}

/// What is noted is an alarm that found no standby. What moved last was a person's wish.
#[test]
fn the_cooldown_after_a_persons_wish_holds_back_an_alarm_that_was_noted_before() {
    let (trio, in_the_way) = half_of_it_moves();
    let (trio, bed, event) = failed(trio);
    for member in &trio.members[1..] {
        bed.world().set_alarm(&alarm_of(member), AlarmState::Alarm);
    }
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::Refused);
    for member in &trio.members[1..] {
        heal(&mut bed.world(), member);
    }
    let wish = switchover(Some(&trio.members[1]));
    assert_eq!(trio.told(&bed, &wish).outcome, Outcome::PartlyMoved);
    make_room(&bed, &in_the_way);
    let report = trio.told(&bed, &event);
    assert_eq!(report.outcome, Outcome::Refused);
    assert!(why(&report).contains("a moment ago"), "{}", why(&report));
    bed.pass(Duration::from_mins(20));
    drop(trio.swept(&bed));
    assert_eq!(
        trio.holder(&bed),
        Some(1),
        "reconcile takes it up afterwards"
    );
}
