//! An attachment that was accepted: it counts when the interface and the instance show it, and not before.

use super::*;
use crate::model::instance::StatusChecks;
use AttachmentState::{Attached, Attaching, Detached, Detaching};
use InstanceState::{ShuttingDown, Stopped, Stopping, Terminated};

/// The attachment is accepted at once.
fn accepted(script: Script) -> Went {
    script.moving(carrying(None)).go()
}

#[test]
fn an_attachment_that_the_interface_does_not_show_yet_is_waited_for() {
    let late = script().instance(0, Ok(standby_with(Attached)));
    let late = late.interface(0, Ok(Some(with(2, Attaching))));
    let went = accepted(late.interface(3_000, Ok(Some(with(2, Attached)))));
    assert_eq!(went.end, "moved by eni-attach-02");
    went.took(3);
}

#[test]
fn an_attachment_that_the_instance_does_not_show_yet_is_waited_for() {
    for shown in [standby(), standby_with(Attaching)] {
        let late = script().interface(0, Ok(Some(with(2, Attached))));
        let late = late
            .instance(0, Ok(shown))
            .instance(3_000, Ok(standby_with(Attached)));
        let went = accepted(late);
        assert_eq!(went.end, "moved by eni-attach-02");
        assert_eq!(went.phases, ["planned", "attached", "verified"]);
        went.took(3);
    }
}

#[test]
fn an_interface_is_told_as_attached_when_it_shows_it_and_as_verified_when_the_instance_does() {
    let late = script().interface(0, Ok(Some(with(2, Attached))));
    let late = late
        .instance(0, Ok(standby()))
        .instance(3_000, Ok(standby_with(Attached)));
    let [_, attached, verified] = accepted(late).ended_at[..] else {
        panic!("three phases");
    };
    assert!((200..=250).contains(&attached), "{attached}");
    assert!(verified >= 3_000, "{verified}");
}

#[test]
fn the_instance_is_read_a_pause_after_the_interface_that_it_does_not_show_yet() {
    let late = script().interface(0, Ok(Some(with(2, Attached))));
    let late = late
        .instance(0, Ok(standby()))
        .instance(300, Ok(standby_with(Attached)));
    let reads = late.clone();
    assert_eq!(accepted(late).end, "moved by eni-attach-02");
    assert_eq!((reads.reads(), reads.pauses().len()), (4, 2));
}

#[test]
fn no_instance_is_waited_for_by_a_run_whose_time_is_over() {
    let late = script().interface(0, Ok(Some(with(2, Attached))));
    let late = late
        .instance(0, Ok(standby()))
        .instance(300, Ok(standby_with(Attached)));
    let went = late.moving(carrying(None)).with_seconds_left(2.1).go();
    assert_eq!(
        (went.end.as_str(), went.phases),
        ("out of time", vec!["planned", "attached"])
    );
}

#[test]
fn another_interface_of_the_instance_is_not_the_one_that_moves() {
    let mut other = standby_with(Attached);
    other.interfaces[1].id = "eni-0e".parse().unwrap();
    let late = script().interface(0, Ok(Some(with(2, Attached))));
    let late = late
        .instance(0, Ok(other))
        .instance(3_000, Ok(standby_with(Attached)));
    accepted(late).took(3);
}

#[test]
fn an_interface_that_somebody_else_has_is_not_said_to_have_moved() {
    let theirs = script().interface(0, Ok(Some(with(3, Attached))));
    let went = accepted(theirs.instance(0, Ok(standby_with(Attached))));
    assert_eq!((went.end.as_str(), went.phases), ("lost", vec!["planned"]));
    assert!(went.ms > 20_000);
}

#[test]
fn an_interface_that_is_shown_with_nobody_for_too_long_is_looked_at_anew() {
    let went = accepted(script().interface(0, Ok(Some(with_nobody()))));
    assert_eq!(went.end, "lost");
    went.took(20);
}

#[test]
fn an_interface_that_is_deleted_on_its_way_is_gone() {
    assert_eq!(accepted(script().interface(0, Ok(None))).end, "gone");
}

#[test]
fn a_read_that_is_throttled_is_read_again_and_one_that_is_denied_is_not() {
    let late = script()
        .interface(0, Err("Throttling"))
        .instance(0, Err("Throttling"));
    let late = late.interface(1_000, Ok(Some(with(2, Attached))));
    let went = accepted(late.instance(2_000, Ok(standby_with(Attached))));
    assert_eq!(went.end, "moved by eni-attach-02");
    went.took(2);
    let denied = script().interface(0, Err("UnauthorizedOperation"));
    assert_eq!(accepted(denied).end, "unsure: UnauthorizedOperation");
}

#[test]
fn a_standby_that_fails_while_it_is_attached_is_given_up_at_once() {
    for state in [ShuttingDown, Terminated, Stopping, Stopped] {
        for shown in [with(2, Attaching), with(2, Attached), with_nobody()] {
            let ends = script().interface(0, Ok(Some(shown)));
            let went = accepted(ends.instance(0, Ok(standby_that_is(state))));
            assert_eq!(went.end, "lost");
            went.took(0);
        }
    }
}

#[test]
fn an_interface_that_is_attached_at_last_counts_until_the_run_ends() {
    let late = script().instance(0, Ok(standby()));
    let went = accepted(late.interface(0, Ok(Some(with(2, Attached)))));
    assert_eq!(went.end, "out of time");
    went.took(118);
}

#[test]
fn an_interface_that_stays_on_its_way_is_waited_for_to_the_end_of_the_run() {
    let slow = script().instance(0, Ok(standby_with(Attaching)));
    let slow = slow.interface(0, Ok(Some(with(2, Attaching))));
    let went = accepted(slow);
    assert_eq!(went.end, "out of time");
    went.took(118);
}

#[test]
fn an_interface_that_leaves_its_standby_again_is_looked_at_anew() {
    for state in [Detaching, Detached] {
        let leaves = script().instance(0, Ok(standby_with(Attached)));
        let went = accepted(leaves.interface(0, Ok(Some(with(2, state)))));
        assert_eq!((went.end.as_str(), went.phases), ("lost", vec!["planned"]));
    }
}

#[test]
fn an_interface_may_go_back_to_a_member_that_was_stopped_before() {
    let stopped = Instance {
        state: Stopped,
        ..standby_with(Attached)
    };
    let back = script().interface(0, Ok(Some(with(2, Attached))));
    let job = back.instance(0, Ok(stopped)).moving(carrying(None));
    let was_stopped = pair().floating().change(|fixture| {
        fixture.health(2, StatusChecks::Unknown, Stopped);
    });
    assert_eq!(
        job.planned_on(was_stopped).go().end,
        "moved by eni-attach-02"
    );
}

#[test]
fn pauses_are_a_quarter_of_a_second_at_most_and_two_runs_do_not_keep_step() {
    let script = script().interface(0, Ok(Some(with_nobody())));
    let pauses = script.clone();
    accepted(script);
    let pauses = pauses.pauses();
    let ms: BTreeSet<u128> = pauses.iter().map(std::time::Duration::as_millis).collect();
    assert!(
        ms.first() >= Some(&200) && ms.last() <= Some(&250),
        "{ms:?}"
    );
    assert!(ms.len() > 10, "{ms:?}");
}

#[test]
fn no_pause_is_as_long_as_the_one_before() {
    let script = script().interface(0, Ok(Some(with_nobody())));
    let pauses = script.clone();
    accepted(script);
    let pauses = pauses.pauses();
    let mut pairs = pauses.windows(2);
    assert!(pairs.all(|pair| pair[0] != pair[1]), "{pauses:?}");
}
