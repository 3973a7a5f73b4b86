//! Private IPs: the interface in their subnet that has room for them.

use super::*;

#[test]
fn a_private_ip_goes_to_the_standbys_interface_in_its_subnet() {
    let moving = pair().floating_private_ip(0, 99);
    assert_eq!(assigned(&moving), [("eni-02".to_owned(), vec![FLOATING])]);
    let second = pair().with_interface(2, "eni-0c", "subnet-2", 22);
    let second = second
        .with_interface(1, "eni-0a", "subnet-2", 11)
        .floating_private_ip(1, 98);
    assert_eq!(assigned(&second), [("eni-0c".to_owned(), vec![ip(98)])]);
}

#[test]
fn a_private_ip_stays_in_its_subnet() {
    let moved_away = pair().floating_private_ip(0, 99).change(|fixture| {
        fixture.member(2).interfaces[0].subnet = Some("subnet-2".parse().unwrap());
    });
    let plan = moved_away.plan();
    let Obstacle::OtherSubnet { subnet, .. } = only_obstacle(&plan) else {
        panic!("{plan:?}");
    };
    assert_eq!(*subnet, Some("subnet-1".parse().unwrap()));
}

#[test]
fn a_private_ip_goes_to_no_interface_of_a_service_and_to_none_that_moves_itself() {
    let service = pair().floating_private_ip(0, 99).change(|fixture| {
        fixture.member(2).interfaces[0].service_managed = true;
    });
    assert!(matches!(
        only_obstacle(&service.plan()),
        Obstacle::OtherSubnet { .. }
    ));
    let floats = pair().floating().attached_to(2).floating_private_ip(0, 99);
    let floats = floats
        .with_interface(2, ENI, "subnet-1", 99)
        .change(|fixture| {
            fixture.member(2).interfaces.remove(0);
        });
    assert!(matches!(
        only_obstacle(&floats.plan()),
        Obstacle::OtherSubnet { .. }
    ));
}

#[test]
fn private_ips_need_room_for_all_of_them() {
    let room = |limit| {
        pair()
            .floating_private_ip(0, 99)
            .floating_private_ip(0, 98)
            .change(|fixture| {
                fixture.limits.private_ips = limit;
            })
    };
    assert_eq!(assigned(&room(3)).len(), 2);
    let plan = room(2).plan();
    assert_eq!((plan.moves.len(), plan.blocked.len()), (1, 1));
    let why = &plan.blocked[0].why[0];
    assert!(
        matches!(why, Obstacle::PrivateIpLimit { limit: 2, .. }),
        "{why}"
    );
}

#[test]
fn room_on_one_interface_is_not_taken_from_another() {
    let two = pair().with_interface(2, "eni-0c", "subnet-2", 22);
    let two = two.with_interface(1, "eni-0a", "subnet-2", 11);
    let two = two.floating_private_ip(0, 99).floating_private_ip(1, 98);
    let two = two.change(|fixture| fixture.limits.private_ips = 2);
    assert_eq!(assigned(&two).len(), 2);
}

#[test]
fn a_type_of_which_nothing_is_known_may_have_room() {
    let unknown = pair()
        .floating_private_ip(0, 99)
        .change(|fixture| fixture.member(2).kind = None);
    assert_eq!(assigned(&unknown).len(), 1);
}

/// Private IPs that only the tag of their interface gives to the group.
fn tagged() -> Fixture {
    let pair = pair().with_interface(2, "eni-0c", "subnet-1", 22);
    pair.tag_interface("eni-01", 1, "web", &[ip(1), ip(97), FLOATING])
}

#[test]
fn private_ips_of_a_tagged_interface_go_to_a_tagged_one() {
    let both = tagged().tag_interface("eni-0c", 2, "web", &[ip(22)]);
    assert_eq!(
        assigned(&both),
        [("eni-0c".to_owned(), vec![ip(97), FLOATING])]
    );
}

#[test]
fn private_ips_of_a_tagged_interface_go_to_none_without_the_tag_or_with_another_groups() {
    let others = tagged().tag_interface("eni-02", 2, "db", &[ip(2)]);
    for untagged in [tagged(), others] {
        let plan = untagged.plan();
        let Obstacle::Untagged { eni, .. } = only_obstacle(&plan) else {
            panic!("{plan:?}");
        };
        assert_eq!(eni.as_str(), "eni-02");
    }
}

#[test]
fn a_standby_without_an_interface_in_the_subnet_lacks_more_than_a_tag() {
    let elsewhere = pair().tag_interface("eni-01", 1, "web", &[ip(1), FLOATING]);
    let elsewhere = elsewhere.change(|fixture| fixture.member(2).interfaces[0].subnet = None);
    assert!(matches!(
        only_obstacle(&elsewhere.plan()),
        Obstacle::OtherSubnet { .. }
    ));
}
