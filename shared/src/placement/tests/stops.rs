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
    seen.observed.sick = [id(2)].into();
    assert_eq!(seen.stop(1), [(ip(1), id(3))]);
    seen.observed.sick = [id(2), id(3)].into();
    assert_eq!(seen.stop(1), []);
    assert!(decide::waiting(&seen.observed, &seen.settings()).is_empty());
}
