//! Alarm failover in the simulated account: what moves, how, in how many calls, and what does not.

use holdfast::report::{MoveEnd, Outcome, Report};
use holdfast_tests::client::TestBed;
use holdfast_tests::scenarios::failover::{
    FailoverFixture, failover_in, floating_address, floating_interface, floating_private_ip,
};

/// The calls that changed something, in their order.
fn changes(bed: &TestBed, before: usize) -> Vec<&'static str> {
    let world = bed.world();
    let calls = world
        .calls()
        .iter()
        .skip(before)
        .filter(|call| call.mutated());
    calls.map(ec2_sim::world::Call::action).collect()
}

fn moved_by(trio: &FailoverFixture) -> (Report, Vec<&'static str>) {
    let trio = trio.clone().failing(0);
    let bed = trio.bed();
    let before = bed.world().calls().len();
    let report = trio.told(&bed, &trio.alarm(0));
    assert_eq!(trio.holder(&bed), Some(1), "{}", report.summary);
    assert_eq!(bed.broken(), Vec::<String>::new());
    let ends: Vec<MoveEnd> = failover_in(&report)
        .moves
        .iter()
        .map(|one| one.end)
        .collect();
    assert_eq!(ends, [MoveEnd::Moved]);
    let changes = changes(&bed, before);
    (report, changes)
}

#[test]
fn an_interface_moves_to_the_first_standby_in_two_calls() {
    let (report, changes) = moved_by(&floating_interface());
    assert_eq!(report.outcome, Outcome::FailedOver);
    assert_eq!(
        changes,
        ["DetachNetworkInterface", "AttachNetworkInterface"]
    );
}

#[test]
fn a_private_ip_moves_in_one_call_with_its_elastic_ip() {
    let (report, changes) = moved_by(&floating_private_ip());
    assert_eq!(report.outcome, Outcome::FailedOver);
    assert_eq!(changes, ["AssignPrivateIpAddresses"]);
}

#[test]
fn an_elastic_ip_moves_in_one_call_while_its_holder_runs() {
    let (report, changes) = moved_by(&floating_address());
    assert_eq!(report.outcome, Outcome::FailedOver);
    assert_eq!(changes, ["AssociateAddress"]);
}
