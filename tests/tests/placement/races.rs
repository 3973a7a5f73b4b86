//! Many instances of one group that start at the same moment, with EC2's own throttle on and every call
//! on its way for 20 to 180 ms: each ends with an address of its own, or says that there is none. No
//! lease, nothing but `AllowReassociation=false`.

use ec2_sim::throttle::Limit;
use holdfast::clock::Clock;
use holdfast::report::{Function, Outcome, Report, Subject};
use holdfast::settings::Mode;
use holdfast_tests::client::TestBed;
use holdfast_tests::explorer::Run;
use holdfast_tests::explorer::promises::addresses;
use holdfast_tests::scenarios::placement::{Fleet, fleet, start, stop, terminate};
use std::collections::BTreeSet;
use std::sync::Arc;
use time::Duration;

/// All instances of the fleet start at once; gives what each said.
fn all_start(fleet: &Fleet, bed: &Arc<TestBed>) -> Vec<Report> {
    bed.use_virtual_time();
    let runs: Vec<Run<'static>> = (0..fleet.instances.len())
        .map(|instance| {
            let client = bed.client("holdfast-instance-start");
            fleet.deliver(client, instance, "running")
        })
        .collect();
    let ends = bed.drive(runs).expect("every run comes to its end");
    ends.into_iter()
        .map(|end| end.expect("every run ends with a report"))
        .collect()
}

fn count(reports: &[Report], outcome: Outcome) -> usize {
    reports
        .iter()
        .filter(|report| report.outcome == outcome)
        .count()
}

fn different_addresses(fleet: &Fleet, bed: &TestBed) -> usize {
    let held = (0..fleet.instances.len()).flat_map(|instance| fleet.held_by(bed, instance));
    held.map(|address| address.public_ip)
        .collect::<BTreeSet<_>>()
        .len()
}

/// EC2 calls of each run, in rising order.
fn calls_per_instance(bed: &TestBed) -> Vec<usize> {
    let world = bed.world();
    let mut calls = std::collections::BTreeMap::<String, usize>::new();
    for call in world.calls() {
        if call.caller.arn.contains("holdfast-instance-start") {
            *calls.entry(call.caller.arn.clone()).or_default() += 1;
        }
    }
    let mut calls: Vec<usize> = calls.into_values().collect();
    calls.sort_unstable();
    calls
}

/// A row of a table in docs/PERFORMANCE.md.
fn print(what: &str, bed: &TestBed, since: time::OffsetDateTime) {
    let calls = calls_per_instance(bed);
    let world = bed.world();
    let of = |action: &str, refused: bool| {
        let made = world.calls().iter().filter(|call| {
            call.caller.arn.contains("holdfast-instance-start")
                && call.action() == action
                && (call.error_code.is_some() || !refused)
        });
        made.count()
    };
    let took = world.now() - since;
    println!(
        "| {what} | {}, {} | {}, {} | {:.1} |",
        calls[calls.len() / 2],
        calls.last().unwrap_or(&0),
        of("AssociateAddress", false),
        of("AssociateAddress", true),
        took.as_seconds_f64()
    );
}

fn nothing_is_broken(bed: &TestBed) {
    assert_eq!(bed.broken(), Vec::<String>::new());
    assert_eq!(bed.world().check(), Vec::<String>::new());
}

#[test]
fn fifty_instances_and_fifty_addresses_all_find_each_other() {
    let fleet = fleet()
        .addresses(50)
        .running(50)
        .world(|world| world.throttle(true));
    let bed = fleet.bed();
    let since = bed.world().now();
    let reports = all_start(&fleet, &bed);
    print("50 instances, 50 addresses", &bed, since);
    assert_eq!(count(&reports, Outcome::Associated), 50);
    assert_eq!(different_addresses(&fleet, &bed), 50);
    assert!(calls_per_instance(&bed).iter().all(|&calls| calls <= 7));
    nothing_is_broken(&bed);
}

