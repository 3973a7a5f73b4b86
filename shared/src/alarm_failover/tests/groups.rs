//! What belongs to a group, where it is, what moves with it, and what is left alone.

use super::asked::{mark, settings, trio};
use super::fixture::{EIP, ENI, Fixture, GROUP, id, pair, private_ip};
use crate::alarm_failover::group::{Group, Location, Resource, ResourceId, ResourceKind};
use crate::model::elastic_ip::{Address, Association};
use crate::model::ids::{AllocationId, EniId};
use crate::model::instance::{InstanceState, PrivateIp};
use crate::model::interface::{Attachment, AttachmentState, Interface, InterfaceAssociation};
use std::net::Ipv4Addr;

/// The secondary private IPs of the first member.
const SECONDARY: [u8; 2] = [51, 50];

fn eni(id: &str) -> EniId {
    id.parse().unwrap()
}

fn allocation(number: u8) -> AllocationId {
    format!("eipalloc-0{number}").parse().unwrap()
}

fn public_ip(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(203, 0, 113, number)
}

/// What a group has to keep: what it is called, where it is, and what moves with it.
type StaysOnStop = (ResourceId, Location, Vec<Ipv4Addr>);

fn kept_with(fixture: &Fixture, pending_reassociation: &[AllocationId]) -> Vec<StaysOnStop> {
    let settings = settings(&[]);
    let group = Group::named(GROUP.1, &fixture.observed, &settings, pending_reassociation);
    let told = |resource: &Resource<'_>| {
        (
            resource.id(),
            resource.location.clone(),
            resource.public_ips.clone(),
        )
    };
    group.resources.iter().map(told).collect()
}

fn stays(fixture: &Fixture) -> Vec<StaysOnStop> {
    kept_with(fixture, &[])
}

fn free(fixture: &Fixture) -> Vec<AllocationId> {
    let settings = settings(&[]);
    let group = Group::named(GROUP.1, &fixture.observed, &settings, &[]);
    let free = group.free.iter().map(|address| address.allocation.clone());
    free.collect()
}

fn interface_stays(location: Location, public_ips: &[Ipv4Addr]) -> Vec<StaysOnStop> {
    vec![(
        ResourceId::Interface(eni(ENI)),
        location,
        public_ips.to_vec(),
    )]
}

impl Fixture {
    /// With another Elastic IP of the group, which is with nobody unless it is put somewhere.
    fn another(mut self, number: u8, place: Option<(&str, Ipv4Addr)>) -> Self {
        let holder = id(1);
        self.observed.addresses.push(Address {
            allocation: allocation(number),
            ip: public_ip(number),
            association: place.map(|(eni, private_ip)| Association {
                id: format!("eipassoc-0{number}").parse().unwrap(),
                eni: Some(eni.parse().unwrap()),
                private_ip: Some(private_ip),
                instance: Some(holder),
            }),
            ..pair().address().observed.addresses.remove(0)
        });
        self
    }

    /// The primary interface of the first member has secondary private IPs, and the group's tag.
    fn on_the_primary(self, mover: &str) -> Self {
        let mut fixture = self.secondary_ips();
        let mut interface = Interface::bare(eni("eni-01"));
        interface
            .tags
            .insert(GROUP.0.to_owned(), GROUP.1.to_owned());
        mark(&mut interface.tags, "mover", mover);
        interface.primary_ip = Some(private_ip(1));
        interface.subnet = Some("subnet-1".parse().unwrap());
        let ips = [1].into_iter().chain(SECONDARY).map(private_ip);
        interface.private_ips = ips.map(|ip| (ip, None)).collect();
        interface.attachment = Some(Attachment {
            device_index: 0,
            ..pair().floating().observed.interfaces[0]
                .attachment
                .clone()
                .unwrap()
        });
        fixture.observed.interfaces.push(interface);
        fixture
    }

    fn secondary_ips(mut self) -> Self {
        let places = SECONDARY.map(|number| PrivateIp {
            ip: private_ip(number),
            public: None,
        });
        self.member(1).interfaces[0].private_ips.extend(places);
        self
    }

    fn attachment(mut self, change: impl FnOnce(&mut Attachment)) -> Self {
        change(self.observed.interfaces[0].attachment.as_mut().unwrap());
        self
    }

