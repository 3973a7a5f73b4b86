//! An interface leaves its holder: gracefully first, by force at the deadline, and never somebody else's.

use super::*;
use AttachmentState::{Attached, Detached, Detaching};

const DETACH: &str = "detach eni-attach-01";
const FORCE: &str = "detach eni-attach-01 by force";
const ATTACH: &str = "attach eni-0f to i-02 at 1";

/// The holder lets go after so many milliseconds, and the standby shows the interface at once.
fn lets_go_after(ms: u64) -> Script {
    script()
        .interface(0, Ok(Some(with(1, Detaching))))
        .interface(ms, Ok(Some(with_nobody())))
        .interface(ms + 300, Ok(Some(with(2, Attached))))
        .instance(0, Ok(standby_with(Attached)))
}

/// The holder never lets go.
fn never_lets_go() -> Script {
    script().interface(0, Ok(Some(with(1, Detaching))))
}

fn force() -> Detachment {
    Detachment {
        force: true,
        ..detachment()
    }
}

fn on_its_way_out() -> Detachment {
    Detachment {
        is_detaching: true,
        ..detachment()
    }
}

#[test]
fn an_interface_is_attached_when_its_holder_has_let_go() {
    let went = lets_go_after(2_000)
        .moving(carrying(Some(detachment())))
        .go();
    assert_eq!(went.end, "moved by eni-attach-02");
    assert_eq!(went.calls, [DETACH, ATTACH]);
    assert_eq!(went.counted, 2);
    assert_eq!(went.phases, ["planned", "detached", "attached", "verified"]);
    assert!((2_300..3_000).contains(&went.ms), "{went:?}");
}

#[test]
fn an_attachment_that_is_shown_as_over_is_over() {
    let went = script()
        .interface(0, Ok(Some(with(1, Detached))))
        .interface(500, Ok(Some(with(2, Attached))))
        .instance(0, Ok(standby_with(Attached)))
        .moving(carrying(Some(detachment())))
        .go();
    assert_eq!(went.end, "moved by eni-attach-02");
}

#[test]
fn an_interface_that_is_deleted_meanwhile_is_gone() {
    let went = never_lets_go()
        .interface(1_000, Ok(None))
        .moving(carrying(Some(detachment())))
        .go();
    assert_eq!(went.end, "gone");
    assert_eq!(went.calls, [DETACH]);
}

#[test]
fn an_attachment_that_is_another_one_by_now_is_somebody_elses() {
    for state in [Attached, Detaching, Detached] {
        let went = script()
            .interface(0, Ok(Some(with(3, state))))
            .moving(carrying(Some(detachment())))
            .go();
        assert_eq!(
            (went.end.as_str(), &*went.calls),
            ("lost", &[DETACH.to_owned()][..])
        );
    }
}

#[test]
fn a_read_that_is_throttled_is_read_again_and_one_that_is_denied_is_not() {
    let throttled = lets_go_after(1_000).interface(0, Err("Throttling"));
    let went = throttled.interface(400, Ok(Some(with_nobody())));
    let went = went.interface(1_300, Ok(Some(with(2, Attached))));
    assert_eq!(
        went.moving(carrying(Some(detachment()))).go().end,
        "moved by eni-attach-02"
    );
    let denied = script().interface(0, Err("UnauthorizedOperation"));
    let went = denied.moving(carrying(Some(detachment()))).go();
    assert_eq!(went.end, "unsure: UnauthorizedOperation");
    assert_eq!(went.calls, [DETACH]);
}

#[test]
fn a_guest_that_never_lets_go_is_forced_once_and_the_run_ends_before_it_is_killed() {
    let went = never_lets_go().moving(carrying(Some(detachment()))).go();
    assert_eq!(went.end, "out of time");
    assert_eq!(went.calls, [DETACH, FORCE]);
    assert_eq!(went.counted, 2);
    went.took(118);
}

#[test]
fn force_comes_at_the_deadline_and_not_before() {
    let deadline = "HOLDFAST_DETACH_DEADLINE_SECONDS";
    let just_before = lets_go_after(7_700)
        .moving(carrying(Some(detachment())))
        .set(deadline, "8");
    assert_eq!(just_before.go().calls, [DETACH, ATTACH]);
    let just_after = lets_go_after(8_500)
        .moving(carrying(Some(detachment())))
        .set(deadline, "8");
    assert_eq!(just_after.go().calls, [DETACH, FORCE, ATTACH]);
}

#[test]
fn where_no_guest_can_let_go_force_comes_at_once_and_is_not_repeated() {
    let went = never_lets_go().moving(carrying(Some(force()))).go();
    assert_eq!(
        (went.end.as_str(), &*went.calls),
        ("out of time", &[FORCE.to_owned()][..])
    );
}

#[test]
fn what_is_on_its_way_out_is_only_hurried() {
    let went = lets_go_after(1_000)
        .moving(carrying(Some(on_its_way_out())))
        .go();
    assert_eq!(went.calls, [ATTACH]);
    for force in [false, true] {
        let detachment = Detachment {
            force,
            ..on_its_way_out()
        };
        let went = lets_go_after(6_000).moving(carrying(Some(detachment))).go();
        assert_eq!(went.calls, [FORCE, ATTACH]);
    }
}

