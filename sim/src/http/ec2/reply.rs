//! From the model's response to EC2's XML. Element names as in EC2's API model, where a list of
//! addresses is an `addressesSet` and its members are `item`s.

use super::around::{security_group, vpc};
use super::network::{described_interface, instance_type, reservation};
use super::routes::{route_table, zone};
use super::xml::Element;
use crate::api::{
    Address, AddressAttribute, AllocatedAddress, Ec2Error, InstanceStateChange, InstanceStatus,
    InternetGateway, PlannedEvent, Response, SpotInstanceRequest, Subnet, Tag, TagDescription,
};

/// The answer to an action.
pub(super) fn success(action: &str, request_id: &str, response: &Response) -> Element {
    let answer = Element::new(format!("{action}Response"))
        .in_namespace()
        .text("requestId", request_id);
    match response {
        Response::Done => answer.text("return", &true),
        Response::AllocateAddress(allocated) => allocated_address(answer, allocated),
        Response::AssociateAddress { association_id } => answer
            .text("return", &true)
            .text("associationId", association_id),
        Response::DescribeAddresses(addresses) => {
            answer.list("addressesSet", addresses.iter().map(address))
        }
        Response::DescribeAddressesAttribute {
            addresses,
            next_token,
        } => answer
            .list(
                "addressSet",
                addresses.iter().map(|one| attribute(Element::item(), one)),
            )
            .maybe("nextToken", next_token.as_ref()),
        Response::ModifyAddressAttribute(changed) | Response::ResetAddressAttribute(changed) => {
            answer.child(attribute(Element::new("address"), changed))
        }
        Response::CreateVpc(_)
        | Response::CreateSecurityGroup(_)
        | Response::DescribeSecurityGroups { .. }
        | Response::DescribeVpcs { .. }
        | Response::DescribeVpcAttribute { .. }
        | Response::CreateSubnet(_)
        | Response::CreateInternetGateway(_)
        | Response::CreateRouteTable(_)
        | Response::AssociateRouteTable { .. }
        | Response::DescribeSubnets { .. }
        | Response::DescribeRouteTables { .. }
        | Response::DescribeAvailabilityZones(_) => of_network(answer, response),
        Response::RunInstances(_)
        | Response::StartInstances(_)
        | Response::StopInstances(_)
        | Response::TerminateInstances(_)
        | Response::DescribeInstances { .. }
        | Response::DescribeInstanceStatus { .. }
        | Response::DescribeInstanceAttribute { .. }
        | Response::DescribeSpotInstanceRequests(_) => of_instances(answer, response),
        Response::CreateNetworkInterface(created) => answer.child(described_interface(
            Element::new("networkInterface"),
            created,
        )),
        Response::DescribeNetworkInterfaces {
            interfaces,
            next_token,
        } => answer
            .list(
                "networkInterfaceSet",
                interfaces
                    .iter()
                    .map(|one| described_interface(Element::item(), one)),
            )
            .maybe("nextToken", next_token.as_ref()),
        Response::AttachNetworkInterface {
            attachment_id,
            network_card_index,
        } => answer
            .text("attachmentId", attachment_id)
            .text("networkCardIndex", network_card_index),
        Response::AssignPrivateIpAddresses {
            network_interface_id,
            assigned,
        } => answer
            .text("return", &true)
            .text("networkInterfaceId", network_interface_id)
            .list(
                "assignedPrivateIpAddressesSet",
                assigned
                    .iter()
                    .map(|ip| Element::item().text("privateIpAddress", ip)),
            ),
        Response::DescribeInstanceTypes {
            instance_types,
            next_token,
        } => answer
            .list("instanceTypeSet", instance_types.iter().map(instance_type))
            .maybe("nextToken", next_token.as_ref()),
        Response::DescribeTags { tags, next_token } => answer
            .list("tagSet", tags.iter().map(tag_description))
            .maybe("nextToken", next_token.as_ref()),
    }
}

