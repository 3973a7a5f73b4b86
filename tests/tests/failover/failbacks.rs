//! A failback on a person's word: everything goes to the member that stands first, and the function knows which one that
//! is.

use holdfast::events::parse;
use holdfast::report::Outcome;
use holdfast_tests::explorer::explore_singly;
use holdfast_tests::scenarios::failover::{changes, floating_address, floating_interface, why};
use holdfast_tests::scenarios::placement::GROUP;
use serde_json::{Value, json};

/// The first member holds everything, and the last one stands first.
const LAST_IS_FIRST: [Option<i32>; 3] = [Some(2), Some(3), Some(1)];

fn failback() -> Value {
    json!({"holdfast": "failback", "group": GROUP.1})
}

#[test]
fn everything_goes_to_the_member_that_stands_first() {
    for trio in [floating_address(), floating_interface()] {
        let trio = trio.priorities(LAST_IS_FIRST);
        let bed = trio.bed();
        let report = trio.told(&bed, &failback());
        assert_eq!(report.outcome, Outcome::SwitchedOver, "{}", why(&report));
        assert_eq!(trio.holder(&bed), Some(2));
        let again = trio.told(&bed, &failback());
        assert_eq!(again.outcome, Outcome::AlreadyMoved, "{}", why(&again));
    }
}

#[test]
fn where_the_first_has_everything_nothing_is_done_and_that_is_said() {
    let trio = floating_address();
    let bed = trio.bed();
    let report = trio.told(&bed, &failback());
    assert_eq!(report.outcome, Outcome::AlreadyMoved, "{}", why(&report));
    assert!(
        report.summary.contains(&trio.members[0]),
        "{}",
        report.summary
    );
    assert_eq!(changes(&bed), Vec::<&str>::new());
}

#[test]
fn a_first_member_that_is_not_fit_gets_nothing_and_the_report_says_why() {
    let trio = floating_address().priorities(LAST_IS_FIRST).stopped(2);
    let bed = trio.bed();
    let report = trio.told(&bed, &failback());
    assert_eq!(report.outcome, Outcome::Refused, "{}", why(&report));
    assert!(why(&report).contains(&trio.members[2]), "{}", why(&report));
    assert_eq!(changes(&bed), Vec::<&str>::new());
}

#[test]
fn a_group_that_is_not_there_is_named() {
    let trio = floating_address();
    let bed = trio.bed();
    let event = json!({"holdfast": "failback", "group": "nobody"});
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::Refused);
}

#[test]
fn it_comes_to_the_first_whatever_goes_wrong() {
    let trio = floating_address().priorities(LAST_IS_FIRST);
    let scenario = trio.scenario("failback", failback(), 1, |trio, bed| {
        trio.must_be_with(bed, 2)
    });
    let coverage = explore_singly(&scenario).unwrap_or_else(|history| panic!("{history}"));
    println!("{} calls, {} histories", coverage.calls, coverage.histories);
    assert!(coverage.histories > coverage.calls);
}

#[test]
fn a_restore_is_for_another_function() {
    let trio = floating_address();
    let event = json!({"holdfast": "restore", "address": "203.0.113.10"});
    assert!(parse(&event).is_ok());
    let error = trio.try_told(&trio.bed(), &event).unwrap_err();
    assert!(error.to_string().contains("release-guard"), "{error}");
}