#[test]
fn fifty_instances_and_forty_addresses_leave_ten_that_say_so_and_get_theirs_later() {
    let fleet = fleet()
        .addresses(40)
        .running(50)
        .set("HOLDFAST_POOL_WAIT_SECONDS", "20")
        .world(|world| world.throttle(true));
    let bed = fleet.bed();
    let since = bed.world().now();
    let reports = all_start(&fleet, &bed);
    print("50 instances, 40 addresses", &bed, since);
    assert_eq!(count(&reports, Outcome::Associated), 40);
    assert_eq!(count(&reports, Outcome::NoFreeAddress), 10);
    assert_eq!(different_addresses(&fleet, &bed), 40);
    nothing_is_broken(&bed);

    let ended: Vec<usize> = (0..50)
        .filter(|&instance| !fleet.held_by(&bed, instance).is_empty())
        .take(10)
        .collect();
    for &instance in &ended {
        terminate(&mut bed.world(), &fleet.instances[instance]);
    }
    bed.pass(std::time::Duration::from_mins(1));
    let runs = ended.iter().map(|&instance| {
        fleet.deliver(
            bed.client("holdfast-instance-start"),
            instance,
            "terminated",
        )
    });
    let ends = bed
        .drive(runs.collect())
        .expect("every run comes to its end");
    let given: BTreeSet<String> = ends
        .into_iter()
        .flat_map(|end| handed_on(&end.expect("a report")))
        .collect();
    println!(
        "10 of the holders end: {} addresses go to those that waited",
        given.len()
    );
    assert_eq!(given.len(), 10);
    let left = (0..50).filter(|instance| !ended.contains(instance));
    assert!(
        left.into_iter()
            .all(|instance| fleet.held_by(&bed, instance).len() == 1)
    );
    nothing_is_broken(&bed);
}

