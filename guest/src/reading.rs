//! From EC2's answers to a group. Pure reading; what floats is decided by the crate `holdfast`, once for every function.

use crate::cidr::Cidr;
use crate::ec2::{Answers, NetworkInterface, Subnet, tags};
use crate::error::Error;
use crate::group::{Group, Link};
use crate::ranges;
use holdfast::groups::{floating_group, floating_private_ips, group_of, is_of_group, mover_of};
use holdfast::model::interface::{Attachment, Interface};
use holdfast::settings::{Mover, TagKeys};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

/// What is read, and which tables are given out already.
pub(crate) struct Reading<'a> {
    answers: &'a Answers,
    name: &'a str,
    keys: &'a TagKeys,
    taken: BTreeSet<u32>,
}

impl<'a> Reading<'a> {
    /// The reading of a group that there is.
    pub(crate) fn of(
        answers: &'a Answers,
        name: &'a str,
        keys: &'a TagKeys,
    ) -> Result<Self, Error> {
        let reading = Self {
            answers,
            name,
            keys,
            taken: BTreeSet::new(),
        };
        reading.must_exist()?;
        Ok(reading)
    }

    fn must_exist(&self) -> Result<(), Error> {
        let interfaces = self
            .answers
            .network_interfaces
            .iter()
            .map(|it| tags(&it.tag_set));
        let instances = self.answers.instances.iter().map(|it| tags(&it.tags));
        let addresses = self.answers.addresses.iter().map(|it| tags(&it.tags));
        let all = interfaces.chain(instances).chain(addresses);
        let groups: BTreeSet<String> = all
            .filter_map(|tags| group_of(&tags, self.keys).map(str::to_owned))
            .collect();
        if groups.contains(self.name) {
            return Ok(());
        }
        let known = if groups.is_empty() {
            "No group is there at all. Look whether account, region and tag prefix are the right ones.".to_owned()
        } else {
            let names: Vec<&str> = groups.iter().map(String::as_str).collect();
            format!("The groups here are: {}.", names.join(", "))
        };
        let key = self.keys.group.clone();
        Err(Error::UnknownGroup {
            key,
            group: self.name.to_owned(),
            known,
        })
    }

    /// The links and addresses of the group.
    pub(crate) fn group(mut self) -> Result<Group, Error> {
        let mut links = Vec::new();
        let mut ips_by_subnet: BTreeMap<Option<String>, BTreeSet<IpAddr>> = BTreeMap::new();
        let mut why = Vec::new();
        for interface in &self.answers.network_interfaces {
            if !is_of_group(&tags(&interface.tag_set), self.name, self.keys) {
                continue;
            }
            let model = interface.model()?;
            if floating_group(&model, self.keys).is_some() {
                links.push(self.link(interface, true, &BTreeSet::new())?);
                continue;
            }
            let ips = floating_private_ips(&model, self.keys);
            if ips.is_empty() {
                why.push(stays(interface, &model, self.keys));
            }
            let known = ips_by_subnet
                .entry(interface.subnet_id.clone())
                .or_default();
            known.extend(ips.into_iter().map(IpAddr::V4));
        }
        for (subnet, ip) in self.elastic_ips_by_private_ip() {
            ips_by_subnet
                .entry(subnet)
                .or_default()
                .insert(IpAddr::V4(ip));
        }
        let mut group = Group {
            name: self.name.to_owned(),
            links,
            local: Vec::new(),
            notes: Vec::new(),
        };
        for (subnet, ips) in ips_by_subnet.iter().filter(|(_, ips)| !ips.is_empty()) {
            self.places(&mut group, subnet.as_deref(), ips)?;
        }
        if group.links.is_empty() && group.local.is_empty() {
            why.push("Tag the interface that is to move, or set the tag for its mover.".to_owned());
            return Err(Error::NothingFloats {
                group: group.name,
                why: why.join(" "),
            });
        }
        self.notes(&mut group);
        Ok(group)
    }

