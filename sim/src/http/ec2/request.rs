//! From a form's parameters to the model's request. Names as the EC2 API reference gives them.

use super::around;
use super::moves;
use super::query::Parameters;
use super::routes;
use crate::api::{
    AllocateAddress, AssociateAddress, AttachInternetGateway, CreateInternetGateway,
    CreateNetworkInterface, CreateSubnet, CreateTags, CreateVpc, DeleteTags, DescribeAddresses,
    DescribeAddressesAttribute, DescribeInstanceStatus, DescribeInstanceTypes, DescribeInstances,
    DescribeNetworkInterfaces, DescribeSpotInstanceRequests, DescribeTags, DisassociateAddress,
    Ec2Error, Filter, InstanceNetworkInterfaceSpecification, ModifyAddressAttribute,
    ReleaseAddress, Request, ResetAddressAttribute, RunInstances, SpotMarket, StartInstances,
    StopInstances, Tag, TagSpecification, TagToDelete, TerminateInstances,
};

pub(super) type Read = Result<Request, Ec2Error>;

/// Reads the parameters of one action.
///
/// # Errors
/// `InvalidAction` for an action that is not modelled, `MissingParameter` and `InvalidParameterValue`
/// for parameters that EC2 would refuse before looking at any state.
pub(super) fn read(action: &str, form: &Parameters) -> Read {
    match action {
        "AllocateAddress" => Ok(allocate_address(form)),
        "ReleaseAddress" => Ok(release_address(form)),
        "AssociateAddress" => associate_address(form),
        "DisassociateAddress" => Ok(disassociate_address(form)),
        "DescribeAddresses" => Ok(describe_addresses(form)),
        "DescribeAddressesAttribute" => describe_addresses_attribute(form),
        "ModifyAddressAttribute" => modify_address_attribute(form),
        "ResetAddressAttribute" => reset_address_attribute(form),
        "CreateVpc" => create_vpc(form),
        "CreateSubnet" => create_subnet(form),
        "CreateInternetGateway" => Ok(create_internet_gateway(form)),
        "AttachInternetGateway" => attach_internet_gateway(form),
        "RunInstances" => run_instances(form),
        "StartInstances" => Ok(start_instances(form)),
        "StopInstances" => stop_instances(form),
        "TerminateInstances" => Ok(terminate_instances(form)),
        "DescribeInstances" => describe_instances(form),
        "DescribeInstanceStatus" => describe_instance_status(form),
        "DescribeSpotInstanceRequests" => Ok(describe_spot_instance_requests(form)),
        "CreateNetworkInterface" => create_network_interface(form),
        "DescribeNetworkInterfaces" => describe_network_interfaces(form),
        "AttachNetworkInterface"
        | "DetachNetworkInterface"
        | "ModifyNetworkInterfaceAttribute"
        | "DeleteNetworkInterface"
        | "AssignPrivateIpAddresses"
        | "UnassignPrivateIpAddresses" => moves::read(action, form),
        "CreateSecurityGroup"
        | "DeleteSecurityGroup"
        | "DescribeSecurityGroups"
        | "DescribeVpcs"
        | "DescribeVpcAttribute"
        | "ModifyVpcAttribute"
        | "DescribeInstanceAttribute"
        | "ModifyInstanceAttribute" => around::read(action, form),
        "CreateRouteTable"
        | "CreateRoute"
        | "DeleteRoute"
        | "AssociateRouteTable"
        | "DescribeSubnets"
        | "DescribeRouteTables"
        | "DescribeAvailabilityZones" => routes::read(action, form),
        "DescribeInstanceTypes" => describe_instance_types(form),
        "CreateTags" => Ok(create_tags(form)),
        "DeleteTags" => delete_tags(form),
        "DescribeTags" => describe_tags(form),
        unknown => Err(Ec2Error::new(
            "InvalidAction",
            format!(
                "The action {unknown} is not valid for this web service: the simulator does not model it."
            ),
        )),
    }
}

fn allocate_address(form: &Parameters) -> Request {
    Request::AllocateAddress(AllocateAddress {
        domain: form.text("Domain"),
        address: form.text("Address"),
        public_ipv4_pool: form.text("PublicIpv4Pool"),
        ipam_pool_id: form.text("IpamPoolId"),
        network_border_group: form.text("NetworkBorderGroup"),
        tag_specifications: tag_specifications(form),
    })
}

fn release_address(form: &Parameters) -> Request {
    Request::ReleaseAddress(ReleaseAddress {
        allocation_id: form.text("AllocationId"),
        public_ip: form.text("PublicIp"),
        network_border_group: form.text("NetworkBorderGroup"),
    })
}

fn associate_address(form: &Parameters) -> Read {
    Ok(Request::AssociateAddress(AssociateAddress {
        allocation_id: form.text("AllocationId"),
        public_ip: form.text("PublicIp"),
        instance_id: form.text("InstanceId"),
        network_interface_id: form.text("NetworkInterfaceId"),
        private_ip_address: form.text("PrivateIpAddress"),
        allow_reassociation: form.boolean("AllowReassociation")?,
    }))
}

