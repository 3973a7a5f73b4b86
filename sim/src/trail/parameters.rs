//! `requestParameters`, in CloudTrail's two serialisations: flat, lower camel case and
//! `{"items": [...]}` lists for the old actions; `{"XRequest": {...}}` in upper camel case, with
//! types guessed from XML, for the newer ones.

use serde_json::{Map, Value, json};

use crate::api::{
    AllocateAddress, AssignPrivateIpAddresses, CreateNetworkInterface, CreateSecurityGroup,
    CreateSubnet, ModifyInstanceAttribute, ModifyNetworkInterfaceAttribute, ReleaseAddress,
    Request, RunInstances, Tag, TagSpecification, TagToDelete,
};

pub(super) fn of(request: &Request) -> Value {
    match request {
        Request::AllocateAddress(request) => allocate_address(request),
        Request::ReleaseAddress(request) => release_address(request),
        Request::AssociateAddress(request) => flat([
            ("allocationId", json!(request.allocation_id)),
            ("publicIp", json!(request.public_ip)),
            ("instanceId", json!(request.instance_id)),
            ("networkInterfaceId", json!(request.network_interface_id)),
            ("privateIpAddress", json!(request.private_ip_address)),
            ("allowReassociation", json!(request.allow_reassociation)),
        ]),
        Request::DisassociateAddress(request) => flat([
            ("associationId", json!(request.association_id)),
            ("publicIp", json!(request.public_ip)),
        ]),
        Request::ModifyAddressAttribute(request) => wrapped(
            request_name("ModifyAddressAttribute"),
            [
                ("AllocationId", Some(request.allocation_id.as_str())),
                ("DomainName", request.domain_name.as_deref()),
            ],
        ),
        Request::ResetAddressAttribute(request) => wrapped(
            request_name("ResetAddressAttribute"),
            [
                ("AllocationId", Some(request.allocation_id.as_str())),
                ("Attribute", Some(request.attribute.as_str())),
            ],
        ),
        Request::CreateVpc(request) => flat([
            ("cidrBlock", json!(request.cidr_block)),
            ("instanceTenancy", json!("default")),
            ("amazonProvidedIpv6CidrBlock", json!(false)),
            (
                "tagSpecificationSet",
                tag_specifications(&request.tag_specifications),
            ),
        ]),
        Request::CreateSubnet(request) => create_subnet(request),
        Request::CreateInternetGateway(request) => flat([(
            "tagSpecificationSet",
            tag_specifications(&request.tag_specifications),
        )]),
        Request::AttachInternetGateway(request) => {
            json!({"internetGatewayId": request.internet_gateway_id, "vpcId": request.vpc_id})
        }
        Request::CreateSecurityGroup(request) => create_security_group(request),
        Request::DeleteSecurityGroup(request) => json!({ "groupId": request.group_id }),
        Request::RunInstances(request) => run_instances(request),
        Request::StartInstances(request) => instances(&request.instance_ids),
        Request::TerminateInstances(request) => instances(&request.instance_ids),
        Request::StopInstances(request) => {
            let mut parameters = instances(&request.instance_ids);
            parameters["force"] = json!(request.force);
            if request.skip_os_shutdown {
                parameters["skipOsShutdown"] = json!(true);
            }
            parameters
        }
        Request::ModifyVpcAttribute(request) => {
            let flag = |flag: Option<bool>| json!(flag.map(|value| json!({ "value": value })));
            flat([
                ("vpcId", json!(request.vpc_id)),
                ("enableDnsHostnames", flag(request.enable_dns_hostnames)),
                ("enableDnsSupport", flag(request.enable_dns_support)),
            ])
        }
        Request::ModifyInstanceAttribute(request) => modify_instance(request),
        Request::CreateNetworkInterface(request) => create_network_interface(request),
        Request::AttachNetworkInterface(request) => flat([
            ("networkInterfaceId", json!(request.network_interface_id)),
            ("instanceId", json!(request.instance_id)),
            ("deviceIndex", json!(request.device_index)),
            ("networkCardIndex", json!(request.network_card_index)),
        ]),
        Request::DetachNetworkInterface(request) => {
            json!({"attachmentId": request.attachment_id, "force": request.force})
        }
        Request::ModifyNetworkInterfaceAttribute(request) => modify_interface(request),
        Request::DeleteNetworkInterface(request) => {
            json!({"networkInterfaceId": request.network_interface_id})
        }
        Request::AssignPrivateIpAddresses(request) => assign_private_ips(request),
        Request::UnassignPrivateIpAddresses(request) => json!({
            "networkInterfaceId": request.network_interface_id,
            "privateIpAddressesSet": private_ips(&request.private_ip_addresses),
        }),
        Request::CreateTags(request) => json!({
            "resourcesSet": resources(&request.resources),
            "tagSet": items(request.tags.iter().map(tag)),
        }),
        Request::DeleteTags(request) => json!({
            "resourcesSet": resources(&request.resources),
            "tagSet": items(request.tags.iter().map(tag_to_delete)),
        }),
        _ => Value::Null,
    }
}

