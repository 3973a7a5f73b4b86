//! Groups that are not three alike members in one place: other zones and subnets, another order, more that
//! belongs to the group, and what comes about without an event.

pub use super::owner::second_group;
use super::owner::{allocate, call, specified, tag, untag};
use super::{FailoverFixture, GROUP, alarm_of, primary_interface};
use crate::client::TestBed;
use crate::explorer::promises::addresses;
use crate::scenarios::placement::terminate;
use ec2_sim::World;
use ec2_sim::alarms::{Alarm, AlarmState};
use ec2_sim::api::{
    Address, AssociateAddress, CreateSubnet, DisassociateAddress, Request, Response, RunInstances,
    Tag,
};
use serde_json::Value;
use time::Duration;

/// The slot of an address that is free on purpose: an instance that starts does not take it either.
const SPARE: (&str, &str) = ("holdfast:slot", "spare");

const PRIORITY: &str = "holdfast:priority";

impl FailoverFixture {
    /// The members stand in another order than that of their launch; none: the member has no priority.
    #[must_use]
    pub fn priorities(mut self, order: [Option<i32>; 3]) -> Self {
        for (member, priority) in self.members.iter().zip(order) {
            match priority {
                Some(priority) => {
                    let priority = Tag::new(PRIORITY, priority.to_string());
                    tag(&mut self.world, member, &[priority]);
                }
                None => untag(&mut self.world, member, PRIORITY),
            }
        }
        self
    }

    /// A member that holds nothing runs in another zone.
    #[must_use]
    pub fn in_zone(self, member: usize, zone: &str) -> Self {
        let availability_zone = Some(zone.to_owned());
        self.anew(
            member,
            RunInstances {
                availability_zone,
                ..RunInstances::default()
            },
        )
    }

    /// A member that holds nothing runs in another subnet of the same zone.
    #[must_use]
    pub fn in_another_subnet(mut self, member: usize) -> Self {
        let primary = primary_interface(&self.world, &self.members[member]);
        let primary = super::interface(&self.world, &primary).expect("it is there");
        let request = CreateSubnet {
            vpc_id: primary.vpc_id,
            cidr_block: "172.31.200.0/24".to_owned(),
            availability_zone: Some(primary.availability_zone),
            tag_specifications: Vec::new(),
        };
        let made = call(&mut self.world, &Request::CreateSubnet(request));
        let Response::CreateSubnet(subnet) = made else {
            unreachable!("CreateSubnet answers with a subnet, not {made:?}")
        };
        let subnet_id = Some(subnet.subnet_id);
        self.anew(
            member,
            RunInstances {
                subnet_id,
                ..RunInstances::default()
            },
        )
    }

    /// Another instance takes the place of a member.
    fn anew(mut self, member: usize, place: RunInstances) -> Self {
        let priority = (member + 1).to_string();
        let tags = [GROUP, (PRIORITY, priority.as_str())];
        let request = RunInstances {
            instance_type: Some("t3.small".to_owned()),
            min_count: 1,
            max_count: 1,
            tag_specifications: specified("instance", &tags),
            ..place
        };
        let made = call(&mut self.world, &Request::RunInstances(request));
        let Response::RunInstances(made) = made else {
            unreachable!("RunInstances answers with a reservation, not {made:?}")
        };
        let anew = made.instances[0].instance_id.clone();
        let before = std::mem::replace(&mut self.members[member], anew.clone());
        untag(&mut self.world, &before, GROUP.0);
        self.world.delete_alarm(&alarm_of(&before));
        terminate(&mut self.world, &before);
        self.world.advance(Duration::seconds(300));
        let alarm = Alarm::on_status_checks(&alarm_of(&anew), &anew);
        let put = self.world.put_alarm(alarm);
        put.expect("an alarm on one metric is good");
        self.world.set_alarm(&alarm_of(&anew), AlarmState::Ok);
        self.at_rest()
    }

    /// A member has an Elastic IP of the group as well, which moves alone.
    #[must_use]
    pub fn with_another_on(mut self, member: usize) -> Self {
        self.hold_another(member);
        self.at_rest()
    }

    /// The group has an Elastic IP that is free, and is to be.
    #[must_use]
    pub fn with_spare(mut self) -> Self {
        allocate(&mut self.world, &[GROUP, SPARE]);
        self.at_rest()
    }

    /// The Elastic IP is associated with nothing.
    #[must_use]
    pub fn unassociated(mut self) -> Self {
        let mut all = addresses(&self.world).into_values();
        let own = all.find(|each| each.allocation_id == self.allocation);
        let association_id = own
            .and_then(|own| own.association)
            .map(|held| held.association_id);
        call(
            &mut self.world,
            &Request::DisassociateAddress(DisassociateAddress {
                association_id,
                ..Default::default()
            }),
        );
        self.at_rest()
    }

    /// The Elastic IPs of the group beside the first one.
    fn others(&self, bed: &TestBed) -> Vec<Address> {
        let all = addresses(&bed.world()).into_values();
        let is_other = |each: &Address| {
            let is_of_the_group = each.tags.iter().any(|tag| tag.key == GROUP.0);
            is_of_the_group && each.allocation_id != self.allocation
        };
        all.filter(is_other).collect()
    }

    /// Who has each of the group's other Elastic IPs, apart from what is free on purpose.
    #[must_use]
    pub fn other_holders(&self, bed: &TestBed) -> Vec<Option<usize>> {
        let others = self.others(bed).into_iter();
        let in_use = others.filter(|each| !each.tags.contains(&Tag::new(SPARE.0, SPARE.1)));
        let holder = |each: Address| {
            let id = each.association?.instance_id?;
            self.members.iter().position(|member| *member == id)
        };
        in_use.map(holder).collect()
    }

    /// Says when what is free on purpose is in use.
    ///
    /// # Errors
    /// Who has it.
    pub fn spare_must_be_free(&self, bed: &TestBed) -> Result<(), String> {
        let mut others = self.others(bed).into_iter();
        let taken = others.find(|each| {
            each.association.is_some() && each.tags.contains(&Tag::new(SPARE.0, SPARE.1))
        });
        match taken {
            Some(address) => Err(format!("what is free on purpose is in use: {address:?}")),
            None => Ok(()),
        }
    }

    /// A person puts the Elastic IP on a member's primary interface, whoever has it. No event tells of it.
    pub fn put_by_hand(&self, world: &mut World, member: usize) {
        let request = AssociateAddress {
            allocation_id: Some(self.allocation.clone()),
            network_interface_id: Some(primary_interface(world, &self.members[member])),
            allow_reassociation: Some(true),
            ..AssociateAddress::default()
        };
        call(world, &Request::AssociateAddress(request));
        world.take_events();
    }
}

/// An event as it comes from a bus that gets those of another region, too.
#[must_use]
pub fn of_another_region(event: &Value) -> Value {
    let mut event = event.clone();
    event["region"] = "eu-central-1".into();
    event
}
