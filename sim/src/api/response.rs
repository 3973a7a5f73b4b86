//! The responses.

use time::OffsetDateTime;

use super::{
    AvailabilityZone, InstanceAttribute, PlannedEvent, RouteTable, SecurityGroup, SpotMarket, Tag,
    TagDescription,
};

/// The answer to a request: the variant of the same name, `Done` where EC2 answers `return=true`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(
    clippy::large_enum_variant,
    reason = "an answer lives as long as its call"
)]
pub enum Response {
    AllocateAddress(AllocatedAddress),
    /// ReleaseAddress, `DisassociateAddress`, `AttachInternetGateway`, `CreateRoute`, `DeleteRoute`,
    /// `DetachNetworkInterface`, `ModifyInstanceAttribute`, `ModifyNetworkInterfaceAttribute`,
    /// `DeleteNetworkInterface`, `DeleteSecurityGroup`, `UnassignPrivateIpAddresses`, `CreateTags`, `DeleteTags`.
    Done,
    AssociateAddress {
        association_id: String,
    },
    DescribeAddresses(Vec<Address>),
    DescribeAddressesAttribute {
        addresses: Vec<AddressAttribute>,
        next_token: Option<String>,
    },
    ModifyAddressAttribute(AddressAttribute),
    ResetAddressAttribute(AddressAttribute),
    CreateVpc(Vpc),
    CreateSubnet(Subnet),
    CreateInternetGateway(InternetGateway),
    CreateRouteTable(RouteTable),
    AssociateRouteTable {
        association_id: String,
    },
    CreateSecurityGroup(SecurityGroup),
    DescribeSecurityGroups {
        groups: Vec<SecurityGroup>,
        next_token: Option<String>,
    },
    DescribeVpcAttribute {
        vpc_id: String,
        attribute: String,
        value: bool,
    },
    DescribeVpcs {
        vpcs: Vec<Vpc>,
        next_token: Option<String>,
    },
    DescribeSubnets {
        subnets: Vec<Subnet>,
        next_token: Option<String>,
    },
    DescribeRouteTables {
        route_tables: Vec<RouteTable>,
        next_token: Option<String>,
    },
    DescribeAvailabilityZones(Vec<AvailabilityZone>),
    RunInstances(Reservation),
    StartInstances(Vec<InstanceStateChange>),
    StopInstances(Vec<InstanceStateChange>),
    TerminateInstances(Vec<InstanceStateChange>),
    DescribeInstances {
        reservations: Vec<Reservation>,
        next_token: Option<String>,
    },
    DescribeInstanceStatus {
        statuses: Vec<InstanceStatus>,
        next_token: Option<String>,
    },
    DescribeInstanceAttribute {
        instance_id: String,
        attribute: String,
        value: InstanceAttribute,
    },
    DescribeSpotInstanceRequests(Vec<SpotInstanceRequest>),
    CreateNetworkInterface(NetworkInterface),
    DescribeNetworkInterfaces {
        interfaces: Vec<NetworkInterface>,
        next_token: Option<String>,
    },
    AttachNetworkInterface {
        attachment_id: String,
        network_card_index: i32,
    },
    AssignPrivateIpAddresses {
        network_interface_id: String,
        assigned: Vec<String>,
    },
    DescribeInstanceTypes {
        instance_types: Vec<InstanceType>,
        next_token: Option<String>,
    },
    DescribeTags {
        tags: Vec<TagDescription>,
        next_token: Option<String>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllocatedAddress {
    pub public_ip: String,
    pub allocation_id: String,
    pub domain: String,
    /// `amazon`, the id of a pool of one's own, or the id of an IPAM pool.
    pub public_ipv4_pool: String,
    pub network_border_group: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub public_ip: String,
    pub allocation_id: String,
    pub domain: String,
    pub public_ipv4_pool: String,
    pub network_border_group: String,
    pub association: Option<AddressAssociation>,
    /// `alb`, `nlb`, `rnat`, `rds`.
    pub service_managed: Option<String>,
    pub tags: Vec<Tag>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressAssociation {
    pub association_id: String,
    pub instance_id: Option<String>,
    pub network_interface_id: String,
    pub network_interface_owner_id: String,
    pub private_ip_address: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressAttribute {
    pub public_ip: String,
    pub allocation_id: String,
    /// The published name, with its trailing dot.
    pub ptr_record: Option<String>,
    pub ptr_record_update: Option<PtrUpdateStatus>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PtrUpdateStatus {
    pub value: Option<String>,
    /// `PENDING`.
    pub status: String,
    pub reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vpc {
    pub vpc_id: String,
    pub cidr_block: String,
    pub is_default: bool,
    pub state: String,
    pub owner_id: String,
    pub tags: Vec<Tag>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subnet {
    pub subnet_id: String,
    pub vpc_id: String,
    pub cidr_block: String,
    pub availability_zone: String,
    pub available_ip_address_count: i32,
    pub map_public_ip_on_launch: bool,
    pub default_for_az: bool,
    pub state: String,
    pub owner_id: String,
    pub tags: Vec<Tag>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InternetGateway {
    pub internet_gateway_id: String,
    pub attached_vpc_id: Option<String>,
    pub owner_id: String,
    pub tags: Vec<Tag>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    pub reservation_id: String,
    pub owner_id: String,
    pub instances: Vec<Instance>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    pub instance_id: String,
    pub image_id: String,
    pub instance_type: String,
    pub state: InstanceState,
    pub launch_time: OffsetDateTime,
    pub availability_zone: String,
    pub vpc_id: Option<String>,
    pub subnet_id: Option<String>,
    pub private_ip_address: Option<String>,
    /// Of the primary private address: its EIP, or else the automatic one.
    pub public_ip_address: Option<String>,
    pub client_token: Option<String>,
    /// `ebs`, `instance-store`.
    pub root_device_type: &'static str,
    /// Of a Spot instance.
    pub spot_instance_request_id: Option<String>,
    pub security_group_ids: Vec<String>,
    /// The names of the same groups, in their order.
    pub security_group_names: Vec<String>,
    /// Ordered by device index.
    pub network_interfaces: Vec<NetworkInterface>,
    pub tags: Vec<Tag>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpotInstanceRequest {
    pub spot_instance_request_id: String,
    pub instance_id: String,
    pub market: SpotMarket,
}

/// EC2's instance states, with EC2's numbers and names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InstanceState {
    Pending,
    Running,
    ShuttingDown,
    Terminated,
    Stopping,
    Stopped,
}

impl InstanceState {
    #[must_use]
    pub fn code(self) -> i32 {
        match self {
            Self::Pending => 0,
            Self::Running => 16,
            Self::ShuttingDown => 32,
            Self::Terminated => 48,
            Self::Stopping => 64,
            Self::Stopped => 80,
        }
    }

    /// No address can be associated with an instance in this state.
    #[must_use]
    pub fn is_no_target(self) -> bool {
        matches!(self, Self::Pending | Self::ShuttingDown | Self::Terminated)
    }

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::ShuttingDown => "shutting-down",
            Self::Terminated => "terminated",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceStateChange {
    pub instance_id: String,
    pub current: InstanceState,
    pub previous: InstanceState,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceStatus {
    pub instance_id: String,
    pub availability_zone: String,
    pub state: InstanceState,
    /// `ok`, `impaired`, `initializing`, `insufficient-data`, `not-applicable`.
    pub instance_status: String,
    /// The same words, for the host.
    pub system_status: String,
    /// The same words, for the volumes.
    pub attached_ebs_status: String,
    /// The same words, where EC2 probes the application.
    pub application_status: Option<String>,
    /// The same words, where the check of the performance is on.
    pub performance_status: Option<String>,
    pub events: Vec<PlannedEvent>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkInterface {
    pub network_interface_id: String,
    pub subnet_id: String,
    pub vpc_id: String,
    pub availability_zone: String,
    pub owner_id: String,
    /// `available`, `associated`, `attaching`, `in-use`, `detaching`.
    pub status: String,
    /// `interface`, `nat_gateway`, ...
    pub interface_type: String,
    pub description: String,
    pub mac_address: String,
    pub requester_managed: bool,
    pub source_dest_check: bool,
    pub groups: Vec<String>,
    /// The names of the same groups, in their order.
    pub group_names: Vec<String>,
    /// In a VPC with DNS host names.
    pub private_dns_name: Option<String>,
    pub requester_id: String,
    pub attachment: Option<NetworkInterfaceAttachment>,
    /// The primary one first.
    pub private_ip_addresses: Vec<PrivateIpAddress>,
    pub other_addresses: OtherAddresses,
    pub tags: Vec<Tag>,
}

/// What an interface has beside private IPv4 addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OtherAddresses {
    pub ipv6_addresses: Vec<String>,
    pub ipv4_prefixes: Vec<String>,
    pub ipv6_prefixes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkInterfaceAttachment {
    pub attachment_id: String,
    pub instance_id: Option<String>,
    pub instance_owner_id: String,
    pub device_index: i32,
    pub network_card_index: i32,
    /// `attaching`, `attached`, `detaching`, `detached`.
    pub status: String,
    pub attach_time: OffsetDateTime,
    pub delete_on_termination: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateIpAddress {
    pub private_ip_address: String,
    pub primary: bool,
    pub association: Option<InterfaceAssociation>,
}

/// The public side of a private address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceAssociation {
    pub public_ip: String,
    /// `amazon` for an automatic address, the account for an EIP.
    pub ip_owner_id: String,
    /// Both absent for an automatic address.
    pub allocation_id: Option<String>,
    pub association_id: Option<String>,
}

/// What an instance type can hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceType {
    pub instance_type: String,
    /// On all its cards together.
    pub maximum_network_interfaces: i32,
    /// By card, from card 0.
    pub network_cards: Vec<i32>,
    /// The primary one included.
    pub ipv4_addresses_per_interface: i32,
}