fn disassociate_address(form: &Parameters) -> Request {
    Request::DisassociateAddress(DisassociateAddress {
        association_id: form.text("AssociationId"),
        public_ip: form.text("PublicIp"),
    })
}

fn describe_addresses(form: &Parameters) -> Request {
    Request::DescribeAddresses(DescribeAddresses {
        public_ips: form.list("PublicIp"),
        allocation_ids: form.list("AllocationId"),
        filters: filters(form),
    })
}

fn describe_addresses_attribute(form: &Parameters) -> Read {
    Ok(Request::DescribeAddressesAttribute(
        DescribeAddressesAttribute {
            allocation_ids: form.list("AllocationId"),
            attribute: form.text("Attribute"),
            max_results: form.integer("MaxResults")?,
            next_token: form.text("NextToken"),
        },
    ))
}

fn modify_address_attribute(form: &Parameters) -> Read {
    Ok(Request::ModifyAddressAttribute(ModifyAddressAttribute {
        allocation_id: form.required("AllocationId")?,
        domain_name: form.text("DomainName"),
    }))
}

fn reset_address_attribute(form: &Parameters) -> Read {
    Ok(Request::ResetAddressAttribute(ResetAddressAttribute {
        allocation_id: form.required("AllocationId")?,
        attribute: form.required("Attribute")?,
    }))
}

fn create_vpc(form: &Parameters) -> Read {
    Ok(Request::CreateVpc(CreateVpc {
        cidr_block: form.required("CidrBlock")?,
        tag_specifications: tag_specifications(form),
    }))
}

fn create_subnet(form: &Parameters) -> Read {
    Ok(Request::CreateSubnet(CreateSubnet {
        vpc_id: form.required("VpcId")?,
        cidr_block: form.required("CidrBlock")?,
        availability_zone: form.text("AvailabilityZone"),
        tag_specifications: tag_specifications(form),
    }))
}

fn create_internet_gateway(form: &Parameters) -> Request {
    Request::CreateInternetGateway(CreateInternetGateway {
        tag_specifications: tag_specifications(form),
    })
}

fn attach_internet_gateway(form: &Parameters) -> Read {
    Ok(Request::AttachInternetGateway(AttachInternetGateway {
        internet_gateway_id: form.required("InternetGatewayId")?,
        vpc_id: form.required("VpcId")?,
    }))
}

fn run_instances(form: &Parameters) -> Read {
    Ok(Request::RunInstances(RunInstances {
        image_id: form.text("ImageId"),
        instance_type: form.text("InstanceType"),
        min_count: form.integer("MinCount")?.unwrap_or(1),
        max_count: form.integer("MaxCount")?.unwrap_or(1),
        subnet_id: form.text("SubnetId"),
        private_ip_address: form.text("PrivateIpAddress"),
        availability_zone: form.member("Placement").text("AvailabilityZone"),
        security_group_ids: form.list("SecurityGroupId"),
        network_interfaces: form
            .members("NetworkInterface")
            .iter()
            .map(interface_specification)
            .collect::<Result<_, _>>()?,
        client_token: form.text("ClientToken"),
        spot_market: spot_market(&form.member("InstanceMarketOptions")),
        disable_api_stop: form.boolean("DisableApiStop")?.unwrap_or(false),
        disable_api_termination: form.boolean("DisableApiTermination")?.unwrap_or(false),
        tag_specifications: tag_specifications(form),
    }))
}

/// `SpotInstanceType` is `one-time` unless it is said (EC2 API reference, `SpotMarketOptions`).
fn spot_market(form: &Parameters) -> Option<SpotMarket> {
    let is_spot = form.text("MarketType").as_deref() == Some("spot");
    let kind = form.member("SpotOptions").text("SpotInstanceType");
    is_spot.then_some(match kind.as_deref() {
        Some("persistent") => SpotMarket::Persistent,
        _ => SpotMarket::OneTime,
    })
}

fn interface_specification(
    form: &Parameters,
) -> Result<InstanceNetworkInterfaceSpecification, Ec2Error> {
    Ok(InstanceNetworkInterfaceSpecification {
        device_index: form.integer("DeviceIndex")?.unwrap_or(0),
        network_interface_id: form.text("NetworkInterfaceId"),
        subnet_id: form.text("SubnetId"),
        private_ip_address: form.text("PrivateIpAddress"),
        associate_public_ip_address: form.boolean("AssociatePublicIpAddress")?,
        delete_on_termination: form.boolean("DeleteOnTermination")?,
        groups: form.list("SecurityGroupId"),
    })
}

fn start_instances(form: &Parameters) -> Request {
    Request::StartInstances(StartInstances {
        instance_ids: form.list("InstanceId"),
    })
}

