//! The same calls by both ways to the same world: the AWS adapter over HTTP, and the traits in one process.
//! What is proven of a decision with the one holds for the other only if they say the same.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

use crate::aws::Aws;
use ec2_sim::World;
use ec2_sim::alarms::{Alarm, AlarmState, Query};
use ec2_sim::api::{
    AllocateAddress, Caller, CreateNetworkInterface, DescribeNetworkInterfaces, Request, Response,
    Tag, TagSpecification,
};
use ec2_sim::http::{ACCOUNT, Simulator};
use holdfast::cloud::health::{
    AlarmFilter, ReadAlarmContributors, ReadAlarmPages, ReadAlarms, ReadLifecycleStates,
    ReadLimits, ReadStatusChecks, ReadZonalShifts,
};
use holdfast::cloud::moves::{
    DryRun, DryRunCall, Fence, MoveInterface, MovePrivateIps, Reassociate,
};
use holdfast::cloud::{
    AddressFilter, Allocate, AllocateAddressRequest, Associate, CloudError, Disassociate,
    InstanceFilter, InterfaceFilter, ReadAddresses, ReadInstances, ReadInterfaces, SetReverseDns,
};
use holdfast::model::elastic_ip::Pool;
use holdfast::model::ids::{AllocationId, AttachmentId, EniId, InstanceId, InstanceType};
use holdfast::model::tags::Tags;
use holdfast_tests::client::TestBed;
use holdfast_tests::scenarios::estate;
use std::fmt::Debug;
use std::net::Ipv4Addr;
use std::str::FromStr;
use std::time::Duration;

/// Longer than any delay of the world.
const WHILE: Duration = Duration::from_mins(10);

/// Two instances, an interface that floats beside them, an address, and two alarms.
struct Town {
    first: InstanceId,
    second: InstanceId,
    eni: EniId,
    primary_ip: Ipv4Addr,
    secondary_ip: Ipv4Addr,
    allocation: AllocationId,
}

fn id<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn tag(value: &str) -> Vec<Tag> {
    vec![Tag::new("holdfast:group", value)]
}

fn town() -> (World, Town) {
    let mut world = World::new();
    // Long enough not to pass by itself while the calls go over HTTP.
    world.put_security_group("sg-0123456789abcdef0", None);
    world.settings().attach_delay = time::Duration::minutes(2);
    world.settings().detach_delay = time::Duration::minutes(2);
    let owner = Caller::user(ACCOUNT, "ada");
    let first = estate::launch(&mut world, &owner, tag("web")).unwrap();
    let second = estate::launch(&mut world, &owner, tag("web")).unwrap();
    world.advance(time::Duration::minutes(10));
    let seen = world.inspect(
        &owner,
        &Request::DescribeNetworkInterfaces(DescribeNetworkInterfaces::default()),
    );
    let Ok(Response::DescribeNetworkInterfaces { interfaces, .. }) = seen else {
        panic!("no interfaces: {seen:?}");
    };
    let floating = CreateNetworkInterface {
        subnet_id: interfaces[0].subnet_id.clone(),
        secondary_private_ip_address_count: 1,
        tag_specifications: vec![TagSpecification {
            resource_type: "network-interface".to_owned(),
            tags: tag("web"),
        }],
        ..CreateNetworkInterface::default()
    };
    let made = world.call(&owner, &Request::CreateNetworkInterface(floating), false);
    let Ok(Response::CreateNetworkInterface(floating)) = made else {
        panic!("no interface: {made:?}");
    };
    let address = estate::allocate(&mut world, &owner, AllocateAddress::default(), tag("web"));
    let alarm = Alarm::on_status_checks("sick", &first);
    world.put_alarm(alarm).unwrap();
    world
        .put_alarm(Alarm::composite("web", "ALARM(sick)"))
        .unwrap();
    world.set_alarm("sick", AlarmState::Alarm);
    let fleet = Query::Expression("SELECT MAX(Load) FROM App GROUP BY InstanceId".to_owned());
    world
        .put_alarm(Alarm::on_queries("fleet", vec![fleet]))
        .unwrap();
    world.set_contributor("fleet", &[("InstanceId", &first)], AlarmState::Alarm);
    world.put_into_auto_scaling(&first, "web", "Warmed:Running");
    let town = Town {
        first: id(&first),
        second: id(&second),
        eni: id(&floating.network_interface_id),
        primary_ip: id(&floating.private_ip_addresses[0].private_ip_address),
        secondary_ip: id(&floating.private_ip_addresses[1].private_ip_address),
        allocation: id(&address.unwrap().allocation_id),
    };
    (world, town)
}

/// What was said, step by step; of a refusal, what a decision hangs on.
#[derive(Default)]
struct Said(Vec<String>);

impl Said {
    fn note<T: Debug>(&mut self, step: &str, answer: &Result<T, CloudError>) {
        let answer = match answer {
            Ok(answer) => format!("{answer:?}"),
            Err(CloudError::NotFound { what, .. }) => format!("there is no {what:?}"),
            Err(error) => error.name().to_owned(),
        };
        self.0.push(format!("{step}: {answer}"));
    }

