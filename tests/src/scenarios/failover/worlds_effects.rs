//! Groups for the effects of a failover: members in other zones, several private IPs, and what is seen of calls
//! and security groups afterwards.

use super::owner::{add_private_ip, call, primary_interface, tag_group};
use super::{FailoverFixture, GROUP, alarm_of, floating_private_ip};
use crate::client::TestBed;
use crate::explorer::promises::AccountView;
use ec2_sim::World;
use ec2_sim::alarms::{Alarm, AlarmState};
use ec2_sim::api::{
    AttachNetworkInterface, Request, Response, RunInstances, Tag, TagSpecification,
};
use serde_json::Value;
use std::collections::BTreeMap;
use time::{Duration, OffsetDateTime};

/// The first member has two secondary private IPs that move, of which one has the Elastic IP. That the private
/// IPs are the group's is said by the tag of their interface only, as on the interfaces of the others.
#[must_use]
pub fn floating_private_ips() -> FailoverFixture {
    let mut trio = floating_private_ip();
    let _ = add_private_ip(&mut trio.world, &trio.eni);
    for member in &trio.members {
        let eni = primary_interface(&trio.world, member);
        tag_group(&mut trio.world, &eni, &[("holdfast:mover", "ip")]);
    }
    trio.at_rest()
}

impl FailoverFixture {
    /// A further member that is well, stands by before all others, and is in another zone, so in another subnet
    /// as well.
    #[must_use]
    pub fn first_in_line_in_another_zone(mut self) -> Self {
        let member = launch_in(&mut self.world, "us-east-1b");
        self.world.advance(Duration::seconds(300));
        let alarm = Alarm::on_status_checks(&alarm_of(&member), &member);
        let put = self.world.put_alarm(alarm);
        put.expect("an alarm on one metric is good");
        self.world.set_alarm(&alarm_of(&member), AlarmState::Ok);
        self.members.push(member);
        self.at_rest()
    }

    /// The number of the first call of that name when an event is told and nothing else happens.
    ///
    /// # Panics
    /// When there is no such call.
    #[must_use]
    pub fn number_of(&self, event: &Value, name: &str) -> usize {
        let rehearsal = self.bed();
        drop(self.try_told(&rehearsal, event));
        let names = rehearsal.faults.names();
        let number = names.iter().position(|it| *it == name);
        number.expect("the call is made")
    }

    /// The private IPs of each member's interfaces.
    #[must_use]
    pub fn private_ips(&self, bed: &TestBed, member: usize) -> Vec<String> {
        let view = AccountView::of(&bed.world());
        let ips = view.interfaces.values().filter(|interface| {
            let attachment = interface.attachment.as_ref();
            attachment.and_then(|it| it.instance_id.as_ref()) == Some(&self.members[member])
        });
        ips.flat_map(|interface| &interface.private_ip_addresses)
            .map(|private| private.private_ip_address.clone())
            .collect()
    }
}

fn launch_in(world: &mut World, zone: &str) -> String {
    let tags = [GROUP, ("holdfast:priority", "0")];
    let request = RunInstances {
        instance_type: Some("t3.small".to_owned()),
        min_count: 1,
        max_count: 1,
        availability_zone: Some(zone.to_owned()),
        tag_specifications: vec![TagSpecification {
            resource_type: "instance".to_owned(),
            tags: tags.map(|(key, value)| Tag::new(key, value)).into(),
        }],
        ..RunInstances::default()
    };
    match call(world, &Request::RunInstances(request)) {
        Response::RunInstances(made) => made.instances[0].instance_id.clone(),
        other => unreachable!("RunInstances answers with a reservation, not {other:?}"),
    }
}

/// The security groups of each interface that a member has now.
#[must_use]
pub fn security_groups(
    trio: &FailoverFixture,
    bed: &TestBed,
    member: usize,
) -> BTreeMap<String, Vec<String>> {
    let view = AccountView::of(&bed.world());
    let own = view.interfaces.into_values().filter(|interface| {
        let attachment = interface.attachment.as_ref();
        attachment.and_then(|it| it.instance_id.as_ref()) == Some(&trio.members[member])
    });
    own.map(|interface| (interface.network_interface_id, interface.groups))
        .collect()
}

/// When Holdfast last changed something.
///
/// # Panics
/// When it has changed nothing.
#[must_use]
pub fn last_change_at(bed: &TestBed) -> OffsetDateTime {
    let world = bed.world();
    let own = |call: &&ec2_sim::world::Call| {
        call.mutated() && call.caller.arn.contains(":assumed-role/holdfast")
    };
    let last = world.calls().iter().rfind(own);
    last.expect("something was changed").at
}

impl FailoverFixture {
    /// The request that attaches the interface to a member, as a person would send it.
    #[must_use]
    pub fn attaching(&self, member: usize, device_index: i32) -> Request {
        Request::AttachNetworkInterface(AttachNetworkInterface {
            network_interface_id: self.eni.clone(),
            instance_id: self.members[member].clone(),
            device_index,
            network_card_index: None,
        })
    }
}