fn release_address(request: &ReleaseAddress) -> Value {
    flat([
        ("allocationId", json!(request.allocation_id)),
        ("publicIp", json!(request.public_ip)),
        ("networkBorderGroup", json!(request.network_border_group)),
    ])
}

fn tag_to_delete(tag: &TagToDelete) -> Value {
    flat([("key", json!(tag.key)), ("value", json!(tag.value))])
}

fn create_security_group(request: &CreateSecurityGroup) -> Value {
    flat([
        ("groupName", json!(request.group_name)),
        ("groupDescription", json!(request.description)),
        ("vpcId", json!(request.vpc_id)),
        (
            "tagSpecificationSet",
            tag_specifications(&request.tag_specifications),
        ),
    ])
}

/// Inferred from other attributes, whose value is an object.
fn modify_instance(request: &ModifyInstanceAttribute) -> Value {
    let value = |text: Option<&str>| json!(text.map(|value| json!({ "value": value })));
    let flag = |flag: Option<bool>| json!(flag.map(|value| json!({ "value": value })));
    let groups = request.groups.iter().map(|id| json!({ "groupId": id }));
    let groups = (!request.groups.is_empty()).then(|| items(groups));
    flat([
        ("instanceId", json!(request.instance_id)),
        ("disableApiStop", flag(request.disable_api_stop)),
        (
            "disableApiTermination",
            flag(request.disable_api_termination),
        ),
        ("sourceDestCheck", flag(request.source_dest_check)),
        ("instanceType", value(request.instance_type.as_deref())),
        (
            "instanceInitiatedShutdownBehavior",
            value(request.instance_initiated_shutdown_behavior.as_deref()),
        ),
        ("groupSet", json!(groups)),
    ])
}

/// An object of the members that are given.
pub(super) fn flat<const N: usize>(members: [(&str, Value); N]) -> Value {
    let given = members.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(given.map(|(key, value)| (key.to_owned(), value)).collect())
}

fn request_name(action: &str) -> String {
    format!("{action}Request")
}

/// The newer serialisation.
fn wrapped<const N: usize>(name: String, members: [(&str, Option<&str>); N]) -> Value {
    let given = members
        .into_iter()
        .filter_map(|(key, value)| Some((key, guessed(value?))));
    let inner: Map<String, Value> = given.map(|(key, value)| (key.to_owned(), value)).collect();
    Value::Object(Map::from_iter([(name, Value::Object(inner))]))
}

/// What CloudTrail makes of an XML text when it does not know its type.
pub(super) fn guessed(text: &str) -> Value {
    match text {
        "true" => json!(true),
        "false" => json!(false),
        _ => match text.parse::<i64>() {
            Ok(number) if number.to_string() == text => json!(number),
            _ => json!(text),
        },
    }
}

/// `{"items": [...]}`, and `{}` for none.
pub(super) fn items(items: impl Iterator<Item = Value>) -> Value {
    let items: Vec<Value> = items.collect();
    if items.is_empty() {
        json!({})
    } else {
        json!({ "items": items })
    }
}

pub(super) fn tag(tag: &Tag) -> Value {
    json!({"key": tag.key, "value": tag.value})
}

fn tag_specifications(specifications: &[TagSpecification]) -> Value {
    if specifications.is_empty() {
        return Value::Null;
    }
    items(specifications.iter().map(|specification| {
        let tags: Vec<Value> = specification.tags.iter().map(tag).collect();
        json!({"resourceType": specification.resource_type, "tags": tags})
    }))
}

fn resources(ids: &[String]) -> Value {
    items(ids.iter().map(|id| json!({"resourceId": id})))
}

fn instances(ids: &[String]) -> Value {
    json!({"instancesSet": items(ids.iter().map(|id| json!({"instanceId": id})))})
}

fn groups(ids: &[String]) -> Value {
    items(ids.iter().map(|id| json!({"groupId": id})))
}

