//! The ground that instances and interfaces stand on: zones and border groups, VPCs, subnets,
//! internet gateways.

use std::net::Ipv4Addr;

use super::{
    api::{
        self, AttachInternetGateway, CreateInternetGateway, CreateSubnet, CreateVpc, Ec2Error,
        Response,
    },
    model::{Model, Resources, invalid_value},
    routes::RouteTable,
    security_groups::SecurityGroup,
    vpc_attributes::Dns,
};

/// The Region: its zones, each in a network border group (most in the one named as the Region).
#[derive(Clone, Debug)]
pub(super) struct Region {
    pub(super) name: String,
    /// Zone and border group.
    zones: Vec<(String, String)>,
}

impl Region {
    pub(super) fn new(name: &str) -> Self {
        let zones = ["a", "b", "c"].map(|letter| (format!("{name}{letter}"), name.to_owned()));
        Self {
            name: name.to_owned(),
            zones: zones.into(),
        }
    }

    /// A Local Zone or Wavelength Zone, with a border group of its own.
    pub(super) fn add_zone(&mut self, zone: &str, border_group: &str) {
        self.zones.push((zone.to_owned(), border_group.to_owned()));
    }

    pub(super) fn has_border_group(&self, group: &str) -> bool {
        self.zones.iter().any(|(_, known)| known == group)
    }

    pub(super) fn border_group_of(&self, zone: &str) -> &str {
        let group = self.zones.iter().find(|(known, _)| known == zone);
        group.map_or(&self.name, |(_, group)| group)
    }

    pub(super) fn zones_as_answered(&self) -> Vec<api::AvailabilityZone> {
        let zone = |((name, group), number): (&(String, String), usize)| {
            let is_regular = *group == self.name;
            let of_kind = |regular: &str, other: &str| {
                let word = if is_regular { regular } else { other };
                word.to_owned()
            };
            api::AvailabilityZone {
                zone_name: name.clone(),
                // AWS's own ids name the Region in a short form.
                zone_id: format!("{}-az{number}", self.name),
                region_name: self.name.clone(),
                group_name: group.clone(),
                network_border_group: group.clone(),
                zone_type: of_kind("availability-zone", "local-zone"),
                state: "available".to_owned(),
                opt_in_status: of_kind("opt-in-not-required", "opted-in"),
            }
        };
        self.zones.iter().zip(1..).map(zone).collect()
    }

    fn zone(&self, asked: Option<&String>) -> Result<String, Ec2Error> {
        let mut names = self.zones.iter().map(|(zone, _)| zone);
        let found = match asked {
            None => names.next(),
            Some(asked) => names.find(|zone| *zone == asked),
        };
        found.cloned().ok_or_else(|| {
            let asked = asked.map_or("", String::as_str);
            invalid_value(format!(
                "Value ({asked}) for parameter availabilityZone is invalid."
            ))
        })
    }
}

/// An IPv4 network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cidr {
    base: u32,
    prefix: u32,
}

impl Cidr {
    fn parse(text: &str) -> Result<Self, Ec2Error> {
        let parsed = text.split_once('/').and_then(|(base, prefix)| {
            let base = u32::from(base.parse::<Ipv4Addr>().ok()?);
            let prefix = prefix
                .parse::<u32>()
                .ok()
                .filter(|prefix| (16..=28).contains(prefix))?;
            let cidr = Self { base, prefix };
            (base % cidr.size() == 0).then_some(cidr)
        });
        parsed.ok_or_else(|| {
            let message = format!("Value ({text}) for parameter cidrBlock is invalid.");
            invalid_value(message)
        })
    }

    fn size(self) -> u32 {
        1 << (32 - self.prefix)
    }

    pub(super) fn contains(self, ip: Ipv4Addr) -> bool {
        (self.base..self.base + self.size()).contains(&u32::from(ip))
    }

    /// All addresses but the first four and the last, which AWS keeps (VPC user guide, "Subnet
    /// CIDR blocks").
    pub(super) fn usable(self) -> impl Iterator<Item = Ipv4Addr> {
        (self.base + 4..self.base + self.size() - 1).map(Ipv4Addr::from)
    }

    /// Whether somebody can have an address of it.
    pub(super) fn has_usable(self, ip: Ipv4Addr) -> bool {
        (self.base + 4..self.base + self.size() - 1).contains(&u32::from(ip))
    }

    fn holds(self, other: Self) -> bool {
        self.contains(Ipv4Addr::from(other.base)) && self.prefix <= other.prefix
    }
}

impl std::fmt::Display for Cidr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", Ipv4Addr::from(self.base), self.prefix)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Vpc {
    pub(super) id: String,
    pub(super) owner: String,
    pub(super) cidr: Cidr,
    pub(super) is_default: bool,
    pub(super) dns: Dns,
}

