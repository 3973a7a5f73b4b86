//! What nobody knows about EC2 (`ec2_sim::Doubts`): failover keeps its promises on either side of each doubt, under every
//! fault at every call and under pairs of faults.
#![expect(
    clippy::panic,
    reason = "the helpers of tests fail as tests do, with the whole history"
)]

use crate::explorer::{down, failing, quick_interface};
use ec2_sim::Doubts;
use holdfast_tests::explorer::{Scenario, explore, explore_singly};
use holdfast_tests::scenarios::failover::{FailoverFixture, floating_address, floating_private_ip};

/// What is explored in each world: an interface, a private IP and an Elastic IP that move from a sick holder, and an
/// interface and an Elastic IP that move from a stopped one.
fn scenarios(doubts: Doubts) -> Vec<Scenario> {
    let doubtful = |trio: FailoverFixture| trio.world(|world| world.settings().doubts = doubts);
    let stopped = |trio: FailoverFixture, name: &'static str| {
        let trio = doubtful(trio).stopped(0);
        let event = down(&trio, "stopped");
        trio.scenario(name, event, 2, |trio, bed| trio.must_be_with(bed, 1))
    };
    vec![
        failing(doubtful(quick_interface()), "interface", 2),
        failing(doubtful(floating_private_ip()), "private IP", 1),
        failing(doubtful(floating_address()), "Elastic IP", 1),
        stopped(quick_interface(), "stopped interface"),
        stopped(
            floating_address().tagged("holdfast:on-stop", "move"),
            "stopped Elastic IP",
        ),
    ]
}

#[test]
fn each_side_of_a_doubt_alone_breaks_no_promise_whatever_goes_wrong() {
    for doubts in Doubts::alone() {
        for scenario in scenarios(doubts) {
            let explored = explore(&scenario);
            let coverage = explored.unwrap_or_else(|history| panic!("{doubts:?}\n{history}"));
            assert!(coverage.histories > coverage.calls * 6);
            println!("{}: {} histories", scenario.name, coverage.histories);
        }
    }
}

#[test]
fn every_pair_of_sides_of_two_doubts_breaks_no_promise_whatever_goes_wrong() {
    for doubts in Doubts::pairwise() {
        for scenario in scenarios(doubts) {
            let explored = explore_singly(&scenario);
            let coverage = explored.unwrap_or_else(|history| panic!("{doubts:?}\n{history}"));
            assert!(coverage.histories > coverage.calls);
            println!("{}: {} histories", scenario.name, coverage.histories);
        }
    }
}
