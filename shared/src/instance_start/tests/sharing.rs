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
    let served = seen.plan(1).steps.len();
    let seen = crowd(1, 0).in_state(1, InstanceState::Pending).running(2);
    assert_eq!(served + seen.plan(2).steps.len(), 1);
}

#[test]
fn whoever_got_no_share_takes_what_still_lies_idle_at_the_second_look() {
    let seen = crowd(3, 6);
    let without: Vec<u8> = (1..=6)
        .filter(|&instance| seen.plan(instance).steps.is_empty())
        .collect();
    assert_eq!(without.len(), 3);
    let seen = seen.looked_before();
    assert!(
        without
            .iter()
            .all(|&instance| seen.plan(instance).steps.len() == 1)
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

#[test]
fn reconcile_gives_one_what_is_free_and_another_what_moves_on() {
    for instance in 2..=5 {
        let moves = [("holdfast:on-stop", "move")];
        let seen = seen().address(1, &[]).address_on(2, 9, &moves);
        let seen = seen.in_state(9, InstanceState::Stopped).running(1);
        let given: BTreeSet<_> = seen.running(instance).waiting().into_iter().collect();
        let (ips, who): (BTreeSet<_>, BTreeSet<_>) = given.into_iter().unzip();
        assert_eq!(
            (ips, who),
            ([ip(1), ip(2)].into(), [id(1), id(instance)].into())
        );
    }
}

#[test]
fn one_instance_that_lacks_two_gets_what_is_free_and_what_a_stopped_one_has() {
    let slots = [("holdfast:slot", "x,y")];
    for number in 1..=8 {
        let seen = seen().address(number, &[]).address_on(9, 9, &[]);
        let seen = seen.in_state(9, InstanceState::Stopped);
        let plan = seen.instance(1, InstanceState::Running, 2, &slots).plan(1);
        assert_eq!((plan.steps.len(), plan.lacking), (2, 0));
    }
}

#[test]
fn at_the_second_look_an_instance_that_lacks_two_takes_two_different_ones() {
    let slots = [("holdfast:slot", "x,y")];
    for other in 2..=12 {
        let seen = seen().address(1, &[]).address(2, &[]).running(other);
        let seen = seen.instance(1, InstanceState::Running, 2, &slots);
        let steps = seen.looked_before().plan(1).steps;
        let ips: BTreeSet<_> = steps.iter().map(|step| step.ip).collect();
        assert_eq!((steps.len(), ips.len()), (2, 2), "{steps:?}");
    }
}

#[test]
fn at_the_second_look_it_takes_what_it_would_take_if_it_were_alone() {
    for instance in 1..=6 {
        let alone = crowd(3, 0).running(instance).step(instance).ip;
        let seen = crowd(3, 6).looked_before();
        let had_no_share = crowd(3, 6).plan(instance).steps.is_empty();
        assert!(!had_no_share || seen.step(instance).ip == alone);
    }
}

#[test]
fn at_the_second_look_it_takes_what_a_stopped_one_has_where_nothing_is_free() {
    let seen = seen()
        .address_on(1, 9, &[])
        .in_state(9, InstanceState::Stopped);
    let seen = seen.running(1).running(2).looked_before();
    assert_eq!((seen.step(1).ip, seen.step(2).ip), (ip(1), ip(1)));
}

#[test]
fn an_address_that_is_kept_for_a_slot_is_nobody_elses_at_the_second_look_either() {
    let seen = seen().address(1, &[("holdfast:slot", "a")]);
    assert_eq!(seen.running(1).looked_before().plan(1).steps, []);
}

#[test]
fn at_the_second_look_an_address_that_ec2_refused_is_left_to_others() {
    let seen = crowd(1, 2).looked_before().refused(1, 1);
    assert_eq!((seen.plan(1).steps.len(), seen.step(2).ip), (0, ip(1)));
}

#[test]
fn what_an_instance_had_before_is_not_its_own_where_it_is_kept_for_a_slot() {
    let seen = seen().address(1, &[("holdfast:slot", "a")]).last_held(1, 1);
    assert_eq!(seen.running(1).plan(1).steps, []);
}

#[test]
fn no_instance_always_comes_first() {
    let first = |number: u8| {
        let seen = (1..=6).fold(seen().address(number, &[]), Seen::running);
        seen.waiting()[0].1.clone()
    };
    let winners: BTreeSet<InstanceId> = (1..=12).map(first).collect();
    assert!(winners.len() > 2, "{winners:?}");
}

#[test]
fn jitter_is_a_part_of_one_that_differs_from_instance_to_instance_and_from_look_to_look() {
    let jitter = |instance: u8, look| crate::retry::jitter(&id(instance), look);
    let of_looks: Vec<f64> = (0..20).map(|look| jitter(1, look)).collect();
    let of_instances: Vec<f64> = (0..20).map(|instance| jitter(instance, 1)).collect();
    for some in [of_looks, of_instances] {
        assert!(
            some.iter().all(|part| (0.0..1.0).contains(part)),
            "{some:?}"
        );
        let highest = some.iter().copied().fold(0.0, f64::max);
        let lowest = some.iter().copied().fold(1.0, f64::min);
        assert!(highest - lowest > 0.5, "{some:?}");
    }
}

#[test]
fn jitter_is_less_than_the_whole() {
    let spreads = (0..20_000).map(|look| crate::retry::jitter(&id(1), look));
    let (most, least) = spreads.fold((0.0_f64, 1.0_f64), |(most, least), jitter| {
        (most.max(jitter), least.min(jitter))
    });
    assert!(most < 1.0 && most > 0.99, "{most}");
    assert!((0.0..0.01).contains(&least), "{least}");
}