    /// Elastic IPs that take their private IP along.
    fn elastic_ips_by_private_ip(&self) -> Vec<(Option<String>, Ipv4Addr)> {
        let addresses = self.answers.addresses.iter();
        let by_ip = addresses.filter_map(|address| {
            let tags = tags(&address.tags);
            let is_meant =
                is_of_group(&tags, self.name, self.keys) && mover_of(&tags, self.keys) == Mover::Ip;
            let ip = address.private_ip_address.filter(|_| is_meant)?;
            let eni = address.network_interface_id.as_deref()?;
            let mut interfaces = self.answers.network_interfaces.iter();
            let interface = interfaces.find(|it| it.network_interface_id == eni)?;
            let mut ips = interface.private_ip_addresses.iter();
            let is_secondary = ips.any(|it| it.private_ip_address == ip && !it.primary);
            is_secondary.then(|| (interface.subnet_id.clone(), ip))
        });
        by_ip.collect()
    }

    /// Where private IPs that move by themselves can come: the first interface of each member in their subnet. The
    /// primary one needs no routes.
    fn places(
        &mut self,
        group: &mut Group,
        subnet: Option<&str>,
        ips: &BTreeSet<IpAddr>,
    ) -> Result<(), Error> {
        for member in self.answers.instances.iter().filter(|it| it.may_serve()) {
            if !is_of_group(&tags(&member.tags), self.name, self.keys) {
                continue;
            }
            let Some(interface) = self.place(&member.instance_id, subnet)? else {
                let subnet = subnet.unwrap_or("unknown");
                let id = &member.instance_id;
                group.notes.push(format!(
                    "{id} has no interface in subnet {subnet}: no private IP can move there."
                ));
                continue;
            };
            let attachment = interface.model()?.attachment;
            if attachment.as_ref().is_some_and(Attachment::is_primary) {
                group.local.extend(
                    ips.iter()
                        .filter(|ip| !group.local.contains(ip))
                        .copied()
                        .collect::<Vec<_>>(),
                );
            } else if let Some(link) = group
                .links
                .iter_mut()
                .find(|it| it.eni == interface.network_interface_id)
            {
                link.ips.extend(
                    ips.iter()
                        .filter(|ip| !link.ips.contains(ip))
                        .copied()
                        .collect::<Vec<_>>(),
                );
            } else {
                let link = self.link(interface, false, ips)?;
                group.links.push(link);
            }
        }
        Ok(())
    }

