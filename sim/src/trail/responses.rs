//! `responseElements`, in the same two serialisations as the request.

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::parameters::{flat, guessed, items, tag};
use crate::api::{
    AddressAttribute, Instance, InstanceStateChange, NetworkInterface, Reservation, Response,
    Subnet, Vpc,
};

pub(super) fn of(action: &str, response: &Response, request_id: &str) -> Value {
    if let Response::ModifyAddressAttribute(address) | Response::ResetAddressAttribute(address) =
        response
    {
        return wrapped(action, "address", address_attribute(address), request_id);
    }
    let mut elements = match response {
        Response::Done => json!({"_return": true}),
        Response::AllocateAddress(address) => json!({
            "publicIp": address.public_ip,
            "domain": address.domain,
            "allocationId": address.allocation_id,
            "publicIpv4Pool": address.public_ipv4_pool,
            "networkBorderGroup": address.network_border_group,
        }),
        Response::AssociateAddress { association_id } => {
            json!({"_return": true, "associationId": association_id})
        }
        Response::CreateVpc(vpc) => json!({ "vpc": created_vpc(vpc) }),
        Response::CreateSubnet(subnet) => json!({ "subnet": created_subnet(subnet) }),
        Response::CreateInternetGateway(gateway) => json!({
            "internetGateway": {
                "internetGatewayId": gateway.internet_gateway_id,
                "attachmentSet": {},
                "ownerId": gateway.owner_id,
                "tagSet": items(gateway.tags.iter().map(tag)),
            }
        }),
        Response::CreateSecurityGroup(group) => {
            json!({ "_return": true, "groupId": group.group_id })
        }
        Response::RunInstances(reservation) => run_instances(reservation),
        Response::StartInstances(changes)
        | Response::StopInstances(changes)
        | Response::TerminateInstances(changes) => {
            json!({"instancesSet": items(changes.iter().map(state_change))})
        }
        Response::CreateNetworkInterface(interface) => {
            json!({"networkInterface": network_interface(interface)})
        }
        Response::AttachNetworkInterface {
            attachment_id,
            network_card_index,
        } => json!({"attachmentId": attachment_id, "networkCardIndex": network_card_index}),
        // The list's inner name is inferred from other old actions.
        Response::AssignPrivateIpAddresses {
            network_interface_id,
            assigned,
        } => json!({
            "_return": true,
            "networkInterfaceId": network_interface_id,
            "assignedPrivateIpAddressesSet": {
                "assignedPrivateIpAddressSetType": assigned
                    .iter()
                    .map(|ip| json!({"privateIpAddress": ip}))
                    .collect::<Vec<_>>(),
            },
        }),
        _ => json!({}),
    };
    elements["requestId"] = json!(request_id);
    elements
}

/// The newer serialisation.
fn wrapped(action: &str, member: &str, value: Value, request_id: &str) -> Value {
    let inner = Map::from_iter([
        (
            "xmlns".to_owned(),
            json!("http://ec2.amazonaws.com/doc/2016-11-15/"),
        ),
        (member.to_owned(), value),
        ("requestId".to_owned(), json!(request_id)),
    ]);
    Value::Object(Map::from_iter([(
        format!("{action}Response"),
        Value::Object(inner),
    )]))
}

fn address_attribute(address: &AddressAttribute) -> Value {
    let update = address.ptr_record_update.as_ref().map(|update| {
        flat([
            ("value", json!(update.value.as_deref().map(guessed))),
            ("status", json!(update.status)),
            ("reason", json!(update.reason)),
        ])
    });
    flat([
        ("publicIp", json!(address.public_ip)),
        ("allocationId", json!(address.allocation_id)),
        (
            "ptrRecord",
            json!(address.ptr_record.as_deref().map(guessed)),
        ),
        ("ptrRecordUpdate", json!(update)),
    ])
}

fn created_vpc(vpc: &Vpc) -> Value {
    json!({
        "vpcId": vpc.vpc_id,
        "ownerId": vpc.owner_id,
        "state": vpc.state,
        "cidrBlock": vpc.cidr_block,
        "instanceTenancy": "default",
        "isDefault": vpc.is_default,
        "tagSet": items(vpc.tags.iter().map(tag)),
    })
}

