//! An instance that stops, and instances that wait for an address, from the first look to the report.

use super::super::stop::may_be_had;
use super::ec2::{Ec2, of};
use super::*;
use crate::error::{Error, chain};
use crate::report::{Outcome, PlacedReport, Report};

const MOVE: [(&str, &str); 1] = [("holdfast:on-stop", "move")];

/// A stopped instance whose address is to move on, and one that has none.
fn stopped() -> Seen {
    let seen = seen().address_on(1, 1, &MOVE);
    seen.in_state(1, InstanceState::Stopped).running(2)
}

/// So many free addresses, and running instances without one.
fn crowd(addresses: u8, instances: u8) -> Seen {
    let seen = (1..=addresses).fold(seen(), |seen, number| seen.address(number, &[]));
    (1..=instances).fold(seen, Seen::running)
}

fn ips(placed: &[PlacedReport]) -> Vec<Ipv4Addr> {
    let mut ips: Vec<_> = placed.iter().map(|placed| placed.ip).collect();
    ips.sort_unstable();
    ips
}

fn told(report: &Report) -> Vec<Ipv4Addr> {
    ips(&of(report).placed)
}

fn nothing() -> Vec<String> {
    Vec::new()
}

#[test]
fn the_address_is_on_the_running_instance_and_the_report_says_whose_it_was() {
    let ec2 = stopped().ec2();
    let report = ec2.stops(1).unwrap();
    assert_eq!(
        (report.outcome, told(&report)),
        (Outcome::HandedOver, vec![ip(1)])
    );
    assert_eq!(of(&report).placed[0].taken_from, Some(id(1)));
    assert_eq!((of(&report).looks, of(&report).attempts), (1, 1));
    assert_eq!(ec2.holders(), [Some(id(2))]);
}

#[test]
fn in_observe_mode_a_stop_says_what_would_move_and_changes_nothing() {
    for state in [
        InstanceState::Stopping,
        InstanceState::Stopped,
        InstanceState::ShuttingDown,
        InstanceState::Terminated,
    ] {
        let ec2 = stopped().set("HOLDFAST_MODE", "observe").ec2();
        let report = ec2.told(1, state).unwrap();
        assert_eq!(
            (report.outcome, told(&report)),
            (Outcome::WouldAssociate, vec![ip(1)])
        );
        assert_eq!(of(&report).placed[0].association.instance, Some(id(2)));
        assert!(
            report.summary.contains("in `enforce` mode"),
            "{}",
            report.summary
        );
        assert_eq!((of(&report).attempts, ec2.changes()), (0, nothing()));
    }
}

#[test]
fn what_lies_free_goes_to_whoever_still_waits() {
    let seen = (3..=6).fold(stopped().address(2, &[]), Seen::running);
    let ec2 = seen.address(3, &[]).ec2();
    let report = ec2.stops(1).unwrap();
    assert_eq!(told(&report), [ip(1), ip(2), ip(3)]);
    let holders: BTreeSet<_> = ec2.holders().into_iter().collect();
    assert_eq!(holders.len(), 3, "each has gone to another instance");
}

#[test]
fn an_instance_that_is_handed_one_address_is_not_given_another() {
    let ec2 = stopped().address(2, &[]).ec2();
    assert_eq!(told(&ec2.stops(1).unwrap()), [ip(1)]);
    assert_eq!(ec2.holders(), [Some(id(2)), None]);
}

#[test]
fn what_lies_free_in_another_group_stays_there() {
    let other = [("holdfast:group", "other")];
    let seen = stopped().address(2, &other).running_with(3, &other);
    let ec2 = seen.ec2();
    assert_eq!(told(&ec2.stops(1).unwrap()), [ip(1)]);
    assert_eq!(ec2.count("AssociateAddress"), 1);
}

#[test]
fn the_stop_of_an_instance_that_is_not_shown_moves_nothing() {
    let ec2 = crowd(1, 1).ec2();
    let report = ec2.stops(9).unwrap();
    assert_eq!(
        (report.outcome, ec2.changes()),
        (Outcome::Ignored, nothing())
    );
    assert_eq!((of(&report).looks, ec2.calls().len()), (0, 1));
}

