//! Attachments are tried as dry runs before anything is detached: with whom, and what that holds back.

use holdfast::report::Outcome;
use holdfast_tests::client::TestBed;
use holdfast_tests::client::faults::Fault;
use holdfast_tests::scenarios::failover::{failed, floating_address, floating_interface};

fn count(bed: &TestBed, name: &str) -> usize {
    let names = bed.faults.names();
    names.iter().filter(|it| **it == name).count()
}

const REHEARSAL: &str = "dry run of AttachNetworkInterface";

#[test]
fn an_attachment_is_rehearsed_with_each_standby_that_runs_and_with_nobody_else() {
    for (trio, asked) in [
        (floating_interface(), 2),
        (floating_interface().stopped(2), 1),
        (floating_address(), 0),
        (floating_interface().set("HOLDFAST_MODE", "observe"), 0),
    ] {
        let (trio, bed, event) = failed(trio);
        drop(trio.told(&bed, &event));
        assert_eq!(count(&bed, REHEARSAL), asked);
    }
}

#[test]
fn an_interface_that_stays_is_not_rehearsed() {
    let mut trio = floating_interface();
    trio.hold_another(1);
    let trio = trio.after(60).failing(1);
    let bed = trio.bed();
    assert_eq!(trio.told(&bed, &trio.alarm(1)).outcome, Outcome::FailedOver);
    assert_eq!(count(&bed, REHEARSAL), 0);
}

#[test]
fn a_rehearsal_that_ec2_does_not_answer_holds_nothing_back() {
    let (trio, bed, event) = failed(floating_interface());
    let call = trio.call_of(&bed, &event, REHEARSAL);
    bed.faults.plan(&[(call, Fault::Throttled)]);
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    assert_eq!(trio.holder(&bed), Some(1));
}
