//! The table of report sizes: what a run of reconcile has to tell in accounts of all sizes, on the bus and in the log.
//! Each is a real run in the simulated account, in which nothing is as ready as it could be: every member has an Elastic
//! IP on its only private IP, so none can take another one's.

use holdfast::report::delivered::{delivered, whole};
use holdfast::report::{MAX_LINE_BYTES, Origin, Report, Subject, parts, size_of};
use holdfast_tests::scenarios::placement::{Fleet, fleet};
use holdfast_tests::scenarios::reconcile::Installation;
use time::{Duration, OffsetDateTime};

/// What a bus takes of a report.
const MAX_BYTES: usize = 200_000;

fn origin() -> Origin {
    Origin {
        request_id: "b9dd6c3d-0000-4000-8000-000000000000".to_owned(),
        account: None,
        region: "us-east-1".to_owned(),
        log_group: Some("/aws/lambda/holdfast-reconcile".to_owned()),
        at: OffsetDateTime::UNIX_EPOCH,
    }
}

/// Groups of so many members, each of which has an address.
fn groups(number: usize, members: i32) -> Installation {
    let mut all = fleet().world(|world| world.settings().address_quota = 10_000);
    for group in 0..number {
        let name = format!("group-{group}");
        let tag = [
            ("holdfast:group", name.as_str()),
            ("holdfast:protect", "reclaim"),
        ];
        all = all.launched(members, &tag[..1]);
        for _ in 0..members {
            all = all.address(&tag);
        }
    }
    let all = all.after(Duration::minutes(5));
    let count = all.addresses.len();
    let held = (0..count).fold(all, |all: Fleet, each| all.holding(each, each));
    Installation::in_world(held.after(Duration::minutes(5)).world)
}

/// Prints a row, after it has looked at what is in it.
fn told(what: &str, report: &Report) {
    let all = whole(report, &origin());
    let lines = parts(&all);
    for line in &lines {
        assert!(size_of(&line.report) < MAX_LINE_BYTES, "{what}");
    }
    let answer = delivered(report, &origin(), "the log");
    let size = size_of(&answer);
    assert!(size <= MAX_BYTES, "{what}: {size}");
    println!(
        "| {what} | {} | {size} | {} | {} |",
        size_of(&all),
        report.findings.len(),
        lines.len()
    );
}

#[test]
fn h3_the_table_of_report_sizes_is_below_200_kb_in_every_account() {
    println!("| account | whole, bytes | on the bus, bytes | findings | lines of the log |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    for (number, members) in [(1, 10), (10, 10), (100, 10), (1, 40), (400, 2)] {
        let account = groups(number, members);
        let report = account.sweep().expect("it is swept");
        let Subject::Sweep(sweep) = &report.subject else {
            panic!("it is a sweep: {report:?}");
        };
        assert_eq!(sweep.groups.len(), number);
        for group in &sweep.groups {
            assert!(group.obstacles.len() <= 6, "{:?}", group.obstacles);
        }
        let addresses = sweep.addresses;
        told(
            &format!("{addresses} addresses, {number} groups of {members}"),
            &report,
        );
    }
}

#[test]
fn h3_two_hundred_addresses_that_one_run_takes_back_are_all_in_the_log() {
    let mut account = Installation::new();
    let all = account.allocate_many(200, "reclaim");
    account.lose_events();
    account.pass(Duration::minutes(1));
    account.sweep().expect("it is swept");
    for known in &all {
        account.release(known);
    }
    account.lose_events();
    account.pass(Duration::minutes(6));
    let report = account.sweep().expect("it is swept");
    told("200 addresses taken back by one run", &report);
    let lines = parts(&whole(&report, &origin()));
    let texts: Vec<String> = lines.iter().map(|line| line.report.to_string()).collect();
    let Subject::Sweep(sweep) = &report.subject else {
        panic!("it is a sweep: {report:?}");
    };
    assert!(sweep.releases.len() > 100, "{}", sweep.releases.len());
    for release in &sweep.releases {
        let Subject::Address(address) = &release.subject else {
            panic!("it is an address: {release:?}");
        };
        let name = address.released_allocation.as_str();
        assert!(texts.iter().any(|text| text.contains(name)), "{name}");
    }
}

/// Holdfast is installed, and the first address comes long after, without a word.
#[test]
fn m7_what_no_event_tells_is_counted_after_a_quarter_of_an_hour_and_once() {
    let mut account = Installation::new();
    let _before = account.allocate_many(2, "record");
    account.lose_events();
    let mut counted = Vec::new();
    for round in 0..12 {
        account.pass(Duration::minutes(5));
        if round == 5 {
            let _untold = account.allocate_many(1, "record");
            account.lose_events();
        }
        let report = account.sweep().expect("it is swept");
        let Subject::Sweep(sweep) = &report.subject else {
            panic!("it is a sweep: {report:?}");
        };
        counted.push(sweep.untold);
    }
    assert_eq!(
        counted[..8].iter().sum::<usize>(),
        0,
        "too early: {counted:?}"
    );
    assert_eq!(counted.iter().sum::<usize>(), 1, "{counted:?}");
}
