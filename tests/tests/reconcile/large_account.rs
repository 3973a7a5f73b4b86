//! The table of the large account: what each function takes for each kind of event, at 100, 1,000 and 10,000 of
//! everything that is others'. It is flat for all but reconcile, which reads all addresses and alarms, and slowly.

use ec2_sim::Crowd;
use ec2_sim::World;
use ec2_sim::alarms::{Alarm, AlarmState, Metric, Watched};
use ec2_sim::crowd::alarm_of_the_crowd;
use futures_util::FutureExt;
use holdfast::error::chain;
use holdfast::events::parse;
use holdfast::ledger::{Ledger, MemberAlarms, ShownMembers, Written};
use holdfast::settings::Mode;
use holdfast_tests::client::TestBed;
use holdfast_tests::explorer::Run;
use holdfast_tests::scenarios::failover::{
    FailoverFixture, alarm_of, fired, floating_address, floating_interface, floating_private_ip,
};
use holdfast_tests::scenarios::guard::account;
use holdfast_tests::scenarios::large_account::{Taken, add_crowd, taken};
use holdfast_tests::scenarios::placement::{fleet, state_change, stop};
use std::sync::Arc;
use time::Duration;

const COUNTS: [u32; 3] = [100, 1_000, 10_000];

/// A function, an event, and a run of it where others have so much.
struct Row {
    function: &'static str,
    event: &'static str,
    run: Box<dyn Fn(u32) -> Taken>,
}

fn row(
    function: &'static str,
    event: &'static str,
    run: impl Fn(u32) -> (Arc<TestBed>, Run<'static>) + 'static,
) -> Row {
    let run = move |count| {
        let (bed, run) = run(count);
        let taken = taken(&bed, run);
        assert_eq!(bed.broken(), Vec::<String>::new());
        taken
    };
    Row {
        function,
        event,
        run: Box::new(run),
    }
}

/// A failover of a trio, after a sweep. What happens to the world gives the event.
fn failover(
    event: &'static str,
    trio: fn() -> FailoverFixture,
    happen: fn(&FailoverFixture, &mut World, &[String]) -> serde_json::Value,
) -> Row {
    row("alarm-failover", event, move |count| {
        let mut trio = trio().set("HOLDFAST_ON_STOP", "move");
        let others = add_crowd(&mut trio.world, Crowd::of_each(count));
        let bed = trio.bed();
        let _report = trio.swept(&bed);
        // An alarm that names no instance says so of whoever has the address.
        bed.give_up(&trio.members[0]);
        let event = happen(&trio, &mut bed.world(), &others);
        let run = trio.deliver(bed.client("holdfast"), &event);
        (bed, run)
    })
}

fn own_alarm(trio: &FailoverFixture, world: &mut World, _: &[String]) -> serde_json::Value {
    fired(world, &alarm_of(&trio.members[0]))
}

fn own_stop(trio: &FailoverFixture, world: &mut World, _: &[String]) -> serde_json::Value {
    stop(world, &trio.members[0]);
    world.advance(Duration::MINUTE);
    state_change(&trio.members[0], "stopped")
}

fn composite(world: &mut World, child: &str) -> serde_json::Value {
    let alarm = Alarm::composite("above", &format!("ALARM(\"{child}\")"));
    world.put_alarm(alarm).expect("it is good");
    world.take_events();
    world.set_alarm(child, AlarmState::Alarm);
    let events = world.take_events();
    let is_it = |event: &&serde_json::Value| event["detail"]["alarmName"] == "above";
    events.iter().find(is_it).expect("it fires").clone()
}

fn by_tag() -> FailoverFixture {
    let metric = Metric {
        namespace: "App".to_owned(),
        name: "Unreachable".to_owned(),
        dimensions: [("Gateway".to_owned(), "web".to_owned())].into(),
    };
    let alarm = Alarm::new("unreachable", Watched::Metric(metric));
    floating_address()
        .tagged("holdfast:alarm", "unreachable")
        .world(|world| world.put_alarm(alarm).expect("it is good"))
}

/// One of the last of the crowd's alarms, which do not fire: the last is on a table, the one before on an instance.
fn quiet_alarm(others: &[String], from_the_end: usize) -> String {
    let number = others.len() - from_the_end;
    alarm_of_the_crowd(number.try_into().expect("it is no large number"))
}

fn failovers() -> Vec<Row> {
    vec![
        failover("an alarm, `eip` moves", floating_address, own_alarm),
        failover("an alarm, `ip` moves", floating_private_ip, own_alarm),
        failover("an alarm, `eni` moves", floating_interface, own_alarm),
        failover("a stop, `eip` moves", floating_address, own_stop),
        failover("a composite alarm", floating_address, |trio, world, _| {
            composite(world, &alarm_of(&trio.members[0]))
        }),
        failover("an alarm by its tag", by_tag, |_, world, _| {
            fired(world, "unreachable")
        }),
        failover(
            "nobody's alarm on a table",
            floating_address,
            |_, world, others| fired(world, &quiet_alarm(others, 1)),
        ),
        failover(
            "nobody's alarm on an instance",
            floating_address,
            |_, world, others| fired(world, &quiet_alarm(others, 2)),
        ),
        failover(
            "nobody's composite alarm",
            floating_address,
            |_, world, others| composite(world, &quiet_alarm(others, 2)),
        ),
        failover("nobody's stop", floating_address, |_, world, others| {
            stop(world, &others[0]);
            state_change(&others[0], "stopping")
        }),
    ]
}

/// A sweep has learnt that no alarm names a member.
fn learn(bed: &TestBed, members: &[String]) {
    let ids = members.iter().map(|id| id.parse().expect("it is one"));
    let row = MemberAlarms::new(
        "web",
        bed.world().now(),
        ids.map(|id| (id, [].into())).collect(),
        ShownMembers::default(),
    );
    let written = bed.ledger.put_member_alarms(&row).now_or_never();
    assert_eq!(
        written.expect("memory answers").expect("it is written"),
        Written::Stored
    );
}

fn others() -> Vec<Row> {
    vec![
        row("release-guard", "a release", |count| {
            let released = account()
                .released()
                .then(|world, _| drop(add_crowd(world, Crowd::of_each(count))));
            let bed = released.bed();
            let run = released.deliver_in(Mode::Enforce, bed.client("holdfast"));
            (bed, run)
        }),
        row(
            "release-guard",
            "a release the ledger does not know",
            |count| {
                let released = account().unknown_to_the_ledger().released();
                let released =
                    released.then(|world, _| drop(add_crowd(world, Crowd::of_each(count))));
                let bed = released.bed();
                let run = released.deliver_in(Mode::Enforce, bed.client("holdfast"));
                (bed, run)
            },
        ),
        row("instance-start", "a start", |count| {
            let mut fleet = fleet().addresses(2).running(1);
            add_crowd(&mut fleet.world, Crowd::of_each(count));
            let bed = fleet.bed();
            let run = fleet.deliver(bed.client("holdfast"), 0, "running");
            (bed, run)
        }),
        row("instance-start", "a hand-over", |count| {
            let fleet = fleet()
                .set("HOLDFAST_ON_STOP", "move")
                .addresses(1)
                .running(2);
            let mut fleet = fleet.holding(0, 0).stopped(0);
            add_crowd(&mut fleet.world, Crowd::of_each(count));
            let bed = fleet.bed();
            learn(&bed, &fleet.instances);
            let run = fleet.deliver(bed.client("holdfast"), 0, "stopped");
            (bed, run)
        }),
        row("instance-start", "nobody's start", |count| {
            let mut fleet = fleet().addresses(1).running(1);
            let others = add_crowd(&mut fleet.world, Crowd::of_each(count));
            let bed = fleet.bed();
            let event = parse(&state_change(&others[0], "running")).expect("it can be read");
            let run = fleet.run(bed.client("holdfast"), event);
            (bed, run)
        }),
    ]
}

fn sweep() -> Row {
    row("reconcile", "the schedule, nothing new", |count| {
        let mut trio = floating_address();
        add_crowd(&mut trio.world, Crowd::of_each(count));
        let bed = trio.bed();
        let _report = trio.swept(&bed);
        let run = trio.sweep(bed.client("holdfast"));
        (bed, run)
    })
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_seconds_f64())
}

