//! Whatever interfaces members have, an address ends on the one that the four rules name, or stays and is told: by a
//! failover, by one that stopped half way, by a placement and by the return of a released address. What the rules name is
//! worked out here anew, from what was built. And what a failover says, readiness has said before, in the same words.

mod world;

use ec2_sim::World;
use ec2_sim::alarms::AlarmState;
use ec2_sim::api::{
    DeleteNetworkInterface, DescribeNetworkInterfaces, DetachNetworkInterface, DisassociateAddress,
    NetworkInterface, ReleaseAddress, Request, Response, StopInstances, TerminateInstances,
};
use futures_util::FutureExt;
use holdfast::error::Error;
use holdfast::events::{Trigger, parse};
use holdfast::report::{Finding, Report, Subject};
use holdfast::settings::Settings;
use holdfast::{alarm_failover, instance_start, reconcile, release_guard};
use holdfast_tests::client::TestBed;
use holdfast_tests::client::faults::Fault;
use holdfast_tests::explorer::promises::addresses;
use holdfast_tests::random::random;
use holdfast_tests::scenarios::placement::{owner, schedule, state_change};
use proptest::prelude::*;
use serde_json::Value;
use std::sync::Arc;
use time::Duration;
use world::{Built, Expected, Leg, Plan, build, call, expected, plans};

fn interface(world: &World, eni: &str) -> NetworkInterface {
    let request = DescribeNetworkInterfaces {
        network_interface_ids: vec![eni.to_owned()],
        ..DescribeNetworkInterfaces::default()
    };
    let request = Request::DescribeNetworkInterfaces(request);
    match world.inspect(&owner(), &request) {
        Ok(Response::DescribeNetworkInterfaces { mut interfaces, .. }) => interfaces.remove(0),
        other => panic!("{other:?}"),
    }
}

fn settings() -> Settings {
    let settings = [
        ("HOLDFAST_TABLE", "ledger"),
        ("HOLDFAST_MODE", "enforce"),
        ("AWS_REGION", "us-east-1"),
        ("HOLDFAST_POOL_WAIT_SECONDS", "0"),
    ];
    Settings::read(settings.map(|(key, value)| (key.to_owned(), value.to_owned())))
        .expect("the settings are good")
}

/// Runs a function on a trigger; none: the run was stopped.
fn run(bed: &Arc<TestBed>, function: &str, event: &Value) -> Option<Result<Report, Error>> {
    let trigger: Trigger = parse(event).expect("the event can be read");
    let client = bed.client(&format!("holdfast-{function}"));
    let (ports, settings) = (client.ports(), settings());
    let delivery = client.delivery(Duration::seconds(120));
    match function {
        "alarm-failover" => {
            alarm_failover::run(&ports, &settings, &trigger, delivery).now_or_never()
        }
        "instance-start" => {
            instance_start::run(&ports, &settings, &trigger, delivery).now_or_never()
        }
        "release-guard" => release_guard::run(&ports, &settings, &trigger, delivery).now_or_never(),
        _ => reconcile::run(&ports, &settings, &trigger, delivery).now_or_never(),
    }
}

fn sweep(bed: &Arc<TestBed>) -> Report {
    let report = run(bed, "reconcile", &schedule()).expect("nothing stops it");
    report.expect("nothing goes wrong")
}

/// What readiness says stands in the way.
fn obstacles(report: &Report) -> Vec<String> {
    let Subject::Sweep(sweep) = &report.subject else {
        panic!("{report:?}")
    };
    let groups = sweep.groups.iter();
    words(groups.flat_map(|group| &group.obstacles))
}

fn words<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Vec<String> {
    let each = findings.into_iter().map(|it| it.why.clone());
    each.collect()
}

/// The first member's checks fail, its alarm fires, and the event tells so.
fn fails(bed: &Arc<TestBed>, built: &Built) -> Value {
    let mut world = bed.world();
    let first = &built.members[0];
    world.impair(first, true, false);
    world.set_alarm(first, AlarmState::Alarm);
    let fires = |event: &Value| event["detail"]["state"]["value"] == "ALARM";
    world
        .take_events()
        .into_iter()
        .rfind(fires)
        .expect("it fires")
}

/// The interface that has the address.
fn place(bed: &Arc<TestBed>, allocation: &str) -> Option<String> {
    let all = addresses(&bed.world());
    let association = all.get(allocation)?.association.as_ref()?;
    Some(association.network_interface_id.clone())
}

fn check(plan: &Plan, built: &Built, at: Option<&String>, otherwise: Option<&String>) {
    let former = plan.first[plan.on];
    match expected(former, &plan.second) {
        Expected::Leg(leg) => assert_eq!(at, Some(&built.enis[1][leg]), "{plan:?}"),
        Expected::Obstacle => assert_eq!(at, otherwise, "{plan:?}"),
    }
}

fn failed_over(plan: &Plan) {
    let built = build(plan);
    let bed = TestBed::new(built.world.clone());
    let before = obstacles(&sweep(&bed));
    let event = fails(&bed, &built);
    let report = run(&bed, "alarm-failover", &event).expect("nothing stops it");
    let report = report.expect("nothing goes wrong");
    let at = place(&bed, &built.allocation);
    check(plan, &built, at.as_ref(), Some(&built.enis[0][plan.on]));
    let after = words(&report.findings);
    if expected(plan.first[plan.on], &plan.second) == Expected::Obstacle {
        let is_said_before = |why: &String| before.contains(why);
        assert!(
            after.iter().any(is_said_before),
            "{before:?}, {after:?}, {plan:?}"
        );
    }
}