    fn address_of_another_group(mut self) -> Self {
        mark(&mut self.observed.addresses[0].tags, "group", "db");
        self
    }
}

#[test]
fn members_stand_by_priority_and_of_those_that_stand_alike_by_id() {
    let trio = trio().joined_by(4).priority(3, "1").priority(2, " 7 ");
    let trio = trio.change(|fixture| fixture.observed.instances.reverse());
    let settings = settings(&[]);
    let group = Group::named(GROUP.1, &trio.observed, &settings, &[]);
    let order: Vec<_> = group.members.iter().map(|member| &member.id).collect();
    assert_eq!(order, [&id(3), &id(2), &id(1), &id(4)]);
    assert_eq!(group.member(&id(2)).unwrap().id, id(2));
    assert!(group.member(&id(9)).is_none());
}

#[test]
fn what_is_of_another_group_is_none_of_this_one() {
    let both = pair().floating().address().another(8, None);
    let other = both.change(|fixture| {
        mark(&mut fixture.member(2).tags, "group", "db");
        mark(&mut fixture.observed.interfaces[0].tags, "group", "db");
        mark(&mut fixture.observed.addresses[0].tags, "group", "db");
        mark(&mut fixture.observed.addresses[1].tags, "group", "db");
    });
    assert_eq!(kept_with(&other, &[allocation(8)]), []);
    assert_eq!(free(&other), []);
    let settings = settings(&[]);
    let group = Group::named(GROUP.1, &other.observed, &settings, &[]);
    assert_eq!(group.members.len(), 1);
}

#[test]
fn an_address_that_is_free_on_purpose_stays_free() {
    let fixture = pair().address().another(8, None).another(9, None);
    assert_eq!(free(&fixture), [allocation(8), allocation(9)]);
    assert_eq!(stays(&fixture).len(), 1, "only the one that somebody has");
    let halfway = kept_with(&fixture, &[allocation(9)]);
    let adrift = (
        ResourceId::Address(allocation(9)),
        Location::Unheld,
        vec![public_ip(9)],
    );
    assert_eq!(halfway[1..], [adrift]);
}

#[test]
fn an_address_that_a_run_has_left_free_is_kept_though_an_interface_still_shows_it() {
    let fixture = pair().floating().another(9, None).change(|fixture| {
        let shown = InterfaceAssociation {
            ip: public_ip(9),
            allocation: Some(allocation(9)),
        };
        let ips = fixture.observed.interfaces[0].private_ips.values_mut();
        ips.for_each(|ip| *ip = Some(shown.clone()));
    });
    let adrift = (
        ResourceId::Address(allocation(9)),
        Location::Unheld,
        vec![public_ip(9)],
    );
    assert_eq!(kept_with(&fixture, &[allocation(9)])[1..], [adrift]);
}

#[test]
fn an_address_that_a_service_manages_is_left_alone() {
    let fixture = pair().address().another(8, None).change(|fixture| {
        for address in &mut fixture.observed.addresses {
            address.service_managed = Some("nlb".to_owned());
        }
    });
    assert_eq!(kept_with(&fixture, &[allocation(8)]), []);
    assert_eq!(free(&fixture), []);
}

#[test]
fn an_interface_that_a_service_has_made_is_left_alone() {
    let fixture = pair().floating().change(|fixture| {
        fixture.observed.interfaces[0].requester_managed = true;
    });
    assert_eq!(stays(&fixture), []);
}

#[test]
fn where_an_interface_is_follows_from_its_attachment() {
    for (state, location) in [
        (AttachmentState::Attaching, Location::Held(id(1))),
        (AttachmentState::Attached, Location::Held(id(1))),
        (AttachmentState::Detaching, Location::Detaching(id(1))),
        (AttachmentState::Detached, Location::Unheld),
    ] {
        let fixture = pair().floating().attachment(|it| it.state = state);
        assert_eq!(stays(&fixture), interface_stays(location, &[]));
    }
    let adrift = pair().floating().adrift();
    assert_eq!(stays(&adrift), interface_stays(Location::Unheld, &[]));
}