#[derive(Clone, Debug)]
pub(super) struct Subnet {
    pub(super) id: String,
    pub(super) owner: String,
    pub(super) vpc_id: String,
    pub(super) cidr: Cidr,
    pub(super) zone: String,
    /// A default subnet, which gives its instances a public address.
    pub(super) is_default: bool,
}

#[derive(Clone, Debug)]
pub(super) struct InternetGateway {
    pub(super) owner: String,
    pub(super) vpc_id: Option<String>,
}

pub(super) fn vpc_not_found(id: &str) -> Ec2Error {
    Ec2Error::new(
        "InvalidVpcID.NotFound",
        format!("The vpc ID '{id}' does not exist"),
    )
}

pub(super) fn subnet_not_found(id: &str) -> Ec2Error {
    Ec2Error::new(
        "InvalidSubnetID.NotFound",
        format!("The subnet ID '{id}' does not exist"),
    )
}

pub(super) fn gateway_not_found(id: &str) -> Ec2Error {
    Ec2Error::new(
        "InvalidInternetGatewayID.NotFound",
        format!("The internetGateway ID '{id}' does not exist"),
    )
}

impl Resources {
    pub(super) fn has_internet_gateway(&self, vpc_id: &str) -> bool {
        self.gateways
            .values()
            .any(|gateway| gateway.vpc_id.as_deref() == Some(vpc_id))
    }

    /// A default subnet of the account, in `zone` if one is asked for.
    pub(super) fn default_subnet(&self, account: &str, zone: Option<&str>) -> Option<&Subnet> {
        self.subnets.values().find(|subnet| {
            subnet.is_default
                && subnet.owner == account
                && zone.is_none_or(|zone| zone == subnet.zone)
        })
    }

    pub(super) fn free_private_ips<'a>(
        &'a self,
        subnet: &'a Subnet,
    ) -> impl Iterator<Item = String> + 'a {
        let mut used = std::collections::BTreeSet::new();
        for interface in self
            .interfaces
            .values()
            .filter(|it| it.subnet_id == subnet.id)
        {
            used.extend(interface.private_ips.iter().cloned());
        }
        let all = subnet.cidr.usable().map(|ip| ip.to_string());
        all.filter(move |ip| !used.contains(ip))
    }

    /// `pending` in the answer to `CreateVpc`, and `available` in a describe (EC2 API reference, examples).
    pub(super) fn vpc_as_answered(&self, vpc: &Vpc, state: &str) -> api::Vpc {
        api::Vpc {
            vpc_id: vpc.id.clone(),
            cidr_block: vpc.cidr.to_string(),
            is_default: vpc.is_default,
            state: state.to_owned(),
            owner_id: vpc.owner.clone(),
            tags: self.tags_of(&vpc.id),
        }
    }

    pub(super) fn subnet_as_answered(&self, subnet: &Subnet) -> api::Subnet {
        let free = self.free_private_ips(subnet).count();
        api::Subnet {
            subnet_id: subnet.id.clone(),
            vpc_id: subnet.vpc_id.clone(),
            cidr_block: subnet.cidr.to_string(),
            availability_zone: subnet.zone.clone(),
            available_ip_address_count: i32::try_from(free).unwrap_or(i32::MAX),
            map_public_ip_on_launch: subnet.is_default,
            default_for_az: subnet.is_default,
            state: "available".to_owned(),
            owner_id: subnet.owner.clone(),
            tags: self.tags_of(&subnet.id),
        }
    }
}

impl Model {
    /// What every account has from the start: 172.31.0.0/16 with a /20 in each zone and a gateway.
    pub(super) fn create_default_vpc(&mut self, account: &str) {
        let cidr = Cidr {
            base: u32::from(Ipv4Addr::new(172, 31, 0, 0)),
            prefix: 16,
        };
        let id = self.add_vpc(account, cidr, true);
        let zones: Vec<String> = self
            .region
            .zones
            .iter()
            .map(|(zone, _)| zone.clone())
            .collect();
        for (base, zone) in (cidr.base..).step_by(1 << 12).zip(zones) {
            self.add_subnet(account, &id, Cidr { base, prefix: 20 }, zone, true);
        }
        let gateway = self.ids.next("igw");
        let attached = InternetGateway {
            owner: account.to_owned(),
            vpc_id: Some(id),
        };
        let vpc_id = attached.vpc_id.clone().unwrap_or_default();
        self.resources.gateways.insert(gateway.clone(), attached);
        self.resources.route_to_gateway(&vpc_id, &gateway);
    }

    fn add_vpc(&mut self, account: &str, cidr: Cidr, is_default: bool) -> String {
        let id = self.ids.next("vpc");
        let vpc = Vpc {
            id: id.clone(),
            owner: account.to_owned(),
            cidr,
            is_default,
            dns: Dns::of_new(is_default),
        };
        let main = RouteTable::main_of(&vpc);
        self.resources.route_tables.insert(main.id.clone(), main);
        let group = SecurityGroup::default_of(&vpc, &self.region.name);
        let groups = &mut self.resources.security_groups;
        groups.insert(group.id.clone(), group);
        self.resources.vpcs.insert(id.clone(), vpc);
        id
    }

