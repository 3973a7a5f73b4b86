//! Route tables: each VPC has a main one, and a subnet without a table of its own goes by it.
//! Source: VPC user guide, "Configure route tables".
//!
//! EC2 makes the main table with the local route alone. Here an internet gateway that is attached brings a default
//! route with it, as in a default VPC: a world in which addresses work needs no further call. `DeleteRoute` takes it
//! away.

mod describe;

use super::{
    api::{
        AssociateRouteTable, CreateRoute, CreateRouteTable, DeleteRoute, Ec2Error,
        ModifySubnetAttribute, Request, Response, RouteTarget,
    },
    model::{Model, Resources, invalid_value, missing_parameter},
    networks::Vpc,
};

/// Everything that has no route of its own.
pub(super) const EVERYWHERE: &str = "0.0.0.0/0";

#[derive(Clone, Debug)]
pub(super) struct RouteTable {
    pub(super) id: String,
    pub(super) owner: String,
    pub(super) vpc_id: String,
    /// Of the main table: the id of that association.
    pub(super) main: Option<String>,
    /// Association id and subnet.
    pub(super) subnets: Vec<(String, String)>,
    /// Destination and target, without the local route.
    pub(super) routes: Vec<(String, String)>,
}

pub(super) fn table_not_found(id: &str) -> Ec2Error {
    Ec2Error::new(
        "InvalidRouteTableID.NotFound",
        format!("The routeTable ID '{id}' does not exist"),
    )
}

/// The target of a route, by its id.
fn target(id: &str) -> RouteTarget {
    let id = id.to_owned();
    match id.split_once('-') {
        Some(("nat", _)) => RouteTarget::NatGateway(id),
        Some(("tgw", _)) => RouteTarget::TransitGateway(id),
        Some(("eni", _)) => RouteTarget::NetworkInterface(id),
        _ => RouteTarget::Gateway(id),
    }
}

impl RouteTable {
    /// The main table of a new VPC. Its ids are the VPC's with another prefix.
    pub(super) fn main_of(vpc: &Vpc) -> Self {
        let id = |prefix: &str| vpc.id.replacen("vpc-", prefix, 1);
        Self {
            id: id("rtb-"),
            owner: vpc.owner.clone(),
            vpc_id: vpc.id.clone(),
            main: Some(id("rtbassoc-")),
            subnets: Vec::new(),
            routes: Vec::new(),
        }
    }
}

impl Resources {
    /// A gateway is attached to a VPC: its main table leads to it.
    pub(super) fn route_to_gateway(&mut self, vpc_id: &str, gateway: &str) {
        let mut tables = self.route_tables.values_mut();
        let main = tables.find(|it| it.vpc_id == vpc_id && it.main.is_some());
        if let Some(main) = main {
            let route = (EVERYWHERE.to_owned(), gateway.to_owned());
            main.routes.push(route);
        }
    }
}

impl Model {
    fn own_table(&mut self, account: &str, id: &str) -> Result<&mut RouteTable, Ec2Error> {
        let table = self.resources.route_tables.get_mut(id);
        let table = table.filter(|table| table.owner == account);
        table.ok_or_else(|| table_not_found(id))
    }

    pub(super) fn create_route_table(
        &mut self,
        account: &str,
        request: &CreateRouteTable,
    ) -> Result<Response, Ec2Error> {
        self.own_vpc(account, &request.vpc_id)?;
        let token = request.client_token.as_deref();
        let call = Request::CreateRouteTable(request.clone());
        let known = self.client_tokens.made(account, token, &call)?;
        if let Some(known) = known.and_then(|id| self.resources.route_tables.get(id)) {
            let answer = self.resources.table_as_answered(known);
            return Ok(Response::CreateRouteTable(answer));
        }
        let kind = "route-table";
        let tags = self.new_tags(kind, &request.tag_specifications, &[kind])?;
        let table = RouteTable {
            id: self.ids.next("rtb"),
            owner: account.to_owned(),
            vpc_id: request.vpc_id.clone(),
            main: None,
            subnets: Vec::new(),
            routes: Vec::new(),
        };
        self.put_tags(&table.id, tags);
        self.client_tokens.note(account, token, call, &table.id);
        let answer = self.resources.table_as_answered(&table);
        self.resources.route_tables.insert(table.id.clone(), table);
        Ok(Response::CreateRouteTable(answer))
    }

    pub(super) fn modify_subnet_attribute(
        &mut self,
        account: &str,
        request: &ModifySubnetAttribute,
    ) -> Result<Response, Ec2Error> {
        self.own_subnet(account, &request.subnet_id)?;
        let map = request.map_public_ip_on_launch.ok_or_else(|| {
            missing_parameter("The request must contain exactly one attribute to modify.")
        })?;
        if let Some(subnet) = self.resources.subnets.get_mut(&request.subnet_id) {
            subnet.map_public_ip_on_launch = map;
        }
        Ok(Response::Done)
    }

    pub(super) fn create_route(
        &mut self,
        account: &str,
        request: &CreateRoute,
    ) -> Result<Response, Ec2Error> {
        let (destination, gateway) = (&request.destination_cidr_block, &request.gateway_id);
        let table = self.own_table(account, &request.route_table_id)?;
        if table.routes.iter().any(|(known, _)| known == destination) {
            let message = format!("The route identified by {destination} already exists.");
            return Err(Ec2Error::new("RouteAlreadyExists", message));
        }
        table.routes.push((destination.clone(), gateway.clone()));
        Ok(Response::Done)
    }

    pub(super) fn delete_route(
        &mut self,
        account: &str,
        request: &DeleteRoute,
    ) -> Result<Response, Ec2Error> {
        let (id, destination) = (&request.route_table_id, &request.destination_cidr_block);
        let table = self.own_table(account, id)?;
        let before = table.routes.len();
        table.routes.retain(|(known, _)| known != destination);
        if table.routes.len() == before {
            let message =
                format!("no route with destination-cidr-block {destination} in route table {id}");
            return Err(Ec2Error::new("InvalidRoute.NotFound", message));
        }
        Ok(Response::Done)
    }

    pub(super) fn associate_route_table(
        &mut self,
        account: &str,
        request: &AssociateRouteTable,
    ) -> Result<Response, Ec2Error> {
        let subnet = self.own_subnet(account, &request.subnet_id)?.clone();
        let association = self.ids.next("rtbassoc");
        let table = self.own_table(account, &request.route_table_id)?;
        if table.vpc_id != subnet.vpc_id {
            let message = format!(
                "Route table {} and subnet {} belong to different networks",
                table.id, subnet.id
            );
            return Err(invalid_value(message));
        }
        let mut tables = self.resources.route_tables.values();
        if tables.any(|it| it.subnets.iter().any(|(_, known)| *known == subnet.id)) {
            let message = format!(
                "the specified association for subnet {} already exists",
                subnet.id
            );
            return Err(Ec2Error::new("Resource.AlreadyAssociated", message));
        }
        let table = self.own_table(account, &request.route_table_id)?;
        table.subnets.push((association.clone(), subnet.id));
        Ok(Response::AssociateRouteTable {
            association_id: association,
        })
    }
}