#[test]
fn whoever_has_something_or_is_losing_it_is_a_holder() {
    let holders = |fixture: &Fixture| {
        let settings = settings(&[]);
        let group = Group::named(GROUP.1, &fixture.observed, &settings, &[]);
        group.holders().into_iter().collect::<Vec<_>>()
    };
    let two = pair().floating().attached_to(2).address();
    assert_eq!(holders(&two), [id(1), id(2)]);
    let losing = two.attachment(|it| it.state = AttachmentState::Detaching);
    assert_eq!(holders(&losing), [id(1), id(2)]);
    assert_eq!(holders(&pair().floating().adrift()), []);
}

#[test]
fn elastic_ips_ride_on_an_interface_that_moves_and_only_on_that() {
    let floating = Ipv4Addr::new(10, 0, 0, 99);
    let fixture = pair()
        .floating()
        .another(9, Some((ENI, floating)))
        .another(8, Some((ENI, private_ip(98))))
        .another(6, Some(("eni-01", private_ip(1))));
    let mut expected = interface_stays(Location::Held(id(1)), &[public_ip(8), public_ip(9)]);
    expected.push((
        ResourceId::Address(allocation(6)),
        Location::Held(id(1)),
        vec![public_ip(6)],
    ));
    assert_eq!(stays(&fixture), expected);
}

#[test]
fn an_elastic_ip_of_somebody_who_is_no_member_is_left_alone() {
    let stranger = pair().address().change(|fixture| {
        fixture.member(1).tags.clear();
    });
    assert_eq!(stays(&stranger), []);
}

#[test]
fn of_a_primary_interface_only_the_secondary_private_ips_move() {
    let place = |number: u8| Some(("eni-01", private_ip(number)));
    let fixture = pair().on_the_primary("auto");
    let fixture = fixture.another(9, place(50)).another(8, place(51));
    let fixture = fixture.another(6, place(1));
    let settings = settings(&[]);
    let group = Group::named(GROUP.1, &fixture.observed, &settings, &[]);
    let ResourceKind::PrivateIps {
        from, subnet, ips, ..
    } = &group.resources[0].cargo
    else {
        panic!("{:?}", group.resources);
    };
    assert_eq!(
        (from, subnet),
        (&eni("eni-01"), &Some("subnet-1".parse().unwrap()))
    );
    assert_eq!(ips, &[private_ip(50), private_ip(51)]);
    assert_eq!(group.resources[0].public_ips, [public_ip(8), public_ip(9)]);
    assert_eq!(group.resources[0].location, Location::Held(id(1)));
    assert_eq!(group.resources[1].id(), ResourceId::Address(allocation(6)));
}

#[test]
fn a_primary_interface_without_secondary_private_ips_has_nothing_that_moves() {
    let bare = pair().on_the_primary("auto").change(|fixture| {
        let interface = &mut fixture.observed.interfaces[0];
        interface.private_ips.retain(|ip, _| *ip == private_ip(1));
    });
    assert_eq!(stays(&bare), []);
}

#[test]
fn how_an_interface_moves_is_as_its_tag_says() {
    let tagged = |mover: &str| stays(&pair().floating().tagged("mover", mover));
    let whole = interface_stays(Location::Held(id(1)), &[]);
    for mover in ["eni", "auto", "whatever", " ENI "] {
        assert_eq!(tagged(mover), whole, "{mover}");
    }
    assert_eq!(tagged("ip"), [], "it has no secondary private IP");
    assert_eq!(tagged(" EIP "), []);
    for (mover, is_moved) in [("ip", true), ("auto", true), ("eip", false)] {
        let primary = stays(&pair().on_the_primary(mover));
        assert_eq!(!primary.is_empty(), is_moved, "{mover}");
    }
    let secondary = pair()
        .on_the_primary("ip")
        .attachment(|it| it.device_index = 1);
    assert!(matches!(stays(&secondary)[0].0, ResourceId::PrivateIps(_)));
    let primary = stays(&pair().on_the_primary("eni"));
    assert_eq!(primary[0].0, ResourceId::Interface(eni("eni-01")));
}

#[test]
fn an_interface_that_is_with_nobody_moves_as_a_whole() {
    for mover in ["ip", "eip"] {
        let adrift = pair().floating().tagged("mover", mover).adrift();
        assert_eq!(
            stays(&adrift),
            interface_stays(Location::Unheld, &[]),
            "{mover}"
        );
    }
}