#[test]
fn whoever_was_slower_looks_again() {
    let ec2 = stopped().ec2();
    let ec2 = ec2.answers("AssociateAddress", &["Resource.AlreadyAssociated"]);
    let report = ec2.stops(1).unwrap();
    assert_eq!(
        (report.outcome, of(&report).looks),
        (Outcome::HandedOver, 2)
    );
    assert_eq!((ec2.waits(), of(&report).attempts), (vec![300], 2));
}

#[test]
fn whoever_is_always_too_late_is_told_so_by_the_error_and_not_that_nothing_moves() {
    let ec2 = stopped().ec2();
    let ec2 = ec2.answers("AssociateAddress", &["Resource.AlreadyAssociated"; 20]);
    let failed = ec2.stops(1).unwrap_err();
    assert!(
        matches!(failed.without_report(), Error::OutOfTime { .. }),
        "{failed:?}"
    );
    assert!(
        failed.to_string().contains("may not have moved on"),
        "{failed}"
    );
    assert_eq!(ec2.count("AssociateAddress"), 6);
}

/// In a large account each look at everything takes that long.
#[test]
fn where_no_look_at_everything_is_fresh_the_address_is_handed_over_all_the_same() {
    let ec2 = stopped().ec2().slow(2100);
    let report = ec2.stops(1).unwrap();
    assert_eq!(report.outcome, Outcome::HandedOver);
    assert!(ec2.calls().contains(&"DescribeInstance i-01".to_owned()));
    assert_eq!(ec2.changes().len(), 2);
}

#[test]
fn a_read_of_the_holder_that_took_more_than_two_seconds_takes_nothing_from_it() {
    let slow = |milliseconds| stopped().ec2().slow(2100).slow_by_id(milliseconds);
    assert_eq!(slow(2000).stops(1).unwrap().outcome, Outcome::HandedOver);
    let too_slow = slow(2001);
    let late = too_slow.stops(1).unwrap_err();
    assert!(matches!(late.without_report(), Error::OutOfTime { .. }));
    assert_eq!(too_slow.changes(), nothing());
}

#[test]
fn no_look_is_taken_in_the_last_two_seconds() {
    let ec2 = stopped().ec2().runs_for(2200);
    let ec2 = ec2.answers("AssociateAddress", &["Resource.AlreadyAssociated"; 20]);
    assert!(ec2.stops(1).is_err());
    assert_eq!(ec2.count("DescribeAddresses"), 1);
}

#[test]
fn a_look_that_is_throttled_is_taken_again() {
    let ec2 = stopped()
        .ec2()
        .answers("DescribeAlarms", &["Throttling"; 2]);
    let report = ec2.stops(1).unwrap();
    assert_eq!(
        (report.outcome, of(&report).looks),
        (Outcome::HandedOver, 3)
    );
}

#[test]
fn where_no_look_succeeds_the_event_comes_again() {
    let ec2 = stopped().ec2();
    let ec2 = ec2.answers("DescribeAddresses", &["InternalError"; 20]);
    let failed = ec2.stops(1).unwrap_err();
    assert_eq!(
        (failed.name(), ec2.count("DescribeAddresses")),
        ("Holdfast.Unfinished", 6)
    );
    let ec2 = stopped().set("HOLDFAST_MODE", "observe").ec2();
    let ec2 = ec2.answers("DescribeAddresses", &["InternalError"; 20]);
    assert_eq!(ec2.stops(1).unwrap_err().name(), "Holdfast.Unfinished");
}

#[test]
fn a_denial_is_not_asked_for_again_and_the_event_comes_again() {
    for action in [
        "DescribeInstances",
        "DisassociateAddress",
        "AssociateAddress",
    ] {
        let ec2 = stopped().ec2().answers(action, &["UnauthorizedOperation"]);
        let failed = ec2.stops(1).unwrap_err();
        let told = chain(&failed);
        assert!(told.contains("UnauthorizedOperation"), "{told}");
        let looks = ec2.count("DescribeInstances");
        assert_eq!(looks, 1, "{action}");
    }
}

