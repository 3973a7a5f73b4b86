//! Reconcile on the simulated account: what a run costs, with EC2's throttling on, under faults, and at
//! the same time as the guard.

use futures_util::FutureExt;
use holdfast::cloud::{AddressFilter, ReadAddresses};
use holdfast::events::{Trigger, parse};
use holdfast::ledger::release::PendingReason;
use holdfast::ledger::{Ledger, ReleaseStatus, Snapshot};
use holdfast::report::{Outcome, Report, Subject, SweepReport};
use holdfast::settings::{Mode, Settings};
use holdfast_tests::client::{Client, TestBed};
use holdfast_tests::explorer::promises::Promises;
use holdfast_tests::explorer::{Run, Scenario, explore, interleave};
use holdfast_tests::scenarios::guard::{Released, account, record};
use holdfast_tests::scenarios::reconcile::{Installation, play};
use std::collections::BTreeMap;
use std::sync::Arc;
use time::Duration;

fn swept(report: &Report) -> &SweepReport {
    match &report.subject {
        Subject::Sweep(sweep) => sweep,
        other => panic!("no sweep: {other:?}"),
    }
}

/// How often each call was made since `before`.
fn calls_since(account: &Installation, before: usize) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for name in account.bed.faults.names().split_off(before) {
        *counts.entry(name).or_default() += 1;
    }
    counts
}

fn throttled(account: &Installation) -> usize {
    let world = account.bed.world();
    let codes = world
        .calls()
        .iter()
        .filter_map(|call| call.error_code.as_deref());
    codes.filter(|code| *code == "RequestLimitExceeded").count()
}

#[test]
fn a_run_costs_one_describe_the_attribute_pages_two_queries_and_a_write_for_each_change() {
    println!(
        "| addresses | changed | describes | attribute pages | queries | ledger, KiB | writes |"
    );
    println!("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for number in [10, 100, 1_000, 5_000] {
        for changed in [0, 10] {
            let mut account = Installation::new();
            let addresses = account.allocate_many(number, "record");
            account.lose_events();
            account.pass(Duration::minutes(1));
            account.sweep().unwrap();
            account.pass(Duration::minutes(5));
            for known in addresses.iter().take(changed) {
                account.protect(known);
            }
            account.lose_events();
            account.pass(Duration::minutes(1));
            let before = account.bed.faults.names().len();

            account.sweep().unwrap();

            let calls = calls_since(&account, before);
            let count = |name| calls.get(name).copied().unwrap_or_default();
            let queries = count("ledger query") + count("ledger query releases");
            let pages = count("DescribeAddressesAttribute");
            let writes = count("ledger write snapshot");
            let groups = ["DescribeInstances", "DescribeNetworkInterfaces"].map(count);
            let bytes: usize = account
                .snapshots()
                .iter()
                .map(|row| serde_json::to_string(row).unwrap().len())
                .sum();
            println!(
                "| {number} | {changed} | {} | {pages} | {queries} | {} | {writes} |",
                count("DescribeAddresses"),
                bytes / 1024,
            );
            assert_eq!(
                (count("DescribeAddresses"), queries, writes),
                (1, 2, changed)
            );
            assert!(pages <= 1 + number / 1_000, "{pages} pages");
            assert_eq!(groups, [1, 1], "whether there are groups is asked once");
            assert_eq!(calls.values().sum::<usize>(), 3 + pages + queries + writes);
        }
    }
}

#[test]
fn five_thousand_addresses_are_swept_with_throttling_on() {
    let mut account = Installation::new();
    let addresses = account.allocate_many(5_000, "reclaim");
    account.pass(Duration::minutes(1));
    account.bed.world().throttle(true);
    let report = account.sweep().unwrap();
    let swept = swept(&report);
    assert_eq!((swept.addresses, swept.protected), (addresses.len(), 5_000));
    assert_eq!(throttled(&account), 0);
}

