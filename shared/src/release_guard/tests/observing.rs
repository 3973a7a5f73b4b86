//! What `observe` mode tells: each call that `enforce` mode would make, and what it would have to say.

use super::*;
use crate::model::interface::{Interface, InterfaceAssociation};
use crate::report::{Outcome, PlannedCall};

fn observing() -> super::ec2::Guarded {
    released().set("HOLDFAST_MODE", "observe").guarded()
}

#[test]
fn it_tells_each_call_and_makes_none_of_them() {
    let guarded = observing();
    let report = guarded.report();
    assert_eq!(report.outcome, Outcome::WouldReclaim);
    let eni = "eni-01".parse().unwrap();
    let calls = [
        PlannedCall::allocate(IP),
        PlannedCall::associate(&IP, &eni, PRIVATE_IP),
        PlannedCall::set_reverse_dns(&IP, "gate.example.com"),
    ];
    assert_eq!(report.would_call, calls);
    assert_eq!(guarded.calls(), ["DescribeNetworkInterfaces"]);
}

#[test]
fn a_place_that_is_gone_is_told_and_no_association_is() {
    let guarded = observing().with(|ec2| ec2.interface = None);
    let report = guarded.report();
    let told = report.findings.iter().map(|finding| finding.what.as_str());
    assert!(
        told.clone()
            .any(|what| what == "the association is not restored")
    );
    let calls = [
        PlannedCall::allocate(IP),
        PlannedCall::set_reverse_dns(&IP, "gate.example.com"),
    ];
    assert_eq!(report.would_call, calls);
}

#[test]
fn an_automatic_public_ip_that_would_be_lost_is_told() {
    let theirs = InterfaceAssociation {
        ip: Ipv4Addr::new(198, 51, 100, 9),
        allocation: None,
    };
    let guarded = observing().with(|ec2| {
        ec2.interface = Some(Interface {
            private_ips: [(PRIVATE_IP, Some(theirs))].into(),
            ..Interface::bare("eni-01".parse().unwrap())
        });
    });
    let findings = guarded.report().findings;
    let lost = |what: &str| what.contains("198.51.100.9");
    assert!(findings.iter().any(|told| lost(&told.what)), "{findings:?}");
}
