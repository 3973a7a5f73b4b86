//! `DescribeInstances` and `DescribeInstanceStatus`.

use std::collections::{BTreeSet, HashMap};

use time::OffsetDateTime;

use super::{Instance, instance_not_found};
use crate::{
    api::{
        self, DescribeInstanceStatus, DescribeInstances, Ec2Error, InstanceState, InstanceStatus,
        Reservation, Response,
    },
    filters,
    index::Index,
    model::{Resources, View},
    paging::page,
};

impl Instance {
    fn status(&self, impaired: bool, now: OffsetDateTime) -> String {
        let word = match self.state {
            InstanceState::Running if impaired => "impaired",
            InstanceState::Running if now < self.checks_pass_from => "initializing",
            InstanceState::Running => "ok",
            _ => "not-applicable",
        };
        word.to_owned()
    }
}

/// A VPC that gives names gives one to each public IP (VPC user guide, "DNS attributes in your VPC").
fn public_dns_name(primary: &api::NetworkInterface) -> Option<String> {
    primary.private_dns_name.as_ref()?;
    let private_ip = primary.private_ip_addresses.first()?;
    let ip = private_ip.association.as_ref()?.public_ip.replace('.', "-");
    let region = primary
        .availability_zone
        .trim_end_matches(char::is_alphabetic);
    let domain = match region {
        "us-east-1" => "compute-1".to_owned(),
        region => format!("{region}.compute"),
    };
    Some(format!("ec2-{ip}.{domain}.amazonaws.com"))
}

impl Resources {
    pub(crate) fn instance_as_answered(
        &self,
        instance: &Instance,
        index: &Index<'_>,
    ) -> api::Instance {
        let interfaces: Vec<api::NetworkInterface> = index
            .interfaces_of(&instance.id)
            .map(|interface| self.interface_as_answered(interface, index))
            .collect();
        let primary = interfaces
            .first()
            .and_then(|it| it.private_ip_addresses.first());
        let gone = instance.state == InstanceState::Terminated;
        api::Instance {
            instance_id: instance.id.clone(),
            image_id: instance.image_id.clone(),
            instance_type: instance.kind.clone(),
            state: instance.state,
            launch_time: instance.launched_at,
            availability_zone: instance.zone.clone(),
            availability_zone_id: instance.zone_id.clone(),
            vpc_id: (!gone).then(|| instance.vpc_id.clone()),
            subnet_id: (!gone).then(|| instance.subnet_id.clone()),
            private_ip_address: primary.map(|ip| ip.private_ip_address.clone()),
            public_ip_address: primary
                .and_then(|ip| ip.association.as_ref())
                .map(|association| association.public_ip.clone()),
            client_token: instance.client_token.clone(),
            ami_launch_index: instance.launch_index,
            leaves_since: instance.leaves_since,
            public_dns_name: interfaces.first().and_then(public_dns_name),
            private_dns_name: interfaces
                .first()
                .and_then(|it| it.private_dns_name.clone()),
            root_device_type: if instance.stop_rules.instance_store_root {
                "instance-store"
            } else {
                "ebs"
            },
            spot_instance_request_id: instance
                .stop_rules
                .spot
                .as_ref()
                .map(|spot| spot.id.clone()),
            security_group_ids: interfaces
                .first()
                .map(|it| it.groups.clone())
                .unwrap_or_default(),
            security_group_names: interfaces
                .first()
                .map(|it| it.group_names.clone())
                .unwrap_or_default(),
            tags: self.tags_of(&instance.id),
            network_interfaces: interfaces,
        }
    }

    fn own_instances(&self, account: &str, ids: &[String]) -> Result<Vec<&Instance>, Ec2Error> {
        let is_own = |instance: &&Instance| instance.owner == account;
        let own = |id: &String| self.instances.get(id).filter(is_own);
        if let Some(unknown) = ids.iter().find(|id| own(id).is_none()) {
            return Err(instance_not_found(unknown));
        }
        if ids.is_empty() {
            return Ok(self.instances.values().filter(is_own).collect());
        }
        let once: BTreeSet<&String> = ids.iter().collect();
        Ok(once.into_iter().filter_map(own).collect())
    }
}

