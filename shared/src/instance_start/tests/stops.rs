//! Where the address of an instance goes that stops.

use super::*;

const MOVE: [(&str, &str); 1] = [("holdfast:on-stop", "move")];

fn stopping(more: &[(&str, &str)]) -> Seen {
    seen()
        .address_on(1, 1, more)
        .in_state(1, InstanceState::Stopping)
}

#[test]
fn it_goes_to_a_running_instance_that_has_none() {
    let seen = stopping(&MOVE).address_on(2, 2, &[]).running(2).running(3);
    assert_eq!(seen.stop(1), [(ip(1), id(3))]);
}

#[test]
fn it_stays_where_its_tag_or_the_default_does_not_ask_for_more() {
    assert_eq!(stopping(&[]).running(2).stop(1), []);
    let stays = [("holdfast:on-stop", "stay")];
    let seen = stopping(&stays).running(2).set("HOLDFAST_ON_STOP", "move");
    assert_eq!(seen.stop(1), []);
}

#[test]
fn it_stays_with_no_holder_that_is_being_terminated() {
    for state in [InstanceState::ShuttingDown, InstanceState::Terminated] {
        let stays = [("holdfast:on-stop", "stay")];
        let ends = seen().address_on(1, 1, &stays).in_state(1, state);
        assert_eq!(ends.clone().running(2).stop(1), [(ip(1), id(2))], "{state}");
        assert_eq!(ends.clone().running(2).waiting(), [(ip(1), id(2))]);
        assert_eq!(ends.address_on(2, 2, &[]).running(2).stop(1), []);
    }
    let stops = stopping(&[]).running(2);
    assert_eq!((stops.stop(1), stops.waiting()), (vec![], vec![]));
}

#[test]
fn the_default_moves_what_has_no_tag() {
    let seen = stopping(&[]).running(2).set("HOLDFAST_ON_STOP", "move");
    assert_eq!(seen.stop(1).len(), 1);
}

#[test]
fn the_lowest_priority_comes_first_and_the_lower_id_among_equals() {
    let seen = stopping(&MOVE)
        .running(2)
        .running_with(3, &[("holdfast:priority", "20")])
        .running_with(5, &[("holdfast:priority", "10")])
        .running_with(4, &[("holdfast:priority", "10")]);
    assert_eq!(seen.stop(1), [(ip(1), id(4))]);
}

#[test]
fn an_instance_that_runs_again_keeps_its_address() {
    let seen = seen().address_on(1, 1, &MOVE).running(1).running(2);
    assert_eq!(seen.stop(1), []);
}

#[test]
fn an_instance_that_does_not_run_yet_is_no_place_for_it() {
    let seen = stopping(&MOVE).in_state(2, InstanceState::Pending);
    assert_eq!(seen.stop(1), []);
}

#[test]
fn the_address_of_a_slot_goes_to_nobody_else() {
    let slot = [MOVE[0], ("holdfast:slot", "a")];
    assert_eq!(stopping(&slot).running(2).stop(1), []);
    let seen = stopping(&slot).running_with(2, &[("holdfast:slot", "a")]);
    assert_eq!(seen.stop(1), [(ip(1), id(2))]);
}

#[test]
fn nothing_is_left_to_do_once_it_has_moved() {
    let seen = stopping(&MOVE).running(2);
    let step = decide::stop(&seen.observed, &id(1), &seen.settings()).remove(0);
    assert_eq!(seen.after(&step).stop(1), []);
}

#[test]
fn it_goes_to_nobody_for_whom_an_alarm_fires() {
    let mut seen = stopping(&MOVE).running(2).running(3);
    seen.observed.alarming = [id(2)].into();
    assert_eq!(seen.stop(1), [(ip(1), id(3))]);
    seen.observed.alarming = [id(2), id(3)].into();
    assert_eq!(seen.stop(1), []);
    assert!(decide::waiting(&seen.observed, &seen.settings()).is_empty());
}

#[test]
fn the_stop_of_one_instance_hands_over_that_ones_address_only() {
    let seen = stopping(&MOVE).address_on(2, 2, &MOVE);
    let seen = seen.in_state(2, InstanceState::Stopped).running(3);
    assert_eq!(seen.stop(1), [(ip(1), id(3))]);
    assert_eq!(seen.stop(2), [(ip(2), id(3))]);
}

#[test]
fn a_free_address_that_is_kept_for_a_slot_stays_free() {
    let slot = [("holdfast:slot", "a")];
    let seen = stopping(&[]).address(2, &slot).running(3);
    assert_eq!((seen.stop(1), seen.waiting()), (vec![], vec![]));
}

#[test]
fn with_two_that_wait_and_one_address_one_of_them_gets_it() {
    let seen = stopping(&[]).address(2, &[]).running(3).running(4);
    let given = seen.stop(1);
    assert_eq!((given.len(), given[0].0), (1, ip(2)));
    assert_eq!(seen.waiting(), given);
}

#[test]
fn one_that_waits_gets_one_address_of_two() {
    let seen = stopping(&MOVE).address(2, &[]).running(3);
    assert_eq!(seen.stop(1), [(ip(1), id(3))]);
}

#[test]
fn two_that_wait_get_what_moves_on_and_what_is_free() {
    for number in 2..=9 {
        let seen = stopping(&MOVE).address(number, &[]).running(3).running(4);
        assert_eq!(seen.stop(1), [(ip(1), id(3)), (ip(number), id(4))]);
    }
}

#[test]
fn an_address_of_another_group_moves_on_in_that_group() {
    let other = [MOVE[0], ("holdfast:group", "other")];
    let seen = stopping(&[]).address_on(2, 1, &other).running(3);
    let seen = seen.running_with(4, &[("holdfast:group", "other")]);
    assert_eq!(seen.stop(1), [(ip(2), id(4))]);
}
