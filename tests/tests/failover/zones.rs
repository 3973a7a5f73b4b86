//! Members in several zones: an interface stays in its zone and a private IP in its subnet, an Elastic IP goes
//! anywhere.

use ec2_sim::api::Request;
use holdfast::report::Outcome;
use holdfast_tests::client::TestBed;
use holdfast_tests::explorer::{Scenario, explore_singly};
use holdfast_tests::scenarios::failover::{
    FailoverFixture, changes, failed, floating_address, floating_interface, floating_private_ip,
    primary_interface, why,
};
use time::Duration;

/// The member in the other zone, which would be first.
const ELSEWHERE: usize = 3;

/// Whether it was ever tried to give something to the member in the other zone.
fn was_tried_elsewhere(trio: &FailoverFixture, bed: &TestBed) -> bool {
    let other = &trio.members[ELSEWHERE];
    let eni = primary_interface(&bed.world(), other);
    let world = bed.world();
    let mut calls = world.calls().iter().filter(|call| !call.dry_run);
    calls.any(|call| match &call.request {
        Request::AttachNetworkInterface(attach) => attach.instance_id == *other,
        Request::AssignPrivateIpAddresses(assign) => assign.network_interface_id == eni,
        _ => false,
    })
}

#[test]
fn what_cannot_leave_its_zone_passes_over_a_standby_of_another_one() {
    for trio in [floating_interface(), floating_private_ip()] {
        let (trio, bed, event) = failed(trio.first_in_line_in_another_zone());
        assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
        assert_eq!(trio.holder(&bed), Some(1));
        assert!(!was_tried_elsewhere(&trio, &bed));
    }
}

#[test]
fn what_cannot_leave_its_zone_stays_where_only_another_zone_has_standbys() {
    for trio in [floating_interface(), floating_private_ip()] {
        let alone = trio.stopped(1).stopped(2).first_in_line_in_another_zone();
        let (trio, bed, event) = failed(alone);
        let report = trio.told(&bed, &event);
        assert_eq!(
            (report.outcome, trio.holder(&bed)),
            (Outcome::Refused, Some(0))
        );
        assert_eq!(changes(&bed), Vec::<&str>::new());
        let other = &trio.members[ELSEWHERE];
        assert!(why(&report).contains(other.as_str()), "{}", why(&report));
    }
}

#[test]
fn an_elastic_ip_goes_to_a_standby_of_any_zone() {
    let (trio, bed, event) = failed(floating_address().first_in_line_in_another_zone());
    assert_eq!(trio.told(&bed, &event).outcome, Outcome::FailedOver);
    assert_eq!(trio.holder(&bed), Some(ELSEWHERE));
}

/// The first member fails; the second gets what moves, and nobody tries the one in the other zone.
fn scenario(trio: FailoverFixture, name: &'static str, most_changes: usize) -> Scenario {
    let soon = Duration::milliseconds(100);
    let trio = trio.delays(soon, soon);
    let trio = trio.first_in_line_in_another_zone().failing(0);
    let event = trio.alarm(0);
    trio.scenario(name, event, most_changes, |trio, bed| {
        trio.must_be_with(bed, 1)?;
        let is_tried = was_tried_elsewhere(trio, bed);
        let tried = "a standby of another zone was tried".to_owned();
        (!is_tried).then_some(()).ok_or(tried)
    })
}

#[test]
fn no_standby_of_another_zone_is_tried_whatever_goes_wrong() {
    for scenario in [
        scenario(floating_private_ip(), "private IP", 1),
        scenario(floating_interface(), "interface", 2),
    ] {
        let explored = explore_singly(&scenario);
        let histories = explored.map(|coverage| coverage.histories);
        assert!(
            histories.as_ref().is_ok_and(|count| *count > 60),
            "{histories:?}"
        );
    }
}
