//! Failover while EC2 answers late, refuses for a while, or keeps a device index for itself.

use ec2_sim::alarms::{Alarm, AlarmState};
use holdfast::error::{Error, chain};
use holdfast::report::{Outcome, Report};
use holdfast_tests::client::TestBed;
use holdfast_tests::client::faults::Fault;
use holdfast_tests::scenarios::failover::{
    FailoverFixture, alarm_of, failed, fired, floating_address, floating_interface,
    floating_private_ip, heal,
};
use std::sync::Arc;
use time::Duration;

/// What a failover comes to when each call takes so long. The alarm is the last of so many composites, each on
/// the one before it.
fn at(trio: FailoverFixture, call: Duration, composites: usize) -> Result<Report, Error> {
    let own = alarm_of(&trio.members[0]);
    let names: Vec<String> = (0..composites)
        .map(|level| format!("level {level}"))
        .collect();
    let beneath = [own.clone()].into_iter().chain(names.clone());
    let rules = names.iter().zip(beneath);
    let trio = rules.fold(trio, |trio, (name, child)| {
        let alarm = Alarm::composite(name, &format!("ALARM(\"{child}\")"));
        trio.world(|world| world.put_alarm(alarm).expect("it is good"))
    });
    let bed = trio.bed();
    bed.world().take_events();
    bed.world().set_alarm(&own, AlarmState::Alarm);
    let events = bed.world().take_events();
    let last = names.last().unwrap_or(&own);
    let is_it = |event: &&serde_json::Value| event["detail"]["alarmName"] == last.as_str();
    let event = events.iter().rfind(is_it).expect("it fires");
    bed.use_round_trip(call);
    let run = trio.deliver(bed.client("holdfast"), event);
    let mut ends = bed.drive(vec![run]).expect("the run ends");
    ends.pop().expect("there is one run")
}

fn moves(trio: FailoverFixture, call: Duration, composites: usize) {
    let report = at(trio, call, composites);
    let outcome = report.map(|report| report.outcome);
    let outcome = outcome.map_err(|error| chain(&error));
    assert_eq!(outcome, Ok(Outcome::FailedOver), "{call}, {composites}");
}

#[test]
fn everything_moves_while_ec2_is_slow() {
    for ms in [900, 1_100, 1_900] {
        let call = Duration::milliseconds(ms);
        moves(floating_address(), call, 0);
        moves(floating_private_ip(), call, 0);
        moves(floating_interface(), call, 0);
    }
}

#[test]
fn a_composite_of_composites_moves_an_address_at_half_a_second_a_call() {
    for composites in [1, 2, 3, 4] {
        moves(floating_address(), Duration::milliseconds(520), composites);
    }
}

/// The member is well again while the run reads, at each of its calls.
fn holder_after_healing_at(call: usize) -> Option<usize> {
    let trio = floating_address();
    let bed = trio.bed();
    let (first, alarm) = (trio.members[0].clone(), alarm_of(&trio.members[0]));
    bed.world().take_events();
    bed.world().set_alarm(&alarm, AlarmState::Alarm);
    let event = bed.world().take_events().pop().expect("it fires");
    bed.use_round_trip(Duration::milliseconds(1_100));
    bed.intrude(call, Box::new(move |world| heal(world, &first)));
    let run = trio.deliver(bed.client("holdfast"), &event);
    drop(bed.drive(vec![run]));
    assert_eq!(bed.broken(), Vec::<String>::new());
    trio.holder(&bed)
}

#[test]
fn a_member_that_is_well_again_before_the_second_look_keeps_its_address() {
    assert_eq!(holder_after_healing_at(6), Some(0));
}

/// Nine looks of five calls each, with pauses that grow in between: after the first call, which asks whose it is.
const THROTTLED: std::ops::Range<usize> = 1..1 + 9 * 5;

fn is_moved_after_throttling(
    trio: &FailoverFixture,
    bed: &Arc<TestBed>,
    event: &serde_json::Value,
) {
    let faults: Vec<_> = THROTTLED.map(|call| (call, Fault::Throttled)).collect();
    bed.faults.plan(&faults);
    assert_eq!(trio.told(bed, event).outcome, Outcome::FailedOver);
}

#[test]
fn a_look_that_is_throttled_for_half_a_minute_is_waited_for() {
    let (trio, bed, event) = failed(floating_address());
    let began_at = bed.world().now();
    is_moved_after_throttling(&trio, &bed, &event);
    assert!(bed.world().now() - began_at > Duration::seconds(25));
}

#[test]
fn an_interface_moves_at_the_longest_deadline_that_the_settings_allow() {
    let trio = floating_interface().set("HOLDFAST_DETACH_DEADLINE_SECONDS", "90");
    let (trio, bed, event) = failed(trio);
    is_moved_after_throttling(&trio, &bed, &event);
}

#[test]
fn a_slot_that_a_forced_detach_has_blocked_is_passed_over() {
    let trio = floating_interface()
        .set("HOLDFAST_COOLDOWN_SECONDS", "0")
        .world(|world| world.settings().forced_detach_blocks_slot = true);
    let (trio, bed, event) = failed(trio);
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    heal(&mut bed.world(), &trio.members[0]);
    bed.pass(std::time::Duration::from_mins(10));
    let event = fired(&mut bed.world(), &alarm_of(&trio.members[1]));
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    assert_eq!(trio.holder(&bed), Some(0));
}
