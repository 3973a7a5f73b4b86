//! Who could take over now, worked out from the account alone and without any code of the engine: what a test
//! compares the engine's choice with.

use super::{GROUP, Trio, interface};
use crate::client::ACCOUNT;
use crate::explorer::promises::Scene;
use ec2_sim::World;
use ec2_sim::api::{DescribeInstanceStatus, Instance, InstanceState, Request, Response, Tag};
use ec2_sim::world::Call;
use std::collections::BTreeSet;

fn value<'a>(tags: &'a [Tag], key: &str) -> Option<&'a str> {
    let tag = tags.iter().find(|tag| tag.key == key)?;
    Some(&tag.value)
}

/// Whose status checks pass.
fn healthy(world: &World) -> BTreeSet<String> {
    let auditor = ec2_sim::api::Caller::user(ACCOUNT, "auditor");
    let request = Request::DescribeInstanceStatus(DescribeInstanceStatus::default());
    let statuses = match world.inspect(&auditor, &request) {
        Ok(Response::DescribeInstanceStatus { statuses, .. }) => statuses,
        other => unreachable!("DescribeInstanceStatus answers, not {other:?}"),
    };
    let passing = statuses
        .into_iter()
        .filter(|each| each.instance_status == "ok" && each.system_status == "ok");
    passing.map(|each| each.instance_id).collect()
}

/// What moves, as far as it limits who can take it.
enum Carrier {
    Whole { zone: String },
    PrivateIp { subnet: String },
    Alone,
}

impl Trio {
    fn carrier(&self, world: &World) -> Carrier {
        let own = interface(world, &self.eni).expect("it is there");
        if own.tags.iter().any(|tag| tag.key == GROUP.0) {
            let zone = own.availability_zone;
            return Carrier::Whole { zone };
        }
        let scene = Scene::of(world);
        let address = &scene.addresses[&self.allocation];
        if value(&address.tags, "holdfast:mover") == Some("ip") {
            return Carrier::PrivateIp {
                subnet: own.subnet_id,
            };
        }
        Carrier::Alone
    }

    /// The members that could take over now, in the order in which they stand by.
    #[must_use]
    pub fn standbys(&self, world: &World) -> Vec<usize> {
        let (scene, healthy, carrier) = (Scene::of(world), healthy(world), self.carrier(world));
        let can_take = |instance: &Instance| {
            instance.state == InstanceState::Running
                && healthy.contains(&instance.instance_id)
                && !scene.sick.contains(&instance.instance_id)
                && match &carrier {
                    Carrier::Whole { zone } => *zone == instance.availability_zone,
                    Carrier::PrivateIp { subnet } => instance.subnet_id.as_ref() == Some(subnet),
                    Carrier::Alone => true,
                }
        };
        let members = self.members.iter().enumerate();
        let mut standing: Vec<_> = members
            .filter_map(|(number, id)| Some((number, scene.instances.get(id)?)))
            .filter(|(_, instance)| can_take(instance))
            .map(|(number, instance)| {
                let priority = value(&instance.tags, "holdfast:priority");
                let priority = priority.map_or(i64::MAX, |it| it.parse().expect("a number"));
                (priority, instance.instance_id.clone(), number)
            })
            .collect();
        standing.sort();
        standing.into_iter().map(|(_, _, number)| number).collect()
    }

    /// The calls of Holdfast that would bring the interface to a member of another zone: EC2 refuses them, and
    /// by then the interface is with nobody.
    #[must_use]
    pub fn sent_to_another_zone(&self, world: &World) -> Vec<String> {
        let scene = Scene::of(world);
        let is_elsewhere = |call: &&Call| match &call.request {
            Request::AttachNetworkInterface(attach) => {
                let zone = scene.interfaces.get(&attach.network_interface_id);
                let there = scene.instances.get(&attach.instance_id);
                let zones = zone.zip(there);
                zones.is_some_and(|(own, there)| own.availability_zone != there.availability_zone)
            }
            _ => false,
        };
        let sent = world.calls().iter().filter(|call| !call.dry_run);
        let own = sent.filter(|call| call.caller.arn.contains(":assumed-role/holdfast"));
        own.filter(is_elsewhere)
            .map(|call| format!("{:?}", call.request))
            .collect()
    }
}