#[test]
fn what_was_placed_before_a_call_was_denied_is_told() {
    let seen = stopped().address(2, &[]).running(3);
    let ec2 = seen
        .ec2()
        .answers("DisassociateAddress", &["UnauthorizedOperation"]);
    let report = ec2.stops(1).unwrap();
    assert_eq!(
        (report.outcome, told(&report)),
        (Outcome::HandedOver, vec![ip(2)])
    );
    assert!(
        report
            .findings
            .iter()
            .any(|it| it.why.contains("UnauthorizedOperation"))
    );
}

#[test]
fn what_was_placed_before_ec2_stopped_answering_is_in_the_error() {
    let seen = stopped().address(2, &[]).running(3);
    let ec2 = seen.ec2();
    let ec2 = ec2.answers("DisassociateAddress", &["InternalError"; 20]);
    let failed = ec2.stops(1).unwrap_err().to_string();
    assert!(failed.contains("203.0.113.2 ("), "{failed}");
}

#[test]
fn an_address_that_ec2_refuses_gives_way_to_another() {
    let ec2 = crowd(2, 1)
        .running(9)
        .in_state(8, InstanceState::Stopped)
        .ec2();
    let ec2 = ec2.answers("AssociateAddress", &["", "IncorrectInstanceState"]);
    let report = ec2.stops(8).unwrap();
    assert_eq!(
        (report.outcome, of(&report).attempts),
        (Outcome::HandedOver, 2)
    );
    assert_eq!(report.findings.len(), 1);
    let ec2 = crowd(2, 1).in_state(8, InstanceState::Stopped).ec2();
    let ec2 = ec2.answers("AssociateAddress", &["IncorrectInstanceState"]);
    let report = ec2.stops(8).unwrap();
    assert_eq!((told(&report).len(), of(&report).attempts), (1, 2));
}

#[test]
fn an_address_that_ec2_refuses_one_instance_goes_to_another() {
    let ec2 = crowd(1, 2).in_state(8, InstanceState::Stopped).ec2();
    let ec2 = ec2.answers("AssociateAddress", &["IncorrectInstanceState"]);
    let report = ec2.stops(8).unwrap();
    assert_eq!(report.outcome, Outcome::HandedOver);
    assert_eq!(ec2.count("AssociateAddress"), 2);
}

#[test]
fn where_ec2_refuses_all_it_is_not_placed() {
    let ec2 = stopped().ec2();
    let ec2 = ec2.answers("AssociateAddress", &["IncorrectInstanceState"]);
    let report = ec2.stops(1).unwrap();
    assert_eq!(
        (report.outcome, of(&report).attempts),
        (Outcome::NotPlaced, 1)
    );
    assert_eq!(report.findings.len(), 1);
}

#[test]
fn one_run_gives_out_ten_addresses_at_the_most() {
    for mode in ["enforce", "observe"] {
        let ec2 = crowd(12, 12).in_state(20, InstanceState::Stopped);
        let report = ec2.set("HOLDFAST_MODE", mode).ec2().stops(20).unwrap();
        assert_eq!(told(&report).len(), 10, "{mode}");
    }
    let ec2 = crowd(12, 12).ec2();
    let ec2 = ec2.answers(
        "AssociateAddress",
        &["Resource.AlreadyAssociated", "", "IncorrectState"],
    );
    let waiting = ec2.sweep().unwrap();
    assert_eq!((waiting.placed.len(), waiting.findings.len()), (9, 1));
}

#[test]
fn what_is_placed_is_not_placed_again_by_a_look_that_lags() {
    let forgets = |seen: &mut Observed| {
        for address in &mut seen.addresses {
            address.association = None;
        }
    };
    let ec2 = crowd(2, 2)
        .ec2()
        .lagging(3)
        .before("DescribeAddresses", |_| ());
    let ec2 = ec2.before("DescribeAddresses", forgets);
    let ec2 = ec2.answers("AssociateAddress", &["", "Resource.AlreadyAssociated"]);
    assert_eq!(ips(&ec2.sweep().unwrap().placed), [ip(1), ip(2)]);
    assert_eq!(ec2.count("AssociateAddress"), 3);
}