fn allocate_address(request: &AllocateAddress) -> Value {
    flat([
        ("domain", json!(request.domain.as_deref().unwrap_or("vpc"))),
        ("address", json!(request.address)),
        ("publicIpv4Pool", json!(request.public_ipv4_pool)),
        ("ipamPoolId", json!(request.ipam_pool_id)),
        ("networkBorderGroup", json!(request.network_border_group)),
        (
            "tagSpecificationSet",
            tag_specifications(&request.tag_specifications),
        ),
    ])
}

fn create_subnet(request: &CreateSubnet) -> Value {
    flat([
        ("vpcId", json!(request.vpc_id)),
        ("cidrBlock", json!(request.cidr_block)),
        ("availabilityZone", json!(request.availability_zone)),
        (
            "tagSpecificationSet",
            tag_specifications(&request.tag_specifications),
        ),
    ])
}

fn create_network_interface(request: &CreateNetworkInterface) -> Value {
    let primary = request.private_ip_address.iter().map(|ip| (ip, true));
    let secondary = request
        .secondary_private_ip_addresses
        .iter()
        .map(|ip| (ip, false));
    flat([
        ("subnetId", json!(request.subnet_id)),
        (
            "description",
            json!(request.description.as_deref().unwrap_or_default()),
        ),
        ("groupSet", groups(&request.groups)),
        (
            "privateIpAddressesSet",
            items(
                primary
                    .chain(secondary)
                    .map(|(ip, primary)| json!({"privateIpAddress": ip, "primary": primary})),
            ),
        ),
        (
            "tagSpecificationSet",
            tag_specifications(&request.tag_specifications),
        ),
    ])
}

fn private_ips(ips: &[String]) -> Value {
    items(ips.iter().map(|ip| json!({"privateIpAddress": ip})))
}

/// The set is there, and empty, when a count is asked for (seen in amazon-vpc-cni-k8s issue 989).
fn assign_private_ips(request: &AssignPrivateIpAddresses) -> Value {
    let reassigns = request.allow_reassignment.then_some(true);
    flat([
        ("networkInterfaceId", json!(request.network_interface_id)),
        (
            "privateIpAddressesSet",
            private_ips(&request.private_ip_addresses),
        ),
        (
            "secondaryPrivateIpAddressCount",
            json!(request.secondary_private_ip_address_count),
        ),
        ("allowReassignment", json!(reassigns)),
    ])
}

/// Inferred from the other old actions: no real record was seen.
fn modify_interface(request: &ModifyNetworkInterfaceAttribute) -> Value {
    let attachment = request.attachment.as_ref().map(|change| {
        json!({
            "attachmentId": change.attachment_id,
            "deleteOnTermination": change.delete_on_termination,
        })
    });
    let set = (!request.groups.is_empty()).then(|| groups(&request.groups));
    let check = request.source_dest_check.map(|it| json!({"value": it}));
    flat([
        ("networkInterfaceId", json!(request.network_interface_id)),
        ("attachment", json!(attachment)),
        ("groupSet", json!(set)),
        ("sourceDestCheck", json!(check)),
    ])
}

fn run_instances(request: &RunInstances) -> Value {
    let interfaces = (!request.network_interfaces.is_empty()).then(|| {
        items(request.network_interfaces.iter().map(|wish| {
            flat([
                ("deviceIndex", json!(wish.device_index)),
                ("networkInterfaceId", json!(wish.network_interface_id)),
                ("subnetId", json!(wish.subnet_id)),
                ("privateIpAddress", json!(wish.private_ip_address)),
                (
                    "associatePublicIpAddress",
                    json!(wish.associate_public_ip_address),
                ),
                ("deleteOnTermination", json!(wish.delete_on_termination)),
            ])
        }))
    });
    let counts = flat([
        ("imageId", json!(request.image_id)),
        ("minCount", json!(request.min_count)),
        ("maxCount", json!(request.max_count)),
    ]);
    flat([
        ("instancesSet", json!({"items": [counts]})),
        ("instanceType", json!(request.instance_type)),
        ("blockDeviceMapping", json!({})),
        ("monitoring", json!({"enabled": false})),
        ("subnetId", json!(request.subnet_id)),
        ("privateIpAddress", json!(request.private_ip_address)),
        ("disableApiTermination", json!(false)),
        ("disableApiStop", json!(false)),
        ("clientToken", json!(request.client_token)),
        ("networkInterfaceSet", json!(interfaces)),
        (
            "tagSpecificationSet",
            tag_specifications(&request.tag_specifications),
        ),
    ])
}