#[test]
fn a_thousand_address_events_at_once_cost_no_ec2_call() {
    let mut account = Installation::new();
    let addresses = account.allocate_many(1_000, "record");
    account.pass(Duration::minutes(1));
    account.sweep().unwrap();
    account.pass(Duration::minutes(5));
    for known in &addresses {
        account.protect(known);
    }
    let burst = account.events();
    assert_eq!(burst.len(), 1_000);
    account.bed.world().throttle(true);
    let before = account.bed.faults.names().len();

    for event in &burst {
        account.deliver(event).unwrap();
    }

    let calls = calls_since(&account, before);
    assert_eq!(calls.get("DescribeAddresses"), None, "{calls:?}");
    assert_eq!(calls["ledger write snapshot"], 1_000);
    assert_eq!(throttled(&account), 0);
    let is_protected = |row: &Snapshot| row.tags.contains_key("holdfast:protect");
    assert!(account.snapshots().iter().all(is_protected));
}

#[test]
fn a_thousand_late_events_wait_for_ec2_and_none_fails() {
    let mut account = Installation::new();
    let addresses = account.allocate_many(1_000, "record");
    for known in &addresses {
        account.protect(known);
    }
    let late = account.events();
    account.pass(Duration::minutes(5));
    account.sweep().unwrap();
    account.bed.world().throttle(true);
    let start = account.bed.world().now();
    for event in &late {
        account.deliver(event).unwrap();
    }
    let elapsed = account.bed.world().now() - start;
    assert!(elapsed <= Duration::minutes(5), "{elapsed}");
}

#[test]
fn a_teardown_of_three_hundred_protected_addresses_that_no_event_told_of_comes_back() {
    let mut account = Installation::new();
    let addresses = account.allocate_many(300, "reclaim");
    account.lose_events();
    account.pass(Duration::minutes(1));
    account.sweep().unwrap();
    account.pass(Duration::minutes(5));
    for known in &addresses {
        account.release(known);
    }
    account.lose_events();
    account.bed.world().throttle(true);
    let mut runs = 0;
    while addresses
        .iter()
        .any(|known| account.held(&known.ip).is_none())
    {
        account.pass(Duration::minutes(5));
        account.sweep().unwrap();
        runs += 1;
        assert!(runs <= 4, "{runs} runs");
    }
    let closed = |release: &&holdfast::ledger::ReleaseRecord| release.status.is_final();
    assert_eq!(account.releases().iter().filter(closed).count(), 300);
}

fn sweeping(released: &Released) -> impl Fn(Client) -> Run<'static> + 'static {
    sweeping_with(released.settings.clone())
}

fn sweeping_with(settings: Settings) -> impl Fn(Client) -> Run<'static> + 'static {
    move |client| {
        let at = holdfast::clock::Clock::now(&client);
        Box::pin(play(client, settings.clone(), Trigger::Schedule { at }))
    }
}

/// One address allocated, one record, the old allocation ended.
fn is_back_once(released: &Released, bed: &TestBed) -> Result<(), String> {
    let held = released
        .held(bed)
        .ok_or("the account does not have the address")?;
    let record = record(bed).ok_or("the ledger has no record")?;
    match &record.status {
        ReleaseStatus::Reclaimed {
            allocation,
            restored: true,
        } if allocation.as_str() == held.allocation_id => {}
        other => return Err(format!("the record says {other:?}")),
    }
    let rows = bed
        .ledger
        .snapshots()
        .now_or_never()
        .and_then(Result::ok)
        .unwrap_or_default();
    let alive = rows.iter().filter(|row| row.is_allocated());
    let alive: Vec<&str> = alive.map(|row| row.allocation.as_str()).collect();
    if alive == [held.allocation_id.as_str()] {
        Ok(())
    } else {
        Err(format!("alive: {alive:?}"))
    }
}

fn missed(name: &'static str) -> (Arc<Released>, Scenario) {
    let released = Arc::new(account().not_associated().released());
    let (for_bed, for_goal) = (Arc::clone(&released), Arc::clone(&released));
    let scenario = Scenario {
        name,
        bed: Box::new(move || for_bed.bed()),
        deliver: Box::new(sweeping(&released)),
        observe: Box::new(sweeping_with(Settings {
            mode: Mode::Observe,
            ..released.settings.clone()
        })),
        goal: Box::new(move |bed| is_back_once(&for_goal, bed)),
        promises: Promises::with_changes(3),
    };
    (released, scenario)
}

