//! An Elastic IP alone: a private IP that has none, and the association that has to end.

use super::*;

/// Which private IP gets an Elastic IP, and which public IP is lost there.
fn places(fixture: &Fixture) -> Vec<(String, Ipv4Addr, Option<Ipv4Addr>)> {
    let place = |one: Move| match one.effects.last() {
        Some(
            Effect::Associate {
                eni, private_ip, ..
            }
            | Effect::Reassociate {
                eni, private_ip, ..
            },
        ) => (eni.to_string(), *private_ip, one.displaced),
        other => panic!("{other:?}"),
    };
    fixture.steps().into_iter().map(place).collect()
}

#[test]
fn an_elastic_ip_goes_to_the_first_private_ip_without_one() {
    let two = pair().address().change(|fixture| {
        fixture.member(2).interfaces[0]
            .private_ips
            .push(bare(ip(22)));
    });
    assert_eq!(places(&two), [("eni-02".to_owned(), ip(2), None)]);
    let occupied = two.change(|fixture| fixture.occupy(2));
    assert_eq!(places(&occupied), [("eni-02".to_owned(), ip(22), None)]);
}

#[test]
fn an_elastic_ip_may_take_the_place_of_a_public_ip_that_ec2_gave_by_itself() {
    let auto_assigned = Ipv4Addr::new(198, 51, 100, 2);
    let pair = pair().address().change(|fixture| {
        fixture.member(2).interfaces[0].private_ips[0].public = Some(PublicIp {
            ip: auto_assigned,
            auto_assigned: true,
        });
    });
    assert_eq!(
        places(&pair),
        [("eni-02".to_owned(), ip(2), Some(auto_assigned))]
    );
}

#[test]
fn two_elastic_ips_of_one_plan_get_two_places() {
    let two = pair().address().with_address("eip", 1, 0, ip(1));
    let plan = two.plan();
    assert_eq!((plan.moves.len(), plan.blocked.len()), (1, 1));
    let roomy = two.change(|fixture| {
        fixture.member(2).interfaces[0]
            .private_ips
            .push(bare(ip(22)));
    });
    let places: Vec<Ipv4Addr> = places(&roomy).into_iter().map(|place| place.1).collect();
    assert_eq!(places, [ip(2), ip(22)]);
}

#[test]
fn the_same_private_ip_of_two_interfaces_is_two_places() {
    let two = pair()
        .with_interface(1, "eni-0a", "subnet-2", 1)
        .with_interface(2, "eni-0c", "subnet-2", 2)
        .address()
        .with_address("eip", 1, 1, ip(1));
    let enis: Vec<String> = places(&two).into_iter().map(|place| place.0).collect();
    assert_eq!(enis, ["eni-02", "eni-0c"]);
}

/// Another address, of no group, is shown at a place; the instance does not show it yet.
fn somebody_elses_at(eni: &str, private_ip: Ipv4Addr) -> Fixture {
    pair().address().change(|fixture| {
        let mut other = Address {
            tags: crate::model::tags::Tags::new(),
            ip: Ipv4Addr::new(203, 0, 113, 99),
            ..fixture.observed.addresses[0].clone()
        };
        let association = other.association.as_mut().unwrap();
        association.eni = Some(eni.parse().unwrap());
        association.private_ip = Some(private_ip);
        fixture.observed.addresses.push(other);
    })
}

#[test]
fn a_place_at_which_an_address_is_shown_already_is_not_free() {
    let taken = somebody_elses_at("eni-02", ip(2));
    assert!(matches!(
        only_obstacle(&taken.plan()),
        Obstacle::Target(TargetObstacle::NoFreePrivateIp { .. })
    ));
    for (eni, private_ip) in [("eni-02", ip(22)), ("eni-0c", ip(2))] {
        let free = somebody_elses_at(eni, private_ip);
        assert_eq!(places(&free), [("eni-02".to_owned(), ip(2), None)]);
    }
}

#[test]
fn an_elastic_ip_goes_to_no_interface_of_a_service_and_to_none_that_moves_itself() {
    let service = pair().address().change(|fixture| {
        fixture.member(2).interfaces[0].service_managed = true;
    });
    assert!(matches!(
        only_obstacle(&service.plan()),
        Obstacle::Target(TargetObstacle::NoFreePrivateIp { .. })
    ));
    let floats = pair()
        .floating()
        .attached_to(2)
        .address()
        .change(|fixture| {
            fixture.member(2).interfaces[0].id = ENI.parse().unwrap();
        });
    assert!(matches!(
        only_obstacle(&floats.plan()),
        Obstacle::Target(TargetObstacle::NoFreePrivateIp { .. })
    ));
}

#[test]
fn an_elastic_ip_goes_to_no_interface_that_moves_among_another_group() {
    let other = pair()
        .floating()
        .attached_to(2)
        .tagged("group", "other")
        .address()
        .change(|fixture| {
            fixture.member(2).interfaces[0].id = ENI.parse().unwrap();
        });
    assert!(matches!(
        only_obstacle(&other.plan()),
        Obstacle::Target(TargetObstacle::NoFreePrivateIp { .. })
    ));
}

