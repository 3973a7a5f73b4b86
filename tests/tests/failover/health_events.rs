//! What AWS Health tells of a member is a sign to look: what EC2 has planned decides, and a person's word beforehand.

use holdfast::report::{Outcome, Report};
use holdfast_tests::client::TestBed;
use holdfast_tests::explorer::{Scenario, explore};
use holdfast_tests::scenarios::failover::{
    FailoverFixture, changes, floating_address, floating_interface,
};
use serde_json::Value;
use std::sync::Arc;
use time::Duration;

const RETIREMENT: &str = "AWS_EC2_PERSISTENT_INSTANCE_RETIREMENT_SCHEDULED";
const DRIVE: &str = "AWS_EC2_INSTANCE_STORE_DRIVE_PERFORMANCE_DEGRADED";

/// AWS plans to retire a member in so many hours.
fn planned(trio: FailoverFixture, member: usize, hours: i64) -> FailoverFixture {
    let id = trio.members[member].clone();
    trio.world(|world| {
        let at = world.now() + Duration::hours(hours);
        world.plan_event(&id, "instance-retirement", at);
    })
}

/// The addresses are to move two hours before.
fn asked(trio: FailoverFixture) -> FailoverFixture {
    trio.set("HOLDFAST_MOVE_BEFORE_EVENT_MINUTES", "120")
}

/// What AWS Health tells of members, as EventBridge delivers it.
fn tells(trio: &FailoverFixture, members: &[usize], code: &str, status: &str) -> Value {
    let ids: Vec<&str> = members
        .iter()
        .map(|it| trio.members[*it].as_str())
        .collect();
    let mut world = trio.world.clone();
    world.tell_of_health(&ids, code, status);
    world.take_events().pop().expect("it is delivered at once")
}

fn told(trio: &FailoverFixture, event: &Value) -> (Report, Arc<TestBed>) {
    let bed = trio.bed();
    bed.give_up(&trio.members[0]);
    let report = trio.told(&bed, event);
    (report, bed)
}

#[test]
fn a_retirement_that_is_due_and_was_asked_to_be_moved_before_moves_at_once() {
    for trio in [floating_interface(), floating_address()] {
        let trio = asked(planned(trio, 0, 1));
        let (report, bed) = told(&trio, &tells(&trio, &[0], RETIREMENT, "upcoming"));
        assert_eq!(report.outcome, Outcome::SwitchedOver, "{report:?}");
        assert_eq!(trio.holder(&bed), Some(1));
        assert_eq!(bed.broken(), Vec::<String>::new());
    }
}

#[test]
fn what_nobody_asked_for_or_is_not_due_yet_moves_nothing_and_is_told() {
    for trio in [
        planned(floating_address(), 0, 1),
        asked(planned(floating_address(), 0, 3)),
    ] {
        let (report, bed) = told(&trio, &tells(&trio, &[0], RETIREMENT, "upcoming"));
        assert_eq!((report.outcome, changes(&bed)), (Outcome::Ignored, vec![]));
        let told = &report.findings[0];
        assert!(told.what.contains("AWS is about to take"), "{told:?}");
    }
}

/// Then EC2 stops the instance by itself, and that moves what it has.
#[test]
fn what_nobody_asked_for_moves_nothing_even_when_its_time_has_come() {
    let trio = planned(floating_address(), 0, 0);
    let (report, bed) = told(&trio, &tells(&trio, &[0], RETIREMENT, "open"));
    assert_eq!((report.outcome, changes(&bed)), (Outcome::Ignored, vec![]));
    let bed = trio.bed();
    drop(trio.swept(&bed));
    assert_eq!((trio.holder(&bed), changes(&bed)), (Some(0), vec![]));
}

/// Whoever may invoke the function can send such an event: without what EC2 tells, it moves nothing.
#[test]
fn an_event_that_ec2_does_not_confirm_moves_nothing_whatever_was_asked_for() {
    let trio = asked(floating_address());
    for code in [RETIREMENT, DRIVE, "AWS_EC2_SOMETHING_NEW"] {
        let (report, bed) = told(&trio, &tells(&trio, &[0], code, "open"));
        assert_eq!((report.outcome, changes(&bed)), (Outcome::Ignored, vec![]));
        let told = &report.findings[0];
        assert!(told.what.contains("AWS Health tells of"), "{told:?}");
        assert!(told.why.contains(code), "{told:?}");
    }
}

#[test]
fn an_event_of_a_standby_of_nobody_here_or_that_is_over_is_ignored_with_its_reason() {
    let trio = asked(planned(floating_address(), 0, 1));
    let mut of_nobody = tells(&trio, &[0], RETIREMENT, "open");
    of_nobody["resources"] = Value::Null;
    of_nobody["detail"]["affectedEntities"][0]["entityValue"] = "i-0aaaa".into();
    let mut elsewhere = tells(&trio, &[0], RETIREMENT, "open");
    elsewhere["detail"]["eventRegion"] = "eu-west-1".into();
    for (event, why) in [
        (of_nobody, "no member of a group"),
        (elsewhere, "it is in eu-west-1"),
        (tells(&trio, &[0], RETIREMENT, "closed"), "it is closed"),
    ] {
        let (report, bed) = told(&trio, &event);
        assert_eq!((report.outcome, changes(&bed)), (Outcome::Ignored, vec![]));
        assert!(report.summary.contains(why), "{}", report.summary);
    }
    let standby = asked(planned(floating_address(), 1, 1));
    let (report, bed) = told(&standby, &tells(&standby, &[1], RETIREMENT, "open"));
    assert_eq!((report.outcome, changes(&bed)), (Outcome::Ignored, vec![]));
    assert!(
        report.summary.contains("holds nothing"),
        "{}",
        report.summary
    );
}

#[test]
fn what_aws_health_tells_keeps_every_promise_under_every_fault_at_every_call() {
    let trio = asked(planned(floating_address(), 0, 1));
    let event = tells(&trio, &[0], RETIREMENT, "upcoming");
    let fresh = trio.clone();
    let scenario = trio.scenario("health event", event, 1, |trio, bed| {
        trio.must_be_with(bed, 1)
    });
    let scenario = Scenario {
        bed: Box::new(move || {
            let bed = fresh.bed();
            bed.give_up(&fresh.members[0]);
            bed
        }),
        ..scenario
    };
    let coverage = explore(&scenario).unwrap_or_else(|history| panic!("{history}"));
    println!("{} calls, {} histories", coverage.calls, coverage.histories);
    assert!(coverage.histories > coverage.calls * 6);
}
