//! What people do to an account by hand: a network with an interface, an address with its tags, put to
//! use, taken out of use, released. EC2's refusals are handed back.

use crate::explorer::promises::addresses;
use ec2_sim::World;
use ec2_sim::api::{
    AllocateAddress, AllocatedAddress, AssociateAddress, AttachInternetGateway, Caller,
    CreateInternetGateway, CreateNetworkInterface, CreateSubnet, CreateVpc,
    DescribeNetworkInterfaces, DisassociateAddress, Ec2Error, ModifyAddressAttribute,
    ReleaseAddress, Request, ResetAddressAttribute, Response, RunInstances, Tag, TagSpecification,
    TerminateInstances,
};

fn unexpected(response: &Response) -> Ec2Error {
    Ec2Error::new(
        "InternalError",
        format!("the simulator answered {response:?}"),
    )
}

/// A VPC with a gateway and one network interface with this private IP; gives the interface.
///
/// # Errors
/// As EC2 refuses.
pub fn interface(world: &mut World, owner: &Caller, private_ip: &str) -> Result<String, Ec2Error> {
    let vpc = CreateVpc {
        cidr_block: "10.0.0.0/16".to_owned(),
        ..CreateVpc::default()
    };
    let vpc = match world.call(owner, &Request::CreateVpc(vpc), false)? {
        Response::CreateVpc(vpc) => vpc,
        other => return Err(unexpected(&other)),
    };
    let subnet = CreateSubnet {
        vpc_id: vpc.vpc_id.clone(),
        cidr_block: "10.0.0.0/24".to_owned(),
        ..CreateSubnet::default()
    };
    let subnet = match world.call(owner, &Request::CreateSubnet(subnet), false)? {
        Response::CreateSubnet(subnet) => subnet,
        other => return Err(unexpected(&other)),
    };
    let gateway = Request::CreateInternetGateway(CreateInternetGateway::default());
    let gateway = match world.call(owner, &gateway, false)? {
        Response::CreateInternetGateway(gateway) => gateway,
        other => return Err(unexpected(&other)),
    };
    let attach = AttachInternetGateway {
        internet_gateway_id: gateway.internet_gateway_id,
        vpc_id: vpc.vpc_id,
    };
    world.call(owner, &Request::AttachInternetGateway(attach), false)?;
    let interface = CreateNetworkInterface {
        subnet_id: subnet.subnet_id,
        private_ip_address: Some(private_ip.to_owned()),
        ..CreateNetworkInterface::default()
    };
    match world.call(owner, &Request::CreateNetworkInterface(interface), false)? {
        Response::CreateNetworkInterface(interface) => Ok(interface.network_interface_id),
        other => Err(unexpected(&other)),
    }
}

/// One more interface in the subnet of another.
///
/// # Errors
/// As EC2 refuses.
pub fn neighbour(world: &mut World, owner: &Caller, eni: &str) -> Result<String, Ec2Error> {
    let all = Request::DescribeNetworkInterfaces(DescribeNetworkInterfaces::default());
    let shown = match world.inspect(owner, &all)? {
        Response::DescribeNetworkInterfaces { interfaces, .. } => interfaces,
        other => return Err(unexpected(&other)),
    };
    let of = shown.into_iter().find(|it| it.network_interface_id == eni);
    let interface = CreateNetworkInterface {
        subnet_id: of.map(|it| it.subnet_id).unwrap_or_default(),
        ..CreateNetworkInterface::default()
    };
    match world.call(owner, &Request::CreateNetworkInterface(interface), false)? {
        Response::CreateNetworkInterface(interface) => Ok(interface.network_interface_id),
        other => Err(unexpected(&other)),
    }
}

