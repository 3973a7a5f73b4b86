//! What a fence does not do, and what EC2 refuses to stop: it is said so, beforehand where EC2 shows it, and with
//! what a person can do.

use ec2_sim::World;
use ec2_sim::api::{ModifyInstanceAttribute, Request, SpotMarket};
use holdfast::report::{Finding, GroupReport, Outcome, Report, Subject};
use holdfast_tests::scenarios::failover::{
    CLOSED, FailoverFixture, failed, failover_in, floating_address, plan,
};

fn fenced_by(how: &str, change: impl FnOnce(&mut World, &str)) -> FailoverFixture {
    let trio = floating_address().tagged("holdfast:fence", how);
    let first = trio.members[0].clone();
    trio.world(|world| change(world, &first))
}

fn one_time_spot(world: &mut World, id: &str) {
    world.make_spot(id, SpotMarket::OneTime);
}

fn without_ebs(world: &mut World, id: &str) {
    world.put_root_on_instance_store(id);
}

fn protected(world: &mut World, id: &str) {
    let request = ModifyInstanceAttribute {
        instance_id: id.to_owned(),
        disable_api_stop: Some(true),
        ..ModifyInstanceAttribute::default()
    };
    let owner = ec2_sim::api::Caller::user(world.account(), "owner");
    let done = world.call(&owner, &Request::ModifyInstanceAttribute(request), false);
    done.expect("it is an instance of the account");
}

fn failed_over(trio: FailoverFixture) -> Report {
    let (trio, bed, event) = failed(trio);
    let report = trio.told(&bed, &event);
    assert_eq!(report.outcome, Outcome::FailedOver, "{}", report.summary);
    report
}

fn group(report: &Report) -> &GroupReport {
    match &report.subject {
        Subject::Sweep(sweep) => &sweep.groups[0],
        other => panic!("the report is about {other:?}"),
    }
}

fn found<'a>(report: &'a Report, words: &str) -> &'a Finding {
    let mut findings = report.findings.iter();
    findings
        .find(|finding| finding.what.contains(words))
        .unwrap_or_else(|| panic!("nothing says {words:?}: {:?}", report.findings))
}

#[test]
fn what_ec2_refuses_to_stop_is_not_being_stopped_and_is_to_be_terminated() {
    for refused in [one_time_spot, without_ebs] {
        let trio = fenced_by("stop", refused);
        let first = trio.members[0].clone();
        let report = failed_over(trio);
        let finding = found(&report, &format!("{first} could not be stopped"));
        let command = format!("aws ec2 terminate-instances --instance-ids {first}");
        assert!(finding.next.contains(&command), "{}", finding.next);
        assert!(!finding.next.contains("stop-instances"), "{}", finding.next);
        assert_eq!(failover_in(&report).fenced, Vec::<String>::new());
    }
}

#[test]
fn what_is_protected_from_being_stopped_is_to_lose_that_protection_first() {
    let trio = fenced_by("stop", protected);
    let first = trio.members[0].clone();
    let report = failed_over(trio);
    let finding = found(&report, &format!("{first} could not be stopped"));
    let commands = [
        format!("aws ec2 modify-instance-attribute --instance-id {first} --no-disable-api-stop"),
        format!("aws ec2 stop-instances --instance-ids {first}"),
    ];
    let at = commands.map(|command| finding.next.find(&command));
    assert!(at[0].is_some() && at[0] < at[1], "{}", finding.next);
}

#[test]
fn a_stop_that_ec2_would_refuse_is_told_before_it_is_needed_and_the_group_is_ready() {
    for (refused, words) in [
        (one_time_spot as fn(&mut World, &str), "may not stop"),
        (without_ebs, "cannot stop"),
    ] {
        let trio = fenced_by("stop", refused);
        let bed = trio.bed();
        let swept = trio.swept(&bed);
        found(&swept, &format!("a fence {words} {}", trio.members[0]));
        assert!(group(&swept).ready);
        found(&trio.told(&bed, &plan()), words);
        let observing = trio.set("HOLDFAST_MODE", "observe");
        let (trio, bed, event) = failed(observing);
        found(&trio.told(&bed, &event), words);
    }
}

#[test]
fn nothing_is_told_of_a_stop_that_nobody_asks_for() {
    let trio = fenced_by("none", one_time_spot);
    let swept = trio.swept(&trio.bed());
    assert_eq!(swept.findings, []);
    assert_eq!(group(&swept).fences, Vec::<String>::new());
}

#[test]
fn connections_that_a_security_group_does_not_end_are_told_with_what_ends_them() {
    let trio = fenced_by(CLOSED, |_, _| ());
    let first = trio.members[0].clone();
    let swept = trio.swept(&trio.bed());
    assert!(group(&swept).fences[0].ends_with("connections that are open then may go on"));
    let report = failed_over(trio.clone());
    let finding = found(&report, &format!("connections that {first} had open"));
    for way in ["aws ec2 stop-instances", "network ACL", "Fence=stop"] {
        assert!(finding.next.contains(way), "{}", finding.next);
    }
    assert!(
        failover_in(&report).fenced[0].ends_with("connections that were open before may go on")
    );
    let (trio, bed, event) = failed(trio.set("HOLDFAST_MODE", "observe"));
    found(&trio.told(&bed, &event), "may go on after the fence");
}

#[test]
fn a_fence_that_names_a_security_group_that_is_not_there_or_of_another_vpc_moves_and_says_so() {
    let of_another_vpc = |world: &mut World, _: &str| {
        let owner = ec2_sim::api::Caller::user(world.account(), "owner");
        let request = Request::CreateVpc(ec2_sim::api::CreateVpc {
            cidr_block: "10.0.0.0/16".to_owned(),
            ..ec2_sim::api::CreateVpc::default()
        });
        let Ok(ec2_sim::api::Response::CreateVpc(vpc)) = world.call(&owner, &request, false) else {
            return;
        };
        world.put_security_group("sg-0e15e", Some(&vpc.vpc_id));
    };
    for trio in [
        fenced_by("sg-0def", |_, _| ()),
        fenced_by("sg-0e15e", of_another_vpc),
    ] {
        let report = failed_over(trio);
        assert_eq!(failover_in(&report).fenced, Vec::<String>::new());
        let told = report
            .findings
            .iter()
            .any(|it| it.what.contains("could not be given sg-0"));
        assert!(told, "{:?}", report.findings);
    }
}
