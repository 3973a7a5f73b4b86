//! An interface that is with nobody is attached: EC2 attaches once, and where it does not say whether it has,
//! the interface is read before it is asked again.

use super::*;
use AttachmentState::{Attached, Attaching};

const ATTACH: &str = "attach eni-0f to i-02 at 1";

/// The first answer to the attachment is that; then, the interface is shown so.
fn answered(code: &'static str, shown: Option<Interface>) -> Script {
    let there = script().instance(0, Ok(standby_with(Attached)));
    there.interface(0, Ok(shown)).refuse("attach", code)
}

fn attach(script: Script) -> Went {
    script.moving(carrying(None)).go()
}

#[test]
fn what_is_with_nobody_is_attached_at_once() {
    let went = attach(
        script()
            .interface(0, Ok(Some(with(2, Attached))))
            .instance(0, Ok(standby_with(Attached))),
    );
    assert_eq!(
        (went.end.as_str(), went.counted),
        ("moved by eni-attach-02", 1)
    );
    assert_eq!(went.phases, ["planned", "attached", "verified"]);
}

#[test]
fn a_device_index_that_is_taken_is_said_to_be() {
    for taken in [
        "InvalidParameterValue: already has an interface attached at device index '1'",
        "InvalidParameterValue: in other words",
    ] {
        assert_eq!(
            attach(answered(taken, None)).end,
            "slot taken: InvalidParameterValue"
        );
    }
}

#[test]
fn no_other_refusal_is_taken_for_that_of_a_device_index() {
    for (answer, end) in [
        (
            "IncorrectState: at device index 1",
            "refused: IncorrectState",
        ),
        (
            "AttachmentLimitExceeded",
            "refused: AttachmentLimitExceeded",
        ),
        (
            "InvalidInstanceID.NotFound",
            "refused: InvalidInstanceID.NotFound",
        ),
        ("UnauthorizedOperation", "denied: UnauthorizedOperation"),
        ("InvalidNetworkInterfaceID.NotFound", "lost"),
    ] {
        let went = attach(answered(answer, Some(with(2, Attached))));
        assert_eq!(
            (went.end.as_str(), &*went.calls),
            (end, &[ATTACH.to_owned()][..])
        );
    }
}

#[test]
fn an_attachment_without_an_answer_is_read_before_it_is_asked_for_again() {
    for code in [
        "InternalError",
        "Throttling",
        "InvalidNetworkInterface.InUse",
    ] {
        let went = attach(answered(code, Some(with(2, Attached))));
        assert_eq!(went.end, "moved by eni-attach-02");
        assert_eq!((went.calls.len(), went.counted), (1, 1));
    }
}

#[test]
fn an_attachment_without_an_answer_that_somebody_else_has_got_is_theirs() {
    let went = attach(answered("InternalError", Some(with(3, Attaching))));
    assert_eq!((went.end.as_str(), went.calls.len()), ("lost", 1));
}

#[test]
fn an_attachment_without_an_answer_of_what_is_deleted_is_gone() {
    let went = attach(answered("InternalError", None));
    assert_eq!((went.end.as_str(), went.calls.len()), ("gone", 1));
}

#[test]
fn an_attachment_that_did_not_come_about_is_asked_for_again() {
    let again = answered("InvalidNetworkInterface.InUse", Some(with_nobody()));
    let went = attach(again.interface(400, Ok(Some(with(2, Attached)))));
    assert_eq!(went.end, "moved by eni-attach-02");
    assert_eq!((went.calls, went.counted), (vec![ATTACH.to_owned(); 2], 2));
}

#[test]
fn an_attachment_is_asked_for_again_where_the_interface_cannot_be_read() {
    let blind = script()
        .interface(0, Err("Throttling"))
        .interface(400, Ok(Some(with(2, Attached))))
        .instance(0, Ok(standby_with(Attached)))
        .refuse("attach", "InternalError");
    let went = attach(blind);
    assert_eq!(
        (went.end.as_str(), went.calls.len()),
        ("moved by eni-attach-02", 2)
    );
}

#[test]
fn an_attachment_that_ec2_never_answers_is_given_up_after_some_attempts() {
    let silent = answered("InternalError", Some(with_nobody()));
    let silent = (0..9).fold(silent, |script, _| script.refuse("attach", "InternalError"));
    let went = attach(silent);
    assert_eq!(
        (went.end.as_str(), went.calls.len()),
        ("unsure: InternalError", 4)
    );
}

#[test]
fn an_attachment_is_not_asked_for_again_when_the_run_ends() {
    let silent = answered("InternalError", Some(with_nobody()));
    let went = silent.moving(carrying(None)).with_seconds_left(2.1).go();
    assert_eq!(
        (went.end.as_str(), went.calls.len()),
        ("unsure: InternalError", 1)
    );
}
