//! Two members with one to three interfaces each, and an address on one of the first one's; and what the four rules say
//! of it, worked out from what was built.

use ec2_sim::World;
use ec2_sim::alarms::{Alarm, AlarmState};
use ec2_sim::api::{
    AllocateAddress, AssociateAddress, AttachInternetGateway, AttachNetworkInterface,
    CreateInternetGateway, CreateNetworkInterface, CreateSubnet, CreateTags, CreateVpc,
    InstanceNetworkInterfaceSpecification, Request, Response, RunInstances, Tag,
};
use holdfast_tests::scenarios::placement::{GROUP, owner};
use proptest::prelude::*;
use time::Duration;

const TARGET: (&str, &str) = ("holdfast:address-target", "true");

/// An interface of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Leg {
    pub(super) card: i32,
    pub(super) index: i32,
    pub(super) subnet: usize,
    pub(super) is_target: bool,
    /// It moves among the group, and is nobody's own.
    pub(super) floats: bool,
    /// Its only private IP has an Elastic IP already.
    pub(super) is_full: bool,
}

/// Two members: the first has the address on one of its legs, the second is to take it.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) first: Vec<Leg>,
    pub(super) on: usize,
    pub(super) second: Vec<Leg>,
}

/// What the rules say of a member.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Leg(usize),
    Obstacle,
}

/// The four rules, worked out from what was built.
pub(super) fn expected(former: Leg, legs: &[Leg]) -> Expected {
    let own = |at: &usize| !legs[*at].floats;
    let all: Vec<usize> = (0..legs.len()).filter(own).collect();
    let tagged: Vec<usize> = all
        .iter()
        .copied()
        .filter(|at| legs[*at].is_target)
        .collect();
    let same_index = |at: &usize| (legs[*at].card, legs[*at].index) == (former.card, former.index);
    let same_subnet = |at: &usize| legs[*at].subnet == former.subnet;
    let indexed: Vec<usize> = all.iter().copied().filter(same_index).collect();
    let inside: Vec<usize> = all.iter().copied().filter(same_subnet).collect();
    let one = |at: usize| {
        if legs[at].is_full {
            Expected::Obstacle
        } else {
            Expected::Leg(at)
        }
    };
    let with_room: Vec<usize> = inside
        .iter()
        .copied()
        .filter(|at| !legs[*at].is_full)
        .collect();
    match (&tagged[..], &indexed[..]) {
        ([tagged], _) => return one(*tagged),
        ([_, _, ..], _) => return Expected::Obstacle,
        ([], [indexed]) if inside.is_empty() => return one(*indexed),
        ([], [indexed]) if !inside.contains(indexed) => return Expected::Obstacle,
        ([], [indexed]) if !legs[*indexed].is_full => return one(*indexed),
        ([], _) if inside.is_empty() => {}
        ([], _) => match with_room[..] {
            [only] => return Expected::Leg(only),
            _ => return Expected::Obstacle,
        },
    }
    let open: Vec<usize> = all.into_iter().filter(|at| !legs[*at].is_full).collect();
    match open[..] {
        [only] => Expected::Leg(only),
        _ => Expected::Obstacle,
    }
}

pub(super) fn call(world: &mut World, request: &Request) -> Response {
    let answer = world.call(&owner(), request, false);
    answer.unwrap_or_else(|error| panic!("{request:?}: {error}"))
}

fn tag(world: &mut World, id: &str, (key, value): (&str, &str)) {
    let request = CreateTags {
        resources: vec![id.to_owned()],
        tags: vec![Tag::new(key, value)],
    };
    call(world, &Request::CreateTags(request));
}

/// A VPC with a gateway and three subnets in one zone.
fn subnets(world: &mut World) -> Vec<String> {
    let request = CreateVpc {
        cidr_block: "10.0.0.0/16".to_owned(),
        ..CreateVpc::default()
    };
    let Response::CreateVpc(vpc) = call(world, &Request::CreateVpc(request)) else {
        panic!("no VPC")
    };
    let request = Request::CreateInternetGateway(CreateInternetGateway::default());
    let Response::CreateInternetGateway(gateway) = call(world, &request) else {
        panic!("no gateway")
    };
    let request = AttachInternetGateway {
        internet_gateway_id: gateway.internet_gateway_id,
        vpc_id: vpc.vpc_id.clone(),
    };
    call(world, &Request::AttachInternetGateway(request));
    let subnet = |number: usize| {
        let request = CreateSubnet {
            vpc_id: vpc.vpc_id.clone(),
            cidr_block: format!("10.0.{number}.0/24"),
            ..CreateSubnet::default()
        };
        match call(world, &Request::CreateSubnet(request)) {
            Response::CreateSubnet(subnet) => subnet.subnet_id,
            other => panic!("{other:?}"),
        }
    };
    (0..3).map(subnet).collect()
}

fn new_interface(world: &mut World, subnet: &str) -> String {
    let request = CreateNetworkInterface {
        subnet_id: subnet.to_owned(),
        ..CreateNetworkInterface::default()
    };
    match call(world, &Request::CreateNetworkInterface(request)) {
        Response::CreateNetworkInterface(made) => made.network_interface_id,
        other => panic!("{other:?}"),
    }
}

