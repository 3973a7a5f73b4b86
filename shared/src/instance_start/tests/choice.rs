//! Which address an instance gets that starts.

use super::*;
use crate::report::PlacementReason;

const SLOT_A: [(&str, &str); 1] = [("holdfast:slot", "a")];
const SLOT_B: [(&str, &str); 1] = [("holdfast:slot", "b")];

#[test]
fn a_free_address_of_the_group_goes_to_the_primary_private_ip() {
    let step = seen().address(1, &[]).running(1).step(1);
    assert_eq!((step.ip, step.reason), (ip(1), PlacementReason::Free));
    assert_eq!(step.target.eni.as_str(), "eni-01");
    assert_eq!(step.target.private_ip, private_ip(1, 0));
    assert_eq!(step.from, None);
}

#[test]
fn nothing_is_left_to_do_once_it_is_there() {
    let seen = seen().address(1, &[]).address(2, &[]).running(1);
    let step = seen.step(1);
    let plan = seen.after(&step).plan(1);
    assert_eq!((plan.steps.len(), plan.lacking), (0, 0));
    assert_eq!(plan.already_correct[0].ip, step.ip);
}

#[test]
fn its_own_slot_comes_before_all_others() {
    let seen = seen()
        .address(1, &[])
        .address(2, &SLOT_B)
        .address(3, &SLOT_A);
    let step = seen.last_held(1, 1).running_with(1, &SLOT_A).step(1);
    assert_eq!((step.ip, step.reason), (ip(3), PlacementReason::OwnSlot));
}

#[test]
fn an_address_with_a_slot_is_kept_for_it() {
    let plan = seen().address(1, &SLOT_A).running(1).plan(1);
    assert_eq!((plan.steps.len(), plan.lacking), (0, 1));
}

#[test]
fn an_instance_waits_for_its_slot_while_another_runs_with_it() {
    let seen = seen().address(1, &[]).address_on(2, 2, &SLOT_A).running(2);
    let plan = seen.running_with(1, &SLOT_A).plan(1);
    assert_eq!((plan.steps.len(), plan.lacking), (0, 1));
}

#[test]
fn the_address_of_its_slot_is_taken_from_one_that_does_not_run_any_more() {
    let seen = seen().address(1, &[]).address_on(2, 2, &SLOT_A);
    let seen = seen.instance(2, InstanceState::ShuttingDown, 1, &SLOT_A);
    let step = seen.running_with(1, &SLOT_A).step(1);
    assert_eq!((step.ip, step.reason), (ip(2), PlacementReason::OwnSlot));
    let hold = step.from.unwrap();
    assert_eq!(hold.association.as_str(), "eipassoc-02");
    assert_eq!(hold.instance, id(2));
}

#[test]
fn a_slot_that_no_address_has_is_no_reason_to_go_without() {
    let step = seen().address(1, &[]).running_with(1, &SLOT_A).step(1);
    assert_eq!(step.reason, PlacementReason::Free);
}

#[test]
fn the_address_it_had_before_comes_before_other_free_ones() {
    for number in 1..=4 {
        let seen = (1..=4).fold(seen(), |seen, number| seen.address(number, &[]));
        let step = seen.last_held(number, 1).running(1).step(1);
        assert_eq!(
            (step.ip, step.reason),
            (ip(number), PlacementReason::LastHeld)
        );
    }
}

#[test]
fn a_free_address_comes_before_one_whose_holder_is_stopped() {
    let seen = seen().address_on(1, 2, &[]).address(2, &[]);
    let seen = seen.in_state(2, InstanceState::Stopped).running(1);
    assert_eq!(seen.step(1).ip, ip(2));
}

#[test]
fn the_last_resort_is_an_address_whose_holder_does_not_run_any_more() {
    for state in [
        InstanceState::Stopping,
        InstanceState::Stopped,
        InstanceState::ShuttingDown,
        InstanceState::Terminated,
    ] {
        let seen = seen().address_on(1, 2, &[]).in_state(2, state).running(1);
        let step = seen.step(1);
        assert_eq!(step.reason, PlacementReason::HolderDown);
        assert_eq!(step.from.unwrap().state, state);
    }
}

#[test]
fn a_running_holder_and_one_that_is_about_to_run_keep_what_they_have() {
    for state in [InstanceState::Running, InstanceState::Pending] {
        let seen = seen().address_on(1, 2, &[]).in_state(2, state).running(1);
        assert_eq!(seen.plan(1).steps, []);
        assert_eq!(seen.looked_before().plan(1).steps, []);
    }
}

