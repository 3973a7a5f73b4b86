//! What the owner of a group does by hand, and the events that follow from it.

use crate::client::{ACCOUNT, TestBed};
use crate::explorer::promises::AccountView;
use ec2_sim::World;
use ec2_sim::api::{
    AllocateAddress, Caller, CreateNetworkInterface, DescribeNetworkInterfaces, Instance,
    InstanceState, Request, Response, StartInstances, StopInstances, Tag, TagSpecification,
    TerminateInstances,
};
use serde_json::json;

/// Calls EC2 as the owner; the scenario is wrong if EC2 refuses.
pub(super) fn call(world: &mut World, request: &Request) -> Response {
    let answer = world.call(&owner(), request, false);
    answer.expect("the scenario's own calls are good")
}

/// Whoever owns the instances.
#[must_use]
pub fn owner() -> Caller {
    Caller::user(ACCOUNT, "owner")
}

/// The event by which EC2 tells that an instance came into a state.
#[must_use]
pub fn state_change(instance: &str, state: &str) -> serde_json::Value {
    json!({
        "version": "0",
        "id": format!("{instance}-{state}"),
        "detail-type": "EC2 Instance State-change Notification",
        "source": "aws.ec2",
        "account": ACCOUNT,
        "time": "2026-01-15T12:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {"instance-id": instance, "state": state}
    })
}

/// The event of the schedule.
#[must_use]
pub fn schedule() -> serde_json::Value {
    json!({
        "version": "0",
        "id": "schedule",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": "2026-01-15T12:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {}
    })
}

/// The owner stops an instance.
pub fn stop(world: &mut World, instance: &str) {
    let instance_ids = vec![instance.to_owned()];
    let request = StopInstances {
        instance_ids,
        ..StopInstances::default()
    };
    call(world, &Request::StopInstances(request));
}

/// The owner starts an instance again.
pub fn start(world: &mut World, instance: &str) {
    let instance_ids = vec![instance.to_owned()];
    call(
        world,
        &Request::StartInstances(StartInstances { instance_ids }),
    );
}

/// The owner terminates an instance.
pub fn terminate(world: &mut World, instance: &str) {
    let instance_ids = vec![instance.to_owned()];
    let request = TerminateInstances { instance_ids };
    call(world, &Request::TerminateInstances(request));
}

/// What a person sees of an instance.
#[must_use]
pub fn seen(bed: &TestBed, instance: &str) -> Option<Instance> {
    AccountView::of(&bed.world()).instances.remove(instance)
}

/// The state of an instance.
#[must_use]
pub fn state_of(bed: &TestBed, instance: &str) -> Option<InstanceState> {
    seen(bed, instance).map(|instance| instance.state)
}

pub(super) fn allocate(world: &mut World, tags: Vec<Tag>) -> String {
    let request = AllocateAddress {
        tag_specifications: vec![TagSpecification {
            resource_type: "elastic-ip".to_owned(),
            tags,
        }],
        ..AllocateAddress::default()
    };
    match call(world, &Request::AllocateAddress(request)) {
        Response::AllocateAddress(given) => given.allocation_id,
        other => unreachable!("AllocateAddress answers with an address, not {other:?}"),
    }
}

/// An interface in a subnet of the default VPC, found by the subnet of one that is made on the way.
pub(super) fn interface(world: &mut World, secondary: i32) -> String {
    let request = CreateNetworkInterface {
        subnet_id: default_subnet(world),
        secondary_private_ip_address_count: secondary,
        ..CreateNetworkInterface::default()
    };
    match call(world, &Request::CreateNetworkInterface(request)) {
        Response::CreateNetworkInterface(made) => made.network_interface_id,
        other => unreachable!("CreateNetworkInterface answers with an interface, not {other:?}"),
    }
}

/// A subnet of the default VPC: that of any instance that is there.
#[must_use]
pub fn default_subnet(world: &World) -> String {
    let request = Request::DescribeNetworkInterfaces(DescribeNetworkInterfaces::default());
    let interfaces = match world.inspect(&owner(), &request) {
        Ok(Response::DescribeNetworkInterfaces { interfaces, .. }) => interfaces,
        other => unreachable!("DescribeNetworkInterfaces answers, not {other:?}"),
    };
    let first = interfaces.into_iter().next();
    first.expect("an instance was launched before").subnet_id
}