    fn add_subnet(
        &mut self,
        account: &str,
        vpc_id: &str,
        cidr: Cidr,
        zone: String,
        is_default: bool,
    ) -> String {
        let id = self.ids.next("subnet");
        let subnet = Subnet {
            id: id.clone(),
            owner: account.to_owned(),
            vpc_id: vpc_id.to_owned(),
            cidr,
            zone,
            is_default,
        };
        self.resources.subnets.insert(id.clone(), subnet);
        id
    }

    pub(super) fn own_vpc(&self, account: &str, id: &str) -> Result<&Vpc, Ec2Error> {
        let vpc = self
            .resources
            .vpcs
            .get(id)
            .filter(|vpc| vpc.owner == account);
        vpc.ok_or_else(|| vpc_not_found(id))
    }

    pub(super) fn own_subnet(&self, account: &str, id: &str) -> Result<&Subnet, Ec2Error> {
        let subnet = self
            .resources
            .subnets
            .get(id)
            .filter(|subnet| subnet.owner == account);
        subnet.ok_or_else(|| subnet_not_found(id))
    }

    pub(super) fn create_vpc(
        &mut self,
        account: &str,
        request: &CreateVpc,
    ) -> Result<Response, Ec2Error> {
        let cidr = Cidr::parse(&request.cidr_block)?;
        let tags = self.new_tags("vpc", &request.tag_specifications, &["vpc"])?;
        let id = self.add_vpc(account, cidr, false);
        self.put_tags(&id, tags);
        let vpc = self
            .resources
            .vpcs
            .get(&id)
            .ok_or_else(|| vpc_not_found(&id))?;
        Ok(Response::CreateVpc(
            self.resources.vpc_as_answered(vpc, "pending"),
        ))
    }

    pub(super) fn create_subnet(
        &mut self,
        account: &str,
        request: &CreateSubnet,
    ) -> Result<Response, Ec2Error> {
        let vpc = self.own_vpc(account, &request.vpc_id)?;
        let cidr = Cidr::parse(&request.cidr_block)?;
        if !vpc.cidr.holds(cidr) {
            let message = format!("The CIDR '{cidr}' is invalid.");
            return Err(Ec2Error::new("InvalidSubnet.Range", message));
        }
        let mut siblings = self
            .resources
            .subnets
            .values()
            .filter(|it| it.vpc_id == vpc.id);
        if siblings.any(|sibling| sibling.cidr.holds(cidr) || cidr.holds(sibling.cidr)) {
            let message = format!("The CIDR '{cidr}' conflicts with another subnet");
            return Err(Ec2Error::new("InvalidSubnet.Conflict", message));
        }
        let zone = self.region.zone(request.availability_zone.as_ref())?;
        let tags = self.new_tags("subnet", &request.tag_specifications, &["subnet"])?;
        let id = self.add_subnet(account, &request.vpc_id, cidr, zone, false);
        self.put_tags(&id, tags);
        let subnet = self.own_subnet(account, &id)?;
        Ok(Response::CreateSubnet(
            self.resources.subnet_as_answered(subnet),
        ))
    }

    pub(super) fn create_internet_gateway(
        &mut self,
        account: &str,
        request: &CreateInternetGateway,
    ) -> Result<Response, Ec2Error> {
        let kind = "internet-gateway";
        let tags = self.new_tags(kind, &request.tag_specifications, &[kind])?;
        let id = self.ids.next("igw");
        let gateway = InternetGateway {
            owner: account.to_owned(),
            vpc_id: None,
        };
        self.resources.gateways.insert(id.clone(), gateway);
        self.put_tags(&id, tags.clone());
        Ok(Response::CreateInternetGateway(api::InternetGateway {
            internet_gateway_id: id,
            attached_vpc_id: None,
            owner_id: account.to_owned(),
            tags,
        }))
    }

    pub(super) fn attach_internet_gateway(
        &mut self,
        account: &str,
        request: &AttachInternetGateway,
    ) -> Result<Response, Ec2Error> {
        let (id, vpc_id) = (&request.internet_gateway_id, &request.vpc_id);
        self.own_vpc(account, vpc_id)?;
        let crowded = self.resources.has_internet_gateway(vpc_id);
        let gateway = self
            .resources
            .gateways
            .get_mut(id)
            .filter(|it| it.owner == account);
        let gateway = gateway.ok_or_else(|| gateway_not_found(id))?;
        if let Some(current) = &gateway.vpc_id {
            let message = format!("resource {id} is already attached to network {current}");
            return Err(Ec2Error::new("Resource.AlreadyAssociated", message));
        }
        if crowded {
            let message = format!("Network {vpc_id} already has an internet gateway attached");
            return Err(invalid_value(message));
        }
        gateway.vpc_id = Some(vpc_id.clone());
        self.resources.route_to_gateway(vpc_id, id);
        Ok(Response::Done)
    }
}