#[test]
fn a_missed_release_comes_back_whatever_goes_wrong() {
    let (_, scenario) = missed("reconcile finds a release that no event told of");
    let coverage = explore(&scenario).unwrap_or_else(|history| panic!("{history}"));
    println!("{} calls, {} histories", coverage.calls, coverage.histories);
    assert!(coverage.histories > coverage.calls * 6);
}

#[test]
fn guard_and_reconcile_on_the_same_release_end_alike_in_every_order() {
    let (released, scenario) = missed("guard and reconcile at once");
    let sweep = sweeping(&released);
    let guard = {
        let settings = released.settings.clone();
        let trigger = parse(&released.event).unwrap();
        move |client| -> Run<'static> { Box::pin(play(client, settings.clone(), trigger.clone())) }
    };
    let pair = |one, other| (guard(one), sweep(other));
    walks(interleave::both(&scenario, &pair));
}

#[test]
fn a_release_and_its_own_allocation_delivered_at_once_end_reclaimed_in_every_order() {
    at_once(Duration::ZERO, 3, is_back_once);
}

#[test]
fn a_release_and_its_own_allocation_ask_for_nothing_in_any_order_before_cloudtrail_confirms_them() {
    at_once(Duration::hours(1), 0, |released, bed| {
        let status = record(bed).map(|record| record.status);
        let reason = PendingReason::UnknownAddress;
        match (status, released.held(bed)) {
            (Some(ReleaseStatus::Pending { reason: why }), None) if why == reason => Ok(()),
            other => Err(format!("it is {other:?}")),
        }
    });
}

/// Both are delivered at the same time, and CloudTrail's event history knows of a call so long after it.
fn at_once(
    looked_up_after: Duration,
    changes: usize,
    goal: fn(&Released, &TestBed) -> Result<(), String>,
) {
    let released = account()
        .not_associated()
        .unknown_to_the_ledger()
        .world(|world| world.settings().looked_up_after = looked_up_after)
        .released();
    let records = released.world.trail();
    let born = records
        .iter()
        .find(|record| record.event_name == "AllocateAddress")
        .unwrap();
    let deliveries = [born.detail().clone(), released.event.clone()].map(|event| {
        let (settings, trigger) = (released.settings.clone(), parse(&event).unwrap());
        move |client| -> Run<'static> { Box::pin(play(client, settings.clone(), trigger.clone())) }
    });
    let [allocation, release] = deliveries;
    let pair = |one, other| (allocation(one), release(other));
    let promises = Promises::with_changes(changes);
    let name = "a release and its allocation at once";
    let scenario = released.scenario_that(name, promises, goal);
    walks(interleave::both(&scenario, &pair));
}

#[test]
fn two_sweeps_at_once_take_back_one_address_in_every_order() {
    let (released, scenario) = missed("two sweeps at once");
    let (one, other) = (sweeping(&released), sweeping(&released));
    let pair = |first, second| (one(first), other(second));
    walks(interleave::both(&scenario, &pair));
}

fn walks(walked: Result<usize, String>) {
    let orders = walked.unwrap_or_else(|history| panic!("{history}"));
    println!("{orders} orders");
    assert!(orders > 20, "only {orders} orders were walked");
}

#[test]
fn a_look_that_lags_loses_nothing() {
    let mut account = Installation::new();
    account.bed.world().set_read_lag(Duration::seconds(3));
    let known = account.allocate(Some("reclaim"));
    account.pass(Duration::seconds(2));
    account.sweep().unwrap();
    account.pass(Duration::minutes(5));
    let report = account.sweep().unwrap();
    assert_eq!(report.outcome, Outcome::Refreshed);
    let client = account.bed.client("auditor");
    let shown = client
        .addresses(&AddressFilter::All)
        .now_or_never()
        .unwrap()
        .unwrap();
    assert_eq!(shown[0].ip.to_string(), known.ip);
    assert!(account.snapshots().iter().all(Snapshot::is_allocated));
}
