//! Two running instances, and an interface that is attached to the first and has an address.

use ec2_sim::World;
use ec2_sim::api::{
    AllocateAddress, AllocatedAddress, AssociateAddress, AttachInternetGateway,
    AttachNetworkInterface, AttachmentChange, Caller, CreateInternetGateway,
    CreateNetworkInterface, CreateSubnet, CreateVpc, ModifyNetworkInterfaceAttribute, Request,
    Response, RunInstances, StopInstances,
};
use time::Duration;

pub(super) struct Pair {
    pub(super) world: World,
    pub(super) first: String,
    pub(super) second: String,
    pub(super) floating: String,
    pub(super) attachment: String,
    pub(super) address: AllocatedAddress,
}

pub(super) fn person() -> Caller {
    Caller::user("111122223333", "ada")
}

pub(super) fn pair() -> Pair {
    let mut world = World::new();
    let subnet = public_subnet(&mut world);
    let first = running(&mut world, &subnet);
    let second = running(&mut world, &subnet);
    let floating = interface(&mut world, &subnet);
    let attachment = attached(&mut world, &floating, &first);
    let address = associated(&mut world, &floating);
    Pair {
        world,
        first,
        second,
        floating,
        attachment,
        address,
    }
}

fn done(world: &mut World, request: &Request) -> Response {
    let answer = world.call(&person(), request, false);
    assert_eq!(world.check(), Vec::<String>::new());
    answer.expect("the call goes through")
}

fn wait(world: &mut World, seconds: i64) {
    world.advance(Duration::seconds(seconds));
    assert_eq!(world.check(), Vec::<String>::new());
}

fn public_subnet(world: &mut World) -> String {
    let vpc = Request::CreateVpc(CreateVpc {
        cidr_block: "10.0.0.0/16".to_owned(),
        ..CreateVpc::default()
    });
    let Response::CreateVpc(vpc) = done(world, &vpc) else {
        panic!("no VPC");
    };
    let gateway = Request::CreateInternetGateway(CreateInternetGateway::default());
    let Response::CreateInternetGateway(gateway) = done(world, &gateway) else {
        panic!("no gateway");
    };
    let attach = AttachInternetGateway {
        internet_gateway_id: gateway.internet_gateway_id,
        vpc_id: vpc.vpc_id.clone(),
    };
    done(world, &Request::AttachInternetGateway(attach));
    let subnet = Request::CreateSubnet(CreateSubnet {
        vpc_id: vpc.vpc_id,
        cidr_block: "10.0.1.0/24".to_owned(),
        ..CreateSubnet::default()
    });
    let Response::CreateSubnet(subnet) = done(world, &subnet) else {
        panic!("no subnet");
    };
    subnet.subnet_id
}

fn running(world: &mut World, subnet: &str) -> String {
    let request = Request::RunInstances(RunInstances {
        min_count: 1,
        max_count: 1,
        subnet_id: Some(subnet.to_owned()),
        ..RunInstances::default()
    });
    let Response::RunInstances(mut reservation) = done(world, &request) else {
        panic!("no instance");
    };
    wait(world, 60);
    reservation.instances.remove(0).instance_id
}

/// With a secondary private IP.
fn interface(world: &mut World, subnet: &str) -> String {
    let request = Request::CreateNetworkInterface(CreateNetworkInterface {
        subnet_id: subnet.to_owned(),
        secondary_private_ip_address_count: 1,
        ..CreateNetworkInterface::default()
    });
    let Response::CreateNetworkInterface(interface) = done(world, &request) else {
        panic!("no interface");
    };
    interface.network_interface_id
}

fn attached(world: &mut World, interface: &str, instance: &str) -> String {
    let request = Request::AttachNetworkInterface(AttachNetworkInterface {
        network_interface_id: interface.to_owned(),
        instance_id: instance.to_owned(),
        device_index: 1,
        network_card_index: Some(0),
    });
    let Response::AttachNetworkInterface { attachment_id, .. } = done(world, &request) else {
        panic!("not attached");
    };
    wait(world, 2);
    attachment_id
}

fn associated(world: &mut World, interface: &str) -> AllocatedAddress {
    let request = Request::AllocateAddress(AllocateAddress::default());
    let Response::AllocateAddress(address) = done(world, &request) else {
        panic!("no address");
    };
    let associate = AssociateAddress {
        allocation_id: Some(address.allocation_id.clone()),
        network_interface_id: Some(interface.to_owned()),
        ..AssociateAddress::default()
    };
    done(world, &Request::AssociateAddress(associate));
    address
}

pub(super) fn stopping(instance: &str) -> Request {
    Request::StopInstances(StopInstances {
        instance_ids: vec![instance.to_owned()],
        ..StopInstances::default()
    })
}

pub(super) fn ending_with_instance(interface: &str, attachment: &str, ends: bool) -> Request {
    Request::ModifyNetworkInterfaceAttribute(ModifyNetworkInterfaceAttribute {
        network_interface_id: interface.to_owned(),
        attachment: Some(AttachmentChange {
            attachment_id: attachment.to_owned(),
            delete_on_termination: ends,
        }),
        ..ModifyNetworkInterfaceAttribute::default()
    })
}
