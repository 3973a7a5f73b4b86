//! What a test wants to know of a failover, and how it sets one going.

use super::{FailoverFixture, alarm_of};
use crate::client::TestBed;
use ec2_sim::World;
use ec2_sim::alarms::AlarmState;
use holdfast::report::Report;
use serde_json::Value;
use std::sync::Arc;

/// The calls of Holdfast that changed something, in their order.
#[must_use]
pub fn changes(bed: &TestBed) -> Vec<&'static str> {
    let world = bed.world();
    let calls = world.calls().iter().filter(|call| call.mutated());
    let own = calls.filter(|call| call.caller.arn.contains(":assumed-role/holdfast"));
    own.map(ec2_sim::world::Call::action).collect()
}

/// The reasons of all findings.
#[must_use]
pub fn why(report: &Report) -> String {
    let findings = report.findings.iter();
    findings
        .map(|finding| finding.why.clone())
        .collect::<Vec<_>>()
        .join("; ")
}

/// The first member fails, and its alarm is told.
#[must_use]
pub fn failed(trio: FailoverFixture) -> (FailoverFixture, Arc<TestBed>, Value) {
    let trio = trio.failing(0);
    let bed = trio.bed();
    let event = trio.alarm(0);
    (trio, bed, event)
}

/// The alarm of a member fires after a sweep has told the ledger who the members are. What happens in between is the
/// caller's.
#[must_use]
pub fn failed_after_a_sweep(
    trio: &FailoverFixture,
    member: usize,
    since_the_sweep: impl FnOnce(&mut World),
) -> (Arc<TestBed>, Value) {
    let bed = trio.bed();
    let _report = trio.swept(&bed);
    since_the_sweep(&mut bed.world());
    let event = fired(&mut bed.world(), &alarm_of(&trio.members[member]));
    (bed, event)
}

/// An alarm of the name fires in the world; the event that EventBridge delivers of it.
#[must_use]
pub fn fired(world: &mut World, name: &str) -> Value {
    world.take_events();
    world.set_alarm(name, AlarmState::Alarm);
    let events = world.take_events();
    let is_it = |event: &&Value| event["detail"]["alarmName"] == name;
    events.iter().rfind(is_it).cloned().expect("it has fired")
}