/// Prints a row, and gives what each run took.
fn told(row: &Row) -> Vec<Taken> {
    let all: Vec<Taken> = COUNTS.iter().map(|count| (row.run)(*count)).collect();
    let cells = all.iter().map(|taken| {
        let failed = usize::from(taken.end.is_err());
        format!(
            "{} calls, {}, {failed} errors",
            taken.call_count(),
            seconds(taken.time)
        )
    });
    let cells: Vec<String> = cells.collect();
    println!(
        "| {} | {} | {} |",
        row.function,
        row.event,
        cells.join(" | ")
    );
    for taken in &all {
        let end = taken.end.as_ref().map(|_| ()).map_err(|error| chain(error));
        assert_eq!(end, Ok(()), "{}: {}", row.function, row.event);
    }
    all
}

#[test]
fn the_table_of_the_large_account_is_flat_for_all_but_reconcile() {
    println!("| function | event | 100 of everything | 1,000 | 10,000 |");
    println!("| --- | --- | --- | --- | --- |");
    for row in others().iter().chain(&failovers()) {
        let all = told(row);
        for taken in &all[1..] {
            assert_eq!(taken.calls, all[0].calls, "{}: {}", row.function, row.event);
            assert_eq!(taken.time, all[0].time, "{}: {}", row.function, row.event);
        }
    }
    let [_, _, largest] = told(&sweep()).try_into().expect("there are three");
    assert!(largest.time < Duration::minutes(2), "{}", largest.time);
}
