//! Zones that traffic is shifted away from: who is there does not stand by, where a person has asked for that to count.

use ec2_sim::api::Request;
use holdfast::report::{Outcome, Report};
use holdfast_tests::client::TestBed;
use holdfast_tests::explorer::explore;
use holdfast_tests::scenarios::failover::{
    FailoverFixture, changes, failed, floating_address, floating_interface, switchover, why,
};

/// The zone of the member that stands by first, and of nobody else.
const ITS_ZONE: &str = "us-east-1-az2";
/// The zone of the three others.
const THEIR_ZONE: &str = "us-east-1-az1";
/// The member in the other zone, which would be first.
const ELSEWHERE: usize = 3;

/// The first standby is in a zone of its own, and shifts count.
fn two_zones() -> FailoverFixture {
    floating_address()
        .first_in_line_in_another_zone()
        .set("HOLDFAST_ZONAL_SHIFTS", "heed")
}

fn shifted(trio: FailoverFixture, zone: &str, kind: &str) -> FailoverFixture {
    let resource = (!kind.is_empty()).then_some("arn:aws:elasticloadbalancing:lb");
    trio.world(|world| world.shift_away(zone, resource, kind))
}

fn told_of(report: &Report, words: &str) -> bool {
    report.findings.iter().any(|it| it.what.contains(words))
}

fn asks(bed: &TestBed) -> bool {
    bed.faults.names().contains(&"ListAutoshifts")
}

#[test]
fn the_members_are_where_this_test_thinks_that_they_are() {
    let (trio, bed, event) = failed(two_zones());
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    assert_eq!(trio.holder(&bed), Some(ELSEWHERE));
    assert!(asks(&bed));
}

#[test]
fn a_standby_in_a_zone_that_is_to_be_left_is_none() {
    for kind in ["", "ZONAL_SHIFT", "FIS_EXPERIMENT", "NOVEL"] {
        let (trio, bed, event) = failed(shifted(two_zones(), ITS_ZONE, kind));
        assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
        assert_eq!(trio.holder(&bed), Some(1), "{kind}");
    }
}

#[test]
fn a_practice_run_or_a_shift_that_is_over_keeps_nobody_from_standing_by() {
    let over = shifted(two_zones(), ITS_ZONE, "").world(ec2_sim::World::end_shifts);
    for trio in [shifted(two_zones(), ITS_ZONE, "PRACTICE_RUN"), over] {
        let (trio, bed, event) = failed(trio);
        drop(trio.told(&bed, &event));
        assert_eq!(trio.holder(&bed), Some(ELSEWHERE));
    }
}

#[test]
fn where_nobody_asked_for_it_shifts_are_not_even_read() {
    let trio = shifted(two_zones(), ITS_ZONE, "").set("HOLDFAST_ZONAL_SHIFTS", "ignore");
    let (trio, bed, event) = failed(trio);
    drop(trio.told(&bed, &event));
    assert_eq!(trio.holder(&bed), Some(ELSEWHERE));
    assert!(!asks(&bed));
}

#[test]
fn where_every_standby_is_in_such_a_zone_nothing_moves_and_each_is_named() {
    let trio = floating_interface().set("HOLDFAST_ZONAL_SHIFTS", "heed");
    let (trio, bed, event) = failed(shifted(trio, THEIR_ZONE, ""));
    let report = trio.told(&bed, &event);
    assert_eq!(
        (report.outcome, changes(&bed)),
        (Outcome::Refused, Vec::<&str>::new())
    );
    assert!(
        why(&report).contains("a zone that is to be left"),
        "{}",
        why(&report)
    );
}

#[test]
fn a_person_can_ask_for_a_member_in_such_a_zone() {
    let trio = shifted(two_zones(), ITS_ZONE, "");
    let bed = trio.bed();
    let to = trio.members[ELSEWHERE].clone();
    let report = trio.told(&bed, &switchover(Some(&to)));
    assert_eq!(report.outcome, Outcome::SwitchedOver, "{}", why(&report));
    assert_eq!(trio.holder(&bed), Some(ELSEWHERE));
}

#[test]
fn a_holder_in_such_a_zone_is_a_finding_and_keeps_what_it_has() {
    let trio = shifted(two_zones(), THEIR_ZONE, "");
    let bed = trio.bed();
    let report = trio.swept(&bed);
    assert!(
        told_of(&report, "is in a zone that is to be left"),
        "{report:?}"
    );
    assert_eq!((trio.holder(&bed), changes(&bed)), (Some(0), vec![]));
}

/// An answer that does not come is not "no shift", and holds nothing up.
#[test]
fn without_an_answer_a_failover_goes_on_and_says_that_it_does_not_know() {
    for action in ["ListAutoshifts", "ListZonalShifts"] {
        let denied =
            two_zones().world(|world| world.deny("*", &format!("arc-zonal-shift:{action}")));
        let unknown = "whether traffic is shifted away from a zone is not known";
        assert!(told_of(&denied.swept(&denied.bed()), unknown));
        let (trio, bed, event) = failed(denied);
        let report = trio.told(&bed, &event);
        assert_eq!(report.outcome, Outcome::FailedOver, "{}", why(&report));
        assert!(told_of(&report, unknown), "{report:?}");
    }
}

#[test]
fn a_failover_away_from_a_zone_keeps_every_promise_under_every_fault_at_every_call() {
    let (trio, _, event) = failed(shifted(two_zones(), ITS_ZONE, ""));
    let scenario = trio.scenario("zonal shift", event, 1, |trio, bed| {
        // Without an answer, a standby in such a zone counts as one.
        let elsewhere = trio.must_be_with(bed, ELSEWHERE);
        trio.must_be_with(bed, 1).or(elsewhere)
    });
    let coverage = explore(&scenario).unwrap_or_else(|history| panic!("{history}"));
    println!("{} calls, {} histories", coverage.calls, coverage.histories);
    assert!(coverage.histories > coverage.calls * 6);
}

#[test]
fn an_instance_shows_the_id_of_its_zone() {
    let bed = two_zones().bed();
    let world = bed.world();
    let auditor = ec2_sim::api::Caller::user(ec2_sim::world::ACCOUNT, "auditor");
    let all = Request::DescribeInstances(ec2_sim::api::DescribeInstances::default());
    let Ok(ec2_sim::api::Response::DescribeInstances { reservations, .. }) =
        world.inspect(&auditor, &all)
    else {
        panic!("they are described");
    };
    let instances = reservations.iter().flat_map(|it| &it.instances);
    let zones: std::collections::BTreeSet<&str> = instances
        .map(|it| it.availability_zone_id.as_str())
        .collect();
    assert_eq!(
        zones.into_iter().collect::<Vec<_>>(),
        [THEIR_ZONE, ITS_ZONE]
    );
}
