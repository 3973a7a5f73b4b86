//! A failover in an account of real size: thousands of instances, interfaces, addresses and alarms of others. It takes
//! no longer there, and who is none of ours costs a call or two.

use ec2_sim::Crowd;
use ec2_sim::World;
use ec2_sim::alarms::{Alarm, AlarmAction, AlarmState, Metric, Watched};
use ec2_sim::api::Request;
use ec2_sim::crowd::alarm_of_the_crowd;
use holdfast::error::chain;
use holdfast::report::{Outcome, Report};
use holdfast_tests::client::TestBed;
use holdfast_tests::client::faults::Fault;
use holdfast_tests::scenarios::failover::{
    FailoverFixture, alarm_of, changes, failover_in, fired, floating_address, floating_interface,
    floating_private_ip, stop,
};
use holdfast_tests::scenarios::large_account::{Taken, add_crowd, take_time, taken};
use holdfast_tests::scenarios::placement::{state_change, terminate};
use serde_json::Value;
use std::sync::Arc;
use time::Duration;

/// How much longer a failover may take than in an empty account.
const LONGER: Duration = Duration::SECOND;

const COMPOSITE: &str = "the first is down";
const BY_TAG: &str = "gateway-unreachable";

/// What brings a failover about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Alarm,
    Direct,
    Stop,
    Composite,
    ByTag,
}

const KINDS: [Kind; 5] = [
    Kind::Alarm,
    Kind::Direct,
    Kind::Stop,
    Kind::Composite,
    Kind::ByTag,
];

impl Kind {
    /// Makes it possible in a world.
    fn prepare(self, trio: FailoverFixture) -> FailoverFixture {
        let own = alarm_of(&trio.members[0]);
        let alarm = match self {
            Self::Alarm | Self::Stop => return trio,
            Self::Direct => {
                Alarm::on_status_checks(&own, &trio.members[0]).telling(AlarmAction::Lambda)
            }
            Self::Composite => Alarm::composite(COMPOSITE, &format!("ALARM(\"{own}\")")),
            Self::ByTag => Alarm::new(BY_TAG, Watched::Metric(unreachable())),
        };
        let trio = trio.world(|world| world.put_alarm(alarm).expect("it is good"));
        match self {
            Self::ByTag => trio.tagged("holdfast:alarm", BY_TAG),
            _ => trio,
        }
    }

    /// Lets it happen; the event that tells of it.
    fn happen(self, trio: &FailoverFixture, world: &mut World) -> Value {
        let member = &trio.members[0];
        match self {
            Self::Alarm => fired(world, &alarm_of(member)),
            Self::Direct => {
                world.take_alarm_actions();
                world.set_alarm(&alarm_of(member), AlarmState::Alarm);
                world.take_alarm_actions().pop().expect("it is told")
            }
            Self::Stop => {
                stop(world, member);
                world.advance(Duration::MINUTE);
                state_change(member, "stopped")
            }
            Self::Composite => {
                world.take_events();
                world.set_alarm(&alarm_of(member), AlarmState::Alarm);
                let events = world.take_events();
                let is_it = |event: &&Value| event["detail"]["alarmName"] == COMPOSITE;
                events.iter().find(is_it).expect("it fires").clone()
            }
            Self::ByTag => fired(world, BY_TAG),
        }
    }
}

fn unreachable() -> Metric {
    Metric {
        namespace: "App".to_owned(),
        name: "Unreachable".to_owned(),
        dimensions: [("Gateway".to_owned(), "web".to_owned())].into(),
    }
}

fn movers() -> [FailoverFixture; 3] {
    let fixtures = [
        floating_interface(),
        floating_private_ip(),
        floating_address(),
    ];
    fixtures.map(|trio| {
        trio.set("HOLDFAST_ON_STOP", "move")
            .world(|world| world.take_events().clear())
    })
}

