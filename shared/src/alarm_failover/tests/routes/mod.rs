//! How one thing gets to one member: which device index, which interface, which private IP, and whose association ends.

mod addresses;
mod interfaces;
mod private_ips;
mod right_interface;

use super::fixture::{ENI, Fixture, id, pair, zone};
use super::only_obstacle;
use crate::alarm_failover::case::CauseKind;
use crate::alarm_failover::effect::{DetachMode, Effect};
use crate::alarm_failover::group::ResourceId;
use crate::alarm_failover::obstacle::Obstacle;
use crate::alarm_failover::plan::Move;
use crate::groups::TargetObstacle;
use crate::model::elastic_ip::Address;
use crate::model::instance::{AttachedInterface, InstanceState, PrivateIp, PublicIp, StatusChecks};
use crate::model::interface::AttachmentState;
use crate::settings::Mover;
use std::net::Ipv4Addr;

const FLOATING: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 99);

fn ip(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, 0, last)
}

fn bare(ip: Ipv4Addr) -> PrivateIp {
    PrivateIp { ip, public: None }
}

impl Fixture {
    fn steps(&self) -> Vec<Move> {
        let plan = self.plan();
        assert!(plan.blocked.is_empty(), "{:?}", plan.blocked);
        plan.moves
    }

    /// A third member, like the second.
    fn with_third(self) -> Self {
        self.change(|fixture| {
            let mut third = fixture.member(2).clone();
            third.id = id(3);
            third.interfaces[0].id = "eni-03".parse().unwrap();
            third.interfaces[0].private_ips[0].ip = ip(3);
            fixture.observed.instances.push(third);
            fixture
                .health
                .statuses
                .insert(id(3), StatusChecks::Ok.into());
        })
    }

    /// A second interface that moves, attached to the first member.
    fn with_second_floating(self) -> Self {
        self.change(|fixture| {
            let mut second = fixture.observed.interfaces[0].clone();
            second.id = "eni-1f".parse().unwrap();
            let attachment = second.attachment.as_mut().unwrap();
            attachment.id = "eni-attach-1f".parse().unwrap();
            attachment.device_index = 2;
            fixture.observed.interfaces.push(second);
        })
    }

    /// A member has another interface of its own: in a subnet, at a device index, with a private IP.
    fn with_interface(self, number: u8, eni: &str, subnet: &str, last: u8) -> Self {
        self.change(|fixture| {
            let own = &mut fixture.member(number).interfaces;
            own.push(AttachedInterface {
                id: eni.parse().unwrap(),
                device_index: i32::try_from(own.len()).unwrap(),
                subnet: Some(subnet.parse().unwrap()),
                private_ips: vec![bare(ip(last))],
                ..own[0].clone()
            });
        })
    }

    /// A private IP of a member has an Elastic IP of the group, which is to move so.
    fn with_address(self, mover: &str, number: u8, at: usize, place: Ipv4Addr) -> Self {
        let mut fixture = self.address();
        let eni = fixture.member(number).interfaces[at].id.clone();
        let count = u8::try_from(fixture.observed.addresses.len()).unwrap();
        let address = fixture.observed.addresses.last_mut().unwrap();
        address.ip = Ipv4Addr::new(203, 0, 113, 6 + count);
        address.allocation = format!("eipalloc-0{count}").parse().unwrap();
        address
            .tags
            .insert("holdfast:mover".to_owned(), mover.to_owned());
        let association = address.association.as_mut().unwrap();
        association.id = format!("eipassoc-0{count}").parse().unwrap();
        (association.eni, association.private_ip) = (Some(eni), Some(place));
        association.instance = Some(id(number));
        fixture
    }

    /// A secondary private IP of the first member moves with an Elastic IP on it.
    fn floating_private_ip(self, at: usize, last: u8) -> Self {
        let fixture = self.change(|fixture| {
            let ips = &mut fixture.member(1).interfaces[at].private_ips;
            ips.push(bare(ip(last)));
        });
        fixture.with_address("ip", 1, at, ip(last))
    }

    /// An interface as it is seen by its tag: of a member, in a group, with private IPs.
    fn tag_interface(self, eni: &str, number: u8, group: &str, ips: &[Ipv4Addr]) -> Self {
        let mut tagged = pair().floating().attached_to(number).at_device_index(0);
        let mut tagged = tagged.observed.interfaces.remove(0);
        tagged.id = eni.parse().unwrap();
        tagged
            .tags
            .insert("holdfast:group".to_owned(), group.to_owned());
        tagged.primary_ip = ips.first().copied();
        tagged.private_ips = ips.iter().map(|ip| (*ip, None)).collect();
        self.change(|fixture| fixture.observed.interfaces.push(tagged))
    }
}

/// Which private IPs go to which interface.
fn assigned(fixture: &Fixture) -> Vec<(String, Vec<Ipv4Addr>)> {
    let to = |one: Move| match one.effects.as_slice() {
        [Effect::AssignPrivateIps { eni, ips }] => (eni.to_string(), ips.clone()),
        other => panic!("{other:?}"),
    };
    fixture.steps().into_iter().map(to).collect()
}

#[test]
fn how_a_step_moves_is_told() {
    let mover = |fixture: Fixture| fixture.steps().remove(0).mover;
    assert_eq!(mover(pair().floating()), Mover::Eni);
    assert_eq!(mover(pair().floating_private_ip(0, 99)), Mover::Ip);
    assert_eq!(mover(pair().address()), Mover::Eip);
}
