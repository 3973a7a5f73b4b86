//! Attachments are tried as dry runs before anything is detached: with whom, and what that holds back.

use holdfast::report::Outcome;
use holdfast_tests::client::TestBed;
use holdfast_tests::client::faults::Fault;
use holdfast_tests::scenarios::failover::{
    changes, failed, failed_after_a_sweep, floating_address, floating_interface, why,
};

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

#[test]
fn after_a_sweep_each_standby_is_rehearsed_once_and_before_the_lease() {
    let trio = floating_interface();
    let (bed, event) = failed_after_a_sweep(&trio, 0, |_| {});
    let before = bed.faults.names().len();
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    let names = bed.faults.names().split_off(before);
    let leased = names.iter().position(|name| *name == "ledger take lease");
    let early = &names[..leased.expect("the lease is acquired")];
    let count = |names: &[&str]| names.iter().filter(|it| **it == REHEARSAL).count();
    assert_eq!((count(early), count(&names)), (2, 2), "{names:#?}");
}

#[test]
fn an_interface_that_nobody_may_attach_is_not_detached_after_a_sweep_either() {
    let trio = floating_interface();
    let (bed, event) = failed_after_a_sweep(&trio, 0, |_| {});
    bed.world().deny("*", "AttachNetworkInterface");
    let told = why(&trio.told(&bed, &event));
    assert!(told.contains("is not permitted"), "{told}");
    assert_eq!(changes(&bed), Vec::<&str>::new());
    assert_eq!(trio.holder(&bed), Some(0));
}

#[test]
fn a_rehearsal_before_the_lease_that_ec2_does_not_answer_holds_nothing_back_either() {
    let trio = floating_interface();
    let (bed, event) = failed_after_a_sweep(&trio, 0, |_| {});
    let call = trio.call_of(&bed, &event, REHEARSAL);
    bed.faults.plan(&[(call, Fault::Throttled)]);
    let before = count(&bed, REHEARSAL);
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    assert_eq!(count(&bed, REHEARSAL) - before, 2);
    assert_eq!(trio.holder(&bed), Some(1));
}
