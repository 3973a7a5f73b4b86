//! Promises 4, 6 and 8 of docs/SEMANTICS.md, quoted to the letter, as a failover keeps them.

use holdfast::report::Outcome;
use holdfast_tests::client::faults::Fault;
use holdfast_tests::explorer::explore_singly;
use holdfast_tests::explorer::promises::addresses;
use holdfast_tests::scenarios::failover::{
    FailoverFixture, changes, failed, failover_in, floating_address, floating_interface,
    floating_private_ip,
};
use holdfast_tests::scenarios::placement::state_change;

const SEMANTICS: &str = include_str!("../../../docs/SEMANTICS.md");
const THIS_FILE: &str = include_str!("promises.rs");

/// A group for each way to move.
fn groups() -> [FailoverFixture; 3] {
    [
        floating_interface(),
        floating_private_ip(),
        floating_address(),
    ]
}

/// The holder of an Elastic IP has stopped, and the address is to move.
fn stopped() -> FailoverFixture {
    floating_address()
        .tagged("holdfast:on-stop", "move")
        .stopped(0)
}

#[test]
fn the_promises_are_quoted_to_the_letter() {
    let text = SEMANTICS.split_whitespace().collect::<Vec<_>>().join(" ");
    let quotes = THIS_FILE.replace("\n/// ", " ");
    for number in [4, 6, 8] {
        let promise = text
            .split_once(&format!("{number}. **"))
            .and_then(|(_, rest)| rest.split_once("**"));
        let (promise, _) = promise.expect("the promise is there");
        assert!(quotes.contains(promise), "no test quotes: {promise}");
    }
}

/// No function of Holdfast can release an address.
#[test]
fn promise_4() {
    for trio in groups() {
        let trio = trio.failing(0);
        let before: Vec<String> = addresses(&trio.world).into_keys().collect();
        let event = trio.alarm(0);
        let scenario = trio.scenario("promise 4", event, 2, move |trio, bed| {
            let after: Vec<String> = addresses(&bed.world()).into_keys().collect();
            if after != before {
                return Err(format!("{after:?}, not {before:?}"));
            }
            trio.must_be_with(bed, 1)
        });
        if let Err(history) = explore_singly(&scenario) {
            panic!("{history}");
        }
    }
    let asked = include_str!("../../../shared/src/alarm_failover/cloud.rs");
    assert!(asked.contains("Reassociate") && !asked.contains("Release"));
    let calls = include_str!("../../../shared/src/cloud/moves.rs").lines();
    let calls: Vec<&str> = calls
        .filter(|line| line.trim().starts_with("fn "))
        .collect();
    assert!(calls.len() > 5, "the calls are not where they were");
    assert!(
        !calls.iter().any(|call| call.contains("release")),
        "{calls:?}"
    );
}

/// At every moment an address has at most one owner. A run that ends has left it with a healthy
/// member, with its source, or reported as stranded with an `Err`.
#[test]
fn promise_6() {
    for trio in groups() {
        let (trio, bed, event) = failed(trio);
        drop(trio.told(&bed, &event));
        let calls = bed.faults.names().len();
        for call in 0..calls {
            for fault in [Fault::RequestLost, Fault::ReplyLost, Fault::Throttled] {
                let bed = trio.bed();
                bed.faults.plan(&[(call, fault)]);
                let end = trio.try_told(&bed, &event);
                assert_eq!(bed.broken(), Vec::<String>::new());
                let holder = trio.holder(&bed);
                assert!(
                    holder.is_some() || end.is_err(),
                    "{fault:?} at call {call}: nobody has it, and the run says {end:?}"
                );
            }
        }
    }
    let trio = stopped();
    let bed = trio.bed();
    bed.world().deny("*", "AssociateAddress");
    let event = state_change(&trio.members[0], "stopped");
    let end = trio.try_told(&bed, &event);
    let stranded = end.expect_err("nobody may have it");
    assert_eq!(stranded.name(), "Holdfast.Stranded");
    assert_eq!(trio.holder(&bed), None);
}

/// What one failover changes, and that its lease takes two writes to the ledger.
#[track_caller]
fn takes(trio: &FailoverFixture, event: &serde_json::Value, calls: &[&str]) {
    let bed = trio.bed();
    let report = trio.told(&bed, event);
    assert_eq!(report.outcome, Outcome::FailedOver, "{}", report.summary);
    assert_eq!(changes(&bed), calls);
    let counted = usize::try_from(failover_in(&report).mutating_calls);
    assert_eq!(counted.ok(), Some(calls.len()));
    let names = bed.faults.names().into_iter();
    let writes: Vec<&str> = names
        .filter(|name| ["ledger take lease", "ledger put lease"].contains(name))
        .collect();
    assert_eq!(writes, ["ledger take lease", "ledger put lease"]);
}

/// The number of mutating calls per event is bounded and small.
#[test]
fn promise_8() {
    let failing = |trio: FailoverFixture, calls: &[&str]| {
        let trio = trio.failing(0);
        takes(&trio, &trio.alarm(0), calls);
    };
    let (detach, attach) = ("DetachNetworkInterface", "AttachNetworkInterface");
    failing(floating_private_ip(), &["AssignPrivateIpAddresses"]);
    failing(floating_address(), &["AssociateAddress"]);
    failing(floating_interface(), &[detach, attach]);
    failing(
        floating_interface().ending_with_instance(),
        &["ModifyNetworkInterfaceAttribute", detach, attach],
    );
    let fenced = floating_address().tagged("holdfast:fence", "stop");
    failing(fenced, &["AssociateAddress", "StopInstances"]);
    let stopped = stopped();
    let event = state_change(&stopped.members[0], "stopped");
    takes(
        &stopped,
        &event,
        &["DisassociateAddress", "AssociateAddress"],
    );
}