    fn place(
        &self,
        instance: &str,
        subnet: Option<&str>,
    ) -> Result<Option<&'a NetworkInterface>, Error> {
        let mut own = Vec::new();
        for interface in &self.answers.network_interfaces {
            let is_here =
                interface.instance() == Some(instance) && interface.subnet_id.as_deref() == subnet;
            if is_here
                && floating_group(&interface.model()?, self.keys).is_none()
                && !interface.requester_managed
            {
                own.push(interface);
            }
        }
        let seat = |it: &&NetworkInterface| {
            let attachment = it.attachment.as_ref();
            attachment.map_or((0, 0), |it| (it.network_card_index, it.device_index))
        };
        Ok(own.into_iter().min_by_key(seat))
    }

    fn link(
        &mut self,
        interface: &NetworkInterface,
        floats: bool,
        more: &BTreeSet<IpAddr>,
    ) -> Result<Link, Error> {
        let eni = &interface.network_interface_id;
        let missing = |what| Error::Missing {
            what,
            of: eni.clone(),
        };
        let subnet = interface
            .subnet_id
            .as_deref()
            .ok_or_else(|| missing("subnet"))?;
        let subnets = ranges_of(self.subnet(subnet)?)?;
        let mut own: Vec<_> = interface.private_ip_addresses.iter().collect();
        own.sort_by_key(|it| (!it.primary, it.private_ip_address));
        let mut ips: Vec<IpAddr> = own
            .iter()
            .map(|it| IpAddr::V4(it.private_ip_address))
            .collect();
        ips.extend(more.iter().filter(|ip| {
            !own.iter()
                .any(|it| IpAddr::V4(it.private_ip_address) == **ip)
        }));
        let mut ipv6: Vec<IpAddr> = interface
            .ipv6_addresses
            .iter()
            .map(|it| IpAddr::V6(it.ipv6_address))
            .collect();
        ipv6.sort_unstable();
        ips.extend(ipv6);
        for ip in &ips {
            if !subnets.iter().any(|range| range.contains(*ip)) {
                return Err(Error::OutOfSubnet {
                    ip: *ip,
                    eni: eni.clone(),
                });
            }
        }
        let prefixes = interface
            .ipv4_prefixes
            .iter()
            .chain(&interface.ipv6_prefixes);
        let mut prefixes: Vec<Cidr> = prefixes
            .map(|it| it.prefix.parse())
            .collect::<Result<_, _>>()?;
        prefixes.sort_unstable();
        let first = ips.first().copied().ok_or_else(|| missing("address"))?;
        Ok(Link {
            mac: hardware_address(
                interface
                    .mac_address
                    .as_deref()
                    .ok_or_else(|| missing("hardware address"))?,
            )?,
            table: ranges::table(first, &mut self.taken, self.name)?,
            eni: eni.clone(),
            floats,
            subnets,
            ips,
            prefixes,
        })
    }

    fn subnet(&self, id: &str) -> Result<&'a Subnet, Error> {
        let mut subnets = self.answers.subnets.iter();
        let missing = || Error::Missing {
            what: "range",
            of: id.to_owned(),
        };
        subnets.find(|it| it.subnet_id == id).ok_or_else(missing)
    }

    fn notes(&self, group: &mut Group) {
        let interfaces = self.answers.network_interfaces.iter();
        for interface in interfaces.filter(|it| it.source_dest_check == Some(false)) {
            let eni = &interface.network_interface_id;
            if group.links.iter().any(|it| it.eni == *eni) {
                group.notes.push(format!(
                    "{eni} has its source/destination check off. Nothing here needs that: turn it on, unless it routes for others."
                ));
            }
        }
        let has_prefixes = group.links.iter().filter(|it| !it.prefixes.is_empty());
        let prefixes: Vec<String> = has_prefixes.map(|it| it.eni.clone()).collect();
        if !prefixes.is_empty() {
            let of = prefixes.join(", ");
            group.notes.push(format!("{of}: replies from its prefixes leave through it. Their addresses are yours to set up."));
        }
        if !group.local.is_empty() {
            group.notes.push(
                "Every member has the private IPs that move. So a member that talks to one of them talks to itself.".to_owned(),
            );
        }
    }
}

fn ranges_of(subnet: &Subnet) -> Result<Vec<Cidr>, Error> {
    let both = subnet
        .cidr_block
        .as_deref()
        .into_iter()
        .chain(subnet.ipv6());
    both.filter(|it| !it.is_empty()).map(str::parse).collect()
}

/// Lower case, six pairs: as a network manager compares it.
fn hardware_address(text: &str) -> Result<String, Error> {
    let pairs: Vec<&str> = text.split(':').collect();
    let is_pair = |pair: &&str| pair.len() == 2 && pair.bytes().all(|it| it.is_ascii_hexdigit());
    if pairs.len() == 6 && pairs.iter().all(is_pair) {
        return Ok(text.to_ascii_lowercase());
    }
    Err(Error::Unreadable {
        what: "a hardware address",
        text: text.to_owned(),
    })
}

/// Why a tagged interface does not float, as a sentence.
fn stays(interface: &NetworkInterface, model: &Interface, keys: &TagKeys) -> String {
    let eni = &interface.network_interface_id;
    if model.is_aws_managed() {
        return format!("{eni} is an AWS service's.");
    }
    if mover_of(&model.tags, keys) == Mover::Eip {
        return format!("{eni} moves Elastic IPs alone, which no guest sees.");
    }
    if model
        .attachment
        .as_ref()
        .is_some_and(Attachment::is_primary)
    {
        return format!(
            "{eni} is the primary interface of its instance, and has no second private IP."
        );
    }
    format!("{eni} stays, and has no second private IP.")
}