/// The first member is stopped. The run ends between the two calls; a sweep takes it up.
fn finished(plan: &Plan) {
    let built = build(plan);
    let stopped = |bed: &Arc<TestBed>| {
        sweep(bed);
        let mut world = bed.world();
        let request = StopInstances {
            instance_ids: vec![built.members[0].clone()],
            ..StopInstances::default()
        };
        call(&mut world, &Request::StopInstances(request));
        world.advance(Duration::seconds(60));
    };
    let event = state_change(&built.members[0], "stopped");
    let rehearsal = TestBed::new(built.world.clone());
    stopped(&rehearsal);
    drop(run(&rehearsal, "alarm-failover", &event));
    let names = rehearsal.faults.names();
    let bed = TestBed::new(built.world.clone());
    stopped(&bed);
    if let Some(number) = names.iter().position(|name| *name == "AssociateAddress") {
        bed.faults.plan(&[(number, Fault::StopBeforeSend)]);
        assert!(run(&bed, "alarm-failover", &event).is_none(), "{plan:?}");
        assert_eq!(place(&bed, &built.allocation), None);
        bed.pass(std::time::Duration::from_mins(5));
    } else {
        drop(run(&bed, "alarm-failover", &event));
    }
    sweep(&bed);
    let at = place(&bed, &built.allocation);
    check(plan, &built, at.as_ref(), Some(&built.enis[0][plan.on]));
}

fn disassociate(world: &mut World, allocation: &str) {
    let association = addresses(world)[allocation].association.clone();
    let request = DisassociateAddress {
        association_id: association.map(|it| it.association_id),
        public_ip: None,
    };
    call(world, &Request::DisassociateAddress(request));
}

/// The first member ends, and the second one starts.
fn placed(plan: &Plan) {
    let built = build(plan);
    let bed = TestBed::new(built.world.clone());
    let before = obstacles(&sweep(&bed));
    disassociate(&mut bed.world(), &built.allocation);
    let request = TerminateInstances {
        instance_ids: vec![built.members[0].clone()],
    };
    call(&mut bed.world(), &Request::TerminateInstances(request));
    bed.pass(std::time::Duration::from_mins(2));
    let event = state_change(&built.members[1], "running");
    let report = run(&bed, "instance-start", &event).expect("nothing stops it");
    let report = report.expect("nothing goes wrong");
    let at = place(&bed, &built.allocation);
    check(plan, &built, at.as_ref(), None);
    let is_full = plan.second.iter().all(|leg| leg.is_full || leg.floats);
    if at.is_none() && !is_full {
        let after = words(&report.findings);
        let is_said_before = |why: &String| before.contains(why);
        assert!(
            after.iter().any(is_said_before),
            "{before:?}, {after:?}, {plan:?}"
        );
    }
}

/// The interface with the address is deleted and others are made, and the address is released.
fn restored(plan: &Plan) {
    let former = plan.first[plan.on];
    let built = build(plan);
    let bed = TestBed::new(built.world.clone());
    sweep(&bed);
    let (first, lost) = (&built.members[0], &built.enis[0][plan.on]);
    let event = {
        let mut world = bed.world();
        let attachment = interface(&world, lost).attachment.expect("it is attached");
        let request = DetachNetworkInterface {
            attachment_id: attachment.attachment_id,
            force: true,
        };
        call(&mut world, &Request::DetachNetworkInterface(request));
        world.advance(Duration::seconds(120));
        disassociate(&mut world, &built.allocation);
        let request = DeleteNetworkInterface {
            network_interface_id: lost.clone(),
        };
        call(&mut world, &Request::DeleteNetworkInterface(request));
        world.take_events();
        let request = ReleaseAddress {
            allocation_id: Some(built.allocation.clone()),
            ..ReleaseAddress::default()
        };
        call(&mut world, &Request::ReleaseAddress(request));
        world.advance(Duration::seconds(60));
        let is_it = |event: &Value| event["detail"]["eventName"] == "ReleaseAddress";
        world
            .take_events()
            .into_iter()
            .rfind(is_it)
            .expect("it is told")
    };
    let report = run(&bed, "release-guard", &event).expect("nothing stops it");
    let report = report.expect("nothing goes wrong");
    let Subject::Address(address) = &report.subject else {
        panic!("{report:?}")
    };
    let back = address.allocation.as_ref().expect("it is back").to_string();
    let mut left: Vec<(Leg, &String)> = plan.first.iter().copied().zip(&built.enis[0]).collect();
    left.remove(plan.on);
    let legs: Vec<Leg> = left.iter().map(|(leg, _)| *leg).collect();
    let at = place(&bed, &back);
    match expected(former, &legs) {
        Expected::Leg(leg) => assert_eq!(at.as_ref(), Some(left[leg].1), "{plan:?}"),
        Expected::Obstacle => {
            assert_eq!(at, None, "{plan:?}");
            assert!(!report.findings.is_empty(), "{first}: {plan:?}");
        }
    }
}

proptest! {
    #![proptest_config(random(150))]

    #[test]
    fn a_failover_takes_an_address_to_the_interface_that_the_rules_name(plan in plans()) {
        failed_over(&plan);
    }

    #[test]
    fn a_failover_that_stopped_half_way_ends_on_the_interface_that_the_rules_name(plan in plans()) {
        finished(&plan);
    }

    #[test]
    fn a_placement_takes_an_address_to_the_interface_that_the_rules_name(plan in plans()) {
        placed(&plan);
    }

    #[test]
    fn an_address_that_is_back_goes_to_the_interface_that_the_rules_name(
        plan in plans().prop_filter("the primary interface stays", |plan| plan.on > 0)
    ) {
        restored(&plan);
    }
}
