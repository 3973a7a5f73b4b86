//! An Elastic IP alone goes to the interface of the standby that is the counterpart of the one it was on. The rule has
//! its own tests: `groups/target_interfaces`.

use super::*;
use crate::groups::ChosenBy;
use crate::model::former_target::FormerTarget;

/// Two firewalls with a management interface and a public one; the address is on the public one of the first.
fn firewalls() -> Fixture {
    pair()
        .with_interface(1, "eni-0a", "subnet-p", 11)
        .with_interface(2, "eni-0c", "subnet-p", 22)
        .with_address("eip", 1, 1, ip(11))
}

fn goes_to(fixture: &Fixture) -> (String, Option<ChosenBy>) {
    let one = fixture.steps().remove(0);
    match one.effects.last() {
        Some(Effect::Associate { eni, .. } | Effect::Reassociate { eni, .. }) => {
            (eni.to_string(), one.chosen_by)
        }
        other => panic!("{other:?}"),
    }
}

fn tag_target(fixture: Fixture, eni: &str) -> Fixture {
    let fixture = fixture.tag_interface(eni, 2, "", &[]);
    fixture.change(|fixture| {
        let tags = &mut fixture.observed.interfaces[0].tags;
        tags.clear();
        tags.insert("holdfast:address-target".to_owned(), "true".to_owned());
    })
}

#[test]
fn regression_an_address_of_the_public_interface_does_not_go_to_the_management_interface() {
    let expected = ("eni-0c".to_owned(), Some(ChosenBy::DeviceIndex));
    assert_eq!(goes_to(&firewalls()), expected);
}

#[test]
fn the_tag_of_an_interface_comes_first() {
    let tagged = tag_target(firewalls(), "eni-02");
    assert_eq!(goes_to(&tagged), ("eni-02".to_owned(), Some(ChosenBy::Tag)));
}

#[test]
fn where_nothing_says_which_interface_it_is_the_address_stays_and_the_obstacle_says_what_to_do() {
    let crossed = firewalls().change(|fixture| {
        let own = &mut fixture.member(2).interfaces;
        own[0].subnet = Some("subnet-p".parse().unwrap());
        own[1].subnet = Some("subnet-1".parse().unwrap());
    });
    let plan = crossed.plan();
    let obstacle = only_obstacle(&plan);
    assert_eq!(
        obstacle.to_string(),
        "on i-02, eni-0c is at the device index where the address was, and eni-02 in its subnet"
    );
    assert!(matches!(obstacle, Obstacle::Target(_)));
}

#[test]
fn an_obstacle_that_is_no_lack_of_room_is_not_got_round_by_the_private_ip() {
    let crossed = firewalls().change(|fixture| {
        let tags = &mut fixture.observed.addresses[0].tags;
        tags.insert("holdfast:mover".to_owned(), "auto".to_owned());
        let own = &mut fixture.member(1).interfaces[1].private_ips;
        own.insert(0, bare(ip(10)));
        let own = &mut fixture.member(2).interfaces;
        own[0].subnet = Some("subnet-p".parse().unwrap());
        own[1].subnet = Some("subnet-1".parse().unwrap());
    });
    let plan = crossed.plan();
    assert!(matches!(
        only_obstacle(&plan),
        Obstacle::Target(TargetObstacle::IndexAndSubnetDiffer { .. })
    ));
}

#[test]
fn the_next_standby_is_asked_where_the_first_has_no_counterpart() {
    let three = firewalls().with_third().change(|fixture| {
        let own = &mut fixture.member(2).interfaces;
        own[0].subnet = Some("subnet-p".parse().unwrap());
        own[1].subnet = Some("subnet-1".parse().unwrap());
    });
    assert_eq!(three.steps()[0].to, id(3));
}

#[test]
fn an_address_that_is_with_nobody_goes_where_the_record_of_its_failover_says_that_it_was() {
    let adrift = |former_targets: &[FormerTarget]| {
        firewalls().change(|fixture| {
            fixture.observed.addresses[0].association = None;
            let allocation = fixture.observed.addresses[0].allocation.clone();
            fixture.pending_reassociation = vec![allocation.clone()];
            let all = former_targets.iter().cloned();
            fixture.former_targets = all.map(|target| (allocation.clone(), target)).collect();
        })
    };
    let was = FormerTarget {
        card_index: 0,
        device_index: 1,
        subnet: Some("subnet-p".parse().unwrap()),
        position: Some(0),
    };
    let expected = ("eni-0c".to_owned(), Some(ChosenBy::DeviceIndex));
    assert_eq!(goes_to(&adrift(&[was])), expected);
    let plan = adrift(&[]).plan();
    assert!(matches!(
        only_obstacle(&plan),
        Obstacle::Target(TargetObstacle::Ambiguous { .. })
    ));
}

#[test]
fn a_private_ip_goes_to_the_counterpart_of_its_interface_and_not_to_any_in_its_subnet() {
    let one_subnet = pair()
        .with_interface(1, "eni-0a", "subnet-1", 11)
        .with_interface(2, "eni-0c", "subnet-1", 22)
        .floating_private_ip(1, 98);
    assert_eq!(assigned(&one_subnet), [("eni-0c".to_owned(), vec![ip(98)])]);
    let unlike = one_subnet.change(|fixture| fixture.member(1).interfaces[1].device_index = 4);
    let plan = unlike.plan();
    assert!(matches!(
        only_obstacle(&plan),
        Obstacle::Target(TargetObstacle::Ambiguous { .. })
    ));
}
