//! How long a failover takes on the clock: what EC2 itself takes, and a number of round trips.

use holdfast::report::Phase;
use holdfast_tests::scenarios::failover::{
    FailoverFixture, failed_after_a_sweep, failover_in, floating_address, floating_interface,
    floating_private_ip,
};
use time::Duration;

const ROUND_TRIP: Duration = Duration::milliseconds(40);
const POLL: Duration = Duration::milliseconds(250);

/// From the event's arrival to two answers of EC2 that agree, and all phases on the way.
fn verified_after(trio: &FailoverFixture) -> (Duration, Vec<Phase>) {
    let (bed, event) = failed_after_a_sweep(trio, 0, |_| {});
    bed.use_round_trip(ROUND_TRIP);
    let run = trio.deliver(bed.client("holdfast"), &event);
    let ends = bed.drive(vec![run]).expect("the run ends");
    let report = ends
        .into_iter()
        .next()
        .expect("there is one run")
        .expect("it moves");
    let phases = failover_in(&report).moves[0].phases.clone();
    let last = phases.last().expect("it has phases");
    assert_eq!(last.name, "verified");
    (
        Duration::milliseconds(i64::try_from(last.ms).expect("it is short")),
        phases,
    )
}

fn told(phases: &[Phase]) -> String {
    let each = phases
        .iter()
        .map(|phase| format!("{} {} ms", phase.name, phase.ms));
    each.collect::<Vec<_>>().join(", ")
}

#[test]
fn f19_f20_an_interface_takes_what_ec2_takes_and_seven_round_trips_and_two_polls() {
    for (detach, attach) in [(500, 500), (3_000, 2_000), (30_000, 5_000)] {
        let (detach, attach) = (
            Duration::milliseconds(detach),
            Duration::milliseconds(attach),
        );
        let trio = floating_interface()
            .delays(detach, attach)
            .set("HOLDFAST_DETACH_DEADLINE_SECONDS", "60");
        let (took, phases) = verified_after(&trio);
        println!("eni, detach {detach}, attach {attach}: {}", told(&phases));
        assert!(
            took <= detach + attach + ROUND_TRIP * 7 + POLL * 2,
            "{took}"
        );
    }
}

#[test]
fn a_private_ip_takes_five_round_trips_and_an_elastic_ip_one_more_to_read_where_it_goes() {
    for (trio, round_trips) in [(floating_private_ip(), 5), (floating_address(), 6)] {
        let (took, phases) = verified_after(&trio);
        println!("{}", told(&phases));
        assert!(took <= ROUND_TRIP * round_trips, "{took}");
    }
}
