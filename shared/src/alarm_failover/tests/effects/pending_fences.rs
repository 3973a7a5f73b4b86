//! A fence: one call for an instance that is stopped, one for each interface that is isolated.

use super::*;
use crate::alarm_failover::execute::{FenceResult, fence};
use crate::alarm_failover::fencing::effects;
use crate::alarm_failover::messages::fences::{fenced as in_words, findings};
use crate::alarm_failover::plan::Fence;
use crate::settings::Fencing;

fn fenced(script: &Script, how: &Fencing, state: InstanceState) -> FenceResult {
    let mut failed = pair().observed.instances.remove(0);
    failed.state = state;
    let mut second = failed.interfaces[0].clone();
    second.id = "eni-0c".parse().unwrap();
    failed.interfaces.push(second);
    let due = Fence::Due(effects(&failed, how, std::iter::empty()));
    let done = fence(script, vec![due]).now_or_never();
    done.expect("a script never waits")
}

fn isolated() -> Fencing {
    Fencing::Isolate("sg-01".parse().unwrap())
}

#[test]
fn nobody_is_fenced_where_nothing_asks_for_it() {
    let script = script();
    fenced(&script, &Fencing::None, InstanceState::Running);
    assert_eq!(script.calls(), Vec::<String>::new());
}

#[test]
fn who_is_to_be_stopped_is_stopped_unless_it_is_down_already() {
    let script = script();
    let done = fenced(&script, &Fencing::Stop, InstanceState::Running);
    assert_eq!(in_words(&done.done), ["i-01 is being stopped"]);
    assert_eq!((done.calls(), done.is_unfinished), (1, false));
    fenced(&script, &Fencing::Stop, InstanceState::Stopping);
    assert_eq!(script.calls(), ["stop i-01"]);
}

#[test]
fn who_is_to_be_isolated_loses_its_security_groups_on_everything_that_it_keeps() {
    let script = script();
    let done = fenced(&script, &isolated(), InstanceState::Running);
    assert_eq!(
        script.calls(),
        ["isolate eni-01 in sg-01", "isolate eni-0c in sg-01"]
    );
    assert_eq!(
        in_words(&done.done)[0],
        "eni-01 of i-01 has sg-01 and no other; connections that were open before may go on"
    );
    assert_eq!((done.calls(), done.is_unfinished), (2, false));
}

#[test]
fn a_fence_without_an_answer_is_for_the_next_look_and_one_that_is_refused_is_told() {
    for (code, is_unfinished) in [("InternalError", true), ("UnauthorizedOperation", false)] {
        let script = script().refuse("isolate", code);
        let done = fenced(&script, &isolated(), InstanceState::Running);
        assert_eq!((done.is_unfinished, done.calls()), (is_unfinished, 2));
        assert_eq!((done.done.len(), done.failed.len()), (1, 1));
    }
}

/// What is told of a fence that EC2 answers so, and what is advised.
fn told(how: &Fencing, call: &'static str, code: &'static str) -> (String, String) {
    let script = script().refuse(call, code);
    let done = fenced(&script, how, InstanceState::Running);
    let finding = findings(&done).remove(0);
    (finding.what, finding.next)
}

#[test]
fn a_stop_that_is_refused_is_told_as_one_with_what_to_do_about_that_answer() {
    for (code, advice) in [
        (
            "OperationNotPermitted",
            "--no-disable-api-stop, and then: aws ec2 stop-instances",
        ),
        (
            "UnsupportedOperation",
            "aws ec2 terminate-instances --instance-ids i-01",
        ),
        ("UnauthorizedOperation", "allow ec2:StopInstances"),
        (
            "IncorrectInstanceState",
            "aws ec2 describe-instances --instance-ids i-01",
        ),
        ("InvalidInstanceID.NotFound", "nothing"),
    ] {
        let (what, next) = told(&Fencing::Stop, "stop", code);
        assert_eq!(what, "i-01 could not be stopped", "{code}");
        assert!(next.contains(advice), "{code}: {next}");
    }
}

#[test]
fn of_a_fence_without_an_answer_nobody_says_that_it_is_done_or_that_it_is_not() {
    let (what, next) = told(&Fencing::Stop, "stop", "InternalError");
    assert_eq!(what, "whether i-01 is being stopped is not known");
    assert!(next.starts_with("nothing yet"), "{next}");
    let (what, _) = told(&isolated(), "isolate", "InternalError");
    assert_eq!(what, "whether eni-01 of i-01 has sg-01 is not known");
}

#[test]
fn an_interface_that_could_not_be_isolated_is_told_with_what_stops_its_instance() {
    for (code, advice) in [
        (
            "UnauthorizedOperation",
            "the security group that Fence names",
        ),
        (
            "InvalidGroup.NotFound",
            "name a security group of the VPC of eni-01",
        ),
    ] {
        let (what, next) = told(&isolated(), "isolate", code);
        assert_eq!(what, "eni-01 of i-01 could not be given sg-01");
        assert!(
            next.contains(advice) && next.contains("aws ec2 stop-instances"),
            "{next}"
        );
    }
}

#[test]
fn several_fences_are_one_account_of_them() {
    let (refused, silent) = (script().refuse("stop", "IncorrectState"), script());
    let mut all = fenced(&refused, &Fencing::Stop, InstanceState::Running);
    all.extend(FenceResult {
        is_unfinished: true,
        not_fenced: BTreeSet::from([id(3)]),
        ..fenced(&silent, &isolated(), InstanceState::Running)
    });
    assert_eq!((all.done.len(), all.failed.len(), all.calls()), (2, 1, 3));
    assert!(all.is_unfinished && all.not_fenced.contains(&id(3)));
    all.extend(FenceResult::default());
    assert!(all.is_unfinished);
}