    /// But for the times, which differ.
    async fn look<C: ReadInterfaces>(&mut self, cloud: &C, eni: &EniId) -> Option<AttachmentId> {
        let named = InterfaceFilter::Ids(vec![eni.clone()]);
        let mut seen = cloud.interfaces(&named).await;
        for attachment in seen.iter_mut().flatten().flat_map(|it| &mut it.attachment) {
            attachment.since = None;
        }
        self.note("the interface", &seen);
        let attachment = seen.unwrap().pop().unwrap().attachment;
        attachment.map(|attachment| attachment.id)
    }
}

async fn move_interface<C>(said: &mut Said, cloud: &C, town: &Town, pass: &dyn Fn())
where
    C: ReadInterfaces + MoveInterface + DryRun,
{
    let Town {
        first, second, eni, ..
    } = town;
    let attached = cloud.attach(eni, first, 1).await;
    said.note("attach", &attached);
    said.look(cloud, eni).await;
    said.note("attach twice", &cloud.attach(eni, first, 1).await);
    pass();
    let attachment = said.look(cloud, eni).await.unwrap();
    let detach = DryRunCall::Detach(attachment.clone());
    said.note("dry_run", &cloud.dry_run(&detach).await);
    let outlive = cloud.clear_delete_on_termination(eni, &attachment).await;
    said.note("outlive", &outlive);
    said.note("detach", &cloud.detach(&attachment, false).await);
    said.look(cloud, eni).await;
    pass();
    said.look(cloud, eni).await;
    said.note("detach twice", &cloud.detach(&attachment, true).await);
    let outlive = cloud.clear_delete_on_termination(eni, &attachment).await;
    said.note("outlive what is over", &outlive);
    said.note("dry_run what is over", &cloud.dry_run(&detach).await);
    said.note("attach as primary", &cloud.attach(eni, second, 0).await);
    let gone: InstanceId = id("i-0123456789abcdef0");
    said.note("attach to nobody", &cloud.attach(eni, &gone, 1).await);
    let nothing: EniId = id("eni-0123456789abcdef0");
    said.note("attach nothing", &cloud.attach(&nothing, second, 1).await);
    said.note("attach elsewhere", &cloud.attach(eni, second, 1).await);
    pass();
    said.look(cloud, eni).await;
}

async fn move_addresses<C>(said: &mut Said, cloud: &C, town: &Town)
where
    C: ReadInterfaces + ReadInstances + MovePrivateIps + Reassociate + DryRun,
{
    let named = InstanceFilter::Ids(vec![town.first.clone()]);
    let target = cloud.instances(&named).await.unwrap()[0].interfaces[0]
        .id
        .clone();
    said.note("take", &cloud.assign(&target, &[town.secondary_ip]).await);
    said.note(
        "take a primary",
        &cloud.assign(&target, &[town.primary_ip]).await,
    );
    let outside = Ipv4Addr::new(192, 0, 2, 1);
    said.note(
        "take from outside",
        &cloud.assign(&target, &[outside]).await,
    );
    let associate = DryRunCall::Associate {
        allocation: town.allocation.clone(),
        eni: target.clone(),
        private_ip: town.secondary_ip,
    };
    said.note("dry_run", &cloud.dry_run(&associate).await);
    for (eni, ip) in [(&target, town.secondary_ip), (&town.eni, town.primary_ip)] {
        let taken = cloud.reassociate(&town.allocation, eni, ip).await;
        said.note("reassociate", &taken);
        said.look(cloud, eni).await;
    }
}

async fn hold_addresses<C>(said: &mut Said, cloud: &C, town: &Town, pass: &dyn Fn())
where
    C: ReadAddresses + ReadInstances + Allocate + Associate + Disassociate + SetReverseDns,
{
    let gone: AllocationId = id("eipalloc-0123456789abcdef0");
    let seen = cloud.addresses(&AddressFilter::All).await;
    said.note("all addresses", &seen);
    let held = seen.unwrap().remove(0);
    let (allocation, was) = (held.allocation, held.association.unwrap());
    let named = AddressFilter::Allocations(vec![gone.clone(), allocation.clone()]);
    said.note("those named", &cloud.addresses(&named).await);
    said.note("by IP", &cloud.addresses(&AddressFilter::Ip(held.ip)).await);
    let first = InstanceFilter::Ids(vec![town.first.clone()]);
    let target = cloud
        .instances(&first)
        .await
        .unwrap()
        .remove(0)
        .interfaces
        .remove(0);
    let (eni, ip) = (&target.id, target.private_ips[0].ip);
    let taken = cloud.associate(&allocation, eni, ip).await;
    said.note("associate what another has", &taken);
    said.note("disassociate", &cloud.disassociate(&was.id).await);
    let given = cloud.associate(&allocation, eni, ip).await;
    said.note("associate", &given);
    let again = cloud.associate(&allocation, eni, ip).await;
    said.note("associate twice", &again);
    let over = cloud.disassociate(&was.id).await;
    said.note("disassociate what is over", &over);
    said.note(
        "associate what is gone",
        &cloud.associate(&gone, eni, ip).await,
    );
    let request = AllocateAddressRequest {
        ip: held.ip,
        pool: Pool::Amazon,
        border_group: held.border_group,
        tags: Tags::from([("holdfast:protect".to_owned(), "reclaim".to_owned())]),
    };
    said.note("ask for what is held", &cloud.allocate(&request).await);
    let name = cloud.set_reverse_dns(&allocation, "a.example.com").await;
    said.note("name", &name);
    pass();
    for which in [
        AddressFilter::All,
        AddressFilter::Ip(held.ip),
        AddressFilter::Allocations(vec![allocation]),
    ] {
        said.note("names", &cloud.reverse_dns_names(&which).await);
    }
    said.note(
        "name what is gone",
        &cloud.set_reverse_dns(&gone, "a.example.com").await,
    );
    said.note(
        "all addresses after",
        &cloud.addresses(&AddressFilter::All).await,
    );
}

