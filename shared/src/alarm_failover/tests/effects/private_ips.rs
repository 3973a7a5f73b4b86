//! Private IPs in one call: they count when the interface and the instance show all of them.

use super::*;

const FIRST: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 8);
const SECOND: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 9);
const ASSIGN: &str = "assign [10.0.0.8, 10.0.0.9] to eni-02";

/// Two private IPs go to the standby's own interface.
fn reassigning() -> MoveAction {
    MoveAction::PrivateIps {
        to: own(),
        ips: vec![FIRST, SECOND],
    }
}

fn own() -> EniId {
    "eni-02".parse().unwrap()
}

fn interface_with(ips: &[Ipv4Addr]) -> Interface {
    Interface {
        private_ips: ips.iter().map(|ip| (*ip, None)).collect(),
        ..Interface::bare(own())
    }
}

fn standby_with_ips(ips: &[Ipv4Addr]) -> Instance {
    let mut standby = standby();
    let more = ips.iter().map(|&ip| PrivateIp { ip, public: None });
    standby.interfaces[0].private_ips.extend(more);
    standby
}

fn interface_shows(ms: u64, ips: &[Ipv4Addr]) -> Script {
    let script = script().instance(0, Ok(standby_with_ips(&[FIRST, SECOND])));
    script
        .interface(0, Ok(Some(interface_with(ips))))
        .interface(ms, Ok(Some(interface_with(&[FIRST, SECOND]))))
}

fn instance_shows(ms: u64, shown: Instance) -> Script {
    let script = script().interface(0, Ok(Some(interface_with(&[FIRST, SECOND]))));
    script
        .instance(0, Ok(shown))
        .instance(ms, Ok(standby_with_ips(&[FIRST, SECOND])))
}

#[test]
fn private_ips_that_both_show_have_moved() {
    let went = interface_shows(0, &[]).moving(reassigning()).go();
    assert_eq!(
        (went.end.as_str(), &*went.calls),
        ("moved", &[ASSIGN.to_owned()][..])
    );
    assert_eq!(
        (went.counted, went.phases),
        (1, vec!["planned", "verified"])
    );
}

#[test]
fn private_ips_that_moved_partly_have_not_moved() {
    for partly in [&[][..], &[FIRST], &[SECOND]] {
        for late in [
            interface_shows(3_000, partly),
            instance_shows(3_000, standby_with_ips(partly)),
        ] {
            let went = late.moving(reassigning()).go();
            assert_eq!(went.end, "moved");
            went.took(3);
        }
        let went = interface_shows(60_000, partly).moving(reassigning()).go();
        assert_eq!(went.end, "lost");
        went.took(20);
    }
}

#[test]
fn another_interface_of_the_instance_is_not_the_one_that_gets_them() {
    let mut other = standby_with_ips(&[FIRST, SECOND]);
    other.interfaces[0].id = "eni-0e".parse().unwrap();
    instance_shows(3_000, other)
        .moving(reassigning())
        .go()
        .took(3);
}

#[test]
fn private_ips_on_an_interface_that_is_not_shown_have_not_moved() {
    let hidden = script().instance(0, Ok(standby_with_ips(&[FIRST, SECOND])));
    let went = hidden.interface(0, Ok(None)).moving(reassigning()).go();
    assert_eq!(went.end, "lost");
}

#[test]
fn a_read_that_is_throttled_is_read_again_and_one_that_is_denied_is_not() {
    let there = || interface_with(&[FIRST, SECOND]);
    let late = script()
        .interface(0, Err("Throttling"))
        .instance(0, Err("Throttling"));
    let late = late.interface(1_000, Ok(Some(there())));
    let late = late.instance(2_000, Ok(standby_with_ips(&[FIRST, SECOND])));
    let went = late.moving(reassigning()).go();
    assert_eq!(went.end, "moved");
    went.took(2);
    let denied = script().interface(0, Err("UnauthorizedOperation"));
    let went = denied.moving(reassigning()).go();
    assert_eq!(went.end, "unsure: UnauthorizedOperation");
}

#[test]
fn private_ips_that_are_refused_say_why() {
    for (code, end) in [
        (
            "PrivateIpAddressLimitExceeded",
            "refused: PrivateIpAddressLimitExceeded",
        ),
        ("InvalidParameterValue", "refused: InvalidParameterValue"),
        ("UnauthorizedOperation", "denied: UnauthorizedOperation"),
        ("Throttling", "unsure: Throttling"),
    ] {
        let went = interface_shows(0, &[])
            .refuse("assign", code)
            .moving(reassigning())
            .go();
        assert_eq!((went.end.as_str(), went.counted), (end, 1));
    }
}

#[test]
fn private_ips_are_not_touched_by_a_run_that_ends() {
    let went = interface_shows(0, &[])
        .moving(reassigning())
        .with_seconds_left(2.0)
        .go();
    assert_eq!((went.end.as_str(), went.calls.len()), ("out of time", 0));
    let went = interface_shows(60_000, &[])
        .moving(reassigning())
        .with_seconds_left(9.0)
        .go();
    assert_eq!((went.end.as_str(), went.calls.len()), ("out of time", 1));
    went.took(7);
}

#[test]
fn private_ips_are_looked_at_anew_when_the_standby_has_failed() {
    let stopping = Instance {
        state: InstanceState::Stopping,
        ..standby_with_ips(&[FIRST, SECOND])
    };
    let went = instance_shows(60_000, stopping).moving(reassigning()).go();
    assert_eq!(
        (went.end.as_str(), went.phases.as_slice()),
        ("lost", &["planned"][..])
    );
    went.took(0);
}

#[test]
fn private_ips_on_an_interface_that_cannot_be_read_have_not_moved_yet() {
    let blind = interface_shows(2_000, &[]).interface(0, Err("Throttling"));
    let blind = blind.interface(2_000, Ok(Some(interface_with(&[FIRST, SECOND]))));
    let went = blind.moving(reassigning()).go();
    assert_eq!(went.end, "moved");
    went.took(2);
}