/// A failover in an account where others have so much.
fn failover(
    trio: FailoverFixture,
    kind: Kind,
    crowd: Crowd,
    is_swept: bool,
) -> (Taken, Arc<TestBed>) {
    let mut trio = kind.prepare(trio);
    add_crowd(&mut trio.world, crowd);
    let bed = trio.bed();
    if is_swept {
        let _report = trio.swept(&bed);
    }
    let event = kind.happen(&trio, &mut bed.world());
    let taken = taken(&bed, trio.deliver(bed.client("holdfast"), &event));
    let outcome = taken.end.as_ref().map(|report| report.outcome);
    let outcome = outcome.map_err(|error| chain(error));
    assert_eq!(outcome, Ok(Outcome::FailedOver), "{kind:?}, {crowd:?}");
    assert_eq!(trio.holder(&bed), Some(1), "{kind:?}, {crowd:?}");
    (taken, bed)
}

fn report(taken: &Taken) -> &Report {
    taken.end.as_ref().expect("it has ended well")
}

#[test]
fn a_failover_takes_no_longer_whatever_moves_and_whatever_tells_of_it() {
    for kind in KINDS {
        for (number, trio) in movers().into_iter().enumerate() {
            // Each way once in the largest; a smaller one shows the same, and is built sooner.
            let is_largest = kind == Kind::Alarm || number == 2;
            let crowd = if is_largest {
                Crowd::large()
            } else {
                Crowd::of_each(1_000)
            };
            let (alone, _) = failover(trio.clone(), kind, Crowd::default(), true);
            let (crowded, _) = failover(trio, kind, crowd, true);
            println!(
                "{kind:?}: {} alone, {} in a large account, {:?}",
                alone.time, crowded.time, crowded.calls
            );
            assert!(
                crowded.time <= alone.time + LONGER,
                "{kind:?}: {}",
                crowded.time
            );
            assert_eq!(crowded.calls, alone.calls, "{kind:?}");
        }
    }
}

#[test]
fn a_failover_before_the_first_sweep_takes_no_second_longer_and_says_what_it_does_not_know() {
    for kind in KINDS {
        let (alone, _) = failover(
            floating_address().set("HOLDFAST_ON_STOP", "move"),
            kind,
            Crowd::default(),
            false,
        );
        let (crowded, _) = failover(
            floating_address().set("HOLDFAST_ON_STOP", "move"),
            kind,
            Crowd::large(),
            false,
        );
        assert!(
            crowded.time <= alone.time + LONGER,
            "{kind:?}: {}",
            crowded.time
        );
        let is_told = |taken: &Taken| {
            let mut findings = report(taken).findings.iter();
            findings.any(|it| it.why.contains("has not learnt yet which alarms"))
        };
        assert_eq!((is_told(&alone), is_told(&crowded)), (false, true));
    }
}

#[test]
fn a_standby_stays_unfit_while_an_alarm_names_it_however_many_fire() {
    let mut trio = floating_address();
    let unwell = Alarm::on_instance("disk-full", "App", "DiskUsed", &trio.members[1]);
    trio.world.put_alarm(unwell).expect("it is good");
    add_crowd(&mut trio.world, Crowd::large());
    let bed = trio.bed();
    let _report = trio.swept(&bed);
    bed.world().set_alarm("disk-full", AlarmState::Alarm);
    let event = fired(&mut bed.world(), &alarm_of(&trio.members[0]));
    let taken = taken(&bed, trio.deliver(bed.client("holdfast"), &event));
    assert_eq!(report(&taken).outcome, Outcome::FailedOver);
    assert_eq!(trio.holder(&bed), Some(2), "the second is not well");
}

/// What a run for an event that is nobody's costs.
fn cost_of(event: impl FnOnce(&mut World, &[String]) -> Value) -> usize {
    let mut trio = floating_address();
    let others = add_crowd(&mut trio.world, Crowd::large());
    let bed = trio.bed();
    let _report = trio.swept(&bed);
    let event = event(&mut bed.world(), &others);
    let taken = taken(&bed, trio.deliver(bed.client("holdfast"), &event));
    assert_eq!(
        report(&taken).outcome,
        Outcome::Ignored,
        "{:?}",
        report(&taken)
    );
    assert_eq!(changes(&bed), Vec::<&str>::new());
    taken.call_count()
}

