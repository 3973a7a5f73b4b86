//! What nobody knows about EC2 (`ec2_sim::Doubts`): placement keeps its promises on either side of each doubt, under every
//! fault at every call.

use ec2_sim::Doubts;
use holdfast_tests::explorer::{Scenario, explore_singly};
use holdfast_tests::scenarios::placement::{Fleet, fleet};

/// An instance that gets a free address, one that gets that of a stopped one, and one that stops and hands it on.
fn scenarios(doubts: Doubts) -> Vec<Scenario> {
    let doubtful = |fleet: Fleet| fleet.world(|world| world.settings().doubts = doubts);
    let free = doubtful(fleet().addresses(2).running(1));
    let of_stopped = doubtful(fleet().addresses(1).running(2).holding(1, 0).stopped(1));
    vec![
        free.scenario("free", (0, "running"), 1, |fleet, bed| {
            fleet.must_hold(bed, 0, 1)
        }),
        of_stopped.scenario("of a stopped one", (0, "running"), 2, |fleet, bed| {
            fleet.must_hold(bed, 0, 1)
        }),
    ]
}

#[test]
fn each_side_alone_and_every_pair_of_sides_breaks_no_promise_whatever_goes_wrong() {
    // The defaults are explored everywhere else.
    for doubts in Doubts::alone().skip(1).chain(Doubts::pairwise()) {
        for scenario in scenarios(doubts) {
            let explored = explore_singly(&scenario);
            let coverage = explored.unwrap_or_else(|history| panic!("{doubts:?}\n{history}"));
            assert!(coverage.histories > coverage.calls);
            println!("{}: {} histories", scenario.name, coverage.histories);
        }
    }
}