/// Whether nothing but the interface's tag gives its private IPs to the group.
fn go_by_the_interface(fixture: &Fixture) -> bool {
    let settings = settings(&[]);
    let group = Group::named(GROUP.1, &fixture.observed, &settings, &[]);
    match group.resources[0].cargo {
        ResourceKind::PrivateIps { by_interface, .. } => by_interface,
        _ => panic!("{:?}", group.resources),
    }
}

#[test]
fn private_ips_go_by_themselves_when_each_has_an_elastic_ip_of_the_group() {
    let on = |eni: &'static str, ips: [u8; 2]| {
        let [first, second] = ips.map(|number| Some((eni, private_ip(number))));
        pair()
            .on_the_primary("ip")
            .another(8, first)
            .another(9, second)
    };
    assert!(!go_by_the_interface(&on("eni-01", [50, 51])));
    assert!(go_by_the_interface(&on("eni-01", [50, 1])), "one has none");
    assert!(go_by_the_interface(&on("eni-02", [50, 51])), "elsewhere");
    let other_group = on("eni-01", [50, 51]).address_of_another_group();
    assert!(go_by_the_interface(&other_group));
    assert!(go_by_the_interface(&pair().on_the_primary("ip")));
}

#[test]
fn an_elastic_ip_takes_its_private_ip_along_where_its_tag_says_so() {
    let on = |ip: u8, mover: &str| {
        let fixture = pair().secondary_ips();
        let place = Some(("eni-01", private_ip(ip)));
        fixture.another(8, place).address_tagged("mover", mover)
    };
    assert!(!go_by_the_interface(&on(50, "ip")));
    let moved = (
        ResourceId::PrivateIps(Some(private_ip(50))),
        Location::Held(id(1)),
        vec![public_ip(8)],
    );
    assert_eq!(stays(&on(50, "ip")), [moved]);
    for (ip, mover) in [(1, "ip"), (50, "eip"), (50, "auto")] {
        let alone = stays(&on(ip, mover)).remove(0).0;
        assert_eq!(alone, ResourceId::Address(allocation(8)), "{ip} {mover}");
    }
}

#[test]
fn a_private_ip_can_move_when_it_is_a_secondary_one_of_that_very_interface() {
    let place = |eni: &'static str, ip: u8| {
        let fixture = pair().secondary_ips();
        let fixture = fixture.another(8, Some((eni, private_ip(ip))));
        let settings = settings(&[]);
        let group = Group::named(GROUP.1, &fixture.observed, &settings, &[]);
        let place = group.secondary_private_ip(&fixture.observed.addresses[0]);
        place.map(|(interface, ip)| (interface.id.clone(), ip))
    };
    assert_eq!(place("eni-01", 50), Some((eni("eni-01"), private_ip(50))));
    assert_eq!(place("eni-01", 1), None, "it is the primary one");
    assert_eq!(
        place("eni-02", 50),
        None,
        "the member has no such interface"
    );
}

#[test]
fn an_elastic_ip_on_an_interface_that_moves_is_no_second_thing_to_move() {
    let rides = pair()
        .floating()
        .change(|fixture| fixture.put_address_on(ENI));
    assert_eq!(
        stays(&rides),
        interface_stays(Location::Held(id(1)), &[EIP])
    );
}

#[test]
fn what_goes_when_its_holder_is_stopped_is_as_the_tag_says_and_else_as_it_is() {
    let goes = |fixture: &Fixture, on_stop: &str| {
        let settings = settings(&[("HOLDFAST_ON_STOP", on_stop)]);
        let group = Group::named(GROUP.1, &fixture.observed, &settings, &[]);
        group.resources[0].leaves_holder_in(Some(InstanceState::Stopped), &settings)
    };
    let (address, interface) = (pair().address(), pair().floating());
    assert!(goes(&address, "move") && !goes(&address, "stay"));
    assert!(goes(&interface, "move") && goes(&interface, "stay"));
    let private_ips = pair().on_the_primary("ip");
    assert!(goes(&private_ips, "stay"));
    assert!(!goes(
        &address.clone().address_tagged("on-stop", "stay"),
        "move"
    ));
    assert!(goes(
        &address.clone().address_tagged("on-stop", " Move "),
        "stay"
    ));
    assert!(!goes(&address.address_tagged("on-stop", "perhaps"), "stay"));
    assert!(!goes(&interface.tagged("on-stop", "stay"), "move"));
}