/// The first of the crowd's alarms, on an instance or on a table, that does not fire yet.
fn quiet_alarm(on_instance: bool) -> String {
    alarm_of_the_crowd(if on_instance { 9_000 } else { 9_001 })
}

#[test]
fn an_alarm_or_an_instance_that_is_nobodys_costs_one_or_two_calls() {
    let of_table = cost_of(|world, _| fired(world, &quiet_alarm(false)));
    let of_instance = cost_of(|world, _| fired(world, &quiet_alarm(true)));
    let stopped = cost_of(|world, others| {
        stop(world, &others[9_999]);
        state_change(&others[9_999], "stopping")
    });
    assert_eq!(of_table, 1);
    assert!(of_instance <= 2, "{of_instance}");
    assert!(stopped <= 2, "{stopped}");
}

#[test]
fn a_composite_that_is_nobodys_costs_a_call_for_tags_and_one_for_its_alarms() {
    let composite = |child: String| {
        cost_of(move |world, _| {
            let rule = format!("ALARM(\"{child}\")");
            let alarm = Alarm::composite("somebody is slow", &rule);
            world.put_alarm(alarm).expect("it is good");
            world.take_events();
            world.set_alarm(&child, AlarmState::Alarm);
            let events = world.take_events();
            let is_it = |event: &&Value| event["detail"]["alarmName"] == "somebody is slow";
            events.iter().find(is_it).expect("it fires").clone()
        })
    };
    assert!(composite(quiet_alarm(false)) <= 2);
}

#[test]
fn two_hundred_alarms_of_others_in_the_same_second_delay_nobody() {
    let alone = failover(floating_address(), Kind::Alarm, Crowd::default(), true);
    let mut trio = floating_address();
    add_crowd(&mut trio.world, Crowd::large());
    let bed = trio.bed();
    let _report = trio.swept(&bed);
    bed.world().throttle(true);
    let own = fired(&mut bed.world(), &alarm_of(&trio.members[0]));
    let mut events: Vec<Value> = (5_000..5_200)
        .map(|number| fired(&mut bed.world(), &alarm_of_the_crowd(number)))
        .collect();
    events.insert(100, own);
    take_time(&bed);
    let runs = events
        .iter()
        .map(|event| trio.deliver(bed.client("holdfast"), event));
    let ends = bed.drive(runs.collect()).expect("the runs end");
    let failures = ends.iter().filter_map(|end| end.as_ref().err());
    assert_eq!(
        failures.map(|error| chain(error)).collect::<Vec<_>>(),
        Vec::<String>::new()
    );
    let own = ends[100].as_ref().expect("it has moved");
    let last = failover_in(own).moves[0].phases.last();
    let took = last.map_or(0, |phase| i64::try_from(phase.ms).unwrap_or(i64::MAX));
    let limit = alone.0.time + LONGER;
    assert!(
        Duration::milliseconds(took) <= limit,
        "{took} ms, at most {limit}"
    );
}

#[test]
fn three_hundred_instances_of_nobodys_that_end_at_once_cost_a_describe_each_and_no_alarm_call() {
    let mut trio = floating_address();
    let crowd = Crowd {
        interfaces: 10_000,
        ..Crowd::large()
    };
    let others = add_crowd(&mut trio.world, crowd);
    let bed = trio.bed();
    let _report = trio.swept(&bed);
    let before = bed.faults.names().len();
    let ending = &others[..300];
    for id in ending {
        terminate(&mut bed.world(), id);
    }
    bed.world().throttle(true);
    take_time(&bed);
    let events = ending.iter().map(|id| state_change(id, "shutting-down"));
    let runs = events.map(|event| trio.deliver(bed.client("holdfast"), &event));
    let ends = bed.drive(runs.collect()).expect("the runs end");
    let failures = ends.iter().filter_map(|end| end.as_ref().err());
    assert_eq!(
        failures.map(|error| chain(error)).collect::<Vec<_>>(),
        Vec::<String>::new()
    );
    let calls = bed.faults.names().split_off(before);
    let is_cheap = |name: &&str| matches!(*name, "DescribeTags" | "ledger query member alarms");
    assert!(calls.iter().all(is_cheap), "{calls:?}");
    let world = bed.world();
    let answered = world.calls().iter().filter(|call| {
        call.error_code.is_none() && matches!(call.request, Request::DescribeTags(_))
    });
    assert_eq!(answered.count(), 300);
}