/// The answers about instances: `success` hands nothing else over.
fn of_instances(answer: Element, response: &Response) -> Element {
    match response {
        // The only answer whose members stand beside the request id: a reservation.
        Response::RunInstances(launched) => reservation(answer, launched),
        Response::StartInstances(changes)
        | Response::StopInstances(changes)
        | Response::TerminateInstances(changes) => {
            answer.list("instancesSet", changes.iter().map(state_change))
        }
        Response::DescribeInstances {
            reservations,
            next_token,
        } => answer
            .list(
                "reservationSet",
                reservations
                    .iter()
                    .map(|one| reservation(Element::item(), one)),
            )
            .maybe("nextToken", next_token.as_ref()),
        Response::DescribeInstanceStatus {
            statuses,
            next_token,
        } => answer
            .list("instanceStatusSet", statuses.iter().map(instance_status))
            .maybe("nextToken", next_token.as_ref()),
        Response::DescribeInstanceAttribute {
            instance_id,
            attribute: name,
            value,
        } => super::around::attribute(answer, (instance_id, name), value),
        Response::DescribeSpotInstanceRequests(requests) => {
            answer.list("spotInstanceRequestSet", requests.iter().map(spot_request))
        }
        _ => answer,
    }
}

/// The answers about a network: `success` hands nothing else over.
fn of_network(answer: Element, response: &Response) -> Element {
    match response {
        Response::CreateVpc(created) => answer.child(vpc(Element::new("vpc"), created)),
        Response::CreateSecurityGroup(created) => answer
            .text("return", &true)
            .text("groupId", &created.group_id)
            .text("securityGroupArn", &created.security_group_arn)
            .maybe_child(tags(&created.tags)),
        Response::DescribeSecurityGroups { groups, next_token } => answer
            .list("securityGroupInfo", groups.iter().map(security_group))
            .maybe("nextToken", next_token.as_ref()),
        Response::DescribeVpcAttribute {
            vpc_id,
            attribute,
            value,
        } => answer
            .text("vpcId", vpc_id)
            .child(Element::new(attribute.as_str()).text("value", value)),
        Response::DescribeVpcs { vpcs, next_token } => answer
            .list("vpcSet", vpcs.iter().map(|one| vpc(Element::item(), one)))
            .maybe("nextToken", next_token.as_ref()),
        Response::CreateSubnet(created) => answer.child(subnet(Element::new("subnet"), created)),
        Response::CreateInternetGateway(created) => answer.child(internet_gateway(created)),
        Response::CreateRouteTable(created) => {
            answer.child(route_table(Element::new("routeTable"), created))
        }
        Response::AssociateRouteTable { association_id } => {
            answer.text("associationId", association_id)
        }
        Response::DescribeSubnets {
            subnets,
            next_token,
        } => answer
            .list(
                "subnetSet",
                subnets.iter().map(|one| subnet(Element::item(), one)),
            )
            .maybe("nextToken", next_token.as_ref()),
        Response::DescribeRouteTables {
            route_tables,
            next_token,
        } => answer
            .list(
                "routeTableSet",
                route_tables
                    .iter()
                    .map(|one| route_table(Element::item(), one)),
            )
            .maybe("nextToken", next_token.as_ref()),
        Response::DescribeAvailabilityZones(zones) => {
            answer.list("availabilityZoneInfo", zones.iter().map(zone))
        }
        _ => answer,
    }
}

/// A refusal. Source: EC2 API reference, "Error codes for the Amazon EC2 API".
pub(super) fn refusal(request_id: &str, error: &Ec2Error) -> Element {
    let inner = Element::new("Error")
        .text("Code", &error.code)
        .text("Message", &error.message);
    Element::new("Response")
        .child(Element::new("Errors").child(inner))
        .text("RequestID", request_id)
}

fn tag_description(tag: &TagDescription) -> Element {
    Element::item()
        .text("key", &tag.key)
        .text("resourceId", &tag.resource_id)
        .text("resourceType", &tag.resource_type)
        .text("value", &tag.value)
}

fn allocated_address(answer: Element, allocated: &AllocatedAddress) -> Element {
    answer
        .text("publicIp", &allocated.public_ip)
        .text("domain", &allocated.domain)
        .text("allocationId", &allocated.allocation_id)
        .text("publicIpv4Pool", &allocated.public_ipv4_pool)
        .text("networkBorderGroup", &allocated.network_border_group)
}

fn address(described: &Address) -> Element {
    let element = Element::item()
        .text("publicIp", &described.public_ip)
        .text("allocationId", &described.allocation_id)
        .text("domain", &described.domain)
        .text("publicIpv4Pool", &described.public_ipv4_pool)
        .text("networkBorderGroup", &described.network_border_group)
        .maybe("serviceManaged", described.service_managed.as_ref());
    let element = match &described.association {
        Some(association) => element
            .maybe("instanceId", association.instance_id.as_ref())
            .text("associationId", &association.association_id)
            .text("networkInterfaceId", &association.network_interface_id)
            .text(
                "networkInterfaceOwnerId",
                &association.network_interface_owner_id,
            )
            .text("privateIpAddress", &association.private_ip_address),
        None => element,
    };
    element.maybe_child(tags(&described.tags))
}

