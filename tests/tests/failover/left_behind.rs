//! What a move does not carry: IPv6 addresses and prefixes. It is said before, by readiness and by a plan, and after, by
//! the report.

use ec2_sim::api::OtherAddresses;
use holdfast::report::{GroupReport, Outcome, Report, Subject};
use holdfast_tests::scenarios::failover::{
    FailoverFixture, changes, failover_in, floating_address, floating_interface,
    floating_private_ip, plan,
};

const IPV6: &str = "2001:db8:1234:1a00::100";
const PREFIX: &str = "10.0.1.16/28";

/// The interface of what moves has an IPv6 address and a prefix as well.
fn dual_stack(trio: FailoverFixture) -> FailoverFixture {
    let eni = trio.eni.clone();
    trio.world(|world| {
        let other = OtherAddresses {
            ipv6_addresses: vec![IPV6.to_owned()],
            ipv4_prefixes: vec![PREFIX.to_owned()],
            ipv6_prefixes: Vec::new(),
        };
        world.put_other_addresses(&eni, other);
    })
}

fn group(report: &Report) -> &GroupReport {
    match &report.subject {
        Subject::Sweep(sweep) => &sweep.groups[0],
        other => panic!("no sweep: {other:?}"),
    }
}

/// What is told of the addresses that stay, if anything.
fn told(report: &Report) -> Vec<String> {
    let findings = report.findings.iter();
    let named = findings.filter(|it| it.what.contains(IPV6) && it.what.contains(PREFIX));
    named.map(|it| it.what.clone()).collect()
}

#[test]
fn what_a_move_would_leave_behind_is_told_before_and_the_group_is_ready_all_the_same() {
    for trio in [floating_private_ip(), floating_address()] {
        let trio = dual_stack(trio);
        let swept = trio.swept(&trio.bed());
        assert!(group(&swept).ready, "{:?}", group(&swept).obstacles);
        assert_eq!(told(&swept).len(), 1, "{:?}", swept.findings);
        let planned = trio.told(&trio.bed(), &plan());
        assert_eq!(told(&planned).len(), 1, "{:?}", planned.findings);
    }
}

#[test]
fn what_a_move_has_left_behind_is_told_after_with_where_it_is() {
    for trio in [floating_private_ip(), floating_address()] {
        let trio = dual_stack(trio).failing(0);
        let bed = trio.bed();
        let report = trio.told(&bed, &trio.alarm(0));
        assert_eq!(report.outcome, Outcome::FailedOver);
        assert_eq!(failover_in(&report).moves[0].left_behind, [IPV6, PREFIX]);
        let told = told(&report);
        assert_eq!(told.len(), 1, "{:?}", report.findings);
        let whose = format!("stay on {} of {}", trio.eni, trio.members[0]);
        assert!(told[0].contains(&whose), "{told:?}");
        assert_eq!(changes(&bed).len(), 1, "nothing else was touched");
    }
}

#[test]
fn a_whole_interface_takes_everything_along_and_one_without_leaves_nothing() {
    let whole = dual_stack(floating_interface()).failing(0);
    for trio in [whole, floating_private_ip().failing(0)] {
        let report = trio.told(&trio.bed(), &trio.alarm(0));
        assert_eq!(report.outcome, Outcome::FailedOver);
        assert!(failover_in(&report).moves[0].left_behind.is_empty());
        assert!(told(&report).is_empty(), "{:?}", report.findings);
        assert!(told(&trio.swept(&trio.bed())).is_empty());
    }
}
