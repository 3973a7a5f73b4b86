//! Alarms on logs, and others that watch many instances: as a cause, beneath a composite, and on a standby. Their
//! definitions name no instance; CloudWatch tells for which they fire.

use ec2_sim::World;
use ec2_sim::alarms::{Alarm, AlarmState};
use holdfast::report::Outcome;
use holdfast_tests::client::TestBed;
use holdfast_tests::scenarios::failover::{FailoverFixture, failed, fired, floating_address, why};
use serde_json::Value;

const ERRORS: &str = "errors in the log";

/// One alarm on the logs of all members, by instance.
fn with_log_alarm(trio: FailoverFixture) -> FailoverFixture {
    trio.world(|world| {
        let alarm = Alarm::on_logs(ERRORS, "stats count(*) by InstanceId");
        world.put_alarm(alarm).expect("it is good");
    })
}

/// With an alarm on the log alarm.
fn with_composite(trio: FailoverFixture) -> FailoverFixture {
    let rule = format!("ALARM(\"{ERRORS}\")");
    with_log_alarm(trio).world(|world| {
        world
            .put_alarm(Alarm::composite("outer", &rule))
            .expect("it is good");
    })
}

/// The logs of a member have errors. What is told of it, in order.
fn errors_of(world: &mut World, member: &str) -> Vec<Value> {
    world.take_events();
    world.set_contributor(ERRORS, &[("InstanceId", member)], AlarmState::Alarm);
    world.take_events()
}

fn told_of(events: &[Value], alarm: &str) -> Value {
    let mut of_it = events.iter();
    let event = of_it.rfind(|event| event["detail"]["alarmName"] == alarm);
    event.expect("it is told").clone()
}

#[test]
fn a_log_alarm_moves_what_the_member_has_for_which_it_fires() {
    let trio = with_log_alarm(floating_address());
    let bed = trio.bed();
    let event = errors_of(&mut bed.world(), &trio.members[0]).remove(0);
    let report = trio.told(&bed, &event);
    assert_eq!(
        (report.outcome, trio.holder(&bed)),
        (Outcome::FailedOver, Some(1)),
        "{}",
        report.summary
    );
    assert_eq!(bed.broken(), Vec::<String>::new());
}

#[test]
fn a_log_alarm_without_instances_stands_for_the_holder_of_what_names_it() {
    let trio = with_log_alarm(floating_address().tagged("holdfast:alarm", ERRORS));
    let bed = trio.bed();
    let event = fired(&mut bed.world(), ERRORS);
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
}

#[test]
fn the_instance_of_a_composite_is_found_through_the_logs_beneath_it() {
    let trio = with_composite(floating_address());
    let bed = trio.bed();
    let events = errors_of(&mut bed.world(), &trio.members[0]);
    let report = trio.told(&bed, &told_of(&events, "outer"));
    assert_eq!(
        (report.outcome, trio.holder(&bed)),
        (Outcome::FailedOver, Some(1)),
        "{}",
        report.summary
    );
}

#[test]
fn a_composite_over_the_logs_of_others_stands_for_the_holder_of_what_names_it() {
    let trio = with_composite(floating_address().tagged("holdfast:alarm", "outer"));
    let bed = trio.bed();
    let events = errors_of(&mut bed.world(), "i-0aaaaaaaaaaaaaaaa");
    let report = trio.told(&bed, &told_of(&events, "outer"));
    assert_eq!(report.outcome, Outcome::FailedOver, "{}", report.summary);
}