fn attribute(element: Element, described: &AddressAttribute) -> Element {
    let update = described.ptr_record_update.as_ref().map(|update| {
        Element::new("ptrRecordUpdate")
            .maybe("value", update.value.as_ref())
            .text("status", &update.status)
            .maybe("reason", update.reason.as_ref())
    });
    element
        .text("publicIp", &described.public_ip)
        .text("allocationId", &described.allocation_id)
        .maybe("ptrRecord", described.ptr_record.as_ref())
        .maybe_child(update)
}

fn subnet(element: Element, created: &Subnet) -> Element {
    element
        .text("subnetId", &created.subnet_id)
        .text("vpcId", &created.vpc_id)
        .text("ownerId", &created.owner_id)
        .text("state", &created.state)
        .text("cidrBlock", &created.cidr_block)
        .text("availabilityZone", &created.availability_zone)
        .text(
            "availableIpAddressCount",
            &created.available_ip_address_count,
        )
        .text("mapPublicIpOnLaunch", &created.map_public_ip_on_launch)
        .text("defaultForAz", &created.default_for_az)
        .text("assignIpv6AddressOnCreation", &false)
        .list("ipv6CidrBlockAssociationSet", [])
        .maybe_child(tags(&created.tags))
}

fn internet_gateway(created: &InternetGateway) -> Element {
    let attachment = |vpc_id: &String| {
        // A gateway's attachment has a state of its own words. Source: EC2 API reference,
        // InternetGatewayAttachment.
        Element::item()
            .text("vpcId", vpc_id)
            .text("state", "available")
    };
    Element::new("internetGateway")
        .text("internetGatewayId", &created.internet_gateway_id)
        .text("ownerId", &created.owner_id)
        .list(
            "attachmentSet",
            created.attached_vpc_id.iter().map(attachment),
        )
        .maybe_child(tags(&created.tags))
}

fn state_change(change: &InstanceStateChange) -> Element {
    Element::item()
        .text("instanceId", &change.instance_id)
        .child(super::network::state("currentState", change.current))
        .child(super::network::state("previousState", change.previous))
}

fn spot_request(described: &SpotInstanceRequest) -> Element {
    Element::item()
        .text("spotInstanceRequestId", &described.spot_instance_request_id)
        .text("type", &described.market.name())
        .text("state", &"active")
        .text("instanceId", &described.instance_id)
}

fn instance_status(described: &InstanceStatus) -> Element {
    let summary = |name: &str, word: &str| Element::new(name).text("status", word);
    Element::item()
        .text("instanceId", &described.instance_id)
        .text("availabilityZone", &described.availability_zone)
        .child(super::network::state("instanceState", described.state))
        .child(summary("instanceStatus", &described.instance_status))
        .child(summary("systemStatus", &described.system_status))
        .child(summary("attachedEbsStatus", &described.attached_ebs_status))
        .maybe_child(
            described
                .application_status
                .as_deref()
                .map(|word| summary("applicationStatus", word)),
        )
        .maybe_child(
            described
                .performance_status
                .as_deref()
                .map(|word| summary("performanceStatus", word)),
        )
        .list("eventsSet", described.events.iter().map(planned_event))
}

fn planned_event(event: &PlannedEvent) -> Element {
    Element::item()
        .text("instanceEventId", &event.id)
        .text("code", &event.code)
        .text("description", &event.description)
        .text("notBefore", &super::network::timestamp(event.not_before))
}

/// EC2 leaves out the tag set of what has no tags, but for interfaces.
pub(super) fn tags(tags: &[Tag]) -> Option<Element> {
    (!tags.is_empty()).then(|| tag_set(tags))
}

/// The tag set, even with nothing in it.
pub(super) fn tag_set(tags: &[Tag]) -> Element {
    let item = |tag: &Tag| {
        Element::item()
            .text("key", &tag.key)
            .text("value", &tag.value)
    };
    tags.iter()
        .map(item)
        .fold(Element::new("tagSet"), Element::child)
}