async fn read_health<C>(said: &mut Said, cloud: &C, town: &Town, pass: &dyn Fn())
where
    C: Fence
        + ReadStatusChecks
        + ReadLimits
        + ReadAlarms
        + ReadAlarmContributors
        + ReadAlarmPages
        + ReadLifecycleStates
        + ReadZonalShifts,
{
    let gone: InstanceId = id("i-0123456789abcdef0");
    let all = [town.first.clone(), gone.clone(), town.second.clone()];
    said.note("checks", &cloud.checks(&all).await);
    said.note("checks of nobody", &cloud.checks(&[]).await);
    said.note("scaled", &cloud.lifecycle_states(&all).await);
    said.note("scaled nobody", &cloud.lifecycle_states(&[]).await);
    said.note("shifted", &cloud.zonal_shifts().await);
    let types = ["m5.large", "p4d.24xlarge", "t3.gigantic"].map(|it| InstanceType(it.to_owned()));
    said.note("limits", &cloud.limits(&types).await);
    let names = ["sick", "web", "gone"].map(str::to_owned);
    said.note("alarms", &cloud.alarms(&names).await);
    let firing = cloud.alarm_page(AlarmFilter::Firing, None).await;
    said.note("firing", &firing);
    said.note("contributors", &cloud.contributors("fleet").await);
    said.note("no contributors", &cloud.contributors("gone").await);
    let group = id("sg-0123456789abcdef0");
    said.note("isolate", &cloud.isolate(&town.eni, &group).await);
    said.note("stop", &cloud.stop(&town.first).await);
    said.note("stop nobody", &cloud.stop(&gone).await);
    pass();
    said.note("checks after", &cloud.checks(&all).await);
}

async fn story<C>(cloud: &C, town: &Town, pass: &dyn Fn()) -> Vec<String>
where
    C: ReadInterfaces
        + ReadInstances
        + MoveInterface
        + MovePrivateIps
        + Reassociate
        + ReadAddresses
        + Allocate
        + Associate
        + Disassociate
        + SetReverseDns
        + Fence
        + DryRun
        + ReadStatusChecks
        + ReadLimits
        + ReadAlarms
        + ReadAlarmContributors
        + ReadAlarmPages
        + ReadLifecycleStates
        + ReadZonalShifts,
{
    let mut said = Said::default();
    move_interface(&mut said, cloud, town, pass).await;
    move_addresses(&mut said, cloud, town).await;
    hold_addresses(&mut said, cloud, town, pass).await;
    read_health(&mut said, cloud, town, pass).await;
    said.0
}

#[tokio::test]
async fn the_adapter_over_http_and_the_traits_in_one_process_say_the_same() {
    let (world, town) = town();
    let bed = TestBed::new(world.clone());
    let client = bed.client("holdfast-alarm-failover");
    let in_process = story(&client, &town, &|| bed.pass(WHILE)).await;

    let aws = Aws::on(Simulator::serve(world, 0).await.unwrap());
    let (ec2, trail, alarms) = (aws.ec2.clone(), aws.trail.clone(), aws.alarms.clone());
    let (scaling, shifts) = (aws.scaling.clone(), aws.shifts.clone());
    let adapter = holdfast_aws::Aws::new(ec2, || trail, || alarms, || scaling, || shifts);
    let over_http = story(&adapter, &town, &|| aws.simulator.advance(WHILE)).await;

    assert_eq!(over_http, in_process);
    let refusals = [
        "InUse",
        "AlreadyAssociated",
        "no Address",
        "no Allocation",
        "no Attachment",
        "no Instance",
        "no Interface",
        "Refused",
    ];
    for refusal in refusals {
        let met = in_process.iter().any(|said| said.contains(refusal));
        assert!(met, "the story does not meet {refusal}: {in_process:#?}");
    }
}