#[test]
fn a_sweep_gives_those_that_wait_what_is_free_and_what_moves_on() {
    let ec2 = stopped().address(2, &[]).running(3).ec2();
    let waiting = ec2.sweep().unwrap();
    assert_eq!(ips(&waiting.placed), [ip(1), ip(2)]);
    assert!(waiting.would.is_empty() && waiting.findings.is_empty());
}

#[test]
fn in_observe_mode_a_sweep_says_what_it_would_give() {
    let seen = stopped().address(2, &[]).running(3);
    let ec2 = seen.set("HOLDFAST_MODE", "observe").ec2();
    let waiting = ec2.sweep().unwrap();
    assert_eq!(ips(&waiting.would), [ip(1), ip(2)]);
    assert!(waiting.placed.is_empty());
    assert_eq!(ec2.changes(), nothing());
}

#[test]
fn a_sweep_asks_nothing_where_no_address_can_be_had() {
    let ec2 = seen().address_on(1, 1, &[]).running(1).running(2).ec2();
    assert!(ec2.sweep().unwrap().placed.is_empty());
    assert_eq!(ec2.calls(), nothing());
}

#[test]
fn a_sweep_that_is_denied_says_so_and_keeps_what_it_did() {
    let ec2 = crowd(1, 1).ec2();
    let ec2 = ec2.answers("DescribeInstances", &["UnauthorizedOperation"]);
    let waiting = ec2.sweep().unwrap();
    assert_eq!((waiting.placed.len(), waiting.findings.len()), (0, 1));
    let ec2 = crowd(2, 2).ec2();
    let ec2 = ec2.answers("AssociateAddress", &["UnauthorizedOperation"]);
    let waiting = ec2.sweep().unwrap();
    assert_eq!((waiting.placed.len(), waiting.findings.len()), (1, 1));
}

#[test]
fn a_sweep_that_gave_nothing_and_could_not_end_fails() {
    let ec2 = crowd(1, 1).ec2();
    let ec2 = ec2.answers("DescribeInstances", &["InternalError"; 20]);
    let failed = ec2.sweep().unwrap_err();
    assert_eq!(failed.name(), "Holdfast.Unfinished");
    assert!(failed.to_string().contains("may still lack it"), "{failed}");
}

#[test]
fn a_sweep_that_gave_something_and_could_not_end_tells_both() {
    let ec2 = crowd(2, 2).ec2();
    let codes = [
        "",
        "InternalError",
        "InternalError",
        "InternalError",
        "InternalError",
    ];
    let ec2 = ec2.answers("AssociateAddress", &codes);
    let ec2 = ec2.answers("AssociateAddress", &["InternalError"; 9]);
    let waiting = ec2.sweep().unwrap();
    assert_eq!((waiting.placed.len(), waiting.findings.len()), (1, 1));
    assert!(waiting.findings[0].why.contains("InternalError"));
}

/// Whether a sweep would look for somebody to give it to.
fn can_be_had(seen: &Seen) -> bool {
    may_be_had(&seen.observed.addresses[0], &seen.settings())
}

#[test]
fn an_address_can_be_had_when_it_is_of_a_group_and_is_free_or_moves_on() {
    let held = |tags: &[(&str, &str)]| seen().address_on(1, 1, tags);
    assert!(can_be_had(&seen().address(1, &[])));
    assert!(can_be_had(&held(&MOVE)));
    assert!(!can_be_had(&held(&[])));
    assert!(can_be_had(&held(&[]).set("HOLDFAST_ON_STOP", "move")));
    let no_group = [("holdfast:group", ""), MOVE[0]];
    assert!(!can_be_had(&seen().address(1, &no_group)));
    assert!(!can_be_had(&held(&no_group)));
}

/// An event of a region, and how many looks it led to.
fn told_of(region: Option<&str>) -> (Outcome, usize) {
    let ec2: Ec2 = crowd(1, 1).ec2();
    let report = ec2.told_in(region).unwrap();
    (report.outcome, ec2.count("DescribeAddresses"))
}

#[test]
fn an_event_of_another_region_is_another_installations() {
    assert_eq!(told_of(Some("us-east-1")), (Outcome::Ignored, 0));
    assert_eq!(told_of(Some("eu-west-1")), (Outcome::Associated, 1));
    assert_eq!(told_of(None), (Outcome::Associated, 1));
}