#[test]
fn where_its_interface_has_no_room_an_elastic_ip_goes_to_no_other() {
    let three = pair()
        .address()
        .with_address("eip", 1, 0, ip(1))
        .with_address("eip", 1, 0, ip(1));
    let roomy = three.with_interface(2, "eni-0c", "subnet-2", 22);
    let roomy = roomy.change(|fixture| {
        fixture.member(2).interfaces[0]
            .private_ips
            .push(bare(ip(23)));
    });
    let plan = roomy.plan();
    assert_eq!((plan.moves.len(), plan.blocked.len()), (2, 1));
    assert!(matches!(
        plan.blocked[0].why[..],
        [Obstacle::Target(TargetObstacle::Full { .. })]
    ));
}

#[test]
fn a_primary_interface_takes_an_elastic_ip_unless_it_is_to_move_as_a_whole() {
    for mover in ["auto", "ip", "eip", "eni"] {
        let tagged = pair()
            .floating()
            .attached_to(2)
            .at_device_index(0)
            .tagged("mover", mover)
            .address()
            .change(|fixture| {
                fixture.member(2).interfaces[0].id = ENI.parse().unwrap();
            });
        if mover == "eni" {
            let plan = tagged.plan();
            let obstacle = only_obstacle(&plan);
            assert!(matches!(
                obstacle,
                Obstacle::Target(TargetObstacle::NoFreePrivateIp { .. })
            ));
        } else {
            assert_eq!(places(&tagged), [(ENI.to_owned(), ip(2), None)], "{mover}");
        }
    }
}

/// The effects by which an Elastic IP changes its place.
fn change_of(fixture: &Fixture) -> Vec<Effect> {
    fixture.steps().remove(0).effects
}

fn ended() -> Effect {
    Effect::Disassociate {
        association: "eipassoc-01".parse().unwrap(),
    }
}

#[test]
fn the_tie_of_a_holder_is_replaced_while_it_is_up_and_ended_by_its_id_when_it_is_down() {
    let held_by = |state| {
        change_of(
            &pair()
                .address()
                .change(|fixture| fixture.health(1, StatusChecks::Unknown, state)),
        )
    };
    for up in [InstanceState::Running, InstanceState::Pending] {
        assert!(matches!(*held_by(up), [Effect::Reassociate { .. }]));
    }
    for down in [
        InstanceState::Stopping,
        InstanceState::Stopped,
        InstanceState::Terminated,
    ] {
        let effects = held_by(down);
        assert_eq!(effects[0], ended());
        assert!(matches!(effects[1..], [Effect::Associate { .. }]));
    }
}

#[test]
fn an_address_that_an_earlier_run_left_free_has_no_tie() {
    let free = pair().address().change(|fixture| {
        fixture.observed.addresses[0].association = None;
        fixture.pending_reassociation = vec!["eipalloc-01".parse().unwrap()];
    });
    assert!(matches!(*change_of(&free), [Effect::Associate { .. }]));
}

/// An Elastic IP on a secondary private IP, for which the standby has no free place.
fn crowded(mover: &str) -> Fixture {
    let pair = pair().change(|fixture| {
        fixture.member(1).interfaces[0]
            .private_ips
            .push(bare(FLOATING));
        fixture.occupy(2);
    });
    pair.with_address(mover, 1, 0, FLOATING)
}

#[test]
fn an_elastic_ip_that_may_move_in_any_way_takes_its_private_ip_along_where_it_has_to() {
    assert_eq!(
        assigned(&crowded("auto")),
        [("eni-02".to_owned(), vec![FLOATING])]
    );
    assert!(matches!(
        only_obstacle(&crowded("eip").plan()),
        Obstacle::Target(TargetObstacle::NoFreePrivateIp { .. })
    ));
}

#[test]
fn a_primary_private_ip_goes_along_with_nothing() {
    let pair = || pair().change(|fixture| fixture.occupy(2));
    let auto = pair().with_address("auto", 1, 0, ip(1));
    assert!(matches!(
        only_obstacle(&auto.plan()),
        Obstacle::Target(TargetObstacle::NoFreePrivateIp { .. })
    ));
    let by_ip = pair().with_address("ip", 1, 0, ip(1));
    assert!(matches!(
        only_obstacle(&by_ip.plan()),
        Obstacle::PrimaryPrivateIp { .. }
    ));
}

#[test]
fn an_elastic_ip_that_is_to_move_as_an_interface_has_to_be_on_one_that_moves() {
    let alone = pair().with_address("eni", 1, 0, ip(1));
    assert!(matches!(
        only_obstacle(&alone.plan()),
        Obstacle::NotAnInterface { .. }
    ));
}
