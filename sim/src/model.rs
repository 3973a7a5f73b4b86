//! EC2's own state: what exists, what will happen by itself, and the dispatch of calls to the
//! family that answers them. One call is applied at a time, so nothing races in here; what callers
//! race for is arbitrated by the rules of the families.

use std::collections::{BTreeMap, BTreeSet};

use time::OffsetDateTime;

use super::{
    addresses::{Address, AddressPool, FormerAddress},
    alarms::{Alarm, AlarmChange},
    api::{Caller, Ec2Error, InstanceState, Request, Response, Tag},
    auto_scaling::AutoScalingInstance,
    client_tokens::ClientTokens,
    ids::Ids,
    instance_types,
    instances::Instance,
    interfaces::Interface,
    lifecycle_hooks::{Hook, LifecycleAction},
    networks::{InternetGateway, Region, Subnet, Vpc},
    routes::RouteTable,
    security_groups::SecurityGroup,
    settings::Settings,
    timers::{Due, Timers},
    zonal_shifts::ZonalShift,
};

/// What describes can show, keyed by id.
#[derive(Clone, Debug, Default)]
pub struct Resources {
    pub(super) addresses: BTreeMap<String, Address>,
    pub(super) interfaces: BTreeMap<String, Interface>,
    pub(super) instances: BTreeMap<String, Instance>,
    pub(super) vpcs: BTreeMap<String, Vpc>,
    pub(super) subnets: BTreeMap<String, Subnet>,
    pub(super) gateways: BTreeMap<String, InternetGateway>,
    pub(super) route_tables: BTreeMap<String, RouteTable>,
    pub(super) security_groups: BTreeMap<String, SecurityGroup>,
    pub(super) tags: BTreeMap<String, BTreeMap<String, String>>,
}

impl Resources {
    pub(super) fn tags_of(&self, id: &str) -> Vec<Tag> {
        let tags = self.tags.get(id).into_iter().flatten();
        tags.map(|(key, value)| Tag::new(key, value)).collect()
    }
}

/// The resources as a reader sees them, and the moment they are of.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) resources: &'a Resources,
    pub(super) now: OffsetDateTime,
}

impl View<'_> {
    /// Answers a describe.
    pub(super) fn describe(
        &self,
        caller: &Caller,
        request: &Request,
    ) -> Result<Response, Ec2Error> {
        let account = caller.account.as_str();
        match request {
            Request::DescribeAddresses(request) => self.describe_addresses(account, request),
            Request::DescribeAddressesAttribute(request) => {
                self.describe_addresses_attribute(account, request)
            }
            Request::DescribeInstances(request) => self.describe_instances(account, request),
            Request::DescribeInstanceStatus(request) => {
                self.describe_instance_status(account, request)
            }
            Request::DescribeNetworkInterfaces(request) => {
                self.describe_network_interfaces(account, request)
            }
            Request::DescribeInstanceTypes(request) => instance_types::describe(request),
            Request::DescribeInstanceAttribute(request) => {
                self.describe_instance_attribute(account, request)
            }
            Request::DescribeSecurityGroups(request) => {
                self.describe_security_groups(account, request)
            }
            Request::DescribeVpcAttribute(request) => self.describe_vpc_attribute(account, request),
            Request::DescribeVpcs(request) => self.describe_vpcs(account, request),
            Request::DescribeSubnets(request) => self.describe_subnets(account, request),
            Request::DescribeRouteTables(request) => self.describe_route_tables(account, request),
            Request::DescribeTags(request) => self.describe_tags(account, request),
            Request::DescribeSpotInstanceRequests(request) => {
                self.describe_spot_instance_requests(account, request)
            }
            other => Err(invalid_action(other)),
        }
    }
}

/// An instance came into a state, which EventBridge hears of.
#[derive(Clone, Debug)]
pub(super) struct StateChange {
    pub(super) at: OffsetDateTime,
    pub(super) account: String,
    pub(super) instance_id: String,
    pub(super) state: InstanceState,
}

/// EC2 in one Region, for all accounts that call it.
#[derive(Clone, Debug)]
pub struct Model {
    pub(super) now: OffsetDateTime,
    pub(super) settings: Settings,
    pub(super) region: Region,
    pub(super) resources: Resources,
    pub(super) ids: Ids,
    pub(super) timers: Timers,
    pub(super) pools: BTreeMap<String, AddressPool>,
    /// Addresses that somebody released, by IP.
    pub(super) former_addresses: BTreeMap<String, FormerAddress>,
    /// How many addresses of Amazon's pool were handed out.
    pub(super) handed_out: u32,
    /// How many addresses have been given up.
    pub(super) releases: u64,
    pub(super) former_associations: BTreeSet<String>,
    /// Instances and interfaces whose guest never answers a detach.
    pub(super) unresponsive: BTreeSet<String>,
    pub(super) client_tokens: ClientTokens,
    pub(super) alarms: BTreeMap<String, Alarm>,
    /// The instances of Auto Scaling groups, by id.
    pub(super) auto_scaling: BTreeMap<String, AutoScalingInstance>,
    pub(super) zonal_shifts: Vec<ZonalShift>,
    pub(super) lifecycle_hooks: Vec<Hook>,
    pub(super) lifecycle_actions: Vec<LifecycleAction>,
    /// Not yet told to EventBridge, nor to the alarms' actions.
    pub(super) alarm_changes: Vec<AlarmChange>,
    /// Not yet told to EventBridge.
    pub(super) state_changes: Vec<StateChange>,
}

