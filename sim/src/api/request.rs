//! The requests.

use super::{
    AssociateRouteTable, CreateRoute, CreateRouteTable, CreateSecurityGroup, CreateTags,
    DeleteRoute, DeleteSecurityGroup, DeleteTags, DescribeAvailabilityZones,
    DescribeInstanceAttribute, DescribeRouteTables, DescribeSecurityGroups, DescribeSubnets,
    DescribeTags, DescribeVpcAttribute, DescribeVpcs, ModifyInstanceAttribute,
    ModifySubnetAttribute, ModifyVpcAttribute, Tag,
};

/// One EC2 action with its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    AllocateAddress(AllocateAddress),
    ReleaseAddress(ReleaseAddress),
    AssociateAddress(AssociateAddress),
    DisassociateAddress(DisassociateAddress),
    DescribeAddresses(DescribeAddresses),
    DescribeAddressesAttribute(DescribeAddressesAttribute),
    ModifyAddressAttribute(ModifyAddressAttribute),
    ResetAddressAttribute(ResetAddressAttribute),
    CreateVpc(CreateVpc),
    CreateSubnet(CreateSubnet),
    ModifySubnetAttribute(ModifySubnetAttribute),
    CreateInternetGateway(CreateInternetGateway),
    AttachInternetGateway(AttachInternetGateway),
    CreateRouteTable(CreateRouteTable),
    CreateRoute(CreateRoute),
    DeleteRoute(DeleteRoute),
    AssociateRouteTable(AssociateRouteTable),
    CreateSecurityGroup(CreateSecurityGroup),
    DeleteSecurityGroup(DeleteSecurityGroup),
    DescribeSecurityGroups(DescribeSecurityGroups),
    DescribeVpcs(DescribeVpcs),
    DescribeVpcAttribute(DescribeVpcAttribute),
    ModifyVpcAttribute(ModifyVpcAttribute),
    DescribeSubnets(DescribeSubnets),
    DescribeRouteTables(DescribeRouteTables),
    DescribeAvailabilityZones(DescribeAvailabilityZones),
    RunInstances(RunInstances),
    StartInstances(StartInstances),
    StopInstances(StopInstances),
    TerminateInstances(TerminateInstances),
    DescribeInstances(DescribeInstances),
    DescribeInstanceStatus(DescribeInstanceStatus),
    DescribeSpotInstanceRequests(DescribeSpotInstanceRequests),
    DescribeInstanceAttribute(DescribeInstanceAttribute),
    ModifyInstanceAttribute(ModifyInstanceAttribute),
    CreateNetworkInterface(CreateNetworkInterface),
    DescribeNetworkInterfaces(DescribeNetworkInterfaces),
    AttachNetworkInterface(AttachNetworkInterface),
    DetachNetworkInterface(DetachNetworkInterface),
    ModifyNetworkInterfaceAttribute(ModifyNetworkInterfaceAttribute),
    DeleteNetworkInterface(DeleteNetworkInterface),
    AssignPrivateIpAddresses(AssignPrivateIpAddresses),
    UnassignPrivateIpAddresses(UnassignPrivateIpAddresses),
    DescribeInstanceTypes(DescribeInstanceTypes),
    CreateTags(CreateTags),
    DeleteTags(DeleteTags),
    DescribeTags(DescribeTags),
}

/// The actions that have no `DryRun` parameter (EC2 API reference). `tools/models/check` holds them to EC2's own model.
pub(crate) const WITHOUT_DRY_RUN: [&str; 4] = [
    "AssignPrivateIpAddresses",
    "UnassignPrivateIpAddresses",
    "ModifySubnetAttribute",
    "ModifyVpcAttribute",
];