#[test]
fn an_interface_that_would_end_with_its_instance_is_kept_from_it_before_it_is_detached() {
    let ends = || Detachment {
        delete_on_termination: true,
        ..detachment()
    };
    let went = lets_go_after(1_000).moving(carrying(Some(ends()))).go();
    assert_eq!(
        went.calls,
        ["eni-0f outlives eni-attach-01", DETACH, ATTACH]
    );
    assert_eq!(went.counted, 3);
    for (code, end) in [
        ("InvalidAttachmentID.NotFound", "lost"),
        (
            "InvalidNetworkInterfaceID.NotFound",
            "kept: InvalidNetworkInterfaceID.NotFound",
        ),
        ("UnauthorizedOperation", "denied: UnauthorizedOperation"),
        ("IncorrectState", "kept: IncorrectState"),
        ("Throttling", "unsure: Throttling"),
    ] {
        let refused = lets_go_after(1_000).refuse("outlive", code);
        let went = refused.moving(carrying(Some(ends()))).go();
        assert_eq!(went.end, end);
        assert_eq!(went.calls, ["eni-0f outlives eni-attach-01"]);
    }
}

#[test]
fn a_detachment_of_what_is_over_already_is_what_was_wanted() {
    let over = lets_go_after(0).refuse("detach", "InvalidAttachmentID.NotFound");
    assert_eq!(
        over.moving(carrying(Some(detachment()))).go().end,
        "moved by eni-attach-02"
    );
}

#[test]
fn a_detachment_that_is_refused_is_no_standbys_fault() {
    for (code, end) in [
        (
            "InvalidNetworkInterfaceID.NotFound",
            "kept: InvalidNetworkInterfaceID.NotFound",
        ),
        ("OperationNotPermitted", "kept: OperationNotPermitted"),
        ("UnauthorizedOperation", "denied: UnauthorizedOperation"),
        ("InternalError", "unsure: InternalError"),
    ] {
        let went = never_lets_go()
            .refuse("detach", code)
            .moving(carrying(Some(detachment())))
            .go();
        assert_eq!(
            (went.end.as_str(), &*went.calls),
            (end, &[DETACH.to_owned()][..])
        );
    }
}

#[test]
fn force_that_is_refused_is_looked_at_again() {
    for (code, end) in [
        ("IncorrectState", "unsure: IncorrectState"),
        ("UnauthorizedOperation", "unsure: UnauthorizedOperation"),
        ("Throttling", "unsure: Throttling"),
    ] {
        let stuck = never_lets_go().refuse("detach", code);
        let went = stuck.moving(carrying(Some(on_its_way_out()))).go();
        assert_eq!(
            (went.end.as_str(), &*went.calls),
            (end, &[FORCE.to_owned()][..])
        );
    }
}

#[test]
fn what_a_call_has_changed_is_first_read_after_a_pause() {
    let script = lets_go_after(100);
    let reads = script.clone();
    let went = script.moving(carrying(Some(detachment()))).go();
    assert_eq!(went.end, "moved by eni-attach-02");
    // The interface that is free; then the interface and the instance that have it.
    assert_eq!((reads.reads(), reads.pauses().len()), (3, 2));
}

#[test]
fn a_guest_that_has_its_time_when_the_run_is_over_is_not_forced() {
    let slow = never_lets_go().slow_calls(std::time::Duration::from_secs(11));
    let job = slow.moving(carrying(Some(detachment())));
    let job = job.set("HOLDFAST_DETACH_DEADLINE_SECONDS", "90");
    let went = job.with_seconds_left(60.0).go();
    assert_eq!(
        (went.end.as_str(), &*went.calls),
        ("out of time", &[DETACH.to_owned()][..])
    );
}

#[test]
fn nothing_is_attached_by_a_run_whose_time_ends_while_the_guest_is_forced() {
    let slow = lets_go_after(6_000).slow_calls(std::time::Duration::from_secs(12));
    let job = slow.moving(carrying(Some(on_its_way_out())));
    let went = job.with_seconds_left(18.0).go();
    assert_eq!(
        (went.end.as_str(), &*went.calls),
        ("out of time", &[FORCE.to_owned()][..])
    );
}

/// A run with so many seconds left, which began so many seconds ago, detaches with a deadline of so many.
fn begins(detachment: Detachment, left: f64, began: i64, deadline: &str) -> Went {
    let job = never_lets_go().moving(carrying(Some(detachment)));
    let job = job.set("HOLDFAST_DETACH_DEADLINE_SECONDS", deadline);
    job.with_seconds_left(left).begun_before(began).go()
}

#[test]
fn nothing_is_detached_that_the_run_has_no_time_to_attach() {
    assert_eq!(
        begins(detachment(), 16.0, 0, "5").calls,
        Vec::<String>::new()
    );
    assert_eq!(begins(detachment(), 17.5, 0, "5").calls, [DETACH, FORCE]);
    for quick in [force(), on_its_way_out()] {
        assert_eq!(
            begins(quick.clone(), 11.5, 0, "5").calls,
            Vec::<String>::new()
        );
        assert_eq!(begins(quick, 13.0, 0, "5").calls, [FORCE]);
    }
}

#[test]
fn a_deadline_that_is_longer_than_the_run_leaves_half_of_it_to_the_guest() {
    let went = begins(detachment(), 60.0, 0, "90");
    assert_eq!(went.calls, [DETACH, FORCE]);
    let later = begins(detachment(), 52.0, 38, "90");
    assert_eq!((later.end.as_str(), later.calls.len()), ("out of time", 0));
}

#[test]
fn the_guest_of_a_short_run_is_forced_in_time_for_the_attachment() {
    let deadline = "HOLDFAST_DETACH_DEADLINE_SECONDS";
    let lets_go = lets_go_after(48_600).moving(carrying(Some(detachment())));
    let went = lets_go.set(deadline, "90").with_seconds_left(60.0).go();
    assert_eq!(went.calls, [DETACH, FORCE, ATTACH]);
    let lets_go = lets_go_after(47_500).moving(carrying(Some(detachment())));
    let went = lets_go.set(deadline, "90").with_seconds_left(60.0).go();
    assert_eq!(went.calls, [DETACH, ATTACH]);
}
