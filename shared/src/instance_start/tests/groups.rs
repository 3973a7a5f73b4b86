//! What belongs to a group, what is free in it, and which private IPs can take an address.

use super::*;
use crate::groups::{ChosenBy, TargetObstacle};
use crate::model::former_target::LastTarget;
use crate::report::PlacementReason;

const ENI: &str = "eni-0f";
const SLOT_A: [(&str, &str); 1] = [("holdfast:slot", "a")];

/// Where each address would go, as (address, interface, private IP).
fn free_targets(plan: &PlacementPlan) -> Vec<(Ipv4Addr, String, Ipv4Addr)> {
    let steps = plan.steps.iter();
    let mut free_targets: Vec<_> = steps
        .map(|step| (step.ip, step.target.eni.to_string(), step.target.private_ip))
        .collect();
    free_targets.sort_unstable();
    free_targets
}

/// A group whose one address is on an interface that moves among it, with a stopped member.
fn riding() -> Seen {
    let seen = seen().address(1, &[]).on_interface(1, ENI, Some(2));
    let seen = seen.in_state(2, InstanceState::Stopped).running(1);
    seen.set("HOLDFAST_ON_STOP", "move")
}

#[test]
fn an_address_on_an_interface_that_moves_is_no_instances_to_take() {
    let seen = riding().tagged_interface(ENI, "web", Some((2, 1)));
    let seen = seen.address_on(2, 3, &[]).running(3).looked_before();
    assert_eq!(seen.plan(1).steps, []);
    assert_eq!((seen.stop(2), seen.waiting()), (vec![], vec![]));
}

#[test]
fn it_is_none_either_while_the_interface_is_attached_to_nothing() {
    let seen = riding().tagged_interface(ENI, "web", None);
    let seen = seen.address_on(2, 3, &[]).running(3);
    assert_eq!(seen.plan(1).steps, []);
}

#[test]
fn the_interface_that_an_instance_was_launched_with_does_not_move_whatever_its_tags() {
    let seen = riding().tagged_interface(ENI, "web", Some((2, 0)));
    assert_eq!(seen.step(1).reason, PlacementReason::HolderDown);
}

#[test]
fn an_address_on_a_private_ip_that_moves_by_itself_is_no_instances_to_take() {
    for device_index in [0, 1] {
        let seen = riding().private_ips_floating(ENI, device_index);
        let seen = seen.address_on(2, 3, &[]).running(3).looked_before();
        assert_eq!(seen.plan(1).steps, [], "{device_index}");
        assert_eq!((seen.stop(2), seen.waiting()), (vec![], vec![]));
    }
}

#[test]
fn an_address_beside_an_interface_that_moves_does_not_move_with_it() {
    let seen = riding().tagged_interface("eni-0e", "web", Some((2, 1)));
    assert_eq!(seen.step(1).reason, PlacementReason::HolderDown);
    let seen = riding().tagged_interface(ENI, "other", Some((2, 1)));
    assert_eq!(seen.step(1).reason, PlacementReason::HolderDown);
}

#[test]
fn a_free_address_rides_on_nothing() {
    let seen = seen().address(1, &[]).running(1);
    let seen = seen.tagged_interface(ENI, "web", Some((2, 1)));
    assert_eq!(seen.step(1).reason, PlacementReason::Free);
}

#[test]
fn an_address_is_not_put_on_an_interface_that_moves_since_it_would_go_with_it() {
    for group in ["web", "other"] {
        let both = [("holdfast:slot", "a,b")];
        let seen = seen().address(1, &[]).address(2, &[]);
        let seen = seen.running_with(1, &both).with_interface(1, ENI, 1);
        let seen = seen.tagged_interface(ENI, group, Some((1, 1)));
        let plan = seen.plan(1);
        assert_eq!((plan.steps.len(), plan.unplaceable), (1, 1));
        assert_eq!(plan.steps[0].target.eni.as_str(), "eni-01");
    }
}

#[test]
fn a_primary_interface_takes_an_address_whatever_its_tags() {
    let seen = seen().address(1, &[]).running(1);
    let seen = seen.tagged_interface("eni-01", "web", Some((1, 0)));
    assert_eq!(seen.step(1).target.eni.as_str(), "eni-01");
}

#[test]
fn a_group_of_which_only_interfaces_move_has_no_address_to_give() {
    let group = || seen().running(1);
    let why = group().tagged_interface(ENI, "web", None).left(1);
    assert!(why.contains("move with its interfaces"), "{why}");
    let needs = |seen: Seen| assert_eq!(seen.plan(1).lacking, 1);
    needs(group());
    needs(group().tagged_interface(ENI, "other", None));
    needs(group().tagged_interface("eni-01", "web", Some((1, 0))));
    let held = group().address_on(1, 2, &[]).running(2);
    needs(held.tagged_interface(ENI, "web", None));
    let of = |group: &str| {
        let floats = seen().running(1).address(1, &[]);
        let floats = floats.on_interface(1, ENI, Some(2));
        let mut floats = floats.private_ips_floating(ENI, 1);
        floats.observed.addresses.clear();
        let tags = &mut floats.observed.interfaces[0].tags;
        tags.insert("holdfast:group".to_owned(), group.to_owned());
        floats
    };
    let why = of("web").left(1);
    assert!(why.contains("move with its interfaces"), "{why}");
    needs(of("other"));
    let several = group().tagged_interface("eni-0e", "other", None);
    let why = several.tagged_interface(ENI, "web", None).left(1);
    assert!(why.contains("move with its interfaces"), "{why}");
}