impl View<'_> {
    pub(crate) fn describe_instances(
        &self,
        account: &str,
        request: &DescribeInstances,
    ) -> Result<Response, Ec2Error> {
        filters::check(&request.filters, KNOWN)?;
        if request.max_results.is_some() && !request.instance_ids.is_empty() {
            return Err(Ec2Error::new(
                "InvalidParameterCombination",
                "The parameter instancesSet cannot be used with the parameter maxResults",
            ));
        }
        let resources = self.resources;
        let mut reservations: Vec<Reservation> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        let own = resources.own_instances(account, &request.instance_ids)?;
        let may_pass = |instance: &&Instance| {
            filters::may_pass(&request.filters, resources.tags.get(&instance.id), |name| {
                (name == "instance-id").then_some(Some(instance.id.as_str()))
            })
        };
        let own: Vec<&Instance> = own.into_iter().filter(may_pass).collect();
        let index = (!own.is_empty()).then(|| resources.index());
        for (instance, index) in own.into_iter().zip(index.iter().cycle()) {
            let answer = resources.instance_as_answered(instance, index);
            let values_of = |name: &str| filter_values(&answer, name);
            if !filters::passes(&request.filters, &answer.tags, values_of)? {
                continue;
            }
            let id = &instance.reservation_id;
            let known = places.get(id.as_str()).copied();
            if let Some(known) = known.and_then(|place| reservations.get_mut(place)) {
                known.instances.push(answer);
            } else {
                places.insert(id, reservations.len());
                reservations.push(Reservation {
                    reservation_id: id.clone(),
                    owner_id: instance.owner.clone(),
                    instances: vec![answer],
                });
            }
        }
        let (reservations, next_token) = page(
            reservations,
            request.max_results,
            request.next_token.as_deref(),
            5,
        )?;
        Ok(Response::DescribeInstances {
            reservations,
            next_token,
        })
    }

    pub(crate) fn describe_instance_status(
        &self,
        account: &str,
        request: &DescribeInstanceStatus,
    ) -> Result<Response, Ec2Error> {
        filters::check_without_tags(&request.filters, KNOWN_OF_STATUS)?;
        let mut statuses = Vec::new();
        for instance in self
            .resources
            .own_instances(account, &request.instance_ids)?
        {
            if !request.include_all_instances && instance.state != InstanceState::Running {
                continue;
            }
            let status = InstanceStatus {
                instance_id: instance.id.clone(),
                availability_zone: instance.zone.clone(),
                state: instance.state,
                instance_status: instance.status(instance.impaired, self.now),
                system_status: instance.status(instance.host_impaired, self.now),
                attached_ebs_status: instance.status(instance.reported.volumes_impaired, self.now),
                application_status: instance.reported.application.clone(),
                performance_status: instance.reported.performance.clone(),
                events: instance.reported.planned.clone(),
            };
            if filters::passes(&request.filters, &[], |name| status_values(&status, name))? {
                statuses.push(status);
            }
        }
        let (statuses, next_token) = page(
            statuses,
            request.max_results,
            request.next_token.as_deref(),
            5,
        )?;
        Ok(Response::DescribeInstanceStatus {
            statuses,
            next_token,
        })
    }
}

/// The filters of the describe.
const KNOWN_OF_STATUS: &[&str] = &[
    "availability-zone",
    "instance-state-name",
    "instance-state-code",
    "instance-status.status",
    "system-status.status",
];

fn status_values(status: &InstanceStatus, name: &str) -> Option<Vec<String>> {
    let value = match name {
        "availability-zone" => status.availability_zone.clone(),
        "instance-state-name" => status.state.name().to_owned(),
        "instance-state-code" => status.state.code().to_string(),
        "instance-status.status" => status.instance_status.clone(),
        "system-status.status" => status.system_status.clone(),
        "attached-ebs-status.status" => status.attached_ebs_status.clone(),
        _ => return None,
    };
    Some(vec![value])
}

/// The filters of the describe, tags aside.
const KNOWN: &[&str] = &[
    "instance-id",
    "image-id",
    "instance-type",
    "instance-state-name",
    "instance-state-code",
    "availability-zone",
    "vpc-id",
    "subnet-id",
    "private-ip-address",
    "ip-address",
    "client-token",
    "network-interface.network-interface-id",
    "network-interface.addresses.private-ip-address",
];

fn filter_values(instance: &api::Instance, name: &str) -> Option<Vec<String>> {
    let interfaces = || instance.network_interfaces.iter();
    let optional = |value: &Option<String>| value.clone().into_iter().collect::<Vec<_>>();
    Some(match name {
        "instance-id" => vec![instance.instance_id.clone()],
        "image-id" => vec![instance.image_id.clone()],
        "instance-type" => vec![instance.instance_type.clone()],
        "instance-state-name" => vec![instance.state.name().to_owned()],
        "instance-state-code" => vec![instance.state.code().to_string()],
        "availability-zone" => vec![instance.availability_zone.clone()],
        "vpc-id" => optional(&instance.vpc_id),
        "subnet-id" => optional(&instance.subnet_id),
        "private-ip-address" => optional(&instance.private_ip_address),
        "ip-address" => optional(&instance.public_ip_address),
        "client-token" => optional(&instance.client_token),
        "network-interface.network-interface-id" => interfaces()
            .map(|it| it.network_interface_id.clone())
            .collect(),
        "network-interface.addresses.private-ip-address" => interfaces()
            .flat_map(|it| &it.private_ip_addresses)
            .map(|ip| ip.private_ip_address.clone())
            .collect(),
        _ => return None,
    })
}