impl Request {
    /// The action's name, as in `Action=` and in CloudTrail's `eventName`.
    #[must_use]
    pub fn action(&self) -> &'static str {
        match self {
            Self::AllocateAddress(_) => "AllocateAddress",
            Self::ReleaseAddress(_) => "ReleaseAddress",
            Self::AssociateAddress(_) => "AssociateAddress",
            Self::DisassociateAddress(_) => "DisassociateAddress",
            Self::DescribeAddresses(_) => "DescribeAddresses",
            Self::DescribeAddressesAttribute(_) => "DescribeAddressesAttribute",
            Self::ModifyAddressAttribute(_) => "ModifyAddressAttribute",
            Self::ResetAddressAttribute(_) => "ResetAddressAttribute",
            Self::CreateVpc(_) => "CreateVpc",
            Self::CreateSubnet(_) => "CreateSubnet",
            Self::ModifySubnetAttribute(_) => "ModifySubnetAttribute",
            Self::CreateInternetGateway(_) => "CreateInternetGateway",
            Self::AttachInternetGateway(_) => "AttachInternetGateway",
            Self::CreateRouteTable(_) => "CreateRouteTable",
            Self::CreateRoute(_) => "CreateRoute",
            Self::DeleteRoute(_) => "DeleteRoute",
            Self::AssociateRouteTable(_) => "AssociateRouteTable",
            Self::CreateSecurityGroup(_) => "CreateSecurityGroup",
            Self::DeleteSecurityGroup(_) => "DeleteSecurityGroup",
            Self::DescribeSecurityGroups(_) => "DescribeSecurityGroups",
            Self::DescribeVpcs(_) => "DescribeVpcs",
            Self::DescribeVpcAttribute(_) => "DescribeVpcAttribute",
            Self::ModifyVpcAttribute(_) => "ModifyVpcAttribute",
            Self::DescribeSubnets(_) => "DescribeSubnets",
            Self::DescribeRouteTables(_) => "DescribeRouteTables",
            Self::DescribeAvailabilityZones(_) => "DescribeAvailabilityZones",
            Self::RunInstances(_) => "RunInstances",
            Self::StartInstances(_) => "StartInstances",
            Self::StopInstances(_) => "StopInstances",
            Self::TerminateInstances(_) => "TerminateInstances",
            Self::DescribeInstances(_) => "DescribeInstances",
            Self::DescribeInstanceStatus(_) => "DescribeInstanceStatus",
            Self::DescribeSpotInstanceRequests(_) => "DescribeSpotInstanceRequests",
            Self::DescribeInstanceAttribute(_) => "DescribeInstanceAttribute",
            Self::ModifyInstanceAttribute(_) => "ModifyInstanceAttribute",
            Self::CreateNetworkInterface(_) => "CreateNetworkInterface",
            Self::DescribeNetworkInterfaces(_) => "DescribeNetworkInterfaces",
            Self::AttachNetworkInterface(_) => "AttachNetworkInterface",
            Self::DetachNetworkInterface(_) => "DetachNetworkInterface",
            Self::ModifyNetworkInterfaceAttribute(_) => "ModifyNetworkInterfaceAttribute",
            Self::DeleteNetworkInterface(_) => "DeleteNetworkInterface",
            Self::AssignPrivateIpAddresses(_) => "AssignPrivateIpAddresses",
            Self::UnassignPrivateIpAddresses(_) => "UnassignPrivateIpAddresses",
            Self::DescribeInstanceTypes(_) => "DescribeInstanceTypes",
            Self::CreateTags(_) => "CreateTags",
            Self::DeleteTags(_) => "DeleteTags",
            Self::DescribeTags(_) => "DescribeTags",
        }
    }

    /// Whether the action only reads (`readOnly` in CloudTrail).
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.action().starts_with("Describe")
    }

    /// Whether the action has a `DryRun` parameter.
    #[must_use]
    pub fn has_dry_run(&self) -> bool {
        !WITHOUT_DRY_RUN.contains(&self.action())
    }

    /// The tags that the request asks to put on what it creates.
    #[must_use]
    pub fn tag_specifications(&self) -> &[TagSpecification] {
        match self {
            Self::AllocateAddress(request) => &request.tag_specifications,
            Self::CreateVpc(request) => &request.tag_specifications,
            Self::CreateSubnet(request) => &request.tag_specifications,
            Self::CreateInternetGateway(request) => &request.tag_specifications,
            Self::CreateRouteTable(request) => &request.tag_specifications,
            Self::CreateSecurityGroup(request) => &request.tag_specifications,
            Self::RunInstances(request) => &request.tag_specifications,
            Self::CreateNetworkInterface(request) => &request.tag_specifications,
            _ => &[],
        }
    }
}

/// `TagSpecification.N` of the create actions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagSpecification {
    /// `elastic-ip`, `instance`, `network-interface`, `vpc`, `subnet`, `internet-gateway`.
    pub resource_type: String,
    pub tags: Vec<Tag>,
}

