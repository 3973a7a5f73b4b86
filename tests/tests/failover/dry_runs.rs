//! Attachments are tried as dry runs before anything is detached: with whom, and what that holds back.

use holdfast::report::Outcome;
use holdfast_tests::client::Stage;
use holdfast_tests::client::tap::Fault;
use holdfast_tests::scenarios::failover::{failed, floating_address, floating_interface};

fn count(stage: &Stage, name: &str) -> usize {
    let names = stage.tap.names();
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
        let (trio, stage, event) = failed(trio);
        drop(trio.told(&stage, &event));
        assert_eq!(count(&stage, REHEARSAL), asked);
    }
}

#[test]
fn an_interface_that_stays_is_not_rehearsed() {
    let mut trio = floating_interface();
    trio.hold_another(1);
    let trio = trio.after(60).failing(1);
    let stage = trio.stage();
    assert_eq!(
        trio.told(&stage, &trio.alarm(1)).outcome,
        Outcome::FailedOver
    );
    assert_eq!(count(&stage, REHEARSAL), 0);
}

#[test]
fn a_rehearsal_that_ec2_does_not_answer_holds_nothing_back() {
    let (trio, stage, event) = failed(floating_interface());
    let call = trio.call_of(&stage, &event, REHEARSAL);
    stage.tap.plan(&[(call, Fault::Throttled)]);
    assert_eq!(trio.told(&stage, &event).outcome, Outcome::FailedOver);
    assert_eq!(trio.holder(&stage), Some(1));
}
