//! The fixture: a world with a person in it, and short words for the calls.

use serde_json::Value;
use time::Duration;

use crate::{
    World,
    api::{
        Address, AddressAttribute, AllocateAddress, AllocatedAddress, AssociateAddress,
        AttachInternetGateway, Caller, CreateInternetGateway, CreateNetworkInterface, CreateSubnet,
        CreateTags, CreateVpc, DescribeAddresses, DescribeAddressesAttribute, DescribeInstances,
        DisassociateAddress, Ec2Error, Filter, Instance, ModifyAddressAttribute, NetworkInterface,
        ReleaseAddress, Request, ResetAddressAttribute, Response, RunInstances, Tag,
        TagSpecification,
    },
};

pub(super) struct SimFixture {
    pub(super) world: World,
    pub(super) caller: Caller,
}

pub(super) fn bed() -> SimFixture {
    SimFixture {
        world: World::new(),
        caller: Caller::user("111122223333", "ada"),
    }
}

impl SimFixture {
    /// Makes a call as any caller does, and looks for broken invariants after it.
    #[allow(
        clippy::needless_pass_by_value,
        reason = "a call reads better without `&`"
    )]
    pub(super) fn call(&mut self, request: Request) -> Result<Response, Ec2Error> {
        let answer = self.world.call(&self.caller, &request, false);
        assert_eq!(self.world.check(), Vec::<String>::new());
        answer
    }

    pub(super) fn refused(&mut self, request: Request) -> String {
        self.call(request)
            .expect_err("the call should be refused")
            .code
    }

    pub(super) fn as_account(&mut self, account: &str) -> &mut Self {
        self.caller = Caller::user(account, "eve");
        self
    }

    pub(super) fn wait(&mut self, seconds: i64) {
        self.world.advance(Duration::seconds(seconds));
        assert_eq!(self.world.check(), Vec::<String>::new());
    }

    pub(super) fn allocate(&mut self) -> AllocatedAddress {
        self.allocated(AllocateAddress::default())
    }

    pub(super) fn allocated(&mut self, request: AllocateAddress) -> AllocatedAddress {
        match self.call(Request::AllocateAddress(request)) {
            Ok(Response::AllocateAddress(address)) => address,
            other => panic!("no address: {other:?}"),
        }
    }

    pub(super) fn recover(&mut self, ip: &str) -> AllocatedAddress {
        self.allocated(recovery(ip))
    }

    pub(super) fn release(&mut self, address: &AllocatedAddress) {
        self.call(release(&address.allocation_id))
            .expect("the address can be released");
    }

    /// An address that was held and is not any more.
    pub(super) fn released(&mut self) -> AllocatedAddress {
        let address = self.allocate();
        self.release(&address);
        address
    }

    pub(super) fn address(&mut self, ip: &str) -> Address {
        self.addresses(&[("public-ip", ip)])
            .pop()
            .expect("the account has the address")
    }

    pub(super) fn addresses(&mut self, filters: &[(&str, &str)]) -> Vec<Address> {
        let filters = filters
            .iter()
            .map(|(name, value)| Filter {
                name: (*name).to_owned(),
                values: vec![(*value).to_owned()],
            })
            .collect();
        let request = DescribeAddresses {
            filters,
            ..DescribeAddresses::default()
        };
        match self.call(Request::DescribeAddresses(request)) {
            Ok(Response::DescribeAddresses(addresses)) => addresses,
            other => panic!("no addresses: {other:?}"),
        }
    }

    pub(super) fn associate(&mut self, address: &AllocatedAddress, interface: &str) -> String {
        match self.call(association(&address.allocation_id, interface)) {
            Ok(Response::AssociateAddress { association_id }) => association_id,
            other => panic!("no association: {other:?}"),
        }
    }

    /// A subnet of a VPC of one's own, with a gateway if `public`.
    pub(super) fn subnet(&mut self, public: bool) -> String {
        let vpc = match self.call(Request::CreateVpc(CreateVpc {
            cidr_block: "10.0.0.0/16".to_owned(),
            ..CreateVpc::default()
        })) {
            Ok(Response::CreateVpc(vpc)) => vpc.vpc_id,
            other => panic!("no VPC: {other:?}"),
        };
        if public {
            self.gateway(&vpc);
        }
        let subnet = CreateSubnet {
            vpc_id: vpc,
            cidr_block: "10.0.1.0/24".to_owned(),
            ..CreateSubnet::default()
        };
        match self.call(Request::CreateSubnet(subnet)) {
            Ok(Response::CreateSubnet(subnet)) => subnet.subnet_id,
            other => panic!("no subnet: {other:?}"),
        }
    }

    fn gateway(&mut self, vpc: &str) {
        let request = Request::CreateInternetGateway(CreateInternetGateway::default());
        let gateway = match self.call(request) {
            Ok(Response::CreateInternetGateway(gateway)) => gateway.internet_gateway_id,
            other => panic!("no gateway: {other:?}"),
        };
        let attach = AttachInternetGateway {
            internet_gateway_id: gateway,
            vpc_id: vpc.to_owned(),
        };
        self.call(Request::AttachInternetGateway(attach))
            .expect("the VPC has no gateway yet");
    }

    pub(super) fn interface(&mut self, subnet: &str) -> NetworkInterface {
        let request = CreateNetworkInterface {
            subnet_id: subnet.to_owned(),
            secondary_private_ip_address_count: 1,
            ..CreateNetworkInterface::default()
        };
        match self.call(Request::CreateNetworkInterface(request)) {
            Ok(Response::CreateNetworkInterface(interface)) => interface,
            other => panic!("no interface: {other:?}"),
        }
    }

    /// An interface in a VPC of one's own, with a way out.
    pub(super) fn public_interface(&mut self) -> String {
        let subnet = self.subnet(true);
        self.interface(&subnet).network_interface_id
    }

    /// An instance that is still pending; without a subnet, in the default VPC.
    pub(super) fn launch(&mut self, subnet: Option<&str>) -> Instance {
        let request = RunInstances {
            min_count: 1,
            max_count: 1,
            subnet_id: subnet.map(str::to_owned),
            ..RunInstances::default()
        };
        match self.call(Request::RunInstances(request)) {
            Ok(Response::RunInstances(mut reservation)) => {
                reservation.instances.pop().expect("one was asked for")
            }
            other => panic!("no instance: {other:?}"),
        }
    }

    pub(super) fn running(&mut self, subnet: Option<&str>) -> Instance {
        let id = self.launch(subnet).instance_id;
        self.wait(60);
        self.instance(&id).expect("the instance was launched")
    }

    pub(super) fn instance(&mut self, id: &str) -> Option<Instance> {
        let request = DescribeInstances {
            instance_ids: vec![id.to_owned()],
            ..DescribeInstances::default()
        };
        match self.call(Request::DescribeInstances(request)) {
            Ok(Response::DescribeInstances { reservations, .. }) => {
                reservations.into_iter().flat_map(|it| it.instances).next()
            }
            _ => None,
        }
    }

    pub(super) fn name(&mut self, address: &AllocatedAddress, name: &str) {
        self.call(naming(&address.allocation_id, name))
            .expect("the name can be set");
    }

    pub(super) fn attribute(&mut self, address: &AllocatedAddress) -> AddressAttribute {
        let request = DescribeAddressesAttribute {
            allocation_ids: vec![address.allocation_id.clone()],
            attribute: Some("domain-name".to_owned()),
            ..DescribeAddressesAttribute::default()
        };
        match self.call(Request::DescribeAddressesAttribute(request)) {
            Ok(Response::DescribeAddressesAttribute { mut addresses, .. }) => {
                addresses.pop().expect("it was asked for by id")
            }
            other => panic!("no attribute: {other:?}"),
        }
    }

    /// The last CloudTrail record.
    pub(super) fn record(&self) -> &Value {
        self.world
            .trail()
            .last()
            .expect("a write was made")
            .detail()
    }

    pub(super) fn event_names(&mut self) -> Vec<String> {
        let events = self.world.take_events();
        events
            .iter()
            .map(|event| {
                let detail = &event["detail"];
                let name = detail["eventName"].as_str().or(detail["state"].as_str());
                name.expect("an event has a name or a state").to_owned()
            })
            .collect()
    }
}