#[test]
fn a_failover_is_not_delayed_by_three_hundred_instances_of_others_that_stop_with_it() {
    let (alone, _) = failover(floating_address(), Kind::Alarm, Crowd::default(), true);
    let mut trio = floating_address();
    let others = add_crowd(&mut trio.world, Crowd::large());
    let bed = trio.bed();
    let _report = trio.swept(&bed);
    bed.world().throttle(true);
    let own = fired(&mut bed.world(), &alarm_of(&trio.members[0]));
    let stops = others[..300].iter().map(|id| state_change(id, "stopping"));
    let events: Vec<Value> = stops.chain([own]).collect();
    take_time(&bed);
    let runs = events
        .iter()
        .map(|event| trio.deliver(bed.client("holdfast"), event));
    let mut ends = bed.drive(runs.collect()).expect("the runs end");
    let own = ends.pop().expect("it is the last").expect("it moves");
    let last = failover_in(&own).moves[0].phases.last();
    let took = last.map_or(0, |phase| i64::try_from(phase.ms).unwrap_or(i64::MAX));
    assert!(
        Duration::milliseconds(took) <= alone.time + LONGER,
        "{took} ms"
    );
    assert!(ends.iter().all(Result::is_ok));
}

#[test]
fn a_failover_in_a_large_account_bears_a_lag_a_throttle_and_a_fault_at_each_call() {
    let prepared = |with: &dyn Fn(&mut World)| {
        let mut trio = floating_address();
        add_crowd(&mut trio.world, Crowd::of_each(2_000));
        let bed = trio.bed();
        let _report = trio.swept(&bed);
        with(&mut bed.world());
        let event = fired(&mut bed.world(), &alarm_of(&trio.members[0]));
        (trio, bed, event)
    };
    let moves = |(trio, bed, event): (FailoverFixture, Arc<TestBed>, Value), what: &str| {
        let taken = taken(&bed, trio.deliver(bed.client("holdfast"), &event));
        let outcome = taken.end.as_ref().map(|report| report.outcome);
        let outcome = outcome.map_err(|error| chain(error));
        assert_eq!(outcome, Ok(Outcome::FailedOver), "{what}");
        assert_eq!(bed.broken(), Vec::<String>::new(), "{what}");
        taken.call_count()
    };
    moves(
        prepared(&|world| world.set_read_lag(Duration::SECOND)),
        "a lag",
    );
    let calls = moves(prepared(&|world| world.throttle(true)), "a throttle");
    for call in 0..calls {
        let (trio, bed, event) = prepared(&|_| {});
        let made = bed.faults.passed().len();
        bed.faults.plan(&[(made + call, Fault::Throttled)]);
        moves((trio, bed, event), &format!("call {call} is throttled"));
    }
}

#[test]
fn a_sweep_reads_ten_thousand_alarms_slowly_and_within_its_time() {
    let mut trio = floating_address();
    add_crowd(&mut trio.world, Crowd::large());
    let bed = trio.bed();
    // The first one writes a row for each address.
    let _report = trio.swept(&bed);
    let taken = taken(&bed, trio.sweep(bed.client("holdfast")));
    let pages = taken.calls["DescribeAlarms"];
    println!("{} for {pages} pages of alarms", taken.time);
    assert_eq!(pages, 101, "10,003 alarms");
    assert!(taken.time >= Duration::seconds(30), "three pages a second");
    assert!(taken.time <= Duration::MINUTE, "{}", taken.time);
    assert!(
        report(&taken)
            .findings
            .iter()
            .all(|it| !it.what.contains("alarm"))
    );
}
