//! How several instances that start at the same time share what is free.

use super::*;
use std::collections::BTreeSet;

/// So many free addresses and running instances without one.
fn crowd(addresses: u8, instances: u8) -> Seen {
    let seen = (1..=addresses).fold(seen(), |seen, number| seen.address(number, &[]));
    (1..=instances).fold(seen, Seen::running)
}

#[test]
fn each_of_forty_instances_chooses_another_of_forty_addresses() {
    let seen = crowd(40, 40);
    let chosen: BTreeSet<Ipv4Addr> = (1..=40).map(|instance| seen.step(instance).ip).collect();
    assert_eq!(chosen.len(), 40);
}

#[test]
fn whoever_looks_later_still_agrees_with_the_earlier_ones() {
    let mut seen = crowd(20, 20);
    let before: Vec<Ipv4Addr> = (1..=20).map(|instance| seen.step(instance).ip).collect();
    for instance in [7, 3, 19, 12] {
        let step = seen.step(instance);
        seen = seen.after(&step);
    }
    for instance in [1, 2, 4, 20] {
        assert_eq!(seen.step(instance).ip, before[usize::from(instance) - 1]);
    }
}

#[test]
fn an_instance_that_is_about_to_run_is_counted_in() {
    let seen = crowd(1, 1).in_state(2, InstanceState::Pending);
    let served = seen.outlook(1).steps.len();
    let seen = crowd(1, 0).in_state(1, InstanceState::Pending).running(2);
    assert_eq!(served + seen.outlook(2).steps.len(), 1);
}

#[test]
fn whoever_got_no_share_takes_what_still_lies_idle_at_the_second_look() {
    let seen = crowd(3, 6);
    let without: Vec<u8> = (1..=6)
        .filter(|&instance| seen.outlook(instance).steps.is_empty())
        .collect();
    assert_eq!(without.len(), 3);
    let seen = seen.looked_before();
    assert!(
        without
            .iter()
            .all(|&instance| seen.outlook(instance).steps.len() == 1)
    );
}

#[test]
fn reconcile_gives_each_waiting_instance_what_it_would_take_itself() {
    let seen = crowd(5, 5);
    let given = seen.waiting();
    assert_eq!(given.len(), 5);
    for (ip, instance) in given {
        let number = instance.as_str()[2..].parse().unwrap();
        assert_eq!(seen.step(number).ip, ip);
    }
}

#[test]
fn reconcile_takes_nothing_from_a_stopped_instance_that_is_to_keep_it() {
    let seen = seen()
        .address_on(1, 2, &[])
        .in_state(2, InstanceState::Stopped);
    assert_eq!(seen.running(1).waiting(), []);
}

#[test]
fn reconcile_gives_nothing_to_an_instance_that_does_not_run_yet() {
    let seen = seen().address(1, &[]).in_state(1, InstanceState::Pending);
    assert_eq!(seen.waiting(), []);
}