/// `Filter.N` of the describe actions. Values of one filter are alternatives, filters add up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub name: String,
    /// `*` and `?` are wildcards.
    pub values: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllocateAddress {
    /// `vpc`; absent means `vpc`.
    pub domain: Option<String>,
    /// The address to recover, or one of an address pool of one's own.
    pub address: Option<String>,
    pub public_ipv4_pool: Option<String>,
    pub ipam_pool_id: Option<String>,
    pub network_border_group: Option<String>,
    pub tag_specifications: Vec<TagSpecification>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReleaseAddress {
    pub allocation_id: Option<String>,
    pub public_ip: Option<String>,
    pub network_border_group: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssociateAddress {
    pub allocation_id: Option<String>,
    pub public_ip: Option<String>,
    pub instance_id: Option<String>,
    pub network_interface_id: Option<String>,
    pub private_ip_address: Option<String>,
    /// Absent means `true`: reassociation is automatic.
    pub allow_reassociation: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DisassociateAddress {
    pub association_id: Option<String>,
    pub public_ip: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DescribeAddresses {
    pub public_ips: Vec<String>,
    pub allocation_ids: Vec<String>,
    pub filters: Vec<Filter>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DescribeAddressesAttribute {
    pub allocation_ids: Vec<String>,
    /// `domain-name`.
    pub attribute: Option<String>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModifyAddressAttribute {
    pub allocation_id: String,
    pub domain_name: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResetAddressAttribute {
    pub allocation_id: String,
    /// `domain-name`.
    pub attribute: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateVpc {
    pub cidr_block: String,
    pub tag_specifications: Vec<TagSpecification>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateSubnet {
    pub vpc_id: String,
    pub cidr_block: String,
    /// Absent: the first zone of the Region.
    pub availability_zone: Option<String>,
    pub tag_specifications: Vec<TagSpecification>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateInternetGateway {
    pub tag_specifications: Vec<TagSpecification>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttachInternetGateway {
    pub internet_gateway_id: String,
    pub vpc_id: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunInstances {
    pub image_id: Option<String>,
    pub instance_type: Option<String>,
    pub min_count: i32,
    pub max_count: i32,
    /// Absent, and no interfaces given: a subnet of the default VPC.
    pub subnet_id: Option<String>,
    pub private_ip_address: Option<String>,
    pub availability_zone: Option<String>,
    pub security_group_ids: Vec<String>,
    pub network_interfaces: Vec<InstanceNetworkInterfaceSpecification>,
    pub client_token: Option<String>,
    /// `InstanceMarketOptions`, where a Spot instance is asked for.
    pub spot_market: Option<SpotMarket>,
    /// Stop protection.
    pub disable_api_stop: bool,
    /// Termination protection.
    pub disable_api_termination: bool,
    pub tag_specifications: Vec<TagSpecification>,
}

/// `SpotInstanceType`: whether a Spot request goes on after its instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpotMarket {
    OneTime,
    Persistent,
}

impl SpotMarket {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OneTime => "one-time",
            Self::Persistent => "persistent",
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InstanceNetworkInterfaceSpecification {
    pub device_index: i32,
    /// An interface that exists already; absent: one is created in `subnet_id`.
    pub network_interface_id: Option<String>,
    pub subnet_id: Option<String>,
    pub private_ip_address: Option<String>,
    pub associate_public_ip_address: Option<bool>,
    pub delete_on_termination: Option<bool>,
    pub groups: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartInstances {
    pub instance_ids: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StopInstances {
    pub instance_ids: Vec<String>,
    pub force: bool,
    pub skip_os_shutdown: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TerminateInstances {
    pub instance_ids: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DescribeInstances {
    pub instance_ids: Vec<String>,
    pub filters: Vec<Filter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DescribeInstanceStatus {
    pub instance_ids: Vec<String>,
    pub filters: Vec<Filter>,
    /// Without it only running instances are answered.
    pub include_all_instances: bool,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DescribeSpotInstanceRequests {
    pub filters: Vec<Filter>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateNetworkInterface {
    pub subnet_id: String,
    pub description: Option<String>,
    /// The primary private address; absent: the next free one of the subnet.
    pub private_ip_address: Option<String>,
    /// Secondary private addresses by name.
    pub secondary_private_ip_addresses: Vec<String>,
    /// How many secondary private addresses EC2 picks.
    pub secondary_private_ip_address_count: i32,
    pub groups: Vec<String>,
    /// The same token makes no second interface.
    pub client_token: Option<String>,
    pub tag_specifications: Vec<TagSpecification>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DescribeNetworkInterfaces {
    pub network_interface_ids: Vec<String>,
    pub filters: Vec<Filter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttachNetworkInterface {
    pub network_interface_id: String,
    pub instance_id: String,
    pub device_index: i32,
    /// Absent means 0.
    pub network_card_index: Option<i32>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DetachNetworkInterface {
    pub attachment_id: String,
    pub force: bool,
}

/// One attribute in a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModifyNetworkInterfaceAttribute {
    pub network_interface_id: String,
    pub attachment: Option<AttachmentChange>,
    /// All groups that the interface is to have.
    pub groups: Vec<String>,
    pub source_dest_check: Option<bool>,
    pub description: Option<String>,
}

/// `Attachment` of `ModifyNetworkInterfaceAttribute`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttachmentChange {
    pub attachment_id: String,
    pub delete_on_termination: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteNetworkInterface {
    pub network_interface_id: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssignPrivateIpAddresses {
    pub network_interface_id: String,
    pub private_ip_addresses: Vec<String>,
    /// How many EC2 picks, instead of addresses by name.
    pub secondary_private_ip_address_count: Option<i32>,
    pub allow_reassignment: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnassignPrivateIpAddresses {
    pub network_interface_id: String,
    pub private_ip_addresses: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DescribeInstanceTypes {
    pub instance_types: Vec<String>,
    pub filters: Vec<Filter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}
