//! Many holders that end in the same moment, with EC2's throttle on, and each call held to the promises.

use holdfast_tests::bursts::happenings::failed;
use holdfast_tests::bursts::{Size, burst};

fn holders_end(count: usize, processes: usize) {
    let happening = failed(Size::checked(count)).expect("the events can be read");
    burst(happening, processes).expect("each address is with a standby, and no promise is broken");
}

#[test]
fn each_of_forty_holders_that_end_at_once_is_relieved_one_run_after_the_other() {
    holders_end(40, 1);
}

#[test]
fn each_of_forty_holders_that_end_at_once_is_relieved_thirty_runs_at_a_time() {
    holders_end(40, 30);
}
