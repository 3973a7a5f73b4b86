//! Many releases in the same moments, with EC2's throttle on, and each call held to the promises.

use holdfast_tests::bursts::happenings::released;
use holdfast_tests::bursts::{Size, burst};

#[test]
fn sixty_releases_in_four_seconds_all_come_back_ten_runs_at_a_time() {
    let happening = released(Size::checked(60)).expect("the events can be read");
    let burst = burst(happening, 10).expect("no promise is broken");
    assert_eq!(burst.ends.get("reclaimed"), Some(&60));
}