impl Model {
    /// An account with its default VPC, and nothing in it.
    pub(super) fn new(now: OffsetDateTime, region: &str, account: &str) -> Self {
        let mut model = Self {
            now,
            settings: Settings::default(),
            region: Region::new(region),
            resources: Resources::default(),
            ids: Ids::default(),
            timers: Timers::default(),
            pools: BTreeMap::new(),
            former_addresses: BTreeMap::new(),
            handed_out: 0,
            releases: 0,
            former_associations: BTreeSet::new(),
            unresponsive: BTreeSet::new(),
            client_tokens: ClientTokens::default(),
            alarms: BTreeMap::new(),
            auto_scaling: BTreeMap::new(),
            zonal_shifts: Vec::new(),
            lifecycle_hooks: Vec::new(),
            lifecycle_actions: Vec::new(),
            alarm_changes: Vec::new(),
            state_changes: Vec::new(),
        };
        model.create_default_vpc(account);
        model
    }

    /// Applies a write, or refuses it and changes nothing.
    pub(super) fn apply(
        &mut self,
        caller: &Caller,
        request: &Request,
    ) -> Result<Response, Ec2Error> {
        let account = caller.account.as_str();
        match request {
            Request::AllocateAddress(request) => self.allocate_address(account, request),
            Request::ReleaseAddress(request) => self.release_address(account, request),
            Request::AssociateAddress(request) => self.associate_address(account, request),
            Request::DisassociateAddress(request) => self.disassociate_address(account, request),
            Request::ModifyAddressAttribute(request) => {
                self.modify_address_attribute(account, request)
            }
            Request::ResetAddressAttribute(request) => {
                self.reset_address_attribute(account, request)
            }
            Request::CreateVpc(request) => self.create_vpc(account, request),
            Request::CreateSubnet(request) => self.create_subnet(account, request),
            Request::ModifySubnetAttribute(request) => {
                self.modify_subnet_attribute(account, request)
            }
            Request::CreateInternetGateway(request) => {
                self.create_internet_gateway(account, request)
            }
            Request::AttachInternetGateway(request) => {
                self.attach_internet_gateway(account, request)
            }
            Request::ModifyVpcAttribute(request) => self.modify_vpc_attribute(account, request),
            Request::CreateSecurityGroup(request) => self.create_security_group(account, request),
            Request::DeleteSecurityGroup(request) => self.delete_security_group(account, request),
            Request::CreateRouteTable(request) => self.create_route_table(account, request),
            Request::CreateRoute(request) => self.create_route(account, request),
            Request::DeleteRoute(request) => self.delete_route(account, request),
            Request::AssociateRouteTable(request) => self.associate_route_table(account, request),
            Request::RunInstances(request) => self.run_instances(account, request),
            Request::StartInstances(request) => self.start_instances(account, request),
            Request::StopInstances(request) => self.stop_instances(account, request),
            Request::TerminateInstances(request) => self.terminate_instances(account, request),
            Request::ModifyInstanceAttribute(request) => {
                self.modify_instance_attribute(account, request)
            }
            Request::CreateNetworkInterface(request) => {
                self.create_network_interface(account, request)
            }
            Request::AttachNetworkInterface(request) => {
                self.attach_network_interface(account, request)
            }
            Request::DetachNetworkInterface(request) => {
                self.detach_network_interface(account, request)
            }
            Request::ModifyNetworkInterfaceAttribute(request) => {
                self.modify_network_interface_attribute(account, request)
            }
            Request::DeleteNetworkInterface(request) => {
                self.delete_network_interface(account, request)
            }
            Request::AssignPrivateIpAddresses(request) => {
                self.assign_private_ip_addresses(account, request)
            }
            Request::UnassignPrivateIpAddresses(request) => {
                self.unassign_private_ip_addresses(account, request)
            }
            Request::CreateTags(request) => self.create_tags(account, request),
            Request::DeleteTags(request) => self.delete_tags(account, request),
            other => Err(invalid_action(other)),
        }
    }

    /// Lets the next thing happen that falls due by `until`; `false` when there is none.
    pub(super) fn step(&mut self, until: OffsetDateTime) -> bool {
        let Some((at, due)) = self.timers.take_due(until) else {
            return false;
        };
        self.now = self.now.max(at);
        match due {
            Due::InstanceRunning(id) => self.instance_runs(&id),
            Due::InstanceStopped(id) => self.instance_is_stopped(&id),
            Due::InstanceTerminated(id) => self.instance_is_terminated(&id),
            Due::InstanceForgotten(id) => self.forget_instance(&id),
            Due::InterfaceAttached(id) => self.interface_is_attached(&id),
            Due::InterfaceDetached(id) => self.interface_is_detached(&id),
            Due::StatusAlarms(id) => self.follow_status_checks(&id),
            Due::ReverseDnsPublished(id) => self.publish_reverse_dns(&id),
            Due::LifecycleActionOver(token) => self.lifecycle_action_is_over(&token),
            Due::AddressTaken(ip) => self.take_released_address(&ip),
        }
        true
    }
}

fn invalid_action(request: &Request) -> Ec2Error {
    Ec2Error::new(
        "InvalidAction",
        format!(
            "The action {} is not valid for this web service.",
            request.action()
        ),
    )
}

/// The refusal of a call that names somebody else's resource, or a service's.
pub(super) fn auth_failure() -> Ec2Error {
    Ec2Error::new(
        "AuthFailure",
        "You do not have permission to access the specified resource.",
    )
}

/// The refusal of a call that lacks something.
pub(super) fn missing_parameter(message: &str) -> Ec2Error {
    Ec2Error::new("MissingParameter", message)
}

/// The refusal of a value.
pub(super) fn invalid_value(message: impl Into<String>) -> Ec2Error {
    Ec2Error::new("InvalidParameterValue", message)
}