#[test]
fn an_address_that_another_instance_still_shows_is_not_free() {
    let seen = seen().address(1, &[]).running(1).running(2).running(3);
    let seen = seen.shows(2, ip(1), false).looked_before();
    assert_eq!((seen.plan(1).steps, seen.waiting()), (vec![], vec![]));
}

#[test]
fn a_public_ip_that_ec2_assigned_by_itself_is_no_elastic_ip() {
    let seen = seen().address(1, &[]).running(1).running(2);
    let seen = seen.shows(2, ip(1), true).looked_before();
    assert_eq!(seen.step(1).ip, ip(1));
}

#[test]
fn one_private_ip_of_several_that_shows_it_is_enough() {
    let seen = seen().address(1, &[]).running(1);
    let seen = seen.instance(2, InstanceState::Running, 2, &[]);
    assert_eq!(
        seen.shows(2, ip(1), false).looked_before().plan(1).steps,
        []
    );
}

#[test]
fn a_private_ip_that_shows_an_elastic_ip_of_nobody_known_takes_no_other() {
    let seen = seen().address(1, &[]).running(1);
    let seen = seen.shows(1, Ipv4Addr::new(198, 51, 100, 9), false);
    assert_eq!((seen.plan(1).steps.len(), seen.plan(1).unplaceable), (0, 1));
}

#[test]
fn each_address_goes_to_the_private_ip_that_is_the_counterpart_of_where_it_was_last() {
    let slots = [("holdfast:slot", "a,b,c,d")];
    let each = |seen: Seen, (number, slot, device_index, position)| {
        let seen = seen.address(number, &[("holdfast:slot", slot)]);
        seen.was_at(number, device_index, position)
    };
    let all = [
        (1, "a", 0, 0),
        (2, "b", 1, 0),
        (3, "c", 0, 1),
        (4, "d", 1, 1),
    ];
    let seen = all.into_iter().fold(seen(), each);
    let seen = seen.instance(1, InstanceState::Running, 2, &slots);
    let plan = seen.with_interface(1, "eni-1b", 2).plan(1);
    let target = |number, eni: &str, private_ip| (ip(number), eni.to_owned(), private_ip);
    let expected = [
        target(1, "eni-01", private_ip(1, 0)),
        target(2, "eni-1b", private_ip(1, 100)),
        target(3, "eni-01", private_ip(1, 1)),
        target(4, "eni-1b", private_ip(1, 101)),
    ];
    assert_eq!(free_targets(&plan), expected);
}

#[test]
fn a_private_ip_with_an_address_of_another_group_is_passed_over_for_the_next() {
    let other = [("holdfast:group", "other")];
    let seen = seen()
        .address(1, &[])
        .address_on(2, 7, &other)
        .address_on(3, 1, &other);
    let seen = seen.instance(1, InstanceState::Running, 2, &[]);
    assert_eq!(seen.step(1).target.private_ip, private_ip(1, 1));
}

#[test]
fn the_same_private_ip_in_another_network_is_another() {
    let other = [("holdfast:group", "other")];
    let seen = seen()
        .address(1, &[])
        .address(2, &other)
        .change(2, |address| {
            address.association = Some(Association {
                id: "eipassoc-02".parse().unwrap(),
                eni: Some("eni-77".parse().unwrap()),
                private_ip: Some(private_ip(1, 0)),
                instance: None,
            });
        });
    assert_eq!(seen.running(1).step(1).target.private_ip, private_ip(1, 0));
}

#[test]
fn a_plain_instance_that_was_given_an_address_of_a_slot_lacks_nothing() {
    let seen = seen().address_on(1, 1, &SLOT_A).address(2, &[]).running(1);
    let plan = seen.plan(1);
    assert_eq!(
        (plan.steps.len(), plan.lacking, plan.already_correct.len()),
        (0, 0, 1)
    );
}

#[test]
fn an_instance_of_a_slot_that_no_address_has_lacks_nothing_when_it_has_one() {
    let seen = seen()
        .address_on(1, 1, &[])
        .address(2, &[])
        .running_with(1, &SLOT_A);
    assert_eq!(seen.plan(1).steps, []);
}

#[test]
fn an_instance_of_a_slot_with_another_ones_address_still_lacks_its_own() {
    let b = [("holdfast:slot", "b")];
    let seen = seen().address(1, &SLOT_A).address_on(2, 1, &b);
    let plan = seen.instance(1, InstanceState::Running, 2, &SLOT_A).plan(1);
    assert_eq!(
        free_targets(&plan),
        [(ip(1), "eni-01".to_owned(), private_ip(1, 1))]
    );
}