/// An address with its tags; `request` says where from.
///
/// # Errors
/// As EC2 refuses.
pub fn allocate(
    world: &mut World,
    owner: &Caller,
    request: AllocateAddress,
    tags: Vec<Tag>,
) -> Result<AllocatedAddress, Ec2Error> {
    let specification = TagSpecification {
        resource_type: "elastic-ip".to_owned(),
        tags,
    };
    let request = AllocateAddress {
        tag_specifications: vec![specification],
        ..request
    };
    match world.call(owner, &Request::AllocateAddress(request), false)? {
        Response::AllocateAddress(given) => Ok(given),
        other => Err(unexpected(&other)),
    }
}

/// Associates an address with a private IP and gives it a reverse DNS name.
///
/// # Errors
/// As EC2 refuses.
pub fn put_to_use(
    world: &mut World,
    owner: &Caller,
    allocation: &str,
    place: (&str, &str),
    name: &str,
) -> Result<(), Ec2Error> {
    let (eni, private_ip) = place;
    let associate = AssociateAddress {
        allocation_id: Some(allocation.to_owned()),
        network_interface_id: Some(eni.to_owned()),
        private_ip_address: Some(private_ip.to_owned()),
        ..AssociateAddress::default()
    };
    world.call(owner, &Request::AssociateAddress(associate), false)?;
    let name = ModifyAddressAttribute {
        allocation_id: allocation.to_owned(),
        domain_name: Some(name.to_owned()),
    };
    world
        .call(owner, &Request::ModifyAddressAttribute(name), false)
        .map(drop)
}

/// Resets the reverse DNS and ends the association, as EC2 demands before an address can be released.
///
/// # Errors
/// As EC2 refuses.
pub fn take_out_of_use(
    world: &mut World,
    caller: &Caller,
    allocation: &str,
) -> Result<(), Ec2Error> {
    let held = addresses(world)
        .remove(allocation)
        .and_then(|address| address.association);
    let Some(association) = held else {
        return Ok(());
    };
    take_name_away(world, caller, allocation)?;
    let end = DisassociateAddress {
        association_id: Some(association.association_id),
        public_ip: None,
    };
    world
        .call(caller, &Request::DisassociateAddress(end), false)
        .map(drop)
}

/// Resets the reverse DNS.
///
/// # Errors
/// As EC2 refuses.
pub fn take_name_away(
    world: &mut World,
    caller: &Caller,
    allocation: &str,
) -> Result<(), Ec2Error> {
    let reset = ResetAddressAttribute {
        allocation_id: allocation.to_owned(),
        attribute: "domain-name".to_owned(),
    };
    world
        .call(caller, &Request::ResetAddressAttribute(reset), false)
        .map(drop)
}

/// Releases an address.
///
/// # Errors
/// As EC2 refuses.
pub fn release(world: &mut World, caller: &Caller, allocation: &str) -> Result<(), Ec2Error> {
    let request = ReleaseAddress {
        allocation_id: Some(allocation.to_owned()),
        ..ReleaseAddress::default()
    };
    world
        .call(caller, &Request::ReleaseAddress(request), false)
        .map(drop)
}

/// Starts an instance in the default VPC with these tags.
///
/// # Errors
/// As EC2 refuses.
pub fn launch(world: &mut World, caller: &Caller, tags: Vec<Tag>) -> Result<String, Ec2Error> {
    let request = RunInstances {
        min_count: 1,
        max_count: 1,
        tag_specifications: vec![TagSpecification {
            resource_type: "instance".to_owned(),
            tags,
        }],
        ..RunInstances::default()
    };
    match world.call(caller, &Request::RunInstances(request), false)? {
        Response::RunInstances(reservation) => {
            let first = reservation.instances.into_iter().next();
            first.map(|instance| instance.instance_id).ok_or_else(|| {
                Ec2Error::new("InternalError", "a reservation has at least one instance")
            })
        }
        other => Err(unexpected(&other)),
    }
}

/// Terminates instances.
///
/// # Errors
/// As EC2 refuses.
pub fn terminate(world: &mut World, caller: &Caller, instances: &[String]) -> Result<(), Ec2Error> {
    let request = TerminateInstances {
        instance_ids: instances.to_vec(),
    };
    world
        .call(caller, &Request::TerminateInstances(request), false)
        .map(drop)
}
