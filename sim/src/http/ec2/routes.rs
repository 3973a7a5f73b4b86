//! Route tables and zones: from a form's parameters to the requests, and from the answers to EC2's XML.

use super::query::Parameters;
use super::reply::tags;
use super::request::{Read, filters, tag_specifications};
use super::xml::Element;
use crate::api::{
    AssociateRouteTable, AvailabilityZone, CreateRoute, CreateRouteTable, DeleteRoute,
    DescribeAvailabilityZones, DescribeRouteTables, DescribeSubnets, ModifySubnetAttribute,
    Request, Route, RouteTable, RouteTableAssociation, RouteTarget,
};

/// Reads the parameters of one action.
///
/// # Errors
/// `MissingParameter` and `InvalidParameterValue`.
pub(super) fn read(action: &str, form: &Parameters) -> Read {
    match action {
        "CreateRouteTable" => Ok(Request::CreateRouteTable(CreateRouteTable {
            vpc_id: form.required("VpcId")?,
            client_token: form.text("ClientToken"),
            tag_specifications: tag_specifications(form),
        })),
        "ModifySubnetAttribute" => Ok(Request::ModifySubnetAttribute(ModifySubnetAttribute {
            subnet_id: form.required("SubnetId")?,
            map_public_ip_on_launch: form.member("MapPublicIpOnLaunch").boolean("Value")?,
        })),
        "CreateRoute" => create_route(form),
        "DeleteRoute" => Ok(Request::DeleteRoute(DeleteRoute {
            route_table_id: form.required("RouteTableId")?,
            destination_cidr_block: form.required("DestinationCidrBlock")?,
        })),
        "AssociateRouteTable" => Ok(Request::AssociateRouteTable(AssociateRouteTable {
            route_table_id: form.required("RouteTableId")?,
            subnet_id: form.required("SubnetId")?,
        })),
        "DescribeSubnets" => Ok(Request::DescribeSubnets(DescribeSubnets {
            subnet_ids: form.list("SubnetId"),
            filters: filters(form),
            max_results: form.integer("MaxResults")?,
            next_token: form.text("NextToken"),
        })),
        "DescribeRouteTables" => Ok(Request::DescribeRouteTables(DescribeRouteTables {
            route_table_ids: form.list("RouteTableId"),
            filters: filters(form),
            max_results: form.integer("MaxResults")?,
            next_token: form.text("NextToken"),
        })),
        _ => Ok(Request::DescribeAvailabilityZones(
            DescribeAvailabilityZones {
                zone_names: form.list("ZoneName"),
                filters: filters(form),
                all_availability_zones: form.boolean("AllAvailabilityZones")?.unwrap_or(false),
            },
        )),
    }
}

/// A route has one target, under the name of its kind.
fn create_route(form: &Parameters) -> Read {
    let kinds = [
        "NatGatewayId",
        "TransitGatewayId",
        "NetworkInterfaceId",
        "VpcEndpointId",
    ];
    let target = kinds.into_iter().find_map(|kind| form.text(kind));
    Ok(Request::CreateRoute(CreateRoute {
        route_table_id: form.required("RouteTableId")?,
        destination_cidr_block: form.required("DestinationCidrBlock")?,
        gateway_id: match target {
            Some(target) => target,
            None => form.required("GatewayId")?,
        },
    }))
}

pub(super) fn route_table(element: Element, described: &RouteTable) -> Element {
    element
        .text("routeTableId", &described.route_table_id)
        .text("vpcId", &described.vpc_id)
        .text("ownerId", &described.owner_id)
        .list("routeSet", described.routes.iter().map(route))
        .list(
            "associationSet",
            described
                .associations
                .iter()
                .map(|one| association(one, described)),
        )
        .list("propagatingVgwSet", [])
        .maybe_child(tags(&described.tags))
}

fn route(described: &Route) -> Element {
    let (name, id) = match &described.target {
        RouteTarget::Gateway(id) => ("gatewayId", id),
        RouteTarget::NatGateway(id) => ("natGatewayId", id),
        RouteTarget::TransitGateway(id) => ("transitGatewayId", id),
        RouteTarget::NetworkInterface(id) => ("networkInterfaceId", id),
    };
    Element::item()
        .text("destinationCidrBlock", &described.destination_cidr_block)
        .text(name, id)
        .text("state", &described.state)
        .text("origin", &described.origin)
}

fn association(described: &RouteTableAssociation, table: &RouteTable) -> Element {
    let state = Element::new("associationState").text("state", &"associated");
    Element::item()
        .text(
            "routeTableAssociationId",
            &described.route_table_association_id,
        )
        .text("routeTableId", &table.route_table_id)
        .maybe("subnetId", described.subnet_id.as_ref())
        .text("main", &described.main)
        .child(state)
}

pub(super) fn zone(described: &AvailabilityZone) -> Element {
    Element::item()
        .text("zoneName", &described.zone_name)
        .text("zoneId", &described.zone_id)
        .text("zoneState", &described.state)
        .text("regionName", &described.region_name)
        .list("messageSet", [])
        .text("groupName", &described.group_name)
        .text("networkBorderGroup", &described.network_border_group)
        .text("zoneType", &described.zone_type)
        .text("optInStatus", &described.opt_in_status)
}
