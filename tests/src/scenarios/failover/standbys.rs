//! Who could take over now, worked out from the account alone and without any code of the engine: what a test
//! compares the engine's choice with.

use super::{FailoverFixture, GROUP, interface};
use crate::client::ACCOUNT;
use crate::explorer::promises::AccountView;
use ec2_sim::World;
use ec2_sim::api::{DescribeInstanceStatus, Instance, InstanceState, Request, Response, Tag};
use ec2_sim::world::Call;
use std::collections::BTreeSet;

fn value<'a>(tags: &'a [Tag], key: &str) -> Option<&'a str> {
    let tag = tags.iter().find(|tag| tag.key == key)?;
    Some(&tag.value)
}

/// Whose status checks both say that.
fn checked(world: &World, status: &str) -> BTreeSet<String> {
    let auditor = ec2_sim::api::Caller::user(ACCOUNT, "auditor");
    let request = Request::DescribeInstanceStatus(DescribeInstanceStatus::default());
    let statuses = match world.inspect(&auditor, &request) {
        Ok(Response::DescribeInstanceStatus { statuses, .. }) => statuses,
        other => unreachable!("DescribeInstanceStatus answers, not {other:?}"),
    };
    let passing = statuses
        .into_iter()
        .filter(|each| each.instance_status == status && each.system_status == status);
    passing.map(|each| each.instance_id).collect()
}

/// What moves, as far as it limits who can take it.
enum Constraint {
    Whole { zone: String },
    PrivateIp { subnet: String },
    Alone,
}

impl FailoverFixture {
    fn carrier(&self, world: &World) -> Constraint {
        let own = interface(world, &self.eni).expect("it is there");
        if own.tags.iter().any(|tag| tag.key == GROUP.0) {
            let zone = own.availability_zone;
            return Constraint::Whole { zone };
        }
        let view = AccountView::of(world);
        let address = &view.addresses[&self.allocation];
        if value(&address.tags, "holdfast:mover") == Some("ip") {
            return Constraint::PrivateIp {
                subnet: own.subnet_id,
            };
        }
        Constraint::Alone
    }

    /// The members that could take over now, in the order in which they stand by.
    #[must_use]
    pub fn standbys(&self, world: &World) -> Vec<usize> {
        self.standing(world, &checked(world, "ok"))
    }

    /// Who takes what waits for anybody at all, where nobody stands by: members that have just started, so that EC2's
    /// checks tell nothing of them yet. An Elastic IP alone waits for no failover.
    #[must_use]
    pub fn just_started(&self, world: &World) -> Vec<usize> {
        match self.carrier(world) {
            Constraint::Alone => Vec::new(),
            _ => self.standing(world, &checked(world, "initializing")),
        }
    }

    fn standing(&self, world: &World, healthy: &BTreeSet<String>) -> Vec<usize> {
        let (view, carrier) = (AccountView::of(world), self.carrier(world));
        let can_take = |instance: &Instance| {
            instance.state == InstanceState::Running
                && healthy.contains(&instance.instance_id)
                && !view.may_lose.contains(&instance.instance_id)
                && match &carrier {
                    Constraint::Whole { zone } => *zone == instance.availability_zone,
                    Constraint::PrivateIp { subnet } => instance.subnet_id.as_ref() == Some(subnet),
                    Constraint::Alone => true,
                }
        };
        let members = self.members.iter().enumerate();
        let mut standing: Vec<_> = members
            .filter_map(|(number, id)| Some((number, view.instances.get(id)?)))
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
        let view = AccountView::of(world);
        let is_elsewhere = |call: &&Call| match &call.request {
            Request::AttachNetworkInterface(attach) => {
                let zone = view.interfaces.get(&attach.network_interface_id);
                let there = view.instances.get(&attach.instance_id);
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