/// A sweep, while the logs of a member have errors or not; then the holder fails.
fn holder_after(
    trio: &FailoverFixture,
    alarming: &[usize],
    at_the_sweep: AlarmState,
) -> Option<usize> {
    let bed = trio.bed();
    let set = |bed: &TestBed, state: AlarmState| {
        for member in alarming {
            let member = [("InstanceId", trio.members[*member].as_str())];
            bed.world().set_contributor(ERRORS, &member, state);
        }
    };
    set(&bed, AlarmState::Alarm);
    set(&bed, at_the_sweep);
    drop(trio.swept(&bed));
    bed.pass(std::time::Duration::from_secs(30));
    set(&bed, AlarmState::Alarm);
    let event = fired(
        &mut bed.world(),
        &holdfast_tests::scenarios::failover::alarm_of(&trio.members[0]),
    );
    drop(trio.told(&bed, &event));
    assert_eq!(bed.broken(), Vec::<String>::new());
    trio.holder(&bed)
}

#[test]
fn a_standby_with_errors_in_its_log_is_no_standby() {
    let trio = with_log_alarm(floating_address());
    assert_eq!(holder_after(&trio, &[], AlarmState::Alarm), Some(1));
    assert_eq!(holder_after(&trio, &[1], AlarmState::Alarm), Some(2));
}

#[test]
fn a_standby_that_came_to_errors_before_the_first_sweep_is_no_standby() {
    let trio = with_log_alarm(floating_address());
    let trio = trio.world(|world| drop(errors_of(world, "i-0aaaaaaaaaaaaaaaa")));
    let second = trio.members[1].clone();
    let (trio, bed, event) = failed(trio.world(|world| drop(errors_of(world, &second))));
    drop(trio.told(&bed, &event));
    assert_eq!(trio.holder(&bed), Some(2));
}

#[test]
fn once_it_has_named_a_standby_a_log_alarm_is_asked_for_it_ever_after() {
    let trio = with_log_alarm(floating_address());
    let bed = trio.bed();
    let second = [("InstanceId", trio.members[1].as_str())];
    let set = |state: AlarmState| bed.world().set_contributor(ERRORS, &second, state);
    set(AlarmState::Alarm);
    drop(trio.swept(&bed));
    set(AlarmState::Ok);
    bed.pass(std::time::Duration::from_mins(20));
    drop(trio.swept(&bed));
    set(AlarmState::Alarm);
    let first = holdfast_tests::scenarios::failover::alarm_of(&trio.members[0]);
    let event = fired(&mut bed.world(), &first);
    drop(trio.told(&bed, &event));
    assert_eq!(trio.holder(&bed), Some(2));
}

/// An endpoint that does not know log alarms.
fn of_another_partition(trio: FailoverFixture) -> FailoverFixture {
    trio.world(|world| {
        let unknown = &mut world.settings().unknown_alarm_types;
        unknown.insert("LogAlarm".to_owned());
    })
}

#[test]
fn where_log_alarms_are_not_known_a_failover_goes_on_and_says_so() {
    let (trio, bed, event) = failed(of_another_partition(floating_address()));
    let report = trio.told(&bed, &event);
    assert_eq!(
        (report.outcome, trio.holder(&bed)),
        (Outcome::FailedOver, Some(1))
    );
    assert!(why(&report).contains("LogAlarm"), "{report:?}");
}

#[test]
fn where_log_alarms_are_not_known_none_is_said_to_be_gone() {
    let trio = of_another_partition(with_log_alarm(floating_address()));
    let bed = trio.bed();
    let event = errors_of(&mut bed.world(), &trio.members[0]).remove(0);
    let report = trio.told(&bed, &event);
    assert_eq!(
        (report.outcome, trio.holder(&bed)),
        (Outcome::Refused, Some(0))
    );
    assert!(report.summary.contains("not known"), "{}", report.summary);
}

#[test]
fn where_contributors_may_not_be_read_the_event_names_the_instance() {
    let trio = with_log_alarm(floating_address());
    let trio = trio.world(|world| world.deny("*", "cloudwatch:DescribeAlarmContributors"));
    let bed = trio.bed();
    let event = errors_of(&mut bed.world(), &trio.members[0]).remove(0);
    let report = trio.told(&bed, &event);
    assert_eq!(
        (report.outcome, trio.holder(&bed)),
        (Outcome::FailedOver, Some(1)),
        "{}",
        report.summary
    );
}
