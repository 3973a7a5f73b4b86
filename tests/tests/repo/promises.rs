//! The promises of docs/SEMANTICS.md, each quoted to the letter by the test that shows it. A promise
//! that no test quotes fails the first test here.

use ec2_sim::world::Call;
use holdfast::report::Outcome;
use holdfast_tests::client::TestBed;
use holdfast_tests::client::faults::Fault;
use holdfast_tests::explorer::explore;
use holdfast_tests::explorer::promises::{Promises, addresses, is_holdfast};
use holdfast_tests::scenarios::guard::{Account, account, record};

const SEMANTICS: &str = include_str!("../../../docs/SEMANTICS.md");
const THIS_FILE: &str = include_str!("promises.rs");

/// What stands in bold at the head of each numbered item, on one line.
fn promises() -> Vec<String> {
    let text = SEMANTICS.split_whitespace().collect::<Vec<_>>().join(" ");
    let numbered = (1..=8).filter_map(|number| {
        let (_, rest) = text.split_once(&format!("{number}. **"))?;
        rest.split_once("**").map(|(promise, _)| promise.to_owned())
    });
    numbered.collect()
}

/// The address that kim released, with `change` made to the account before.
fn survives_every_fault(name: &'static str, account: Account, most: Promises, is_back: bool) {
    let goal = move |released: &holdfast_tests::scenarios::guard::Released, bed: &TestBed| match (
        is_back,
        released.held(bed).is_some(),
    ) {
        (expected, held) if expected == held => Ok(()),
        (_, held) => Err(format!("the account has the address: {held}")),
    };
    let explored = explore(&account.released().scenario_that(name, most, goal));
    assert!(
        explored
            .unwrap_or_else(|history| panic!("{history}"))
            .histories
            > 100
    );
}

#[test]
fn every_promise_is_quoted_by_a_test() {
    let promises = promises();
    assert_eq!(promises.len(), 8, "docs/SEMANTICS.md has {promises:?}");
    let quotes = THIS_FILE.replace("\n/// ", " ");
    for promise in promises {
        assert!(quotes.contains(&promise), "no test quotes: {promise}");
    }
}

/// A healthy holder is never stripped of its address.
///
/// The explorer compares every address before and after every call. That it would notice is shown in
/// `guard/intruders.rs`, where the guards are taken out one by one.
#[test]
fn promise_1() {
    let changes = Promises::with_changes(3);
    survives_every_fault("promise 1", account(), changes, true);
}

/// The trait by which failover takes an address from whoever has it is not among what the guard and placement
/// ask of EC2, so the compiler keeps them from it.
#[test]
fn the_guard_and_placement_cannot_take_an_address_from_its_holder() {
    for (function, source) in [
        (
            "ReleaseGuardCloud",
            include_str!("../../../shared/src/release_guard/cloud.rs"),
        ),
        (
            "InstanceStartCloud",
            include_str!("../../../shared/src/instance_start/cloud.rs"),
        ),
    ] {
        let (_, rest) = source
            .split_once(&format!("pub trait {function}:"))
            .unwrap();
        let (bounds, _) = rest.split_once('{').unwrap();
        assert!(!bounds.contains("Reassociate"), "{function}: {bounds}");
        assert!(bounds.contains("Associate"), "{function}: {bounds}");
    }
}

/// What is not tagged, or not named by a policy, is never changed.
#[test]
fn promise_2() {
    let untagged = account().tagged(&[("Name", "scratch")]);
    survives_every_fault("promise 2", untagged, Promises::with_changes(0), false);
}

/// One loss event allocates at most one address.
#[test]
fn promise_3() {
    let guarded = account().released().guarded();
    guarded.bed.faults.plan(&[(1, Fault::ReplyLost)]);
    for _ in 0..10 {
        assert!(guarded.report().is_ok());
    }
    let world = guarded.bed.world();
    let allocated = |call: &&Call| call.mutated() && call.action() == "AllocateAddress";
    let by_holdfast = world
        .calls()
        .iter()
        .filter(|call| is_holdfast(&call.caller));
    assert_eq!(by_holdfast.filter(allocated).count(), 1);
}

/// No function of Holdfast can release an address.
#[test]
fn promise_4() {
    let ports = include_str!("../../../shared/src/cloud.rs");
    let calls: Vec<&str> = ports
        .lines()
        .filter(|line| line.trim().starts_with("fn "))
        .collect();
    assert!(calls.len() > 5, "the ports are not where they were");
    assert!(
        !calls.iter().any(|call| call.contains("release")),
        "{calls:?}"
    );
    let actions = include_str!("../../../shared/aws/src/actions.rs");
    assert!(actions.contains("ec2:AllocateAddress") && !actions.contains("ec2:ReleaseAddress"));
}

/// The end state does not depend on how often, or in what order, events arrive.
#[test]
fn promise_5() {
    let guarded = account().released().guarded();
    let _ = guarded.report();
    let once = addresses(&guarded.bed.world());
    for _ in 0..10 {
        assert_eq!(
            guarded.report().map(|report| report.outcome).ok(),
            Some(Outcome::AlreadyOurs)
        );
    }
    assert_eq!(addresses(&guarded.bed.world()), once);
}

/// At every moment an address has at most one owner. A run that ends has left it with a healthy
/// member, with its source, or reported as stranded with an `Err`.
#[test]
fn promise_6() {
    let guarded = account().denied("AllocateAddress").released().guarded();
    assert_eq!(
        guarded.report().map(|report| report.outcome).ok(),
        Some(Outcome::Denied)
    );
    assert!(record(&guarded.bed).is_some_and(|record| !record.status.is_final()));
    survives_every_fault("promise 6", account(), Promises::with_changes(3), true);
}

/// `observe` mode makes no mutating call.
#[test]
fn promise_7() {
    let observing = account().set("HOLDFAST_MODE", "observe");
    survives_every_fault("promise 7", observing, Promises::of_observe_mode(), false);
}

/// The number of mutating calls per event is bounded and small.
#[test]
fn promise_8() {
    let guarded = account().released().guarded();
    let _ = guarded.report();
    let changes = [
        "AllocateAddress",
        "AssociateAddress",
        "ModifyAddressAttribute",
    ];
    let mut made: Vec<&str> = guarded
        .calls()
        .into_iter()
        .filter(|name| changes.contains(name))
        .collect();
    made.sort_unstable();
    assert_eq!(made, changes);
}
