//! Many instances that end and start in the same moment, with EC2's throttle on, and each call held to the promises.

use ec2_sim::Doubts;
use ec2_sim::doubts::OccupiedTarget;
use holdfast_tests::bursts::happenings::{ended, replaced};
use holdfast_tests::bursts::{Happening, Size, burst};

fn twenty_replaced() -> Happening {
    replaced(Size::checked(20)).expect("the events can be read")
}

#[test]
fn twenty_instances_of_a_group_are_replaced_at_once_one_run_after_the_other() {
    burst(twenty_replaced(), 1)
        .expect("each address is with a new instance, and no promise is broken");
}

#[test]
fn runs_side_by_side_break_no_promise_where_ec2_refuses_a_second_address() {
    let doubts = Doubts {
        occupied_target: OccupiedTarget::Refuses,
        ..Doubts::default()
    };
    burst(twenty_replaced().doubting(doubts), 20)
        .expect("each address is with a new instance, and no promise is broken");
}

/// docs/SEMANTICS.md, "Limits": two runs may give one private IP two addresses in the same moment.
#[test]
fn runs_side_by_side_place_every_address_where_ec2_bumps_the_first_of_two_off() {
    let happening = replaced(Size::unchecked(20)).expect("the events can be read");
    burst(happening, 20).expect("each address is with a new instance in the end");
}

#[test]
fn two_hundred_instances_of_nobodys_that_end_at_once_cost_one_describe_each() {
    let happening = ended(Size::checked(200)).expect("the events can be read");
    let burst = burst(happening, 20).expect("no promise is broken");
    let slowest = burst.held_up_by.expect("EC2 was called");
    let told = (slowest.action.as_str(), slowest.calls);
    assert_eq!(told, ("DescribeTags", 400));
}