pub(super) fn recovery(ip: &str) -> AllocateAddress {
    AllocateAddress {
        address: Some(ip.to_owned()),
        ..AllocateAddress::default()
    }
}

pub(super) fn tagged(tags: &[(&str, &str)]) -> AllocateAddress {
    AllocateAddress {
        tag_specifications: vec![TagSpecification {
            resource_type: "elastic-ip".to_owned(),
            tags: tags
                .iter()
                .map(|(key, value)| Tag::new(*key, *value))
                .collect(),
        }],
        ..AllocateAddress::default()
    }
}

pub(super) fn release(allocation_id: &str) -> Request {
    Request::ReleaseAddress(ReleaseAddress {
        allocation_id: Some(allocation_id.to_owned()),
        ..ReleaseAddress::default()
    })
}

pub(super) fn association(allocation_id: &str, interface: &str) -> Request {
    Request::AssociateAddress(AssociateAddress {
        allocation_id: Some(allocation_id.to_owned()),
        network_interface_id: Some(interface.to_owned()),
        ..AssociateAddress::default()
    })
}

/// With `AllowReassociation=false`.
pub(super) fn first_association(allocation_id: &str, interface: &str) -> Request {
    Request::AssociateAddress(AssociateAddress {
        allocation_id: Some(allocation_id.to_owned()),
        network_interface_id: Some(interface.to_owned()),
        allow_reassociation: Some(false),
        ..AssociateAddress::default()
    })
}

pub(super) fn instance_association(allocation_id: &str, instance: &str) -> Request {
    Request::AssociateAddress(AssociateAddress {
        allocation_id: Some(allocation_id.to_owned()),
        instance_id: Some(instance.to_owned()),
        ..AssociateAddress::default()
    })
}

pub(super) fn disassociation(association_id: &str) -> Request {
    Request::DisassociateAddress(DisassociateAddress {
        association_id: Some(association_id.to_owned()),
        ..DisassociateAddress::default()
    })
}

pub(super) fn naming(allocation_id: &str, name: &str) -> Request {
    Request::ModifyAddressAttribute(ModifyAddressAttribute {
        allocation_id: allocation_id.to_owned(),
        domain_name: Some(name.to_owned()),
    })
}

pub(super) fn unnaming(allocation_id: &str) -> Request {
    Request::ResetAddressAttribute(ResetAddressAttribute {
        allocation_id: allocation_id.to_owned(),
        attribute: "domain-name".to_owned(),
    })
}

pub(super) fn tagging(id: &str, tags: &[(&str, &str)]) -> Request {
    Request::CreateTags(CreateTags {
        resources: vec![id.to_owned()],
        tags: tags
            .iter()
            .map(|(key, value)| Tag::new(*key, *value))
            .collect(),
    })
}