fn attach(world: &mut World, eni: &str, instance: &str, leg: Leg) {
    let request = AttachNetworkInterface {
        network_interface_id: eni.to_owned(),
        instance_id: instance.to_owned(),
        device_index: leg.index,
        network_card_index: Some(leg.card),
    };
    call(world, &Request::AttachNetworkInterface(request));
}

fn allocate(world: &mut World) -> String {
    let request = Request::AllocateAddress(AllocateAddress::default());
    match call(world, &request) {
        Response::AllocateAddress(given) => given.allocation_id,
        other => panic!("{other:?}"),
    }
}

fn associate(world: &mut World, allocation: &str, eni: &str) {
    let request = AssociateAddress {
        allocation_id: Some(allocation.to_owned()),
        network_interface_id: Some(eni.to_owned()),
        ..AssociateAddress::default()
    };
    call(world, &Request::AssociateAddress(request));
}

/// What was built.
#[derive(Debug, Clone)]
pub(super) struct Built {
    pub(super) world: World,
    pub(super) members: [String; 2],
    /// The interfaces of each member.
    pub(super) enis: [Vec<String>; 2],
    pub(super) allocation: String,
}

fn member(world: &mut World, subnets: &[String], legs: &[Leg]) -> (String, Vec<String>) {
    let primary = InstanceNetworkInterfaceSpecification {
        subnet_id: Some(subnets[legs[0].subnet].clone()),
        ..InstanceNetworkInterfaceSpecification::default()
    };
    let request = RunInstances {
        instance_type: Some("p4d.24xlarge".to_owned()),
        min_count: 1,
        max_count: 1,
        network_interfaces: vec![primary],
        ..RunInstances::default()
    };
    let Response::RunInstances(made) = call(world, &Request::RunInstances(request)) else {
        panic!("no instance")
    };
    let instance = &made.instances[0];
    let id = instance.instance_id.clone();
    let mut enis = vec![instance.network_interfaces[0].network_interface_id.clone()];
    world.advance(Duration::seconds(300));
    tag(world, &id, GROUP);
    for leg in &legs[1..] {
        let eni = new_interface(world, &subnets[leg.subnet]);
        attach(world, &eni, &id, *leg);
        if leg.floats {
            tag(world, &eni, GROUP);
        }
        enis.push(eni);
    }
    world.advance(Duration::seconds(60));
    for (leg, eni) in legs.iter().zip(&enis) {
        if leg.is_target {
            tag(world, eni, TARGET);
        }
        if leg.is_full {
            let other = allocate(world);
            associate(world, &other, eni);
        }
    }
    let alarm = Alarm::on_status_checks(&id, &id);
    world.put_alarm(alarm).expect("an alarm on one metric");
    world.set_alarm(&id, AlarmState::Ok);
    (id, enis)
}

pub(super) fn build(plan: &Plan) -> Built {
    let mut world = World::new();
    world.settings().address_quota = 1000;
    let subnets = subnets(&mut world);
    let (first, of_first) = member(&mut world, &subnets, &plan.first);
    let (second, of_second) = member(&mut world, &subnets, &plan.second);
    let allocation = allocate(&mut world);
    for tags in [
        GROUP,
        ("holdfast:mover", "eip"),
        ("holdfast:on-stop", "move"),
        ("holdfast:protect", "reclaim"),
    ] {
        tag(&mut world, &allocation, tags);
    }
    associate(&mut world, &allocation, &of_first[plan.on]);
    world.advance(Duration::seconds(60));
    world.take_events();
    Built {
        world,
        members: [first, second],
        enis: [of_first, of_second],
        allocation,
    }
}

/// A member with one to three legs, each at a place of its own; the first one is its primary interface.
fn legs() -> impl Strategy<Value = Vec<Leg>> {
    let places = prop::sample::subsequence(vec![(0, 1), (0, 2), (0, 3), (1, 1)], 0..3);
    let kind = (0..3_usize, 0..8_u8, 0..6_u8, 0..5_u8);
    let kinds = prop::collection::vec(kind, 3);
    (places, kinds).prop_map(|(places, kinds)| {
        let all = [(0, 0)].into_iter().chain(places).zip(kinds);
        let leg = |(at, ((card, index), (subnet, target, floats, full))): (usize, _)| Leg {
            card,
            index,
            subnet,
            is_target: target == 0,
            floats: at > 0 && floats == 0,
            is_full: full == 0,
        };
        all.enumerate().map(leg).collect()
    })
}

pub(super) fn plans() -> impl Strategy<Value = Plan> {
    (legs(), legs(), any::<prop::sample::Index>()).prop_map(|(mut first, second, on)| {
        for leg in &mut first {
            leg.is_full = false;
        }
        let own: Vec<usize> = (0..first.len()).filter(|at| !first[*at].floats).collect();
        let on = own[on.index(own.len())];
        Plan { first, on, second }
    })
}