fn stop_instances(form: &Parameters) -> Read {
    Ok(Request::StopInstances(StopInstances {
        instance_ids: form.list("InstanceId"),
        force: form.boolean("Force")?.unwrap_or(false),
        skip_os_shutdown: form.boolean("SkipOsShutdown")?.unwrap_or(false),
    }))
}

fn terminate_instances(form: &Parameters) -> Request {
    Request::TerminateInstances(TerminateInstances {
        instance_ids: form.list("InstanceId"),
    })
}

fn describe_instances(form: &Parameters) -> Read {
    // Nothing is hidden in a simulated account.
    form.boolean("IncludeManagedResources")?;
    Ok(Request::DescribeInstances(DescribeInstances {
        instance_ids: form.list("InstanceId"),
        filters: filters(form),
        max_results: form.integer("MaxResults")?,
        next_token: form.text("NextToken"),
    }))
}

fn describe_instance_status(form: &Parameters) -> Read {
    Ok(Request::DescribeInstanceStatus(DescribeInstanceStatus {
        instance_ids: form.list("InstanceId"),
        filters: filters(form),
        include_all_instances: form.boolean("IncludeAllInstances")?.unwrap_or(false),
        max_results: form.integer("MaxResults")?,
        next_token: form.text("NextToken"),
    }))
}

fn describe_spot_instance_requests(form: &Parameters) -> Request {
    Request::DescribeSpotInstanceRequests(DescribeSpotInstanceRequests {
        filters: filters(form),
    })
}

fn create_network_interface(form: &Parameters) -> Read {
    let mut primary = form.text("PrivateIpAddress");
    let mut secondary = Vec::new();
    for address in form.members("PrivateIpAddresses") {
        let ip = address.required("PrivateIpAddress")?;
        if address.boolean("Primary")? == Some(true) {
            primary = Some(ip);
        } else {
            secondary.push(ip);
        }
    }
    Ok(Request::CreateNetworkInterface(CreateNetworkInterface {
        subnet_id: form.required("SubnetId")?,
        description: form.text("Description"),
        private_ip_address: primary,
        secondary_private_ip_addresses: secondary,
        secondary_private_ip_address_count: form
            .integer("SecondaryPrivateIpAddressCount")?
            .unwrap_or(0),
        groups: form.list("SecurityGroupId"),
        client_token: form.text("ClientToken"),
        tag_specifications: tag_specifications(form),
    }))
}

fn describe_network_interfaces(form: &Parameters) -> Read {
    Ok(Request::DescribeNetworkInterfaces(
        DescribeNetworkInterfaces {
            network_interface_ids: form.list("NetworkInterfaceId"),
            filters: filters(form),
            max_results: form.integer("MaxResults")?,
            next_token: form.text("NextToken"),
        },
    ))
}

fn describe_instance_types(form: &Parameters) -> Read {
    Ok(Request::DescribeInstanceTypes(DescribeInstanceTypes {
        instance_types: form.list("InstanceType"),
        filters: filters(form),
        max_results: form.integer("MaxResults")?,
        next_token: form.text("NextToken"),
    }))
}

fn create_tags(form: &Parameters) -> Request {
    Request::CreateTags(CreateTags {
        resources: form.list("ResourceId"),
        tags: tags(form),
    })
}

fn delete_tags(form: &Parameters) -> Read {
    let tag = |member: &Parameters| {
        Ok(TagToDelete {
            key: member.required("Key")?,
            value: member.text("Value"),
        })
    };
    Ok(Request::DeleteTags(DeleteTags {
        resources: form.list("ResourceId"),
        tags: form
            .members("Tag")
            .iter()
            .map(tag)
            .collect::<Result<_, Ec2Error>>()?,
    }))
}

fn describe_tags(form: &Parameters) -> Read {
    Ok(Request::DescribeTags(DescribeTags {
        filters: filters(form),
        max_results: form.integer("MaxResults")?,
        next_token: form.text("NextToken"),
    }))
}

pub(super) fn filters(form: &Parameters) -> Vec<Filter> {
    let filter = |member: &Parameters| Filter {
        name: member.text("Name").unwrap_or_default(),
        values: member.list("Value"),
    };
    form.members("Filter").iter().map(filter).collect()
}

pub(super) fn tag_specifications(form: &Parameters) -> Vec<TagSpecification> {
    let specification = |member: &Parameters| TagSpecification {
        resource_type: member.text("ResourceType").unwrap_or_default(),
        tags: tags(member),
    };
    form.members("TagSpecification")
        .iter()
        .map(specification)
        .collect()
}

/// A tag without a value has the empty one.
fn tags(form: &Parameters) -> Vec<Tag> {
    let tag = |member: &Parameters| {
        Tag::new(
            member.text("Key").unwrap_or_default(),
            member.text("Value").unwrap_or_default(),
        )
    };
    form.members("Tag").iter().map(tag).collect()
}
