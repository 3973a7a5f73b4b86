//! Members that run and do not serve, or that do not run and keep what others lack: what readiness says of them.

use holdfast::report::{GroupReport, Outcome, Report, Subject};
use holdfast_tests::scenarios::failover::{
    FailoverFixture, floating_address, floating_interface, why,
};

fn group(report: &Report) -> &GroupReport {
    match &report.subject {
        Subject::Sweep(sweep) => &sweep.groups[0],
        other => panic!("no sweep: {other:?}"),
    }
}

/// Auto Scaling has the members in these states.
fn in_auto_scaling(trio: FailoverFixture, states: [&str; 3]) -> FailoverFixture {
    let members = trio.members.clone();
    trio.world(|world| {
        for (member, state) in members.iter().zip(states) {
            world.put_into_auto_scaling(member, "web", state);
        }
    })
}

#[test]
fn an_address_that_stays_with_a_stopped_member_while_another_runs_without_is_told() {
    let trio = floating_address()
        .set("HOLDFAST_ON_STOP", "stay")
        .stopped(0);
    let told = |trio: &FailoverFixture| {
        let report = trio.swept(&trio.bed());
        let mut findings = report.findings.into_iter();
        findings.find(|it| it.what.contains("which does not run, while"))
    };
    let finding = told(&trio).expect("it is told");
    assert!(finding.what.contains(&trio.members[0]), "{finding:?}");
    assert!(finding.what.contains(&trio.members[1]), "{finding:?}");
    assert_eq!(told(&trio.stopped(1).stopped(2)), None, "nobody waits");
}

#[test]
fn a_member_of_a_warm_pool_is_no_standby_and_readiness_says_so() {
    let trio = in_auto_scaling(
        floating_interface(),
        ["InService", "Warmed:Running", "Standby"],
    );
    let report = trio.swept(&trio.bed());
    let obstacles = group(&report).obstacles.iter();
    let whys: Vec<String> = obstacles.map(|it| it.why.clone()).collect();
    for state in ["`Warmed:Running`", "`Standby`"] {
        assert!(whys.iter().any(|why| why.contains(state)), "{whys:?}");
    }
}

#[test]
fn a_failover_passes_over_a_member_that_is_only_warmed() {
    let states = ["InService", "Warmed:Running", "InService"];
    let trio = in_auto_scaling(floating_interface(), states).failing(0);
    let bed = trio.bed();
    assert_eq!(trio.told(&bed, &trio.alarm(0)).outcome, Outcome::FailedOver);
    assert_eq!(trio.holder(&bed), Some(2));
}

#[test]
fn where_auto_scaling_may_not_be_asked_a_failover_goes_on_without_and_says_so() {
    let trio = in_auto_scaling(floating_interface(), ["InService"; 3]).failing(0);
    let trio = trio.world(|world| world.deny("*", "autoscaling:DescribeAutoScalingInstances"));
    let told = |report: &Report| {
        let mut findings = report.findings.iter();
        findings.any(|it| it.next.contains("autoscaling:DescribeAutoScalingInstances"))
    };
    assert!(told(&trio.swept(&trio.bed())));
    let bed = trio.bed();
    let report = trio.told(&bed, &trio.alarm(0));
    assert_eq!(report.outcome, Outcome::FailedOver, "{}", why(&report));
    assert!(told(&report), "{report:?}");
}