#[test]
fn commas_without_a_slot_between_them_ask_for_nothing() {
    let seen = seen().address(1, &SLOT_A).address(2, &[]);
    let seen = seen.instance(1, InstanceState::Running, 3, &[("holdfast:slot", " a, ,")]);
    assert_eq!(seen.step(1).ip, ip(1));
}

#[test]
fn two_instances_of_equal_slots_share_the_addresses_of_that_slot() {
    let seen = seen()
        .address(1, &SLOT_A)
        .address(2, &SLOT_A)
        .address(3, &[]);
    let seen = seen.running_with(1, &SLOT_A).running_with(2, &SLOT_A);
    let both: BTreeSet<_> = [seen.step(1).ip, seen.step(2).ip].into();
    assert_eq!(both, [ip(1), ip(2)].into());
}

#[test]
fn an_instance_that_asks_twice_for_one_slot_gets_two_of_its_addresses() {
    let seen = seen().address(1, &SLOT_A).address(2, &SLOT_A);
    let twice = [("holdfast:slot", "a,a")];
    let seen = seen.instance(1, InstanceState::Running, 2, &twice);
    assert_eq!(seen.plan(1).steps.len(), 2);
}

#[test]
fn an_instance_without_a_slot_that_has_an_address_of_one_lacks_none() {
    let seen = seen()
        .address_on(1, 1, &[("holdfast:slot", "a")])
        .address(2, &[]);
    let plan = seen.instance(1, InstanceState::Running, 2, &[]).plan(1);
    assert_eq!((plan.steps, plan.lacking), (Vec::new(), 0));
}

#[test]
fn an_address_fills_one_of_two_slots_that_nothing_has() {
    let slots = [("holdfast:slot", "a,b")];
    let seen = seen().address_on(1, 1, &[]).address(2, &[]);
    let seen = seen.instance(1, InstanceState::Running, 2, &slots);
    assert_eq!(seen.step(1).ip, ip(2));
}

/// A firewall with a management interface and a public one, and a free address.
fn firewall() -> Seen {
    let seen = seen().address(1, &[]).running(1);
    seen.with_interface(1, "eni-1b", 1)
}

#[test]
fn regression_an_address_of_the_public_interface_is_not_placed_on_the_management_interface() {
    let step = firewall().was_at(1, 1, 0).step(1);
    assert_eq!(step.target.eni.as_str(), "eni-1b");
    assert_eq!(step.chosen_by, Some(ChosenBy::DeviceIndex));
    let seen = firewall().in_state(2, InstanceState::Stopped);
    let seen = seen.with_interface(2, "eni-2b", 1);
    let seen = seen.on_interface(1, "eni-2b", Some(2));
    let step = seen.set("HOLDFAST_ON_STOP", "move").step(1);
    assert_eq!(step.target.eni.as_str(), "eni-1b");
}

#[test]
fn an_address_whose_interface_is_still_shown_goes_to_its_counterpart_though_nothing_was_noted() {
    let seen = firewall().in_state(2, InstanceState::Stopped);
    let mut seen = seen.with_interface(2, "eni-2b", 1);
    let last = LastTarget {
        eni: Some("eni-2b".parse().unwrap()),
        ..LastTarget::default()
    };
    let allocation = seen.observed.addresses[0].allocation.clone();
    seen.observed.last_targets.insert(allocation, last);
    assert_eq!(seen.step(1).target.eni.as_str(), "eni-1b");
}

#[test]
fn an_address_of_which_nothing_is_known_goes_to_no_interface_of_several_and_that_is_told() {
    let plan = firewall().plan(1);
    assert_eq!(
        (plan.steps.len(), plan.lacking, plan.unplaceable),
        (0, 1, 0)
    );
    let expected = "where the address was is not known, and i-01 could take it on eni-01 or eni-1b";
    assert_eq!(plan.blocked[0].why.to_string(), expected);
    let waiting = decide::waiting(&firewall().observed, &firewall().settings());
    assert_eq!((waiting.steps.len(), waiting.blocked), (0, plan.blocked));
    let tagged = firewall().tag_target("eni-1b");
    assert_eq!(tagged.step(1).target.eni.as_str(), "eni-1b");
}

#[test]
fn an_instance_that_stops_hands_nothing_to_an_interface_that_nobody_named() {
    let seen = firewall().in_state(2, InstanceState::Stopped);
    let seen = seen.with_interface(2, "eni-2b", 1);
    let seen = seen.on_interface(1, "eni-2b", Some(2));
    let mut crossed = seen.set("HOLDFAST_ON_STOP", "move");
    for (instance, subnets) in [(0, ["subnet-m", "subnet-p"]), (1, ["subnet-p", "subnet-m"])] {
        let interfaces = crossed.observed.instances[instance].interfaces.iter_mut();
        for (interface, subnet) in interfaces.zip(subnets) {
            interface.subnet = Some(subnet.parse().unwrap());
        }
    }
    let handed = decide::stop(&crossed.observed, &id(2), &crossed.settings());
    assert_eq!(handed.steps, []);
    assert!(matches!(
        handed.blocked[0].why,
        TargetObstacle::IndexAndSubnetDiffer { .. }
    ));
}