#[test]
fn a_holder_that_is_not_shown_keeps_what_it_has() {
    let seen = seen().address_on(1, 9, &[]).running(1).looked_before();
    assert_eq!(seen.plan(1).steps, []);
}

#[test]
fn an_address_on_an_interface_that_is_attached_to_nothing_stays_there() {
    let seen = seen().address_on(1, 2, &[]).change(1, |address| {
        if let Some(association) = &mut address.association {
            association.instance = None;
        }
    });
    assert_eq!(seen.running(1).plan(1).steps, []);
}

#[test]
fn an_address_that_a_service_manages_is_never_touched() {
    let seen = seen().address(1, &[]).change(1, |address| {
        address.service_managed = Some("alb".to_owned());
    });
    assert_eq!(seen.running(1).plan(1).steps, []);
}

#[test]
fn an_address_of_another_group_is_never_touched() {
    let seen = seen().address(1, &[("holdfast:group", "other")]);
    assert_eq!(seen.running(1).plan(1).steps, []);
}

#[test]
fn an_address_that_ec2_refused_before_is_not_asked_for_again() {
    let seen = seen().address(1, &[]).address(2, &[]).running(1);
    let first = seen.step(1).ip;
    assert_ne!(seen.refused(first.octets()[3], 1).step(1).ip, first);
}

#[test]
fn two_slots_ask_for_two_addresses_on_two_private_ips() {
    let seen = seen().address(1, &SLOT_A).address(2, &SLOT_B);
    let both = [("holdfast:slot", "a, b")];
    let plan = seen.instance(1, InstanceState::Running, 2, &both).plan(1);
    let steps: Vec<_> = plan
        .steps
        .iter()
        .map(|step| (step.ip, step.target.private_ip))
        .collect();
    assert!(steps.contains(&(ip(1), private_ip(1, 0))), "{steps:?}");
    assert!(steps.contains(&(ip(2), private_ip(1, 1))), "{steps:?}");
}

#[test]
fn a_second_slot_without_a_private_ip_for_it_is_said() {
    let seen = seen().address(1, &SLOT_A).address(2, &SLOT_B);
    let plan = seen.running_with(1, &[("holdfast:slot", "a,b")]).plan(1);
    assert_eq!((plan.steps.len(), plan.unplaceable), (1, 1));
}

#[test]
fn a_private_ip_that_has_an_address_of_no_group_is_not_robbed_of_it() {
    let seen = seen().address_on(1, 1, &[("holdfast:group", "other")]);
    let plan = seen.address(2, &[]).running(1).plan(1);
    assert_eq!((plan.steps.len(), plan.unplaceable), (0, 1));
}

#[test]
fn a_public_ip_that_ec2_assigned_by_itself_gives_way_and_is_named() {
    let auto_assigned = Ipv4Addr::new(198, 51, 100, 4);
    let seen = seen()
        .address(1, &[])
        .running(1)
        .shows(1, auto_assigned, true);
    assert_eq!(seen.step(1).target.auto_assigned, Some(auto_assigned));
}

#[test]
fn an_interface_of_a_service_takes_no_address() {
    let mut seen = seen().address(1, &[]).running(1);
    seen.observed.instances[0].interfaces[0].service_managed = true;
    assert_eq!(seen.plan(1).unplaceable, 1);
}

#[test]
fn where_ec2s_two_answers_disagree_about_it_they_are_asked_for_again() {
    let seen = seen().address(1, &[]).running(1).shows(1, ip(1), false);
    assert!(matches!(seen.decision(1), Decision::NotYet { .. }));
}

#[test]
fn an_event_that_is_ahead_of_what_ec2_shows_is_believed() {
    let seen = seen().address(1, &[]).in_state(1, InstanceState::Pending);
    assert!(matches!(seen.decision(1), Decision::NotYet { .. }));
}

#[test]
fn an_instance_that_is_stopped_by_now_gets_nothing() {
    let seen = seen().address(1, &[]).in_state(1, InstanceState::Stopped);
    assert_eq!(seen.left(1), "it is stopped by now");
}

#[test]
fn an_instance_without_a_group_gets_nothing() {
    let seen = seen()
        .address(1, &[])
        .running_with(1, &[("holdfast:group", " ")]);
    assert_eq!(seen.left(1), "it has no tag holdfast:group, or is gone");
}