fn created_subnet(subnet: &Subnet) -> Value {
    json!({
        "subnetId": subnet.subnet_id,
        "state": subnet.state,
        "ownerId": subnet.owner_id,
        "vpcId": subnet.vpc_id,
        "cidrBlock": subnet.cidr_block,
        "availableIpAddressCount": subnet.available_ip_address_count,
        "availabilityZone": subnet.availability_zone,
        "defaultForAz": subnet.default_for_az,
        "mapPublicIpOnLaunch": subnet.map_public_ip_on_launch,
        "tagSet": items(subnet.tags.iter().map(tag)),
    })
}

fn state_change(change: &InstanceStateChange) -> Value {
    json!({
        "instanceId": change.instance_id,
        "currentState": {"code": change.current.code(), "name": change.current.name()},
        "previousState": {"code": change.previous.code(), "name": change.previous.name()},
    })
}

fn run_instances(reservation: &Reservation) -> Value {
    let instances = reservation.instances.iter().enumerate();
    json!({
        "reservationId": reservation.reservation_id,
        "ownerId": reservation.owner_id,
        "groupSet": {},
        "instancesSet": items(instances.map(|(index, it)| launched(index, it))),
    })
}

/// Inside `responseElements` times are milliseconds.
fn milliseconds(at: OffsetDateTime) -> Value {
    json!(at.unix_timestamp() * 1000)
}

fn launched(index: usize, instance: &Instance) -> Value {
    let groups = items(
        instance
            .security_group_ids
            .iter()
            .map(|id| json!({"groupId": id})),
    );
    flat([
        ("instanceId", json!(instance.instance_id)),
        ("imageId", json!(instance.image_id)),
        (
            "instanceState",
            json!({"code": instance.state.code(), "name": instance.state.name()}),
        ),
        ("amiLaunchIndex", json!(index)),
        ("productCodes", json!({})),
        ("instanceType", json!(instance.instance_type)),
        ("launchTime", milliseconds(instance.launch_time)),
        (
            "placement",
            json!({"availabilityZone": instance.availability_zone, "tenancy": "default"}),
        ),
        ("monitoring", json!({"state": "disabled"})),
        ("subnetId", json!(instance.subnet_id)),
        ("vpcId", json!(instance.vpc_id)),
        ("privateIpAddress", json!(instance.private_ip_address)),
        (
            "stateReason",
            json!({"code": "pending", "message": "pending"}),
        ),
        ("tagSet", items(instance.tags.iter().map(tag))),
        ("clientToken", json!(instance.client_token)),
        ("groupSet", groups),
        ("sourceDestCheck", json!(true)),
        (
            "networkInterfaceSet",
            items(instance.network_interfaces.iter().map(network_interface)),
        ),
    ])
}

fn network_interface(interface: &NetworkInterface) -> Value {
    let attachment = interface.attachment.as_ref().map(|attachment| {
        json!({
            "attachmentId": attachment.attachment_id,
            "deviceIndex": attachment.device_index,
            "networkCardIndex": attachment.network_card_index,
            "status": attachment.status,
            "attachTime": milliseconds(attachment.attach_time),
            "deleteOnTermination": attachment.delete_on_termination,
        })
    });
    let private_ips = interface
        .private_ip_addresses
        .iter()
        .map(|ip| json!({"privateIpAddress": ip.private_ip_address, "primary": ip.primary}));
    let primary = interface
        .private_ip_addresses
        .first()
        .map(|ip| &ip.private_ip_address);
    flat([
        ("networkInterfaceId", json!(interface.network_interface_id)),
        ("subnetId", json!(interface.subnet_id)),
        ("vpcId", json!(interface.vpc_id)),
        ("availabilityZone", json!(interface.availability_zone)),
        ("description", json!(interface.description)),
        ("ownerId", json!(interface.owner_id)),
        ("requesterManaged", json!(interface.requester_managed)),
        ("status", json!(interface.status)),
        ("macAddress", json!(interface.mac_address)),
        ("privateIpAddress", json!(primary)),
        ("sourceDestCheck", json!(interface.source_dest_check)),
        ("interfaceType", json!(interface.interface_type)),
        (
            "groupSet",
            items(interface.groups.iter().map(|id| json!({"groupId": id}))),
        ),
        ("attachment", json!(attachment)),
        (
            "privateIpAddressesSet",
            json!({"item": private_ips.collect::<Vec<_>>()}),
        ),
        ("tagSet", items(interface.tags.iter().map(tag))),
    ])
}