fn handed_on(report: &Report) -> Vec<String> {
    match &report.subject {
        Subject::Instance(placement) => {
            let placed = placement.placed.iter();
            placed.map(|placed| placed.ip.to_string()).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn a_throttle_five_times_as_narrow_only_takes_longer() {
    let narrow = Limit {
        capacity: 10.0,
        refill: 2.0,
    };
    let fleet = fleet().addresses(50).running(50).world(|world| {
        world.throttle(true);
        world.limit("AssociateAddress", narrow);
    });
    let bed = fleet.bed();
    let since = bed.world().now();
    let reports = all_start(&fleet, &bed);
    print(
        "50 instances, 50 addresses, `AssociateAddress` 10 at once and 2 a second",
        &bed,
        since,
    );
    assert_eq!(count(&reports, Outcome::Associated), 50);
    assert_eq!(different_addresses(&fleet, &bed), 50);
    nothing_is_broken(&bed);
}

/// Somebody who does something to the account after a while.
fn later(
    bed: &Arc<TestBed>,
    seconds: u64,
    does: impl FnOnce(&mut ec2_sim::World) + Send + 'static,
) -> Run<'static> {
    let bed = Arc::clone(bed);
    Box::pin(async move {
        let clock = bed.client("somebody");
        Clock::sleep(&clock, std::time::Duration::from_secs(seconds)).await;
        does(&mut bed.world());
        let done = "somebody has done something".to_owned();
        Ok(Report::of(
            Function::InstanceStart,
            Mode::Enforce,
            Outcome::Ignored,
            done,
        ))
    })
}

#[test]
fn whoever_waits_gets_the_address_of_an_instance_that_ends_while_it_waits() {
    let fleet = fleet()
        .addresses(1)
        .running(1)
        .holding(0, 0)
        .running(1)
        .set("HOLDFAST_POOL_WAIT_SECONDS", "60");
    let bed = fleet.bed();
    bed.use_virtual_time();
    let old = fleet.instances[0].clone();
    let ends = bed.drive(vec![
        fleet.deliver(bed.client("holdfast-instance-start"), 1, "running"),
        later(&bed, 10, move |world| terminate(world, &old)),
    ]);
    let report = ends.expect("both end").swap_remove(0).expect("a report");
    println!("{}", report.summary);
    assert_eq!(report.outcome, Outcome::Associated);
    assert_eq!(fleet.holder(&bed, 0), Some(1));
    nothing_is_broken(&bed);
}

#[test]
fn a_stopped_holder_that_is_started_again_before_its_address_is_taken_keeps_it() {
    let fleet = fleet()
        .addresses(1)
        .running(1)
        .holding(0, 0)
        .running(1)
        .stopped(0)
        .world(|world| world.settings().instance_starts_after = Duration::seconds(3));
    for milliseconds in (0..6000).step_by(50) {
        let bed = fleet.bed();
        bed.use_virtual_time();
        start(&mut bed.world(), &fleet.instances[0]);
        bed.pass(std::time::Duration::from_millis(milliseconds));
        let run = fleet.deliver(bed.client("holdfast-instance-start"), 1, "running");
        let ends = bed.drive(vec![run]).expect("it ends");
        assert!(ends.iter().all(Result::is_ok));
        assert_eq!(
            fleet.holder(&bed, 0),
            Some(0),
            "started {milliseconds} ms before"
        );
        nothing_is_broken(&bed);
    }
}

#[test]
fn the_tag_one_round_of_reads_the_ledger_one_read_of_the_target_one_associate_and_one_read_to_verify()
 {
    let fleet = fleet().addresses(3).running(1);
    let bed = fleet.bed();
    bed.use_virtual_time();
    let began = bed.world().now();
    let run = fleet.deliver(bed.client("holdfast-instance-start"), 0, "running");
    bed.drive(vec![run])
        .expect("it ends")
        .remove(0)
        .expect("a report");
    let names = bed.faults.names();
    println!("{names:?} in {}", bed.world().now() - began);
    let mut reads = names[1..4].to_vec();
    reads.sort_unstable();
    assert_eq!(
        reads,
        [
            "DescribeAddresses",
            "DescribeInstances",
            "DescribeNetworkInterfaces"
        ]
    );
    // The leases tell whether the group is paused.
    let in_turn = [&names[..1], &names[4..]].concat();
    let expected = [
        "DescribeTags",
        "ledger query leases",
        "ledger read snapshots",
        "DescribeNetworkInterfaces",
        "AssociateAddress",
        "DescribeAddresses",
    ];
    assert_eq!(in_turn, expected);
    let world = bed.world();
    let at = |action: &str| {
        world
            .calls()
            .iter()
            .find(|call| call.action() == action)
            .map(|call| call.at)
    };
    let both_on_the_way = time::Duration::milliseconds(180);
    assert!(at("AssociateAddress").is_some_and(|at| at - began <= both_on_the_way * 5));
}

#[test]
fn an_instance_that_dies_half_a_second_later_leaves_its_address_free_again() {
    let mut died_with_it = 0;
    for milliseconds in (0..1000).step_by(20) {
        let fleet = fleet().addresses(1).running(1);
        let bed = fleet.bed();
        bed.use_virtual_time();
        let half = std::time::Duration::from_millis(milliseconds);
        let id = fleet.instances[0].clone();
        let dies = {
            let bed = Arc::clone(&bed);
            let run: Run<'static> = Box::pin(async move {
                Clock::sleep(&bed.client("somebody"), half).await;
                terminate(&mut bed.world(), &id);
                let done = "it dies".to_owned();
                Ok(Report::of(
                    Function::InstanceStart,
                    Mode::Enforce,
                    Outcome::Ignored,
                    done,
                ))
            });
            run
        };
        let starts = fleet.deliver(bed.client("holdfast-instance-start"), 0, "running");
        let ends = bed.drive(vec![starts, dies]).expect("both end");
        assert!(
            ends.iter().all(Result::is_ok),
            "{milliseconds} ms: {ends:?}"
        );
        died_with_it += usize::from(fleet.holder(&bed, 0).is_some());
        let told = ["shutting-down", "terminated"].map(|state| {
            bed.pass(std::time::Duration::from_secs(40));
            let run = fleet.deliver(bed.client("holdfast-instance-start"), 0, state);
            bed.drive(vec![run])
                .expect("it ends")
                .remove(0)
                .expect("a report")
                .outcome
        });
        assert_eq!(told, [Outcome::Ignored; 2]);
        let address = addresses(&bed.world())
            .into_values()
            .next()
            .expect("it is still ours");
        assert_eq!(address.association, None, "after {milliseconds} ms");
        nothing_is_broken(&bed);
    }
    println!("of 50 that died within a second, {died_with_it} had their address by then");
    assert!(
        died_with_it > 0 && died_with_it < 50,
        "both sides of the race were met"
    );
}

#[test]
fn an_instance_that_stops_before_it_is_served_leaves_its_address_to_the_next() {
    let fleet = fleet().addresses(1).running(2);
    let bed = fleet.bed();
    let report = fleet.tell(&bed, 0, "running");
    assert_eq!(report.outcome, Outcome::Associated);
    stop(&mut bed.world(), &fleet.instances[0]);
    bed.pass(std::time::Duration::from_mins(1));
    let report = fleet.tell(&bed, 1, "running");
    println!("{}", report.summary);
    assert_eq!(fleet.holder(&bed, 0), Some(1));
    nothing_is_broken(&bed);
}
