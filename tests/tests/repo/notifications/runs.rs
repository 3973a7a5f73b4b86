//! A real run for each outcome that people are told of, on the simulated EC2.

use super::of_run;
use ec2_sim::World;
use ec2_sim::alarms::{Alarm, AlarmState, Metric, Query};
use ec2_sim::api::{
    CreateSubnet, CreateVpc, DeleteNetworkInterface, Request, Response, RunInstances, Tag,
    TagSpecification,
};
use holdfast::error::Error;
use holdfast::report::{Function, Report};
use holdfast_tests::client::TestBed;
use holdfast_tests::scenarios::failover::{
    FailoverFixture, detach, fired, floating_address, floating_interface, heal, switchover,
    tag_group,
};
use holdfast_tests::scenarios::guard::{Guarded, Released, account, kim};
use holdfast_tests::scenarios::placement::{Fleet, GROUP, fleet, owner, terminate};
use holdfast_tests::scenarios::reconcile::{Installation, Known};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// What happened, and the report of it.
type Told = (&'static str, Value);

pub(super) fn all() -> Vec<Told> {
    let mut all = releases();
    all.extend(failovers());
    all.extend(placements());
    all.extend(pauses());
    all.extend(sweeps());
    all.extend(transfers());
    all
}

fn guarded(what: &'static str, released: Released) -> Told {
    again(what, &released.guarded())
}

fn again(what: &'static str, guarded: &Guarded) -> Told {
    (what, of_run(Function::ReleaseGuard, &guarded.report()))
}

fn releases() -> Vec<Told> {
    vec![
        guarded(
            "Somebody released a protected address.",
            account().released(),
        ),
        guarded(
            "Somebody else has it by then.",
            account().released().then(World::take_address),
        ),
        guarded(
            "The quota is full.",
            account()
                .released()
                .then(|world, _| world.settings().address_quota = 0),
        ),
        guarded(
            "The permission is missing.",
            account().denied("AllocateAddress").released(),
        ),
        guarded(
            "The release is heard of days later.",
            account().released().then(|world, _| {
                let later = world.now() + Duration::from_hours(200);
                world.advance_to(later);
            }),
        ),
        again(
            "It was taken back three times within a day.",
            &released_for_the_fourth_time(),
        ),
        guarded(
            "It was not protected.",
            account().tagged(&[("Name", "scratch")]).released(),
        ),
        guarded(
            "The guard observes.",
            account().set("HOLDFAST_MODE", "observe").released(),
        ),
    ]
}

fn released_for_the_fourth_time() -> Guarded {
    let mut guarded = account().released().guarded();
    for _ in 0..3 {
        drop(guarded.report());
        guarded = guarded.released_again(&kim()).guarded();
    }
    guarded
}

fn moved(what: &'static str, ended: &Result<Report, Error>) -> Told {
    (what, of_run(Function::AlarmFailover, ended))
}

fn alarmed(what: &'static str, trio: &FailoverFixture) -> Told {
    moved(what, &trio.try_told(&trio.bed(), &trio.alarm(0)))
}

fn failovers() -> Vec<Told> {
    let fails = floating_address().failing(0);
    let observed = fails.clone().set("HOLDFAST_MODE", "observe");
    let refused = floating_address().failing(0).failing(1).failing(2);
    let asked = floating_address();
    vec![
        alarmed(
            "An alarm fires for the member that has the address.",
            &fails,
        ),
        alarmed("The same, and alarm-failover observes.", &observed),
        moved(
            "A person asked for it.",
            &asked.try_told(&asked.bed(), &switchover(None)),
        ),
        alarmed("All members are sick.", &refused),
        moved(
            "Two members fail, and the third has room for one of two addresses.",
            &partly_moved(),
        ),
        moved("No standby takes the interface.", &returned()),
        moved(
            "Its instance is terminated, and no other member runs.",
            &stranded(),
        ),
    ]
}

fn partly_moved() -> Result<Report, Error> {
    let mut trio = floating_address();
    trio.hold_another(1);
    let metrics = [0, 1].map(|it| Metric::of_instance("App", "Errors", &trio.members[it]));
    let both = Alarm::on_queries("both", metrics.map(Query::Metric).to_vec());
    let trio = trio.after(60).world(|world| {
        world.put_alarm(both).expect("it is good");
        world.set_alarm("both", AlarmState::Ok);
    });
    let bed = trio.bed();
    let event = fired(&mut bed.world(), "both");
    trio.try_told(&bed, &event)
}

fn returned() -> Result<Report, Error> {
    let trio = floating_interface().failing(0);
    let bed = trio.bed();
    let event = trio.alarm(0);
    let others = [trio.members[1].clone(), trio.members[2].clone()];
    let at = trio.call_of(&bed, &event, "DetachNetworkInterface");
    let gone = move |world: &mut World| others.iter().for_each(|it| terminate(world, it));
    bed.intrude(at, Box::new(gone));
    trio.try_told(&bed, &event)
}

fn stranded() -> Result<Report, Error> {
    let trio = floating_interface().stopped(1).stopped(2).terminated(0);
    let gone = json!({
        "version": "0", "id": "1", "detail-type": "EC2 Instance State-change Notification",
        "source": "aws.ec2", "account": "111122223333", "time": "2026-01-01T00:00:00Z",
        "region": "us-east-1", "resources": [],
        "detail": { "instance-id": trio.members[0], "state": "terminated" },
    });
    trio.try_told(&trio.bed(), &gone)
}

fn started(what: &'static str, fleet: &Fleet, bed: &Arc<TestBed>) -> Told {
    let report = fleet.tell(bed, 0, "running");
    (what, of_run(Function::InstanceStart, &Ok(report)))
}

fn placements() -> Vec<Told> {
    let slot = [("holdfast:slot", "a")];
    let taken = fleet().address(&slot).address(&slot).running(1);
    let taken = taken.running_with(&slot).running_with(&slot);
    let refused = without_internet_gateway();
    let (bed_of_taken, bed_of_refused) = (taken.bed(), refused.bed());
    vec![
        started(
            "An instance starts, and each address is another's.",
            &taken,
            &bed_of_taken,
        ),
        started(
            "It starts in a VPC without an internet gateway, where no address can be associated.",
            &refused,
            &bed_of_refused,
        ),
    ]
}

/// A group with one address, and its only member in a VPC from which nothing leads to the internet.
fn without_internet_gateway() -> Fleet {
    let mut fleet = fleet().addresses(1);
    let world = &mut fleet.world;
    let vpc = CreateVpc {
        cidr_block: "10.9.0.0/16".to_owned(),
        ..CreateVpc::default()
    };
    let Ok(Response::CreateVpc(vpc)) = world.call(&owner(), &Request::CreateVpc(vpc), false) else {
        unreachable!("a VPC can be made")
    };
    let subnet = CreateSubnet {
        vpc_id: vpc.vpc_id,
        cidr_block: "10.9.0.0/24".to_owned(),
        ..CreateSubnet::default()
    };
    let subnet = world.call(&owner(), &Request::CreateSubnet(subnet), false);
    let Ok(Response::CreateSubnet(subnet)) = subnet else {
        unreachable!("a subnet can be made")
    };
    let launch = RunInstances {
        min_count: 1,
        max_count: 1,
        subnet_id: Some(subnet.subnet_id),
        tag_specifications: vec![TagSpecification {
            resource_type: "instance".to_owned(),
            tags: vec![Tag::new(GROUP.0, GROUP.1)],
        }],
        ..RunInstances::default()
    };
    let Ok(Response::RunInstances(made)) =
        world.call(&owner(), &Request::RunInstances(launch), false)
    else {
        unreachable!("an instance can be launched")
    };
    let ids = made.instances.into_iter().map(|each| each.instance_id);
    fleet.instances.extend(ids);
    fleet.after(time::Duration::seconds(30))
}

fn pauses() -> Vec<Told> {
    let trio = floating_address();
    let bed = trio.bed();
    let pause = json!({"holdfast": "pause", "group": GROUP.1, "minutes": 30, "by": "anna"});
    let resume = json!({"holdfast": "resume", "group": GROUP.1});
    vec![
        moved("A person pauses a group.", &trio.try_told(&bed, &pause)),
        moved("And ends the pause.", &trio.try_told(&bed, &resume)),
    ]
}

fn swept(what: &'static str, trio: &FailoverFixture, bed: &Arc<TestBed>) -> Told {
    (what, of_run(Function::Reconcile, &Ok(trio.swept(bed))))
}

fn sweeps() -> Vec<Told> {
    vec![failed_back(), interface_lost()]
}

fn failed_back() -> Told {
    let trio = floating_address()
        .tagged("holdfast:failback", "30")
        .failing(0);
    let bed = trio.bed();
    drop(trio.told(&bed, &trio.alarm(0)));
    heal(&mut bed.world(), &trio.members[0]);
    drop(trio.swept(&bed));
    bed.pass(Duration::from_mins(20));
    drop(trio.swept(&bed));
    bed.pass(Duration::from_mins(11));
    bed.give_up(&trio.members[1]);
    swept(
        "The first member has been well for as long as its tag says.",
        &trio,
        &bed,
    )
}

fn interface_lost() -> Told {
    let trio = floating_interface();
    let allocation = trio.allocation.clone();
    let trio = trio.world(|world| tag_group(world, &allocation, &[]));
    let bed = trio.bed();
    drop(trio.swept(&bed));
    detach(&mut bed.world(), &trio.eni);
    bed.pass(Duration::from_secs(30));
    let request = Request::DeleteNetworkInterface(DeleteNetworkInterface {
        network_interface_id: trio.eni.clone(),
    });
    let deleted = bed.world().call(&owner(), &request, false);
    assert!(deleted.is_ok(), "{deleted:?}");
    bed.pass(Duration::from_secs(30));
    swept("Somebody deleted a floating interface.", &trio, &bed)
}

/// An address that a sweep has seen, and what is told of the calls on it.
fn told_of(what: &'static str, calls: &[fn(&Installation, &Known)]) -> Told {
    let installation = Installation::new();
    let known = installation.allocate(Some("reclaim"));
    drop(installation.sweep());
    installation.lose_events();
    let mut ended = Vec::new();
    for call in calls {
        call(&installation, &known);
        ended = installation.events();
        ended = ended
            .into_iter()
            .map(|event| json!({"event": event, "run": null}))
            .collect();
        for each in &mut ended {
            let run = installation.deliver(&each["event"]);
            each["run"] = of_run(Function::Reconcile, &run);
        }
    }
    let last = ended.pop().expect("the last call has an event");
    (what, last["run"].clone())
}

fn transfers() -> Vec<Told> {
    vec![
        told_of(
            "Somebody takes the protect tag away.",
            &[Installation::unprotect],
        ),
        told_of(
            "Somebody released it after its protect tag was taken away.",
            &[Installation::unprotect, Installation::release],
        ),
        told_of(
            "Somebody offers it to another account.",
            &[Installation::offer],
        ),
        told_of(
            "The other account accepts.",
            &[Installation::offer, Installation::accept],
        ),
    ]
}
